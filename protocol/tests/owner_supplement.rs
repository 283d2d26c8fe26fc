//! What she changes between two epochs comes back, too (R5, G5; decision 0038).
#![allow(clippy::unwrap_used)]

mod owner_support;

use kith_protocol::agent::Event;
use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::message::{Body, ProblemReport};
use kith_protocol::owner::command::{Answer, ChangesView, Command};
use kith_protocol::record::Space;
use kith_protocol::time::Millis;
use owner_support::Net;
use owner_support::home::Node as _;
use owner_support::play::WAITING;
use std::collections::{BTreeMap, BTreeSet};

const HOUR: Millis = Millis::seconds(3_600);
/// Longer than the pause before a supplement is made.
const PUSHED: Millis = Millis::seconds(5);
/// Longer than hosts that say nothing are waited for.
const PATIENCE: Millis = Millis::seconds(25);

type Items = BTreeMap<String, Vec<u8>>;

/// Three trustees, two hosts, and a backup with three items in force.
fn protected() -> Net {
    let mut net = Net::new(&["Bob", "Carol", "Dave", "Heidi", "Ivan"]);
    net.init();
    for name in ["Bob", "Carol", "Dave"] {
        net.enrol(name, false);
    }
    net.enrol("Heidi", true);
    net.enrol("Ivan", true);
    for name in ["old", "plan"] {
        add(&mut net, name, b"as it was");
    }
    ask_for_protection(&mut net);
    net.pass(Millis::seconds(1));
    assert_eq!(net.deal().state, "protected");
    net
}

/// A request lives for a day: hosts are waited for.
fn ask_for_protection(net: &mut Net) {
    let command = Command::Protect {
        threshold: 2,
        delay: Some(Millis::seconds(2)),
        lifetime: Some(HOUR.times(24)),
        cool_down: Some(Millis::seconds(1)),
        override_threshold: None,
    };
    net.owner(0, command).unwrap();
}

/// The next epoch, in force.
fn protect_again(net: &mut Net) {
    ask_for_protection(net);
    hours(net, 26);
    assert_eq!(net.deal().state, "protected");
}

fn add(net: &mut Net, name: &str, data: &[u8]) {
    let (name, data) = (name.into(), Blob(data.to_vec()));
    net.owner(0, Command::SecretAdd { name, data }).unwrap();
}

fn remove(net: &mut Net, name: &str) {
    let name = name.into();
    net.owner(0, Command::SecretRemove { name }).unwrap();
}

/// One added, one changed, one removed.
fn change(net: &mut Net) {
    add(net, "new", b"added since");
    add(net, "plan", b"changed since");
    remove(net, "old");
}

fn changed() -> Items {
    items(&[
        ("new", b"added since"),
        ("plan", b"changed since"),
        ("seed", b"correct horse"),
    ])
}

fn unchanged() -> Items {
    items(&[
        ("old", b"as it was"),
        ("plan", b"as it was"),
        ("seed", b"correct horse"),
    ])
}

fn items(list: &[(&str, &[u8])]) -> Items {
    let all = list.iter();
    all.map(|(name, data)| ((*name).into(), data.to_vec()))
        .collect()
}

fn status(net: &mut Net) -> Option<ChangesView> {
    match net.owner(0, Command::BackupStatus) {
        Ok(Answer::Backup(view)) => view.changes,
        other => panic!("{other:?}"),
    }
}

fn warnings(net: &Net) -> Vec<Event> {
    let mut events = net.owners[0].pending();
    events.retain(|event| event.kind == "backup");
    events
}

/// Rows of backups, whole or not, at this host.
fn kept(net: &Net, name: &str) -> usize {
    let mut people = net.people.iter();
    let rows = &people.find(|home| home.name == name).unwrap().rows;
    let backups = rows
        .keys()
        .filter(|key| key.as_bytes()[0] == Space::Kept as u8);
    backups.count()
}

/// Lets whole hours pass; everybody who is online wakes once in each.
fn hours(net: &mut Net, count: u64) {
    for _ in 0..count {
        net.now = net.now.after(HOUR);
        let now = net.now;
        net.owners.iter_mut().for_each(|owner| owner.wake(now));
        net.people.iter_mut().for_each(|person| person.wake(now));
        net.settle();
    }
}

/// Up to where the backup is fetched.
fn ask_back(net: &mut Net, stolen: bool) {
    net.claim(&["Bob", "Carol"], stolen);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    net.pass(WAITING);
}

fn recover(net: &mut Net) {
    ask_back(net, false);
    net.pass(PATIENCE);
    assert_eq!(net.recovery().state, "done", "{:?}", net.recovery());
}

