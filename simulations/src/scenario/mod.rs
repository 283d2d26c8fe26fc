//! Scenarios: a cast, a story with faults, and what must have happened in the end.
//!
//! Each part of a story has phases: faults from the seed for a while, then the world heals and
//! progress is demanded within a budget of steps; livelock is a failure like any other.
mod bad_share;
mod lost_phone;
mod parameters;
mod play;
mod two_dead;
mod veto;

pub use parameters::Parameters;

use crate::network::Fidelity;
use crate::world::Broken;
use play::{Part, Play};
use serde::Serialize;

/// A scenario.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// What the command line calls it.
    pub name: &'static str,
    /// What happens, in a sentence.
    pub about: &'static str,
    play: fn(&mut Play) -> Part,
}

/// All there are.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "lost-phone",
        about: "five trustees and a backup host are enrolled, the owner's device is lost, two trustees are gone, a \
                fresh device recovers, and a thief's copy of the old one is powerless",
        play: lost_phone::play,
    },
    Scenario {
        name: "two-dead",
        about: "the same, but the two trustees go in the middle of the recovery, after they were asked",
        play: two_dead::play,
    },
    Scenario {
        name: "bad-share",
        about: "one trustee returns a wrong share: it is named and left out, and the recovery goes on with the others",
        play: bad_share::play,
    },
    Scenario {
        name: "veto",
        about: "an impostor convinces the trustees while the owner's device lives: she sees the alarm and stops it, \
                and no share leaves",
        play: veto::play,
    },
];

/// How a run is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// How messages travel.
    pub fidelity: Fidelity,
    /// Prints each step to standard error.
    pub watch: bool,
    /// Breaks something, for the tests that show that a world can fail.
    pub mutant: Option<Mutant>,
}

/// Something that is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// The first trustee's disk forgets one batch in so many that it said was durable.
    ForgetfulDisk(u64),
    /// People approve without the guided check.
    UncheckedApproval,
    /// Nobody knows of the wrong share, so that the claimant who names it seems to be wrong.
    HiddenLie,
    /// The checkers count the delay from a later time than the lane says.
    LongerDelay,
}

/// What came of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Which scenario.
    pub scenario: &'static str,
    /// Which seed.
    pub seed: u64,
    /// What the seed drew.
    pub parameters: Parameters,
    /// What broke, if anything.
    pub broken: Option<Broken>,
    /// Hash over every decision.
    pub trace_hash: String,
    /// Steps taken by agents.
    pub steps: u64,
    /// Crashes survived.
    pub crashes: u64,
    /// How long it was, in milliseconds of the world's time.
    pub simulated_ms: u64,
    /// The last lines of the trace, of a run that broke.
    pub tail: Vec<String>,
}

impl Scenario {
    /// The scenario of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        SCENARIOS
            .iter()
            .find(|scenario| scenario.name == name)
            .copied()
    }

    /// Plays it with a seed.
    #[must_use]
    pub fn run(&self, seed: u64, options: Options) -> Report {
        let _known = kith_protocol::known::Known::remember();
        let mut play = Play::new(seed, options);
        // Why it ended stands in the world.
        let _ = play.set_up().and_then(|()| (self.play)(&mut play));
        play.report(self.name)
    }
}

impl Report {
    /// Whether every promise was kept.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.broken.is_none()
    }
}
