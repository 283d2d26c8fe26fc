//! Fixed sizes for the two spans that a recovery policy shows in clear.
//!
//! The exact delay of a lane is nobody's business before it is used (G12), so the ledger shows the
//! next larger bucket only. Many owners share each one.
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use thiserror::Error;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The spans, ascending. Their positions stand on the ledger: entries are only ever added behind.
const SPANS: [Millis; 14] = [
    Millis(10 * SECOND),
    Millis(MINUTE),
    Millis(10 * MINUTE),
    Millis(HOUR),
    Millis(6 * HOUR),
    Millis(DAY),
    Millis(2 * DAY),
    Millis(3 * DAY),
    Millis(7 * DAY),
    Millis(14 * DAY),
    Millis(30 * DAY),
    Millis(90 * DAY),
    Millis(180 * DAY),
    Millis(365 * DAY),
];

/// One of fourteen spans between ten seconds and a year, as its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Bucket(u8);

/// A number that names no bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("there is no bucket {0}")]
pub struct UnknownBucket(pub u8);

impl Bucket {
    /// The smallest bucket that is at least `span`; `None` beyond a year.
    #[must_use]
    pub fn holding(span: Millis) -> Option<Self> {
        let index = SPANS.iter().position(|bucket| *bucket >= span)?;
        u8::try_from(index).ok().map(Self)
    }

    /// The span it stands for.
    #[must_use]
    pub fn span(self) -> Millis {
        SPANS[usize::from(self.0)]
    }
}

impl TryFrom<u8> for Bucket {
    type Error = UnknownBucket;
    fn try_from(index: u8) -> Result<Self, UnknownBucket> {
        if usize::from(index) < SPANS.len() {
            Ok(Self(index))
        } else {
            Err(UnknownBucket(index))
        }
    }
}

impl From<Bucket> for u8 {
    fn from(bucket: Bucket) -> Self {
        bucket.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_rounded_up_and_never_down() {
        for (span, index) in [
            (0, 0),
            (10_000, 0),
            (10_001, 1),
            (DAY, 5),
            (DAY + 1, 6),
            (365 * DAY, 13),
        ] {
            let bucket = Bucket::holding(Millis(span)).unwrap();
            assert_eq!(u8::from(bucket), index, "{span}");
            assert!(bucket.span() >= Millis(span));
        }
    }

    #[test]
    fn more_than_a_year_has_no_bucket() {
        assert_eq!(Bucket::holding(Millis(365 * DAY + 1)), None);
    }

    #[test]
    fn an_unknown_index_is_refused() {
        assert_eq!(Bucket::try_from(14), Err(UnknownBucket(14)));
        assert!(postcard::from_bytes::<Bucket>(&[14]).is_err());
        assert!(SPANS.is_sorted());
    }
}
