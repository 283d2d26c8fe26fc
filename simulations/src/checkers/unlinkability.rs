//! G12, at the level of bytes: until somebody asks for a recovery, the ledger shows neither who the
//! trustees are nor how many. No trace can show what onlookers can conclude; this looks at what they see.
use crate::checkers::samples::{OWNER, protected};
use kith_protocol::record::{Key, Records as _, Space};
use std::collections::BTreeSet;

/// So many bytes that two have in common are no accident.
const WINDOW: usize = 12;

#[test]
fn the_ledger_shows_as_much_of_three_trustees_as_of_six() {
    let lengths = |trustees| {
        let world = protected(trustees);
        let entries = world.jury.ledger.entries().map(<[u8]>::len);
        entries.collect::<Vec<_>>()
    };
    assert_eq!(lengths(3), lengths(6));
}

#[test]
fn the_ledger_shows_nothing_of_what_the_owner_keeps_of_her_trustees() {
    let world = protected(5);
    let rows = world
        .node(OWNER)
        .disk
        .scan(Key::new(Space::Trustee, &[]).as_bytes());
    assert_eq!(rows.len(), 6, "five trustees and a host");
    // Their names, DIDs and keys.
    let known: BTreeSet<&[u8]> = rows
        .iter()
        .flat_map(|(_, row)| row.windows(WINDOW))
        .collect();
    let shown = world.jury.ledger.entries();
    let shown: Vec<&[u8]> = shown.flat_map(|entry| entry.windows(WINDOW)).collect();
    assert!(!shown.is_empty());
    assert!(shown.iter().all(|window| !known.contains(window)));
}
