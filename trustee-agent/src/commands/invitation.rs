//! `invitation`: someone asks this person to become a trustee.
use super::{ask, present, tell, which};
use crate::cli::Invitation;
use kith_protocol::trustee::command::{Answer, Command};
use kith_runtime::console::{Console, Failure};

pub(super) async fn carry_out(console: &Console, task: Invitation) -> Result<(), Failure> {
    match task {
        Invitation::Open { link } => open(console, &link).await,
        Invitation::List => tell(console, &Command::InvitationList).await,
        Invitation::Accept { id } => accept(console, id).await,
        Invitation::Decline { id } => {
            let id = which::invitation(console, id).await?;
            tell(console, &Command::InvitationDecline { id }).await
        }
    }
}

async fn open(console: &Console, link: &str) -> Result<(), Failure> {
    let link = console.text_or_stdin(link)?;
    let answer = ask(console, &Command::InvitationOpen { link }).await?;
    present(console, &answer);
    if let Answer::Invitation(view) = &answer {
        console.say(&format!(
            "Nobody is told before you answer.\n\
             Next:  trustee-agent invitation accept {id}   or   decline {id}",
            id = view.id
        ));
    }
    Ok(())
}

async fn accept(console: &Console, id: Option<String>) -> Result<(), Failure> {
    let id = which::invitation(console, id).await?;
    tell(console, &Command::InvitationAccept { id }).await?;
    console.say(
        "Make sure that it is really the person you know: call, or meet, and read the words to each other.",
    );
    Ok(())
}
