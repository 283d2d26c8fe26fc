//! Scenarios: files that say who takes part, what may go wrong, and which acts a story has.
//!
//! A file is read (`file`) and checked whole (`check`); a seed makes a `plan` of it, and the story
//! is played by `story`.
pub(crate) mod act;
mod builtin;
mod check;
mod file;
mod page;
pub(crate) mod plan;
pub(crate) mod value;

pub use page::Problem;
pub use plan::Parameters;

use crate::bare::{Events, Held};
use crate::network::Fidelity;
use crate::story::Story;
use crate::trace::Show;
use crate::villains::VILLAINS;
use crate::world::Broken;
use file::File;
use plan::Plan;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use value::Unit;

/// A scenario that can be played.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What the command line calls it.
    pub name: String,
    /// Hash over its file: with a seed and the same code it fixes a run.
    pub hash: String,
    pub(crate) file: File,
}

/// How a run is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// How messages travel.
    pub fidelity: Fidelity,
    /// What is printed to standard error.
    pub show: Show,
    /// Draws the last recovery.
    pub draw: bool,
    /// Ends after so many milliseconds of the world's time, with whatever was demanded by then.
    pub until: Option<u64>,
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
    pub scenario: String,
    /// Which text of it.
    pub scenario_hash: String,
    /// Which seed.
    pub seed: u64,
    /// What the seed drew.
    pub parameters: Parameters,
    /// What happened in the story, act by act.
    pub acts: Vec<String>,
    /// What broke, if anything.
    pub broken: Option<Broken>,
    /// Hash over every decision.
    pub trace_hash: String,
    /// Steps taken by agents.
    pub steps: u64,
    /// Messages and replies that arrived.
    pub deliveries: u64,
    /// Crashes survived.
    pub crashes: u64,
    /// How long it was, in milliseconds of the world's time.
    pub simulated_ms: u64,
    /// The last lines of the trace, of a run that broke.
    pub tail: Vec<String>,
    /// The last recovery as an SVG file, if it was to be drawn.
    #[serde(skip)]
    pub drawing: Option<String>,
}

impl Scenario {
    /// The scenarios that come with the program.
    ///
    /// # Panics
    /// When one of them is wrong, which a test rules out.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let read = |(name, text): &(&str, &str)| {
            Self::read(name, text).expect("a scenario that comes with the program is right")
        };
        builtin::FILES.iter().map(read).collect()
    }

    /// The one of this name that comes with the program.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all()
            .into_iter()
            .find(|scenario| scenario.name == name)
    }

    /// Reads a scenario from the text of its file.
    ///
    /// # Errors
    /// Everything that is wrong with it, with its lines.
    pub fn read(name: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let villains: Vec<_> = VILLAINS.iter().map(|villainy| villainy.name).collect();
        Ok(Self {
            name: name.into(),
            hash: hex::encode(&Sha256::digest(text.as_bytes())[..8]),
            file: file::read(text, &villains)?,
        })
    }

    /// What happens, in a sentence.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.file.about
    }

    /// All it says, in lines for a person.
    #[must_use]
    pub fn described(&self) -> Vec<String> {
        let File {
            about,
            cast,
            deal,
            links,
            weather,
            people,
            churn,
            story,
        } = &self.file;
        let mut lines = vec![
            format!("{}: {about}", self.name),
            format!("hash {}", self.hash),
        ];
        lines.push(format!(
            "{} trustees, {} of them needed; {} witnesses, {} of them certify",
            cast.trustees, deal.threshold, cast.witnesses, cast.quorum
        ));
        lines.push(format!(
            "a release waits {}, a request lives {}; {} items of {} bytes",
            deal.delay.show(Unit::Time),
            deal.lifetime.show(Unit::Time),
            deal.items,
            deal.item_bytes
        ));
        let mut links = *links;
        let weights = links
            .fields()
            .map(|(name, weight)| format!("{name} {weight}"));
        lines.push(format!(
            "links of machines, by weight: {}",
            weights.join(", ")
        ));
        let mut weather = *weather;
        let faults = weather
            .fields()
            .map(|(name, range, unit)| format!("{name} {}", range.show(unit)));
        lines.push(format!(
            "weather, from which each seed draws: {}",
            faults.join(", ")
        ));
        lines.push(format!(
            "of 1000 helpers {} are careless, of 1000 trustees {} are forgotten at first, at {} of 1000 moments a \
             device is switched off, in {} of 1000 comparisons the wrong words are picked",
            people.careless, people.forgotten, people.off, people.mishears
        ));
        if story
            .iter()
            .any(|line| matches!(line.act, act::Act::YearsPass { .. }))
        {
            lines.push(churn.told());
        }
        for (number, line) in story.iter().enumerate() {
            let often = match line.chance {
                1000 => String::new(),
                often => format!(" (in {often} of 1000 seeds)"),
            };
            lines.push(format!("{:>3}. {}{often}", number + 1, line.act.told()));
        }
        lines
    }

    /// Plays it with a seed.
    #[must_use]
    pub fn run(&self, seed: u64, options: Options) -> Report {
        let _known = kith_protocol::known::Known::remember();
        let (mut story, told) = self.story(seed, options);
        story.play();
        story.report(self, seed, told)
    }

    /// The same, and what happened when.
    #[must_use]
    pub fn events(&self, seed: u64, options: Options) -> (Report, Events) {
        let _known = kith_protocol::known::Known::remember();
        let (mut story, told) = self.story(seed, options);
        story.queue().record();
        story.play();
        let events = Events::of(&mut story);
        (story.report(self, seed, told), events)
    }

    /// The same; its world is kept.
    #[must_use]
    pub fn hold(&self, seed: u64, options: Options) -> Held {
        let _known = kith_protocol::known::Known::remember();
        let (mut story, _) = self.story(seed, options);
        story.play();
        Held(story)
    }

    fn story(&self, seed: u64, options: Options) -> (Story, Vec<String>) {
        let plan = Plan::draw(self, seed);
        let told = plan.acts.iter().map(act::Act::told).collect();
        (Story::new(seed, plan, options), told)
    }
}

impl Report {
    /// Whether every promise was kept.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.broken.is_none()
    }
}
