//! Waiting for what other processes do.
use super::trouble::Trouble;
use kith_runtime::console::Exit;
use std::time::{Duration, Instant};

/// How often an agent is asked again.
const PACE: Duration = Duration::from_millis(100);
/// How long messages and commits between processes may take: far more than they do, for a slow
/// machine on which many start at once.
pub const MESSAGES: Duration = Duration::from_secs(60);

/// What a look saw.
pub enum Seen<T> {
    /// What was waited for.
    Done(T),
    /// Not yet, and what there is instead.
    NotYet(String),
}

/// Looks again and again until it is done.
///
/// # Errors
/// [`Trouble::Late`] after `patience`, and what `look` fails with.
pub async fn until<T>(
    what: &str,
    patience: Duration,
    mut look: impl AsyncFnMut() -> Result<Seen<T>, Trouble>,
) -> Result<T, Trouble> {
    let began = Instant::now();
    loop {
        let seen = match look().await? {
            Seen::Done(done) => return Ok(done),
            Seen::NotYet(seen) => seen,
        };
        if began.elapsed() > patience {
            return Err(Trouble::Late {
                what: what.to_owned(),
                seconds: patience.as_secs(),
                seen,
            });
        }
        tokio::time::sleep(PACE).await;
    }
}

/// An agent's "pending: someone else must act first" is a not yet.
///
/// # Errors
/// Every other refusal.
pub fn unless_pending<T>(answer: Result<T, Trouble>) -> Result<Seen<T>, Trouble> {
    match answer {
        Ok(done) => Ok(Seen::Done(done)),
        Err(Trouble::Agent { source, .. }) if source.exit() == Exit::Pending.code() => {
            Ok(Seen::NotYet(source.to_string()))
        }
        Err(trouble) => Err(trouble),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_ends_when_it_is_done() {
        let mut looks = 0;
        let done = until("x", MESSAGES, async || {
            looks += 1;
            Ok(if looks == 2 {
                Seen::Done(7)
            } else {
                Seen::NotYet(String::new())
            })
        });
        assert_eq!(done.await.unwrap(), 7);
    }

    #[tokio::test]
    async fn waiting_in_vain_says_what_was_seen_instead() {
        let vain = until::<()>("the words", Duration::ZERO, async || {
            Ok(Seen::NotYet("silence".to_owned()))
        });
        let late = vain.await.unwrap_err();
        assert_eq!(late.exit(), Exit::Missed);
        assert!(late.to_string().contains("the words") && late.to_string().contains("silence"));
    }
}
