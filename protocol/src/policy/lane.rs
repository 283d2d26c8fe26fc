//! One lane of a recovery policy: how many trustees, how long to wait, which keys.
//!
//! The ledger holds a salted commitment to each lane; a request opens the one it uses and no other
//! (spec/ledger.md, "recovery policy" and "recovery request").
use super::bucket::Bucket;
use crate::bytes::{Digest, Salt};
use crate::codec;
use crate::keys::{RecoveryKey, labels};
use crate::time::Millis;
use crate::vss::{Decrypt, Sign};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Lanes in every record. Unused ones hold random digests, so that their number stays hidden.
pub const LANES: usize = 4;

/// The longest delay, lifetime or cool-down: the largest bucket.
pub const LONGEST_SPAN: Millis = Millis::seconds(365 * 86_400);

/// The shortest delay and lifetime. Less could pass before any living agent looks at the ledger.
const SHORTEST_SPAN: Millis = Millis::seconds(1);

const VERSION: u8 = 1;

/// A lane, opened: everything its commitment on the ledger covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneOpening {
    /// Its place in the record, below [`LANES`].
    pub lane: u8,
    /// What hides the rest in the commitment.
    pub salt: Salt,
    /// Approvals that a request needs, and shares that rebuild the secrets: 2 to 255.
    pub threshold: u8,
    /// From the approval that completes the lane to the release.
    pub delay: Millis,
    /// How long a request may live short of its approvals, and after its delay.
    pub lifetime: Millis,
    /// How long a sponsor whose request failed sponsors no other.
    pub cool_down: Millis,
    /// Verdicts "stolen" that override a veto; at least the threshold.
    pub override_threshold: u8,
    /// Encrypts backups: commitment 0 of the deal.
    pub decrypt_key: RecoveryKey<Decrypt>,
    /// Signs the completion: commitment 0 of the other deal.
    pub sign_key: RecoveryKey<Sign>,
}

/// Why an opening is no lawful lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LaneError {
    /// No such place in the record.
    #[error("lane {0} does not exist: a record has four")]
    Number(u8),
    /// One person alone, or nobody, would hold the key.
    #[error("a threshold of {0} is refused: it would put a master key into one hand")]
    Threshold(u8),
    /// Fewer trustees could lift a veto than can ask for a recovery.
    #[error("the override threshold {0} is below the threshold {1}")]
    OverrideThreshold(u8, u8),
    /// A span out of bounds.
    #[error("the {what} of {span} is out of bounds")]
    Span {
        /// Which one.
        what: &'static str,
        /// How long.
        span: Millis,
    },
    /// A longer span than the record shows in clear.
    #[error("the {what} of {span} is longer than the {bound} that the record allows")]
    AboveRecord {
        /// Which one.
        what: &'static str,
        /// How long.
        span: Millis,
        /// What the record shows.
        bound: Millis,
    },
    /// One secret for two purposes.
    #[error("the lane uses one key to decrypt and to sign")]
    OneKeyForTwo,
}

impl LaneOpening {
    /// What stands on the ledger for this lane.
    #[must_use]
    pub fn commitment(&self) -> Digest {
        Digest::of(labels::LANE, &[&codec::encode(VERSION, self)])
    }

    /// Checks the lane alone.
    ///
    /// # Errors
    /// The first [`LaneError`] found.
    pub fn validate(&self) -> Result<(), LaneError> {
        if usize::from(self.lane) >= LANES {
            return Err(LaneError::Number(self.lane));
        }
        if self.threshold < 2 {
            return Err(LaneError::Threshold(self.threshold));
        }
        if self.override_threshold < self.threshold {
            return Err(LaneError::OverrideThreshold(
                self.override_threshold,
                self.threshold,
            ));
        }
        within("delay", self.delay, SHORTEST_SPAN)?;
        within("request lifetime", self.lifetime, SHORTEST_SPAN)?;
        within("cool-down", self.cool_down, Millis(0))?;
        if self.decrypt_key.to_array() == self.sign_key.to_array() {
            return Err(LaneError::OneKeyForTwo);
        }
        Ok(())
    }

    /// Checks the lane against what its record shows in clear.
    ///
    /// # Errors
    /// [`LaneError::AboveRecord`]: waiting times of changes are computed from the clear bounds, so
    /// a longer lane would outlive the change that replaces it.
    pub fn fits(&self, longest_delay: Bucket, longest_lifetime: Bucket) -> Result<(), LaneError> {
        below("delay", self.delay, longest_delay)?;
        below("request lifetime", self.lifetime, longest_lifetime)
    }
}

fn within(what: &'static str, span: Millis, shortest: Millis) -> Result<(), LaneError> {
    if (shortest..=LONGEST_SPAN).contains(&span) {
        Ok(())
    } else {
        Err(LaneError::Span { what, span })
    }
}

fn below(what: &'static str, span: Millis, bucket: Bucket) -> Result<(), LaneError> {
    let bound = bucket.span();
    if span <= bound {
        Ok(())
    } else {
        Err(LaneError::AboveRecord { what, span, bound })
    }
}
