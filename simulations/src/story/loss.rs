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
            Who::Trustees | Who::Owner => count,
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

    /// The operator's machine is off for a while.
    pub(super) fn operator_sleeps(&mut self, time: Millis) -> Part {
        let node = self.node_of(self.host);
        self.asleep = self.asleep.max(self.world.now().after(time));
        self.world.switch_off(node, time);
        self.go_on()
    }
}
