//! Scenarios on real agents: the same file, seed and people, and a stage that is no simulation.
//!
//! [`play`] has the acts of a scenario played on a [`Stage`] of agents that somebody else runs;
//! [`Scenario::rehearse`] has the simulator play the same. Both tell what came of it in the same words
//! ([`Outcome`]), so that the simulator can be held against what it simulates. Bad weather is left out:
//! the question is whether the simulator's calm world is the real one.
mod acts;
pub(crate) mod outcome;
mod short;
mod tally;

pub use crate::node::Kind;
pub use crate::world::Trouble;
pub use outcome::{Claim, Outcome};
pub use short::Short;
pub use tally::Tally;

use crate::chance::{Chance, Stream};
use crate::checkers::Sight;
use crate::node::{NodeId, Order, Told};
use crate::people::{Habits, Helper, Link, Next, Person, PersonId, Role, Town};
use crate::scenario::plan::Plan;
use crate::scenario::{Mutant, Options, Parameters, Scenario};
use crate::story::{OWNER, Story, trustee_agent, trustee_name};
use crate::world::Broken;
use kith_protocol::owner::command as owner;
use kith_protocol::time::{Millis, Timestamp};
use kith_protocol::trustee::command as trustee;
use std::collections::BTreeSet;

/// How long a demand may take on real agents: far longer than it does, for a machine that is busy.
const PATIENCE: Millis = Millis::seconds(240);

/// Real agents and the machines they run on. An agent is named by its place in the order of
/// [`Stage::add`].
pub trait Stage {
    /// A new machine with an agent.
    fn add(&mut self, name: &str, kind: &Kind);

    /// A command of the person at an owner's or claimant's agent.
    ///
    /// # Errors
    /// [`Trouble`]: the agent says no, or does not run.
    fn owner(&mut self, agent: usize, command: &owner::Command) -> Result<owner::Answer, Trouble>;

    /// A command of the person at a trustee agent.
    ///
    /// # Errors
    /// [`Trouble`].
    fn trustee(
        &mut self,
        agent: usize,
        command: &trustee::Command,
    ) -> Result<trustee::Answer, Trouble>;

    /// The machine is gone, with all it kept.
    fn stop(&mut self, agent: usize);

    /// An agent starts from what was kept by one that is gone.
    fn start(&mut self, agent: usize);

    /// This villain takes a trustee's agent over.
    fn bend(&mut self, agent: usize, villain: &str);

    /// Lets a moment pass.
    fn rest(&mut self);

    /// The time.
    fn now(&self) -> Timestamp;

    /// What all agents have sent so far.
    fn tally(&mut self) -> Tally;
}

/// A story on real agents.
struct Live<'a> {
    stage: &'a mut dyn Stage,
    seed: u64,
    parameters: Parameters,
    items: Vec<(String, Vec<u8>)>,
    /// The draws of [`Story`], in the same order: the same ones are struck.
    chance: Chance,
    thinking: Chance,
    people: Vec<Option<Person>>,
    /// Who has nothing more to do.
    idle: BTreeSet<PersonId>,
    nodes: Vec<String>,
    gone: BTreeSet<NodeId>,
    bent: BTreeSet<NodeId>,
    alice: PersonId,
    phone: NodeId,
    host: PersonId,
    trustees: Vec<PersonId>,
    /// What was sent until a copy awoke: what a thief gets off before his device has read the ledger is
    /// a matter of time.
    tally: Option<Tally>,
}

/// Plays a scenario, shortened, with the draws of this seed on real agents.
///
/// # Errors
/// What did not come true.
pub fn play(
    scenario: &Scenario,
    seed: u64,
    short: Short,
    stage: &mut dyn Stage,
) -> Result<Outcome, Broken> {
    let Plan {
        parameters,
        items,
        acts,
    } = Plan::draw(scenario, seed).in_short(short);
    let mut live = Live::new(seed, (parameters, items), stage);
    live.set_up()?;
    for act in &acts {
        live.act(act)?;
    }
    Ok(live.outcome())
}

impl Scenario {
    /// What the simulator says would come of [`play`].
    ///
    /// # Errors
    /// Which promise broke.
    pub fn rehearse(&self, seed: u64, short: Short) -> Result<Outcome, Broken> {
        let _known = kith_protocol::known::Known::remember();
        let plan = Plan::draw(self, seed).in_short(short);
        Story::new(seed, plan, Options::default()).rehearse()
    }
}

