//! G12, at the level of bytes: until somebody asks for a recovery, the ledger shows neither who the
//! trustees are nor how many. No trace can show what onlookers can conclude; this looks at what they see.
use crate::node::NodeId;
use crate::scenario::{Options, Scenario, plan::Plan};
use crate::story::Story;
use crate::world::World;
use kith_protocol::record::{Key, Records as _, Space};
use std::collections::BTreeSet;

/// So many bytes that two have in common are no accident.
const WINDOW: usize = 12;
const OWNER: NodeId = NodeId(0);

/// A world in which somebody has protected herself with so many trustees.
fn protected(trustees: usize) -> World {
    let text = format!(
        "about = \"one protects herself\"\n[cast]\ntrustees = {trustees}\n[weather]\nloss = 0\n\
         [[story]]\nact = \"protect\"\n"
    );
    let scenario = Scenario::read("protected", &text).expect("a scenario");
    let mut story = Story::new(3, Plan::draw(&scenario, 3), Options::default());
    story.play();
    let world = story.into_world();
    assert_eq!(world.broken, None);
    world
}

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
