//! Nobody has to stay a trustee: what resigning does on both sides (R6; decision 0031).
#![allow(clippy::unwrap_used)]

mod owner_support;

use kith_protocol::message::Body;
use kith_protocol::owner::command::{Answer, Command};
use kith_protocol::time::Millis;
use kith_protocol::trustee::command as trustee;
use owner_support::Net;
use owner_support::play::{DELAY, WAITING};

/// How long a message is waited for at most before it is sent again, in this test's spans.
const A_WHILE: Millis = Millis::seconds(40);

fn resign(net: &mut Net, name: &str, at_once: bool) -> String {
    let command = trustee::Command::Resign {
        name: "Alice".into(),
        at_once,
    };
    match net.person(name, command) {
        Ok(trustee::Answer::Done { text }) => text,
        other => panic!("{other:?}"),
    }
}

fn told(net: &Net) -> Vec<String> {
    let events = net.owners[0].pending().into_iter();
    let resigned = events.filter(|event| event.kind == "resigned");
    resigned.map(|event| event.text).collect()
}

fn owner_state(net: &mut Net, name: &str) -> String {
    match net.person(name, trustee::Command::OwnerList) {
        Ok(trustee::Answer::Owners { list }) => list[0].state.clone(),
        other => panic!("{other:?}"),
    }
}

/// Any two of three, and one of them wants out: the share stays until the next epoch is proved held without it.
#[test]
fn who_resigns_is_a_trustee_until_others_hold_the_next_epoch() {
    let mut net = Net::protected();
    let said = resign(&mut net, "Dave", false);
    assert!(said.contains("Alice is told"), "{said}");
    net.settle();
    assert_eq!(net.state_of("Dave"), "resigned");
    assert_eq!(owner_state(&mut net, "Dave"), "resigned");
    assert_eq!(net.epochs("Dave"), [1]);
    let [warning] = told(&net).try_into().unwrap();
    assert!(
        warning.contains("of the others 2 hold a share, and 2 are needed")
            && warning.contains("owner-agent trustee replace Dave NAME"),
        "{warning}"
    );
    // Said again it is no news.
    resign(&mut net, "Dave", false);
    net.settle();
    assert_eq!(
        net.sent_by_kind(|body| matches!(body, Body::SetupResign(_))),
        1
    );
    net.owner(
        0,
        Command::TrusteeRemove {
            names: vec!["Dave".into()],
        },
    )
    .unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(net.state_of("Dave"), "removed");
    assert_eq!(owner_state(&mut net, "Dave"), "ended");
    assert_eq!(net.epochs("Dave"), [0_u32; 0]);
    assert_eq!(told(&net), [""; 0]);
}

/// The next deal leaves it out, whoever orders it and for what.
#[test]
fn nothing_is_dealt_to_who_resigned() {
    let mut net = Net::protected();
    resign(&mut net, "Dave", false);
    net.settle();
    net.protect().unwrap();
    net.pass(WAITING);
    let mut names = net.deal().receipts;
    names.sort();
    assert_eq!(names, ["Bob", "Carol"]);
    assert_eq!(net.state_of("Dave"), "removed");
}

/// Who keeps nothing counts no more, from that hour on.
#[test]
fn who_resigns_at_once_keeps_nothing_and_does_not_count() {
    let mut net = Net::protected();
    assert_eq!(net.status(0), "protected");
    resign(&mut net, "Dave", true);
    assert_eq!(net.epochs("Dave"), [0_u32; 0]);
    assert_eq!(owner_state(&mut net, "Dave"), "ended");
    net.settle();
    assert_eq!(net.state_of("Dave"), "resigned");
    assert_eq!(net.status(0), "at-risk");
    let [warning] = told(&net).try_into().unwrap();
    assert!(warning.contains("has deleted what it kept"), "{warning}");
    let shares = net.owners[0].health().checks;
    let shares = shares.iter().find(|check| check.id == "shares").unwrap();
    assert!(
        shares.finding.contains("none may be lost"),
        "{}",
        shares.finding
    );
}

/// A host that leaves keeps no byte.
#[test]
fn a_host_that_resigns_at_once_keeps_no_backup() {
    let mut net = Net::protected();
    let backups = |net: &mut Net| match net.person("Heidi", trustee::Command::Status) {
        Ok(trustee::Answer::Status { backups, .. }) => backups,
        other => panic!("{other:?}"),
    };
    assert_eq!(backups(&mut net), 1);
    resign(&mut net, "Heidi", true);
    assert_eq!(backups(&mut net), 0);
    net.settle();
    assert_eq!(net.state_of("Heidi"), "resigned");
    assert!(told(&net)[0].contains("your backup host no longer"));
}

/// Two of three recover, one of them had resigned; her new device did not know, and is told.
#[test]
fn who_resigned_still_helps_to_recover_and_says_it_to_the_new_device() {
    let mut net = Net::protected();
    resign(&mut net, "Carol", false);
    net.settle();
    net.claim(&["Bob", "Carol"], false);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    for _ in 0..4 {
        net.pass(DELAY);
        net.pass(A_WHILE);
    }
    assert!(net.item().is_some());
    let Ok(Answer::Trustees { list }) = net.owner(1, Command::TrusteeList) else {
        panic!()
    };
    let carol = list.into_iter().find(|view| view.name == "Carol").unwrap();
    assert_eq!(carol.state, "resigned");
}

/// An approval that stands on the ledger is not left behind without its key.
#[test]
fn nobody_leaves_at_once_in_the_middle_of_a_recovery() {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol"], false);
    net.recognise("Bob");
    let command = trustee::Command::Resign {
        name: "Alice".into(),
        at_once: true,
    };
    let refused = net.person("Bob", command).unwrap_err().to_string();
    assert!(
        refused.contains("trustee-agent request deny q-"),
        "{refused}"
    );
    assert_eq!(net.epochs("Bob"), [1]);
}

/// A statement that names another policy, or was signed by another key, changes nothing.
#[test]
fn a_resignation_that_its_sender_did_not_sign_is_refused() {
    let mut net = Net::protected();
    net.on_send = Box::new(|message| {
        if let Body::SetupResign(resign) = &mut message.body {
            resign.resignation.at_once = !resign.resignation.at_once;
        }
        true
    });
    resign(&mut net, "Dave", false);
    net.settle();
    assert_eq!(net.state_of("Dave"), "verified");
}
