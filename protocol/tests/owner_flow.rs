//! An owner's life: enrolment, protection, alarms, recovery, and what others do to spoil each.
#![allow(clippy::unwrap_used)]
mod owner_support;

use kith_protocol::agent::Input;
use kith_protocol::bytes::to_base64url;
use kith_protocol::error::CommandError;
use kith_protocol::ledger::{Answer as LedgerAnswer, AppendOutcome, Ask, Invalid, Kind, Record};
use kith_protocol::message::setup::Decline;
use kith_protocol::message::{Body, Received};
use kith_protocol::owner::command::{Answer, Command};
use kith_protocol::record::Space;
use kith_protocol::time::Millis;
use kith_protocol::trustee::command as trustee;
use owner_support::Net;
use owner_support::play::{DELAY, LIFETIME, WAITING};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// R3: offer, acceptance, words heard on both sides.
#[test]
fn a_trustee_is_one_only_when_both_have_heard_the_right_words() {
    let mut net = Net::new(&["Bob"]);
    net.init();
    net.acquaint("Bob", false);
    assert_eq!(net.state_of("Bob"), "words");
    let (ours, theirs) = net.words("Bob");
    assert_ne!(ours, theirs);
    let verify = |words: String| Command::TrusteeVerify {
        name: "Bob".into(),
        words,
    };
    net.owner(0, verify(theirs)).unwrap();
    assert_eq!(net.state_of("Bob"), "heard");
    let heard = trustee::Command::OwnerVerify {
        name: "Alice".into(),
        words: ours,
    };
    net.person("Bob", heard).unwrap();
    assert_eq!(net.state_of("Bob"), "verified");
}

/// B8: the other side must not go on believing that it holds something for her.
#[test]
fn wrong_words_end_the_session_on_both_sides() {
    let mut net = Net::new(&["Bob"]);
    net.init();
    net.acquaint("Bob", false);
    let words = Command::TrusteeVerify {
        name: "Bob".into(),
        words: "none".into(),
    };
    assert!(matches!(net.owner(0, words), Ok(Answer::Mismatch { .. })));
    assert_eq!(net.state_of("Bob"), "mismatch");
    let Ok(trustee::Answer::Owners { list }) = net.person("Bob", trustee::Command::OwnerList)
    else {
        panic!()
    };
    assert_eq!(list[0].state, "mismatch");
}

/// Whoever saw the link learns the DID; that must not be enough to end what two people have begun.
#[test]
fn a_stranger_cannot_decline_for_somebody_who_accepted() {
    let mut net = Net::new(&["Bob", "Mallory"]);
    net.init();
    net.acquaint("Bob", false);
    let accept = net
        .sent
        .iter()
        .find(|sent| matches!(sent.body, Body::SetupAccept(_)));
    let accept = accept.unwrap().clone();
    let stranger = owner_support::ledger::Ledger::new("x", 9)
        .descriptor
        .operator
        .did;
    let decline = Received {
        from: stranger,
        to: accept.to,
        id: "0".repeat(32),
        thid: None,
        pthid: accept.pthid,
        body: Body::SetupDecline(Decline {}),
    };
    let reply = net.owners[0].step(Input::Delivered(decline)).reply;
    assert!(matches!(reply, Some(Body::Problem(_))));
    assert_eq!(net.state_of("Bob"), "words");
}

/// R5: backup, receipts, anchor; "protected" only after all three. R1: 2 of 3, and one to spare.
#[test]
fn protected_is_said_only_when_all_of_it_is_true() {
    let mut net = Net::new(&["Bob", "Carol", "Dave", "Heidi"]);
    net.init();
    for name in ["Bob", "Carol", "Dave"] {
        net.enrol(name, false);
    }
    net.enrol("Heidi", true);
    net.online("Heidi", false);
    net.online("Dave", false);
    let view = net.protect().unwrap();
    assert_eq!((view.state.as_str(), view.needed), ("backup", 3));
    assert_eq!(view.missing, ["Dave"]);
    net.online("Heidi", true);
    net.pass(Millis::seconds(3));
    assert_eq!(net.deal().state, "shares");
    assert_eq!(net.status(0), "not-protected");
    net.ledger.silent = true;
    net.online("Dave", true);
    net.pass(Millis::seconds(8));
    assert_eq!(net.deal().state, "anchoring");
    assert_eq!(net.status(0), "not-protected");
    net.ledger.silent = false;
    net.pass(Millis::seconds(8));
    let view = net.deal();
    assert_eq!((view.state.as_str(), view.may_lose), ("protected", 1));
    assert_eq!(net.status(0), "protected");
    for name in ["Bob", "Carol", "Dave"] {
        assert_eq!(net.epochs(name), [1], "{name}");
    }
}

