//! What travels between agents, and what becomes of it on the way.
use crate::chance::Chance;
use crate::cuts::Cuts;
use crate::faults::Faults;
use crate::links::Link;
use crate::node::{NodeId, node_of};
use kith_envelope::{check_times, open, seal};
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::limits;
use kith_protocol::message::{Body, Outgoing, Received};
use kith_protocol::time::{Millis, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How messages travel. Agents decide alike under both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fidelity {
    /// Opened, with a proven sender: fast.
    #[default]
    Model,
    /// Sealed and opened by the envelope, each one.
    Full,
}

/// Who asked: the reply goes back on the same stream, which ends with the asker's process.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    pub(crate) node: NodeId,
    pub(crate) life: u32,
    pub(crate) id: String,
    pub(crate) from: Did,
    pub(crate) to: Did,
    /// The question to a ledger it is part of.
    pub(crate) question: Option<u64>,
}

impl Asker {
    /// Who sends this message.
    pub(crate) fn of(node: NodeId, life: u32, message: &Outgoing) -> Self {
        Self {
            node,
            life,
            id: message.id.clone(),
            from: message.from.clone(),
            to: message.to.clone(),
            question: None,
        }
    }
}

/// A message as it travels.
#[derive(Clone)]
pub(crate) enum Letter {
    /// Open, with the time at which it was made, by its sender's clock.
    Plain(Box<Outgoing>, Timestamp),
    /// In an envelope.
    Sealed(Vec<u8>),
}

/// A message on its way to a node.
#[derive(Clone)]
pub(crate) struct Parcel {
    pub(crate) asker: Asker,
    pub(crate) to: NodeId,
    pub(crate) letter: Letter,
}

/// A reply on its way back.
#[derive(Clone)]
pub(crate) struct Returned {
    pub(crate) asker: Asker,
    pub(crate) letter: Letter,
}

/// Where somebody's messages go instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Detour {
    /// Who gets them.
    pub(crate) to: NodeId,
    /// Questions for pages of a ledger only.
    pub(crate) pages_only: bool,
}

impl Detour {
    fn takes(&self, body: &Body) -> bool {
        !self.pages_only || matches!(body, Body::LedgerEntries(_))
    }
}

/// Why a message cannot leave: a fault of the agent that sends it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsent {
    /// The agent speaks for somebody else.
    #[error("it speaks for a DID it does not have")]
    NotOurs,
    /// The envelope refuses it.
    #[error(transparent)]
    Envelope(#[from] kith_envelope::SealError),
}

/// The network's memory: which DID lives where.
pub(crate) struct Network {
    pub(crate) fidelity: Fidelity,
    routes: BTreeMap<Did, Option<NodeId>>,
    /// What is meant for one node and reaches another, by who sends it.
    detours: BTreeMap<(NodeId, NodeId), Detour>,
    pub(crate) cuts: Cuts,
    /// Numbers replies.
    replies: u64,
}

impl Network {
    pub(crate) fn new(fidelity: Fidelity) -> Self {
        Self {
            fidelity,
            routes: BTreeMap::new(),
            detours: BTreeMap::new(),
            cuts: Cuts::default(),
            replies: 0,
        }
    }

    /// From now on what the first of the two sends to the second reaches another, or what it takes of it.
    pub(crate) fn divert(&mut self, from_to: (NodeId, NodeId), detour: Detour) {
        self.detours.insert(from_to, detour);
    }

    /// Nothing goes to this one any more that was meant for another.
    pub(crate) fn straighten(&mut self, other: NodeId) {
        self.detours.retain(|_, detour| detour.to != other);
    }

    /// Where a message of this node arrives.
    pub(crate) fn way(&mut self, from: NodeId, message: &Outgoing) -> Option<NodeId> {
        let to = self.route(&message.to)?;
        let detour = self.detours.get(&(from, to));
        let taken = detour.filter(|detour| detour.takes(&message.body));
        Some(taken.map_or(to, |detour| detour.to))
    }

    /// The node a DID's endpoint names. Resolving costs two point decompressions, so it is done once.
    pub(crate) fn route(&mut self, did: &Did) -> Option<NodeId> {
        if let Some(known) = self.routes.get(did) {
            return *known;
        }
        let node = did
            .resolve()
            .endpoint()
            .and_then(|endpoint| node_of(&endpoint));
        self.routes.insert(did.clone(), node);
        node
    }

    /// Puts a message into the form it travels in.
    pub(crate) fn pack(
        &self,
        message: Outgoing,
        keys: Option<&LocalDid>,
        now: Timestamp,
    ) -> Result<Letter, Unsent> {
        let keys = keys.ok_or(Unsent::NotOurs)?;
        Ok(match self.fidelity {
            Fidelity::Model => Letter::Plain(Box::new(message), now),
            Fidelity::Full => Letter::Sealed(seal(&message.plaintext(now), keys)?),
        })
    }

    /// The reply to a message as it travels.
    pub(crate) fn pack_reply(
        &mut self,
        (received, body): (&Received, Body),
        keys: Option<&LocalDid>,
        now: Timestamp,
    ) -> Result<Letter, Unsent> {
        self.replies += 1;
        let id = format!("{:032x}", self.replies);
        self.pack(
            received.reply(id, body, now.after(limits::message::REPLY_LIFETIME)),
            keys,
            now,
        )
    }
}

/// Opens a letter with the keys of its recipient; nothing for one that the envelope refuses.
pub(crate) fn unpack(
    letter: Letter,
    keys: Option<Arc<LocalDid>>,
    now: Timestamp,
) -> Option<Received> {
    match letter {
        Letter::Plain(message, created) => {
            let times = (Some(created.seconds()), Some(message.expires.seconds()));
            keys.filter(|_| check_times(times, now.seconds()).is_ok())
                .map(|_| received(*message))
        }
        Letter::Sealed(bytes) => {
            let own = |did: &Did| keys.clone().filter(|keys| keys.did() == did);
            let opened = open(&bytes, &own, now.seconds()).ok()?;
            Received::read(opened.message).ok()
        }
    }
}

fn received(message: Outgoing) -> Received {
    Received {
        from: message.from,
        to: message.to,
        id: message.id,
        thid: message.thid,
        pthid: message.pthid,
        body: message.body,
    }
}

/// When each copy of a message arrives, if it does, on a way over these two links.
pub(crate) fn fate(chance: &mut Chance, faults: &Faults, links: [Link; 2]) -> Vec<Millis> {
    if chance.hits(faults.loss) {
        return Vec::new();
    }
    let copies = if chance.hits(faults.duplication) {
        2
    } else {
        1
    };
    let copies = 0..copies;
    copies.map(|_| latency(chance, faults, links)).collect()
}

/// When a reply arrives, if it does. It travels on the stream of its message, so it has no copies.
pub(crate) fn fate_of_reply(
    chance: &mut Chance,
    faults: &Faults,
    links: [Link; 2],
) -> Option<Millis> {
    (!chance.hits(faults.reply_loss)).then(|| latency(chance, faults, links))
}

/// How long one copy takes: on both links, and for whatever else there is on its way.
fn latency(chance: &mut Chance, faults: &Faults, links: [Link; 2]) -> Millis {
    let [first, second] = links.map(|link| link.latency(chance).0);
    Millis(first + second + chance.span(faults.latency).0)
}
