//! What trustees, strangers and ledgers may send to the agents of owners and claimants, each spoilt in
//! one place, through whole agents (R2, R13, G4, G6, G10, G14, G15).
#![allow(clippy::unwrap_used)]
mod owner_support;

use kith_protocol::agent::{Context, Event, Work};
use kith_protocol::anchor::Anchor;
use kith_protocol::bytes::{Blob, Digest, Salt};
use kith_protocol::did::{Did, Endpoint, LocalDid};
use kith_protocol::keys::role::{AgentPolicy, ClaimantSealing};
use kith_protocol::keys::{SealedBox, SigningKey, labels};
use kith_protocol::ledger::{
    Answer as LedgerAnswer, AppendOutcome, Ask, Invalid, PolicyCreateBody, Record, RecordBody,
    Subject,
};
use kith_protocol::message::alert::Veto;
use kith_protocol::message::recovery::{Deny, Release};
use kith_protocol::message::words::Mismatch;
use kith_protocol::message::{Body, Outgoing};
use kith_protocol::owner::command::{Answer, Command, RecoverView};
use kith_protocol::record;
use kith_protocol::time::Millis;
use kith_protocol::trustee::command as trustee;
use kith_protocol::vss::UnverifiedCommitment;
use owner_support::home::{Node as _, Rows};
use owner_support::ledger::Ledger;
use owner_support::play::WAITING;
use owner_support::{Net, rng};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

const MONTH: Millis = Millis::seconds(31 * 86_400);

/// Bob and Carol were met and approved; the delay has still to run. What Bob releases is caught.
fn asked() -> (Net, Rc<RefCell<Vec<Outgoing>>>) {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol", "Dave"], false);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    let caught = Rc::new(RefCell::new(Vec::new()));
    let catch = caught.clone();
    net.on_send = Box::new(move |message| {
        let is_release = matches!(message.body, Body::RecoveryRelease(_));
        if is_release {
            catch.borrow_mut().push(message.clone());
        }
        !is_release
    });
    (net, caught)
}

/// The same, with both releases caught and nothing in the claimant's hands.
fn caught() -> (Net, Outgoing, Outgoing) {
    let (mut net, caught) = asked();
    net.pass(Millis::seconds(4));
    let first = |name: &str| {
        let home = net.people.iter().find(|home| home.name == name).unwrap();
        let all = caught.borrow();
        let own = all
            .iter()
            .find(|message| local(&home.rows, &message.from).is_some());
        own.unwrap().clone()
    };
    let (bob, carol) = (first("Bob"), first("Carol"));
    assert_eq!(net.recovery().shares, 0);
    (net, bob, carol)
}

fn local(rows: &Rows, did: &Did) -> Option<LocalDid> {
    record::load(rows, did.as_str().as_bytes()).unwrap()
}

fn release(message: &Outgoing) -> Release {
    match &message.body {
        Body::RecoveryRelease(release) => release.clone(),
        other => panic!("{other:?}"),
    }
}

/// The message with its release changed and signed anew by whoever sends it.
fn bent(net: &Net, message: &Outgoing, id: &str, change: impl FnOnce(&mut Release)) -> Outgoing {
    let mut release = release(message);
    change(&mut release);
    let homes = net.people.iter();
    let mut own = homes.filter_map(|home| local(&home.rows, &message.from));
    let signature = own
        .next()
        .unwrap()
        .sign_evidence(labels::RELEASE, &release.signed_bytes());
    release.signature = signature;
    Outgoing {
        id: id.into(),
        body: Body::RecoveryRelease(release),
        ..message.clone()
    }
}

fn damage(sealed: &SealedBox<ClaimantSealing>) -> SealedBox<ClaimantSealing> {
    let mut bytes = sealed.as_bytes().to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    SealedBox::from_bytes(bytes).unwrap()
}

fn give(net: &mut Net, message: &Outgoing) -> Body {
    let reply = net.owners[1].deliver(message).unwrap();
    net.settle();
    reply
}

fn code(body: &Body) -> &str {
    match body {
        Body::Problem(problem) => &problem.code,
        other => panic!("not refused: {other:?}"),
    }
}

/// Whether the claimant says that this trustee's share was not used.
fn is_named(view: &RecoverView, name: &str) -> bool {
    let mut all = view.trustees.iter();
    all.any(|trustee| trustee.name == name && trustee.state == "bad-share")
}