/// R1, G10.
#[test]
fn terms_that_cannot_work_are_refused() {
    let mut net = Net::new(&["Bob", "Carol", "Heidi"]);
    net.init();
    net.enrol("Bob", false);
    net.enrol("Carol", false);
    net.enrol("Heidi", true);
    let mut with = |threshold, override_threshold| {
        let command = Command::Protect {
            threshold,
            delay: Some(DELAY),
            lifetime: Some(DELAY),
            cool_down: Some(DELAY),
            override_threshold,
        };
        net.owner(0, command).is_err()
    };
    assert!(with(0, None) && with(1, None) && with(3, None));
    assert!(with(2, Some(3)), "a veto could never be overridden");
    assert!(!with(2, Some(2)));
}

/// G15: a header has slots for so many hosts and no more.
#[test]
fn a_backup_goes_to_eight_hosts_and_not_to_nine() {
    let hosts: Vec<String> = (1..=9).map(|number| format!("Host{number}")).collect();
    let mut names: Vec<&str> = hosts.iter().map(String::as_str).collect();
    names.extend(["Bob", "Carol"]);
    let mut net = Net::new(&names);
    net.init();
    net.enrol("Bob", false);
    net.enrol("Carol", false);
    for host in &hosts[..8] {
        net.enrol(host, true);
    }
    net.protect().unwrap();
    net.enrol(&hosts[8], true);
    assert!(net.protect().is_err());
}

/// A deal on its way to the ledger is not overwritten, and takes nothing from the one in force.
#[test]
fn an_epoch_that_waits_is_neither_replaced_nor_mistaken_for_the_one_in_force() {
    let mut net = Net::protected();
    net.protect().unwrap();
    net.pass(Millis::seconds(2));
    assert_eq!(net.deal().state, "anchoring");
    assert_eq!(net.status(0), "protected");
    assert!(matches!(net.protect(), Err(CommandError { exit: 3, .. })));
    net.pass(WAITING);
    assert_eq!(
        (net.deal().epoch, net.deal().state.as_str()),
        (2, "protected")
    );
}

/// G5: somebody who is away for long uses up the prekeys we have; the others are dealt to.
#[test]
fn a_trustee_without_a_prekey_is_left_out_and_named() {
    let mut net = Net::protected();
    net.online("Dave", false);
    net.protect().unwrap();
    net.pass(WAITING);
    for _ in 0..2 {
        net.protect().unwrap();
        net.pass(WAITING);
    }
    let view = net.deal();
    assert_eq!(view.state, "protected", "{view:?}");
    assert!(
        view.refused.iter().any(|(name, _)| name == "Dave"),
        "{view:?}"
    );
}

/// G7, G10: "refused" is one host's word.
#[test]
fn a_ledger_that_refuses_what_is_lawful_is_asked_again() {
    let mut net = Net::new(&["Bob", "Carol", "Heidi"]);
    net.init();
    net.enrol("Bob", false);
    net.enrol("Carol", false);
    net.enrol("Heidi", true);
    let lies = Cell::new(3);
    net.on_query = Box::new(move |query| {
        let Ask::Append(bytes) = &query.ask else {
            return None;
        };
        let kind = Record::from_bytes(&bytes.0).unwrap().kind();
        if kind != Kind::RecoveryPolicy || lies.get() == 0 {
            return None;
        }
        lies.set(lies.get() - 1);
        Some(LedgerAnswer::Appended(AppendOutcome::from(
            &Invalid::NotAuthorized,
        )))
    });
    net.protect().unwrap();
    net.pass(Millis::seconds(10));
    assert_eq!(net.deal().state, "protected");
}

/// A ledger that says "pending" to every offer; what was offered last, and how often it was looked at.
type Pended = (Net, Rc<RefCell<Option<Record>>>, Rc<Cell<u32>>);

