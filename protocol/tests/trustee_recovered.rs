//! The end of a recovery as a trustee sees it: the next epoch by the claimant's right, and what dies
//! with the old one (R11, R12, G4, G13).
#![allow(clippy::unwrap_used)]

mod trustee_support;

use kith_protocol::bytes::Digest;
use kith_protocol::keys::SigningKey;
use kith_protocol::keys::labels;
use kith_protocol::keys::role::ClaimantSigning;
use kith_protocol::message::Body;
use kith_protocol::message::recovery::Released;
use kith_protocol::message::setup::Prekey;
use kith_protocol::message::share::{Authority, Store};
use kith_protocol::time::Millis;
use trustee_support::claimant::Asked;
use trustee_support::home::{code, message};
use trustee_support::owner::Deal;
use trustee_support::world::World;
use trustee_support::{DELAY, rng};

/// Released, with the prekeys that came with the share.
fn released() -> (World, Asked, Vec<Prekey>) {
    let mut world = World::enrolled(1);
    let asked = world.full();
    world.pass(Millis(DELAY.0 + 30_000));
    let (sent, release) = world.release().unwrap();
    world.reply(
        &sent,
        Body::RecoveryReleased(Released {
            request: asked.request(),
            verified: true,
        }),
    );
    (world, asked, release.prekeys)
}

/// The next epoch, dealt by the claimant, and its `store` over the recovery connection.
fn next(world: &World, asked: &mut Asked, prekey: &Prekey, epoch: u32) -> (Deal, Store) {
    let policy = world.owner.policy;
    let deal = Deal::new(&policy, epoch, &prekey.approval, &mut rng(600));
    let request = asked.request();
    let to = asked.trustee.clone();
    let store = asked.claimant.store(&deal, (&policy, &to), request, prekey);
    (deal, store)
}

fn tell(world: &mut World, asked: &Asked, body: Body) -> Body {
    let id = world.fresh_id();
    let message = message(
        asked.claimant.did.did(),
        &asked.trustee,
        &format!("c{id}"),
        body,
    );
    world.deliver(&message)
}

/// R11: pending until `complete` names it; then it is current, and the old share is gone.
#[test]
fn the_claimants_deal_becomes_current_with_the_completion() {
    let (mut world, mut asked, prekeys) = released();
    let (deal, store) = next(&world, &mut asked, &prekeys[0], 2);
    assert!(matches!(
        tell(&mut world, &asked, Body::ShareStore(store)),
        Body::ShareStored(_)
    ));
    assert_eq!(world.shares(), (vec![1], vec![2]));
    let (record, _) = asked.complete(&deal, &world.ledger);
    world.ledger.admit(&record, world.trustee.now);
    world.pass(Millis::seconds(400));
    assert_eq!(world.shares(), (vec![2], vec![]));
}

/// G13: after the recovery the claimant's connection is the owner's; the old one speaks no more.
#[test]
fn the_wards_connection_moves_to_who_dealt_the_new_epoch() {
    let (mut world, mut asked, prekeys) = released();
    let (deal, store) = next(&world, &mut asked, &prekeys[0], 2);
    let Body::ShareStored(stored) = tell(&mut world, &asked, Body::ShareStore(store)) else {
        panic!()
    };
    let (record, agent) = asked.complete(&deal, &world.ledger);
    world.ledger.admit(&record, world.trustee.now);
    world.pass(Millis::seconds(400));
    // The thief's copy of the old device.
    let (_, stolen) = world.dealt(3);
    assert_eq!(
        code(&world.tell(Body::ShareStore(stolen))),
        "e.p.trust.revoked"
    );
    // The new agent, on the connection that was the claimant's.
    let third = Deal::new(&world.owner.policy, 3, &prekeys[1].approval, &mut rng(700));
    let way = (asked.claimant.did.did(), &asked.trustee);
    let mut store = third.store(&world.owner.policy, way, &prekeys[1], &mut rng(701));
    let signature = agent.sign(labels::STORE, &store.signed_bytes());
    store.authority = Authority::Agent {
        key: agent.verifying_key(),
        signature,
    };
    assert!(matches!(
        tell(&mut world, &asked, Body::ShareStore(store.clone())),
        Body::ShareStored(_)
    ));
    // The same on the old connection.
    store.source_did = world.owner.did.did().clone();
    store.prekey = stored.next.number;
    let signature = agent.sign(labels::STORE, &store.signed_bytes());
    store.authority = Authority::Agent {
        key: agent.verifying_key(),
        signature,
    };
    assert_eq!(
        code(&world.tell(Body::ShareStore(store))),
        "e.m.req.wrong-connection"
    );
}

