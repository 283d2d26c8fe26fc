//! Machines start, crash, fail and are switched off.
use crate::checkers::Sight;
use crate::node::{NodeId, Stimulus};
use crate::world::{Happening, World};
use kith_protocol::did::LocalDid;
use kith_protocol::time::{Millis, Timestamp};
use std::sync::Arc;

impl World {
    /// Starts an agent over what is durable.
    pub(crate) fn start(&mut self, id: NodeId) {
        let now = self.queue.now();
        if self.node(id).is_up() || !self.node(id).may_start(now) {
            return;
        }
        let line = format!("{} starts", self.node(id).name);
        self.note(&line);
        let own = LocalDid::generate(None, self.transport.generator());
        let node = self.node_mut(id);
        node.client.own = Some(Arc::new(own));
        match node.start() {
            Ok(_pending) => {
                let shares = &self.node(id).disk.held();
                self.show(&Sight::Starts { node: id, shares });
                // As the runtime does: its clock may have been set while no agent ran.
                self.step(id, Stimulus::Deadline);
            }
            Err(damage) => self.damaged(id, &damage),
        }
    }

    pub(crate) fn crash(&mut self, id: NodeId, when: &str) {
        self.crashes += 1;
        let power = self.chance.hits(self.faults.power_cut);
        let down = self.chance.span(self.faults.downtime);
        let kind = if power { "loses power" } else { "crashes" };
        let line = format!("{} {kind} {when}", self.node(id).name);
        self.note(&line);
        let back = self.queue.now().after(down);
        self.node_mut(id).crash();
        if power {
            self.node_mut(id).clock.boot(back);
        }
        self.queue.at(back, Happening::Starts(id));
    }

    /// Whether a flush fails: the disk says so, or is full and stays full for a while. The agent stops, as
    /// one that could not write does, and its machine starts it again.
    pub(crate) fn disk_fails(&mut self, id: NodeId) -> bool {
        let now = self.queue.now();
        if self.chance.hits(self.faults.disk_full) {
            let until = now.after(self.chance.span(self.faults.downtime));
            self.node_mut(id).disk.fill(until);
        }
        let full = self.node(id).disk.is_full(now);
        let fails = full || self.chance.hits(self.faults.disk_error);
        if fails {
            let why = if full {
                "because its disk is full"
            } else {
                "because its disk failed"
            };
            self.crash(id, why);
        }
        fails
    }

    /// The clock of a machine jumps.
    pub(crate) fn clock_jumps(&mut self, id: NodeId, by: i64) {
        let now = self.queue.now();
        let line = format!(
            "the clock of {} jumps by {} s",
            self.node(id).name,
            by / 1000
        );
        self.note(&line);
        self.node_mut(id).clock.jump(now, by);
        self.wind(id);
    }

    /// All clocks are set right.
    pub(crate) fn set_clocks_right(&mut self) {
        let now = self.queue.now();
        for id in (0..self.nodes.len()).map(NodeId) {
            if self.node_mut(id).clock.set_right(now) {
                self.wind(id);
            }
        }
    }

    /// The network sets the clocks of all machines, as of then.
    pub(crate) fn synchronise_clocks(&mut self, then: Timestamp) {
        for node in &mut self.nodes {
            node.clock.synchronise(then);
        }
    }

    /// A clock was set: the runtime notices, and wakes its agent.
    fn wind(&mut self, id: NodeId) {
        self.step(id, Stimulus::Deadline);
    }

    /// The record at this place of a disk rots.
    pub(crate) fn rot(&mut self, id: NodeId, place: usize) {
        if let Some(key) = self.node_mut(id).disk.rot(place) {
            let line = format!("on the disk of {} rots {key:?}", self.node(id).name);
            self.note(&line);
        }
    }

    /// Switches a machine off for a while.
    pub(crate) fn switch_off(&mut self, id: NodeId, span: Millis) {
        let line = format!("{} is switched off", self.node(id).name);
        self.note(&line);
        let back = self.queue.now().after(span);
        self.node_mut(id).crash();
        self.node_mut(id).switch_off(back);
        self.queue.at(back, Happening::Starts(id));
    }

    /// Starts an agent anew, if it runs.
    pub(crate) fn restart(&mut self, id: NodeId) {
        if self.node(id).is_up() {
            self.node_mut(id).crash();
            self.start(id);
        }
    }

    /// Kills an agent for good.
    pub(crate) fn kill(&mut self, id: NodeId) {
        let line = format!("{} is gone for good", self.node(id).name);
        self.note(&line);
        self.node_mut(id).die();
        self.show(&Sight::Dies { node: id });
    }
}
