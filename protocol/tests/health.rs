//! What agents say of their own health, each state brought about as it comes about in life.
#![allow(clippy::unwrap_used)]
mod owner_support;

use kith_protocol::agent::Agent;
use kith_protocol::health::{Check, Relation, Verdict};
use kith_protocol::ledger::{Answer as LedgerAnswer, Ask};
use kith_protocol::owner::command::Command;
use kith_protocol::time::{Millis, Timestamp};
use kith_protocol::trustee::command as trustee;
use owner_support::Net;
use owner_support::home::Home;
use owner_support::ledger::Ledger;

/// The check of this id.
fn check<A: Agent>(home: &Home<A>, id: &str) -> Check {
    let checks = home.health().checks;
    let found = checks.iter().find(|check| check.id == id);
    found
        .unwrap_or_else(|| panic!("no {id}: {checks:#?}"))
        .clone()
}

/// It came out so, says this, and a failure or warning names a command.
fn is<A: Agent>(home: &Home<A>, id: &str, state: Verdict, word: &str) {
    let check = check(home, id);
    assert_eq!(check.state, state, "{check:?}");
    assert!(check.finding.contains(word), "{check:?}");
    assert_eq!(check.command.is_none(), state == Verdict::Ok, "{check:?}");
}

const LEDGER: &str = "ledger:kith.example/test";

#[test]
fn a_protected_owner_has_nothing_to_mend() {
    let net = Net::protected();
    let health = net.owners[0].health();
    assert!(
        health.checks.iter().all(|check| check.state == Verdict::Ok),
        "{:#?}",
        health.checks
    );
    let trustees = health.contacts.iter();
    let trustees = trustees.filter(|contact| contact.relation == Relation::Trustee);
    assert_eq!(
        (trustees.count(), health.contacts.len(), health.needed),
        (3, 4, 2)
    );
    assert_eq!(health.ledgers.len(), 1);
}

#[test]
fn an_empty_home_and_one_without_shares_are_told_with_the_command_that_begins() {
    let mut net = Net::new(&["Bob"]);
    is(&net.owners[0], "identity", Verdict::Failed, "no identity");
    net.init();
    is(
        &net.owners[0],
        "shares",
        Verdict::Failed,
        "no share was dealt",
    );
    is(&net.owners[0], "backup", Verdict::Failed, "no backup");
    is(&net.owners[0], "policy", Verdict::Ok, "live");
}

#[test]
fn a_silent_ledger_is_stale_and_what_waits_for_it_is_counted() {
    let mut net = Net::new(&["Bob"]);
    net.ledger.silent = true;
    net.init();
    is(&net.owners[0], LEDGER, Verdict::Failed, "no certified head");
    is(
        &net.owners[0],
        "records",
        Verdict::Warning,
        "1 of our records wait",
    );
    is(
        &net.owners[0],
        "policy",
        Verdict::Warning,
        "not on the ledger yet",
    );
    net.ledger.silent = false;
    net.pass(Millis::seconds(31));
    is(&net.owners[0], "records", Verdict::Ok, "no record");
    is(&net.owners[0], LEDGER, Verdict::Ok, "1 records");
    net.ledger.silent = true;
    net.owners[0].now = net.now.after(Millis::seconds(4_000));
    is(
        &net.owners[0],
        LEDGER,
        Verdict::Failed,
        "67 min old and may be 1 h old",
    );
}

/// A clock that was set back by years: the head that was seen lies in the future.
#[test]
fn a_clock_that_was_set_back_is_told_by_the_ledger() {
    let mut net = Net::new(&["Bob"]);
    net.init();
    net.owners[0].now = Timestamp(1_000);
    is(
        &net.owners[0],
        LEDGER,
        Verdict::Failed,
        "ahead of this machine's clock",
    );
    let command = check(&net.owners[0], LEDGER).command;
    assert!(command.unwrap().contains("set-ntp"));
}

#[test]
fn two_histories_are_kept_and_named() {
    let mut net = Net::new(&["Bob"]);
    net.init();
    is(&net.owners[0], "forks", Verdict::Ok, "one history");
    // The same keys certify another log of the same size: somebody else's policy is its first entry.
    let mut stranger = Net::new(&["Bob"]);
    stranger.owners[0] = Home::owner(9);
    stranger.init();
    let twin: Ledger = stranger.ledger;
    let now = net.now;
    net.on_query = Box::new(move |query| match query.ask {
        Ask::Follow { have, .. } => Some(LedgerAnswer::Page(twin.page(have, now.after(Millis(1))))),
        Ask::Append(_) => None,
    });
    net.pass(Millis::seconds(400));
    is(&net.owners[0], "forks", Verdict::Failed, "two histories");
}

