//! Broken connections: from one node to another, or both ways, for a while.
use crate::node::NodeId;
use crate::world::World;
use kith_protocol::time::{Millis, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Which directions are broken, and until when.
#[derive(Default)]
pub(crate) struct Cuts {
    directions: BTreeMap<(NodeId, NodeId), Timestamp>,
    /// Ways that are slow, until when, and how slow.
    clogged: BTreeMap<(NodeId, NodeId), (Timestamp, Millis)>,
    /// Machines that reach each other and nobody else.
    islands: Vec<(BTreeSet<NodeId>, Timestamp)>,
}

impl Cuts {
    fn hold(&self, from: NodeId, to: NodeId, now: Timestamp) -> bool {
        let apart = |(island, until): &(BTreeSet<NodeId>, Timestamp)| {
            now < *until && island.contains(&from) != island.contains(&to)
        };
        let direction = self.directions.get(&(from, to));
        direction.is_some_and(|until| now < *until) || self.islands.iter().any(apart)
    }

    /// Nothing is broken any more.
    pub(crate) fn heal(&mut self) {
        self.directions.clear();
        self.islands.clear();
        self.clogged.clear();
    }
}

impl World {
    /// Whether a message does not get through; it may be the first to find that out.
    pub(crate) fn is_cut(&mut self, from: NodeId, to: NodeId) -> bool {
        let held = self.network.cuts.hold(from, to, self.now());
        if !held && from != to && self.chance.hits(self.faults.cut) {
            self.cut(from, to);
            return true;
        }
        held
    }

    /// Whether a reply does not get through.
    pub(crate) fn is_cut_back(&self, from: NodeId, to: NodeId) -> bool {
        self.network.cuts.hold(from, to, self.now())
    }

    /// How much longer a message takes on this way; it may be the first to find that out.
    pub(crate) fn clogging(&mut self, from: NodeId, to: NodeId) -> Millis {
        let now = self.now();
        match self.network.cuts.clogged.get(&(from, to)) {
            Some((until, delay)) if now < *until => *delay,
            _ if self.chance.hits(self.faults.clog) => {
                let until = now.after(self.chance.span(self.faults.cut_span));
                let delay = self.chance.span(self.faults.clog_delay);
                self.network.cuts.clogged.insert((from, to), (until, delay));
                delay
            }
            _ => Millis(0),
        }
    }

    /// These machines and all others do not reach each other until then.
    pub(crate) fn cut_off(&mut self, island: BTreeSet<NodeId>, until: Timestamp) {
        let names: Vec<&str> = island
            .iter()
            .map(|node| self.node(*node).name.as_str())
            .collect();
        let line = format!("the network is cut around {}", names.join(", "));
        self.note(&line);
        self.network.cuts.islands.push((island, until));
    }

    fn cut(&mut self, from: NodeId, to: NodeId) {
        let until = self.now().after(self.chance.span(self.faults.cut_span));
        let one_way = self.chance.hits(self.faults.one_way);
        self.network.cuts.directions.insert((from, to), until);
        if !one_way {
            self.network.cuts.directions.insert((to, from), until);
        }
        let how = if one_way { "to" } else { "and" };
        let line = format!(
            "the connection of {} {how} {} breaks",
            self.node(from).name,
            self.node(to).name
        );
        self.note(&line);
    }
}
