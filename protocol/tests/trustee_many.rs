//! A trustee of many owners: what a step costs does not grow with their number.
#![allow(clippy::unwrap_used)]
mod trustee_support;

use kith_protocol::agent::{Agent as _, Context, Input};
use kith_protocol::did::Endpoint;
use kith_protocol::ledger::{Ask, Query};
use kith_protocol::message::setup::Capability;
use kith_protocol::message::{Body, Ping};
use kith_protocol::record::{Bytes, Key, Records, Space};
use kith_protocol::time::Millis;
use kith_protocol::trustee::command::Command;
use kith_protocol::trustee::{Config, TrusteeAgent};
use std::cell::Cell;
use std::collections::BTreeMap;
use trustee_support::owner::Owner;
use trustee_support::world::World;

/// Counts the rows that were read of what is kept for each owner.
struct Counted<'r> {
    rows: &'r BTreeMap<Key, Vec<u8>>,
    read: Cell<usize>,
}

const EACH: [Space; 6] = [
    Space::Ward,
    Space::Custody,
    Space::Prekey,
    Space::Connection,
    Space::Kept,
    Space::Outbox,
];

impl Counted<'_> {
    fn note(&self, key: &[u8], rows: usize) {
        if EACH
            .iter()
            .any(|space| key.first() == Some(&(*space as u8)))
        {
            self.read.set(self.read.get() + rows);
        }
    }
}

impl Records for Counted<'_> {
    fn read(&self, key: &Key) -> Option<Bytes> {
        self.note(key.as_bytes(), 1);
        self.rows.read(key)
    }

    fn scan(&self, prefix: &[u8]) -> Vec<(Key, Bytes)> {
        let found = self.rows.scan(prefix);
        self.note(prefix, found.len());
        found
    }
}

/// A trustee with so many owners, all of whom have a share with it that the ledger shows as active.
fn world(owners: u64) -> World {
    let mut world = World::new(1);
    for number in 0..owners {
        let now = world.trustee.now;
        world.owner = Owner::new(100 + number, &mut world.ledger, now);
        world.owner.name = format!("Owner {number}.");
        world.enrol(Capability::RecoveryShare);
        // Until the trustee's view shows her.
        world.pass(Millis::seconds(500));
        let _ = world.protect(1);
    }
    // The outbox is empty, the chain looked at.
    world.pass(Millis::seconds(600));
    let (active, waiting) = world.shares();
    assert_eq!((active.len() as u64, waiting.len()), (owners, 0));
    world
}

/// The rows read by each kind of step, and by the question for the next deadline.
fn cost(owners: u64) -> [usize; 4] {
    let mut world = world(owners);
    let now = world.trustee.now.after(Millis(1));
    let ping = Body::Ping(Ping {
        response_requested: true,
    });
    let ping = world.owner_message(ping);
    let page = {
        // A policy that nobody here knows.
        let have = world.ledger.size() as u64;
        drop(Owner::new(7, &mut world.ledger, now));
        let query = Query {
            log: world.ledger.log(),
            hosts: Vec::new(),
            ask: Ask::Follow { have, since: now },
        };
        let answer = world.ledger.answer(&query, now);
        Input::Answered { query, answer }
    };
    let records = Counted {
        rows: &world.trustee.rows,
        read: Cell::new(0),
    };
    let config = Config {
        name: "Bob".into(),
        host_backups: true,
    };
    let mut agent = TrusteeAgent::open(&records, config).unwrap();
    let endpoint = Endpoint::new("12D3KooWTrustee".into(), vec!["/memory/1".into()]).unwrap();
    let mut step = |input: Input<Command>| {
        records.read.set(0);
        let cx = Context {
            records: &records,
            rng: &mut world.owner.rng,
            endpoint: &endpoint,
            uptime: 0,
        };
        let step = agent.step(now, input, cx).unwrap();
        assert!(!matches!(step.reply, Some(Body::Problem(_))));
        let stepped = records.read.replace(0);
        agent.deadline(&records).unwrap();
        stepped + records.read.get()
    };
    [
        step(Input::Delivered(ping)),
        step(page),
        step(Input::DeadlineReached),
        step(Input::Command(Command::InvitationList)),
    ]
}

#[test]
fn a_step_reads_no_more_rows_with_many_owners_than_with_few() {
    assert_eq!(cost(24), cost(3));
}
