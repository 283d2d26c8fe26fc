//! What a seed draws before anything happens.
use super::Scenario;
use super::act::{Act, Line, Who};
use super::file::People;
use super::value::Range;
use crate::chance::{Chance, Stream};
use crate::faults::Faults;
use crate::links::Links;
use crate::people::{Churn, Habits, Terms};
use crate::villains::{Infects, Villainy};
use kith_protocol::time::Millis;
use serde::Serialize;

/// A seed's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Parameters {
    /// Trustees.
    pub trustees: usize,
    /// Witnesses of the ledger.
    pub witnesses: usize,
    /// Cosignatures that certify a head.
    pub quorum: u8,
    /// How machines are connected.
    pub links: Links,
    /// What goes wrong.
    pub faults: Faults,
    /// How long it does, in each part.
    pub storm: Millis,
    /// The deal.
    pub terms: Terms,
    /// The ledger's.
    pub max_age: Millis,
    /// How far clocks are apart, at most.
    pub clocks: Millis,
    /// What the people are like.
    pub habits: Habits,
    /// How they change over years.
    pub churn: Churn,
    /// How much they gain or lose, at most, in millionths.
    pub drift: u64,
}

/// A story with everything drawn.
pub(crate) struct Plan {
    pub(crate) parameters: Parameters,
    pub(crate) items: Vec<(String, Vec<u8>)>,
    pub(crate) acts: Vec<Act>,
}

impl Plan {
    /// What this seed makes of a scenario.
    pub(crate) fn draw(scenario: &Scenario, seed: u64) -> Self {
        let file = &scenario.file;
        let chance = &mut Chance::new(seed, Stream::Parameters);
        let trustees = file.cast.trustees.draw(chance);
        let witnesses = file.cast.witnesses.draw(chance);
        let mut parameters = Parameters {
            trustees: trustees as usize,
            witnesses: witnesses as usize,
            quorum: file
                .cast
                .quorum
                .draw(chance)
                .clamp(majority(witnesses), witnesses) as u8,
            links: Links::draw(&file.links, chance),
            faults: Faults::draw(&file.weather, chance),
            storm: file.weather.storm.draw_time(chance),
            terms: Terms {
                threshold: file.deal.threshold.draw(chance).min(trustees) as u8,
                delay: file.deal.delay.draw_time(chance),
                lifetime: file.deal.lifetime.draw_time(chance),
                cool_down: file.deal.cool_down.draw_time(chance),
            },
            max_age: file.deal.max_age.draw_time(chance),
            clocks: file.weather.clocks.draw_time(chance),
            habits: habits(&file.people, chance),
            churn: Churn::default(),
            drift: file.weather.drift.draw(chance),
        };
        let acts = acts(scenario, &parameters, chance);
        // Drawn last, so that a habit nobody has changes no other draw.
        parameters.habits.mishears = file.people.mishears.draw(chance) as u16;
        parameters.churn = Churn::draw(&file.churn, chance);
        Self {
            items: items(seed, file.deal.items, file.deal.item_bytes),
            acts,
            parameters,
        }
    }
}

/// Two quorums of fewer need not share a witness, and a ledger of them is refused.
pub(super) const fn majority(witnesses: u64) -> u64 {
    witnesses / 2 + 1
}

fn habits(people: &People, chance: &mut Chance) -> Habits {
    Habits {
        careless: people.careless.draw(chance) as u16,
        forgotten: people.forgotten.draw(chance) as u16,
        off: people.off.draw(chance) as u16,
        ..Habits::FIELD
    }
}

/// What a seed's owner protects.
fn items(seed: u64, count: Range, bytes: Range) -> Vec<(String, Vec<u8>)> {
    let mut chance = Chance::new(seed, Stream::Items);
    (0..count.draw(&mut chance))
        .map(|number| {
            let size = bytes.draw(&mut chance) as usize;
            (format!("item {number}"), chance.bytes(size))
        })
        .collect()
}

/// Chooses and draws the acts. Unless the story demands that she is stuck, a core of as many honest
/// trustees as are needed stays: whoever would be one too many is spared.
fn acts(scenario: &Scenario, parameters: &Parameters, chance: &mut Chance) -> Vec<Act> {
    let story = &scenario.file.story;
    let stuck = story.iter().any(|line| line.act == Act::Stuck);
    let mut spare = match stuck {
        true => parameters.trustees as u64,
        false => parameters.trustees as u64 - u64::from(parameters.terms.threshold),
    };
    let mut gone = 0;
    let mut drawn = Vec::new();
    for Line {
        act, chance: often, ..
    } in story
    {
        if !chance.hits(*often) {
            continue;
        }
        let mut fixed = *act;
        match &mut fixed {
            Act::Vanish {
                who: Who::Trustees,
                count,
            } => {
                let some = count.draw(chance).min(spare);
                (spare, gone) = (spare - some, gone + some);
                *count = Range::only(some);
            }
            Act::Rot { count }
            | Act::Claim {
                forgotten: count, ..
            } => {
                let some = count.draw(chance).min(spare);
                spare -= some;
                *count = Range::only(some);
            }
            Act::Cheat { villain, count } => {
                let villainy = Villainy::named(villain);
                let costly = villainy.is_none_or(Villainy::costs_a_share);
                // An epoch is anchored once one more than the threshold has acknowledged: whoever cheats
                // one trustee of two that can be spared is in the way of that with the first.
                let deals = villainy.is_some_and(|villainy| villainy.infects == Infects::Owner);
                let left = spare.saturating_sub(u64::from(deals));
                let most = if costly { left } else { u64::MAX };
                let some = count.draw(chance).min(most);
                spare -= if costly { some } else { 0 };
                *count = Range::only(some);
            }
            // Newcomers take the places of those who are gone first.
            Act::Replace { count } => {
                let some = count.draw(chance);
                let back = some.min(gone);
                (spare, gone) = (spare + back, gone - back);
                *count = Range::only(some);
            }
            Act::Vanish { count, .. } | Act::Resign { count } => {
                *count = Range::only(count.draw(chance))
            }
            Act::Pass { time, .. } => {
                *time = Range::only(time.draw(chance));
            }
            Act::YearsPass { time, lost } => {
                *time = Range::only(time.draw(chance));
                *lost = Range::new(lost.low.min(spare), lost.high.min(spare));
                (spare, gone) = (spare - lost.high, gone + lost.high);
            }
            Act::Partition { count, time, .. }
            | Act::Sleep { count, time, .. }
            | Act::ClockJumps { count, time, .. } => {
                *count = Range::only(count.draw(chance));
                *time = Range::only(time.draw(chance));
            }
            Act::Protect
            | Act::LoseDevice
            | Act::Refresh { .. }
            | Act::Change
            | Act::Older
            | Act::Watched
            | Act::HalfRecovery
            | Act::Recovered
            | Act::Attempted
            | Act::Stuck
            | Act::CopyAwakes
            | Act::Impostor
            | Act::Thief => {}
        }
        drawn.push(fixed);
    }
    drawn
}
