//! A story in the making: the cast, and the acts of its plan one after the other.
//!
//! Each act that demands something has phases: faults from the seed for a while, then the world heals and
//! progress is demanded within a budget of steps; livelock is a failure like any other.
mod attack;
mod changes;
mod custody;
mod loss;
mod recovery;
mod rehearsal;
mod replacement;
mod set_up;
mod years;

use crate::chance::{Chance, Stream};
use crate::checkers::Jury;
use crate::faults::Faults;
use crate::live::Tally;
use crate::node::{Kind, NodeId};
use crate::people::{Helper, PersonId, Role, phone};
use crate::queue::Queue;
use crate::scenario::act::{Act, Who};
use crate::scenario::plan::Plan;
use crate::scenario::{Mutant, Options, Parameters, Report, Scenario};
use crate::world::{Happening, World};
use kith_protocol::owner::command as owner;
use kith_protocol::time::{Millis, Timestamp};
use kith_protocol::trustee::{Config, command as trustee};

/// What trustees call the owner.
pub(crate) const OWNER: &str = "Alice";
/// Names of trustees; more than these get a number.
const NAMES: [&str; 12] = [
    "Bob", "Carol", "Dave", "Erin", "Frank", "Grace", "Heidi", "Ivan", "Judy", "Karl", "Lena",
    "Milo",
];
/// Steps a healed world may take to get somewhere, for each agent.
const BUDGET: u64 = 2_500;
/// Time a healed world may take, beside the waiting that the terms ask for: outboxes pause five
/// minutes at most, and a part of a story has a dozen exchanges that build on each other.
const PATIENCE: Millis = Millis::seconds(2 * 3600);

/// The end of a part: go on, or something broke and the world knows what.
pub(crate) type Part = Result<(), Over>;

/// The story is over before its end.
#[derive(Debug)]
pub(crate) struct Over;

/// A story.
pub(crate) struct Story {
    world: World,
    parameters: Parameters,
    chance: Chance,
    items: Vec<(String, Vec<u8>)>,
    /// What they were before she changed some.
    unchanged: Option<Vec<(String, Vec<u8>)>>,
    acts: Vec<Act>,
    options: Options,
    begun: Timestamp,
    /// The owner, whatever device she has.
    alice: PersonId,
    /// The device that is lost, or lives on.
    phone: NodeId,
    trustees: Vec<PersonId>,
    /// How many trustees there have been.
    cast: usize,
    /// Trustees that cheat, and how.
    liars: Vec<(PersonId, &'static str)>,
    /// Whether the host loses what it acknowledged.
    leaks: bool,
    host: PersonId,
    witnesses: Vec<NodeId>,
    /// How long a healed world may take to get somewhere.
    patience: Millis,
    /// What was sent until the copy awoke, where somebody counts.
    sent: Option<Tally>,
    /// A thief has had her living device.
    robbed: bool,
    /// What years do to people.
    churn: Chance,
    /// Trustees who do not come to her mind any more.
    forgotten: Vec<PersonId>,
    /// Trustees who wanted to be so no longer.
    resigned: Vec<PersonId>,
    /// When the last machine wakes that was switched off.
    asleep: Timestamp,
}

impl Story {
    /// An empty stage.
    pub(crate) fn new(seed: u64, plan: Plan, options: Options) -> Self {
        let Plan {
            parameters,
            items,
            acts,
        } = plan;
        let jury = Jury::new(parameters.terms.threshold, tolerance(options, parameters));
        let clocks = (parameters.clocks, parameters.drift);
        let mut world = World::new(seed, jury, options, clocks);
        world.habits = parameters.habits;
        world.links = parameters.links;
        let begun = world.now();
        let phone = world.add_node("phone", Kind::Owner);
        let alice = world.add_person(OWNER, phone);
        let host = add_helper(&mut world, "Harbour", (true, alice));
        let trustees = (0..parameters.trustees)
            .map(|number| add_helper(&mut world, &trustee_name(number), (false, alice)))
            .collect();
        Self {
            world,
            parameters,
            chance: Chance::new(seed, Stream::Story),
            items,
            unchanged: None,
            acts,
            options,
            begun,
            alice,
            phone,
            trustees,
            cast: parameters.trustees,
            liars: Vec::new(),
            leaks: false,
            host,
            witnesses: Vec::new(),
            sent: None,
            patience: PATIENCE,
            robbed: false,
            churn: Chance::new(seed, Stream::Churn),
            forgotten: Vec::new(),
            resigned: Vec::new(),
            asleep: begun,
        }
    }

