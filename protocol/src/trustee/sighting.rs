//! Our own clock beside the ledger's (G7).
//!
//! Ledger time says when a delay is over. If those who make it push it, our own monotonic clock
//! notices: it has not run as far. So from the first sight of a full lane on we count for
//! ourselves, and persist the count with every look.
use crate::time::{Millis, Timestamp};
use serde::{Deserialize, Serialize};

/// What never counts as a difference: looks take time, and checkpoints are a second apart.
const SLACK: Millis = Millis::seconds(2);

/// A delay as we have watched it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sighting {
    /// When the delay began, in ledger time. A lane that becomes full anew begins a new one.
    starts: Timestamp,
    /// How long we have watched it.
    watched: Millis,
    /// The machine's clock at the last reading.
    uptime: u64,
    /// The wall's at the last reading.
    wall: Timestamp,
    /// Since when, in ledger time, the two clocks disagree.
    disputed: Option<Timestamp>,
}

/// What the two clocks say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clocks {
    /// Both have run the delay.
    Agree,
    /// They do not; ledger time alone must run the delay again, until then.
    Disagree {
        /// When it has.
        until: Timestamp,
    },
}

/// Both clocks of the machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// Monotonic milliseconds.
    pub(super) uptime: u64,
    /// Wall clock.
    pub(super) wall: Timestamp,
}

impl Sighting {
    /// The first sight of a delay that began at `starts`.
    pub(super) fn first(starts: Timestamp, reading: Reading) -> Self {
        Self {
            starts,
            watched: Millis(0),
            uptime: reading.uptime,
            wall: reading.wall,
            disputed: None,
        }
    }

    /// Adds what has passed since the last reading; begins anew where the delay did.
    pub(super) fn read(self, starts: Timestamp, reading: Reading) -> Self {
        if starts != self.starts {
            return Self::first(starts, reading);
        }
        let passed = match reading.uptime.checked_sub(self.uptime) {
            Some(passed) => Millis(passed),
            // The machine was started again: all we have is the wall clock.
            None => reading.wall.since(self.wall),
        };
        Self {
            watched: self.watched + passed,
            uptime: reading.uptime,
            wall: reading.wall,
            ..self
        }
    }

    /// Whether the clocks disagree, or did.
    pub(super) fn is_disputed(&self) -> bool {
        self.disputed.is_some()
    }

    /// Compares, once ledger time has run the delay.
    ///
    /// Our clock must have run it too, and must not have run away from the ledger's, which is how a
    /// wall clock that was set forward during a restart shows.
    pub(super) fn compare(
        mut self,
        head: Timestamp,
        delay: Millis,
        pace: Millis,
    ) -> (Self, Clocks) {
        let slack = Millis(delay.0 / 10) + SLACK + pace;
        let run = head.since(self.starts);
        let has_run = self.watched + slack >= delay;
        let ran_away = self.watched > run + slack;
        if has_run && !ran_away {
            return (self, Clocks::Agree);
        }
        let until = self.disputed.get_or_insert(head).after(delay);
        let clocks = if head >= until {
            Clocks::Agree
        } else {
            Clocks::Disagree { until }
        };
        (self, clocks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAY: Millis = Millis::seconds(100);
    const PACE: Millis = Millis::seconds(1);
    const START: Timestamp = Timestamp(1_000_000);

    fn at(seconds: u64) -> Timestamp {
        START.after(Millis::seconds(seconds))
    }

    fn reading(uptime_seconds: u64, wall_seconds: u64) -> Reading {
        Reading {
            uptime: 50_000 + uptime_seconds * 1000,
            wall: Timestamp(9_000_000 + wall_seconds * 1000),
        }
    }

    fn watched(readings: &[(u64, u64)]) -> Sighting {
        let first = Sighting::first(START, reading(0, 0));
        readings.iter().fold(first, |sighting, (uptime, wall)| {
            sighting.read(START, reading(*uptime, *wall))
        })
    }

    fn verdict(sighting: Sighting, head: u64) -> Clocks {
        sighting.compare(at(head), DELAY, PACE).1
    }

    /// G7: the two clocks agree.
    #[test]
    fn a_delay_that_both_clocks_have_run_is_over() {
        assert_eq!(
            verdict(watched(&[(40, 40), (100, 100)]), 100),
            Clocks::Agree
        );
    }

    /// G7: ledger time was pushed.
    #[test]
    fn a_delay_that_only_the_ledger_has_run_is_held_for_another() {
        let sighting = watched(&[(30, 30)]);
        let (sighting, clocks) = sighting.compare(at(100), DELAY, PACE);
        assert_eq!(clocks, Clocks::Disagree { until: at(200) });
        assert_eq!(verdict(sighting, 199), Clocks::Disagree { until: at(200) });
        assert_eq!(verdict(sighting, 200), Clocks::Agree);
    }

    #[test]
    fn a_small_difference_is_within_the_bound() {
        assert_eq!(verdict(watched(&[(87, 87)]), 100), Clocks::Agree);
        assert_ne!(verdict(watched(&[(86, 86)]), 100), Clocks::Agree);
    }

    /// G7: whoever sets the wall clock while the agent runs changes nothing.
    #[test]
    fn a_jump_of_the_wall_clock_alone_is_not_believed() {
        let jumped = watched(&[(30, 30), (31, 500)]);
        assert_eq!(verdict(jumped, 100), Clocks::Disagree { until: at(200) });
    }

    /// G7: across a restart, the last persisted reading plus the wall clock.
    #[test]
    fn a_restart_of_the_machine_goes_on_with_the_wall_clock() {
        let mut sighting = watched(&[(40, 40)]);
        let restarted = Reading {
            uptime: 5_000,
            wall: reading(0, 95).wall,
        };
        sighting = sighting.read(START, restarted);
        assert_eq!(verdict(sighting, 100), Clocks::Agree);
    }

    /// G7: a wall clock set forward during a restart shows as a clock that ran away.
    #[test]
    fn a_wall_clock_set_forward_across_a_restart_is_held() {
        let restarted = Reading {
            uptime: 5_000,
            wall: reading(0, 900).wall,
        };
        let sighting = watched(&[(40, 40)]).read(START, restarted);
        assert_eq!(verdict(sighting, 100), Clocks::Disagree { until: at(200) });
    }

    /// A trustee that was away when the lane became full waits until its own clock has run the
    /// delay, and no longer.
    #[test]
    fn a_late_sight_waits_for_our_own_clock() {
        let (sighting, clocks) = watched(&[]).compare(at(150), DELAY, PACE);
        assert_eq!(clocks, Clocks::Disagree { until: at(250) });
        let sighting = sighting.read(START, reading(95, 95));
        assert_eq!(verdict(sighting, 245), Clocks::Agree);
    }

    #[test]
    fn a_lane_that_is_full_anew_is_watched_anew() {
        let sighting = watched(&[(100, 100)]).read(at(60), reading(101, 101));
        assert_eq!(sighting, Sighting::first(at(60), reading(101, 101)));
    }
}
