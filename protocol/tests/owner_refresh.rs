//! `share refresh`: the next epoch by new shares of the same secrets (item 3 of a share set's life; G4, R6).
#![allow(clippy::unwrap_used)]

mod owner_support;

use kith_protocol::error::CommandError;
use kith_protocol::message::Body;
use kith_protocol::owner::command::{Answer, Command};
use kith_protocol::time::Millis;
use owner_support::Net;
use owner_support::play::{DELAY, LIFETIME, WAITING};

const A_WHILE: Millis = Millis::seconds(40);

fn refresh(net: &mut Net) -> Result<(), CommandError> {
    net.owner(0, Command::ShareRefresh).map(drop)
}

fn in_force(net: &mut Net) -> (u32, String) {
    let deal = net.deal();
    (deal.epoch, deal.state)
}

/// Protected, and refreshed once: epoch 2 is in force.
fn refreshed() -> Net {
    let mut net = Net::protected();
    refresh(&mut net).unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(in_force(&mut net), (2, "protected".into()));
    net
}

fn recover(net: &mut Net, names: &[&str]) {
    net.claim(names, false);
    for name in names {
        net.recognise(name);
        net.approve(name);
    }
    net.pass(Millis::seconds(8));
    assert_eq!(net.recovery().state, "done", "{:?}", net.recovery());
}

/// No host hears of it, each trustee holds the new share alone, and what is protected comes back with it.
#[test]
fn new_shares_of_the_same_secrets_open_the_same_backup() {
    let mut net = Net::protected();
    let puts = |net: &Net| net.sent_by_kind(|body| matches!(body, Body::BackupPut(_)));
    let before = puts(&net);
    refresh(&mut net).unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(puts(&net), before);
    for name in ["Bob", "Carol", "Dave"] {
        assert_eq!(net.epochs(name), [2], "{name}");
    }
    recover(&mut net, &["Carol", "Dave"]);
    assert_eq!(net.item().unwrap(), b"correct horse");
    assert_eq!(
        net.epochs("Bob"),
        [3],
        "who was not asked is dealt to as well"
    );
}

#[test]
fn a_refreshed_epoch_is_refreshed_again_and_dealt_anew() {
    let mut net = refreshed();
    refresh(&mut net).unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(in_force(&mut net), (3, "protected".into()));
    net.protect().unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(in_force(&mut net), (4, "protected".into()));
    recover(&mut net, &["Bob", "Carol"]);
}

/// The old shares go when the new ones are proved held, as with every epoch (G4).
#[test]
fn a_trustee_that_was_away_adds_to_its_share_when_it_comes_back() {
    let mut net = Net::protected();
    net.online("Dave", false);
    refresh(&mut net).unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    // Two of three are as many as are needed, and one to spare is waited for.
    assert_eq!(in_force(&mut net), (2, "shares".into()));
    net.online("Dave", true);
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(in_force(&mut net), (2, "protected".into()));
    assert_eq!(net.epochs("Dave"), [2]);
}

/// Four trustees, one of whom is away: the others are enough, and one to spare.
fn without_erin() -> Net {
    let mut net = Net::new(&["Bob", "Carol", "Dave", "Erin", "Heidi"]);
    net.init();
    for name in ["Bob", "Carol", "Dave", "Erin"] {
        net.enrol(name, false);
    }
    net.enrol("Heidi", true);
    net.protect().unwrap();
    net.pass(Millis::seconds(1));
    net.online("Erin", false);
    net
}

fn next_epoch(net: &mut Net) -> u32 {
    refresh(net).unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(net.deal().state, "protected");
    net.deal().epoch
}

/// G4: without its old share it could not make the new one. So it is not asked to delete that before.
#[test]
fn whoever_missed_a_refresh_keeps_its_old_share_until_it_has_the_new_one() {
    let mut net = without_erin();
    assert_eq!(next_epoch(&mut net), 2);
    net.online("Erin", true);
    net.pass(A_WHILE);
    assert_eq!(net.epochs("Erin"), [2]);
    let shares = net.person("Erin", kith_protocol::trustee::command::Command::ShareList);
    let Ok(kith_protocol::trustee::command::Answer::Shares { list }) = shares else {
        panic!()
    };
    assert_eq!(list.len(), 1, "{list:?}");
}

/// Who missed one refresh cannot add the next. It is a trustee all the same, and part of the next deal.
#[test]
fn whoever_missed_a_refresh_is_left_out_of_the_next_and_dealt_to_again() {
    let mut net = without_erin();
    next_epoch(&mut net);
    assert_eq!(next_epoch(&mut net), 3);
    assert_eq!(net.deal().trustees, 3);
    net.online("Erin", true);
    net.pass(A_WHILE);
    assert_eq!(net.epochs("Erin"), [0; 0]);
    assert_eq!(net.state_of("Erin"), "verified");
    net.protect().unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(net.epochs("Erin"), [4]);
}