    /// Plays all acts. Why it ended early, if it did, stands in the world.
    pub(crate) fn play(&mut self) {
        let acts = std::mem::take(&mut self.acts);
        let _ = self
            .set_up()
            .and_then(|()| acts.iter().try_for_each(|act| self.act(act)));
    }

    /// What is left of it, for tests that look.
    #[cfg(test)]
    pub(crate) fn into_world(self) -> World {
        self.world
    }

    fn act(&mut self, act: &Act) -> Part {
        self.world.note(&format!("act: {}", act.told()));
        match *act {
            Act::Protect => self.protect(),
            Act::Replace { count } => self.replace(count.low as usize),
            Act::Refresh { hurried } => self.refresh(hurried),
            Act::Change => self.change(),
            Act::Older => self.older(),
            Act::Resign { count } => self.resign(count.low as usize),
            Act::LoseDevice => self.lose_device(),
            Act::Vanish { who, count } => self.vanish(who, count.low as usize),
            Act::Cheat { villain, count } => self.cheat(villain, count.low as usize),
            Act::Claim { stolen, forgotten } => self.claim(stolen, forgotten.low as usize),
            Act::Pass { time, calm } => self.pass_in_weather(Millis(time.low), calm),
            Act::Watched => self.watched(),
            Act::Recovered => self.recovered(),
            Act::Attempted => self.attempted(),
            Act::Stuck => self.stuck(),
            Act::CopyAwakes => {
                self.sent = self.world.tally.take();
                self.copy_awakes()
            }
            Act::Impostor => self.impostor(),
            Act::HalfRecovery => self.half_recovery(),
            Act::Thief => self.thief(),
            Act::Partition { who, count, time } => {
                self.partition(who, count.low as usize, Millis(time.low))
            }
            Act::Sleep { who, count, time } => {
                self.sleep(who, count.low as usize, Millis(time.low))
            }
            Act::ClockJumps { who, count, time } => {
                self.clocks_jump(who, count.low as usize, Millis(time.low))
            }
            Act::YearsPass { time, lost } => self.years_pass(Millis(time.low), lost),
            Act::Rot { count } => self.rot(count.low as usize),
        }
    }

    // ---- time

    /// Runs with the seed's faults for a while, or until it is as wished.
    fn storm(&mut self, mut wished: impl FnMut(&mut Self) -> bool) -> Part {
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
        self.world.set_clocks_right();
        self.world.note("the world heals");
    }

    /// Lets so much time pass, with the faults that are.
    fn pass(&mut self, span: Millis) -> Part {
        self.pass_until(self.world.now().after(span))
    }

    fn pass_until(&mut self, end: Timestamp) -> Part {
        while self.world.peek().is_some_and(|next| next <= end) {
            if !self.world.advance() {
                break;
            }
        }
        self.go_on()
    }

    fn pass_in_weather(&mut self, span: Millis, calm: bool) -> Part {
        self.world.faults = if calm {
            Faults::NONE
        } else {
            self.parameters.faults
        };
        self.pass(span)
    }

