//! Two people and their agents: enrolment, and the check of a claimant. What one reads out is taken
//! from one process and picked at the other, as two people on the phone would.
use super::patience::{MESSAGES, Seen, unless_pending, until};
use super::people::{Owner, Trustee};
use super::trouble::Trouble;
use kith_protocol::owner::command::Command as OwnerCommand;
use kith_protocol::trustee::command::{Command as TrusteeCommand, WordsView};

/// What someone is asked to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Keep a recovery share.
    Trustee,
    /// Keep encrypted backups.
    Host,
}

/// Invites, accepts, compares words both ways, and waits until both sides are sure. Returns what
/// the owner read out.
///
/// # Errors
/// [`Trouble`] when a step is refused, late, or the words differ.
pub async fn enrol(
    owner: Owner<'_>,
    owner_name: &str,
    trustee: Trustee<'_>,
    role: Role,
) -> Result<String, Trouble> {
    let name = trustee.name.to_owned();
    let link = owner.link(&invite(role, &name)).await?;
    let invitation = trustee.invitation(link).await?;
    let accept = TrusteeCommand::InvitationAccept { id: invitation.id };
    trustee.ask(&accept).await?;
    let ask = OwnerCommand::TrusteeWords { name: name.clone() };
    let hers = until("words at the owner's agent", MESSAGES, async || {
        unless_pending(owner.words(&ask).await)
    });
    let hers = hers.await?;
    let theirs = until("words at the trustee's agent", MESSAGES, async || {
        unless_pending(trustee.words(owner_name).await)
    });
    let theirs = theirs.await?;
    among(&hers.say, &theirs)?;
    let heard = TrusteeCommand::OwnerVerify {
        name: owner_name.to_owned(),
        words: hers.say.clone(),
    };
    trustee.ask(&heard).await?;
    owner
        .ask(&OwnerCommand::TrusteeVerify {
            name: name.clone(),
            words: theirs.say,
        })
        .await?;
    verified(owner, &name).await?;
    Ok(hers.say)
}

fn invite(role: Role, name: &str) -> OwnerCommand {
    let name = name.to_owned();
    match role {
        Role::Trustee => OwnerCommand::TrusteeInvite { name },
        Role::Host => OwnerCommand::HostInvite { name },
    }
}

async fn verified(owner: Owner<'_>, name: &str) -> Result<(), Trouble> {
    until(&format!("{name} verified"), MESSAGES, async || {
        let list = owner.trustees().await?;
        let state = list
            .into_iter()
            .find(|view| view.name == name)
            .map(|view| view.state);
        Ok(match state.as_deref() {
            Some("verified") => Seen::Done(()),
            other => Seen::NotYet(format!("{other:?}")),
        })
    })
    .await
}

/// The claimant invites a trustee, whose person opens the link, says whose it is, and compares
/// words. Returns the trustee's name for the request and what the claimant read out.
///
/// # Errors
/// [`Trouble`] when a step is refused, late, or the words differ.
pub async fn check_claimant(
    claimant: Owner<'_>,
    owner_name: &str,
    trustee: Trustee<'_>,
) -> Result<(String, String), Trouble> {
    let name = trustee.name.to_owned();
    let link = claimant
        .link(&OwnerCommand::RecoverInvite { name: name.clone() })
        .await?;
    let opened = until(
        "her share active at the trustee's agent",
        MESSAGES,
        async || unless_pending(trustee.open_request(link.clone(), owner_name).await),
    );
    let id = opened.await?.id;
    let ask = OwnerCommand::RecoverWords { name: name.clone() };
    let hers = until("words at the claimant's agent", MESSAGES, async || {
        unless_pending(claimant.words(&ask).await)
    });
    let hers = hers.await?;
    let theirs = request_words(trustee, &id).await?;
    among(&hers.say, &theirs)?;
    claimant
        .ask(&OwnerCommand::RecoverVerify {
            name,
            words: theirs.say,
        })
        .await?;
    let heard = TrusteeCommand::RequestVerify {
        id: id.clone(),
        words: hers.say.clone(),
    };
    trustee.ask(&heard).await?;
    Ok((id, hers.say))
}

async fn request_words(trustee: Trustee<'_>, id: &str) -> Result<WordsView, Trouble> {
    until("words at the trustee's agent", MESSAGES, async || {
        let request = trustee.request(id).await?;
        Ok(match request.words {
            Some(words) => Seen::Done(words),
            None => Seen::NotYet(request.state),
        })
    })
    .await
}

/// What one person hears must be among what the other's agent offers to pick.
fn among(heard: &str, offered: &WordsView) -> Result<(), Trouble> {
    if offered.choices.iter().any(|choice| choice == heard) {
        return Ok(());
    }
    Err(Trouble::Broken(format!(
        "the words `{heard}` are not among the choices {:?}: someone stands between the two",
        offered.choices
    )))
}
