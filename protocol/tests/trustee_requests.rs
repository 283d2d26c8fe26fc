//! A recovery until the approval: challenge, request, words, sponsor, verdict (R7, R8, R13, G1, G8,
//! G10).
#![allow(clippy::unwrap_used)]

mod trustee_support;

use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::did::LocalDid;
use kith_protocol::keys::SigningKey;
use kith_protocol::keys::role::{Approval, ClaimantSigning};
use kith_protocol::ledger::{Record, RecordBody, RequestBody, RequestKind, Verdict};
use kith_protocol::message::words::{Confirm, Mismatch, Reveal};
use kith_protocol::message::{Body, Empty, ProblemReport};
use kith_protocol::time::{Millis, Timestamp};
use kith_protocol::trustee::command::{Answer, Command};
use kith_protocol::words::{Speaker, commitment};
use trustee_support::claimant::{Asked, Claimant};
use trustee_support::home::{code, message};
use trustee_support::world::World;
use trustee_support::{LIFETIME, rng};

fn asked(seed: u64) -> (World, Asked, String) {
    let (mut world, deal) = World::protected(seed);
    let claimant = world.claimant(900);
    let (asked, said) = world.asked(deal, claimant);
    (world, asked, said)
}

/// R7: our person says whose it is; the challenge shows what is kept and commits to a nonce.
#[test]
fn a_challenge_opens_the_lane_and_commits_to_a_nonce() {
    let (mut world, deal) = World::protected(1);
    let claimant = world.claimant(900);
    let (sent, challenge) = world.challenged(&claimant);
    assert_eq!((challenge.policy, challenge.epoch), (world.owner.policy, 1));
    assert_eq!(challenge.lane, deal.lane);
    assert!(
        challenge
            .path
            .verify(&deal.record.approval_root, &challenge.approval)
    );
    assert_eq!(challenge.descriptor.0, world.ledger.descriptor.to_bytes());
    assert_ne!(
        Some(&sent.from),
        world.owner.trustee.as_ref(),
        "a recovery connection of its own"
    );
    let body = claimant.body(world.ledger.log(), &challenge);
    world.reply(&sent, Body::RecoveryRequest(claimant.request(body)));
    let Body::WordsReveal(Reveal { nonce }) = world
        .trustee
        .last(|body| matches!(body, Body::WordsReveal(_)))
        .unwrap()
        .body
    else {
        panic!()
    };
    assert_eq!(commitment(&nonce), challenge.commitment);
}

/// Right words, then the request is sponsored and anchored; sponsoring is no approval.
#[test]
fn right_words_sponsor_the_request() {
    let (mut world, asked, said) = asked(1);
    let Ok(Answer::Request(view)) = world.command(Command::RequestShow {
        id: asked.id.clone(),
    }) else {
        panic!()
    };
    let words = view.words.unwrap();
    assert!(words.choices.contains(&said) && !words.choices.contains(&words.say));
    assert_eq!(world.trustee.pending()[0].kind, "request");
    world.verify(&asked, &said).unwrap();
    assert_eq!(world.session().state, "verified");
    let status = world
        .ledger
        .state
        .request_status(&asked.request(), world.trustee.now)
        .unwrap();
    assert_eq!(status.approvals, 0);
    assert!(
        world
            .trustee
            .has_sent(|body| matches!(body, Body::WordsConfirm(_)))
    );
}

/// R8, G1: no click alone. Approving is refused until the words were compared.
#[test]
fn approving_before_the_words_is_pending() {
    let (mut world, asked, _) = asked(1);
    assert_eq!(world.approve(&asked).unwrap_err().exit, 3);
    assert_eq!(world.session().state, "words");
}

#[test]
fn approving_before_the_claimant_answered_is_pending() {
    let (mut world, _) = World::protected(1);
    let claimant = world.claimant(900);
    world.challenged(&claimant);
    let id = world.session().id;
    assert_eq!(
        world
            .command(Command::RequestApprove { id: id.clone() })
            .unwrap_err()
            .exit,
        3
    );
    assert_eq!(
        world
            .command(Command::RequestVerify {
                id,
                words: "x".into()
            })
            .unwrap_err()
            .exit,
        3
    );
}

