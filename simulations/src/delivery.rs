//! Messages and replies on their way.
use crate::checkers::Sight;
use crate::network::{Asker, Parcel, Returned, fate, fate_of_reply, unpack};
use crate::node::{NodeId, Stimulus};
use crate::villains::Hears;
use crate::world::{Happening, World};
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::error::Damage;
use kith_protocol::ledger::Answer;
use kith_protocol::message::{Body, Outgoing, Received};
use kith_protocol::time::Millis;
use std::sync::Arc;

impl World {
    /// Puts a message on its way. A throw-away DID without an endpoint can be answered and never be
    /// asked, so nothing goes to it.
    pub(crate) fn dispatch(&mut self, asker: Asker, message: Outgoing) {
        let Some(to) = self.network.way(asker.node, &message) else {
            return;
        };
        if self.is_cut(asker.node, to) {
            return;
        }
        let keys = self.keys_of(asker.node, &message.from);
        let now = self.node(asker.node).clock.wall(self.now());
        let admission = self.admission(&message.body);
        let links = [asker.node, to].map(|node| self.node(node).link);
        match self.network.pack(message, keys.as_deref(), now) {
            Ok(letter) => {
                let parcel = Parcel { asker, to, letter };
                self.is_overheard(&parcel);
                let more = self.clogging(parcel.asker.node, to).0 + admission.0;
                for delay in fate(&mut self.chance, &self.faults, links) {
                    self.after(
                        Millis(delay.0 + more),
                        Happening::Arrives(Box::new(parcel.clone())),
                    );
                }
            }
            Err(error) => {
                let what = format!(
                    "{}: a message cannot be sealed: {error}",
                    self.node(asker.node).name
                );
                self.fail("messages", what);
            }
        }
    }

    /// How long a record waits at the ledger's door: its sender has given up waiting for the answer by
    /// then, and asks again.
    fn admission(&mut self, body: &Body) -> Millis {
        match body {
            Body::LedgerAppend(_) => self.chance.span(self.faults.admission),
            _ => Millis(0),
        }
    }

    /// The keys of a DID of this node, the transport's own included.
    pub(crate) fn keys_of(&mut self, node: NodeId, did: &Did) -> Option<Arc<LocalDid>> {
        let own = self
            .node(node)
            .client
            .own
            .clone()
            .filter(|own| own.did() == did);
        if own.is_some() {
            return own;
        }
        match self.node_mut(node).keys(did) {
            Ok(keys) => keys,
            Err(Damage { key }) => {
                self.fail("store", format!("the keys at {key:?} cannot be read"));
                None
            }
        }
    }

    pub(crate) fn arrives(&mut self, parcel: Parcel) {
        let Parcel { asker, to, letter } = parcel;
        if !self.node(to).is_up() {
            // The connection is refused; who asks a ledger tries the next host at once.
            self.try_next_host_of_the_living(&asker);
            return;
        }
        let keys = self.keys_of(to, &asker.to);
        let now = self.node(to).clock.wall(self.now());
        let Some(received) = unpack(letter, keys, now) else {
            return;
        };
        let heard = self.tempt(to, |villain, world| villain.hears(world, to, &received));
        if heard == Some(Hears::Swallows) {
            return;
        }
        self.deliveries += 1;
        self.draw((asker.node, to), (&received.id, &received.body, false));
        let outcome = self.step(to, Stimulus::Delivered(received.clone()));
        let Some(reply) = outcome.and_then(|outcome| outcome.reply) else {
            return;
        };
        self.show(&Sight::Replies {
            node: to,
            asked: &received,
            reply: &reply,
        });
        if matches!(&reply, Body::RecoveryReleased(receipt) if !receipt.verified) {
            self.rejected.insert(asker.node);
        }
        self.send_back(asker, (to, &received), reply);
    }

    fn try_next_host_of_the_living(&mut self, asker: &Asker) {
        if asker.question.is_some() && asker.life == self.node(asker.node).life {
            self.try_next_host(asker);
        }
    }

    fn send_back(&mut self, asker: Asker, (node, received): (NodeId, &Received), reply: Body) {
        if self.is_cut_back(node, asker.node) {
            return;
        }
        let keys = self.keys_of(node, &received.to);
        let now = self.node(node).clock.wall(self.now());
        let links = [node, asker.node].map(|node| self.node(node).link);
        match self
            .network
            .pack_reply((received, reply), keys.as_deref(), now)
        {
            Ok(letter) => {
                if let Some(delay) = fate_of_reply(&mut self.chance, &self.faults, links) {
                    self.after(
                        delay,
                        Happening::Returns(Box::new(Returned { asker, letter })),
                    );
                }
            }
            Err(error) => {
                let what = format!(
                    "{}: a reply cannot be sealed: {error}",
                    self.node(node).name
                );
                self.fail("messages", what);
            }
        }
    }

    pub(crate) fn returns(&mut self, returned: Returned) {
        let Returned { asker, letter } = returned;
        // The stream ended with the process that asked.
        if asker.life != self.node(asker.node).life || !self.node(asker.node).is_up() {
            return;
        }
        let keys = self.keys_of(asker.node, &asker.from);
        let now = self.node(asker.node).clock.wall(self.now());
        let Some(reply) = unpack(letter, keys, now).filter(|reply| fits(reply, &asker)) else {
            return;
        };
        let node = asker.node;
        self.tempt(node, |villain, world| villain.is_told(world, node, &reply));
        self.deliveries += 1;
        let from = self.network.route(&asker.to).unwrap_or(asker.node);
        self.draw((from, asker.node), (&asker.id, &reply.body, true));
        if asker.question.is_some() {
            self.returned_by_ledger(&asker, reply.body);
        } else {
            let (from, id, reply) = (asker.to, asker.id, reply.body);
            self.step(asker.node, Stimulus::Replied { from, id, reply });
        }
    }

    fn draw(&mut self, (from, to): (NodeId, NodeId), (id, body, reply): (&str, &Body, bool)) {
        let (from, to) = (&self.nodes[from.0].name, &self.nodes[to.0].name);
        self.trace
            .arrived((self.queue.now(), id), (from, to), (body, reply));
    }

    /// A ledger's answer reaches an agent: the checkers learn what the agent knows now.
    pub(crate) fn witness_answer(&mut self, node: NodeId, answer: &Answer) {
        if let Answer::Page(page) = answer {
            self.show(&Sight::Reads { node, page });
        }
    }
}

/// Whether a reply is from whom was asked and answers what was asked.
fn fits(reply: &Received, asker: &Asker) -> bool {
    reply.from == asker.to
        && reply.to == asker.from
        && reply.thid.as_deref() == Some(asker.id.as_str())
}
