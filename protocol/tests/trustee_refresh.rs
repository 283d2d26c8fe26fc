//! A trustee adds to its share only what gives the share that is anchored (R2, G3, G4).
#![allow(clippy::unwrap_used)]

mod trustee_support;

use kith_protocol::keys::RecoverySecret;
use kith_protocol::message::Body;
use kith_protocol::message::share::{Commitments, Refreshed, Store};
use kith_protocol::share_pair::SharePair;
use kith_protocol::vss::{Decrypt, Quorum, Share, ShareIndex};
use trustee_support::home::code;
use trustee_support::owner::Deal;
use trustee_support::world::World;

/// The next epoch by additions to the shares of `before`.
fn refreshed(world: &mut World, before: &Deal) -> (Deal, Store) {
    let prekey = world.owner.prekeys[0].clone();
    let epoch = before.record.epoch + 1;
    let mut next = world.owner.deal(epoch, &prekey.approval);
    let opened = before.commitments.open(2).unwrap();
    let indices = [1, 2, 3].map(|index| ShareIndex::new(index).unwrap());
    let decrypt = opened
        .decrypt
        .refresh(&indices, &mut world.owner.rng)
        .unwrap();
    let sign = opened.sign.refresh(&indices, &mut world.owner.rng).unwrap();
    next.commitments = Commitments {
        decrypt: decrypt.commitment.to_wire(),
        sign: sign.commitment.to_wire(),
    };
    next.lane.decrypt_key = before.lane.decrypt_key;
    next.lane.sign_key = before.lane.sign_key;
    next.record.lanes[0] = next.lane.commitment();
    next.record.deal_digest = next.commitments.digest(&world.owner.policy, epoch);
    let both = decrypt.additions.into_iter().zip(sign.additions);
    next.shares = both
        .map(|(decrypt, sign)| SharePair::of_additions(decrypt, sign))
        .collect();
    let mut store = world.owner.store(&next, &prekey);
    store.refreshes = Some(Refreshed {
        epoch: before.record.epoch,
        deal: before.record.deal_digest,
    });
    world.owner.sign(&mut store);
    (next, store)
}

fn refused(world: &mut World, mut store: Store) -> String {
    world.owner.sign(&mut store);
    code(&world.tell(Body::ShareStore(store))).to_owned()
}

#[test]
fn a_refreshed_share_is_kept_and_becomes_the_current_one() {
    let (mut world, deal) = World::protected(1);
    let (next, store) = refreshed(&mut world, &deal);
    let stored = world.keep(store);
    assert_eq!((stored.receipt.epoch, stored.receipt.index), (2, 1));
    world
        .owner
        .anchor(&next, &mut world.ledger, world.trustee.now);
    world.jump(kith_protocol::time::Millis::seconds(24 * 3_600));
    world.hint(2);
    assert_eq!(world.shares(), (vec![2], vec![]));
    assert_eq!(world.over(), [1]);
}

/// A trustee that was away for two refreshes adds the one after the other.
#[test]
fn refreshes_are_added_one_after_the_other() {
    let (mut world, deal) = World::protected(1);
    let (second, store) = refreshed(&mut world, &deal);
    world.keep(store);
    let (_, store) = refreshed(&mut world, &second);
    assert_eq!(world.keep(store).receipt.epoch, 3);
}

#[test]
fn a_refresh_of_a_share_that_is_not_held_is_refused() {
    let (mut world, deal) = World::protected(1);
    let (_, store) = refreshed(&mut world, &deal);
    let mut other = store.clone();
    other.refreshes.as_mut().unwrap().epoch = 7;
    assert_eq!(refused(&mut world, other), "e.p.req.unknown-share");
    let mut other = store;
    other.refreshes.as_mut().unwrap().deal.0[0] ^= 1;
    assert_eq!(refused(&mut world, other), "e.p.req.unknown-share");
}

/// Nobody's secret is changed under the name of a refresh.
#[test]
fn a_refresh_to_other_secrets_is_refused() {
    let (mut world, deal) = World::protected(1);
    let (_, mut fresh) = world.dealt(2);
    fresh.refreshes = Some(Refreshed {
        epoch: 1,
        deal: deal.record.deal_digest,
    });
    let said = refused(&mut world, fresh);
    assert_eq!(said, "e.m.trust.crypto.commitment-mismatch");
}

/// G3: an addition that does not give the committed share is refused, and so is a share in the place of an addition.
#[test]
fn a_wrong_addition_is_refused() {
    let (mut world, deal) = World::protected(1);
    let (mut next, _) = refreshed(&mut world, &deal);
    let wrong = |world: &mut World, next: &Deal| {
        let prekey = world.owner.prekeys[0].clone();
        let mut store = world.owner.store(next, &prekey);
        store.refreshes = Some(Refreshed {
            epoch: 1,
            deal: deal.record.deal_digest,
        });
        refused(world, store)
    };
    // Another trustee's addition.
    next.shares.swap(0, 1);
    assert_eq!(wrong(&mut world, &next), "e.m.trust.crypto.share-mismatch");
    next.shares.swap(0, 1);
    // One bit.
    let mut bytes = next.shares[0].decrypt.to_bytes();
    bytes[1] ^= 1;
    next.shares[0].decrypt = Share::from_bytes(&bytes).unwrap();
    assert_eq!(wrong(&mut world, &next), "e.m.trust.crypto.share-mismatch");
    // A share.
    let rng = &mut world.owner.rng;
    let quorum = Quorum::new(2, 3).unwrap();
    let dealt = RecoverySecret::<Decrypt>::generate(rng).deal(quorum, rng);
    next.shares[0].decrypt = dealt.unwrap().shares.remove(0);
    assert_eq!(wrong(&mut world, &next), "e.m.trust.crypto.share-mismatch");
    assert_eq!(world.shares(), (vec![1], vec![]));
}

/// What is signed says that it is a refresh, and of which share: neither can be taken off on the way.
#[test]
fn what_is_refreshed_is_signed() {
    let (mut world, deal) = World::protected(1);
    let (_, store) = refreshed(&mut world, &deal);
    let plain = Store {
        refreshes: None,
        ..store.clone()
    };
    let other = Store {
        refreshes: Some(Refreshed {
            epoch: 9,
            deal: deal.record.deal_digest,
        }),
        ..store
    };
    for altered in [plain, other] {
        let said = world.tell(Body::ShareStore(altered));
        assert_eq!(code(&said), "e.p.trust.bad-signature");
    }
}
