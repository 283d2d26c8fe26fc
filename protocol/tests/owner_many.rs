//! An owner of many trustees: what a message of one costs does not grow with their number.
#![allow(clippy::unwrap_used)]
mod owner_support;

use kith_protocol::agent::{Agent as _, Context, Input};
use kith_protocol::did::Endpoint;
use kith_protocol::message::words::Mismatch;
use kith_protocol::message::{Body, PingResponse, Received};
use kith_protocol::owner::OwnerAgent;
use kith_protocol::owner::command::Command;
use kith_protocol::record::{Bytes, Key, Records, Space};
use owner_support::home::Rows;
use owner_support::{Net, rng};
use std::cell::Cell;

/// Counts the rows of trustees that were read one by one or all together.
struct Counted<'r> {
    rows: &'r Rows,
    read: Cell<usize>,
}

impl Counted<'_> {
    fn note(&self, key: &[u8], rows: usize) {
        if key.first() == Some(&(Space::Trustee as u8)) {
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

/// The rows read for a message of the last trustee and for her reply.
fn cost(trustees: usize) -> [usize; 2] {
    let names: Vec<String> = (0..trustees).map(|number| format!("T{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut net = Net::new(&names);
    net.init();
    names.iter().for_each(|name| net.enrol(name, false));
    let accepted = net.sent.iter().rev();
    let mut accepted = accepted.filter(|sent| matches!(sent.body, Body::SetupAccept(_)));
    let last = accepted.next().unwrap().clone();
    let mut agent = OwnerAgent::open(&net.owners[0].rows).unwrap();
    let endpoint = Endpoint::new("12D3KooWOwner".into(), vec!["/memory/1".into()]).unwrap();
    let mut rng = rng(9);
    let mut step = |rows: &Rows, input: Input<Command>| {
        let records = Counted {
            rows,
            read: Cell::new(0),
        };
        let cx = Context {
            records: &records,
            rng: &mut rng,
            endpoint: &endpoint,
            uptime: 0,
        };
        let step = agent.step(net.now, input, cx).unwrap();
        (step, records.read.get())
    };
    let mut rows = net.owners[0].rows.clone();
    let said = Received {
        from: last.from.clone(),
        to: last.to.clone(),
        id: "said".into(),
        thid: None,
        pthid: None,
        body: Body::WordsMismatch(Mismatch {}),
    };
    let (refused, message) = step(&rows, Input::Delivered(said));
    let code = |body: &Body| matches!(body, Body::Problem(no) if no.code == "e.p.req.declined");
    assert!(refused.reply.as_ref().is_some_and(code), "she was found");
    let name = names[trustees - 1].into();
    let (asked, _) = step(&rows, Input::Command(Command::TrusteePing { name }));
    for (key, bytes) in asked.writes.iter() {
        rows.insert(key.clone(), bytes.unwrap().to_vec());
    }
    let replied = Input::Replied {
        from: last.from,
        id: asked.sends[0].id.clone(),
        reply: Body::PingResponse(PingResponse {}),
    };
    let (seen, reply) = step(&rows, replied);
    let is_hers = |(key, _): (&Key, _)| key.as_bytes()[0] == Space::Trustee as u8;
    assert!(seen.writes.iter().any(is_hers), "the sign of life is noted");
    [message, reply]
}

#[test]
fn a_message_of_one_trustee_reads_no_rows_of_the_others() {
    assert_eq!(cost(12), cost(3));
    assert_eq!(cost(3), [1, 1]);
}
