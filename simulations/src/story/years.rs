//! Years go by.
//!
//! Agents that run look at the ledger every five minutes, and each look makes a head that all witnesses sign:
//! a world of a dozen takes twenty thousand steps a day, and six years of them half an hour. So machines are
//! off most of the time, as laptops in drawers are, and all agents meet on one evening a month.
use super::{Part, Story};
use crate::chance::Span;
use crate::faults::Faults;
use crate::node::NodeId;
use crate::people::{Blow, Fate, PersonId, Role};
use crate::scenario::value::Range;
use kith_protocol::time::{Millis, Timestamp};

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;
/// How long until somebody looks at an agent that asks for nothing: ours. Nothing in these years
/// depends on it.
const RARELY: Span = Span::new(30 * DAY, 180 * DAY);
/// How long the machines run on one evening: ours. Long enough for a round of custody proofs and what it repeats.
const EVENING: Span = Span::new(30 * MINUTE, 90 * MINUTE);
/// From one evening to the next: ours.
const APART: Span = Span::new(25 * DAY, 35 * DAY);
/// How much later than the first somebody comes: ours.
const LATE: Span = Span::new(0, 10 * MINUTE);
/// How long a device is off until the agent runs on another: ours.
const MOVING: Span = Span::new(DAY / 24, 3 * DAY);

impl Story {
    /// So much time, in which people and devices change; so many trustees are lost to the owner at its
    /// end.
    pub(super) fn years_pass(&mut self, time: Millis, lost: Range) -> Part {
        let churn = self.parameters.churn;
        let circles = churn.circles(self.trustees.len(), &mut self.churn);
        let mut people: Vec<(usize, u16)> = circles.into_iter().enumerate().collect();
        people.retain(|(place, _)| !self.is_lost(self.trustees[*place]));
        let history = churn.history(&people, (time, lost), &mut self.churn);
        self.world.faults = Faults::NONE;
        self.world.habits.resting = RARELY;
        self.live_through(&history, time)?;
        self.world.habits = self.parameters.habits;
        self.world.rouse_all();
        self.go_on()
    }

    /// Evening after evening, and what happened since the last one.
    fn live_through(&mut self, history: &[Blow], time: Millis) -> Part {
        let begun = self.world.now();
        let end = begun.after(time);
        let mut history = history.iter().peekable();
        let mut evening = begun;
        loop {
            while let Some(blow) = history.next_if(|blow| begun.after(blow.after) <= evening) {
                self.strike(self.trustees[blow.who], blow.fate);
            }
            let over = evening.after(self.churn.span(EVENING));
            self.pass_until(over)?;
            if evening >= end {
                return self.go_on();
            }
            evening = evening.after(self.churn.span(APART)).min(end).max(over);
            self.part_until(evening)?;
        }
    }

    /// Everybody switches off; on the next evening one comes after the other, and the clocks are set.
    fn part_until(&mut self, evening: Timestamp) -> Part {
        let off = evening.since(self.world.now());
        for node in self.world.everybody() {
            if !self.world.node(node).is_dead() {
                let late = self.churn.span(LATE);
                self.world.switch_off(node, Millis(off.0 + late.0));
            }
        }
        self.pass_until(evening)?;
        self.world.synchronise_clocks(evening);
        self.go_on()
    }

    fn strike(&mut self, who: PersonId, fate: Fate) {
        let node = self.node_of(who);
        let line = format!("{} {}", self.world.person(who).name, fate.told());
        self.world.note(&line);
        match fate {
            Fate::Leaves | Fate::LeavesWithCircle => self.loses_touch(who, node),
            Fate::Dies | Fate::LosesDevice => self.world.kill(node),
            Fate::ChangesDevice => {
                let moving = self.churn.span(MOVING);
                self.world.switch_off(node, moving);
            }
            Fate::IsForgotten => self.forgotten.push(who),
        }
    }

    /// The agent runs on, but nobody answers: nothing is expected of it.
    fn loses_touch(&mut self, who: PersonId, node: NodeId) {
        self.world.person_mut(who).role = Role::Bystander;
        self.world.node_mut(node).hoards = true;
    }
}