#[test]
fn where_nothing_is_in_force_there_is_nothing_to_refresh() {
    let mut net = Net::new(&["Bob"]);
    net.init();
    let refused = refresh(&mut net).unwrap_err();
    assert!(
        refused.message.contains("owner-agent protect"),
        "{}",
        refused.message
    );
}

/// Who leaves is left out; where too few would stay it is said, with the command that helps.
#[test]
fn whoever_holds_no_share_is_left_out_and_too_few_are_refused() {
    let mut net = Net::protected();
    let names = vec!["Dave".into()];
    net.owner(0, Command::TrusteeRemove { names }).unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(in_force(&mut net), (2, "protected".into()));
    refresh(&mut net).unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(net.deal().trustees, 2);
    let resign = kith_protocol::trustee::command::Command::Resign {
        name: "Alice".into(),
        at_once: true,
    };
    net.person("Carol", resign).unwrap();
    net.pass(Millis::seconds(1));
    let refused = refresh(&mut net).unwrap_err();
    let said = refused.message;
    assert!(
        said.contains("too few") && said.contains("Carol: "),
        "{said}"
    );
}

/// A refresh that is given up before it is anchored has used up a key of everybody and changed nothing: another is
/// refused until there are more, and new secrets are dealt.
#[test]
fn a_refresh_that_is_given_up_gives_way_to_a_deal() {
    let mut net = Net::protected();
    net.on_send = Box::new(|message| !matches!(message.body, Body::ShareStore(_)));
    refresh(&mut net).unwrap();
    net.pass(Millis::seconds(1));
    assert_eq!(in_force(&mut net), (2, "shares".into()));
    let said = refresh(&mut net).unwrap_err().message;
    assert!(said.contains("no further key"), "{said}");
    net.on_send = Box::new(|_| true);
    net.protect().unwrap();
    net.pass(WAITING);
    net.pass(A_WHILE);
    assert_eq!(in_force(&mut net), (2, "protected".into()));
    recover(&mut net, &["Bob", "Carol"]);
    assert_eq!(net.item().unwrap(), b"correct horse");
}

/// The backup of the epoch in force is still on its way to a host that was away, whatever becomes of a refresh.
#[test]
fn a_refresh_that_is_given_up_takes_no_backup_from_a_slow_host() {
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
    net.online("Ivan", false);
    net.protect().unwrap();
    net.pass(Millis::seconds(1));
    let Ok(Answer::Backup(first)) = net.owner(0, Command::BackupStatus) else {
        panic!()
    };
    net.on_send = Box::new(|message| !matches!(message.body, Body::ShareStore(_)));
    refresh(&mut net).unwrap();
    net.protect().unwrap();
    net.on_send = Box::new(|_| true);
    let sent = |net: &Net| {
        let of_first =
            |body: &Body| matches!(body, Body::BackupChunkPut(put) if put.backup == first.backup);
        net.sent_by_kind(of_first)
    };
    let before = sent(&net);
    net.online("Ivan", true);
    net.pass(Millis::seconds(10));
    assert!(sent(&net) > before);
}

/// G4, G13: whoever was allowed shares may hold enough of them, and then has the secrets. A refresh keeps them, so
/// it is refused; and one that was under way is followed by an epoch with secrets of its own.
#[test]
fn secrets_that_somebody_may_have_are_not_kept_by_a_refresh() {
    let mut net = Net::protected();
    refresh(&mut net).unwrap();
    net.pass(Millis::seconds(2));
    net.claim(&["Bob", "Carol"], false);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    // Everything arrives but what would complete it.
    net.on_send = Box::new(|message| !matches!(message.body, Body::BackupGet(_)));
    net.pass(DELAY);
    net.pass(Millis::seconds(2));
    assert_eq!(net.recovery().shares, 2);
    net.owners[1].online = false;
    net.pass(LIFETIME);
    net.pass(LIFETIME);
    net.on_send = Box::new(|_| true);
    net.owners[0].online = true;
    for _ in 0..4 {
        net.pass(WAITING);
    }
    net.pass(A_WHILE);
    let (epoch, state) = in_force(&mut net);
    assert_eq!((epoch, state.as_str()), (3, "protected"));
    assert!(
        net.owners[0]
            .pending()
            .iter()
            .all(|event| event.kind != "tainted")
    );
}