/// Everything in the claimant's wallet, and the earlier versions beside it.
fn restored(net: &mut Net) -> (Items, Items) {
    let Ok(Answer::Secrets { list, earlier }) = net.owner(1, Command::SecretList) else {
        panic!()
    };
    let mut read = |names: Vec<(String, u64)>, show: fn(String) -> Command| {
        let read = |(name, _): (String, u64)| match net.owner(1, show(name.clone())) {
            Ok(Answer::Secret { data, .. }) => (name, data.0),
            other => panic!("{other:?}"),
        };
        names.into_iter().map(read).collect::<Items>()
    };
    let wallet = read(list, |name| Command::SecretShow { name });
    let earlier = read(earlier, |name| Command::SecretShowEarlier { name });
    (wallet, earlier)
}

/// R5, G5: no new epoch, no new share, nobody asked.
#[test]
fn what_she_changed_comes_back_without_a_new_epoch() {
    let mut net = protected();
    assert_eq!(status(&mut net), None);
    change(&mut net);
    assert_eq!(status(&mut net).unwrap().unsent, 3);
    net.pass(PUSHED);
    let told = status(&mut net).unwrap();
    assert_eq!((told.items, told.unsent), (3, 0));
    assert_eq!((told.hosts.len(), told.missing.len()), (2, 0));
    assert_eq!(net.deal().epoch, 1);
    let extends = net
        .sent
        .iter()
        .filter(|sent| matches!(sent.body, Body::BackupExtend(_)));
    let ids: BTreeSet<&String> = extends.map(|sent| &sent.id).collect();
    assert_eq!(
        ids.len(),
        2,
        "three changes made one supplement for each host"
    );
    recover(&mut net);
    let earlier = items(&[("old", b"as it was"), ("plan", b"as it was")]);
    assert_eq!(restored(&mut net), (changed(), earlier));
    let told = net.recovery().restored.unwrap();
    assert!(told.made.is_some() && told.earlier == 2);
    assert_eq!(told.device.len(), 64);
}

/// The claimant's next backup holds them, so that they survive the next loss without a supplement.
#[test]
fn what_came_back_is_in_the_next_backup() {
    let mut net = protected();
    change(&mut net);
    net.pass(PUSHED);
    recover(&mut net);
    net.owners.swap(0, 1);
    net.owners.pop();
    assert_eq!(status(&mut net), None);
    recover(&mut net);
    assert_eq!(restored(&mut net), (changed(), Items::new()));
}

#[test]
fn an_earlier_version_can_be_forgotten_and_is_no_part_of_the_wallet() {
    let mut net = protected();
    change(&mut net);
    net.pass(PUSHED);
    recover(&mut net);
    let forget = |name: &str| Command::SecretRemoveEarlier { name: name.into() };
    net.owner(1, forget("old")).unwrap();
    net.owner(1, forget("new")).unwrap_err();
    let (wallet, earlier) = restored(&mut net);
    assert_eq!((wallet.len(), earlier.len()), (3, 1));
}

/// Each supplement holds all changes since the backup.
#[test]
fn a_newer_supplement_takes_the_place_of_the_one_before() {
    let mut net = protected();
    for round in 0..4_u8 {
        add(&mut net, "plan", &[round; 40_000]);
        net.pass(PUSHED);
        assert_eq!((kept(&net, "Heidi"), kept(&net, "Ivan")), (2, 2));
    }
    add(&mut net, "passing", b"never mind");
    net.pass(PUSHED);
    remove(&mut net, "passing");
    net.pass(PUSHED);
    recover(&mut net);
    let (wallet, _) = restored(&mut net);
    assert_eq!(wallet["plan"], vec![3; 40_000]);
    assert!(!wallet.contains_key("passing"));
}

#[test]
fn what_was_added_and_removed_again_leaves_the_hosts() {
    let mut net = protected();
    add(&mut net, "passing", b"never mind");
    net.pass(PUSHED);
    remove(&mut net, "passing");
    net.pass(PUSHED);
    recover(&mut net);
    assert_eq!(restored(&mut net), (unchanged(), Items::new()));
}

#[test]
fn a_host_that_was_away_gets_the_changes_when_it_is_back() {
    let mut net = protected();
    net.online("Heidi", false);
    change(&mut net);
    net.pass(PUSHED);
    assert_eq!(status(&mut net).unwrap().missing, ["Heidi"]);
    net.online("Heidi", true);
    hours(&mut net, 2);
    assert_eq!(status(&mut net).unwrap().missing, Vec::<String>::new());
    net.online("Ivan", false);
    recover(&mut net);
    assert_eq!(restored(&mut net).0, changed());
}

/// Every crash leaves the changes to be pushed.
#[test]
fn changes_survive_a_crash_before_they_are_pushed() {
    let mut net = protected();
    change(&mut net);
    net.crash();
    net.pass(PUSHED);
    net.crash();
    recover(&mut net);
    assert_eq!(restored(&mut net).0, changed());
}

