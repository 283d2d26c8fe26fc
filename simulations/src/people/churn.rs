//! What years do to people and their devices, and where the figures come from.
//!
//! Rates are per mille and year. People belong to circles (a family, colleagues, a club), and a circle can
//! break at once: losses that come together are what a policy has to stand.
use crate::chance::Chance;
use crate::scenario::value::Range;
use kith_protocol::time::Millis;
use serde::Serialize;
use std::collections::BTreeSet;

/// A twelfth of 365 days: how finely years are drawn.
const MONTH: u64 = 365 * 24 * 3_600_000 / 12;
/// How often a history is drawn anew until it takes as many as it should.
const DRAWS: u32 = 200;

/// Circles of an owner: ours.
const CIRCLES: Range = Range::new(1, 4);
/// Trustees who drift away, one by one, and circles that break. Of the people in somebody's network 48 % are
/// in it seven years later (Mollenhorst, Utrecht 2009), so that a year takes 100 of 1000. That half of
/// it comes one by one and half by circles is ours.
const LEAVES: u16 = 50;
const BREAKS: u16 = 100;
/// Members that a circle which breaks takes away, of a thousand: ours, see there.
const TAKES: u16 = 500;
/// Trustees who die: ours, within what life tables say of adults of working age.
const DIES: u16 = 5;
/// Devices that are lost with all that is on them, and nobody has a copy: ours.
const LOSES: u16 = 50;
/// Devices that are changed for others, with their contents: a phone lasts 43 months (Strategy Analytics,
/// 2020).
const CHANGES: u16 = 280;
/// Trustees whom the owner forgets for good: ours. Those who come to her mind later are in `habits.rs`.
const FORGETS: u16 = 10;

/// How people change, as a scenario has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rates {
    /// Circles.
    pub(crate) circles: Range,
    leaves: Range,
    breaks: Range,
    takes: Range,
    dies: Range,
    loses: Range,
    changes: Range,
    forgets: Range,
}

impl Default for Rates {
    fn default() -> Self {
        let only = |rate: u16| Range::only(rate.into());
        Self {
            circles: CIRCLES,
            leaves: only(LEAVES),
            breaks: only(BREAKS),
            takes: only(TAKES),
            dies: only(DIES),
            loses: only(LOSES),
            changes: only(CHANGES),
            forgets: only(FORGETS),
        }
    }
}

impl Rates {
    /// In words.
    pub(crate) fn told(mut self) -> String {
        let rates = self.fields().map(|(name, rate)| format!("{name} {rate}"));
        let rates = rates.join(", ");
        let circles = self.circles;
        format!("in a year, of a thousand: {rates}; trustees belong to {circles} circles")
    }

    /// Each rate by its name in a file.
    pub(crate) fn fields(&mut self) -> [(&'static str, &mut Range); 7] {
        [
            ("leaves", &mut self.leaves),
            ("circle-breaks", &mut self.breaks),
            ("circle-takes", &mut self.takes),
            ("dies", &mut self.dies),
            ("loses-device", &mut self.loses),
            ("changes-device", &mut self.changes),
            ("forgets", &mut self.forgets),
        ]
    }
}

/// How people change: a seed's rates, per mille and year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Churn {
    /// Circles of the owner.
    pub circles: u16,
    /// A trustee drifts away.
    pub leaves: u16,
    /// A circle breaks.
    pub breaks: u16,
    /// How many of its members go then, of a thousand.
    pub takes: u16,
    /// A trustee dies.
    pub dies: u16,
    /// A device is gone with all that is on it.
    pub loses: u16,
    /// A device is changed for another.
    pub changes: u16,
    /// The owner forgets a trustee.
    pub forgets: u16,
}

/// What happens to one trustee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Is not in touch any more; the agent runs on.
    Leaves,
    /// The same, with others of the circle.
    LeavesWithCircle,
    /// Dies, and nobody runs the agent on.
    Dies,
    /// Loses the device and what it held.
    LosesDevice,
    /// Has another device, with the same agent.
    ChangesDevice,
    /// Does not come to the owner's mind any more.
    IsForgotten,
}