    /// A healed world must get there.
    fn demand(&mut self, what: &str, mut wished: impl FnMut(&mut Self) -> bool) -> Part {
        let budget = BUDGET * self.world.size();
        let mut steps = self.world.steps + budget;
        let end = self.end_of_patience();
        while !wished(self) {
            // Steps of those who wait for others to be switched on do not count.
            if self.world.now() < self.asleep {
                steps = self.world.steps + budget;
            }
            let in_time =
                self.world.steps < steps && self.world.peek().is_some_and(|next| next <= end);
            if !in_time {
                let what = format!("not in a healed world, within {budget} steps: {what}");
                self.world.fail("progress", what);
            }
            if !self.world.advance() {
                break;
            }
        }
        self.go_on()
    }

    /// Until when a healed world may take to get somewhere.
    fn end_of_patience(&self) -> Timestamp {
        let begin = self.world.now().max(self.asleep).max(self.world.misled);
        begin
            .after(self.patience)
            .after(self.parameters.terms.delay.times(2))
    }

    fn go_on(&self) -> Part {
        match self.world.broken {
            Some(_) => Err(Over),
            None if self.world.is_over() => Err(Over),
            None => Ok(()),
        }
    }

    // ---- looking

    fn node_of(&self, person: PersonId) -> NodeId {
        self.world.person(person).node
    }

    fn nodes_of(&self, who: Who) -> Vec<NodeId> {
        match who {
            Who::Trustees => self.trustees.iter().map(|who| self.node_of(*who)).collect(),
            Who::Witnesses => self.witnesses.clone(),
            Who::Owner => vec![self.node_of(self.alice)],
            Who::Operator => vec![self.node_of(self.host)],
        }
    }

    /// Some of these machines that are not gone, drawn from the seed.
    fn some_living(&mut self, who: Who, count: usize) -> Vec<NodeId> {
        let mut living = self.nodes_of(who);
        living.retain(|node| !self.world.node(*node).is_dead());
        let chosen = self.chance.some_below(living.len(), count);
        chosen.into_iter().map(|place| living[place]).collect()
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

    fn astonished<T>(&mut self, answer: &impl std::fmt::Debug) -> Result<T, Over> {
        self.world
            .fail("set-up", format!("an unexpected answer: {answer:?}"));
        Err(Over)
    }

    /// What is going to happen.
    pub(crate) fn queue(&mut self) -> &mut Queue<Happening> {
        &mut self.world.queue
    }

    /// How many agents there are.
    pub(crate) fn agents(&self) -> u64 {
        self.world.size()
    }

    /// What came of it.
    pub(crate) fn report(self, scenario: &Scenario, seed: u64, acts: Vec<String>) -> Report {
        let tail = if self.world.broken.is_some() {
            self.world.trace.tail()
        } else {
            Vec::new()
        };
        Report {
            scenario: scenario.name.clone(),
            scenario_hash: scenario.hash.clone(),
            seed,
            parameters: self.parameters,
            acts,
            trace_hash: self.world.trace.hash(),
            steps: self.world.steps,
            deliveries: self.world.deliveries,
            crashes: self.world.crashes,
            simulated_ms: self.world.now().since(self.begun).0,
            drawing: self
                .world
                .trace
                .svg(&format!("{}, seed {seed}", scenario.name)),
            broken: self.world.broken,
            tail,
        }
    }
}

/// By how much a share may leave too early in the world's time: clocks differ.
fn tolerance(options: Options, parameters: Parameters) -> i64 {
    let clocks = i64::try_from(parameters.clocks.0).unwrap_or(i64::MAX);
    // What clocks gain or lose beside each other in a run's dozen hours.
    let clocks = clocks + (2 * parameters.drift * 12 * 3600 / 1000) as i64;
    match options.mutant {
        Some(Mutant::LongerDelay) => -clocks - 3_600_000,
        _ => clocks,
    }
}

pub(crate) fn trustee_name(number: usize) -> String {
    match NAMES.get(number) {
        Some(name) => (*name).to_owned(),
        None => format!("Trustee{}", number + 1),
    }
}

pub(crate) fn trustee_agent(name: &str, host_backups: bool) -> Kind {
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
