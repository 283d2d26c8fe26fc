//! Steps of agents, committed under the write-ahead rule: a crash before the flush and nothing happened,
//! a crash after it and the batch is durable while nothing was sent.
use crate::checkers::Sight;
use crate::network::Asker;
use crate::node::{NodeId, Order, Stimulus, Told};
use crate::trace::Stimuli;
use crate::world::{Happening, Outcome, Trouble, World};
use kith_protocol::agent::Step;
use kith_protocol::did::Did;
use kith_protocol::message::Body;
use kith_protocol::record::Space;
use kith_protocol::time::Millis;
use kith_protocol::trustee::command as trustee;

/// Shortest pause between two deadlines of one agent, as in the runtime.
const SHORTEST_NAP: Millis = Millis(20);

impl World {
    pub(crate) fn rings(&mut self, id: NodeId) {
        let now = self.queue.now();
        let node = self.node_mut(id);
        // An alarm that was set for another time, or for an agent that is gone.
        if node.alarm == Some(now) {
            node.alarm = None;
            node.rang = now;
            self.step(id, Stimulus::Deadline);
        }
    }

    /// Sets the one timer of an agent.
    pub(crate) fn arm(&mut self, id: NodeId) {
        match self.node(id).deadline(self.queue.now()) {
            Ok(None) => self.node_mut(id).alarm = None,
            Ok(Some(due)) => {
                let soonest = self.node(id).rang.after(SHORTEST_NAP);
                let due = due.max(soonest).max(self.queue.now());
                if self.node(id).alarm != Some(due) {
                    self.node_mut(id).alarm = Some(due);
                    self.queue.at(due, Happening::Alarm(id));
                }
            }
            Err(damage) => self.damaged(id, &damage),
        }
    }

    /// One input into one agent, committed. Nothing comes back from an agent that is away or crashed.
    pub(crate) fn step(&mut self, id: NodeId, stimulus: Stimulus) -> Option<Outcome> {
        if self.broken.is_some() || !self.node(id).is_up() {
            return None;
        }
        self.steps += 1;
        let what = Stimuli::of(&stimulus, self.trace.show());
        let now = self.queue.now();
        let step = match self.node_mut(id).step(now, stimulus) {
            Ok(step) => step,
            Err(damage) => {
                self.damaged(id, &damage);
                return None;
            }
        };
        let Self {
            trace,
            nodes,
            network,
            ..
        } = self;
        let name = |did: &Did| match network.route(did) {
            Some(node) => nodes[node.0].name.clone(),
            None => "nobody".into(),
        };
        trace.step(now, (&nodes[id.0].name, &what), &step, name);
        self.commit(id, step)
    }

    fn commit(&mut self, id: NodeId, mut step: Step<Told>) -> Option<Outcome> {
        self.tempt(id, |villain, world| villain.tamper(world, id, &mut step));
        self.judge(id, &step);
        if self.chance.hits(self.faults.crash_before_flush) {
            self.crash(id, "before the flush");
            return None;
        }
        if !step.writes.is_empty() && self.disk_fails(id) {
            return None;
        }
        self.node_mut(id).disk.flush(&step.writes);
        self.tempt(id, |villain, world| villain.keeps(world, id));
        self.look_at_disk(id, &step);
        if self.chance.hits(self.faults.crash_after_flush) {
            self.crash(id, "after the flush");
            return None;
        }
        if let Some(tally) = &mut self.tally {
            for message in &step.sends {
                tally.sends(&self.nodes[id.0].name, message.body.typ(), &message.id);
            }
        }
        for message in step.sends {
            let asker = Asker::of(id, self.node(id).life, &message);
            self.dispatch(asker, message);
        }
        for query in step.queries {
            self.ask_ledger(id, query);
        }
        self.arm(id);
        Some(Outcome {
            reply: step.reply,
            answer: step.answer,
        })
    }

    /// Shows the checkers what an agent has decided, before a crash can hide it.
    fn judge(&mut self, id: NodeId, step: &Step<Told>) {
        for message in &step.sends {
            if matches!(message.body, Body::RecoveryRelease(_)) {
                self.releases += 1;
            }
            let to = self.network.route(&message.to);
            self.show(&Sight::Sends {
                node: id,
                to,
                message,
            });
        }
    }

    fn look_at_disk(&mut self, id: NodeId, step: &Step<Told>) {
        let now = self.queue.now();
        let disk = &self.nodes[id.0].disk;
        let stores = Sight::Stores { node: id, disk };
        if let Err((guarantee, what)) = self.jury.see(now, &stores) {
            self.fail(guarantee, what);
        }
        let custody = Space::Custody as u8;
        if step
            .writes
            .iter()
            .any(|(key, _)| key.as_bytes().first() == Some(&custody))
        {
            let shares = &self.node(id).disk.held();
            self.show(&Sight::Holds { node: id, shares });
        }
    }

    /// The shares this agent says it holds; its step is thrown away.
    pub(crate) fn shares_held(&mut self, id: NodeId) -> Vec<trustee::ShareView> {
        if !self.node(id).is_up() {
            return Vec::new();
        }
        let order = Order::Trustee(trustee::Command::ShareList);
        let now = self.queue.now();
        let step = self.node_mut(id).step(now, Stimulus::Order(order));
        match step.map(|step| step.answer) {
            Ok(Some(Ok(Told::Trustee(trustee::Answer::Shares { list })))) => list,
            Ok(_) => Vec::new(),
            Err(damage) => {
                self.damaged(id, &damage);
                Vec::new()
            }
        }
    }

    /// A command of the person at this node.
    pub(crate) fn order(&mut self, id: NodeId, order: Order) -> Result<Told, Trouble> {
        let outcome = self.step(id, Stimulus::Order(order)).ok_or(Trouble::Away)?;
        match outcome.answer {
            Some(Ok(told)) => Ok(told),
            Some(Err(error)) => Err(Trouble::Refused(error)),
            None => {
                let what = format!("{} gave no answer to a command", self.node(id).name);
                self.fail("answers", what);
                Err(Trouble::Away)
            }
        }
    }
}
