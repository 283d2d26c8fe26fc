//! A story in the making: the cast, and the parts that scenarios are made of.
use super::parameters::{QUORUM, THRESHOLD, TRUSTEES, WITNESSES, items};
use super::{Mutant, Options, Parameters, Report};
use crate::chance::{Chance, Stream};
use crate::checkers::{Jury, equality};
use crate::faults::Faults;
use crate::node::{Kind, NodeId};
use crate::people::{Claimant, Helper, Owner, PersonId, Role, Wish, phone};
use crate::world::World;
use kith_protocol::owner::command as owner;
use kith_protocol::time::{Millis, Timestamp};
use kith_protocol::trustee::{Config, command as trustee};

/// What trustees call the owner.
pub(super) const OWNER: &str = "Alice";
/// Names of trustees.
const NAMES: [&str; TRUSTEES] = ["Bob", "Carol", "Dave", "Erin", "Frank"];
/// Steps a healed world may take to get somewhere.
const BUDGET: u64 = 20_000;
/// Time a healed world may take, beside the waiting that the terms ask for: outboxes pause five
/// minutes at most, and a part of a story has a dozen exchanges that build on each other.
const PATIENCE: Millis = Millis::seconds(2 * 3600);

/// The end of a part: go on, or something broke and the world knows what.
pub(super) type Part = Result<(), Over>;

/// The story is over before its end.
#[derive(Debug)]
pub(super) struct Over;

/// A story.
pub(crate) struct Play {
    pub(super) world: World,
    pub(super) parameters: Parameters,
    pub(super) chance: Chance,
    items: Vec<(String, Vec<u8>)>,
    seed: u64,
    options: Options,
    begun: Timestamp,
    /// The owner, whatever device she has.
    pub(super) alice: PersonId,
    /// The device that is lost, or lives on.
    pub(super) phone: NodeId,
    pub(super) trustees: Vec<PersonId>,
    host: PersonId,
}

impl Play {
    /// An empty stage.
    pub(super) fn new(seed: u64, options: Options) -> Self {
        let mut chance = Chance::new(seed, Stream::Parameters);
        let parameters = Parameters::draw(&mut chance);
        let spread = parameters.clocks;
        let jury = Jury::new(THRESHOLD, tolerance(options, parameters));
        let mut world = World::new(seed, jury, options, spread);
        let begun = world.now();
        let phone = world.add_node("phone", Kind::Owner);
        let alice = world.add_person(OWNER, phone);
        let host = add_helper(&mut world, "Harbour", (true, alice));
        let trustees = NAMES
            .iter()
            .map(|name| add_helper(&mut world, name, (false, alice)))
            .collect();
        Self {
            world,
            parameters,
            chance,
            items: items(seed),
            seed,
            options,
            begun,
            alice,
            phone,
            trustees,
            host,
        }
    }

    /// The ledger stands and the identity is anchored; nothing goes wrong yet.
    pub(super) fn set_up(&mut self) -> Part {
        let ledger = self.found_ledger()?;
        let name = OWNER.to_owned();
        self.tell_owner(self.phone, owner::Command::Init { name, ledger })?;
        let phone = self.phone;
        self.demand("the identity is anchored", |play| play.is_live(phone))?;
        if let Some(Mutant::ForgetfulDisk(count)) = self.options.mutant {
            let node = self.node_of(self.trustees[0]);
            self.world.node_mut(node).disk.forget_one_in(count);
        }
        Ok(())
    }

