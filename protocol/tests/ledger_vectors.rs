//! Golden bytes of everything that a log holds for ever. The files are only ever added to: a change
//! that breaks one of them breaks every log there is.
#![allow(clippy::unwrap_used)]
mod ledger_support;
#[path = "ledger_support/net.rs"]
mod net;

use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::ledger::{
    Authorizations, Certified, Descriptor, Entry, Kind, Record, RecordBody, State, Verdict, check,
};
use kith_protocol::time::Timestamp;
use ledger_support::*;
use net::descriptor;
use serde_json::{Value, json};

const RECORDS: &str = include_str!("../vectors/ledger/records.json");
const REPAIRS: &str = include_str!("../vectors/ledger/repairs.json");
const LOGS: &str = include_str!("../vectors/ledger/log.json");

type Told = Vec<(&'static str, Timestamp, Record)>;

/// Each file with what is told in it; together every kind.
fn stories() -> [(&'static str, Told); 2] {
    [(RECORDS, story()), (REPAIRS, repairs())]
}

/// A share that is computed by others for a new phone, and one whose owner objects.
fn repairs() -> Told {
    let mut world = World::protected();
    let mut told = vec![
        ("policy-create", START, creation(&world.owner)),
        ("recovery-policy", START, {
            let world = World::founded();
            world.dealt(&world.epoch.body)
        }),
    ];
    let mut tell = |world: &mut World, name, time, record: Record| {
        world.put(&record, time).unwrap();
        told.push((name, time, record));
    };
    let body = world.repair_body(4, 0, 90);
    let id = body.id();
    let record = world.repair_of(body, 0);
    tell(&mut world, "repair", LATER, record);
    for trustee in 0..3 {
        let record = world.verdict_on(id, trustee, Verdict::Approve);
        tell(&mut world, "approval-of-a-repair", LATER, record);
    }
    let record = world.closing(id, 90);
    tell(&mut world, "repaired", over(), record);
    let mut body = world.repair_body(3, 1, 91);
    body.request.path = world.path(&body.request.sponsor);
    body.request.expiry = over().after(LIFETIME);
    let id = body.id();
    let record = world.repair_of(body, 1);
    tell(&mut world, "repair-of-another", over(), record);
    let record = world.verdict_on(id, 3, Verdict::Withdrawn);
    tell(&mut world, "objection", over(), record);
    told
}

/// A policy from its beginning to a recovery against a thief's veto, in an order that the rule admits.
fn story() -> Told {
    let mut world = World::founded();
    let mut told = vec![("policy-create", START, creation(&world.owner))];
    let mut tell = |world: &mut World, name, time, record: Record| {
        world.put(&record, time).unwrap();
        told.push((name, time, record));
    };
    let (second, prover) = (key(20), key(21));
    let record = world.grant(&second, Authorizations::ADMIN);
    tell(&mut world, "policy-update-grant", START, record);
    let record = world.dealt(&world.epoch.body);
    tell(&mut world, "recovery-policy", START, record);
    let record = world.grant(&prover, Authorizations::PROVE);
    tell(&mut world, "policy-update-grant-prove", START, record);
    let record = world.revoke(&prover, &world.owner);
    tell(&mut world, "policy-update-revoke", START, record);
    let record = world.dealt(&epoch(2, 30).body);
    let change = record.digest(&LOG);
    tell(&mut world, "recovery-policy-waiting", LATER, record);
    let record = Record::veto(
        &LOG,
        kith_protocol::ledger::Subject::Change(change),
        &second,
    );
    tell(&mut world, "veto-of-a-change", LATER, record);
    let record = world.request(0);
    tell(&mut world, "request", LATER, record);
    let names = [
        "approval-stolen-1",
        "approval-stolen-2",
        "approval-stolen-3",
        "approval-stolen-4",
    ];
    for (trustee, name) in names.into_iter().enumerate() {
        let record = world.verdict(trustee, Verdict::Stolen);
        tell(&mut world, name, LATER, record);
    }
    let record = world.verdict(4, Verdict::Approve);
    tell(&mut world, "approval-approve", LATER, record);
    let record = world.verdict(4, Verdict::Withdrawn);
    tell(&mut world, "approval-withdrawn", LATER, record);
    let record = world.veto(&second);
    tell(&mut world, "veto-of-a-request", LATER, record);
    let record = world.overriding(&second, 0);
    tell(&mut world, "override", over(), record);
    let record = world.completion();
    tell(&mut world, "complete", over().after(DELAY), record);
    told
}

fn described(name: &str, time: Timestamp, record: &Record) -> Value {
    json!({
        "name": name,
        "kind": record.kind().number(),
        "log": LOG.to_string(),
        "time": time.0,
        "digest": record.digest(&LOG).to_string(),
        "record": hex::encode(record.to_bytes()),
    })
}

fn records(file: &str) -> Vec<Value> {
    serde_json::from_str(file).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn every_kind_has_golden_bytes() {
    let all = stories().map(|(file, _)| records(file)).concat();
    let kinds = all.iter().map(|vector| vector["kind"].as_u64().unwrap());
    let pinned: Vec<u64> = kinds.collect();
    for kind in Kind::ALL {
        assert!(pinned.contains(&u64::from(kind.number())), "{kind:?}");
    }
}

#[test]
fn records_are_written_as_they_are_pinned() {
    for (file, told) in stories() {
        let described = told
            .iter()
            .map(|(name, time, record)| described(name, *time, record));
        let written: Vec<Value> = described.collect();
        let now = serde_json::to_string_pretty(&written).unwrap();
        assert!(
            written == records(file),
            "they are written differently now:\n{now}"
        );
    }
}

#[test]
fn pinned_records_are_read_written_again_and_admitted() {
    for (file, _) in stories() {
        let mut state = State::new(LOG);
        for vector in records(file) {
            let pinned = bytes(&vector["record"]);
            let record = Record::from_bytes(&pinned).unwrap();
            assert_eq!(record.to_bytes(), pinned);
            assert_eq!(record.digest(&LOG).to_string(), vector["digest"]);
            let time = Timestamp(vector["time"].as_u64().unwrap());
            let effect = check(&state, &record, time)
                .unwrap_or_else(|invalid| panic!("{}: {invalid}", vector["name"]));
            state.apply(&effect);
        }
    }
}

/// Any bit flipped is caught: by the encoding, by the rule, or by a signature.
#[test]
fn every_flipped_bit_of_a_record_is_caught() {
    for (_, told) in stories() {
        let mut state = State::new(LOG);
        for (name, time, record) in told {
            let good = record.to_bytes();
            for bit in (0..good.len() * 8).step_by(29) {
                let mut changed = good.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                let admitted = Record::from_bytes(&changed)
                    .is_ok_and(|record| check(&state, &record, time).is_ok());
                assert!(!admitted, "{name}, bit {bit}");
            }
            state.apply(&check(&state, &record, time).unwrap());
        }
    }
}

/// L1: two readers that replay the same records have the same state.
#[test]
fn replaying_the_same_records_gives_the_same_state() {
    let replayed = |told: Told| {
        let mut state = State::new(LOG);
        for (_, time, record) in told {
            state.apply(&check(&state, &record, time).unwrap());
        }
        state
    };
    let (once, again) = (stories(), stories());
    for ((_, once), (_, again)) in once.into_iter().zip(again) {
        assert_eq!(replayed(once), replayed(again));
    }
}

/// L4: what a record shows of trustees and lanes is digests; the request opens its own lane alone.
#[test]
fn a_recovery_policy_shows_no_trustee_and_no_lane() {
    let epoch = epoch(1, 5);
    let record = story().swap_remove(2).2.to_bytes();
    let contains = |needle: &[u8]| record.windows(needle.len()).any(|window| window == needle);
    for trustee in &epoch.trustees {
        assert!(!contains(trustee.verifying_key().as_bytes()));
    }
    assert!(!contains(&epoch.lane.sign_key.to_array()[1..]));
    assert!(contains(&epoch.lane.commitment().0));
}

#[test]
fn a_record_above_its_bound_is_refused() {
    let mut record = creation(&key(1));
    let RecordBody::PolicyCreate(body) = &mut record.body else {
        panic!()
    };
    body.commitment = Some(Blob(vec![0; 17 * 1024]));
    assert!(Record::from_bytes(&record.to_bytes()).is_err());
    let mut record = creation(&key(1));
    record.signatures = vec![record.signatures[0].clone(); 17];
    assert!(Record::from_bytes(&record.to_bytes()).is_err());
}

fn log() -> Value {
    serde_json::from_str(LOGS).unwrap()
}

#[test]
fn a_log_is_written_as_it_is_pinned() {
    let log = log();
    let descriptor = descriptor();
    assert_eq!(hex::encode(descriptor.to_bytes()), log["descriptor"]);
    let note = log["note"].as_str().unwrap();
    let checkpoint = Certified::verify(&descriptor, note.as_bytes())
        .unwrap()
        .checkpoint;
    let signed = String::from_utf8(checkpoint.sign(&key(100))).unwrap();
    assert!(note.starts_with(&signed), "the operator's part comes first");
}

#[test]
fn a_pinned_log_is_read() {
    let log = log();
    let descriptor = Descriptor::from_bytes(&bytes(&log["descriptor"])).unwrap();
    assert_eq!(descriptor.id().to_string(), log["log"]);
    let certified =
        Certified::verify(&descriptor, log["note"].as_str().unwrap().as_bytes()).unwrap();
    let leaf = bytes(&log["entry"]);
    assert_eq!(
        certified.checkpoint.root,
        Digest(tlog_tiles::tlog::record_hash(&leaf).0)
    );
    let entry = Entry::from_bytes(&leaf).unwrap();
    assert_eq!(entry.to_bytes(), leaf);
    assert_eq!(entry.time, certified.checkpoint.time);
    let effect = check(
        &State::new(descriptor.id()),
        &entry.record().unwrap(),
        entry.time,
    );
    assert!(effect.is_ok());
}
