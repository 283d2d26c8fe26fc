//! The clocks of a machine: the one on the wall may be off, drift and jump; the monotonic one drifts with
//! it and begins anew when the machine comes up.
use kith_protocol::time::{Millis, Timestamp};

/// Millionths.
const PARTS: i64 = 1_000_000;

/// Both clocks of one machine.
#[derive(Default)]
pub(crate) struct Clock {
    booted: Timestamp,
    /// When it was set.
    set: Timestamp,
    /// By how many milliseconds it was ahead then.
    ahead: i64,
    /// How much it gains, in millionths of the time that goes by.
    gains: i64,
    /// What it is ahead when nobody has tampered with it, while somebody has.
    jumped_from: Option<i64>,
}

impl Clock {
    /// A clock so far ahead that gains so many millionths.
    pub(crate) fn new(now: Timestamp, ahead: Millis, gains: i64) -> Self {
        Self {
            booted: now,
            set: now,
            ahead: signed(ahead),
            gains,
            jumped_from: None,
        }
    }

    /// The clock of another machine that shows the same and has just come up.
    pub(crate) fn of_a_twin(&self, now: Timestamp) -> Self {
        Self {
            booted: now,
            ..*self
        }
    }

    /// The machine comes up.
    pub(crate) fn boot(&mut self, now: Timestamp) {
        self.booted = now;
    }

    /// The network sets it: what it gained since is gone.
    pub(crate) fn synchronise(&mut self, now: Timestamp) {
        self.set = now;
    }

    fn off(&self, now: Timestamp) -> i64 {
        self.ahead + signed(now.since(self.set)) * self.gains / PARTS
    }

    /// What the wall clock shows.
    pub(crate) fn wall(&self, now: Timestamp) -> Timestamp {
        Timestamp(now.0.saturating_add_signed(self.off(now)))
    }

    /// What the monotonic clock shows, in milliseconds.
    pub(crate) fn uptime(&self, now: Timestamp) -> u64 {
        let up = now.since(self.booted);
        up.0.saturating_add_signed(signed(up) * self.gains / PARTS)
    }

    /// When the wall clock will show this, if it gains nothing meanwhile: within a second a day.
    pub(crate) fn when(&self, now: Timestamp, shown: Timestamp) -> Timestamp {
        Timestamp(shown.0.saturating_add_signed(-self.off(now)))
    }

    /// It jumps by so much, and stays there until it is set right.
    pub(crate) fn jump(&mut self, now: Timestamp, by: i64) {
        let right = self.off(now);
        self.jumped_from.get_or_insert(right);
        self.ahead = right + by;
        self.set = now;
    }

    /// It is set right. False where it had not jumped.
    pub(crate) fn set_right(&mut self, now: Timestamp) -> bool {
        let Some(right) = self.jumped_from.take() else {
            return false;
        };
        self.ahead = right;
        self.set = now;
        true
    }
}

fn signed(span: Millis) -> i64 {
    i64::try_from(span.0).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(1_000_000_000);

    #[test]
    fn a_clock_drifts_jumps_and_is_set_right() {
        let mut clock = Clock::new(NOON, Millis(500), 100);
        let later = NOON.after(Millis::seconds(1000));
        assert_eq!(clock.wall(NOON), NOON.after(Millis(500)));
        assert_eq!(clock.wall(later), later.after(Millis(600)));
        assert_eq!(clock.uptime(later), 1_000_100);
        clock.jump(later, -3_600_000);
        assert_eq!(later.since(clock.wall(later)), Millis(3_599_400));
        assert!(clock.set_right(later) && !clock.set_right(later));
        assert_eq!(clock.wall(later), later.after(Millis(600)));
        assert_eq!(clock.when(later, clock.wall(later)), later);
    }

    #[test]
    fn a_clock_that_the_network_sets_has_gained_nothing() {
        let mut clock = Clock::new(NOON, Millis(500), 100);
        let later = NOON.after(Millis::seconds(1000));
        clock.synchronise(later);
        assert_eq!(clock.wall(later), later.after(Millis(500)));
    }

    #[test]
    fn the_monotonic_clock_does_not_jump_and_begins_anew() {
        let mut clock = Clock::new(NOON, Millis(0), 0);
        let later = NOON.after(Millis(5));
        clock.jump(NOON, 1_000_000);
        assert_eq!(clock.uptime(later), 5);
        clock.boot(later);
        assert_eq!(clock.uptime(later), 0);
    }
}
