//! The owner learns who still holds a share, and is told in time (B1, R14).
#![allow(clippy::unwrap_used)]

mod owner_support;

use kith_protocol::agent::Event;
use kith_protocol::message::share::Proof;
use kith_protocol::message::{Body, ProblemReport};
use kith_protocol::owner::command::{Answer, Command, CustodyView};
use kith_protocol::record::Space;
use kith_protocol::time::Millis;
use kith_protocol::vss::UnverifiedProof;
use owner_support::Net;
use owner_support::home::Node as _;
use owner_support::play::{DELAY, WAITING};
use std::collections::BTreeSet;

const HOUR: Millis = Millis::seconds(3_600);
const TRUSTEES: [&str; 3] = ["Bob", "Carol", "Dave"];

/// Lets whole hours pass; everybody wakes once in each.
fn hours(net: &mut Net, count: u64) {
    for _ in 0..count {
        net.now = net.now.after(HOUR);
        for owner in &mut net.owners {
            owner.wake(net.now);
        }
        for person in &mut net.people {
            person.wake(net.now);
        }
        net.settle();
    }
}

/// A little more than the longest pause between two rounds.
fn round(net: &mut Net) {
    hours(net, 9 * 24 + 1);
}

fn asked(net: &Net) -> usize {
    net.sent_by_kind(|body| matches!(body, Body::ShareChallenge(_)))
}

/// What the screen says of everybody, its sentence, and how many may be lost.
fn screen(net: &mut Net) -> (Vec<Option<CustodyView>>, String, u8) {
    let Ok(Answer::Status {
        trustees,
        text,
        deal,
        ..
    }) = net.owner(0, Command::Status)
    else {
        panic!()
    };
    let views = TRUSTEES.map(|name| {
        let view = trustees.iter().find(|view| view.name == name);
        view.unwrap().custody.clone()
    });
    (views.into(), text, deal.unwrap().may_lose)
}

fn states(net: &mut Net) -> Vec<String> {
    let views = screen(net).0.into_iter();
    views
        .map(|view| view.map_or_else(String::new, |view| view.state))
        .collect()
}

fn warnings(net: &Net) -> Vec<Event> {
    let mut events = net.owners[0].pending();
    events.retain(|event| event.kind == "custody");
    events
}

fn hints(net: &Net) -> Vec<String> {
    let events = net.owners[0].events.iter();
    let hints = events.filter(|event| event.kind == "custody");
    hints.map(|event| event.text.clone()).collect()
}

/// R14: right after protecting; then once in five to nine days, one question to each and no more.
#[test]
fn every_trustee_is_asked_at_once_and_then_about_once_a_week() {
    let mut net = Net::protected();
    assert_eq!(asked(&net), 3, "with the epoch in force");
    let (views, text, may_lose) = screen(&mut net);
    for view in views {
        let view = view.unwrap();
        assert_eq!((view.state.as_str(), view.rounds.len()), ("held", 1));
        assert!(view.proven.is_some_and(|proven| proven <= net.now));
    }
    assert_eq!(may_lose, 1);
    assert_eq!(
        text,
        "any 2 of 3 trustees can help you recover; you can lose 1 and still recover"
    );
    hours(&mut net, 5 * 24 - 1);
    assert_eq!(asked(&net), 3, "nobody is asked within five days");
    hours(&mut net, 4 * 24 + 2);
    assert_eq!(asked(&net), 6, "everybody is asked within nine");
    assert_eq!((warnings(&net), hints(&net)), (vec![], vec![]));
}

/// Nobody can know on which day a share must be at hand.
#[test]
fn rounds_are_drawn_by_lot() {
    let mut net = Net::protected();
    let mut gaps = BTreeSet::new();
    for round in 1..4 {
        let mut hour = 0;
        while asked(&net) == 3 * round {
            hours(&mut net, 1);
            hour += 1;
        }
        assert!((5 * 24..=9 * 24).contains(&hour), "{hour}");
        gaps.insert(hour);
    }
    assert!(gaps.len() > 1, "{gaps:?}");
}

