//! One question to one agent, and how it went.
use crate::clock;
use crate::network::{ExchangeError, Network};
use crate::post::{BadReply, Question, fresh_id};
use kith_envelope::{Refused, SealError, seal};
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::limits;
use kith_protocol::message::{Body, Outgoing};
use kith_protocol::time::{Millis, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// How long a question is valid: for clocks that disagree.
const QUESTION_VALID: Millis = Millis::seconds(3600);

/// Asks, so many at a time, until all the time is used up.
pub(super) struct Prober {
    network: Network,
    own: Arc<LocalDid>,
    turns: Semaphore,
    end: Instant,
    clocks: Mutex<Vec<i64>>,
    /// The newest time that a ledger certified to us.
    certified: Option<Timestamp>,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub(super) enum Silent {
    /// It names no address.
    #[error("its identifier names no address")]
    Nowhere,
    /// It was not reached, or did not answer.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// Its answer is not one.
    #[error(transparent)]
    Reply(#[from] BadReply),
    /// Our question cannot be sealed: a fault of ours.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The time was up before it was its turn.
    #[error("it was not asked: the time was up")]
    NotAsked,
}

impl Silent {
    /// Whether its clock and ours differ so much that its answer is refused.
    fn is_about_time(&self) -> bool {
        matches!(
            self,
            Self::Reply(BadReply::Envelope(
                Refused::FromTheFuture | Refused::Expired | Refused::ValidTooLong
            ))
        )
    }
}

/// What the clocks of others say.
#[derive(Clone, Debug, Default)]
pub(super) struct Clocks {
    /// How many milliseconds each that answered is ahead of us.
    pub(super) ahead: Vec<i64>,
    /// How many answers were so far off that they were refused.
    pub(super) refused: usize,
}

/// A sample for an answer that was refused because of its time.
const REFUSED: i64 = i64::MAX;

impl Prober {
    pub(super) fn new(network: Network, end: Instant, certified: Option<Timestamp>) -> Self {
        Self {
            network,
            own: Arc::new(LocalDid::generate_did_key(&mut rand::rng())),
            turns: Semaphore::new(limits::local::PROBING),
            end,
            clocks: Mutex::default(),
            certified,
        }
    }

    /// Asks one agent; how long it took.
    pub(super) async fn ask(&self, to: &Did, body: Body) -> Result<(Body, Millis), Silent> {
        let asked = timeout_at(self.end, async {
            let _turn = self.turns.acquire().await;
            let valid = (clock::now(), QUESTION_VALID);
            let answer = self.ask_at(valid, to, body.clone()).await;
            if matches!(answer, Err(Silent::Exchange(ExchangeError::Closed))) {
                self.ask_by_the_ledger(to, body).await;
            }
            answer
        });
        let answer = asked.await.unwrap_or(Err(Silent::NotAsked));
        if answer.as_ref().err().is_some_and(Silent::is_about_time) {
            self.note(REFUSED);
        }
        answer
    }

    /// Whoever thinks our question is of another time closes the stream in silence. Asked by the time
    /// of the ledger it answers; then it is our clock that is wrong, or its own.
    async fn ask_by_the_ledger(&self, to: &Did, body: Body) {
        let Some(certified) = self.certified else {
            return;
        };
        let valid = (certified, limits::message::LIFETIME);
        match self.ask_at(valid, to, body).await {
            Err(silent) if !silent.is_about_time() => {}
            _ => self.note(REFUSED),
        }
    }

    async fn ask_at(
        &self,
        (began, valid): (Timestamp, Millis),
        to: &Did,
        body: Body,
    ) -> Result<(Body, Millis), Silent> {
        let question = Outgoing {
            id: fresh_id(),
            from: self.own.did().clone(),
            to: to.clone(),
            thid: None,
            pthid: None,
            expires: began.after(valid),
            body,
        };
        let sealed = seal(&question.plaintext(began), &self.own)?;
        let endpoint = to.resolve().endpoint().ok_or(Silent::Nowhere)?;
        let started = Instant::now();
        let reply = self.network.exchange(&endpoint, sealed).await?;
        let took = Millis(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX));
        let (body, written) =
            Question::of(&question).answered_at(&self.own, &reply, clock::now())?;
        if let Some(seconds) = written {
            self.note(ahead(seconds, began.after(Millis(took.0 / 2))));
        }
        Ok((body, took))
    }

    fn note(&self, sample: i64) {
        let mut clocks = self.clocks.lock().unwrap_or_else(PoisonError::into_inner);
        clocks.push(sample);
    }

    /// What was learnt of other clocks.
    pub(super) fn clocks(&self) -> Clocks {
        let clocks = self.clocks.lock().unwrap_or_else(PoisonError::into_inner);
        let (refused, ahead): (Vec<i64>, Vec<i64>) =
            clocks.iter().partition(|sample| **sample == REFUSED);
        Clocks {
            ahead,
            refused: refused.len(),
        }
    }
}

/// How many milliseconds a clock that showed these whole seconds was ahead of ours, which showed
/// `meanwhile`.
fn ahead(seconds: u64, meanwhile: Timestamp) -> i64 {
    let theirs = i64::try_from(seconds).unwrap_or(i64::MAX / 2000);
    let theirs = theirs.saturating_mul(1000).saturating_add(500);
    theirs.saturating_sub(i64::try_from(meanwhile.0).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_compared_in_the_middle_of_the_exchange() {
        assert_eq!(ahead(10, Timestamp(10_500)), 0);
        assert_eq!(ahead(70, Timestamp(10_500)), 60_000);
        assert_eq!(ahead(10, Timestamp(70_500)), -60_000);
        assert!(ahead(u64::MAX, Timestamp(0)) > 0);
    }
}