    fn found_ledger(&mut self) -> Result<String, Over> {
        let witnesses: Vec<NodeId> = (0..WITNESSES)
            .map(|number| {
                self.world.add_node(
                    &format!("witness{number}"),
                    trustee_agent(&format!("witness{number}"), false),
                )
            })
            .collect();
        let mut cards = Vec::new();
        for witness in &witnesses {
            match self.tell_trustee(*witness, trustee::Command::WitnessCard)? {
                trustee::Answer::Card { card } => cards.push(card),
                other => return self.astonished(&other),
            }
        }
        let operator = self.node_of(self.host);
        let create = trustee::Command::LedgerCreate {
            origin: "kith.example/log".into(),
            witnesses: cards,
            quorum: QUORUM,
            max_age: self.parameters.max_age,
            single_operator: false,
        };
        self.tell_trustee(operator, create)?;
        let descriptor = match self.tell_trustee(operator, trustee::Command::LedgerShow)? {
            trustee::Answer::Descriptor { descriptor, .. } => descriptor,
            other => return self.astonished(&other),
        };
        for witness in witnesses {
            let descriptor = descriptor.clone();
            self.tell_trustee(witness, trustee::Command::WitnessAdopt { descriptor })?;
        }
        Ok(descriptor)
    }

    // ---- parts

    /// Everybody is enrolled and the epoch is active, held by all.
    pub(super) fn protect(&mut self) -> Part {
        let wish = Wish {
            trustees: self.trustees.clone(),
            host: self.host,
            items: self.items.clone(),
            terms: self.parameters.terms,
        };
        self.world.engage(self.alice, Role::Owner(Owner::new(wish)));
        self.storm(|play| play.is_protected())?;
        self.demand("the owner is protected by all trustees", |play| {
            play.is_protected()
        })
    }

    /// The device is gone.
    pub(super) fn lose_phone(&mut self) {
        self.world.kill(self.phone);
        self.world.engage(self.alice, Role::Bystander);
    }

    /// So many trustees are gone; returns who.
    pub(super) fn lose_trustees(&mut self, count: usize) {
        for place in self.chance.some_below(self.trustees.len(), count) {
            let node = self.node_of(self.trustees[place]);
            self.world.kill(node);
        }
    }

    /// The owner begins anew with nothing but names.
    pub(super) fn begin_recovery(&mut self) -> NodeId {
        let fresh = self.world.add_node("fresh", Kind::Owner);
        self.world.person_mut(self.alice).node = fresh;
        let claimant = Claimant::new(OWNER, self.trustees.clone());
        self.world.engage(self.alice, Role::Claimant(claimant));
        fresh
    }

    /// The recovery is done, under faults and then without.
    pub(super) fn recover(&mut self) -> Part {
        self.storm(|play| play.claim_is("done"))?;
        self.demand("the recovery is done", |play| play.claim_is("done"))?;
        let node = self.node_of(self.alice);
        equality::demand(&mut self.world, node, &self.items);
        self.demand(
            "the living trustees hold the new epoch as the current one",
            Self::has_settled,
        )?;
        self.go_on()
    }

    /// Runs with the seed's faults for a while, or until it is as wished.
    pub(super) fn storm(&mut self, mut wished: impl FnMut(&mut Self) -> bool) -> Part {
        self.world.faults = self.parameters.faults;
        let end = self.world.now().after(self.parameters.storm);
        while self.world.peek().is_some_and(|next| next <= end) && !wished(self) {
            if !self.world.advance() {
                break;
            }
        }
        self.heal();
        self.go_on()
    }

    fn heal(&mut self) {
        self.world.faults = Faults::NONE;
        self.world.network.cuts.heal();
        self.world.note("the world heals", &[]);
    }

    /// Lets so much time pass, with the faults that are.
    pub(super) fn pass(&mut self, span: Millis) -> Part {
        let end = self.world.now().after(span);
        while self.world.peek().is_some_and(|next| next <= end) {
            if !self.world.advance() {
                break;
            }
        }
        self.go_on()
    }

    /// A healed world must get there.
    pub(super) fn demand(&mut self, what: &str, mut wished: impl FnMut(&mut Self) -> bool) -> Part {
        let steps = self.world.steps + BUDGET;
        let waiting = Millis(self.parameters.terms.delay.0 * 2);
        let end = self.world.now().after(PATIENCE).after(waiting);
        while !wished(self) {
            let in_time =
                self.world.steps < steps && self.world.peek().is_some_and(|next| next <= end);
            if !in_time {
                self.world.fail(
                    "progress",
                    format!("not in a healed world, within {BUDGET} steps: {what}"),
                );
            }
            if !self.world.advance() {
                break;
            }
        }
        self.go_on()
    }

