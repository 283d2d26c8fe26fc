//! Trustees leave and others take their places (R6).
use super::{Part, Story, add_helper, trustee_name};
use crate::people::{Owner, PersonId, Role, Wish};
use kith_protocol::policy::Bucket;
use kith_protocol::time::Millis;

impl Story {
    /// So many leave, those who are lost to her first, and as many newcomers take their places. Demanded: the
    /// next epoch is in force and held by all, and those who left and live keep nothing.
    pub(super) fn replace(&mut self, count: usize) -> Part {
        let leaving = self.who_leaves(count);
        self.trustees.retain(|who| !leaving.contains(who));
        for _ in &leaving {
            let newcomer = self.newcomer();
            self.trustees.push(newcomer);
        }
        let wish = Wish {
            trustees: self.trustees.clone(),
            leaving: leaving.clone(),
            host: self.host,
            items: self.items.clone(),
            terms: self.parameters.terms,
        };
        self.world.engage(self.alice, Role::Owner(Owner::new(wish)));
        self.asleep = self.asleep.max(self.world.now().after(self.waiting()));
        self.storm(|story| story.is_protected())?;
        self.demand(
            "the next epoch is in force, held by all trustees",
            |story| story.is_protected(),
        )?;
        self.demand("who left keeps nothing", |story| {
            leaving.iter().all(|who| story.keeps_nothing(*who))
        })
    }

    fn who_leaves(&self, count: usize) -> Vec<PersonId> {
        let lost = |who: &&PersonId| self.is_lost(**who);
        let gone = self.trustees.iter().filter(lost);
        let others = self.trustees.iter().rev().filter(|who| !lost(who));
        gone.chain(others).take(count).copied().collect()
    }

    /// Whether she can count on this trustee no longer.
    pub(super) fn is_lost(&self, who: PersonId) -> bool {
        let node = self.world.node(self.node_of(who));
        node.is_dead() || node.hoards || self.forgotten.contains(&who)
    }

    fn newcomer(&mut self) -> PersonId {
        let name = trustee_name(self.cast);
        self.cast += 1;
        add_helper(&mut self.world, &name, (false, self.alice))
    }

    /// How long a change waits that an agent's key signs: both spans, rounded up (G7).
    fn waiting(&self) -> Millis {
        let terms = self.parameters.terms;
        let span = |span| Bucket::holding(span).map_or(Millis(0), Bucket::span);
        span(terms.delay) + span(terms.lifetime)
    }

    /// Whoever lies may keep what it likes; nothing of it has any power.
    fn keeps_nothing(&mut self, who: PersonId) -> bool {
        let node = self.node_of(who);
        let lies = self.liars.iter().any(|(liar, _)| *liar == who);
        lies || self.world.node(node).is_dead() || self.world.shares_held(node).is_empty()
    }
}