/// G13: a trustee that was not dealt to lets go of the old epoch all the same.
#[test]
fn a_completion_ends_the_old_share_even_without_a_new_one() {
    let (mut world, mut asked, prekeys) = released();
    let (deal, store) = next(&world, &mut asked, &prekeys[0], 2);
    let (record, _) = asked.complete(&deal, &world.ledger);
    world.ledger.admit(&record, world.trustee.now);
    world.pass(Millis::seconds(400));
    assert_eq!(world.shares(), (vec![], vec![]));
    assert_eq!(world.owner_state(), "verified");
    // It gets the share of the active epoch late, by the same right.
    assert!(matches!(
        tell(&mut world, &asked, Body::ShareStore(store)),
        Body::ShareStored(_)
    ));
    assert_eq!(world.shares(), (vec![2], vec![]));
}

/// R6: a trustee that took no part in the recovery is dealt to over its old connection, by a stranger
/// whose right the ledger shows.
#[test]
fn a_trustee_that_was_not_asked_is_dealt_to_all_the_same() {
    let mut world = World::enrolled(1);
    let asked = world.full();
    world.pass(Millis(DELAY.0 + 30_000));
    let prekey = world.owner.prekeys[0].clone();
    let deal = Deal::new(&world.owner.policy, 2, &prekey.approval, &mut rng(600));
    let mut stranger = world.claimant(950);
    stranger.signing = asked.claimant.signing;
    let to = world.owner.trustee.clone().unwrap();
    let policy = world.owner.policy;
    let store = stranger.store(&deal, (&policy, &to), asked.body.id(), &prekey);
    let message = message(stranger.did.did(), &to, "d0", Body::ShareStore(store));
    assert!(matches!(world.deliver(&message), Body::ShareStored(_)));
    assert_eq!(world.shares(), (vec![1], vec![2]));
}

/// The claimant's right comes from the ledger: not before the delay is over, not under a veto, not
/// for another epoch, not with another key.
#[test]
fn the_claimants_right_is_judged_by_the_ledger() {
    let mut world = World::enrolled(1);
    let mut asked = world.full();
    let prekey = world.owner.prekeys[0].clone();
    let (_, store) = next(&world, &mut asked, &prekey, 2);
    let refused = tell(&mut world, &asked, Body::ShareStore(store.clone()));
    assert_eq!(code(&refused), "e.m.req.time.waiting-period");
    world.pass(Millis(DELAY.0 + 30_000));
    let (_, wrong) = next(&world, &mut asked, &prekey, 3);
    assert_eq!(
        code(&tell(&mut world, &asked, Body::ShareStore(wrong))),
        "e.m.req.stale-epoch"
    );
    let mut forged = store.clone();
    let other = SigningKey::<ClaimantSigning>::generate(&mut rng(5));
    let signature = other.sign(labels::STORE, &forged.signed_bytes());
    forged.authority = Authority::Claimant {
        request: asked.request(),
        signature,
    };
    assert_eq!(
        code(&tell(&mut world, &asked, Body::ShareStore(forged.clone()))),
        "e.p.trust.bad-signature"
    );
    forged.authority = Authority::Claimant {
        request: Digest([1; 32]),
        signature,
    };
    assert_eq!(
        code(&tell(&mut world, &asked, Body::ShareStore(forged))),
        "e.p.trust.not-approved"
    );
    let veto = asked.veto(&world.owner.agent, &world.ledger);
    world.ledger.admit(&veto, world.trustee.now);
    world.hint(1);
    assert_eq!(
        code(&tell(&mut world, &asked, Body::ShareStore(store))),
        "e.p.trust.vetoed"
    );
}

/// G4: a request that ended without completing leaves nothing of its deal.
#[test]
fn a_deal_of_a_request_that_ended_is_dropped() {
    let (mut world, mut asked, prekeys) = released();
    let (_, store) = next(&world, &mut asked, &prekeys[0], 2);
    tell(&mut world, &asked, Body::ShareStore(store));
    assert_eq!(world.shares(), (vec![1], vec![2]));
    world.jump(Millis(trustee_support::LIFETIME.0 + DELAY.0));
    world.hint(1);
    assert_eq!(world.shares(), (vec![1], vec![]));
}

/// G13: after a completion the request's session is over and its approval key is gone.
#[test]
fn a_completed_recovery_ends_the_sessions() {
    let mut world = World::enrolled(1);
    let mut asked = world.full();
    world.pass(Millis(DELAY.0 + 30_000));
    let prekey = world.owner.prekeys[0].clone();
    let (deal, store) = next(&world, &mut asked, &prekey, 2);
    tell(&mut world, &asked, Body::ShareStore(store));
    assert_eq!(world.session().state, "released");
    let (record, _) = asked.complete(&deal, &world.ledger);
    world.ledger.admit(&record, world.trustee.now);
    world.pass(Millis::seconds(400));
    assert_eq!(world.session().state, "ended");
    assert!(world.history().contains("the recovery is complete"));
    let prekeys = world
        .trustee
        .rows
        .keys()
        .filter(|key| key.as_bytes()[0] == 42)
        .count();
    assert_eq!(prekeys, 3, "the key of epoch 2, and two ahead");
}
