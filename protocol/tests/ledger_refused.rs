//! Golden refusals: what the rule of this version says no to, with the reason. Readers replay the
//! whole log, so a rule that becomes stricter or laxer would split them: these outcomes never change.
#![allow(clippy::unwrap_used)]
mod ledger_support;

use kith_protocol::bytes::Digest;
use kith_protocol::ledger::{Invalid, Record, State, Verdict, check};
use kith_protocol::time::Timestamp;
use ledger_support::*;
use serde_json::{Value, json};

const PINNED: &str = include_str!("../vectors/ledger/refused.json");
const ADMITTED: &str = "admitted";

/// A log of records as they arrive, and what the rule says to each.
struct Story {
    world: World,
    told: Vec<Value>,
}

impl Story {
    fn tell(&mut self, name: &str, time: Timestamp, bytes: &[u8]) {
        let outcome = outcome(&mut self.world.state, bytes, time);
        self.told.push(json!({
            "name": name,
            "time": time.0,
            "record": hex::encode(bytes),
            "outcome": outcome,
        }));
    }

    fn say(&mut self, name: &str, time: Timestamp, record: &Record) {
        self.tell(name, time, &record.to_bytes());
    }
}

fn outcome(state: &mut State, bytes: &[u8], time: Timestamp) -> String {
    let checked = Record::from_bytes(bytes)
        .map_err(|_| Invalid::Malformed)
        .and_then(|record| check(state, &record, time));
    match checked {
        Ok(effect) => {
            state.apply(&effect);
            ADMITTED.to_owned()
        }
        Err(invalid) => invalid.code().to_owned(),
    }
}

fn story() -> Vec<Value> {
    let mut story = Story {
        world: World::founded(),
        told: Vec::new(),
    };
    story.world.state = State::new(LOG);
    forms(&mut story);
    let dealt = {
        let world = World::founded();
        world.dealt(&world.epoch.body)
    };
    story.say("recovery-policy", START, &dealt);
    chains(&mut story);
    verdicts(&mut story);
    story.told
}

/// The same record spoilt in its form, and then whole.
fn forms(story: &mut Story) {
    let good = creation(&story.world.owner).to_bytes();
    story.tell("nothing", START, &[]);
    story.tell("a-byte-too-many", START, &[&good[..], &[0]].concat());
    story.tell("a-byte-short", START, &good[..good.len() - 1]);
    let mut version = good.clone();
    version[0] += 1;
    story.tell("another-version", START, &version);
    // After version and subject, each one byte: `seq` 0 in two bytes where one is enough.
    let overlong = [&good[..2], &[0x80, 0], &good[3..]].concat();
    story.tell("not-canonical", START, &overlong);
    // Version, subject, seq and 32 bytes of `prev` stand in front of the kind.
    let mut kind = good.clone();
    assert_eq!(kind[35], 10);
    kind[35] = 99;
    story.tell("an-unknown-kind", START, &kind);
    story.tell("policy-create", START, &good);
    story.tell("the-same-again", START, &good);
}

fn chains(story: &mut Story) {
    let (world, owner) = (World::protected(), key(1));
    let mut record = world.dealt(&epoch(2, 30).body);
    record.prev = Digest([1; 32]);
    story.say("on-the-wrong-chain", LATER, &record);
    let (elsewhere, _) = World::founded_on(Digest([8; 32]), 1);
    assert_eq!(elsewhere.owner.verifying_key(), owner.verifying_key());
    let record = elsewhere.dealt(&elsewhere.epoch.body);
    story.say("of-another-log", LATER, &record);
    story.say("request", LATER, &world.request(0));
}

/// One key may change its mind fifteen times.
fn verdicts(story: &mut Story) {
    let alternating = [Verdict::Approve, Verdict::Stolen].into_iter().cycle();
    for (count, verdict) in alternating.take(17).enumerate() {
        let record = story.world.verdict(0, verdict);
        story.say(&format!("verdict-{}", count + 1), LATER, &record);
    }
}

fn pinned() -> Vec<Value> {
    serde_json::from_str(PINNED).unwrap()
}

/// G15: among them the seventeenth verdict of one key on one request.
#[test]
fn pinned_records_are_refused_with_their_pinned_reason() {
    let mut state = State::new(LOG);
    for vector in pinned() {
        let bytes = hex::decode(vector["record"].as_str().unwrap()).unwrap();
        let time = Timestamp(vector["time"].as_u64().unwrap());
        let outcome = outcome(&mut state, &bytes, time);
        assert_eq!(outcome, vector["outcome"], "{}", vector["name"]);
    }
}

#[test]
fn refused_records_are_written_as_they_are_pinned() {
    let written = story();
    let now = serde_json::to_string_pretty(&written).unwrap();
    assert!(
        written == pinned(),
        "they are written differently now:\n{now}"
    );
}
