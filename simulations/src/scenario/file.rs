//! What a scenario file says.
use super::act::Line;
use super::page::{Page, Problem, Section};
use super::plan::majority;
use super::value::{Range, Unit};
use crate::faults::Weather;
use crate::links::Mixture;
use crate::people::{Habits, Rates};
use kith_protocol::limits;

/// Most bytes of a file: it is read whole.
pub(crate) const FILE_BYTES: u64 = 64 * 1024;
/// Most acts of a story.
const ACTS: usize = 100;

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;
/// The longest delay, lifetime or cool-down of a policy.
const LONGEST: u64 = 365 * DAY;

/// Who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cast {
    /// Trustees.
    pub(crate) trustees: Range,
    /// Witnesses of the ledger; the operator is also the backup host.
    pub(crate) witnesses: Range,
    /// Cosignatures that certify a head; a seed has at least a majority.
    pub(crate) quorum: Range,
}

/// What is agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deal {
    /// Trustees needed; a seed with fewer trustees needs them all.
    pub(crate) threshold: Range,
    /// How long a release waits.
    pub(crate) delay: Range,
    /// How long a request lives.
    pub(crate) lifetime: Range,
    /// How long a sponsor waits after a failed request.
    pub(crate) cool_down: Range,
    /// The oldest ledger head that readers accept.
    pub(crate) max_age: Range,
    /// Items protected.
    pub(crate) items: Range,
    /// Bytes of one.
    pub(crate) item_bytes: Range,
}

/// What the people are like, in per mille (`people/habits.rs` says where the figures come from).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct People {
    /// Helpers who do not call the owner back.
    pub(crate) careless: Range,
    /// Trustees who do not come to the owner's mind at once.
    pub(crate) forgotten: Range,
    /// Moments at which somebody switches a device off.
    pub(crate) off: Range,
    /// Comparisons in which somebody picks other words than were read.
    pub(crate) mishears: Range,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) about: String,
    pub(crate) cast: Cast,
    pub(crate) deal: Deal,
    pub(crate) links: Mixture,
    pub(crate) weather: Weather,
    pub(crate) people: People,
    pub(crate) churn: Rates,
    pub(crate) story: Vec<Line>,
}

/// Reads and checks a scenario.
///
/// # Errors
/// Everything that is wrong with it, with its lines.
pub(crate) fn read(text: &str, villains: &[&'static str]) -> Result<File, Vec<Problem>> {
    let page = Page::new(text);
    if text.len() as u64 > FILE_BYTES {
        page.complain(1, format!("a scenario has {FILE_BYTES} bytes at most"));
        return Err(page.problems());
    }
    let table = page.parse();
    let mut top = Section::new(&page, ("scenario", 1), Some(&table));
    let about = top.text("about").unwrap_or_default().to_owned();
    if about.is_empty() {
        top.complain("about", "is missing; say in a sentence what happens");
    }
    let cast = cast(top.section("cast"));
    let file = File {
        about,
        deal: deal(top.section("deal"), &cast),
        cast,
        links: links(top.section("links")),
        weather: weather(top.section("weather")),
        people: people(top.section("people")),
        churn: churn(top.section("churn")),
        story: story(&mut top, villains),
    };
    super::check::story(&page, &file);
    top.finish();
    match page.problems() {
        problems if problems.is_empty() => Ok(file),
        problems => Err(problems),
    }
}

fn cast(mut section: Section<'_, '_>) -> Cast {
    let cast = Cast {
        trustees: section.range("trustees", (Unit::Count, 2..=255), Range::only(5)),
        witnesses: section.range("witnesses", (Unit::Count, 1..=16), Range::only(3)),
        quorum: section.range("quorum", (Unit::Count, 1..=16), Range::only(2)),
    };
    let (least, most) = (cast.quorum.high, cast.quorum.low);
    if least < majority(cast.witnesses.low) || most > cast.witnesses.high {
        let what = format!(
            "{} of {} witnesses cannot be: it takes more than half of them",
            cast.quorum, cast.witnesses
        );
        section.complain("quorum", what);
    }
    section.finish();
    cast
}

fn deal(mut section: Section<'_, '_>, cast: &Cast) -> Deal {
    let time = |from: u64| (Unit::Time, from..=LONGEST);
    let deal = Deal {
        threshold: section.range("threshold", (Unit::Count, 2..=255), Range::only(3)),
        // Short beside real delays, so that a run is short; long beside everything that happens
        // meanwhile.
        delay: section.range("delay", time(1000), Range::new(5 * MINUTE, 30 * MINUTE)),
        // By default no run lasts as long.
        lifetime: section.range("lifetime", time(1000), Range::new(DAY, 3 * DAY)),
        cool_down: section.range("cool-down", time(0), Range::new(MINUTE, 10 * MINUTE)),
        max_age: section.range("max-age", time(1000), Range::new(10 * MINUTE, 60 * MINUTE)),
        items: section.range("items", (Unit::Count, 1..=100), Range::new(1, 3)),
        // By default three chunks of a backup at most.
        item_bytes: section.range(
            "item-bytes",
            (Unit::Count, 1..=limits::backup::WALLET as u64 / 100),
            Range::new(1, 60_000),
        ),
    };
    if deal.threshold.low > cast.trustees.low {
        let what = format!(
            "{} of {} trustees cannot be",
            deal.threshold.low, cast.trustees.low
        );
        section.complain("threshold", what);
    }
    section.finish();
    deal
}

/// Weights beside each other: how many machines are connected how.
fn links(mut section: Section<'_, '_>) -> Mixture {
    let mut mixture = Mixture::default();
    for (key, weight) in mixture.fields() {
        *weight = section.range(key, (Unit::PerMille, 0..=1000), *weight);
    }
    if mixture.is_nothing() {
        section.complain("home", "no machine has any link");
    }
    section.finish();
    mixture
}

fn weather(mut section: Section<'_, '_>) -> Weather {
    let mut weather = Weather::default();
    for (key, range, unit) in weather.fields() {
        let most = match unit {
            Unit::PerMille => 1000,
            Unit::Count | Unit::Time => 30 * DAY,
        };
        *range = section.range(key, (unit, 0..=most), *range);
    }
    section.finish();
    weather
}

/// By default people do everything at once and believe everybody.
fn people(mut section: Section<'_, '_>) -> People {
    let trusting = Habits::TRUSTING;
    let mut share = |key, default: u16| {
        let default = Range::only(default.into());
        section.range(key, (Unit::PerMille, 0..=1000), default)
    };
    let people = People {
        careless: share("careless", trusting.careless),
        forgotten: share("forgotten", trusting.forgotten),
        off: share("off", trusting.off),
        mishears: share("mishears", trusting.mishears),
    };
    section.finish();
    people
}

/// What years do to people.
fn churn(mut section: Section<'_, '_>) -> Rates {
    let mut rates = Rates::default();
    rates.circles = section.range("circles", (Unit::Count, 1..=255), rates.circles);
    for (key, rate) in rates.fields() {
        *rate = section.range(key, (Unit::PerMille, 0..=1000), *rate);
    }
    section.finish();
    rates
}

fn story(top: &mut Section<'_, '_>, villains: &[&'static str]) -> Vec<Line> {
    let acts = top.list("story");
    if acts.is_empty() || acts.len() > ACTS {
        top.complain("story", format!("a story has 1 to {ACTS} acts: [[story]]"));
    }
    acts.into_iter()
        .filter_map(|section| Line::read(section, villains))
        .collect()
}
