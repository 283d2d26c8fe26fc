//! The owner learns which hosts still have her backup, and is told in time (G5; decision 0037).
#![allow(clippy::unwrap_used)]

mod owner_support;

use kith_protocol::agent::Event;
use kith_protocol::bytes::Blob;
use kith_protocol::limits;
use kith_protocol::message::{Body, ProblemReport};
use kith_protocol::owner::command::{Answer, BackupView, Command, HostView};
use kith_protocol::record::Space;
use kith_protocol::time::Millis;
use owner_support::Net;
use owner_support::home::Node as _;
use owner_support::play::WAITING;
use std::cell::Cell;
use std::rc::Rc;

const HOUR: Millis = Millis::seconds(3_600);

/// Lets whole hours pass; everybody wakes once in each.
fn hours(net: &mut Net, count: u64) {
    for _ in 0..count {
        net.now = net.now.after(HOUR);
        let now = net.now;
        net.owners.iter_mut().for_each(|owner| owner.wake(now));
        net.people.iter_mut().for_each(|person| person.wake(now));
        net.settle();
    }
}

/// A little more than the longest pause between two rounds.
fn round(net: &mut Net) {
    hours(net, 9 * 24 + 1);
}

/// Two trustees, two hosts, and a backup of several chunks in force.
fn protected() -> Net {
    let mut net = Net::new(&["Bob", "Carol", "Heidi", "Ivan"]);
    net.init();
    for (name, host) in [
        ("Bob", false),
        ("Carol", false),
        ("Heidi", true),
        ("Ivan", true),
    ] {
        net.enrol(name, host);
    }
    let (name, data) = ("film".into(), Blob(vec![7; 3 * limits::backup::CHUNK]));
    net.owner(0, Command::SecretAdd { name, data }).unwrap();
    net.protect().unwrap();
    net.pass(Millis::seconds(1));
    assert_eq!(net.deal().state, "protected");
    net
}

/// This host's disk loses every backup.
fn lose(net: &mut Net, name: &str) {
    let lost = [Space::Kept, Space::KeptChunk, Space::KeptProgress].map(|space| space as u8);
    let mut people = net.people.iter_mut();
    let rows = &mut people.find(|home| home.name == name).unwrap().rows;
    rows.retain(|key, _| !lost.contains(&key.as_bytes()[0]));
}

fn view(net: &mut Net) -> BackupView {
    match net.owner(0, Command::BackupStatus) {
        Ok(Answer::Backup(view)) => view,
        other => panic!("{other:?}"),
    }
}

fn verify(net: &mut Net) -> BackupView {
    net.owner(0, Command::BackupVerify).unwrap();
    view(net)
}

fn host(view: &BackupView, name: &str) -> HostView {
    let mut hosts = view.hosts.iter();
    hosts.find(|host| host.name == name).unwrap().clone()
}

fn state(net: &mut Net, name: &str) -> String {
    host(&view(net), name).state
}

fn status(net: &mut Net) -> (String, String) {
    match net.owner(0, Command::Status) {
        Ok(Answer::Status { state, text, .. }) => (state, text),
        other => panic!("{other:?}"),
    }
}

fn warnings(net: &Net) -> Vec<Event> {
    let mut events = net.owners[0].pending();
    events.retain(|event| event.kind == "backup");
    events
}

fn asked(net: &Net) -> usize {
    net.sent_by_kind(|body| matches!(body, Body::BackupAudit(_)))
}

/// Every chunk is read from every host, and looked at.
#[test]
fn a_host_that_has_the_backup_shows_all_of_it() {
    let mut net = protected();
    assert_eq!(state(&mut net, "Heidi"), "unasked");
    let view = verify(&mut net);
    assert!(view.chunks > 3);
    for name in ["Heidi", "Ivan"] {
        let host = host(&view, name);
        assert_eq!((host.state.as_str(), host.waiting), ("held", false));
        assert_eq!(host.shown, view.chunks);
        assert!(host.proven.is_some());
    }
    assert_eq!(asked(&net), 2 * view.chunks as usize);
    assert_eq!(warnings(&net), []);
}

/// One chunk, by lot, once in five to nine days.
#[test]
fn every_host_is_asked_about_once_a_week() {
    let mut net = protected();
    hours(&mut net, 5 * 24 - 1);
    assert_eq!(asked(&net), 0, "they have just acknowledged it");
    hours(&mut net, 4 * 24 + 2);
    assert_eq!(asked(&net), 2);
    assert_eq!(
        (state(&mut net, "Heidi"), state(&mut net, "Ivan")),
        ("held".into(), "held".into())
    );
}

