//! A trustee proves what it holds to whoever dealt it, and to nobody else (B1, R14, G13, G15).
#![allow(clippy::unwrap_used)]

mod trustee_support;

use kith_protocol::bytes::{Digest, Nonce32};
use kith_protocol::custody_proof::{Question, VERSION, Watched};
use kith_protocol::did::LocalDid;
use kith_protocol::message::Body;
use kith_protocol::message::share::Challenge;
use kith_protocol::record::{Key, Space};
use kith_protocol::time::{Millis, Timestamp};
use kith_protocol::vss::ShareIndex;
use trustee_support::home::{code, message};
use trustee_support::owner::Deal;
use trustee_support::rng;
use trustee_support::world::World;

fn asked(world: &World, deal: &Deal) -> Challenge {
    Challenge {
        version: VERSION,
        policy: world.owner.policy,
        epoch: deal.record.epoch,
        deal: deal.record.deal_digest,
        nonce: Nonce32([7; 32]),
        time: Timestamp(5),
        backup_head: None,
        lodged: None,
    }
}

/// Whether the reply is a right proof for the question.
fn proves(world: &World, deal: &Deal, asked: &Challenge, reply: &Body) -> bool {
    let Body::ShareProof(proof) = reply else {
        panic!("{reply:?}")
    };
    let trustee = world.owner.trustee.clone().unwrap();
    let question = Question {
        challenge: asked,
        owner: world.owner.did.did(),
        trustee: &trustee,
        index: ShareIndex::new(1).unwrap(),
    };
    let epoch = deal.record.epoch;
    let watched = Watched::new(world.owner.policy, epoch, &deal.commitments, 2).unwrap();
    let known = watched.check_all(&[(question, &proof.proof)], &mut rng(1)) == [true];
    known && question.is_signed(&deal.approval, proof)
}

/// Breaks something on the trustee's disk, and asks.
fn asked_after(damage: impl Fn(&Deal, &Key, &mut Vec<u8>) -> bool) -> String {
    let (mut world, deal) = World::protected(1);
    world
        .trustee
        .rows
        .retain(|key, row| damage(&deal, key, row));
    let question = asked(&world, &deal);
    let reply = world.tell(Body::ShareChallenge(question));
    let Body::Problem(problem) = reply else {
        panic!("{reply:?}")
    };
    format!("{}: {}", problem.code, problem.comment)
}

/// R14: before the ledger shows the epoch and after.
#[test]
fn a_trustee_proves_the_share_that_waits_and_the_current_one() {
    let mut world = World::enrolled(1);
    let (deal, store) = world.dealt(1);
    world.keep(store);
    let question = asked(&world, &deal);
    let waiting = world.tell(Body::ShareChallenge(question.clone()));
    assert!(proves(&world, &deal, &question, &waiting));
    world
        .owner
        .anchor(&deal, &mut world.ledger, world.trustee.now);
    world.hint(1);
    assert_eq!(world.shares(), (vec![1], vec![]));
    let current = world.tell(Body::ShareChallenge(question.clone()));
    assert!(proves(&world, &deal, &question, &current));
}

/// R14: a share without the key that approves a request is of no use, and is not called held.
#[test]
fn a_trustee_that_lost_its_approval_key_says_so() {
    let said = asked_after(|_, key, _| key.as_bytes()[0] != Space::Prekey as u8);
    assert_eq!(
        said,
        "e.p.req.unknown-share: the approval key of this share is lost"
    );
}

/// A bit that flipped makes nobody a liar: what would be a wrong proof is not sent.
#[test]
fn a_damaged_share_is_told_and_proves_nothing() {
    let said = asked_after(|deal, key, row| {
        let pair = postcard::to_allocvec(&deal.shares[0]).unwrap();
        let place = row.windows(pair.len()).position(|bytes| bytes == pair);
        if key.as_bytes()[0] == Space::Custody as u8 {
            row[place.unwrap() + 8] ^= 1;
        }
        true
    });
    assert_eq!(
        said,
        "e.p.req.unknown-share: the share that is kept here is damaged"
    );
}

/// G15: answering costs no disk, however often it is asked.
#[test]
fn a_question_leaves_nothing_behind() {
    let (mut world, deal) = World::protected(1);
    let rows = world.trustee.rows.clone();
    for _ in 0..3 {
        let question = asked(&world, &deal);
        let _ = world.tell(Body::ShareChallenge(question));
    }
    assert_eq!(world.trustee.rows, rows);
}

/// B1: a store that was put back to an earlier copy answers a new question with a new nonce: even with
/// the same randomness no two answers give the share away.
#[test]
fn a_store_that_was_rolled_back_repeats_no_nonce() {
    let answer = |nonce: u8| {
        let (mut world, deal) = World::protected(1);
        let question = Challenge {
            nonce: Nonce32([nonce; 32]),
            ..asked(&world, &deal)
        };
        let reply = world.tell(Body::ShareChallenge(question.clone()));
        assert!(proves(&world, &deal, &question, &reply));
        let Body::ShareProof(proof) = reply else {
            panic!()
        };
        *proof.proof.as_bytes()
    };
    let (one, again, other) = (answer(1), answer(1), answer(2));
    assert_eq!(one, again, "the copies are alike to the last random byte");
    for nonce in [1..33, 33..65] {
        assert_ne!(one[nonce.clone()], other[nonce]);
    }
}

/// What is asked for and not held is refused, and says whether the epoch is over or the share missing.
#[test]
fn what_is_not_held_is_not_proven() {
    let (mut world, first) = World::protected(1);
    let second = world.protect(2);
    world.jump(Millis::seconds(24 * 3_600));
    world.hint(2);
    assert_eq!(world.shares(), (vec![2], vec![]));
    let refused = |world: &mut World, change: fn(&mut Challenge), deal: &Deal| {
        let mut question = asked(world, deal);
        change(&mut question);
        code(&world.tell(Body::ShareChallenge(question))).to_owned()
    };
    assert_eq!(refused(&mut world, |_| {}, &first), "e.m.req.stale-epoch");
    let other = |asked: &mut Challenge| asked.deal = Digest([9; 32]);
    assert_eq!(refused(&mut world, other, &second), "e.p.req.unknown-share");
    let later = |asked: &mut Challenge| asked.epoch = 3;
    assert_eq!(refused(&mut world, later, &second), "e.p.req.unknown-share");
    let policy = |asked: &mut Challenge| asked.policy = Digest([9; 32]);
    assert_eq!(
        refused(&mut world, policy, &second),
        "e.m.req.wrong-connection"
    );
    let version = |asked: &mut Challenge| asked.version = 2;
    assert_eq!(refused(&mut world, version, &second), "e.p.msg.malformed");
}

/// G13: nobody else learns who holds what, on whatever connection.
#[test]
fn a_stranger_gets_no_proof() {
    let (mut world, deal) = World::protected(1);
    let question = asked(&world, &deal);
    let stranger = LocalDid::generate_did_key(&mut rng(9));
    let trustee = world.owner.trustee.clone().unwrap();
    let id = world.fresh_id();
    let body = Body::ShareChallenge(question);
    let reply = world.deliver(&message(stranger.did(), &trustee, &id, body));
    assert_eq!(code(&reply), "e.m.req.wrong-connection");
}
