//! `trustee` and `host`: the people and machines relied on.
use super::{ask, present, tell, unexpected};
use crate::cli::{Host, Trustee};
use kith_protocol::owner::command::{Answer, Command};
use kith_runtime::console::{Console, Failure};

pub(super) async fn trustee(console: &Console, task: Trustee) -> Result<(), Failure> {
    match task {
        Trustee::Invite { name } => {
            let command = Command::TrusteeInvite { name: name.clone() };
            invite(console, &command, &name, "trustee").await
        }
        Trustee::Words { name } => tell(console, &Command::TrusteeWords { name }).await,
        Trustee::Verify { name, heard } => verify(console, name, heard).await,
        Trustee::List => tell(console, &Command::TrusteeList).await,
        Trustee::Ping { name } => tell(console, &Command::TrusteePing { name }).await,
        Trustee::Remove { names } => tell(console, &Command::TrusteeRemove { names }).await,
        Trustee::Replace { old, new } => tell(console, &Command::TrusteeReplace { old, new }).await,
    }
}

pub(super) async fn host(console: &Console, task: Host) -> Result<(), Failure> {
    match task {
        Host::Invite { name } => {
            let command = Command::HostInvite { name: name.clone() };
            invite(console, &command, &name, "host").await
        }
        Host::Accept { name, yes } => tell(console, &Command::HostAccept { name, yes }).await,
        Host::Words { name } => tell(console, &Command::TrusteeWords { name }).await,
        Host::Verify { name, heard } => verify(console, name, heard).await,
    }
}

async fn invite(
    console: &Console,
    command: &Command,
    name: &str,
    role: &str,
) -> Result<(), Failure> {
    let answer = ask(console, command).await?;
    console.say(&format!(
        "Send this link to {name}. It works once and holds no secret."
    ));
    present(console, &answer);
    console.say(&format!(
        "When {name} has accepted, call, and compare words:  owner-agent {role} verify {name}"
    ));
    Ok(())
}

async fn verify(console: &Console, name: String, heard: Option<String>) -> Result<(), Failure> {
    let ask_words = Command::TrusteeWords { name: name.clone() };
    let words = console.ask_patiently(&ask_words).await?;
    let Answer::Words(words) = words else {
        return Err(unexpected());
    };
    let words = console.compare_words(&name, (&words.say, &words.choices), heard)?;
    tell(console, &Command::TrusteeVerify { name, words }).await
}
