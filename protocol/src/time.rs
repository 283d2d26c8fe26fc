//! Time as the protocol knows it: an argument, never a clock.
use core::fmt;
use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, or since zero in a simulation. Stored, so it is a plain
/// number and no clock type.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

/// A span of time in milliseconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Timestamp {
    /// The time `span` later; saturates, so that a hostile span cannot wrap to the past.
    #[must_use]
    pub fn after(self, span: Millis) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// How long it is from `earlier` to `self`; zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }

    /// Whether a pause that ends now is over, where none is longer than `longest`. One that seems to
    /// end later than it can was counted on a clock that has been set back since: nothing waits for
    /// years because a clock once ran years ahead.
    #[must_use]
    pub fn is_over(self, now: Self, longest: Millis) -> bool {
        self <= now || self > now.after(longest)
    }

    /// Whole seconds, as DIDComm headers count.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0 / 1000
    }
}

impl Millis {
    /// A span of whole seconds.
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Rounded to a number that a person takes in: whole days, hours, minutes or seconds, whichever is
    /// the largest unit of which there are two; a second at least.
    #[must_use]
    pub const fn coarse(self) -> Self {
        let unit = match self.0 / 1000 {
            0 => return Self(1_000),
            1..120 => 1_000,
            120..7_200 => 60_000,
            7_200..172_800 => 3_600_000,
            _ => 86_400_000,
        };
        Self(self.0 / unit * unit)
    }

    /// `factor` times as long; saturates.
    #[must_use]
    pub const fn times(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl core::ops::Add for Millis {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Millis {
    /// In the largest unit that is not a fraction: `3 d`, `36 h`, `90 min`, `20 s`, `1500 ms`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 4] = [
            (86_400_000, "d"),
            (3_600_000, "h"),
            (60_000, "min"),
            (1_000, "s"),
        ];
        for (size, name) in UNITS {
            if self.0 >= size && self.0.is_multiple_of(size) {
                return write!(out, "{} {name}", self.0 / size);
            }
        }
        write!(out, "{} ms", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Millis, Timestamp};

    #[test]
    fn a_pause_is_over_when_it_has_passed_and_when_the_clock_was_set_back_under_it() {
        let (now, longest) = (Timestamp(1_000), Millis(100));
        for (end, over) in [(999, true), (1_000, true), (1_001, false), (1_100, false)] {
            assert_eq!(Timestamp(end).is_over(now, longest), over, "{end}");
        }
        assert!(Timestamp(1_101).is_over(now, longest));
    }

    #[test]
    fn a_coarse_span_has_one_unit_and_no_fraction() {
        let shown = |seconds: u64| Millis(seconds * 1000 + 999).coarse().to_string();
        assert_eq!(shown(0), "1 s");
        assert_eq!(shown(119), "119 s");
        assert_eq!(shown(7_199), "119 min");
        assert_eq!(shown(100_000), "27 h");
        assert_eq!(shown(400_000), "4 d");
    }
}
