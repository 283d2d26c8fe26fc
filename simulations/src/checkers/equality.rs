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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkers::samples::{self, OWNER};

    fn protected() -> (World, String, Vec<u8>) {
        let mut world = samples::protected(3);
        let name = "item 0".to_owned();
        let show = Command::SecretShow { name: name.clone() };
        match phone::owner(&mut world, OWNER, show) {
            Ok(Answer::Secret { data, .. }) => (world, name, data.0),
            other => unreachable!("she has protected it: {other:?}"),
        }
    }

    fn broken(items: &[(String, Vec<u8>)], mut world: World) -> Option<String> {
        demand(&mut world, OWNER, items);
        world.broken.map(|broken| broken.promise)
    }

    #[test]
    fn the_same_bytes_are_right_and_others_are_seen() {
        let (world, name, mut data) = protected();
        assert_eq!(broken(&[(name, data.clone())], world), None);
        let (world, name, _) = protected();
        data[0] ^= 1;
        assert_eq!(broken(&[(name, data)], world).as_deref(), Some(NAME));
    }

    #[test]
    fn an_item_that_did_not_come_back_is_seen() {
        let (world, _, data) = protected();
        let lost = ("another item".to_owned(), data);
        assert_eq!(broken(&[lost], world).as_deref(), Some(NAME));
    }
}
