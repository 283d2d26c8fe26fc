//! G5: what comes back is exactly what was protected.
use crate::node::NodeId;
use crate::people::phone;
use crate::world::World;
use kith_protocol::owner::command::{Answer, Command};

/// As reports name it.
pub(crate) const NAME: &str = "G5 recoverability";

/// Compares every item at this owner agent with what was protected.
pub(crate) fn demand(world: &mut World, node: NodeId, items: &[(String, Vec<u8>)]) {
    for (name, data) in items {
        let name = name.clone();
        match phone::owner(world, node, Command::SecretShow { name: name.clone() }) {
            Ok(Answer::Secret { data: found, .. }) if found.0 == *data => {}
            Ok(Answer::Secret { data: found, .. }) => {
                let what = format!(
                    "`{name}` came back with {} bytes that are others",
                    found.0.len()
                );
                world.fail(NAME, what);
            }
            other => world.fail(NAME, format!("`{name}` did not come back: {other:?}")),
        }
    }
}