/// Changes that no host gives, and trustees who know of them.
fn known_to_trustees_alone() -> Net {
    let mut net = protected();
    net.online("Heidi", false);
    change(&mut net);
    net.pass(PUSHED);
    // The next round of custody proofs.
    hours(&mut net, 10 * 24);
    net.owners[0].online = false;
    net.online("Heidi", true);
    net.online("Ivan", false);
    net
}

/// Neither silently without them, nor never.
#[test]
fn changes_that_only_trustees_know_of_are_waited_for_until_she_goes_on() {
    let mut net = known_to_trustees_alone();
    ask_back(&mut net, false);
    hours(&mut net, 1);
    let view = net.recovery();
    assert_eq!(view.state, "older");
    let problem = view.problem.unwrap();
    for part in [
        "Bob",
        "Carol",
        "10 d ago",
        "owner-agent recover accept-older",
    ] {
        assert!(problem.contains(part), "{problem}");
    }
    net.owner(1, Command::RecoverAcceptOlder).unwrap();
    net.pass(WAITING);
    assert_eq!(net.recovery().state, "done");
    assert_eq!(restored(&mut net), (unchanged(), Items::new()));
}

#[test]
fn a_host_that_wakes_at_last_brings_the_changes_that_trustees_know_of() {
    let mut net = known_to_trustees_alone();
    ask_back(&mut net, false);
    net.pass(PATIENCE);
    assert_eq!(net.recovery().state, "older");
    net.online("Ivan", true);
    hours(&mut net, 1);
    net.pass(WAITING);
    assert_eq!(net.recovery().state, "done", "{:?}", net.recovery());
    assert_eq!(restored(&mut net).0, changed());
}

/// G5, G10: it could otherwise have the newest changes dropped by naming them.
#[test]
fn a_host_that_names_the_changes_and_gives_nothing_takes_them_from_nobody() {
    let mut net = protected();
    change(&mut net);
    net.pass(PUSHED);
    // The next round of custody proofs: trustees know of the changes, so they are waited for.
    hours(&mut net, 10 * 24);
    net.owners[0].online = false;
    net.online("Ivan", false);
    let mut miser = None;
    net.on_reply = Box::new(move |message, _| {
        let is_asked = matches!(&message.body, Body::BackupGet(get) if get.named.is_some());
        !is_asked || *miser.get_or_insert_with(|| message.to.clone()) != message.to
    });
    ask_back(&mut net, false);
    net.pass(PATIENCE);
    net.pass(PATIENCE);
    assert_eq!(net.recovery().state, "older");
    net.online("Ivan", true);
    hours(&mut net, 1);
    net.pass(WAITING);
    assert_eq!(net.recovery().state, "done", "{:?}", net.recovery());
    assert_eq!(restored(&mut net).0, changed());
}

/// Who has not seen the ledger so far has not said that it has nothing.
#[test]
fn a_host_that_says_not_yet_is_waited_for() {
    let mut net = protected();
    net.online("Heidi", false);
    change(&mut net);
    net.pass(PUSHED);
    net.online("Heidi", true);
    net.owners[0].online = false;
    let mut left = 3;
    net.on_reply = Box::new(move |_, reply| {
        let has_changes = matches!(reply, Body::BackupHead(head) if head.newest.is_some());
        if has_changes && left > 0 {
            left -= 1;
            *reply = Body::Problem(ProblemReport {
                code: "e.m.trust.ledger-behind".into(),
                comment: "try again".into(),
            });
        }
        true
    });
    recover(&mut net);
    assert_eq!(restored(&mut net).0, changed());
}

#[test]
fn there_is_nothing_to_accept_where_nothing_is_missing() {
    let mut net = protected();
    change(&mut net);
    net.pass(PUSHED);
    ask_back(&mut net, false);
    net.owner(1, Command::RecoverAcceptOlder).unwrap_err();
    net.pass(PATIENCE);
    assert_eq!(restored(&mut net).0, changed());
}

/// G6, G10: it has no such thing, and holds nobody up for long.
#[test]
fn a_host_that_boasts_of_changes_is_passed_over() {
    let mut net = protected();
    change(&mut net);
    net.pass(PUSHED);
    let mut liars = Vec::new();
    net.on_reply = Box::new(move |message, reply| {
        if let Body::BackupHead(head) = reply
            && let Some(newest) = &mut head.newest
            && (liars.is_empty() || liars.contains(&message.to))
        {
            liars.push(message.to.clone());
            newest.sequence += 5;
            newest.backup = Digest([7; 32]);
        }
        true
    });
    ask_back(&mut net, false);
    net.pass(PATIENCE);
    net.pass(PATIENCE);
    assert_eq!(net.recovery().state, "done", "{:?}", net.recovery());
    assert_eq!(restored(&mut net).0, changed());
}