    pub(super) fn go_on(&self) -> Part {
        match self.world.broken {
            Some(_) => Err(Over),
            None => Ok(()),
        }
    }

    // ---- looking

    pub(super) fn node_of(&self, person: PersonId) -> NodeId {
        self.world.person(person).node
    }

    fn is_protected(&self) -> bool {
        matches!(&self.world.person(self.alice).role, Role::Owner(owner) if owner.protected)
    }

    fn claim_is(&self, state: &str) -> bool {
        matches!(&self.world.person(self.alice).role, Role::Claimant(claimant) if claimant.state == state)
    }

    /// Whether an owner agent's key is live on the ledger, as the agent sees it. Asked in a step that
    /// is committed like any other.
    fn is_live(&mut self, node: NodeId) -> bool {
        matches!(
            phone::owner(&mut self.world, node, owner::Command::Status),
            Ok(owner::Answer::Status { live: true, .. })
        )
    }

    /// Whether every living trustee has promoted its share of the active epoch, and forgotten older
    /// ones.
    fn has_settled(&mut self) -> bool {
        let Some(active) = self.world.jury.ledger.epoch else {
            return false;
        };
        let nodes: Vec<NodeId> = self.trustees.iter().map(|who| self.node_of(*who)).collect();
        nodes
            .into_iter()
            .filter(|node| !self.world.node(*node).is_dead())
            .collect::<Vec<_>>()
            .into_iter()
            .all(|node| {
                let shares = self.world.shares_held(node);
                !shares.is_empty()
                    && shares
                        .iter()
                        .all(|share| share.active && share.epoch == active)
            })
    }

    // ---- telling

    fn tell_owner(&mut self, node: NodeId, command: owner::Command) -> Result<owner::Answer, Over> {
        match phone::owner(&mut self.world, node, command) {
            Ok(answer) => Ok(answer),
            Err(trouble) => self.astonished(&trouble),
        }
    }

    fn tell_trustee(
        &mut self,
        node: NodeId,
        command: trustee::Command,
    ) -> Result<trustee::Answer, Over> {
        match phone::trustee(&mut self.world, node, command) {
            Ok(answer) => Ok(answer),
            Err(trouble) => self.astonished(&trouble),
        }
    }

    pub(super) fn astonished<T>(&mut self, answer: &impl std::fmt::Debug) -> Result<T, Over> {
        self.world
            .fail("set-up", format!("an unexpected answer: {answer:?}"));
        Err(Over)
    }

    /// What came of it.
    pub(super) fn report(self, scenario: &'static str) -> Report {
        let tail = if self.world.broken.is_some() {
            self.world.trace.tail()
        } else {
            Vec::new()
        };
        Report {
            scenario,
            seed: self.seed,
            parameters: self.parameters,
            trace_hash: self.world.trace.hash(),
            steps: self.world.steps,
            crashes: self.world.crashes,
            simulated_ms: self.world.now().since(self.begun).0,
            broken: self.world.broken,
            tail,
        }
    }
}

/// By how much a share may leave too early in the world's time: clocks differ.
fn tolerance(options: Options, parameters: Parameters) -> i64 {
    let clocks = i64::try_from(parameters.clocks.0).unwrap_or(i64::MAX);
    match options.mutant {
        Some(Mutant::LongerDelay) => -clocks - 60_000,
        _ => clocks,
    }
}

fn trustee_agent(name: &str, host_backups: bool) -> Kind {
    Kind::Trustee(Config {
        name: name.into(),
        host_backups,
    })
}

fn add_helper(world: &mut World, name: &str, (host, alice): (bool, PersonId)) -> PersonId {
    let node = world.add_node(name, trustee_agent(name, host));
    let person = world.add_person(name, node);
    let helper = Helper::new([(OWNER.to_owned(), alice)]);
    world.person_mut(person).role = Role::Helper(helper);
    person
}
