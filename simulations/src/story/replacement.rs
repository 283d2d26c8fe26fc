//! Trustees leave and others take their places (R6).
use super::{Part, Story, add_helper, trustee_name};
use crate::node::NodeId;
use crate::people::{Owner, PersonId, Role, Town as _, Wish, phone};
use crate::scenario::act::Who;
use kith_protocol::owner::command::{Answer, Command};
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

    /// Everybody gets a new share of the same secrets. Demanded: the next epoch is in force and nobody keeps another;
    /// where her device cheats one of them, that one holds what it held. Hurried, only the ledger is waited for.
    pub(super) fn refresh(&mut self, hurried: bool) -> Part {
        let before = self.world.jury.ledger.epoch;
        let phone = self.node_of(self.alice);
        self.demand("her device deals new shares of the same secrets", |story| {
            phone::owner(&mut story.world, phone, Command::ShareRefresh).is_ok()
        })?;
        // It waits for receipts of whoever sleeps, and then as every change.
        self.asleep = self.asleep.max(self.world.now()).after(self.waiting());
        let cheated = usize::from(self.world.is_bent(phone));
        let done = |story: &mut Self| {
            let active = story.world.jury.ledger.epoch;
            let behind = |active| hurried || story.who_holds_other_than(active) <= cheated;
            active > before && active.is_some_and(behind)
        };
        self.storm(done)?;
        self.demand("the refreshed epoch is in force, and held alone", done)
    }

    /// Living trustees that hold anything but one share in force, of this epoch.
    pub(super) fn who_holds_other_than(&mut self, epoch: u32) -> usize {
        let nodes = self.nodes_of(Who::Trustees).into_iter();
        let living: Vec<NodeId> = nodes
            .filter(|node| !self.world.node(*node).is_dead())
            .collect();
        let mut other = living;
        other.retain(|node| {
            let shares = self.world.shares_held(*node);
            !matches!(&*shares, [share] if share.active && share.epoch == epoch)
        });
        other.len()
    }

    /// So many want to be trustees no longer. Demanded: the owner's screen says so.
    pub(super) fn resign(&mut self, count: usize) -> Part {
        let mut staying = self.trustees.clone();
        staying.retain(|who| !self.is_lost(*who) && !self.lies(*who));
        let weary: Vec<PersonId> = staying.into_iter().rev().take(count).collect();
        for who in &weary {
            self.world.tire(*who);
        }
        self.resigned.extend(&weary);
        let all_said = |story: &mut Self| weary.iter().all(|who| story.has_resigned(*who));
        self.storm(all_said)?;
        self.demand("her screen says who resigned", all_said)
    }

    fn has_resigned(&mut self, who: PersonId) -> bool {
        let name = self.world.person(who).name.clone();
        let node = self.node_of(self.alice);
        let list = match phone::owner(&mut self.world, node, Command::TrusteeList) {
            Ok(Answer::Trustees { list }) => list,
            _ => return false,
        };
        list.iter()
            .any(|view| view.name == name && view.state == "resigned")
    }

    fn who_leaves(&self, count: usize) -> Vec<PersonId> {
        let lost = |who: &&PersonId| self.is_lost(**who);
        let gone = self.trustees.iter().filter(lost);
        let resigned = |who: &&PersonId| self.resigned.contains(who) && !lost(who);
        let weary = self.trustees.iter().filter(resigned);
        let others = self
            .trustees
            .iter()
            .rev()
            .filter(|who| !lost(who) && !resigned(who));
        gone.chain(weary)
            .chain(others)
            .take(count)
            .copied()
            .collect()
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
    pub(super) fn waiting(&self) -> Millis {
        let terms = self.parameters.terms;
        let span = |span| Bucket::holding(span).map_or(Millis(0), Bucket::span);
        span(terms.delay) + span(terms.lifetime)
    }

    fn lies(&self, who: PersonId) -> bool {
        self.liars.iter().any(|(liar, _)| *liar == who)
    }

    /// Whoever lies may keep what it likes; nothing of it has any power.
    fn keeps_nothing(&mut self, who: PersonId) -> bool {
        let node = self.node_of(who);
        self.lies(who) || self.world.node(node).is_dead() || self.world.shares_held(node).is_empty()
    }
}
