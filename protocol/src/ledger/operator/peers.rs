//! What an operator knows of its witnesses, in memory: all of it is learnt again from their
//! answers.
use crate::time::{Millis, Timestamp};

/// First pause before an offer is repeated.
const FIRST_PAUSE: Millis = Millis(1_000);
/// Longest pause: a witness that comes back is met within half a minute.
const LONGEST_PAUSE: Millis = Millis::seconds(30);

/// One witness.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    /// Entries it is believed to hold.
    pub(super) have: u64,
    /// When it is offered the head next.
    pub(super) due: Timestamp,
    attempts: u32,
    /// Whether it has told its size in answer to the present offer. One correction downwards is
    /// believed at once; a witness that keeps changing its mind waits like a silent one.
    told: bool,
}

impl Peer {
    pub(super) fn new(have: u64) -> Self {
        Self {
            have,
            due: Timestamp(0),
            attempts: 0,
            told: false,
        }
    }

    /// A new head is on offer.
    pub(super) fn begin(&mut self, now: Timestamp) {
        (self.due, self.attempts, self.told) = (now, 0, false);
    }

    /// It is being offered the head now.
    pub(super) fn offered(&mut self, now: Timestamp) {
        let pause = FIRST_PAUSE
            .times(1 << self.attempts.min(8))
            .0
            .min(LONGEST_PAUSE.0);
        self.attempts = self.attempts.saturating_add(1);
        self.due = now.after(Millis(pause));
    }

    /// No pause lasts longer than the longest, whatever the clock did meanwhile.
    pub(super) fn mind_the_clock(&mut self, now: Timestamp) {
        self.due = self.due.min(now.after(LONGEST_PAUSE));
    }

    /// It says how many entries it holds. Whether the rest is sent at once: on progress, and on the
    /// first answer to an offer.
    pub(super) fn tells(&mut self, have: u64) -> bool {
        let at_once = have > self.have || !self.told;
        self.told = true;
        self.have = have;
        at_once
    }
}