fn pended() -> Pended {
    let mut net = Net::new(&[]);
    let (offered, looks) = (Rc::new(RefCell::new(None)), Rc::new(Cell::new(0)));
    let (last, count) = (offered.clone(), looks.clone());
    net.on_query = Box::new(move |query| match &query.ask {
        Ask::Append(bytes) => {
            *last.borrow_mut() = Some(Record::from_bytes(&bytes.0).unwrap());
            Some(LedgerAnswer::Appended(AppendOutcome::Pending))
        }
        Ask::Follow { .. } => {
            count.set(count.get() + 1);
            None
        }
    });
    let (name, ledger) = ("Alice".into(), net.descriptor());
    net.owner(0, Command::Init { name, ledger }).unwrap();
    (net, offered, looks)
}

/// Nobody is told when witnesses have cosigned: whoever waits looks as soon as it may be so.
#[test]
fn a_record_that_is_pending_is_looked_for_before_it_is_offered_again() {
    let (mut net, offered, _) = pended();
    let record = offered.borrow_mut().take().unwrap();
    net.ledger.admit(&record, net.now);
    let record = record.digest(&net.ledger.log());
    let asked = |net: &mut Net| net.owner(0, Command::RecordOutcome { record });
    assert!(matches!(asked(&mut net), Err(CommandError { exit: 3, .. })));
    net.pass(Millis(100));
    assert!(matches!(asked(&mut net), Ok(Answer::Done { .. })));
    assert!(offered.borrow().is_none());
}

/// G15: witnesses may be away for days.
#[test]
fn a_record_that_stays_pending_is_looked_for_ever_less() {
    let (mut net, _, looks) = pended();
    let in_span = |net: &mut Net| {
        looks.set(0);
        net.pass(Millis::seconds(60));
        looks.get()
    };
    let (first, second) = (in_span(&mut net), in_span(&mut net));
    assert!(first <= 9 && second <= 1, "{first}, then {second}");
}

/// G15: a host that wants the same chunk for ever.
#[test]
fn a_host_that_goes_in_circles_is_left() {
    let mut net = Net::new(&["Bob", "Carol", "Heidi"]);
    net.init();
    net.enrol("Bob", false);
    net.enrol("Carol", false);
    net.enrol("Heidi", true);
    let first = RefCell::new(None);
    net.on_reply = Box::new(move |_, reply| {
        if let Body::BackupWanted(wanted) = &*reply {
            first.borrow_mut().get_or_insert_with(|| wanted.clone());
        }
        if let (Body::BackupStored(_), Some(wanted)) = (&*reply, &*first.borrow()) {
            *reply = Body::BackupWanted(wanted.clone());
        }
        true
    });
    net.protect().unwrap();
    net.pass(Millis::seconds(2));
    let view = net.deal();
    assert_eq!(view.state, "backup");
    assert!(
        view.refused.iter().any(|(name, _)| name == "Heidi"),
        "{view:?}"
    );
}

/// G5: nobody is lost to the owner because he was not needed. A backup is sealed before the receipts
/// with further prekeys are in, so a trustee must hand over again what the old device knew of.
#[test]
fn a_trustee_who_was_away_in_two_recoveries_is_dealt_to_after_each() {
    let mut net = Net::protected();
    for epoch in [2, 4] {
        net.online("Dave", false);
        net.claim(&["Bob", "Carol"], false);
        for name in ["Bob", "Carol"] {
            net.recognise(name);
            net.approve(name);
        }
        net.pass(Millis::seconds(9));
        assert_eq!(net.recovery().state, "done");
        net.online("Dave", true);
        net.pass(Millis::seconds(60));
        assert_eq!(net.epochs("Dave"), [epoch]);
        // The fresh device is the owner's now; she protects again, with what it knows.
        net.owners.remove(0);
        net.protect().unwrap();
        net.pass(WAITING);
        assert_eq!(net.deal().state, "protected");
        assert_eq!(net.epochs("Dave"), [epoch + 1]);
    }
}

/// The whole way back (G5), with one trustee away who holds the next epoch when it returns (G13).
#[test]
fn what_was_protected_comes_back_and_everything_is_rotated() {
    let mut net = Net::protected();
    net.online("Dave", false);
    net.claim(&["Bob", "Carol"], false);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    net.pass(Millis::seconds(1));
    assert_eq!(
        net.recovery().shares,
        0,
        "nothing leaves before the delay is over"
    );
    net.pass(Millis::seconds(8));
    let view = net.recovery();
    assert_eq!(view.state, "done", "{view:?}");
    assert_eq!(net.item().unwrap(), b"correct horse");
    net.online("Dave", true);
    net.pass(Millis::seconds(30));
    for name in ["Bob", "Carol", "Dave"] {
        assert_eq!(net.epochs(name), [2], "{name}");
    }
    net.owners[0].online = true;
    net.pass(Millis::seconds(10));
    assert_eq!(net.status(0), "revoked");
}

