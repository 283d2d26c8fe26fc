//! An owner whose words were compared and who turns hostile: what she can make a trustee keep (G15).
#![allow(clippy::unwrap_used)]

mod trustee_support;

use kith_protocol::limits::message::ANSWERS_PER_SENDER;
use kith_protocol::message::Body;
use kith_protocol::message::words::Confirm;
use kith_protocol::record::Space;
use trustee_support::home::code;
use trustee_support::world::World;

/// Rows kept, less the lines of history, which have a bound and a test of their own.
fn rows(world: &World) -> Vec<u8> {
    let spaces = world.trustee.rows.keys().map(|key| key.as_bytes()[0]);
    spaces
        .filter(|space| *space != Space::History as u8)
        .collect()
}

/// G15: lawful messages without end, each under an id of its own.
#[test]
fn an_owner_who_says_the_same_without_end_leaves_no_rows() {
    let mut world = World::enrolled(1);
    let (_, store) = world.dealt(1);
    world.keep(store.clone());
    let before = world.trustee.rows.clone();
    for _ in 0..2 * ANSWERS_PER_SENDER {
        let confirmed = world.tell(Body::WordsConfirm(Confirm {}));
        assert!(matches!(confirmed, Body::Empty(_)));
        let stored = world.tell(Body::ShareStore(store.clone()));
        assert!(matches!(stored, Body::ShareStored(_)));
    }
    assert_eq!(world.trustee.rows, before);
}

/// G15: each of these deals is lawful and changes something.
#[test]
fn an_owner_who_deals_without_end_takes_bounded_room() {
    let mut world = World::enrolled(1);
    let (_, store) = world.dealt(1);
    let first = world.owner_message(Body::ShareStore(store));
    let Body::ShareStored(stored) = world.deliver(&first) else {
        panic!("refused")
    };
    world.owner.prekeys.remove(0);
    world.owner.prekeys.push(stored.next);
    let mut deal = |times: usize| {
        for _ in 0..times {
            let (_, store) = world.dealt(1);
            world.keep(store);
        }
        rows(&world)
    };
    let full = deal(ANSWERS_PER_SENDER);
    assert_eq!(deal(ANSWERS_PER_SENDER), full);
    // The answer to the first is forgotten. What it brought cannot be brought twice.
    let before = world.trustee.rows.clone();
    assert_eq!(code(&world.deliver(&first)), "e.p.req.unknown-prekey");
    assert_eq!(world.trustee.rows, before);
}