/// G5: a backup that is lost after its receipt is noticed while the device lives that can make another.
#[test]
fn a_host_that_lost_the_backup_after_its_receipt_is_named() {
    let mut net = protected();
    lose(&mut net, "Heidi");
    round(&mut net);
    assert_eq!(state(&mut net, "Heidi"), "gone");
    assert_eq!(
        status(&mut net).0,
        "at-risk",
        "two trustees and none to spare"
    );
    let [warning] = warnings(&net).try_into().unwrap();
    assert!(
        warning
            .text
            .contains("Heidi says that it does not have your backup"),
        "{}",
        warning.text
    );
    assert!(!status(&mut net).1.contains("no host shows"), "Ivan has it");
    lose(&mut net, "Ivan");
    verify(&mut net);
    let (state, text) = status(&mut net);
    assert_eq!(state, "at-risk");
    assert!(
        text.contains("no host shows that it still has your backup"),
        "{text}"
    );
    // What the warning says helps.
    net.protect().unwrap();
    net.pass(WAITING);
    net.pass(WAITING);
    assert_eq!(net.deal().epoch, 2);
    assert_eq!(warnings(&net), []);
    assert_eq!(host(&verify(&mut net), "Heidi").state, "held");
}

/// Never wrong data: what is shown is held against the header that the ledger anchors.
#[test]
fn a_host_that_shows_something_else_is_named() {
    let mut net = protected();
    let heidi = net
        .people
        .iter()
        .position(|home| home.name == "Heidi")
        .unwrap();
    let bent = Rc::new(Cell::new(0));
    let count = bent.clone();
    let dids: Vec<_> = net
        .sent
        .iter()
        .filter(|message| matches!(message.body, Body::BackupPut(_)))
        .map(|message| message.to.clone())
        .collect();
    let heidi_is = dids
        .into_iter()
        .find(|did| net.people[heidi].holds(did))
        .unwrap();
    net.on_reply = Box::new(move |message, reply| {
        if let (Body::BackupChunk(chunk), true) = (reply, message.to == heidi_is)
            && chunk.index == 2
        {
            chunk.data.0[9] ^= 1;
            count.set(count.get() + 1);
        }
        true
    });
    let view = verify(&mut net);
    assert_eq!(bent.get(), 1);
    let (heidi, ivan) = (host(&view, "Heidi"), host(&view, "Ivan"));
    assert_eq!((heidi.state.as_str(), heidi.shown), ("wrong", 2));
    assert_eq!((ivan.state.as_str(), ivan.shown), ("held", view.chunks));
    // A right answer to one question takes it back; another chunk than was asked for does not.
    net.on_reply = Box::new(|_, reply| {
        if let Body::BackupChunk(chunk) = reply {
            chunk.index += 1;
        }
        true
    });
    assert_eq!(host(&verify(&mut net), "Heidi").state, "wrong");
    net.on_reply = Box::new(|_, _| true);
    assert_eq!(host(&verify(&mut net), "Heidi").state, "held");
}

/// One that is off is advised of after a round and warned of after two; what stands in the way for now is
/// nothing against it.
#[test]
fn a_silent_host_becomes_advice_and_then_a_warning_until_it_answers() {
    let mut net = protected();
    net.online("Heidi", false);
    round(&mut net);
    assert_eq!(state(&mut net, "Heidi"), "unasked", "the round is not over");
    round(&mut net);
    assert_eq!(state(&mut net, "Heidi"), "missed");
    assert_eq!(warnings(&net), [], "advice is said once");
    round(&mut net);
    assert_eq!(state(&mut net, "Heidi"), "silent");
    let [warning] = warnings(&net).try_into().unwrap();
    assert!(
        warning.text.contains("owner-agent host invite"),
        "{}",
        warning.text
    );
    net.online("Heidi", true);
    net.on_reply = Box::new(|_, reply| {
        if let Body::BackupChunk(_) = reply {
            *reply = Body::Problem(ProblemReport {
                code: "e.m.me.res".into(),
                comment: "the disk is busy".into(),
            });
        }
        true
    });
    hours(&mut net, 8);
    assert_eq!(state(&mut net, "Heidi"), "silent");
    net.on_reply = Box::new(|_, _| true);
    hours(&mut net, 8);
    assert_eq!(state(&mut net, "Heidi"), "held");
    assert_eq!(warnings(&net), []);
}

/// Nobody is accused because the owner's own device was off.
#[test]
fn a_device_that_was_off_itself_accuses_no_host() {
    let mut net = protected();
    net.owners[0].online = false;
    for _ in 0..4 {
        round(&mut net);
    }
    net.owners[0].online = true;
    hours(&mut net, 1);
    assert!(["unasked", "held"].contains(&&*state(&mut net, "Heidi")));
    assert_eq!(warnings(&net), []);
}

/// A refresh keeps the backup, and with it what its hosts have shown.
#[test]
fn what_hosts_have_shown_outlasts_a_refresh() {
    let mut net = protected();
    verify(&mut net);
    net.owner(0, Command::ShareRefresh).unwrap();
    net.pass(WAITING);
    net.pass(WAITING);
    assert_eq!(
        (net.deal().epoch, net.deal().state.as_str()),
        (2, "protected")
    );
    assert_eq!(state(&mut net, "Heidi"), "held");
    assert_eq!(host(&verify(&mut net), "Ivan").state, "held");
}

#[test]
fn where_nothing_is_protected_there_is_no_backup_to_verify() {
    let mut net = Net::new(&["Bob"]);
    net.init();
    for command in [Command::BackupVerify, Command::BackupStatus] {
        let refused = net.owner(0, command).unwrap_err();
        assert!(
            refused.message.contains("owner-agent protect"),
            "{}",
            refused.message
        );
    }
}