/// Connections to those who released go on; those of all others that she asked end with the recovery.
#[test]
fn connections_that_brought_no_share_end_with_the_recovery() {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol", "Dave"], false);
    net.meet("Dave");
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    net.pass(Millis::seconds(9));
    assert_eq!(net.recovery().state, "done");
    let rows = net.owners[1].rows.keys();
    let retired = rows.filter(|key| key.as_bytes()[0] == Space::Retired as u8);
    assert_eq!(retired.count(), 1, "Dave's");
}

/// There are 255 shares at most, and each name is one person's.
#[test]
fn a_recovery_begins_with_names_that_differ() {
    let net = &mut Net::protected();
    net.owners.push(owner_support::home::Home::owner(7));
    let mut start = |trustees: Vec<String>| {
        let (name, stolen) = ("Alice".into(), false);
        let command = Command::RecoverStart {
            name,
            trustees,
            stolen,
        };
        net.owner(1, command).map_err(|error| error.to_string())
    };
    let many = |count: usize| (0..count).map(|number| format!("T{number}")).collect();
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    for wrong in [
        vec![],
        many(256),
        names(&["Bob", "Bob"]),
        names(&["Bob", " "]),
    ] {
        let said = start(wrong).unwrap_err();
        assert!(said.contains("name the trustees you remember"), "{said}");
    }
    start(many(255)).unwrap();
}

/// A home is one person's, and one recovery's.
#[test]
fn a_home_in_use_begins_no_recovery() {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol"], true);
    for owner in [0, 1] {
        let again = Command::RecoverStart {
            name: "Alice".into(),
            trustees: vec!["Bob".into()],
            stolen: false,
        };
        let refused = net.owner(owner, again).unwrap_err().to_string();
        assert!(refused.contains("already holds"), "{refused}");
    }
}

/// G2: only a share proves who speaks. A trustee that names another's approval key, which anybody
/// can read on the ledger by then, must not get the other's next share.
#[test]
fn who_names_anothers_approval_key_is_not_taken_for_the_other() {
    let mut net = Net::protected();
    let keys = Rc::new(RefCell::new(Vec::new()));
    let seen = keys.clone();
    net.on_send = Box::new(move |message| {
        if let Body::RecoveryChallenge(challenge) = &message.body {
            seen.borrow_mut().push(challenge.approval.to_array());
        }
        true
    });
    net.claim(&["Bob", "Carol"], false);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
    }
    // As if Bob had named Carol's key from the start: the claimant's row says so.
    let (bob, carol) = (keys.borrow()[0], keys.borrow()[1]);
    for bytes in net.owners[1].rows.values_mut() {
        replace(bytes, &bob, &carol);
    }
    net.owners[1].crash();
    for name in ["Bob", "Carol"] {
        net.approve(name);
    }
    net.pass(Millis::seconds(9));
    let view = net.recovery();
    assert_eq!(view.state, "done", "{view:?}");
    let mut receipts = view.deal.unwrap().receipts;
    receipts.sort();
    assert_eq!(receipts, ["Bob", "Carol", "Dave"]);
    assert_eq!(net.epochs("Carol"), [2]);
}

fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    for start in 0..bytes.len().saturating_sub(from.len() - 1) {
        if bytes[start..start + from.len()] == *from {
            bytes[start..start + from.len()].copy_from_slice(to);
        }
    }
}

/// G5, G11: a restore that cannot deal the next epoch leaves nothing half done, and goes on when
/// it can.
#[test]
fn a_restore_happens_whole_or_not_at_all() {
    let mut net = Net::protected();
    // No prekey of the host's gets through to anybody.
    let cut = Rc::new(Cell::new(true));
    let still = cut.clone();
    net.on_reply = Box::new(move |_, reply| {
        match reply {
            Body::BackupStored(stored) if still.get() => stored.next.number = 0,
            Body::BackupKey(key) if still.get() => key.next = None,
            _ => {}
        }
        true
    });
    for _ in 0..2 {
        net.protect().unwrap();
        net.pass(WAITING);
        assert_eq!(net.deal().state, "protected");
    }
    net.claim(&["Bob", "Carol"], false);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    net.pass(Millis::seconds(4));
    let view = net.recovery();
    assert_eq!(view.state, "fetching", "{view:?}");
    assert!(view.problem.is_some());
    assert_eq!(net.item(), None);
    cut.set(false);
    net.pass(Millis::seconds(8));
    assert_eq!(net.recovery().state, "done", "{:?}", net.recovery());
    assert_eq!(net.item().unwrap(), b"correct horse");
}

