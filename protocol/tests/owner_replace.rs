//! Trustees come and go, and at every moment one epoch can be recovered (R6, G4; decision 0032).
#![allow(clippy::unwrap_used)]

mod owner_support;

use kith_protocol::ledger::Ask;
use kith_protocol::message::Body;
use kith_protocol::owner::command::{Answer, Command};
use kith_protocol::time::Millis;
use kith_protocol::trustee::command as trustee;
use owner_support::Net;
use owner_support::home::Node as _;
use owner_support::play::WAITING;
use std::cell::Cell;
use std::rc::Rc;

/// How long a message is waited for at most before it is sent again, in this test's spans.
const A_WHILE: Millis = Millis::seconds(40);

/// Three trustees in force, and Erin, who may take somebody's place.
fn with_erin() -> Net {
    let mut net = Net::new(&["Bob", "Carol", "Dave", "Heidi", "Erin"]);
    net.init();
    for name in ["Bob", "Carol", "Dave"] {
        net.enrol(name, false);
    }
    net.enrol("Heidi", true);
    net.protect().unwrap();
    net.pass(Millis::seconds(1));
    assert_eq!(net.deal().state, "protected");
    net.enrol("Erin", false);
    net
}

const NOTHING: [Vec<u32>; 3] = [vec![], vec![], vec![]];

fn replace(old: &str, new: &str) -> Command {
    let (old, new) = (old.into(), new.into());
    Command::TrusteeReplace { old, new }
}

fn remove(name: &str) -> Command {
    let names = vec![name.into()];
    Command::TrusteeRemove { names }
}

/// Epochs of which somebody holds a share: in force as far as she saw, over, and waiting.
fn shares(net: &mut Net, name: &str) -> [Vec<u32>; 3] {
    let Ok(trustee::Answer::Shares { list }) = net.person(name, trustee::Command::ShareList) else {
        panic!()
    };
    let of = |active: bool, over: bool| {
        let chosen = list
            .iter()
            .filter(move |share| (share.active, share.over) == (active, over));
        chosen.map(|share| share.epoch).collect::<Vec<_>>()
    };
    [of(true, false), of(false, true), of(false, false)]
}

fn names(net: &mut Net) -> Vec<String> {
    let mut names = net.deal().receipts;
    names.sort();
    names
}

fn complaint(net: &mut Net, command: Command) -> String {
    net.owner(0, command).unwrap_err().to_string()
}

/// R6: the whole way.
#[test]
fn another_takes_a_trustees_place_and_the_old_shares_go() {
    let mut net = with_erin();
    net.owner(0, replace("Dave", "Erin")).unwrap();
    net.pass(Millis::seconds(2));
    assert_eq!(net.state_of("Dave"), "leaving");
    assert_eq!(
        shares(&mut net, "Dave"),
        [vec![1], vec![], vec![]],
        "still a trustee"
    );
    assert_eq!(shares(&mut net, "Bob"), [vec![1], vec![], vec![2]]);
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(net.deal().state, "protected");
    assert_eq!(names(&mut net), ["Bob", "Carol", "Erin"]);
    for name in ["Bob", "Carol", "Erin"] {
        assert_eq!(shares(&mut net, name), [vec![2], vec![], vec![]], "{name}");
    }
    assert_eq!(shares(&mut net, "Dave"), NOTHING);
    assert_eq!(net.state_of("Dave"), "removed");
    let Ok(trustee::Answer::Owners { list }) = net.person("Dave", trustee::Command::OwnerList)
    else {
        panic!()
    };
    assert_eq!(list[0].state, "ended");
    // The name is free, and the person may come back as if new.
    net.acquaint("Dave", false);
}

/// R6: nobody takes the place, and the threshold stays what it was.
#[test]
fn a_trustee_leaves_where_enough_remain() {
    let mut net = Net::protected();
    net.owner(0, remove("Dave")).unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    let deal = net.deal();
    assert_eq!(
        (deal.state.as_str(), deal.threshold, deal.trustees),
        ("protected", 2, 2)
    );
    assert_eq!((deal.needed, deal.may_lose), (2, 0));
    let refused = complaint(&mut net, remove("Carol"));
    assert!(
        refused.contains("only 1 trustees would be left, and 2 are needed"),
        "{refused}"
    );
    assert_eq!(
        net.state_of("Carol"),
        "verified",
        "a refused command changes nothing"
    );
}

/// G4: as long as too few have proved that they hold the new shares, nobody deletes the old ones.
#[test]
fn old_shares_stay_until_enough_have_proved_the_new_ones() {
    let mut net = with_erin();
    let silent = Rc::new(Cell::new(true));
    let muted = silent.clone();
    net.on_reply = Box::new(move |_, reply| !(muted.get() && matches!(reply, Body::ShareProof(_))));
    net.owner(0, replace("Dave", "Erin")).unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(net.deal().state, "protected");
    assert_eq!(
        net.sent_by_kind(|body| matches!(body, Body::ShareDelete(_))),
        0
    );
    for name in ["Bob", "Carol"] {
        assert_eq!(shares(&mut net, name), [vec![2], vec![1], vec![]], "{name}");
    }
    assert_eq!(shares(&mut net, "Dave"), [vec![1], vec![], vec![]]);
    silent.set(false);
    net.pass(Millis::seconds(200));
    for name in ["Bob", "Carol", "Dave"] {
        assert_eq!(shares(&mut net, name)[1], [0; 0], "{name}");
    }
    assert_eq!(shares(&mut net, "Dave"), NOTHING);
}