impl Fate {
    /// Whether the owner can count on this trustee no longer.
    pub(crate) fn is_loss(self) -> bool {
        self != Self::ChangesDevice
    }

    /// After a name, in the story.
    pub(crate) fn told(self) -> &'static str {
        match self {
            Self::Leaves => "is not in touch any more",
            Self::LeavesWithCircle => "leaves with the circle",
            Self::Dies => "dies",
            Self::LosesDevice => "loses the device and all that is on it",
            Self::ChangesDevice => "changes to another device",
            Self::IsForgotten => "is forgotten by the owner",
        }
    }
}

/// Something that happens in the years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blow {
    /// After how long.
    pub(crate) after: Millis,
    /// Which of the trustees, by place.
    pub(crate) who: usize,
    pub(crate) fate: Fate,
}

impl Churn {
    /// What the seed draws.
    pub(crate) fn draw(rates: &Rates, chance: &mut Chance) -> Self {
        let mut draw = |range: Range| range.draw(chance) as u16;
        Self {
            circles: draw(rates.circles),
            leaves: draw(rates.leaves),
            breaks: draw(rates.breaks),
            takes: draw(rates.takes),
            dies: draw(rates.dies),
            loses: draw(rates.loses),
            changes: draw(rates.changes),
            forgets: draw(rates.forgets),
        }
    }

    /// Who belongs to which circle.
    pub(crate) fn circles(&self, people: usize, chance: &mut Chance) -> Vec<u16> {
        let last = u64::from(self.circles.max(1)) - 1;
        let circle = |_| chance.between(0, last) as u16;
        (0..people).map(circle).collect()
    }

    /// What so much time does to these trustees, of these circles, such that as many are lost as the range
    /// says: drawn anew until it fits, and at last bent to fit.
    pub(crate) fn history(
        &self,
        people: &[(usize, u16)],
        (span, lost): (Millis, Range),
        chance: &mut Chance,
    ) -> Vec<Blow> {
        let mut history = Vec::new();
        for _ in 0..DRAWS {
            history = self.once(people, span, chance);
            let toll = toll(&history).len() as u64;
            if (lost.low..=lost.high).contains(&toll) {
                return history;
            }
        }
        bend(&mut history, people, (span, lost));
        history
    }

    fn once(&self, people: &[(usize, u16)], span: Millis, chance: &mut Chance) -> Vec<Blow> {
        let mut history = Vec::new();
        let mut left: Vec<(usize, u16)> = people.to_vec();
        for month in 0..span.0 / MONTH {
            let broken: Vec<u16> = (0..self.circles.max(1))
                .filter(|_| monthly(self.breaks, chance))
                .collect();
            left.retain(|(who, circle)| {
                let fate = self.fate(broken.contains(circle), chance);
                history.extend(fate.map(|fate| Blow {
                    after: Millis(month * MONTH + chance.between(0, MONTH - 1)),
                    who: *who,
                    fate,
                }));
                !fate.is_some_and(Fate::is_loss)
            });
        }
        history.sort_by_key(|blow| (blow.after, blow.who));
        history
    }

    /// What a month does to somebody; the worst of it.
    fn fate(&self, circle_broke: bool, chance: &mut Chance) -> Option<Fate> {
        let fates = [
            (self.dies, Fate::Dies),
            (self.loses, Fate::LosesDevice),
            (self.leaves, Fate::Leaves),
            (self.forgets, Fate::IsForgotten),
            (self.changes, Fate::ChangesDevice),
        ];
        let drawn = fates.map(|(rate, fate)| monthly(rate, chance).then_some(fate));
        let taken = (circle_broke && chance.hits(self.takes)).then_some(Fate::LeavesWithCircle);
        taken.into_iter().chain(drawn.into_iter().flatten()).next()
    }
}