/// G15: a host that answers every question with the header.
#[test]
fn a_host_that_answers_beside_the_point_is_asked_ever_less() {
    let mut net = Net::protected();
    let header = RefCell::new(None);
    net.on_reply = Box::new(move |_, reply| {
        match &*reply {
            Body::BackupHead(_) => *header.borrow_mut() = Some(reply.clone()),
            Body::BackupChunk(_) => *reply = header.borrow().clone().unwrap(),
            _ => {}
        }
        true
    });
    net.claim(&["Bob", "Carol"], false);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    net.pass(Millis::seconds(10));
    assert_eq!(net.recovery().state, "fetching");
    let asked = net.sent_by_kind(|body| matches!(body, Body::BackupChunkGet(_)));
    assert!((1..12).contains(&asked), "{asked}");
}

/// spec/ledger.md: contradicting trustees stop a claimant until she has found out who is right.
#[test]
fn a_contradiction_stops_the_claimant_until_she_decides() {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol", "Dave"], false);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
    }
    net.on_send = Box::new(|message| {
        if let Body::RecoveryChallenge(challenge) = &mut message.body {
            challenge.epoch += 1;
        }
        true
    });
    net.meet("Dave");
    net.on_send = Box::new(|_| true);
    for name in ["Bob", "Carol"] {
        net.approve(name);
    }
    net.pass(Millis::seconds(4));
    let view = net.recovery();
    assert_eq!((view.state.as_str(), view.shares), ("conflict", 2));
    assert!(view.problem.unwrap().contains("Dave"));
    net.owner(
        1,
        Command::RecoverInvite {
            name: "Dave".into(),
        },
    )
    .unwrap();
    net.pass(Millis::seconds(4));
    assert_eq!(net.recovery().state, "done");
}

/// An epoch has come into force in the minutes before she asks, and Bob has not seen it: his view is a head behind.
fn meanwhile() -> Net {
    let mut net = Net::protected();
    net.protect().unwrap();
    net.pass(Millis::seconds(2));
    net.claim(&["Bob", "Carol"], false);
    net.blind = Some(net.owners.len());
    net.pass(WAITING);
    // Whoever starts again looks at the ledger.
    net.crash();
    net.pass(Millis::seconds(1));
    net
}

fn asked_of(net: &mut Net) -> Vec<String> {
    let trustees = net.recovery().trustees.into_iter();
    trustees.map(|view| view.state).collect()
}

fn asks_anew(net: &mut Net) {
    for name in ["Bob", "Carol"] {
        if !["verified", "share"].contains(&&*net.claimed(name)) {
            net.recognise(name);
        }
        net.approve(name);
    }
    net.pass(Millis::seconds(8));
    assert_eq!(net.recovery().state, "done", "{:?}", net.recovery());
}

/// G10: nobody waits for what no ledger admits, and nobody is called a liar who has only not looked yet. The ledger
/// says which of the two speaks of the epoch in force.
#[test]
fn an_epoch_that_ends_while_trustees_are_asked_is_said_and_asked_about_anew() {
    let mut net = meanwhile();
    net.recognise("Bob");
    net.meet("Carol");
    assert_eq!(asked_of(&mut net), ["outdated", "words"]);
    let said = net.owners[1].pending().into_iter();
    let said: Vec<_> = said.filter(|event| event.kind == "outdated").collect();
    assert!(
        said[0].text.contains("owner-agent recover invite Bob"),
        "{said:?}"
    );
    net.blind = None;
    net.pass(Millis::seconds(2));
    assert_eq!(net.session("Bob").state, "ended");
    asks_anew(&mut net);
}

/// The same the other way round: the first has seen it.
#[test]
fn a_trustee_that_is_behind_the_ledger_is_asked_again_and_contradicts_nobody() {
    let mut net = meanwhile();
    net.recognise("Carol");
    // He looks when he has opened the link, and not before.
    net.blind = None;
    net.meet("Bob");
    assert_eq!(asked_of(&mut net), ["outdated", "verified"]);
    assert_eq!(net.session("Bob").state, "ended");
    asks_anew(&mut net);
}

