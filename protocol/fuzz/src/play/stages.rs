//! How far an honest play has come when a hostile one begins.
use super::home::Event;
use super::table::{Laid, Table};
use kith_protocol::bytes::to_base64url;
use kith_protocol::time::{Millis, Timestamp};
use serde_json::{Value, json};
use std::sync::LazyLock;

pub(crate) const ALICE: usize = 0;
pub(crate) const CLAIMANT: usize = 1;
const BOB: usize = 2;
const CAROL: usize = 3;
const HEIDI: usize = 4;

const START: Timestamp = Timestamp(1_000_000_000);
const DELAY: u64 = 2_000;

/// Nothing yet, invited, protected, claiming, recognised and approved.
pub(crate) static STAGES: LazyLock<[Laid; 5]> = LazyLock::new(|| {
    [
        new().lay(),
        invited().lay(),
        protected().lay(),
        claiming().lay(),
        approved().lay(),
    ]
});

/// An order that must be carried out; what its person is told.
fn order(table: &mut Table, who: usize, order: Value) -> Value {
    let name = order["command"].clone();
    let step = table.give(who, Event::Order(order)).expect("a command");
    let answer = step.answer.expect("an answer");
    table.settle();
    answer.unwrap_or_else(|error| panic!("{name}: {}", error.message))
}

fn new() -> Table {
    let mut table = Table::new(START);
    let descriptor = to_base64url(&table.ledger.descriptor.to_bytes());
    table.texts.push(descriptor);
    table
}

fn pass(table: &mut Table, span: u64) {
    for _ in 0..4 {
        table.pass(Millis(span / 4));
        table.settle();
    }
}

/// Alice has an identity, and Bob her link.
fn invited() -> Table {
    let mut table = new();
    let ledger = table.texts.last().cloned();
    order(
        &mut table,
        ALICE,
        json!({"command": "init", "name": "Alice", "ledger": ledger}),
    );
    order(
        &mut table,
        ALICE,
        json!({"command": "secret-add", "name": "seed", "data": "c2VlZA"}),
    );
    pass(&mut table, 1_000);
    let invite = json!({"command": "trustee-invite", "name": "Bob"});
    order(&mut table, ALICE, invite);
    table
}

fn enrol(table: &mut Table, who: usize, host: bool) {
    let name = table.homes[who].still.name;
    let command = if host {
        "host-invite"
    } else {
        "trustee-invite"
    };
    let link = order(table, ALICE, json!({"command": command, "name": name}))["link"].clone();
    let opened = order(
        table,
        who,
        json!({"command": "invitation-open", "link": link}),
    );
    order(
        table,
        who,
        json!({"command": "invitation-accept", "id": opened["id"]}),
    );
    let hers = order(
        table,
        ALICE,
        json!({"command": "trustee-words", "name": name}),
    );
    let theirs = order(
        table,
        who,
        json!({"command": "owner-words", "name": "Alice"}),
    );
    order(
        table,
        ALICE,
        json!({"command": "trustee-verify", "name": name, "words": theirs["say"]}),
    );
    order(
        table,
        who,
        json!({"command": "owner-verify", "name": "Alice", "words": hers["say"]}),
    );
}

fn protected() -> Table {
    let mut table = invited();
    enrol(&mut table, CAROL, false);
    enrol(&mut table, HEIDI, true);
    // A link is opened once; Bob gets another.
    enrol(&mut table, BOB, false);
    let protect = json!({
        "command": "protect", "threshold": 2, "delay": DELAY, "lifetime": 60_000, "cool_down": 1_000,
        "override_threshold": null,
    });
    order(&mut table, ALICE, protect);
    pass(&mut table, 2_000);
    let deal = order(&mut table, ALICE, json!({"command": "protect-status"}));
    assert_eq!(deal["state"], "protected", "{deal}");
    table
}

/// A fresh device asks Bob and Carol.
fn claiming() -> Table {
    let mut table = protected();
    let start = json!({
        "command": "recover-start", "name": "Alice", "trustees": ["Bob", "Carol"], "stolen": false,
    });
    order(&mut table, CLAIMANT, start);
    for who in [BOB, CAROL] {
        let name = table.homes[who].still.name;
        let link = order(
            &mut table,
            CLAIMANT,
            json!({"command": "recover-invite", "name": name}),
        );
        let open = json!({"command": "request-open", "link": link["link"], "owner": "Alice"});
        order(&mut table, who, open);
    }
    table
}

/// Both have recognised her and said yes; the delay is not over.
fn approved() -> Table {
    let mut table = claiming();
    for who in [BOB, CAROL] {
        let name = table.homes[who].still.name;
        let list = order(&mut table, who, json!({"command": "request-list"}));
        let session = &list["list"][0];
        let hers = order(
            &mut table,
            CLAIMANT,
            json!({"command": "recover-words", "name": name}),
        );
        let theirs = &session["words"]["say"];
        let verify = json!({"command": "recover-verify", "name": name, "words": theirs});
        order(&mut table, CLAIMANT, verify);
        let heard = json!({"command": "request-verify", "id": session["id"], "words": hers["say"]});
        order(&mut table, who, heard);
        pass(&mut table, 400);
        order(
            &mut table,
            who,
            json!({"command": "request-approve", "id": session["id"]}),
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stages are no dead ends: from the last one an honest play comes to its end.
    #[test]
    fn from_the_last_stage_the_claimant_gets_back_what_was_protected() {
        let mut table = STAGES[4].clone().up();
        for _ in 0..20 {
            pass(&mut table, 1_000);
        }
        let item = order(
            &mut table,
            CLAIMANT,
            json!({"command": "secret-show", "name": "seed"}),
        );
        assert_eq!(item["data"], "c2VlZA");
    }
}
