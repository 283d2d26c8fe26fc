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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::RecoverySecret;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    fn lane() -> LaneOpening {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        LaneOpening {
            lane: 0,
            salt: Salt::random(&mut rng),
            threshold: 3,
            delay: Millis::seconds(60),
            lifetime: Millis::seconds(600),
            cool_down: Millis(0),
            override_threshold: 4,
            decrypt_key: RecoverySecret::generate(&mut rng).public_key(),
            sign_key: RecoverySecret::generate(&mut rng).public_key(),
        }
    }

    fn refused(change: impl FnOnce(&mut LaneOpening)) -> LaneError {
        let mut lane = lane();
        change(&mut lane);
        lane.validate().unwrap_err()
    }

    /// R1: a threshold of 0 or 1 is refused; 2 to 255 are taken.
    #[test]
    fn thresholds_are_2_to_255() {
        assert_eq!(refused(|lane| lane.threshold = 0), LaneError::Threshold(0));
        assert_eq!(refused(|lane| lane.threshold = 1), LaneError::Threshold(1));
        for threshold in [2, 255] {
            let lane = LaneOpening {
                threshold,
                override_threshold: 255,
                ..lane()
            };
            assert_eq!(lane.validate(), Ok(()));
        }
    }

    #[test]
    fn every_bound_of_a_lane_is_kept() {
        assert_eq!(refused(|lane| lane.lane = 4), LaneError::Number(4));
        assert_eq!(
            refused(|lane| lane.override_threshold = 2),
            LaneError::OverrideThreshold(2, 3)
        );
        for span in [Millis(0), Millis(999), Millis(LONGEST_SPAN.0 + 1)] {
            assert_eq!(
                refused(|lane| lane.delay = span),
                LaneError::Span {
                    what: "delay",
                    span
                }
            );
            let what = "request lifetime";
            assert_eq!(
                refused(|lane| lane.lifetime = span),
                LaneError::Span { what, span }
            );
        }
        let span = Millis(LONGEST_SPAN.0 + 1);
        assert_eq!(
            refused(|lane| lane.cool_down = span),
            LaneError::Span {
                what: "cool-down",
                span
            }
        );
    }

    #[test]
    fn one_key_for_two_purposes_is_refused() {
        let bytes = lane().sign_key.to_array();
        let same = RecoveryKey::<Decrypt>::from_array(bytes).unwrap();
        assert_eq!(
            refused(|lane| lane.decrypt_key = same),
            LaneError::OneKeyForTwo
        );
    }

    #[test]
    fn a_lane_fits_its_record_or_not() {
        let (minute, ten) = (
            Bucket::holding(Millis::seconds(60)).unwrap(),
            Bucket::holding(Millis::seconds(600)).unwrap(),
        );
        assert_eq!(lane().fits(minute, ten), Ok(()));
        assert!(matches!(
            lane().fits(minute, minute),
            Err(LaneError::AboveRecord {
                what: "request lifetime",
                ..
            })
        ));
        let longer = LaneOpening {
            delay: Millis(60_001),
            ..lane()
        };
        assert!(matches!(
            longer.fits(minute, ten),
            Err(LaneError::AboveRecord { what: "delay", .. })
        ));
    }

    /// G12: without the salt nobody can try openings.
    #[test]
    fn the_salt_is_part_of_the_commitment() {
        let mut other = lane();
        other.salt.0[0] ^= 1;
        assert_ne!(other.commitment(), lane().commitment());
        assert_eq!(lane().commitment(), lane().commitment());
    }
}