/// Where she has not read the ledger herself, it says so as soon as she has.
#[test]
fn trustees_that_contradict_each_other_in_the_epoch_alone_are_judged_by_the_ledger() {
    for (first, then) in [("Bob", "Carol"), ("Carol", "Bob")] {
        let mut net = meanwhile();
        net.on_query = Box::new(|_| Some(kith_protocol::ledger::Answer::Unavailable));
        net.recognise(first);
        net.meet(then);
        assert_eq!(net.claimed(first), "verified");
        assert_eq!(net.claimed(then), "conflict");
        net.on_query = Box::new(|_| None);
        net.blind = None;
        net.pass(Millis::seconds(2));
        assert_eq!(net.claimed("Bob"), "outdated");
        let carol = net.claimed("Carol");
        assert!(["outdated", "verified"].contains(&&*carol), "{carol}");
        net.crash();
        net.pass(Millis::seconds(1));
        asks_anew(&mut net);
    }
}

/// G10: a stranger who caught the first link fixes nothing.
#[test]
fn a_stranger_who_answers_first_leaves_nothing_behind() {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol"], false);
    net.on_send = Box::new(|message| {
        if let Body::RecoveryChallenge(challenge) = &mut message.body {
            challenge.epoch = 77;
        }
        true
    });
    net.meet("Bob");
    net.on_send = Box::new(|_| true);
    let wrong = Command::RecoverInvite { name: "Bob".into() };
    net.owner(1, wrong).unwrap();
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    net.pass(Millis::seconds(8));
    assert_eq!(net.recovery().state, "done", "{:?}", net.recovery());
}

/// G10: a veto just before the end may yet be overridden, so nothing is given up for it.
#[test]
fn a_veto_before_the_end_is_shown_and_waited_out() {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol"], false);
    net.owners[0].online = true;
    // The backup cannot be put until the veto stands.
    let held = Rc::new(Cell::new(true));
    let hold = held.clone();
    net.on_send =
        Box::new(move |message| !(hold.get() && matches!(message.body, Body::BackupPut(_))));
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    net.pass(Millis::seconds(4));
    assert_eq!(net.recovery().state, "dealing");
    veto(&mut net);
    held.set(false);
    net.pass(Millis::seconds(4));
    let view = net.recovery();
    assert_eq!(view.state, "vetoed");
    let deal = view.deal.unwrap();
    assert_eq!(deal.state, "backup");
    // It may be overridden still: the host is waited for, and has refused nothing.
    assert!(deal.waiting[0].1.contains("e.p.trust.vetoed"), "{deal:?}");
    assert!(deal.refused.is_empty(), "{deal:?}");
    let put = |body: &Body| matches!(body, Body::BackupPut(_));
    let before = net.sent_by_kind(put);
    net.pass(Millis::seconds(5));
    assert!(net.sent_by_kind(put) > before, "the host is asked again");
}

/// The next epoch of a recovery is its own deal.
#[test]
fn nothing_else_is_dealt_while_a_recovery_is_under_way() {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol"], false);
    net.on_send = Box::new(|message| !matches!(message.body, Body::BackupPut(_)));
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    net.pass(Millis::seconds(4));
    assert_eq!(net.recovery().state, "dealing");
    let command = Command::Protect {
        threshold: 2,
        delay: Some(DELAY),
        lifetime: Some(DELAY),
        cool_down: Some(DELAY),
        override_threshold: None,
    };
    assert!(matches!(
        net.owner(1, command),
        Err(CommandError { exit: 3, .. })
    ));
}

/// G9: the alarm is asked from the ledger after every start. G7: the veto reaches the trustees even
/// where the ledger keeps it out.
#[test]
fn an_alarm_survives_a_crash_and_a_veto_a_censoring_ledger() {
    let mut net = Net::protected();
    net.ledger.censors_vetoes = true;
    net.claim(&["Bob", "Carol"], true);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    net.pass(Millis::seconds(1));
    net.owners[0].crash();
    let alarm = net.owners[0]
        .pending()
        .into_iter()
        .find(|event| event.kind == "alarm");
    let id = alarm.unwrap().about;
    net.owner(0, Command::AlertVeto { id }).unwrap();
    net.pass(Millis::seconds(5));
    assert_eq!(net.recovery().shares, 0);
    assert_eq!(net.item(), None);
}

