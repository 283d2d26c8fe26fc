//! What people are like, and where the figures come from.
//!
//! Everything a scenario can say about its people stands here. What nobody has measured is ours, and is
//! chosen wide.
use super::{PersonId, Role, Town};
use crate::chance::{Chance, Span, Stream};
use crate::faults::Faults;
use crate::node::NodeId;
use crate::world::World;
use serde::Serialize;

/// How long a person takes for one thing: ours. Guided steps of a few seconds each; ceremonies that
/// nobody guides take over 11 minutes in all (Vaziripour et al.; Tan et al.).
const THINKING: Span = Span::new(1_000, 20_000);
/// How long until a person who has nothing to do looks again: ours.
const RESTING: Span = Span::new(20_000, 90_000);
/// Helpers who verify nothing, per mille: of 7 asked in 2025, 2.
const CARELESS: u16 = 286;
/// Trustees that an owner does not remember, per mille: 17 of 19 people who made the effort got through to
/// theirs (Schechter et al., CHI 2009).
const FORGOTTEN: u16 = 105;
/// Moments in a thousand at which somebody switches the device off: ours.
const OFF: u16 = 20;
/// How long it stays off: ours, against delays of 5 to 30 minutes.
const OFF_SPAN: Span = Span::new(60_000, 30 * 60_000);
/// When those who did not come to mind do: ours. Somebody who was reached reminds her.
pub(super) const RECALLED: Span = Span::new(10 * 60_000, 40 * 60_000);

/// What the people of a world are like. Chances are per mille.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Habits {
    /// How long one thing takes.
    pub thinking: Span,
    /// How long until somebody without anything to do looks again.
    pub resting: Span,
    /// Helpers who approve whoever reads the right words, and do not call the owner back.
    pub careless: u16,
    /// Trustees who do not come to the owner's mind when she needs them.
    pub forgotten: u16,
    /// Moments at which a device is switched off, while the world is at its worst.
    pub off: u16,
    /// How long it stays off.
    pub off_span: Span,
    /// Comparisons in a recovery in which somebody picks other words than were read to her.
    pub mishears: u16,
}

impl Habits {
    /// People as studies found them.
    pub const FIELD: Self = Self {
        thinking: THINKING,
        resting: RESTING,
        careless: CARELESS,
        forgotten: FORGOTTEN,
        off: OFF,
        off_span: OFF_SPAN,
        mishears: 0,
    };
    /// People who believe everybody, remember everybody and never switch anything off: the worst helpers
    /// against an impostor, the best for everything else.
    pub const TRUSTING: Self = Self {
        careless: 1000,
        forgotten: 0,
        off: 0,
        ..Self::FIELD
    };
}

/// How a helper says yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Calls the owner back at the contact recorded before, and says no when it was not she.
    Careful,
    /// Believes whoever reads the right words.
    Careless,
    /// Says yes to anybody, knowing better.
    Accomplice,
}

impl dyn Town + '_ {
    /// What kind of helper somebody is, drawn once from the seed.
    pub(super) fn manner_of(&self, id: PersonId) -> Manner {
        let mut chance = Chance::new(self.seed(), Stream::Habits(id.0 as u64));
        match chance.hits(self.habits().careless) {
            true => Manner::Careless,
            false => Manner::Careful,
        }
    }

    /// Whether somebody picks other words this time than were read to her.
    pub(super) fn mishears(&mut self) -> bool {
        let often = self.habits().mishears;
        often > 0 && self.thinking().hits(often)
    }

    /// Who of these comes to the mind of this person at once.
    pub(super) fn remembered(&self, who: PersonId, trustees: &[PersonId]) -> Vec<PersonId> {
        let mut chance = Chance::new(self.seed(), Stream::Memory(who.0 as u64));
        let remembered = trustees.iter().copied();
        remembered
            .filter(|_| !chance.hits(self.habits().forgotten))
            .collect()
    }
}

impl World {
    /// Makes the person behind this agent another kind of helper.
    pub(crate) fn mend_manners(&mut self, node: NodeId, manner: Manner) {
        let people = self.people.iter_mut().flatten();
        for person in people.filter(|person| person.node == node) {
            if let Role::Helper(helper) = &mut person.role {
                helper.set_manner(manner);
            }
        }
    }

    /// Somebody has nothing to do, and may switch her device off. Never in a healed
    /// world, of which progress is demanded.
    pub(super) fn tires(&mut self, node: NodeId) {
        let habits = self.habits;
        if habits.off > 0 && self.faults != Faults::NONE && self.thinking.hits(habits.off) {
            let span = self.thinking.span(habits.off_span);
            self.switch_off(node, span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_shares_of_a_thousand_and_the_spans_are_not_empty() {
        for habits in [Habits::FIELD, Habits::TRUSTING] {
            let shares = [
                habits.careless,
                habits.forgotten,
                habits.off,
                habits.mishears,
            ];
            assert!(shares.iter().all(|share| *share <= 1000));
            let spans = [habits.thinking, habits.resting, habits.off_span];
            assert!(spans.iter().all(|span| span.shortest < span.longest));
        }
    }
}