/// R14: whoever stays away is advised of after one round, warned of after two, asked seldom, and held in
/// honour again as soon as it proves.
#[test]
fn a_silent_trustee_becomes_advice_and_then_a_warning_until_it_proves_again() {
    let mut net = Net::protected();
    net.online("Dave", false);
    round(&mut net);
    assert_eq!(
        states(&mut net),
        ["held", "held", "held"],
        "the round is not over"
    );
    let before = asked(&net);
    hours(&mut net, 5 * 24);
    let often = asked(&net) - before;
    assert!((16..30).contains(&often), "{often} questions in five days");
    hours(&mut net, 4 * 24);
    assert_eq!(states(&mut net), ["held", "held", "missed"]);
    assert_eq!(warnings(&net), [], "once is no warning");
    assert!(
        hints(&net)
            .last()
            .unwrap()
            .contains("owner-agent trustee ping Dave")
    );
    net.owners[0].crash();
    round(&mut net);
    assert_eq!(states(&mut net), ["held", "held", "silent"]);
    let (_, text, may_lose) = screen(&mut net);
    assert_eq!(may_lose, 0);
    assert!(
        text.contains("1 of them prove no more that they hold a share (Dave)"),
        "{text}"
    );
    assert!(text.contains("owner-agent protect --threshold 2"), "{text}");
    assert_eq!(warnings(&net).len(), 1);
    net.online("Dave", true);
    hours(&mut net, 7);
    assert_eq!(states(&mut net), ["held", "held", "held"]);
    assert_eq!((warnings(&net), screen(&mut net).2), (vec![], 1));
}

/// B1: an old proof and a bent one are told from right ones, whoever gives them is named at once, and
/// the others stand as before.
#[test]
fn whoever_gives_an_old_or_a_bent_proof_is_named() {
    for replay in [true, false] {
        let mut net = Net::protected();
        let dids = dids_of(&net, "Dave");
        let mut first: Option<Proof> = None;
        net.on_reply = Box::new(move |message, reply| {
            if let Body::ShareProof(proof) = reply
                && dids.contains(message.to.as_str())
            {
                let given = proof.clone();
                match &first {
                    Some(old) if replay => *proof = old.clone(),
                    None if replay => {}
                    _ => proof.proof = bent(&proof.proof),
                }
                first.get_or_insert(given);
            }
            true
        });
        round(&mut net);
        if replay {
            assert_eq!(states(&mut net), ["held", "held", "held"]);
            round(&mut net);
        }
        assert_eq!(states(&mut net), ["held", "held", "wrong"]);
        let warnings = warnings(&net);
        assert_eq!(warnings.len(), 1);
        assert_eq!(warnings[0].about, "Dave");
        assert_eq!(screen(&mut net).2, 0);
    }
}

/// R14, G6: a proof counts with both signatures only: that of the key that approves, and that of the sender.
#[test]
fn a_proof_with_a_wrong_signature_is_a_wrong_proof() {
    let bend: [fn(&mut Proof); 2] = [
        |proof| proof.approval_signature = proof.signature,
        |proof| proof.signature = proof.approval_signature,
    ];
    for bend in bend {
        let mut net = Net::protected();
        let dids = dids_of(&net, "Dave");
        net.on_reply = Box::new(move |message, reply| {
            if let Body::ShareProof(proof) = reply
                && dids.contains(message.to.as_str())
            {
                bend(proof);
            }
            true
        });
        round(&mut net);
        assert_eq!(states(&mut net), ["held", "held", "wrong"]);
        assert!(warnings(&net)[0].text.contains("its signed answer is kept"));
    }
}

/// Dave answers every question with this problem.
fn refusing(code: &'static str) -> Net {
    let mut net = Net::protected();
    let dids = dids_of(&net, "Dave");
    net.on_reply = Box::new(move |message, reply| {
        if matches!(reply, Body::ShareProof(_)) && dids.contains(message.to.as_str()) {
            *reply = Body::Problem(ProblemReport {
                code: code.into(),
                comment: "not today".into(),
            });
        }
        true
    });
    net
}

