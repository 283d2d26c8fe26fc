//! A recovery that was allowed and came to nothing taints its epoch, and the owner's agent deals the next (G4).
#![allow(clippy::unwrap_used)]

mod owner_support;

use kith_protocol::bytes::to_base64url;
use kith_protocol::message::Body;
use kith_protocol::owner::command::{Answer, Command};
use kith_protocol::time::Millis;
use owner_support::Net;
use owner_support::play::{DELAY, LIFETIME, WAITING};

const A_WHILE: Millis = Millis::seconds(40);

fn tainted(net: &Net) -> Vec<String> {
    let events = net.owners[0].pending().into_iter();
    let tainted = events.filter(|event| event.kind == "tainted");
    tainted.map(|event| event.text).collect()
}

/// Bob and Carol approve what is asked in Alice's name while her device is away.
fn approved() -> Net {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol"], false);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    net
}

/// The claimant is never heard of again.
fn gives_up(net: &mut Net) {
    net.owners[1].online = false;
    net.pass(LIFETIME);
    net.pass(LIFETIME);
    net.owners[0].online = true;
}

fn veto(net: &mut Net) {
    let Ok(Answer::Alerts { list }) = net.owner(0, Command::AlertList) else {
        panic!()
    };
    let id = to_base64url(&list[0].request.0);
    net.owner(0, Command::AlertVeto { id }).unwrap();
}

/// Somebody got one share of two and vanished. With one of the next attempt, or of a dishonest trustee, it would
/// be enough.
#[test]
fn an_epoch_of_which_shares_may_have_left_is_dealt_anew() {
    let mut net = approved();
    let mut first = true;
    net.on_send = Box::new(move |message| {
        !matches!(message.body, Body::RecoveryRelease(_)) || std::mem::take(&mut first)
    });
    net.pass(DELAY);
    net.pass(Millis::seconds(2));
    assert_eq!(net.recovery().shares, 1);
    gives_up(&mut net);
    net.pass(Millis::seconds(2));
    let [said] = tainted(&net).try_into().unwrap();
    assert!(
        said.contains("may hold shares of epoch 1; the next epoch is on its way"),
        "{said}"
    );
    net.pass(WAITING);
    net.pass(A_WHILE);
    let deal = net.deal();
    assert_eq!((deal.epoch, deal.state.as_str()), (2, "protected"));
    for name in ["Bob", "Carol", "Dave"] {
        assert_eq!(net.epochs(name), [2], "{name}");
    }
    assert_eq!(tainted(&net), [""; 0]);
    net.pass(A_WHILE);
    assert_eq!(net.deal().epoch, 2, "once is enough");
}

/// The same where a veto came after the first shares could leave: it takes none of them back.
#[test]
fn a_veto_that_comes_too_late_leaves_the_epoch_tainted() {
    let mut net = approved();
    net.on_send = Box::new(|message| !matches!(message.body, Body::RecoveryRelease(_)));
    net.pass(DELAY);
    net.pass(Millis::seconds(2));
    net.owners[0].online = true;
    net.pass(Millis::seconds(1));
    veto(&mut net);
    gives_up(&mut net);
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(net.deal().epoch, 2);
}

/// Nothing can have left, so nothing is dealt: an attempt that was stopped in time costs her nothing.
#[test]
fn an_attempt_that_was_stopped_in_time_taints_nothing() {
    let mut net = approved();
    net.owners[0].online = true;
    net.pass(Millis(500));
    veto(&mut net);
    gives_up(&mut net);
    net.pass(WAITING);
    assert_eq!(tainted(&net), [""; 0]);
    assert_eq!(net.deal().epoch, 1);
}

/// A recovery that completes cures what was tainted before: the old device deals nothing.
#[test]
fn a_completed_recovery_leaves_nothing_tainted() {
    let mut net = approved();
    for _ in 0..4 {
        net.pass(DELAY);
    }
    assert_eq!(net.recovery().state, "done");
    net.owners[0].online = true;
    net.pass(WAITING);
    assert_eq!(tainted(&net), [""; 0]);
    assert_eq!(net.status(0), "revoked");
}

/// What she herself has stopped is not begun again behind her back; it is said until she deals.
#[test]
fn a_refresh_that_was_vetoed_is_for_her_to_repeat() {
    let mut net = approved();
    net.on_send = Box::new(|message| !matches!(message.body, Body::RecoveryRelease(_)));
    net.pass(DELAY);
    gives_up(&mut net);
    net.pass(Millis::seconds(5));
    assert_eq!(net.deal().epoch, 2);
    let Ok(Answer::Status { policy, .. }) = net.owner(0, Command::Status) else {
        panic!()
    };
    let waiting = net.ledger.state.waiting_changes(&policy.unwrap(), net.now);
    let id = waiting[0].record.to_string();
    net.owner(0, Command::AlertVeto { id }).unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(net.deal().state, "refused");
    let [said] = tainted(&net).try_into().unwrap();
    assert!(said.contains("owner-agent protect --threshold 2"), "{said}");
    // G13: new shares of secrets that somebody may have are no help.
    let refused = net.owner(0, Command::ShareRefresh).unwrap_err();
    assert!(
        refused.message.contains("must not stay"),
        "{}",
        refused.message
    );
}