#[test]
fn an_approval_is_anchored_once_the_request_is() {
    let (mut world, asked, said) = asked(1);
    world.ledger.silent = true;
    world.verify(&asked, &said).unwrap();
    world.approve(&asked).unwrap();
    assert!(world.ledger.state.request(&asked.request()).is_none());
    world.ledger.silent = false;
    world.pass(Millis::seconds(60));
    let status = world
        .ledger
        .state
        .request_status(&asked.request(), world.trustee.now)
        .unwrap();
    assert_eq!(status.approvals, 1);
    assert!(
        world
            .trustee
            .has_sent(|body| matches!(body, Body::RecoveryPending(_)))
    );
}

/// B10: what was asked for is what is approved.
#[test]
fn a_request_after_theft_gets_the_verdict_stolen() {
    let (mut world, deal) = World::protected(1);
    let claimant = Claimant {
        kind: RequestKind::Stolen,
        ..world.claimant(900)
    };
    let (asked, said) = world.asked(deal, claimant);
    world.verify(&asked, &said).unwrap();
    world.approve(&asked).unwrap();
    let status = world
        .ledger
        .state
        .request_status(&asked.request(), world.trustee.now)
        .unwrap();
    assert_eq!((status.approvals, status.stolen), (1, 1));
}

/// G8, G10: a wrong word ends this trustee's session and not the request.
#[test]
fn wrong_words_end_the_session_and_not_the_request() {
    let (mut world, asked, said) = asked(1);
    let answer = world.verify(&asked, "none");
    assert!(matches!(answer, Ok(Answer::Mismatch { .. })), "{answer:?}");
    assert_eq!(world.session().state, "mismatch");
    assert!(
        world
            .trustee
            .has_sent(|body| matches!(body, Body::WordsMismatch(_)))
    );
    assert!(world.ledger.state.request(&asked.request()).is_none());
    assert_eq!(world.verify(&asked, &said).unwrap_err().exit, 6);
    assert_eq!(world.approve(&asked).unwrap_err().exit, 6);
    // The same claimant may ask again with the same link.
    let claimant = asked.claimant;
    let (_, _) = world.challenged(&claimant);
    assert_eq!(world.requests().len(), 2);
}

#[test]
fn the_claimant_can_hear_other_words_too() {
    let (mut world, asked, said) = asked(1);
    world.verify(&asked, &said).unwrap();
    let told = |body| message(asked.claimant.did.did(), &asked.trustee, "a0", body);
    assert!(matches!(
        world.deliver(&told(Body::WordsConfirm(Confirm {}))),
        Body::Empty(_)
    ));
    let other = message(
        world.owner.did.did(),
        &asked.trustee,
        "a1",
        Body::WordsMismatch(Mismatch {}),
    );
    assert_eq!(code(&world.deliver(&other)), "e.p.req.not-a-trustee");
    let mismatch = message(
        asked.claimant.did.did(),
        &asked.trustee,
        "a2",
        Body::WordsMismatch(Mismatch {}),
    );
    assert!(matches!(world.deliver(&mismatch), Body::Empty(_)));
    assert_eq!(world.session().state, "mismatch");
}

/// What is broken in the claimant's answer.
type Breakage = fn(&mut RequestBody, &World);

fn broken(change: Breakage) -> String {
    let (mut world, _) = World::protected(1);
    let claimant = world.claimant(900);
    let (sent, challenge) = world.challenged(&claimant);
    let mut body = claimant.body(world.ledger.log(), &challenge);
    change(&mut body, &world);
    world.reply(&sent, Body::RecoveryRequest(claimant.request(body)));
    let reveals = world
        .trustee
        .sent
        .iter()
        .filter(|sent| matches!(sent.body, Body::WordsReveal(_)));
    assert_eq!(
        reveals
            .filter(|sent| sent.to == *claimant.did.did())
            .count(),
        0
    );
    world.session().state
}

/// R7, G8: each rule of a lawful answer refuses on its own.
#[test]
fn each_rule_of_a_request_refuses_on_its_own() {
    let cases: &[(&str, Breakage)] = &[
        ("another log", |body, _| body.log = Digest([1; 32])),
        ("another policy", |body, _| body.policy = Digest([1; 32])),
        ("another epoch", |body, _| body.epoch = 2),
        ("another threshold", |body, _| body.lane.threshold = 3),
        ("another delay", |body, _| {
            body.lane.delay = Millis::seconds(1)
        }),
        ("another sponsor", |body, _| {
            body.sponsor = SigningKey::<Approval>::generate(&mut rng(3)).verifying_key()
        }),
        ("another path", |body, _| body.path.position ^= 1),
        ("an expiry that has passed", |body, world| {
            body.expiry = world.trustee.now
        }),
        ("an expiry beyond the lifetime", |body, world| {
            body.expiry = world
                .trustee
                .now
                .after(LIFETIME)
                .after(Millis::seconds(3_601));
        }),
    ];
    for (what, change) in cases {
        assert_eq!(broken(*change), "ended", "{what}");
    }
}