/// R14: who says that it is no trustee is no silent one: it does not count from that answer on.
#[test]
fn who_refuses_to_prove_is_named_at_once_with_its_reason() {
    let mut net = refusing("e.p.req.not-a-trustee");
    round(&mut net);
    assert_eq!(states(&mut net), ["held", "held", "refused"]);
    let warning = warnings(&net).remove(0);
    assert!(
        warning.text.contains("not today (e.p.req.not-a-trustee)")
            && warning
                .text
                .contains("owner-agent trustee replace Dave NAME"),
        "{}",
        warning.text
    );
    assert_eq!(screen(&mut net).2, 0);
}

/// What may be over the next time is asked again first: this agent's own view may have been behind.
#[test]
fn who_is_hindered_has_a_whole_round_to_prove() {
    let mut net = refusing("e.m.req.stale-epoch");
    round(&mut net);
    assert_eq!(states(&mut net), ["held", "held", "held"]);
    assert_eq!(warnings(&net), []);
    round(&mut net);
    assert_eq!(states(&mut net), ["held", "held", "refused"]);
    net.on_reply = Box::new(|_, _| true);
    hours(&mut net, 7);
    assert_eq!(states(&mut net), ["held", "held", "held"]);
}

/// What this device found out of its own epoch says nothing once another device's is in force.
#[test]
fn another_devices_epoch_ends_what_is_shown_of_this_ones() {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol"], false);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    for _ in 0..4 {
        net.pass(DELAY);
    }
    assert!(net.item().is_some());
    net.owners[0].online = true;
    hours(&mut net, 1);
    assert_eq!(states(&mut net), ["", "", ""]);
}

fn bent(proof: &UnverifiedProof) -> UnverifiedProof {
    let mut bytes = *proof.as_bytes();
    bytes[40] ^= 1;
    UnverifiedProof::from_bytes(bytes)
}

fn dids_of(net: &Net, name: &str) -> BTreeSet<String> {
    let home = net.people.iter().find(|home| home.name == name).unwrap();
    let keys = home.rows.keys().map(kith_protocol::record::Key::as_bytes);
    let dids = keys.filter(|key| key[0] == Space::LocalDid as u8);
    dids.map(|key| String::from_utf8(key[1..].to_vec()).unwrap())
        .collect()
}

/// R14: a trustee whose disk lost the share says so, and the owner is told within a round; dealt anew, it
/// counts again, and what was found before stays to be seen.
#[test]
fn a_lost_share_is_told_within_a_round_and_dealt_anew() {
    let mut net = Net::protected();
    let dave = &mut net.people[2].rows;
    dave.retain(|key, _| key.as_bytes()[0] != Space::Custody as u8);
    round(&mut net);
    assert_eq!(states(&mut net), ["held", "held", "gone"]);
    let warning = warnings(&net).remove(0);
    assert!(
        warning.text.contains("owner-agent protect --threshold 2"),
        "{}",
        warning.text
    );
    net.protect().unwrap();
    hours(&mut net, 24);
    let (views, _, may_lose) = screen(&mut net);
    let dave = views[2].clone().unwrap();
    assert_eq!((dave.state.as_str(), may_lose), ("held", 1));
    let rounds: Vec<_> = dave
        .rounds
        .iter()
        .map(|round| (round.epoch, round.found.as_str()))
        .collect();
    assert_eq!(rounds, [(1, "held"), (1, "gone"), (2, "held")]);
    assert_eq!(warnings(&net), []);
}

/// Nobody is accused because the owner's own device was off, or its clock jumped by a month.
#[test]
fn a_device_that_was_off_itself_accuses_nobody() {
    let mut net = Net::protected();
    for _ in 0..4 {
        net.on_send = Box::new(|message| !matches!(message.body, Body::ShareChallenge(_)));
        net.now = net.now.after(HOUR.times(30 * 24));
        let now = net.now;
        net.owners[0].wake(now);
        net.settle();
    }
    net.on_send = Box::new(|_| true);
    hours(&mut net, 1);
    assert_eq!(states(&mut net), ["held", "held", "held"]);
    assert_eq!((warnings(&net), hints(&net)), (vec![], vec![]));
}

