//! How many of how many.

/// Threshold and number of trustees of a deal: 2 <= threshold <= trustees <= 255.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quorum {
    threshold: u8,
    trustees: u8,
}

/// Why a quorum is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuorumError {
    /// A threshold of 1 would give every trustee the whole secret, one of 0 everybody.
    #[error("a threshold of {0} would put the secret in one piece")]
    ThresholdTooSmall(u8),
    /// More shares needed than there are.
    #[error("a threshold of {threshold} cannot be reached by {trustees} trustees")]
    ThresholdAboveTrustees {
        /// Shares needed.
        threshold: u8,
        /// Shares dealt.
        trustees: u8,
    },
}

/// What a person is told about a quorum that is allowed but not wise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuorumWarning {
    /// Fewer than three trustees.
    FewTrustees,
    /// All of them are needed, so that no loss is survivable.
    AllNeeded,
}

impl Quorum {
    /// What to tell a person before this quorum is used.
    #[must_use]
    pub fn warnings(self) -> Vec<QuorumWarning> {
        let few = (self.trustees < 3).then_some(QuorumWarning::FewTrustees);
        let all = (self.threshold == self.trustees).then_some(QuorumWarning::AllNeeded);
        few.into_iter().chain(all).collect()
    }

    /// The smallest threshold.
    pub const MIN_THRESHOLD: u8 = 2;

    /// Checks and keeps the two numbers.
    ///
    /// # Errors
    /// [`QuorumError`].
    pub const fn new(threshold: u8, trustees: u8) -> Result<Self, QuorumError> {
        if threshold < Self::MIN_THRESHOLD {
            return Err(QuorumError::ThresholdTooSmall(threshold));
        }
        if threshold > trustees {
            return Err(QuorumError::ThresholdAboveTrustees {
                threshold,
                trustees,
            });
        }
        Ok(Self {
            threshold,
            trustees,
        })
    }

    /// Shares needed.
    #[must_use]
    pub const fn threshold(self) -> u8 {
        self.threshold
    }

    /// Shares dealt.
    #[must_use]
    pub const fn trustees(self) -> u8 {
        self.trustees
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R1: nonsense is refused, everything up to 255 of 255 is not.
    #[test]
    fn thresholds_run_from_two_to_the_number_of_trustees() {
        for small in [0, 1] {
            let refused = Quorum::new(small, 5);
            assert_eq!(refused, Err(QuorumError::ThresholdTooSmall(small)));
        }
        let (threshold, trustees) = (4, 3);
        let refused = Quorum::new(threshold, trustees);
        assert_eq!(
            refused,
            Err(QuorumError::ThresholdAboveTrustees {
                threshold,
                trustees
            })
        );
        for (threshold, trustees) in [(2, 2), (2, 3), (3, 5), (255, 255)] {
            assert!(Quorum::new(threshold, trustees).is_ok());
        }
    }
    /// R1: fewer than three trustees, or all of them needed, gives a warning and no more.
    #[test]
    fn an_unwise_quorum_gives_a_warning() {
        use QuorumWarning::{AllNeeded, FewTrustees};
        let warnings = |threshold, trustees| Quorum::new(threshold, trustees).map(Quorum::warnings);
        assert_eq!(warnings(2, 3), Ok(vec![]));
        assert_eq!(warnings(3, 3), Ok(vec![AllNeeded]));
        assert_eq!(warnings(2, 2), Ok(vec![FewTrustees, AllNeeded]));
    }
}