#[test]
fn a_request_that_the_claimant_did_not_sign_is_refused() {
    let (mut world, _) = World::protected(1);
    let claimant = world.claimant(900);
    let (sent, challenge) = world.challenged(&claimant);
    let body = claimant.body(world.ledger.log(), &challenge);
    let other = SigningKey::<ClaimantSigning>::generate(&mut rng(4));
    let mut request = claimant.request(body.clone());
    request.record = Blob(Record::request(body, &other).to_bytes());
    world.reply(&sent, Body::RecoveryRequest(request));
    assert_eq!(world.session().state, "ended");
}

#[test]
fn a_record_that_is_no_request_is_refused() {
    let (mut world, _) = World::protected(1);
    let claimant = world.claimant(900);
    let (sent, challenge) = world.challenged(&claimant);
    let body = claimant.body(world.ledger.log(), &challenge);
    let mut signed = Record::from_bytes(&claimant.request(body.clone()).record.0).unwrap();
    signed.seq = 1;
    assert!(matches!(signed.body, RecordBody::Request(_)));
    let mut request = claimant.request(body);
    request.record = Blob(signed.to_bytes());
    world.reply(&sent, Body::RecoveryRequest(request));
    assert_eq!(world.session().state, "ended");
}

#[test]
fn a_claimant_who_refuses_the_challenge_ends_the_session() {
    let (mut world, _) = World::protected(1);
    let claimant = world.claimant(900);
    let (sent, _) = world.challenged(&claimant);
    let problem = ProblemReport {
        code: "e.m.trust.conflict".into(),
        comment: "another epoch".into(),
    };
    world.reply(&sent, Body::Problem(problem));
    assert_eq!(world.session().state, "ended");
}

/// The words cover the request: another key in it, and other words are heard.
#[test]
fn words_of_another_request_do_not_match() {
    let (mut world, asked, _) = asked(1);
    let other = RequestBody {
        expiry: Timestamp(asked.body.expiry.0 - 1),
        ..asked.body.clone()
    };
    let Body::WordsReveal(opened) = world
        .trustee
        .last(|body| matches!(body, Body::WordsReveal(_)))
        .unwrap()
        .body
    else {
        panic!()
    };
    let said = asked
        .claimant
        .words(&other, &asked.trustee, opened.nonce, Speaker::Owner);
    let answer = world.verify(&asked, &said);
    assert!(matches!(answer, Ok(Answer::Mismatch { .. })), "{answer:?}");
}

#[test]
fn nobody_to_recover_is_said() {
    let mut world = World::enrolled(1);
    let claimant = world.claimant(900);
    let link = claimant.link(world.trustee.now);
    for owner in ["Alice", "Mallory", ""] {
        let refused = world
            .command(Command::RequestOpen {
                link: link.clone(),
                owner: owner.into(),
            })
            .unwrap_err();
        assert_eq!(refused.exit, 1);
    }
}

/// A share of an epoch that is over is of no use to a claimant.
#[test]
fn a_share_of_an_old_epoch_opens_no_request() {
    let (mut world, _) = World::protected(1);
    let (next, _) = world.dealt(2);
    world
        .owner
        .anchor(&next, &mut world.ledger, world.trustee.now);
    world.jump(Millis::seconds(24 * 3_600));
    let claimant = world.claimant(900);
    let link = claimant.link(world.trustee.now);
    let refused = world
        .command(Command::RequestOpen {
            link,
            owner: "Alice".into(),
        })
        .unwrap_err();
    assert_eq!(refused.exit, 6);
}

/// A share that our view of the ledger does not show yet may be current any moment: nobody is sent
/// away for good.
#[test]
fn a_share_that_is_not_active_yet_is_pending_and_not_missing() {
    let mut world = World::enrolled(1);
    let (_, store) = world.dealt(1);
    world.keep(store);
    let claimant = world.claimant(900);
    let link = claimant.link(world.trustee.now);
    let owner = "Alice".to_owned();
    let pending = world.command(Command::RequestOpen { link, owner });
    assert_eq!(pending.unwrap_err().exit, 3);
}