/// Whether something happens in a month that happens to so many of a thousand in a year.
fn monthly(yearly: u16, chance: &mut Chance) -> bool {
    chance.between(1, 12_000) <= u64::from(yearly)
}

/// Who is lost.
fn toll(history: &[Blow]) -> BTreeSet<usize> {
    let losses = history.iter().filter(|blow| blow.fate.is_loss());
    losses.map(|blow| blow.who).collect()
}

/// The last losses are spared, or more come at the end.
fn bend(history: &mut Vec<Blow>, people: &[(usize, u16)], (span, lost): (Millis, Range)) {
    while toll(history).len() as u64 > lost.high {
        let last = history.iter().rposition(|blow| blow.fate.is_loss());
        last.map(|place| history.remove(place));
    }
    let gone = toll(history);
    let missing = (lost.low as usize).saturating_sub(gone.len());
    let others = people.iter().filter(|(who, _)| !gone.contains(who));
    let leave = |(who, _): &(usize, u16)| Blow {
        after: span,
        who: *who,
        fate: Fate::Leaves,
    };
    history.extend(others.map(leave).take(missing));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Stream;

    const YEAR: u64 = 12 * MONTH;

    fn field() -> Churn {
        let chance = &mut Chance::new(1, Stream::Churn);
        Churn {
            circles: 4,
            ..Churn::draw(&Rates::default(), chance)
        }
    }

    fn people(count: usize, chance: &mut Chance) -> Vec<(usize, u16)> {
        field()
            .circles(count, chance)
            .into_iter()
            .enumerate()
            .collect()
    }

    /// What was measured comes out: of a network some 48 % is left after seven years, by whatever left it.
    #[test]
    fn half_of_the_people_are_out_of_touch_after_seven_years() {
        let chance = &mut Chance::new(2, Stream::Churn);
        let churn = Churn {
            dies: 0,
            loses: 0,
            forgets: 0,
            ..field()
        };
        let runs = 400;
        let lost: usize = (0..runs)
            .map(|_| {
                let people = people(10, chance);
                toll(&churn.once(&people, Millis(7 * YEAR), chance)).len()
            })
            .sum();
        let left = 1000 - lost * 1000 / (runs * 10);
        assert!((440..530).contains(&left), "{left}");
    }

    /// Losses of one circle come together: more often than alone, nobody or nearly everybody goes.
    #[test]
    fn a_circle_that_breaks_takes_several_at_once() {
        let chance = &mut Chance::new(3, Stream::Churn);
        let churn = Churn {
            circles: 1,
            ..field()
        };
        let together = (0..200).any(|_| {
            let people: Vec<(usize, u16)> = (0..6).map(|who| (who, 0)).collect();
            let history = churn.once(&people, Millis(YEAR), chance);
            let month = |blow: &Blow| blow.after.0 / MONTH;
            let of = |first: &Blow| {
                history
                    .iter()
                    .filter(|blow| month(blow) == month(first))
                    .count()
            };
            history
                .iter()
                .any(|blow| blow.fate == Fate::LeavesWithCircle && of(blow) >= 3)
        });
        assert!(together);
    }

    #[test]
    fn a_history_takes_as_many_as_it_should_also_against_all_odds() {
        let chance = &mut Chance::new(4, Stream::Churn);
        let people = people(5, chance);
        for (churn, lost) in [
            (field(), Range::only(3)),
            (
                Churn {
                    leaves: 1000,
                    ..field()
                },
                Range::new(0, 1),
            ),
            (
                Churn {
                    leaves: 0,
                    breaks: 0,
                    dies: 0,
                    loses: 0,
                    forgets: 0,
                    ..field()
                },
                Range::new(4, 5),
            ),
        ] {
            let history = churn.history(&people, (Millis(6 * YEAR), lost), chance);
            let toll = toll(&history).len() as u64;
            assert!((lost.low..=lost.high).contains(&toll), "{toll}");
            assert!(history.iter().all(|blow| blow.after.0 <= 6 * YEAR));
        }
    }
}
