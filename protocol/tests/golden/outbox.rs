//! The rows that make sending and answering survive a restart.

use std::collections::BTreeMap;

use kith_protocol::agent::{Context, Work};
use kith_protocol::did::Endpoint;
use kith_protocol::message::{Body, Empty, Received, words};
use kith_protocol::outbox;
use kith_protocol::record::{Batch, Key, Space};
use serde_json::{Value, json};

use crate::people::{PEER, nonce, person, rng};
use crate::pinned::{self, Files, hex_of, readable};
use crate::scene::NOW;

fn body() -> Body {
    let nonce = nonce("trustee");
    Body::WordsReveal(words::Reveal { nonce })
}

/// What one step writes into a space of an empty disk.
fn written(space: Space, act: impl FnOnce(&mut Work<'_>)) -> Value {
    let disk: BTreeMap<Key, Vec<u8>> = BTreeMap::new();
    let endpoint = Endpoint::new(PEER.into(), Vec::new()).unwrap();
    let mut rng = rng("outbox");
    let cx = Context {
        records: &disk,
        rng: &mut rng,
        endpoint: &endpoint,
        uptime: 0,
    };
    let mut work = Work::new(NOW, cx);
    act(&mut work);
    shown(space, &work.finish::<()>(None, None).writes)
}

fn shown(space: Space, batch: &Batch) -> Value {
    let row = |(key, bytes): (&Key, Option<&[u8]>)| json!({ "key": hex_of(key.as_bytes()), "row": hex_of(bytes.unwrap()) });
    let of_space = |(key, _): &(&Key, Option<&[u8]>)| key.as_bytes()[0] == space as u8;
    batch.iter().filter(of_space).map(row).collect()
}

fn sent(work: &mut Work<'_>) {
    outbox::send(work, person("Bob").did(), person("Alice").did(), body());
}

fn answered(work: &mut Work<'_>) {
    let message = Received {
        from: person("Bob").did().clone(),
        to: person("Alice").did().clone(),
        id: "0123456789abcdef0123456789abcdef".into(),
        thid: None,
        pthid: None,
        body: body(),
    };
    outbox::answer_once(work, &message, |work, _| {
        sent(work);
        Ok(Body::Empty(Empty {}))
    })
    .unwrap();
}

/// A message that waits, an answer that may be asked for again, and the count of those, outlive the
/// version that wrote them.
#[test]
fn the_rows_of_the_outbox_are_pinned() {
    let files: Files = [
        ("sent.json", written(Space::Outbox, sent)),
        ("answered.json", written(Space::Answered, answered)),
        ("given.json", written(Space::Given, answered)),
    ]
    .map(|(name, rows)| (name.into(), readable(&rows)))
    .into();
    pinned::compare("rows/outbox", &files);
}