#[test]
fn a_link_opened_twice_is_one_session() {
    let (mut world, _) = World::protected(1);
    let claimant = world.claimant(900);
    world.challenged(&claimant);
    world.challenged(&claimant);
    assert_eq!(world.requests().len(), 1);
}

/// G15: strangers push out strangers, never somebody whose words were right.
#[test]
fn sessions_are_bounded_and_the_recognised_stay() {
    let (mut world, asked, said) = asked(1);
    world.verify(&asked, &said).unwrap();
    for seed in 0..33 {
        world.pass(Millis(1));
        let claimant = world.claimant(1_000 + seed);
        world.challenged(&claimant);
    }
    let sessions = world.requests();
    assert_eq!(sessions.len(), 32);
    assert!(
        sessions
            .iter()
            .any(|session| session.id == asked.id && session.state == "verified")
    );
}

/// G10: a denial tells the claimant and takes an anchored approval back.
#[test]
fn a_denial_takes_the_approval_back() {
    let (mut world, asked, said) = asked(1);
    world.verify(&asked, &said).unwrap();
    world.approve(&asked).unwrap();
    world
        .command(Command::RequestDeny {
            id: asked.id.clone(),
        })
        .unwrap();
    assert_eq!(world.session().state, "denied");
    let deny = world
        .trustee
        .last(|body| matches!(body, Body::RecoveryDeny(_)))
        .unwrap();
    assert_eq!(deny.to, *asked.claimant.did.did());
    let status = world
        .ledger
        .state
        .request_status(&asked.request(), world.trustee.now)
        .unwrap();
    assert_eq!(status.approvals, 0);
    assert_eq!(world.approve(&asked).unwrap_err().exit, 6);
}

/// Nothing is refused by guessing: the beginning of an id must fit one request.
#[test]
fn a_request_is_found_by_the_beginning_of_its_id_and_a_wrong_one_is_told() {
    let (mut world, asked, _) = asked(1);
    let mut deny = |id: &str| world.command(Command::RequestDeny { id: id.into() });
    let said = deny("q-nothing").unwrap_err().to_string();
    assert!(
        said.contains("no request begins with `q-nothing`"),
        "{said}"
    );
    assert!(deny("").is_err());
    deny(&asked.id[..6]).unwrap();
}

/// G10: right words sponsor a request before our person decides. Refusing it takes that back, or the
/// rightful owner could not ask through us while the false request lives.
#[test]
fn a_denial_takes_the_sponsoring_back() {
    let (mut world, asked, said) = asked(1);
    world.verify(&asked, &said).unwrap();
    world
        .command(Command::RequestDeny {
            id: asked.id.clone(),
        })
        .unwrap();
    let last = world
        .ledger
        .state
        .next_verdict(&asked.request(), &asked.body.sponsor);
    assert_eq!(last, Some((1, Some(Verdict::Withdrawn))));
}

/// What was denied and never anchored is followed until nobody can anchor it any more, and no longer.
#[test]
fn a_denied_request_that_never_was_anchored_is_forgotten_when_it_has_expired() {
    let looks = |world: &mut World| {
        let before = world.ledger.asked;
        world.pass(Millis::seconds(3_600));
        world.ledger.asked - before
    };
    let (mut world, asked, said) = asked(1);
    world.ledger.silent = true;
    world.verify(&asked, &said).unwrap();
    let id = asked.id.clone();
    world.command(Command::RequestDeny { id }).unwrap();
    world.pass(LIFETIME + world.ledger.descriptor.max_skew);
    world.ledger.silent = false;
    looks(&mut world);
    let (mut idle, _) = World::protected(1);
    looks(&mut idle);
    assert_eq!(looks(&mut world), looks(&mut idle));
}

/// The approval was still on its way when our person changed her mind.
#[test]
fn a_denial_catches_an_approval_that_is_still_on_its_way() {
    let (mut world, asked, said) = asked(1);
    world.verify(&asked, &said).unwrap();
    world.ledger.silent = true;
    world.approve(&asked).unwrap();
    world
        .command(Command::RequestDeny {
            id: asked.id.clone(),
        })
        .unwrap();
    world.ledger.silent = false;
    world.pass(Millis::seconds(60));
    let (count, last) = world
        .ledger
        .state
        .next_verdict(&asked.request(), &asked.body.sponsor)
        .unwrap();
    assert_eq!((count, last), (2, Some(Verdict::Withdrawn)));
}