/// G10: a veto of the device that was stolen falls to enough trustees who checked "stolen", and the
/// delay runs again from there.
#[test]
fn a_thiefs_veto_falls_to_enough_trustees_who_checked_stolen() {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol"], true);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    net.pass(Millis::seconds(1));
    veto(&mut net);
    net.pass(Millis::seconds(1));
    assert_eq!(net.recovery().shares, 0, "the delay has begun anew");
    net.pass(DELAY);
    net.pass(Millis::seconds(4));
    assert_eq!(net.recovery().state, "done");
    assert!(net.item().is_some());
    assert_eq!(net.status(0), "revoked");
}

/// G7: a share that has not arrived when a veto stands is offered no longer.
#[test]
fn a_veto_holds_back_a_share_that_is_still_on_its_way() {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol"], false);
    net.owners[0].online = true;
    net.on_send = Box::new(|message| !matches!(message.body, Body::RecoveryRelease(_)));
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    let release = |body: &Body| matches!(body, Body::RecoveryRelease(_));
    net.pass(DELAY);
    net.pass(Millis::seconds(2));
    assert!(net.sent_by_kind(release) > 0, "they are on their way");
    veto(&mut net);
    net.pass(Millis::seconds(2));
    net.on_send = Box::new(|_| true);
    net.pass(Millis::seconds(4));
    assert_eq!(net.recovery().shares, 0);
    assert_eq!(net.session("Bob").state, "approved");
}

/// The owner whose device still lives stops the one request in her name, by the id that a list in JSON
/// has; as text it is spelt otherwise.
fn veto(net: &mut Net) {
    let Ok(Answer::Alerts { list }) = net.owner(0, Command::AlertList) else {
        panic!()
    };
    let id = to_base64url(&list[0].request.0);
    net.owner(0, Command::AlertVeto { id }).unwrap();
}

/// A recovery that was stopped for good after the wallet came back leaves a home that can begin anew.
#[test]
fn a_claimant_whose_request_has_ended_can_start_over_in_the_same_home() {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol"], false);
    net.on_send = Box::new(|message| !matches!(message.body, Body::BackupPut(_)));
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    net.pass(Millis::seconds(4));
    assert_eq!(net.recovery().state, "dealing");
    assert!(net.owner(1, Command::RecoverAbort).is_err());
    net.pass(LIFETIME);
    net.pass(Millis::seconds(2));
    net.owner(1, Command::RecoverAbort).unwrap();
    assert!(net.item().is_some(), "what came back stays");
    let again = Command::RecoverStart {
        name: "Alice".into(),
        trustees: vec!["Bob".into()],
        stolen: false,
    };
    net.owner(1, again).unwrap();
}

/// G9: an alarm is about what is under way. A claimant reads the whole log, and the deal that she is about to
/// use is no news to her; what she could stop with a key she does not have is not offered to be stopped.
#[test]
fn a_claimant_is_not_alarmed_by_her_own_past() {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol"], false);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    net.pass(DELAY);
    net.pass(Millis::seconds(4));
    assert_eq!(net.recovery().state, "done");
    let alarms: Vec<_> = net.owners[1]
        .events
        .iter()
        .filter(|event| event.kind == "alarm")
        .map(|event| &event.text)
        .collect();
    assert!(alarms.is_empty(), "{alarms:?}");
}

/// G9: the device that is still hers is told what to do while it can do something, and else what came of it.
#[test]
fn an_alarm_says_what_can_be_stopped_and_what_is_over() {
    let while_open = "stop it: owner-agent alert veto";
    let afterwards = "and it came to nothing";
    for (away, expected) in [
        (Millis::seconds(1), while_open),
        (LIFETIME.times(2), afterwards),
    ] {
        let mut net = Net::protected();
        net.owners[0].online = false;
        net.claim(&["Bob"], true);
        net.owners[0].online = false;
        net.recognise("Bob");
        net.pass(away);
        net.owners[0].online = true;
        net.pass(Millis::seconds(600));
        let alarms = net.owners[0].events.iter();
        let told: Vec<_> = alarms
            .filter(|event| event.kind == "alarm")
            .map(|event| event.text.as_str())
            .collect();
        assert!(
            matches!(&told[..], [text] if text.contains(expected)),
            "{told:?}"
        );
    }
}