impl<'a> Live<'a> {
    /// An empty stage: everybody appears in the order in which [`Story::new`] has them.
    fn new(
        seed: u64,
        (parameters, items): (Parameters, Vec<(String, Vec<u8>)>),
        stage: &'a mut dyn Stage,
    ) -> Self {
        let nobody = PersonId(0);
        let mut live = Self {
            stage,
            seed,
            parameters,
            items,
            chance: Chance::new(seed, Stream::Story),
            thinking: Chance::new(seed, Stream::People),
            people: Vec::new(),
            idle: BTreeSet::new(),
            nodes: Vec::new(),
            gone: BTreeSet::new(),
            bent: BTreeSet::new(),
            alice: nobody,
            phone: NodeId(0),
            host: nobody,
            trustees: Vec::new(),
            tally: None,
        };
        live.phone = live.add_node("phone", &Kind::Owner);
        live.alice = live.add_person(OWNER, live.phone);
        live.host = live.add_helper("Harbour", true);
        live.trustees = (0..live.parameters.trustees)
            .map(|number| live.add_helper(&trustee_name(number), false))
            .collect();
        live
    }

    fn add_node(&mut self, name: &str, kind: &Kind) -> NodeId {
        let id = NodeId(self.nodes.len());
        self.nodes.push(name.into());
        self.stage.add(name, kind);
        id
    }

    fn add_person(&mut self, name: &str, node: NodeId) -> PersonId {
        let id = PersonId(self.people.len());
        self.people.push(Some(Person::new(id, name, node)));
        id
    }

    fn add_helper(&mut self, name: &str, host: bool) -> PersonId {
        let node = self.add_node(name, &trustee_agent(name, host));
        let person = self.add_person(name, node);
        let helper = Helper::new([(OWNER.to_owned(), self.alice)]);
        self.engage(person, Role::Helper(helper));
        person
    }

    fn person_mut(&mut self, id: PersonId) -> &mut Person {
        self.people[id.0]
            .as_mut()
            .expect("nobody looks at a person in the middle of her turn")
    }

    fn engage(&mut self, id: PersonId, role: Role) {
        self.person_mut(id).role = role;
        self.idle.remove(&id);
    }

    fn node_of(&self, person: PersonId) -> NodeId {
        self.person(person).node
    }

    /// Everybody has a moment, one after the other.
    fn round(&mut self) {
        for id in (0..self.people.len()).map(PersonId) {
            self.turn(id);
        }
        self.stage.rest();
    }

    fn turn(&mut self, id: PersonId) {
        let away = self.idle.contains(&id) || self.gone.contains(&self.node_of(id));
        let Some(mut person) = self.people[id.0].take() else {
            return;
        };
        if !away && person.turn(self) == Next::Done {
            self.idle.insert(id);
        }
        self.people[id.0] = Some(person);
    }

    fn pass(&mut self, span: Millis) {
        let end = self.now().after(span);
        while self.now() < end {
            self.round();
        }
    }

    fn demand(
        &mut self,
        what: &str,
        mut wished: impl FnMut(&mut Self) -> bool,
    ) -> Result<(), Broken> {
        let end = self.now().after(PATIENCE);
        while !wished(self) {
            if self.now() > end {
                return Err(broken("progress", format!("{what}; {:?}", self.claim())));
            }
            self.round();
        }
        Ok(())
    }
}

fn broken(promise: &str, what: impl Into<String>) -> Broken {
    Broken {
        promise: promise.into(),
        what: what.into(),
    }
}

impl Town for Live<'_> {
    fn order(&mut self, node: NodeId, order: Order) -> Result<Told, Trouble> {
        match order {
            Order::Owner(command) => {
                let answer = self.stage.owner(node.0, &command);
                answer.map(|answer| Told::Owner(Box::new(answer)))
            }
            Order::Trustee(command) => self.stage.trustee(node.0, &command).map(Told::Trustee),
        }
    }

    fn now(&self) -> Timestamp {
        self.stage.now()
    }

    fn person(&self, id: PersonId) -> &Person {
        self.people[id.0]
            .as_ref()
            .expect("nobody looks at a person in the middle of her turn")
    }

    fn send_link(&mut self, to: PersonId, link: Link) {
        self.person_mut(to).links.push(link);
        self.idle.remove(&to);
    }

    fn seed(&self) -> u64 {
        self.seed
    }

    fn habits(&self) -> Habits {
        self.parameters.habits
    }

    fn thinking(&mut self) -> &mut Chance {
        &mut self.thinking
    }

    fn is_bent(&self, node: NodeId) -> bool {
        self.bent.contains(&node)
    }

    fn show(&mut self, _sight: &Sight<'_>) {}

    fn misdeed(&mut self) {}

    fn mutant(&self) -> Option<Mutant> {
        None
    }
}