#[test]
fn a_request_is_denied_before_it_is_known() {
    let (mut world, _) = World::protected(1);
    let claimant = world.claimant(900);
    world.challenged(&claimant);
    let id = world.session().id;
    world.command(Command::RequestDeny { id }).unwrap();
    assert_eq!(world.session().state, "denied");
    assert!(
        world
            .trustee
            .has_sent(|body| matches!(body, Body::Problem(_)))
    );
}

/// One sponsor is enough; the second trustee's session goes on with what stands.
#[test]
fn a_request_that_another_trustee_sponsored_is_approved_all_the_same() {
    let (mut world, asked, said) = asked(1);
    let other = &asked.deal.others[0];
    let key = other.verifying_key();
    let body = RequestBody {
        sponsor: key,
        path: asked.deal.tree.path(&key).unwrap(),
        ..asked.body.clone()
    };
    let record =
        Record::request(body, &asked.claimant.signing).sponsored(&world.ledger.log(), other);
    world.ledger.admit(&record, world.trustee.now);
    world.verify(&asked, &said).unwrap();
    world.approve(&asked).unwrap();
    let status = world
        .ledger
        .state
        .request_status(&asked.request(), world.trustee.now)
        .unwrap();
    assert_eq!(status.approvals, 1);
}

/// G10: a sponsor whose last request is still open sponsors the next one when it may.
#[test]
fn a_busy_sponsor_tries_again_when_it_may() {
    let (mut world, deal) = World::protected(1);
    let short = Claimant::new(900, world.trustee.now.after(Millis::seconds(60)));
    let (first, said) = world.asked(deal, short);
    world.verify(&first, &said).unwrap();
    world.pass(Millis::seconds(1));
    let claimant = world.claimant(901);
    let (second, said) = world.asked(first.deal, claimant);
    world.verify(&second, &said).unwrap();
    assert!(world.ledger.state.request(&second.request()).is_none());
    world.pass(Millis::seconds(120));
    assert!(world.ledger.state.request(&second.request()).is_some());
}

#[test]
fn a_request_that_expired_before_it_was_anchored_ends_the_session() {
    let (mut world, deal) = World::protected(1);
    let short = Claimant::new(900, world.trustee.now.after(Millis::seconds(30)));
    let (asked, said) = world.asked(deal, short);
    world.ledger.silent = true;
    world.verify(&asked, &said).unwrap();
    world.pass(Millis::seconds(60));
    assert_eq!(world.session().state, "ended");
}

/// G11: a crash between any two steps.
#[test]
fn a_request_goes_on_after_a_crash_at_any_point() {
    let (mut world, deal) = World::protected(1);
    world.trustee.forgetful = true;
    let claimant = world.claimant(900);
    let (asked, said) = world.asked(deal, claimant);
    assert_eq!(world.trustee.pending()[0].about, asked.id);
    world.verify(&asked, &said).unwrap();
    assert_eq!(world.trustee.pending()[0].about, asked.id);
    world.approve(&asked).unwrap();
    assert!(world.trustee.pending().is_empty());
    let status = world
        .ledger
        .state
        .request_status(&asked.request(), world.trustee.now)
        .unwrap();
    assert_eq!(status.approvals, 1);
}

/// G9: the alarm comes from the ledger itself.
#[test]
fn an_anchored_request_raises_an_alarm() {
    let (mut world, asked, said) = asked(1);
    world.verify(&asked, &said).unwrap();
    assert!(
        world
            .trustee
            .events
            .iter()
            .any(|event| event.kind == "alarm" && event.about == "Alice")
    );
    assert!(world.history().contains(&asked.request().to_string()));
}

/// A reveal to a stranger's answer.
#[test]
fn an_answer_that_does_not_belong_here_ends_the_session() {
    let (mut world, _) = World::protected(1);
    let claimant = world.claimant(900);
    let (sent, _) = world.challenged(&claimant);
    world.reply(&sent, Body::Empty(Empty {}));
    assert_eq!(world.session().state, "ended");
    let _ = LocalDid::generate_did_key(&mut rng(1));
}
