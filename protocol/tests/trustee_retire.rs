//! When a trustee deletes what it kept, and who may tell it to (R6, G4, G10, G13).
#![allow(clippy::unwrap_used)]

mod trustee_support;

use kith_protocol::keys::role::AgentPolicy;
use kith_protocol::keys::{SigningKey, labels};
use kith_protocol::message::Body;
use kith_protocol::message::share::{Authority, Delete, Deleted};
use kith_protocol::time::Millis;
use trustee_support::home::code;
use trustee_support::rng;
use trustee_support::world::World;

/// Epoch 2 in force, and held.
fn renewed() -> World {
    let (mut world, _) = World::protected(1);
    let deal = {
        let (deal, store) = world.dealt(2);
        world.keep(store);
        deal
    };
    let now = world.trustee.now;
    world.owner.anchor(&deal, &mut world.ledger, now);
    world.jump(Millis::seconds(24 * 3_600));
    world.hint(2);
    world
}

fn delete(world: &World, below: u32, remains: bool) -> Delete {
    signed(world, &world.owner.agent, below, remains)
}

fn signed(world: &World, by: &SigningKey<AgentPolicy>, below: u32, remains: bool) -> Delete {
    let key = by.verifying_key();
    let signature = by.sign("none", &[]);
    let mut delete = Delete {
        policy: world.owner.policy,
        below,
        remains,
        authority: Authority::Agent { key, signature },
    };
    let signature = by.sign(labels::DELETE, &delete.signed_bytes());
    delete.authority = Authority::Agent { key, signature };
    delete
}

/// Its word is signed with the key that signs its receipts.
fn is_right(world: &World, below: u32, reply: &Body) -> bool {
    let Body::ShareDeleted(Deleted {
        deletion,
        signature,
    }) = reply
    else {
        return false;
    };
    let trustee = world.owner.trustee.clone().unwrap();
    let signed = deletion.signed_bytes();
    let right = trustee
        .evidence_key()
        .verify(labels::DELETED, &signed, signature);
    (deletion.policy, deletion.below) == (world.owner.policy, below) && right.is_ok()
}

#[test]
fn the_share_of_the_epoch_before_stays_until_the_owner_says_that_it_may_go() {
    let mut world = renewed();
    assert_eq!(world.shares(), (vec![2], vec![]));
    assert_eq!(world.over(), [1]);
    let asked = delete(&world, 2, true);
    let reply = world.tell(Body::ShareDelete(asked.clone()));
    assert!(is_right(&world, 2, &reply));
    assert_eq!((world.shares(), world.over()), ((vec![2], vec![]), vec![]));
    let history = world.history();
    assert!(history.contains("deleted the share of Alice for epoch 1"));
    // Said again, it is as true as before.
    let reply = world.tell(Body::ShareDelete(asked));
    assert!(is_right(&world, 2, &reply));
    assert_eq!(world.owner_state(), "verified");
}

/// G15: an owner who never says so leaves one old share behind, not one for each epoch.
#[test]
fn no_more_than_one_epoch_before_is_kept() {
    let mut world = renewed();
    for epoch in 3..6 {
        world.protect(epoch);
        world.jump(Millis::seconds(24 * 3_600));
        world.hint(epoch);
        assert_eq!(world.shares(), (vec![epoch], vec![]));
        assert_eq!(world.over(), [epoch - 1]);
    }
}

/// G4: who slept through an epoch keeps that one, and not the one that it knew as the last.
#[test]
fn who_slept_through_an_epoch_keeps_the_one_before_the_newest() {
    let (mut world, _) = World::protected(1);
    for epoch in 2..4 {
        let (deal, store) = world.dealt(epoch);
        world.keep(store);
        let now = world.trustee.now;
        world.owner.anchor(&deal, &mut world.ledger, now);
        world.trustee.now = now.after(Millis::seconds(24 * 3_600));
    }
    world.jump(Millis::seconds(24 * 3_600));
    world.hint(3);
    assert_eq!((world.shares(), world.over()), ((vec![3], vec![]), vec![2]));
}

/// G4: what was never on the ledger is of no use to anybody, and takes no place from what was.
#[test]
fn a_deal_that_was_never_anchored_is_not_the_one_that_stays() {
    let (mut world, _) = World::protected(1);
    let (_, never) = world.dealt(2);
    world.keep(never);
    let (missed, _) = world.dealt(2);
    let (next, store) = world.dealt(3);
    world.keep(store);
    for deal in [missed, next] {
        let now = world.trustee.now;
        world.owner.anchor(&deal, &mut world.ledger, now);
        world.trustee.now = now.after(Millis::seconds(24 * 3_600));
    }
    world.jump(Millis::seconds(24 * 3_600));
    world.hint(3);
    assert_eq!((world.shares(), world.over()), ((vec![3], vec![]), vec![1]));
}

