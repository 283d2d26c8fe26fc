//! What is lost, and what is away for a while.
use super::{Part, Story};
use crate::node::NodeId;
use crate::people::Role;
use crate::scenario::act::Who;
use kith_protocol::time::Millis;
use std::collections::BTreeSet;

impl Story {
    /// The device is gone.
    pub(super) fn lose_device(&mut self) -> Part {
        self.world.kill(self.phone);
        self.world.engage(self.alice, Role::Bystander);
        self.go_on()
    }

    /// So many of them are gone. Of witnesses a quorum stays: without one there is no ledger, and no
    /// promise.
    pub(super) fn vanish(&mut self, who: Who, count: usize) -> Part {
        let most = match who {
            Who::Witnesses => self.parameters.witnesses - usize::from(self.parameters.quorum),
            Who::Trustees | Who::Owner | Who::Operator => count,
        };
        let honest = |node: &NodeId, story: &Self| {
            let liars = story.liars.iter().map(|(liar, _)| story.node_of(*liar));
            !liars.into_iter().any(|liar| liar == *node)
        };
        let mut gone = self.some_living(who, count.min(most));
        gone.retain(|node| honest(node, self));
        for node in gone {
            self.world.kill(node);
        }
        self.go_on()
    }

    /// So many of them and all others do not reach each other for a while, or until the world heals.
    pub(super) fn partition(&mut self, who: Who, count: usize, time: Millis) -> Part {
        let island: BTreeSet<NodeId> = self.some_living(who, count).into_iter().collect();
        let until = self.world.now().after(time);
        self.world.cut_off(island, until);
        self.go_on()
    }

    /// Some of these machines are off for a while.
    pub(super) fn sleep(&mut self, who: Who, count: usize, time: Millis) -> Part {
        self.asleep = self.asleep.max(self.world.now().after(time));
        for node in self.some_living(who, count) {
            self.world.switch_off(node, time);
        }
        self.go_on()
    }

    /// Some clocks jump, each ahead or back by lot, until the world heals.
    pub(super) fn clocks_jump(&mut self, who: Who, count: usize, time: Millis) -> Part {
        let by = i64::try_from(time.0).unwrap_or(i64::MAX);
        for node in self.some_living(who, count) {
            let by = if self.chance.hits(500) { by } else { -by };
            self.world.clock_jumps(node, by);
        }
        self.go_on()
    }

    /// A record rots on the disks of so many trustees. Whoever finds it stops, and is gone.
    pub(super) fn rot(&mut self, count: usize) -> Part {
        for node in self.some_living(Who::Trustees, count) {
            let rows = self.world.node(node).disk.len() as u64;
            if rows > 0 {
                let place = self.chance.between(0, rows - 1) as usize;
                self.world.rot(node, place);
            }
        }
        self.go_on()
    }
}
