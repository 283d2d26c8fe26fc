//! People who ask again: an agent that dies takes the answer with it, not always the deed.
use crate::scene::PATIENCE;
use kith_runtime::console::Exit;
use kith_runtime::local_client::ClientError;
use owner_agent::demo::patience::{Seen, until};
use owner_agent::demo::trouble::Trouble;

/// Whether the agent was gone, or went while it was asked.
fn is_gone(trouble: &Trouble) -> bool {
    match trouble {
        Trouble::Agent { source, .. } => match source {
            ClientError::NotRunning(_) | ClientError::Broken(_) => true,
            // It ends by itself where its disk is cut off.
            ClientError::Refused(refused) => is_the_end(&refused.message),
            _ => false,
        },
        _ => false,
    }
}

/// Whether an agent says that it ends, told to or by itself.
fn is_the_end(message: &str) -> bool {
    message == "the agent is stopping" || message.starts_with("the agent stops: ")
}

/// Whether the agent understood and said no.
fn is_refusal(trouble: &Trouble) -> bool {
    matches!(
        trouble,
        Trouble::Agent {
            source: ClientError::Refused(_),
            ..
        }
    )
}

fn is_pending(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Agent { source: ClientError::Refused(refused), .. }
        if refused.exit == Exit::Pending.code())
}

/// Asks until there is an answer. Nothing where the agent refuses after an answer was lost: what was
/// asked for happened before it died, and cannot be done twice.
///
/// # Errors
/// [`Trouble`] when it refuses at once, or never answers.
pub(super) async fn insist<T>(
    what: &str,
    mut ask: impl AsyncFnMut() -> Result<T, Trouble>,
) -> Result<Option<T>, Trouble> {
    let mut lost = false;
    until(what, PATIENCE, async || match ask().await {
        Ok(answer) => Ok(Seen::Done(Some(answer))),
        Err(trouble) if is_gone(&trouble) => {
            lost = true;
            Ok(Seen::NotYet(trouble.to_string()))
        }
        Err(trouble) if is_pending(&trouble) => Ok(Seen::NotYet(trouble.to_string())),
        Err(trouble) if lost && is_refusal(&trouble) => Ok(Seen::Done(None)),
        Err(trouble) => Err(trouble),
    })
    .await
}

/// Asks for something that can be asked twice.
///
/// # Errors
/// As [`insist`], and where it is refused.
pub(super) async fn answer<T>(
    what: &str,
    ask: impl AsyncFnMut() -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    let answered = insist(what, ask).await?;
    answered.ok_or_else(|| Trouble::Broken(format!("{what}: refused to whoever asks again")))
}

/// Looks again and again, also past the death of the agent that is looked at.
///
/// # Errors
/// [`Trouble`] as `look` has it, or when it is late.
pub(super) async fn seen<T>(
    what: &str,
    mut look: impl AsyncFnMut() -> Result<Seen<T>, Trouble>,
) -> Result<T, Trouble> {
    until(what, PATIENCE, async || match look().await {
        Err(trouble) if is_gone(&trouble) => Ok(Seen::NotYet(trouble.to_string())),
        seen => seen,
    })
    .await
}
