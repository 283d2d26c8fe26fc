//! G9: what the ledger admits reaches every agent that runs, from the ledger itself, and an owner whose
//! device lives sees on its screen who asks in her name. Asked of a healed world, within a time that the
//! ledger's terms bound.
use crate::node::NodeId;
use crate::people::phone;
use crate::world::World;
use kith_protocol::bytes::Digest;
use kith_protocol::owner::command::{Answer, Command};
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

/// Requests on the ledger that the screen of this owner agent does not show; nothing while it is away.
pub(crate) fn unshown(world: &mut World, node: NodeId) -> Option<Vec<Digest>> {
    let Ok(Answer::Alerts { list }) = phone::owner(world, node, Command::AlertList) else {
        return None;
    };
    let asked = world.jury.ledger.requests.keys();
    let hidden = asked.filter(|id| list.iter().all(|alert| alert.request != **id));
    Some(hidden.copied().collect())
}

/// Says what is hidden from her.
pub(crate) fn complain_of_screen(world: &mut World, hidden: &[Digest]) {
    let what = format!(
        "in a healed world, and within the oldest age of a head, an owner's device does not show that somebody \
         asks in her name: {hidden:?}"
    );
    world.fail(NAME, what);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkers::samples::{self, OWNER};

    #[test]
    fn an_agent_that_has_not_read_everything_is_seen() {
        let mut world = samples::protected(3);
        // Not everybody has looked since the deal came into force.
        let before = behind(&world);
        let mut readers = world.everybody().into_iter();
        let has_read =
            |node: &NodeId| world.node(*node).disk.count(Space::Log) > 0 && !before.contains(node);
        let reader = readers.find(has_read).expect("the owner has read it");
        world.node_mut(reader).disk.lose(Space::LogEntry);
        assert!(behind(&world).contains(&reader));
        complain(&mut world);
        let promise = world.broken.map(|broken| broken.promise);
        assert_eq!(promise.as_deref(), Some(NAME));
    }

    #[test]
    fn a_request_that_her_screen_does_not_show_is_seen() {
        let mut world = samples::protected(3);
        assert_eq!(unshown(&mut world, OWNER), Some(vec![]));
        let request = samples::request();
        world.jury.ledger.ask(&request);
        assert_eq!(unshown(&mut world, OWNER), Some(vec![request.id()]));
        complain_of_screen(&mut world, &[request.id()]);
        let promise = world.broken.map(|broken| broken.promise);
        assert_eq!(promise.as_deref(), Some(NAME));
    }
}
