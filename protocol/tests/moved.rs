//! A trustee's or host's agent moves to another machine: what stays behind, who is told, and how the next
//! deal reaches it (R17, G1; decision 0039).
#![allow(clippy::unwrap_used)]

mod owner_support;

use kith_protocol::export::{Fate, fate};
use kith_protocol::health::Verdict;
use kith_protocol::message::Body;
use kith_protocol::owner::command::{Answer, Command};
use kith_protocol::record::Space;
use kith_protocol::time::Millis;
use kith_protocol::trustee::Staying;
use kith_protocol::trustee::command as trustee;
use owner_support::Net;
use owner_support::play::WAITING;

const A_MOMENT: Millis = Millis::seconds(1);
/// Within it everything is sent again that was not answered.
const A_WHILE: Millis = Millis::seconds(40);

/// What an export and an import do to the rows.
fn moves(net: &mut Net, name: &str) {
    let mut people = net.people.iter_mut();
    let home = people.find(|home| home.name == name).unwrap();
    home.rows
        .retain(|key, _| fate(key.space().unwrap()) == Fate::Goes);
    home.crash();
}

fn custody_of(net: &mut Net, name: &str) -> String {
    let Ok(Answer::Status { trustees, .. }) = net.owner(0, Command::Status) else {
        panic!("no status")
    };
    let view = trustees.into_iter().find(|view| view.name == name);
    view.unwrap().custody.unwrap().state
}

fn renewals(net: &Net) -> usize {
    net.sent_by_kind(|body| matches!(body, Body::SetupRenew(_)))
}

fn rows_of(net: &Net, name: &str, space: Space) -> usize {
    let home = net.people.iter().find(|home| home.name == name).unwrap();
    let rows = home.rows.keys();
    rows.filter(|key| key.space() == Some(space)).count()
}

/// R17: her screen says it within the hour, names the command, and that command puts it right.
#[test]
fn a_trustee_that_moved_holds_nothing_says_so_and_takes_the_next_deal() {
    let mut net = Net::protected();
    assert_eq!(net.status(0), "protected");
    moves(&mut net, "Bob");
    assert_eq!(net.epochs("Bob"), [0_u32; 0]);
    net.pass(A_MOMENT);
    assert_eq!(renewals(&net), 1);
    assert_eq!(custody_of(&mut net, "Bob"), "gone");
    let warned = net.owners[0].pending().into_iter();
    let warned: Vec<String> = warned
        .filter(|event| event.kind == "custody")
        .map(|event| event.text)
        .collect();
    let [warning] = &warned[..] else {
        panic!("{warned:?}")
    };
    assert!(
        warning.contains("Bob says that it no longer holds its share")
            && warning.contains("owner-agent protect --threshold 2"),
        "{warning}"
    );
    net.protect().unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    let deal = net.deal();
    assert_eq!((deal.epoch, deal.state.as_str()), (2, "protected"));
    assert!(deal.receipts.contains(&"Bob".to_owned()), "{deal:?}");
    assert_eq!(net.epochs("Bob"), [2]);
    assert_eq!(custody_of(&mut net, "Bob"), "held");
    // Told once.
    net.people[0].crash();
    net.pass(A_WHILE);
    assert_eq!(renewals(&net), 1);
}

/// The person at the new machine sees it as well, until there is a new share or there is nothing to replace.
#[test]
fn a_trustee_that_moved_sees_which_share_stayed_behind() {
    let mut net = Net::protected();
    assert_eq!(left_behind(&mut net, "Bob"), [0_u32; 0]);
    moves(&mut net, "Bob");
    assert_eq!(left_behind(&mut net, "Bob"), [1]);
    let bob = &net.people[0];
    let mut checks = bob.health().checks.into_iter();
    let shares = checks.find(|check| check.id == "shares").unwrap();
    assert_eq!(shares.state, Verdict::Warning, "{shares:?}");
    assert!(
        shares.finding.contains("the shares of Alice stayed"),
        "{shares:?}"
    );
    net.pass(A_MOMENT);
    net.protect().unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(
        (net.epochs("Bob"), left_behind(&mut net, "Bob")),
        (vec![2], vec![])
    );
    // An epoch that is over is repaired by nobody.
    moves(&mut net, "Bob");
    net.owner(
        0,
        Command::TrusteeRemove {
            names: vec!["Bob".into()],
        },
    )
    .unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(left_behind(&mut net, "Bob"), [0_u32; 0]);
}