/// G7: a change that her other device, or she, stops leaves everything as it was.
#[test]
fn a_vetoed_replacement_leaves_everything_as_it_was() {
    let mut net = with_erin();
    net.owner(0, replace("Dave", "Erin")).unwrap();
    net.pass(Millis::seconds(2));
    let Ok(Answer::Status { policy, .. }) = net.owner(0, Command::Status) else {
        panic!()
    };
    let waiting = net.ledger.state.waiting_changes(&policy.unwrap(), net.now);
    let id = waiting[0].record.to_string();
    net.owner(0, Command::AlertVeto { id }).unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(net.state_of("Dave"), "verified");
    for name in ["Bob", "Carol", "Dave"] {
        assert_eq!(shares(&mut net, name)[0], [1], "{name}");
    }
}

#[test]
fn who_cannot_leave_or_come_is_named_with_what_helps() {
    let mut net = with_erin();
    for (command, said) in [
        (remove("Frank"), "no trustee or host called `Frank`"),
        (
            replace("Dave", "Frank"),
            "no trustee or host called `Frank`",
        ),
        (replace("Dave", "Dave"), "no verified trustee"),
        (replace("Dave", "Heidi"), "no verified trustee"),
        (remove("Heidi"), "nobody would keep your backup"),
    ] {
        let refused = complaint(&mut net, command);
        assert!(refused.contains(said), "{refused}");
    }
    net.owner(0, remove("Dave")).unwrap();
    let refused = complaint(&mut net, remove("Dave"));
    assert!(refused.contains("leaving already"), "{refused}");
}

/// What can be recovered at this moment: enough trustees hold a share of the epoch that the ledger shows
/// in force, seen by them or not.
fn is_usable(net: &mut Net) -> bool {
    let Ok(Answer::Status { policy, .. }) = net.owner(0, Command::Status) else {
        panic!()
    };
    let active = net
        .ledger
        .state
        .active_epoch(&policy.unwrap(), net.now)
        .unwrap();
    let people = ["Bob", "Carol", "Dave", "Erin"];
    let holders = people.iter().filter(|name| {
        let [current, over, waiting] = shares(net, name);
        [current, over, waiting].concat().contains(&active)
    });
    holders.count() >= 2
}

/// Cuts everybody off from everybody, the ledger too, after so many messages and answers.
fn cut_after(net: &mut Net, count: u32) -> Rc<Cell<u32>> {
    let left = Rc::new(Cell::new(count));
    let passes = |left: &Rc<Cell<u32>>| {
        let left = left.clone();
        move || {
            let before = left.get();
            left.set(before.saturating_sub(1));
            before > 0
        }
    };
    let (sends, replies, offers) = (passes(&left), passes(&left), passes(&left));
    let ended = left.clone();
    net.on_send = Box::new(move |_| sends());
    net.on_reply = Box::new(move |_, _| replies());
    net.on_query = Box::new(move |query| {
        // A look changes nothing that the next one does not: only what is offered is a step.
        let cut = match query.ask {
            Ask::Append { .. } => !offers(),
            _ => ended.get() == 0,
        };
        cut.then_some(kith_protocol::ledger::Answer::Unavailable)
    });
    left
}

fn heal(net: &mut Net) {
    net.on_send = Box::new(|_| true);
    net.on_reply = Box::new(|_, _| true);
    net.on_query = Box::new(|_| None);
}

/// Time passes, and everybody looks up every other second: quicker than [`Net::pass`].
fn pass(net: &mut Net, span: Millis) {
    let end = net.now.after(span);
    while net.now < end {
        net.now = net.now.after(Millis::seconds(2));
        for owner in &mut net.owners {
            owner.wake(net.now);
        }
        for person in &mut net.people {
            person.wake(net.now);
        }
        net.settle();
    }
}

/// The command is given, and after so many messages nothing arrives any more and every machine loses its
/// power; then all is well again.
fn interrupted(before: &Net, count: u32) -> u32 {
    let mut net = before.again();
    let left = cut_after(&mut net, count);
    let _ = net.owner(0, replace("Dave", "Erin"));
    net.pass(Millis::seconds(2));
    pass(&mut net, WAITING);
    pass(&mut net, Millis::seconds(6));
    let used = count - left.get();
    net.crash();
    assert!(is_usable(&mut net), "cut off after {count}");
    heal(&mut net);
    pass(&mut net, Millis::seconds(2));
    assert!(is_usable(&mut net), "again after {count}");
    pass(&mut net, WAITING);
    pass(&mut net, Millis::seconds(120));
    assert_eq!(net.deal().state, "protected", "{count}");
    assert_eq!(net.deal().epoch, 2, "{count}");
    for name in ["Bob", "Carol", "Erin"] {
        assert_eq!(
            shares(&mut net, name),
            [vec![2], vec![], vec![]],
            "{name}, {count}"
        );
    }
    assert_eq!(shares(&mut net, "Dave"), NOTHING, "{count}");
    used
}

/// R6: for two of three, at every message of the whole way.
#[test]
fn an_interruption_at_any_step_leaves_one_usable_epoch() {
    let before = with_erin();
    let whole = interrupted(&before, 10_000);
    assert!(whole > 20, "{whole} messages are not the whole way");
    for count in 0..whole {
        interrupted(&before, count);
    }
}