/// One whose device is on for an hour a week learns of a dead trustee as well: a question stays open until it
/// was asked often enough.
#[test]
fn an_owner_who_is_seldom_there_learns_of_a_dead_trustee() {
    let mut net = Net::protected();
    net.online("Dave", false);
    for _ in 0..12 {
        net.owners[0].online = false;
        hours(&mut net, 6 * 24 + 23);
        net.owners[0].online = true;
        for _ in 0..60 {
            net.now = net.now.after(Millis::seconds(60));
            let now = net.now;
            net.owners[0].wake(now);
            net.people.iter_mut().for_each(|person| person.wake(now));
            net.settle();
        }
    }
    assert_eq!(states(&mut net), ["held", "held", "silent"]);
    assert_eq!(warnings(&net).len(), 1);
}

/// Who hears from nobody, the ledger included, knows nothing of her trustees.
#[test]
fn an_owner_who_is_cut_off_accuses_nobody() {
    let mut net = Net::protected();
    net.on_send = Box::new(|_| false);
    net.blind = Some(0);
    for _ in 0..4 {
        round(&mut net);
    }
    net.on_send = Box::new(|_| true);
    net.blind = None;
    assert_eq!(states(&mut net), ["held", "held", "held"]);
    assert_eq!((warnings(&net), hints(&net)), (vec![], vec![]));
    hours(&mut net, 12);
    assert_eq!(states(&mut net), ["held", "held", "held"]);
}

/// B1: the command of the warning helps, though the one it is about never answers; and it changes nothing
/// of the terms that it does not name.
#[test]
fn what_a_warning_advises_ends_protected_under_the_same_terms() {
    let mut net = Net::protected();
    net.online("Dave", false);
    for _ in 0..3 {
        round(&mut net);
    }
    assert_eq!(states(&mut net)[2], "silent");
    let before = lane(&net);
    let again = Command::Protect {
        threshold: 2,
        delay: None,
        lifetime: None,
        cool_down: None,
        override_threshold: None,
    };
    net.owner(0, again).unwrap();
    hours(&mut net, 24);
    let deal = net.deal();
    assert_eq!(
        (deal.state.as_str(), deal.epoch, deal.needed),
        ("protected", 2, 2)
    );
    assert_eq!(deal.missing, ["Dave"]);
    assert_eq!(lane(&net), before);
}

/// Delay, lifetime and cool-down of the newest deal that was sent.
fn lane(net: &Net) -> [Millis; 3] {
    let dealt = net
        .sent
        .iter()
        .rev()
        .find_map(|message| match &message.body {
            Body::ShareStore(store) => Some(&store.lane),
            _ => None,
        });
    let lane = dealt.unwrap();
    [lane.delay, lane.lifetime, lane.cool_down]
}

/// A proof of the old epoch that waits to be judged with the others' is not taken for one of the new.
#[test]
fn a_new_epoch_in_the_middle_of_a_round_accuses_nobody() {
    let mut net = Net::new(&["Bob", "Carol", "Dave", "Heidi"]);
    net.init();
    for name in TRUSTEES {
        net.enrol(name, false);
    }
    net.enrol("Heidi", true);
    let silent = dids_of(&net, "Dave");
    net.on_send = Box::new(move |message| {
        let asks = matches!(&message.body, Body::ShareChallenge(asked) if asked.epoch == 1);
        !(asks && silent.contains(message.to.as_str()))
    });
    net.protect().unwrap();
    net.pass(Millis::seconds(1));
    assert_eq!(
        states(&mut net),
        ["unasked", "unasked", "unasked"],
        "Dave is waited for"
    );
    net.protect().unwrap();
    net.pass(WAITING);
    net.pass(Millis::seconds(2));
    let deal = net.deal();
    assert_eq!((deal.epoch, deal.state.as_str()), (2, "protected"));
    assert_eq!(states(&mut net), ["held", "held", "held"]);
    assert_eq!((warnings(&net), hints(&net)), (vec![], vec![]));
}