#[test]
fn missing_receipts_and_backups_are_named() {
    let mut net = Net::new(&["Bob", "Carol", "Dave", "Heidi", "Hugo"]);
    net.init();
    for name in ["Bob", "Carol", "Dave"] {
        net.enrol(name, false);
    }
    net.enrol("Heidi", true);
    net.enrol("Hugo", true);
    net.online("Hugo", false);
    net.protect().unwrap();
    net.pass(Millis::seconds(1));
    is(
        &net.owners[0],
        "backup",
        Verdict::Warning,
        "kept by 1 of 2 hosts; missing: Hugo",
    );
    assert_eq!(check(&net.owners[0], "backup").on.as_deref(), Some("Hugo"));
}

#[test]
fn an_attempt_in_her_name_and_a_revoked_key_are_failures() {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol", "Dave"], true);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
    }
    net.pass(Millis::seconds(1));
    is(
        &net.owners[0],
        "alerts",
        Verdict::Failed,
        "asks your trustees for your keys",
    );
    is(&net.owners[1], "identity", Verdict::Ok, "under way");
    for name in ["Bob", "Carol"] {
        net.approve(name);
    }
    net.pass(Millis::seconds(8));
    assert_eq!(net.recovery().state, "done");
    is(&net.owners[0], "policy", Verdict::Failed, "revoked");
    is(&net.owners[1], "policy", Verdict::Ok, "live");
    // What the old device still tries is refused, and quoted with its code.
    let id = net.recovery().request.unwrap().to_string();
    net.owner(0, Command::AlertVeto { id }).unwrap();
    net.pass(Millis::seconds(1));
    is(&net.owners[0], "refused-record", Verdict::Warning, "(e.p.");
}

#[test]
fn a_trustee_counts_what_it_keeps_and_says_what_waits() {
    let mut net = Net::protected();
    is(
        &net.people[0],
        "shares",
        Verdict::Ok,
        "it keeps 1 active recovery shares",
    );
    is(&net.people[3], "shares", Verdict::Ok, "and 1 backups");
    is(&net.people[0], "requests", Verdict::Ok, "no request");
    let contacts = net.people[0].health().contacts;
    assert_eq!((contacts.len(), contacts[0].relation), (1, Relation::Owner));
    net.claim(&["Bob", "Carol"], false);
    net.recognise("Bob");
    is(
        &net.people[0],
        "requests",
        Verdict::Warning,
        "1 requests wait",
    );
}

/// An operator whose witnesses never adopted its ledger certifies nothing; both sides say so.
#[test]
fn an_operator_without_witnesses_and_a_witness_without_an_operator_say_so() {
    let mut net = Net::new(&["Harbour", "Walter"]);
    let Ok(trustee::Answer::Card { card }) = net.person("Walter", trustee::Command::WitnessCard)
    else {
        panic!()
    };
    let create = trustee::Command::LedgerCreate {
        origin: "kith.example/log".into(),
        witnesses: vec![card],
        quorum: 1,
        max_age: Millis::seconds(60),
        single_operator: false,
    };
    net.online("Walter", false);
    let Ok(trustee::Answer::Descriptor { descriptor, .. }) = net.person("Harbour", create) else {
        panic!()
    };
    net.pass(Millis::seconds(1));
    is(
        &net.people[0],
        "operated:kith.example/log",
        Verdict::Failed,
        "no certified head yet",
    );
    let adopt = trustee::Command::WitnessAdopt { descriptor };
    net.person("Walter", adopt).unwrap();
    is(
        &net.people[1],
        "witnessed:kith.example/log",
        Verdict::Warning,
        "never asked",
    );
    net.online("Walter", true);
    net.pass(Millis::seconds(120));
    is(
        &net.people[0],
        "operated:kith.example/log",
        Verdict::Ok,
        "0 records certified",
    );
    is(
        &net.people[1],
        "witnessed:kith.example/log",
        Verdict::Ok,
        "last head cosigned",
    );
    net.people[1].now = Timestamp(1_000);
    is(
        &net.people[1],
        "witnessed:kith.example/log",
        Verdict::Failed,
        "ahead of this machine",
    );
}