/// G6, G10: what a supplement is, it says itself; nobody has it dropped by naming it with a wrong number.
#[test]
fn a_wrong_number_that_a_host_gives_changes_nothing() {
    let mut net = protected();
    change(&mut net);
    net.pass(PUSHED);
    net.on_reply = Box::new(|_, reply| {
        if let Body::BackupHead(head) = reply
            && let Some(newest) = &mut head.newest
        {
            newest.sequence += 5;
        }
        true
    });
    ask_back(&mut net, false);
    net.pass(PATIENCE);
    net.pass(PATIENCE);
    assert_eq!(net.recovery().state, "done");
    assert_eq!(restored(&mut net).0, changed());
}

/// G5, G13: who has the unlocked device can change the newest state, and takes nothing of the backup away by it.
#[test]
fn what_a_thief_pushed_takes_nothing_away() {
    let mut net = protected();
    add(&mut net, "seed", b"the thief's own");
    for name in ["old", "plan"] {
        remove(&mut net, name);
    }
    net.pass(PUSHED);
    ask_back(&mut net, true);
    net.pass(PATIENCE);
    assert_eq!(net.recovery().state, "done");
    let poisoned = items(&[("seed", b"the thief's own")]);
    assert_eq!(restored(&mut net), (poisoned, unchanged()));
}

/// G11: a store that was put back makes no older state the newest.
#[test]
fn a_device_put_back_from_an_old_copy_is_told_and_begins_anew() {
    let mut net = protected();
    add(&mut net, "plan", b"changed once");
    net.pass(PUSHED);
    let copy = net.owners[0].rows.clone();
    change(&mut net);
    net.pass(PUSHED);
    add(&mut net, "plan", b"changed twice");
    net.pass(PUSHED);
    net.owners[0].rows = copy;
    net.crash();
    add(&mut net, "plan", b"changed by the old copy");
    net.pass(PUSHED);
    let told = warnings(&net);
    assert_eq!(told.len(), 2);
    assert!(told[0].text.contains("put back from an old copy"));
    hours(&mut net, 30 * 24);
    assert_eq!(status(&mut net).unwrap().hosts, Vec::<String>::new());
    protect_again(&mut net);
    assert_eq!(warnings(&net), []);
    add(&mut net, "plan", b"changed after");
    net.pass(PUSHED);
    recover(&mut net);
    assert_eq!(restored(&mut net).0["plan"], b"changed after");
}

/// Decision 0036: new shares of the same secrets go with the same backup, and with what came after it.
#[test]
fn a_refresh_leaves_the_changes_where_they_are() {
    let mut net = protected();
    change(&mut net);
    net.pass(PUSHED);
    net.owner(0, Command::ShareRefresh).unwrap();
    hours(&mut net, 26);
    assert_eq!(
        (net.deal().epoch, net.deal().state.as_str()),
        (2, "protected")
    );
    assert_eq!(kept(&net, "Heidi"), 2);
    add(&mut net, "late", b"after the refresh");
    net.pass(PUSHED);
    recover(&mut net);
    let (wallet, _) = restored(&mut net);
    assert_eq!(wallet["late"], b"after the refresh");
    assert_eq!(wallet["plan"], b"changed since");
}

/// What is changed while an epoch is dealt is in neither backup, and reaches the hosts with the new one.
#[test]
fn changes_made_while_an_epoch_is_dealt_are_not_lost() {
    let mut net = protected();
    add(&mut net, "plan", b"before the deal");
    net.pass(PUSHED);
    ask_for_protection(&mut net);
    change(&mut net);
    hours(&mut net, 26);
    assert_eq!(
        (net.deal().epoch, net.deal().state.as_str()),
        (2, "protected")
    );
    let told = status(&mut net).unwrap();
    assert_eq!((told.items, told.unsent), (3, 0));
    hours(&mut net, 1);
    assert_eq!(kept(&net, "Heidi"), 2, "nothing of the old backup is left");
    recover(&mut net);
    assert_eq!(restored(&mut net).0, changed());
}

/// `backup verify` reads what came after the backup, too.
#[test]
fn hosts_show_the_changes_when_they_are_asked_for_everything() {
    let mut net = protected();
    add(&mut net, "film", &[7; 60_000]);
    net.pass(PUSHED);
    net.owner(0, Command::BackupVerify).unwrap();
    let Ok(Answer::Backup(view)) = net.owner(0, Command::BackupStatus) else {
        panic!()
    };
    assert!(view.chunks > 3);
    for host in view.hosts {
        assert_eq!((host.shown, host.state.as_str()), (view.chunks, "held"));
    }
}
