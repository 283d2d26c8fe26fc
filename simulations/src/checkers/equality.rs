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
    demand_no_more(world, node, items);
}

/// What was removed stays away.
fn demand_no_more(world: &mut World, node: NodeId, items: &[(String, Vec<u8>)]) {
    let Ok(Answer::Secrets { list, .. }) = phone::owner(world, node, Command::SecretList) else {
        return;
    };
    let is_known = |name: &String| items.iter().any(|(known, _)| known == name);
    for (name, _) in list.iter().filter(|(name, _)| !is_known(name)) {
        world.fail(NAME, format!("`{name}` came back, which was removed"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkers::samples::{self, OWNER};

    /// Everything that she has protected.
    fn protected() -> (World, Vec<(String, Vec<u8>)>) {
        let mut world = samples::protected(3);
        let listed = phone::owner(&mut world, OWNER, Command::SecretList);
        let Ok(Answer::Secrets { list, .. }) = listed else {
            unreachable!("her device runs: {listed:?}");
        };
        let mut read = |(name, _): (String, u64)| {
            let show = Command::SecretShow { name: name.clone() };
            match phone::owner(&mut world, OWNER, show) {
                Ok(Answer::Secret { data, .. }) => (name, data.0),
                other => unreachable!("she has protected it: {other:?}"),
            }
        };
        let items = list.into_iter().map(&mut read).collect();
        (world, items)
    }

    fn broken(items: &[(String, Vec<u8>)], mut world: World) -> Option<String> {
        demand(&mut world, OWNER, items);
        world.broken.map(|broken| broken.promise)
    }

    #[test]
    fn the_same_bytes_are_right_and_others_are_seen() {
        let (world, mut items) = protected();
        assert_eq!(broken(&items, world), None);
        let (world, _) = protected();
        items[0].1[0] ^= 1;
        assert_eq!(broken(&items, world).as_deref(), Some(NAME));
    }

    #[test]
    fn an_item_that_did_not_come_back_is_seen() {
        let (world, mut items) = protected();
        items.push(("another item".to_owned(), vec![1]));
        assert_eq!(broken(&items, world).as_deref(), Some(NAME));
    }

    #[test]
    fn an_item_that_came_back_and_was_removed_is_seen() {
        let (world, mut items) = protected();
        items.pop();
        assert_eq!(broken(&items, world).as_deref(), Some(NAME));
    }
}