/// What waits belongs to the epoch after: it goes with a trustee who leaves, and with nobody else.
#[test]
fn a_waiting_share_goes_with_who_leaves_only() {
    let mut world = renewed();
    let (_, store) = world.dealt(3);
    world.keep(store);
    let stays = delete(&world, 2, true);
    world.tell(Body::ShareDelete(stays));
    assert_eq!(world.shares(), (vec![2], vec![3]));

    let (mut world, _) = World::protected(1);
    let (others, _) = world.dealt(2);
    let (_, store) = world.dealt(2);
    world.keep(store);
    let now = world.trustee.now;
    world.owner.anchor(&others, &mut world.ledger, now);
    world.jump(Millis::seconds(24 * 3_600));
    world.hint(2);
    let leaves = delete(&world, 2, false);
    world.tell(Body::ShareDelete(leaves));
    assert_eq!((world.shares(), world.over()), ((vec![], vec![]), vec![]));
    assert_eq!(world.owner_state(), "ended");
}

/// G4: as long as the trustee itself sees the old epoch in force, nothing goes.
#[test]
fn an_epoch_that_is_not_seen_in_force_deletes_nothing() {
    let (mut world, _) = World::protected(1);
    let (deal, store) = world.dealt(2);
    world.keep(store);
    for _ in 0..2 {
        let asked = delete(&world, 2, true);
        let reply = world.tell(Body::ShareDelete(asked));
        assert_eq!(code(&reply), "e.m.trust.ledger-behind");
        assert_eq!(world.shares(), (vec![1], vec![2]));
        // On the ledger it waits; that is not in force.
        let now = world.trustee.now;
        if world
            .ledger
            .state
            .recovery_policy(&world.owner.policy, 2)
            .is_none()
        {
            world.owner.anchor(&deal, &mut world.ledger, now);
        }
        world.hint(2);
    }
}

/// G10: nobody but an agent in power, on the connection on which words were compared.
#[test]
fn a_foreign_or_altered_word_deletes_nothing() {
    let mut world = renewed();
    let stranger = SigningKey::<AgentPolicy>::generate(&mut rng(70));
    let foreign = signed(&world, &stranger, 2, true);
    let altered = Delete {
        remains: false,
        ..delete(&world, 2, true)
    };
    for (asked, refused) in [
        (foreign, "e.m.trust.ledger-behind"),
        (altered, "e.p.trust.bad-signature"),
    ] {
        assert_eq!(code(&world.tell(Body::ShareDelete(asked))), refused);
        assert_eq!(world.over(), [1]);
    }
}

/// A device of hers may be wrong about who is a trustee; the ledger and the share at hand are not.
#[test]
fn who_holds_the_share_in_force_is_not_dismissed() {
    let mut world = renewed();
    let asked = delete(&world, 2, false);
    let reply = world.tell(Body::ShareDelete(asked));
    assert_eq!(code(&reply), "e.p.req.still-a-trustee");
    assert_eq!((world.shares(), world.over()), ((vec![2], vec![]), vec![1]));
}

/// R6: who is no trustee of the new epoch keeps nothing, and its person is told.
#[test]
fn who_was_left_out_of_the_epoch_is_dismissed() {
    let (mut world, _) = World::protected(1);
    let (theirs, _) = world.dealt(2);
    let now = world.trustee.now;
    world.owner.anchor(&theirs, &mut world.ledger, now);
    world.jump(Millis::seconds(24 * 3_600));
    world.hint(2);
    assert_eq!(world.shares(), (vec![1], vec![]), "as good as it knows");
    let asked = delete(&world, 2, false);
    let reply = world.tell(Body::ShareDelete(asked));
    assert!(is_right(&world, 2, &reply));
    assert_eq!((world.shares(), world.over()), ((vec![], vec![]), vec![]));
    assert_eq!(world.owner_state(), "ended");
    assert!(world.history().contains("Alice has other trustees now"));
    let (_, store) = world.dealt(3);
    let reply = world.tell(Body::ShareStore(store));
    assert_eq!(code(&reply), "e.p.trust.not-verified");
}
