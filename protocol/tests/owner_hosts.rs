//! Backup hosts that lose what they acknowledged, and what a host's answer costs.
#![allow(clippy::unwrap_used)]
mod owner_support;

use kith_protocol::agent::Input;
use kith_protocol::bytes::Blob;
use kith_protocol::limits;
use kith_protocol::message::{Body, Outgoing, ProblemReport};
use kith_protocol::owner::command::Command;
use kith_protocol::record::Space;
use kith_protocol::time::Millis;
use kith_protocol::trustee::TrusteeAgent;
use owner_support::Net;
use owner_support::home::{Home, Node as _};
use owner_support::play::DELAY;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Bob and Carol keep shares and Heidi the backup, which has several chunks.
fn enrolled() -> Net {
    let mut net = Net::new(&["Bob", "Carol", "Heidi"]);
    net.init();
    net.enrol("Bob", false);
    net.enrol("Carol", false);
    net.enrol("Heidi", true);
    let (name, data) = ("film".into(), Blob(vec![7; 3 * limits::backup::CHUNK]));
    net.owner(0, Command::SecretAdd { name, data }).unwrap();
    net
}

/// While it is set, no answer to a chunk gets through.
fn hold_back_chunks(net: &mut Net) -> Rc<Cell<bool>> {
    let held = Rc::new(Cell::new(true));
    let still = held.clone();
    net.on_reply = Box::new(move |message, _| {
        !(still.get() && matches!(message.body, Body::BackupChunkPut(_)))
    });
    held
}

fn heidi(net: &mut Net) -> &mut Home<TrusteeAgent> {
    let mut people = net.people.iter_mut();
    people.find(|home| home.name == "Heidi").unwrap()
}

/// Heidi's disk loses every backup.
fn lose(net: &mut Net) {
    let lost = [Space::Kept, Space::KeptChunk, Space::KeptProgress].map(|space| space as u8);
    let rows = &mut heidi(net).rows;
    let before = rows.len();
    rows.retain(|key, _| !lost.contains(&key.as_bytes()[0]));
    assert!(rows.len() < before, "she kept something");
}

fn puts(net: &Net) -> usize {
    net.sent_by_kind(|body| matches!(body, Body::BackupPut(_)))
}

/// As far as it gets in so much time.
fn recover(net: &mut Net, span: Millis) {
    net.claim(&["Bob", "Carol"], false);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    net.pass(DELAY);
    net.pass(span);
}

/// R5, G5: the deal goes on by itself, and what was offered again opens.
#[test]
fn a_host_that_lost_what_it_acknowledged_is_offered_it_again() {
    let mut net = enrolled();
    let held = hold_back_chunks(&mut net);
    net.protect().unwrap();
    assert_eq!(net.deal().state, "backup");
    lose(&mut net);
    held.set(false);
    net.pass(Millis::seconds(3));
    let view = net.deal();
    assert_eq!(view.state, "protected", "{view:?}");
    assert_eq!((view.hosts, puts(&net)), (vec!["Heidi".into()], 2));
    recover(&mut net, Millis::seconds(6));
    assert_eq!(net.recovery().state, "done", "{:?}", net.recovery());
    assert_eq!(net.item().unwrap(), b"correct horse");
}

/// G5: as little does it hold a recovery up, whose claimant deals by another right and has one prekey of the
/// host's. A disk that was put back whole has that one still.
#[test]
fn a_claimants_host_whose_disk_was_put_back_is_offered_the_backup_again() {
    let mut net = enrolled();
    net.protect().unwrap();
    net.pass(Millis::seconds(1));
    let held = hold_back_chunks(&mut net);
    net.on_send = Box::new(|message| !matches!(message.body, Body::BackupPut(_)));
    recover(&mut net, Millis::seconds(2));
    assert_eq!(net.recovery().state, "dealing", "{:?}", net.recovery());
    let before = heidi(&mut net).rows.clone();
    net.on_send = Box::new(|_| true);
    net.pass(Millis::seconds(1));
    heidi(&mut net).rows = before;
    held.set(false);
    net.pass(Millis::seconds(4));
    assert_eq!(net.recovery().state, "done", "{:?}", net.recovery());
}

/// G15: who loses it for ever is left, and named; the agent does not go in circles.
#[test]
fn a_host_that_loses_the_backup_for_ever_is_left_after_a_few_offers() {
    let mut net = enrolled();
    net.on_reply = Box::new(|message, reply| {
        if let Body::BackupChunkPut(_) = message.body {
            *reply = unknown();
        }
        true
    });
    net.protect().unwrap();
    net.pass(Millis::seconds(600));
    let view = net.deal();
    assert_eq!(view.state, "backup");
    assert!(
        view.refused.iter().any(|(name, _)| name == "Heidi"),
        "{view:?}"
    );
    assert_eq!(puts(&net), usize::from(limits::backup::OFFERS));
}

fn unknown() -> Body {
    Body::Problem(ProblemReport {
        code: "e.p.req.unknown-backup".into(),
        comment: "no such backup is kept here".into(),
    })
}

/// A host that never asked for a chunk has acknowledged nothing that it could lose.
#[test]
fn a_host_that_knows_nothing_of_a_backup_at_once_is_not_offered_it_again() {
    let mut net = enrolled();
    net.on_reply = Box::new(|message, reply| {
        if let Body::BackupPut(_) = message.body {
            *reply = unknown();
        }
        true
    });
    net.protect().unwrap();
    net.pass(Millis::seconds(60));
    assert_eq!((net.deal().state.as_str(), puts(&net)), ("backup", 1));
}

/// G15: a deal holds hundreds of identifiers, each a row's worth of work; a chunk's answer leaves it alone.
#[test]
fn a_chunk_is_sent_without_the_deal() {
    let mut net = enrolled();
    let wanted = Rc::new(RefCell::new(None::<(Outgoing, Body)>));
    let seen = wanted.clone();
    net.on_reply = Box::new(move |message, reply| {
        let is_first = matches!(reply, Body::BackupWanted(wanted) if wanted.index == 1);
        if is_first {
            *seen.borrow_mut() = Some((message.clone(), reply.clone()));
        }
        !is_first
    });
    net.protect().unwrap();
    let (message, reply) = wanted.borrow_mut().take().unwrap();
    // It is not even read: it could not be.
    let deal = |key: &kith_protocol::record::Key| key.as_bytes()[0] == Space::Deal as u8;
    let rows = &mut net.owners[0].rows;
    let kept: Vec<_> = rows.iter().filter(|(key, _)| deal(key)).collect();
    assert_eq!(kept.len(), 1);
    rows.iter_mut()
        .filter(|(key, _)| deal(key))
        .for_each(|(_, row)| row.truncate(7));
    let (from, id) = (message.to, message.id);
    let step = net.owners[0].step(Input::Replied { from, id, reply });
    assert!(step.writes.iter().all(|(key, _)| !deal(key)));
    let chunk = |sent: &Outgoing| matches!(&sent.body, Body::BackupChunkPut(put) if put.index == 1);
    let (sends, _) = net.owners[0].take_out();
    assert!(sends.iter().any(chunk));
}
