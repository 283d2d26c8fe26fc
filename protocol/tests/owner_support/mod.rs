//! An owner, her trustees and hosts and a claimant, all of them whole agents, in one process: what
//! one sends is handed to whoever holds the DID it goes to. A test may bend, drop or answer for
//! anything on its way.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

pub mod home;
#[path = "../trustee_support/ledger.rs"]
pub mod ledger;
pub mod play;

use home::{Home, Node};
use kith_protocol::bytes::to_base64url;
use kith_protocol::ledger::{Answer, Query};
use kith_protocol::message::{Body, Outgoing};
use kith_protocol::owner::OwnerAgent;
use kith_protocol::time::{Millis, Timestamp};
use kith_protocol::trustee::TrusteeAgent;
use ledger::Ledger;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

pub const START: Timestamp = Timestamp(1_000_000_000);
/// More messages than any honest exchange of a step takes; whoever needs more goes in circles.
const QUIET: usize = 2_000;

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

type OnSend = Box<dyn FnMut(&mut Outgoing) -> bool>;
type OnReply = Box<dyn FnMut(&Outgoing, &mut Body) -> bool>;
type OnQuery = Box<dyn FnMut(&Query) -> Option<Answer>>;

pub struct Net {
    pub ledger: Ledger,
    pub owners: Vec<Home<OwnerAgent>>,
    pub people: Vec<Home<TrusteeAgent>>,
    pub now: Timestamp,
    /// Whether a message goes on; it may be changed.
    pub on_send: OnSend,
    /// Whether a reply goes on; it may be changed.
    pub on_reply: OnReply,
    /// Who answers in the ledger's place.
    pub on_query: OnQuery,
    /// Whose questions to the ledger nobody answers: owners first, then people.
    pub blind: Option<usize>,
    /// Everything that was sent, once for each time.
    pub sent: Vec<Outgoing>,
}

impl Net {
    pub fn new(names: &[&str]) -> Self {
        let people = names.iter().zip(100..);
        Self {
            ledger: Ledger::new("kith.example/test", 7),
            owners: vec![Home::owner(1)],
            people: people
                .map(|(name, seed)| Home::trustee(name, seed))
                .collect(),
            now: START,
            on_send: Box::new(|_| true),
            on_reply: Box::new(|_, _| true),
            on_query: Box::new(|_| None),
            blind: None,
            sent: Vec::new(),
        }
    }

    /// A copy of everything durable, with nothing under way.
    pub fn again(&self) -> Self {
        let names: Vec<&str> = self.people.iter().map(|home| home.name.as_str()).collect();
        let mut copy = Self::new(&names);
        copy.ledger = self.ledger.again("kith.example/test", 7);
        for (from, to) in self.people.iter().zip(&mut copy.people) {
            from.copy_into(to);
        }
        for (from, to) in self.owners.iter().zip(&mut copy.owners) {
            from.copy_into(to);
        }
        copy.now = self.now;
        copy.crash();
        copy
    }

    /// Every agent starts again from its disk; what was on its way is lost.
    pub fn crash(&mut self) {
        self.owners.iter_mut().for_each(Home::<OwnerAgent>::crash);
        self.people.iter_mut().for_each(Home::<TrusteeAgent>::crash);
    }

    fn nodes(&mut self) -> Vec<&mut dyn Node> {
        let owners = self.owners.iter_mut().map(|home| home as &mut dyn Node);
        let people = self.people.iter_mut().map(|home| home as &mut dyn Node);
        owners.chain(people).collect()
    }

    /// Carries everything over until nobody has anything to say.
    pub fn settle(&mut self) {
        for _ in 0..QUIET {
            let count = self.nodes().len();
            let mut quiet = true;
            for place in 0..count {
                let (sends, queries) = self.nodes()[place].take_out();
                quiet &= sends.is_empty() && queries.is_empty();
                for query in queries {
                    self.ask(place, query);
                }
                for message in sends {
                    self.carry(place, message);
                }
            }
            if quiet {
                return;
            }
        }
        panic!("the agents go in circles");
    }

    fn ask(&mut self, place: usize, query: Query) {
        let answer = match self.blind == Some(place) {
            true => Answer::Unavailable,
            false => {
                (self.on_query)(&query).unwrap_or_else(|| self.ledger.answer(&query, self.now))
            }
        };
        self.nodes()[place].answered(query, answer);
    }

    fn carry(&mut self, from: usize, mut message: Outgoing) {
        self.sent.push(message.clone());
        if !(self.on_send)(&mut message) {
            return;
        }
        let to = message.to.clone();
        let mut nodes = self.nodes();
        let Some(node) = nodes.iter_mut().find(|node| node.holds(&to)) else {
            return;
        };
        let Some(mut reply) = node.deliver(&message) else {
            return;
        };
        if (self.on_reply)(&message, &mut reply) {
            self.nodes()[from].replied(&message, reply);
        }
    }

    /// Lets time pass on all clocks.
    pub fn pass(&mut self, span: Millis) {
        let end = self.now.after(span);
        while self.now < end {
            self.now = self.now.after(Millis(250)).min(end);
            let now = self.now;
            for node in self.nodes() {
                node.wake(now);
            }
            self.settle();
        }
    }

    /// The ledger's descriptor as `init` takes it.
    pub fn descriptor(&self) -> String {
        to_base64url(&self.ledger.descriptor.to_bytes())
    }

    pub fn sent_by_kind(&self, wanted: impl Fn(&Body) -> bool) -> usize {
        self.sent
            .iter()
            .filter(|message| wanted(&message.body))
            .count()
    }
}