fn left_behind(net: &mut Net, name: &str) -> Vec<u32> {
    let Ok(trustee::Answer::Shares { list }) = net.person(name, trustee::Command::ShareList) else {
        panic!()
    };
    let gone = list.into_iter().filter(|share| share.gone);
    gone.map(|share| share.epoch).collect()
}

/// It goes on saying so until she hears it.
#[test]
fn an_owner_who_was_away_hears_of_the_move_later() {
    let mut net = Net::protected();
    net.owners[0].online = false;
    moves(&mut net, "Bob");
    net.pass(A_MOMENT);
    net.owners[0].online = true;
    net.pass(A_WHILE);
    assert_eq!(custody_of(&mut net, "Bob"), "gone");
    net.protect().unwrap();
    net.pass(WAITING);
    assert_eq!(net.epochs("Bob"), [2]);
}

/// R17, G5: the backup goes along, and nothing of it must be made anew.
#[test]
fn a_host_that_moved_still_has_the_backup_and_takes_the_next_one() {
    let mut net = Net::protected();
    let kept = rows_of(&net, "Heidi", Space::Kept);
    moves(&mut net, "Heidi");
    assert_eq!(rows_of(&net, "Heidi", Space::Prekey), 0);
    net.pass(A_MOMENT);
    assert_eq!(rows_of(&net, "Heidi", Space::Kept), kept);
    assert_eq!(net.status(0), "protected");
    net.protect().unwrap();
    net.pass(WAITING);
    let deal = net.deal();
    assert_eq!((deal.epoch, deal.state.as_str()), (2, "protected"));
    assert!(deal.missing.is_empty(), "{deal:?}");
}

/// Where nothing moved nobody is told that something did.
#[test]
fn an_agent_that_only_starts_again_renews_nothing() {
    let mut net = Net::protected();
    net.crash();
    net.pass(A_WHILE);
    assert_eq!(renewals(&net), 0);
}

/// Keys that may have been sealed to since, of another policy, or too few, change nothing.
#[test]
fn keys_that_are_no_newer_or_for_another_policy_are_refused() {
    type Bend = fn(&mut kith_protocol::message::setup::Renew);
    let bends: [Bend; 4] = [
        |renew| renew.prekeys[0].number = 1,
        |renew| renew.policy.0[0] ^= 1,
        |renew| renew.prekeys.truncate(1),
        |renew| renew.prekeys.reverse(),
    ];
    for bend in bends {
        let mut net = Net::protected();
        net.on_send = Box::new(move |message| {
            if let Body::SetupRenew(renew) = &mut message.body {
                bend(renew);
            }
            true
        });
        moves(&mut net, "Bob");
        net.pass(A_MOMENT);
        assert_eq!(custody_of(&mut net, "Bob"), "held");
    }
}

/// A trustee is asked before it leaves a share behind.
#[test]
fn what_would_stay_behind_is_named_by_its_owner() {
    let net = Net::protected();
    let staying = |name: &str| {
        let home = net.people.iter().find(|home| home.name == name).unwrap();
        Staying::of(&home.rows).unwrap()
    };
    assert_eq!(staying("Bob").owners, ["Alice"]);
    assert_eq!(staying("Heidi"), Staying::default());
}

/// What is asked for one recovery is not left half done.
#[test]
fn a_recovery_under_way_is_named_too() {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol", "Dave"], false);
    net.recognise("Bob");
    net.approve("Bob");
    let staying = Staying::of(&net.people[0].rows).unwrap();
    assert_eq!(staying.requests.len(), 1);
    assert_eq!(staying.requests[0].0, "Alice");
}