fn verified(reply: &Body) -> bool {
    match reply {
        Body::RecoveryReleased(released) => released.verified,
        other => panic!("{other:?}"),
    }
}

/// What is wrong with a release.
type Bend<'a> = &'a dyn Fn(&mut Release);

/// R2, G4, G6: each is signed by its sender, so the sender is named, and the others' shares count.
#[test]
fn a_release_that_is_not_for_this_request_or_deal_names_its_sender() {
    let (mut net, bob, carol) = caught();
    let other = release(&carol).sealed;
    let bends: [(&str, Bend<'_>); 5] = [
        ("request", &|release| release.request.0[0] ^= 1),
        ("epoch", &|release| release.epoch += 1),
        ("box", &|release| release.sealed = damage(&release.sealed)),
        ("other", &|release| release.sealed = other.clone()),
        ("commitments", &|release| {
            let mut json = serde_json::to_value(&release.commitments).unwrap();
            let sign = json["sign"].take();
            json["decrypt"] = sign.clone();
            json["sign"] = sign;
            release.commitments = serde_json::from_value(json).unwrap();
        }),
    ];
    for (name, bend) in bends {
        let bad = bent(&net, &bob, name, bend);
        assert!(!verified(&give(&mut net, &bad)), "{name}");
        let view = net.recovery();
        assert!(is_named(&view, "Bob"), "{name}: {view:?}");
        assert_eq!(view.shares, 0, "{name}");
    }
}

/// G3, G6: the ledger, not the trustee, says which deal is right. Whoever makes a polynomial of its own
/// through the same public key could also make a share that fits it.
#[test]
fn commitments_that_the_ledger_does_not_anchor_are_not_believed() {
    let (mut net, bob, _) = caught();
    let own = bent(&net, &bob, "own", |release| {
        let (decrypt, sign) = (&release.commitments.decrypt, &release.commitments.sign);
        let mut bytes = decrypt.as_bytes().to_vec();
        // Suite, the public key, and then the point that makes the polynomial.
        bytes[33..65].copy_from_slice(&sign.as_bytes()[33..65]);
        release.commitments.decrypt = UnverifiedCommitment::from_bytes(bytes).unwrap();
    });
    assert!(!verified(&give(&mut net, &own)));
    let view = net.recovery();
    let bob = view.trustees.iter().find(|one| one.name == "Bob").unwrap();
    assert!(bob.note.contains("that the ledger anchors"), "{bob:?}");
}

/// The lane in Bob's challenge is one of his own making; what he sends, and the request it makes.
fn asked_under_his_own_lane() -> (Net, Outgoing, Digest) {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol", "Dave"], false);
    net.on_send = Box::new(|message| {
        if let Body::RecoveryChallenge(challenge) = &mut message.body {
            challenge.lane.salt = Salt([7; 32]);
        }
        true
    });
    let asked = Rc::new(Cell::new(None));
    let answer = asked.clone();
    net.on_reply = Box::new(move |_, reply| {
        if let Body::RecoveryRequest(request) = reply {
            let record = Record::from_bytes(&request.record.0).unwrap();
            if let RecordBody::Request(body) = record.body {
                answer.set(Some(body.id()));
            }
            // His honest agent would see that it was asked something else.
            return false;
        }
        true
    });
    net.meet("Bob");
    let is_his = |message: &&Outgoing| matches!(message.body, Body::RecoveryChallenge(_));
    let his = net.sent.iter().find(is_his).unwrap().clone();
    (net, his, asked.get().unwrap())
}

/// R2, G3: whoever answers first says which lane the request is under; the ledger says which lanes there
/// are. Under another one a delay or threshold could stand that the owner never chose.
#[test]
fn a_share_under_a_lane_that_is_not_one_of_the_policy_is_not_used() {
    // The commitments are those that the ledger anchors: from the same recovery, played honestly.
    let (_, honest, _) = caught();
    let (mut net, his, request) = asked_under_his_own_lane();
    let message = Outgoing {
        body: honest.body,
        ..his
    };
    let own = bent(&net, &message, "lane", |release| release.request = request);
    assert!(!verified(&give(&mut net, &own)));
    let mut told = net.owners[1].events.iter();
    let named = |event: &Event| {
        event.kind == "bad-share" && event.about == "Bob" && event.text.contains("the lane")
    };
    assert!(told.any(named), "{:?}", net.owners[1].events);
    assert_eq!(net.recovery().shares, 0);
}

/// G6: a share is evidence only with its sender's signature.
#[test]
fn a_release_that_its_sender_did_not_sign_is_refused() {
    let (mut net, mut bob, _) = caught();
    if let Body::RecoveryRelease(release) = &mut bob.body {
        release.epoch += 1;
    }
    let reply = give(&mut net, &bob);
    assert_eq!(code(&reply), "e.m.trust.crypto.signature");
    assert!(!is_named(&net.recovery(), "Bob"), "nobody is blamed");
}

/// G10: who did not open the link does not speak on its connection.
#[test]
fn a_release_of_somebody_else_is_refused() {
    let (mut net, bob, carol) = caught();
    let crossed = Outgoing {
        from: carol.from.clone(),
        ..bob
    };
    assert_eq!(code(&give(&mut net, &crossed)), "e.m.req.wrong-connection");
}

/// G6: whoever answers twice counts once, and a second, different answer takes nothing back.
#[test]
fn a_second_answer_of_a_trustee_neither_counts_nor_spoils_the_first() {
    let (mut net, bob, carol) = caught();
    assert!(verified(&give(&mut net, &bob)));
    let again = Outgoing {
        id: "again".into(),
        ..bob.clone()
    };
    let spoilt = bent(&net, &bob, "spoilt", |release| {
        release.sealed = damage(&release.sealed);
    });
    for second in [again, spoilt] {
        assert!(verified(&give(&mut net, &second)));
        let view = net.recovery();
        assert_eq!((view.shares, is_named(&view, "Bob")), (1, false));
    }
    give(&mut net, &carol);
    net.on_send = Box::new(|_| true);
    net.pass(Millis::seconds(5));
    assert_eq!(net.recovery().state, "done");
}

/// G10: a share that did not fit may have been an accident: the right one counts when it comes.
#[test]
fn a_right_answer_after_a_bad_one_counts() {
    let (mut net, bob, _) = caught();
    let bad = bent(&net, &bob, "bad", |release| {
        release.sealed = damage(&release.sealed);
    });
    assert!(!verified(&give(&mut net, &bad)));
    assert!(verified(&give(&mut net, &bob)));
    let view = net.recovery();
    assert_eq!((view.shares, is_named(&view, "Bob")), (1, false));
}

/// G5: a trustee who approved and then says nothing more is not waited for.
#[test]
fn a_trustee_that_never_answers_holds_nobody_up() {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol", "Dave"], false);
    for name in ["Dave", "Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    let dave = net.people.iter().find(|home| home.name == "Dave").unwrap();
    let keys = dave.rows.keys().filter(|key| key.as_bytes()[0] == 2);
    let his: Vec<Vec<u8>> = keys.map(|key| key.as_bytes()[1..].to_vec()).collect();
    net.on_send = Box::new(move |message| {
        !(matches!(message.body, Body::RecoveryRelease(_))
            && his
                .iter()
                .any(|did| did == message.from.as_str().as_bytes()))
    });
    net.pass(Millis::seconds(9));
    let view = net.recovery();
    assert_eq!(view.state, "done");
    assert!(!is_named(&view, "Dave"));
}

/// G5: the trustee is asked to come again, or its only answer would be lost.
#[test]
fn a_release_before_our_view_knows_the_epoch_is_asked_for_again() {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol"], false);
    net.blind = Some(1);
    for name in ["Bob", "Carol"] {
        net.recognise(name);
        net.approve(name);
    }
    let early = Rc::new(RefCell::new(Vec::new()));
    let codes = early.clone();
    net.on_reply = Box::new(move |message, reply| {
        if matches!(message.body, Body::RecoveryRelease(_)) {
            codes.borrow_mut().push(match reply {
                Body::Problem(problem) => problem.code.clone(),
                _ => "taken".to_owned(),
            });
        }
        true
    });
    net.pass(Millis::seconds(4));
    assert!(!early.borrow().is_empty());
    let behind = |code: &String| code == "e.m.trust.ledger-behind";
    assert!(early.borrow().iter().all(behind), "{:?}", early.borrow());
    assert_eq!(net.recovery().shares, 0);
    net.blind = None;
    net.pass(Millis::seconds(12));
    assert_eq!(net.recovery().state, "done", "{:?}", net.recovery());
}

/// G10: neither a share nor the words that were compared can be taken back.
#[test]
fn a_trustee_takes_neither_its_words_nor_its_share_back() {
    let (mut net, bob, carol) = caught();
    let says = |id: &str, message: &Outgoing, body| Outgoing {
        id: id.into(),
        body,
        ..message.clone()
    };
    let unsaid = says("unsaid", &bob, Body::WordsMismatch(Mismatch {}));
    assert_eq!(code(&give(&mut net, &unsaid)), "e.p.req.declined");
    assert!(verified(&give(&mut net, &bob)), "the words still stand");
    let deny = Deny {
        request: release(&bob).request,
        code: "e.p.req.declined".into(),
    };
    give(
        &mut net,
        &says("denied", &bob, Body::RecoveryDeny(deny.clone())),
    );
    assert_eq!(net.recovery().shares, 1, "a share that came stays");
    // Before a share came, a refusal is one, and a share that comes after it does not count.
    give(&mut net, &says("denied", &carol, Body::RecoveryDeny(deny)));
    give(&mut net, &carol);
    assert_eq!(net.recovery().shares, 1);
}

/// G7: a device of the owner that still lives stops a change of the thief's, by its owner's word; and
/// no trustee takes such a veto for one of a request.
#[test]
fn a_waiting_change_is_vetoed_by_its_id_and_not_through_a_trustee() {
    let mut net = Net::protected();
    net.protect().unwrap();
    net.pass(Millis::seconds(2));
    let log = net.ledger.log();
    let Ok(Answer::Status { policy, .. }) = net.owner(0, Command::Status) else {
        panic!()
    };
    let waiting = net.ledger.state.waiting_changes(&policy.unwrap(), net.now);
    let [change] = waiting
        .iter()
        .map(|change| change.record)
        .collect::<Vec<_>>()[..]
    else {
        panic!()
    };
    let stranger = SigningKey::<AgentPolicy>::generate(&mut rng(70));
    let record = Record::veto(&log, Subject::Change(change), &stranger);
    let veto = Veto {
        log,
        record: Blob(record.to_bytes()),
    };
    let (bob, owner) = (&net.people[0].rows, &net.owners[0].rows);
    let dids = |rows: &Rows| -> Vec<Vec<u8>> {
        let keys = rows.keys().filter(|key| key.as_bytes()[0] == 2);
        keys.map(|key| key.as_bytes()[1..].to_vec()).collect()
    };
    let as_did = |bytes: &Vec<u8>| Did::parse(std::str::from_utf8(bytes).unwrap()).unwrap();
    let handed = Outgoing {
        id: "veto".into(),
        from: as_did(&dids(owner)[0]),
        to: as_did(&dids(bob)[0]),
        body: Body::AlertVeto(veto),
        ..net.sent[0].clone()
    };
    let reply = net.people[0].deliver(&handed).unwrap();
    assert_eq!(code(&reply), "e.p.msg.malformed");
    let id = change.to_string();
    net.owner(0, Command::AlertVeto { id }).unwrap();
    net.pass(WAITING);
    net.pass(Millis::seconds(4));
    assert_eq!(net.epochs("Bob"), [1], "the change never came into force");
}

/// A ledger of the same descriptor whose operator signs another history of the same length.
fn fork_of(net: &Net) -> Ledger {
    let mut fork = Ledger::new("kith.example/test", 7);
    assert_eq!(fork.log(), net.ledger.log());
    for seed in 0..net.ledger.size() as u64 {
        let agent = SigningKey::<AgentPolicy>::generate(&mut rng(500 + seed));
        let body = PolicyCreateBody {
            salt: kith_protocol::bytes::Salt([seed as u8; 32]),
            agent: agent.verifying_key(),
            commitment: None,
            rule: 1,
        };
        let created = Record::create_policy(&fork.log(), body, &agent);
        fork.admit(&created, net.now);
    }
    fork
}

/// G14: two heads that contradict each other are kept and shown, to owner and trustee, also after a
/// crash, and nothing of the second history is believed.
#[test]
fn a_fork_of_the_ledger_is_shown_to_owner_and_trustee() {
    let mut net = Net::protected();
    let told = |events: Vec<Event>| events.iter().any(|event| event.kind == "ledger-conflict");
    assert!(!told(net.owners[0].pending()) && !told(net.people[0].pending()));
    let (mut fork, now) = (fork_of(&net), Rc::new(RefCell::new(net.now)));
    let at = now.clone();
    net.on_query = Box::new(move |query| match query.ask {
        Ask::Follow { .. } => Some(fork.answer(query, *at.borrow())),
        Ask::Append(_) => Some(LedgerAnswer::Unavailable),
    });
    // Every agent looks within an eighth of the largest age.
    for _ in 0..6 {
        net.pass(Millis::seconds(100));
        *now.borrow_mut() = net.now;
    }
    net.owners[0].crash();
    assert!(told(net.owners[0].pending()));
    assert!(told(net.people[0].pending()));
    let Ok(Answer::Status { conflicts, .. }) = net.owner(0, Command::Status) else {
        panic!()
    };
    assert!(conflicts[0].proven && conflicts[0].ours != conflicts[0].theirs);
    assert!(conflicts[0].ours.starts_with("kith.example/test\n"));
    let status = net.person("Bob", trustee::Command::Status);
    let Ok(trustee::Answer::Status { conflicts, .. }) = status else {
        panic!()
    };
    assert!(conflicts[0].proven, "{conflicts:?}");
    assert_eq!(net.epochs("Bob"), [1]);
}

fn count(rows: &Rows, space: u8) -> usize {
    let rows = rows.keys().filter(|key| key.as_bytes()[0] == space);
    rows.count()
}

const LOCAL_DIDS: u8 = 2;
const ANSWERS: u8 = 6;
const RECORDS: u8 = 9;
const RETIRED: u8 = 11;
const TRUSTEES: u8 = 21;

/// Lets a month go by at once, and wakes everybody.
fn month(net: &mut Net) {
    net.now = net.now.after(MONTH);
    let now = net.now;
    for _ in 0..2 {
        for home in &mut net.owners {
            home.wake(now);
        }
        for home in &mut net.people {
            home.wake(now);
        }
        net.settle();
    }
}

/// Lets so many minutes go by: answers are swept in eight parts, a quarter of an hour apart at most.
fn minutes(net: &mut Net, count: u64) {
    for _ in 0..count {
        net.now = net.now.after(Millis::seconds(60));
        let now = net.now;
        net.owners.iter_mut().for_each(|home| home.wake(now));
        net.people.iter_mut().for_each(|home| home.wake(now));
    }
    net.settle();
}

/// G15: whoever was let in by mistake, or ended it, leaves no keys and no answers behind for ever; and
/// nobody else's go.
#[test]
fn what_came_to_nothing_leaves_no_rows_for_ever() {
    let mut net = Net::new(&["Bob", "Mallory", "Dave"]);
    net.init();
    net.enrol("Bob", false);
    let (owner, mallory) = (
        count(&net.owners[0].rows, LOCAL_DIDS),
        count(&net.people[1].rows, LOCAL_DIDS),
    );
    net.acquaint("Mallory", false);
    let wrong = Command::TrusteeVerify {
        name: "Mallory".into(),
        words: "none of these".into(),
    };
    net.owner(0, wrong).unwrap();
    let invite = Command::TrusteeInvite {
        name: "Dave".into(),
    };
    let Ok(Answer::Link { link, .. }) = net.owner(0, invite) else {
        panic!()
    };
    let opened = net.person("Dave", trustee::Command::InvitationOpen { link });
    let Ok(trustee::Answer::Invitation(invitation)) = opened else {
        panic!()
    };
    let id = invitation.id;
    net.person("Dave", trustee::Command::InvitationDecline { id })
        .unwrap();
    assert_eq!(net.state_of("Mallory"), "mismatch");
    assert_eq!(net.state_of("Dave"), "declined");
    assert_eq!(count(&net.owners[0].rows, LOCAL_DIDS), owner + 2);
    assert!(count(&net.owners[0].rows, ANSWERS) > 0);
    month(&mut net);
    minutes(&mut net, 8 * 15);
    assert_eq!(count(&net.owners[0].rows, LOCAL_DIDS), owner);
    assert_eq!(count(&net.people[1].rows, LOCAL_DIDS), mallory);
    assert_eq!(count(&net.people[2].rows, LOCAL_DIDS), 0);
    for rows in [
        &net.owners[0].rows,
        &net.people[1].rows,
        &net.people[2].rows,
    ] {
        assert_eq!((count(rows, RETIRED), count(rows, ANSWERS)), (0, 0));
    }
    let name = "Bob".into();
    net.owner(0, Command::TrusteePing { name }).unwrap();
    assert_eq!(net.state_of("Bob"), "verified");
}

/// G15: a claimant's links that came to nothing too.
#[test]
fn the_keys_of_a_claim_that_was_given_up_go() {
    let mut net = Net::protected();
    net.claim(&["Bob", "Carol"], false);
    net.meet("Bob");
    for _ in 0..3 {
        let name = "Carol".into();
        net.owner(1, Command::RecoverInvite { name }).unwrap();
    }
    assert_eq!(count(&net.owners[1].rows, LOCAL_DIDS), 4);
    net.owner(1, Command::RecoverAbort).unwrap();
    month(&mut net);
    assert_eq!(count(&net.owners[1].rows, LOCAL_DIDS), 0);
}

/// G15: invitations that nobody answered do not take the room of those that somebody will.
#[test]
fn invitations_that_came_to_nothing_make_room() {
    let mut net = Net::new(&[]);
    net.init();
    let invite = |net: &mut Net, number: usize| {
        let name = format!("trustee {number}");
        net.owner(0, Command::TrusteeInvite { name })
    };
    let most = kith_protocol::limits::owner::PEERS;
    for number in 0..most {
        invite(&mut net, number).unwrap();
    }
    assert!(invite(&mut net, most).is_err());
    month(&mut net);
    invite(&mut net, most).unwrap();
    assert_eq!(count(&net.owners[0].rows, TRUSTEES), 1);
}

/// G15: what became of a record is remembered for a while, oldest forgotten first.
#[test]
fn what_became_of_a_record_is_not_remembered_for_ever() {
    let mut ledger = Ledger::new("kith.example/test", 7);
    let (log, now, mut disk) = (ledger.log(), owner_support::START, Rows::new());
    let mut anchor = Anchor::open(&disk).unwrap();
    let endpoint = Endpoint::new("12D3KooWtest".into(), Vec::new()).unwrap();
    let mut step = |disk: &mut Rows, act: &mut dyn FnMut(&mut Anchor, &mut Work<'_>)| {
        let cx = Context {
            records: disk,
            rng: &mut rng(1),
            endpoint: &endpoint,
            uptime: 0,
        };
        let mut work = Work::new(now, cx);
        act(&mut anchor, &mut work);
        let step = work.finish::<()>(None, None);
        for (key, bytes) in step.writes.iter() {
            match bytes {
                Some(bytes) => disk.insert(key.clone(), bytes.to_vec()),
                None => disk.remove(key),
            };
        }
        step.queries
    };
    let descriptor = ledger.descriptor.clone();
    let asked = step(&mut disk, &mut |anchor, work| {
        anchor.adopt(work, &descriptor).unwrap();
    });
    let page = ledger.answer(&asked[0], now);
    step(&mut disk, &mut |anchor, work| {
        anchor.answered(work, &asked[0], &page).unwrap();
    });
    let agent = SigningKey::<AgentPolicy>::generate(&mut rng(2));
    let kept = kith_protocol::limits::ledger::OFFERS_KEPT;
    for number in 0..kept + 5 {
        let request = Digest::of("test", &[&number.to_be_bytes()]);
        let veto = Record::veto(&log, Subject::Request(request), &agent);
        let offered = step(&mut disk, &mut |anchor, work| {
            anchor.append(work, log, &veto).unwrap();
        });
        let refused = LedgerAnswer::Appended(AppendOutcome::from(&Invalid::UnknownRequest));
        step(&mut disk, &mut |anchor, work| {
            anchor.answered(work, &offered[0], &refused).unwrap();
        });
    }
    assert_eq!(
        count(&disk, RECORDS),
        kept + 1,
        "the newest is settled since"
    );
}
