//! The acts of a story on real agents. What they demand is what [`crate::story`] demands, as far as people
//! can see it: nobody reads over the shoulders of real agents.
use super::outcome::{Cast, Claim, Outcome};
use super::{Live, broken};
use crate::node::{Kind, NodeId};
use crate::people::{Claimant, Guard, Owner, PersonId, Role, Thief, Town, Wish, phone};
use crate::scenario::act::{Act, Who};
use crate::story::{OWNER, trustee_agent};
use crate::villains::Villainy;
use crate::world::Broken;
use kith_protocol::owner::command as owner;
use kith_protocol::time::Millis;
use kith_protocol::trustee::command as trustee;

type Part = Result<(), Broken>;

impl Live<'_> {
    pub(super) fn act(&mut self, act: &Act) -> Part {
        match *act {
            Act::Protect => self.protect(),
            Act::LoseDevice => {
                self.stop(self.phone);
                self.engage(self.alice, Role::Bystander);
                Ok(())
            }
            Act::Vanish {
                who: Who::Trustees,
                count,
            } => {
                let mut vanishing = self.some_living(count.low);
                vanishing.retain(|node| !self.bent.contains(node));
                for node in vanishing {
                    self.stop(node);
                }
                Ok(())
            }
            Act::Cheat { villain, count } => self.cheat(villain, count.low),
            Act::Claim { stolen, forgotten } => {
                self.claim_begins(stolen, forgotten.low as usize);
                Ok(())
            }
            Act::Pass { time, .. } => {
                self.pass(Millis(time.low));
                Ok(())
            }
            Act::Recovered => self.recovered(),
            Act::Stuck => self.stuck(),
            Act::CopyAwakes => self.copy_awakes(),
            Act::Impostor => self.impostor(),
            Act::Vanish { .. }
            | Act::Attempted
            | Act::Thief
            | Act::Partition { .. }
            | Act::Sleep { .. }
            | Act::ClockJumps { .. }
            | Act::Replace { .. }
            | Act::Refresh { .. }
            | Act::Change
            | Act::Older
            | Act::Watched
            | Act::HalfRecovery
            | Act::Resign { .. }
            | Act::YearsPass { .. }
            | Act::Rot { .. } => {
                let what = format!("real agents cannot play: {}", act.told());
                Err(broken("scenario", what))
            }
        }
    }

    // ---- set-up

    pub(super) fn set_up(&mut self) -> Part {
        let ledger = self.found_ledger()?;
        let name = OWNER.to_owned();
        let init = owner::Command::Init { name, ledger };
        let phone = self.phone;
        told(phone::owner(self, phone, init))?;
        self.demand("the identity is anchored", |live| {
            let status = phone::owner(live, phone, owner::Command::Status);
            matches!(status, Ok(owner::Answer::Status { live: true, .. }))
        })
    }

    fn found_ledger(&mut self) -> Result<String, Broken> {
        let names = (0..self.parameters.witnesses).map(|number| format!("witness{number}"));
        let witnesses: Vec<NodeId> = names
            .map(|name| self.add_node(&name, &trustee_agent(&name, false)))
            .collect();
        let mut cards = Vec::new();
        for witness in &witnesses {
            match told(phone::trustee(
                self,
                *witness,
                trustee::Command::WitnessCard,
            ))? {
                trustee::Answer::Card { card } => cards.push(card),
                other => return Err(broken("set-up", format!("{other:?}"))),
            }
        }
        let create = trustee::Command::LedgerCreate {
            origin: "kith.example/log".into(),
            witnesses: cards,
            quorum: self.parameters.quorum,
            max_age: self.parameters.max_age,
            single_operator: false,
        };
        let operator = self.node_of(self.host);
        told(phone::trustee(self, operator, create))?;
        let shown = told(phone::trustee(self, operator, trustee::Command::LedgerShow))?;
        let trustee::Answer::Descriptor { descriptor, .. } = shown else {
            return Err(broken("set-up", format!("{shown:?}")));
        };
        for witness in witnesses {
            let descriptor = descriptor.clone();
            let adopt = trustee::Command::WitnessAdopt { descriptor };
            told(phone::trustee(self, witness, adopt))?;
        }
        Ok(descriptor)
    }

    fn protect(&mut self) -> Part {
        let wish = Wish {
            trustees: self.trustees.clone(),
            leaving: Vec::new(),
            host: self.host,
            items: self.items.clone(),
            terms: self.parameters.terms,
        };
        self.engage(self.alice, Role::Owner(Owner::new(wish)));
        self.demand(
            "the owner is protected by all trustees",
            |live| matches!(&live.person(live.alice).role, Role::Owner(owner) if owner.protected),
        )
    }

    // ---- loss and lies

    fn stop(&mut self, node: NodeId) {
        self.gone.insert(node);
        self.stage.stop(node.0);
    }

    /// The draw of `Story::some_living`.
    fn some_living(&mut self, count: u64) -> Vec<NodeId> {
        let nodes = self.trustees.iter().map(|who| self.node_of(*who));
        let living: Vec<NodeId> = nodes.filter(|node| !self.gone.contains(node)).collect();
        let chosen = self.chance.some_below(living.len(), count as usize);
        chosen.into_iter().map(|place| living[place]).collect()
    }

    fn cheat(&mut self, villain: &'static str, count: u64) -> Part {
        if Villainy::named(villain).is_none_or(|villainy| villainy.name != "wrong-share") {
            return Err(broken("scenario", format!("nobody plays a {villain}")));
        }
        for node in self.some_living(count) {
            self.bent.insert(node);
            self.stage.bend(node.0, villain);
        }
        Ok(())
    }

    // ---- recovery

    fn claim_begins(&mut self, stolen: bool, forgotten: usize) {
        let fresh = self.add_node("fresh", &Kind::Owner);
        self.person_mut(self.alice).node = fresh;
        let known = self.trustees.len() - forgotten.min(self.trustees.len());
        let places = self.chance.some_below(self.trustees.len(), known);
        let remembered = places.into_iter().map(|place| self.trustees[place]);
        let claimant = Claimant::new(OWNER, remembered.collect(), stolen);
        self.engage(self.alice, Role::Claimant(claimant));
    }

    pub(super) fn claim(&mut self) -> Option<Claim> {
        let node = self.claimant();
        Claim::of(self, node)
    }

    /// Whoever came last asks in her name.
    fn claimant(&self) -> NodeId {
        let last = self.people.iter().rev().flatten();
        let mut asking = last.filter(|person| matches!(person.role, Role::Claimant(_)));
        asking
            .next()
            .map_or(self.node_of(self.alice), |person| person.node)
    }

    fn claim_is(&self, state: &str) -> bool {
        matches!(&self.person(self.alice).role, Role::Claimant(claimant) if claimant.state == state)
    }

    fn recovered(&mut self) -> Part {
        self.demand("the recovery is done", |live| live.claim_is("done"))?;
        self.demand("the living trustees hold the new epoch", Self::has_settled)
    }

    /// Whether every honest trustee that lives holds the epoch she has dealt, and no other.
    fn has_settled(&mut self) -> bool {
        let node = self.node_of(self.alice);
        let view = phone::owner(self, node, owner::Command::RecoverStatus);
        let Ok(owner::Answer::Recover(view)) = view else {
            return false;
        };
        let Some(deal) = view.deal else {
            return false;
        };
        let nodes: Vec<NodeId> = self.trustees.iter().map(|who| self.node_of(*who)).collect();
        let mut honest = nodes
            .into_iter()
            .filter(|node| !self.gone.contains(node) && !self.bent.contains(node))
            .collect::<Vec<_>>()
            .into_iter();
        honest.all(|node| {
            let list = phone::trustee(self, node, trustee::Command::ShareList);
            let Ok(trustee::Answer::Shares { list }) = list else {
                return false;
            };
            let mut shares = list.iter();
            !list.is_empty() && shares.all(|share| share.active && share.epoch == deal.epoch)
        })
    }

    /// All who are left have approved, and after that she gets nothing however long the delay is over.
    fn stuck(&mut self) -> Part {
        let left = (self.trustees.len() - self.gone.len().saturating_sub(1)) as u8;
        self.demand("all who are left have approved", |live| {
            live.claim().is_some_and(|claim| claim.approvals == left)
        })?;
        self.pass(self.parameters.terms.delay.times(2));
        let threshold = self.parameters.terms.threshold;
        match self.claim() {
            Some(claim) if claim.state != "done" && claim.shares == 0 && left < threshold => Ok(()),
            other => Err(broken("G5 recoverability", format!("{other:?}"))),
        }
    }

    /// Somebody starts the lost device's disk. What was sent before is what counts.
    fn copy_awakes(&mut self) -> Part {
        self.tally = Some(self.stage.tally());
        let phone = self.phone;
        let mallory = self.add_person("Mallory", phone);
        self.gone.remove(&phone);
        self.stage.start(phone.0);
        let thief = Thief::new(self.parameters.terms);
        self.engage(mallory, Role::Thief(thief));
        self.demand(
            "the stolen device sees that it is revoked",
            |live| matches!(&live.person(mallory).role, Role::Thief(thief) if thief.refused),
        )?;
        self.pass(self.parameters.terms.delay);
        Ok(())
    }

    fn impostor(&mut self) -> Part {
        self.engage(self.alice, Role::Guard(Guard::default()));
        let laptop = self.add_node("impostor", &Kind::Owner);
        let mallory = self.add_person("Mallory", laptop);
        let claimant = Claimant::new(OWNER, self.trustees.clone(), false);
        self.engage(mallory, Role::Claimant(claimant));
        self.demand("the owner's veto stands", |live| {
            matches!(&live.person(live.alice).role, Role::Guard(guard) if guard.stopped && guard.alarmed)
        })?;
        self.demand("the impostor sees that it was vetoed", |live| {
            live.sees_veto(mallory)
        })?;
        self.pass(self.parameters.terms.delay.times(2));
        match self.stage.tally().of_type("social-recovery/release") {
            0 => Ok(()),
            _ => Err(broken(
                "G7 delay and veto",
                "a share left although she stopped it",
            )),
        }
    }

    fn sees_veto(&self, impostor: PersonId) -> bool {
        matches!(&self.person(impostor).role, Role::Claimant(claimant) if claimant.state == "vetoed")
    }

    // ---- the end

    pub(super) fn outcome(mut self) -> Outcome {
        let tally = match self.tally.take() {
            Some(tally) => tally,
            None => self.stage.tally(),
        };
        let trustees = self.trustees.iter().map(|who| self.person(*who));
        let cast = Cast {
            claimant: self.claimant(),
            owner: self.node_of(self.alice),
            old: self.phone,
            trustees: trustees.map(|who| (who.name.clone(), who.node)).collect(),
            items: self.items.iter().map(|(name, _)| name.clone()).collect(),
            false_ones: self
                .bent
                .iter()
                .map(|node| self.nodes[node.0].clone())
                .collect(),
        };
        Outcome::of(&mut self, &cast, tally)
    }
}

fn told<T>(answer: Result<T, crate::world::Trouble>) -> Result<T, Broken> {
    answer.map_err(|trouble| broken("set-up", format!("{trouble:?}")))
}
