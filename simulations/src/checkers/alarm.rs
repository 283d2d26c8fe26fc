//! G9: what the ledger admits reaches every agent that runs, from the ledger itself. Asked when a story
//! is at its end, of a healed world, within a time that the ledger's terms bound.
use crate::node::NodeId;
use crate::world::World;
use kith_protocol::record::Space;

/// As reports name it.
pub(crate) const NAME: &str = "G9 alarm";

/// Agents that follow the ledger, run, are honest, and have not read all that it shows.
pub(crate) fn behind(world: &World) -> Vec<NodeId> {
    let admitted = world.jury.ledger.size();
    let mut nodes = world.everybody();
    nodes.retain(|node| {
        let node = world.node(*node);
        let follows = node.is_up() && !node.villain.is_taken() && !node.hoards;
        follows
            && node.disk.count(Space::Log) > 0
            && (node.disk.count(Space::LogEntry) as u64) < admitted
    });
    nodes
}

/// Says who is behind.
pub(crate) fn complain(world: &mut World) {
    let behind = behind(world);
    let names: Vec<&str> = behind
        .iter()
        .map(|node| world.node(*node).name.as_str())
        .collect();
    let what = format!(
        "in a healed world, and within the oldest age of a head, these have not read what the ledger shows: {}",
        names.join(", ")
    );
    world.fail(NAME, what);
}
