//! A trustee that is to keep the backup as well: left out until the owner accepts what that means (decision 0041).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod owner_support;

use kith_protocol::error::CommandError;
use kith_protocol::owner::command::{Answer, Command};
use kith_protocol::time::Millis;
use kith_protocol::trustee::command as trustee;
use owner_support::Net;
use owner_support::play::DELAY;

const CELLAR: &str = "cellar";

/// Three trustees; what she calls the cellar is one of them, or somebody else.
fn enrolled(keeper: &str) -> Net {
    let mut net = Net::new(&["Bob", "Carol", "Dave", "Heidi"]);
    net.init();
    for name in ["Bob", "Carol", "Dave"] {
        net.enrol(name, false);
    }
    invite(&mut net, keeper);
    net
}

/// Enrols `keeper` as the host that she calls the cellar.
fn invite(net: &mut Net, keeper: &str) {
    let name = || CELLAR.to_owned();
    let Ok(Answer::Link { link, .. }) = net.owner(0, Command::HostInvite { name: name() }) else {
        panic!()
    };
    let opened = net.person(keeper, trustee::Command::InvitationOpen { link });
    let Ok(trustee::Answer::Invitation(invitation)) = opened else {
        panic!("{opened:?}")
    };
    let id = invitation.id;
    net.person(keeper, trustee::Command::InvitationAccept { id })
        .unwrap();
    let Ok(Answer::Words(ours)) = net.owner(0, Command::TrusteeWords { name: name() }) else {
        panic!()
    };
    // Her name is taken there, where the keeper is a trustee too.
    let agreed = net.person(keeper, trustee::Command::OwnerList);
    let Ok(trustee::Answer::Owners { list }) = agreed else {
        panic!("{agreed:?}")
    };
    let fresh = list.iter().find(|owner| owner.state == "words").unwrap();
    let alice = || fresh.name.clone();
    let theirs = net.person(keeper, trustee::Command::OwnerWords { name: alice() });
    let Ok(trustee::Answer::Words(theirs)) = theirs else {
        panic!("{theirs:?}")
    };
    let verify = Command::TrusteeVerify {
        name: name(),
        words: theirs.say,
    };
    net.owner(0, verify).unwrap();
    let heard = trustee::Command::OwnerVerify {
        name: alice(),
        words: ours.say,
    };
    net.person(keeper, heard).unwrap();
}

fn accept(net: &mut Net, name: &str, yes: bool) -> Result<String, CommandError> {
    let name = name.to_owned();
    match net.owner(0, Command::HostAccept { name, yes })? {
        Answer::Done { text } => Ok(text),
        other => panic!("{other:?}"),
    }
}

fn open_to(net: &mut Net, who: usize) -> Option<String> {
    match net.owner(who, Command::Status) {
        Ok(Answer::Status { open_to, .. }) => open_to,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_trustees_agent_gets_no_backup_before_she_accepts_it() {
    let mut net = enrolled("Bob");
    let refused = net.protect().unwrap_err().message;
    assert!(
        refused.contains("cellar: it is the agent of your trustee Bob"),
        "{refused}"
    );
    assert!(
        refused.contains("owner-agent host accept cellar"),
        "{refused}"
    );
    // Shown, and not accepted by being shown.
    let shown = accept(&mut net, CELLAR, false).unwrap();
    assert!(shown.contains("silently"), "{shown}");
    net.protect().unwrap_err();
    // Beside another host it is left out, and named.
    net.enrol("Heidi", true);
    net.protect().unwrap();
    net.pass(Millis::seconds(1));
    let deal = net.deal();
    assert_eq!(
        (deal.state.as_str(), &deal.hosts[..]),
        ("protected", &["Heidi".to_owned()][..])
    );
    assert!(
        deal.refused.iter().any(|(name, _)| name == CELLAR),
        "{deal:?}"
    );
    assert_eq!(open_to(&mut net, 0), None);
}

#[test]
fn a_host_that_she_accepted_keeps_the_backup_and_every_screen_says_so() {
    let mut net = enrolled("Bob");
    accept(&mut net, CELLAR, true).unwrap();
    net.protect().unwrap();
    net.pass(Millis::seconds(1));
    assert_eq!(net.deal().state, "protected");
    let open = open_to(&mut net, 0).unwrap();
    assert!(
        open.contains("any 2 of your trustees, Bob among them"),
        "{open}"
    );
    // The next device knows what she accepted: a recovery asks nobody in between.
    net.claim(&["Bob", "Carol"], false);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    net.pass(DELAY);
    net.pass(Millis::seconds(8));
    assert_eq!(net.recovery().state, "done", "{:?}", net.recovery());
    assert!(open_to(&mut net, 1).is_some());
}

#[test]
fn where_the_host_is_no_trustee_there_is_nothing_to_accept() {
    let mut net = enrolled("Heidi");
    let said = accept(&mut net, CELLAR, true).unwrap_err().message;
    assert!(said.contains("nothing to accept"), "{said}");
    accept(&mut net, "Bob", true).unwrap_err();
    accept(&mut net, "nobody", true).unwrap_err();
    net.protect().unwrap();
    net.pass(Millis::seconds(1));
    assert_eq!(
        (net.deal().state.as_str(), open_to(&mut net, 0)),
        ("protected", None)
    );
}
