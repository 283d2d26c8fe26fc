//! Keeping shares: what is checked before one is kept, and when it becomes the current one (R2, R6,
//! G3, G4, G6, G11, G13).
#![allow(clippy::unwrap_used)]

mod trustee_support;

use kith_protocol::bytes::{Digest, Salt};
use kith_protocol::did::LocalDid;
use kith_protocol::keys::labels;
use kith_protocol::keys::role::{AgentPolicy, ShareSealing};
use kith_protocol::keys::{AgreementSecret, SigningKey};
use kith_protocol::ledger::{Authorizations, Change, Record};
use kith_protocol::limits;
use kith_protocol::message::Body;
use kith_protocol::message::setup::Capability;
use kith_protocol::message::share::{Authority, Committed, Receipt, Store};
use kith_protocol::share_pair::store_context;
use kith_protocol::time::Millis;
use kith_protocol::trustee::command::Command;
use kith_protocol::words::Speaker;
use trustee_support::home::{code, message};
use trustee_support::owner::Deal;
use trustee_support::rng;
use trustee_support::world::World;

/// R2: the share verifies, and the receipt says against what.
#[test]
fn a_right_share_is_kept_and_receipted() {
    let mut world = World::enrolled(1);
    let (deal, store) = world.dealt(1);
    let stored = world.keep(store.clone());
    let receipt = Receipt {
        policy: world.owner.policy,
        epoch: 1,
        deal: deal.record.deal_digest,
        index: 1,
    };
    assert_eq!(stored.receipt, receipt);
    let key = world.owner.trustee.clone().unwrap().evidence_key();
    key.verify(labels::RECEIPT, &receipt.signed_bytes(), &stored.signature)
        .unwrap();
    assert_eq!(stored.next.number, 2);
    assert_eq!(world.shares(), (vec![], vec![1]));
}

/// G11: an answer that was lost is given again; so is a receipt for the same deal in a new message.
#[test]
fn a_repeated_store_gets_the_same_receipt() {
    let mut world = World::enrolled(1);
    let (_, store) = world.dealt(1);
    let first = world.owner_message(Body::ShareStore(store.clone()));
    let stored = world.deliver(&first);
    world.trustee.crash();
    assert_eq!(world.deliver(&first), stored);
    assert_eq!(world.tell(Body::ShareStore(store)), stored);
    assert_eq!(world.shares(), (vec![], vec![1]));
}

/// What a test breaks, and how.
type Breakage = fn(&mut Deal, &mut Store, &mut World);

/// Delivers a lawful store with one thing broken, signed again, and gives the code of the refusal.
fn broken(change: Breakage) -> String {
    let mut world = World::enrolled(1);
    let (mut deal, mut store) = world.dealt(1);
    change(&mut deal, &mut store, &mut world);
    world.owner.sign(&mut store);
    let refused = world.tell(Body::ShareStore(store));
    let code = code(&refused).to_owned();
    assert_eq!(world.shares(), (vec![], vec![]), "nothing is kept");
    let (_, store) = world.dealt(1);
    assert!(
        matches!(world.tell(Body::ShareStore(store)), Body::ShareStored(_)),
        "the prekey is not burnt"
    );
    code
}

fn recommit(store: &mut Store) {
    store.record.lanes[0] = store.lane.commitment();
}

fn reseal(deal: &Deal, store: &mut Store, world: &mut World, share: usize) {
    let prekey = &world.owner.prekeys[0];
    let context = store_context(
        &store.policy,
        store.epoch,
        &store.tag,
        world.owner.trustee.as_ref().unwrap(),
    );
    store.sealed = deal.shares[share]
        .seal(&prekey.sealing, &context, &mut world.owner.rng)
        .unwrap();
}

/// G3, G6: each rule refuses on its own, whatever else is right.
#[test]
fn each_rule_of_a_deal_refuses_on_its_own() {
    let cases: &[(&str, &str, Breakage)] = &[
        ("e.p.msg.malformed", "another version", |_, store, _| {
            store.version = 2
        }),
        (
            "e.m.req.wrong-connection",
            "another source",
            |_, store, _| {
                store.source_did = LocalDid::generate_did_key(&mut rng(50)).did().clone();
            },
        ),
        (
            "e.p.req.lane-unlawful",
            "a threshold of one",
            |_, store, _| {
                store.lane.threshold = 1;
                recommit(store);
            },
        ),
        (
            "e.p.req.lane-unlawful",
            "a delay above the record's",
            |_, store, _| {
                store.lane.delay = Millis::seconds(3_600 * 24);
                recommit(store);
            },
        ),
        (
            "e.m.trust.crypto.commitment-mismatch",
            "a lane that is not in the record",
            |_, store, _| {
                store.lane.salt = Salt([7; 32]);
            },
        ),
        (
            "e.m.trust.crypto.commitment-mismatch",
            "a lane at another place",
            |_, store, _| {
                store.record.lanes.swap(0, 1);
            },
        ),
        (
            "e.m.trust.crypto.commitment-mismatch",
            "another degree than agreed",
            |_, store, _| {
                store.lane.threshold = 3;
                store.lane.override_threshold = 3;
                recommit(store);
            },
        ),
        (
            "e.m.trust.crypto.commitment-mismatch",
            "another decrypting key",
            |_, store, world| {
                store.lane.decrypt_key = Deal::new(
                    &store.policy,
                    1,
                    &world.owner.prekeys[0].approval,
                    &mut rng(51),
                )
                .lane
                .decrypt_key;
                recommit(store);
            },
        ),
        (
            "e.m.trust.crypto.commitment-mismatch",
            "another signing key",
            |_, store, world| {
                store.lane.sign_key = Deal::new(
                    &store.policy,
                    1,
                    &world.owner.prekeys[0].approval,
                    &mut rng(51),
                )
                .lane
                .sign_key;
                recommit(store);
            },
        ),
        (
            "e.m.trust.crypto.commitment-mismatch",
            "another deal on the ledger",
            |_, store, _| {
                store.record.deal_digest = Digest([1; 32]);
            },
        ),
        (
            "e.m.trust.crypto.commitment-mismatch",
            "another tag",
            |_, store, _| store.tag = Digest([1; 32]),
        ),
        (
            "e.m.trust.crypto.commitment-mismatch",
            "commitments of another deal",
            |_, store, world| {
                store.commitments = Deal::new(
                    &store.policy,
                    1,
                    &world.owner.prekeys[0].approval,
                    &mut rng(51),
                )
                .commitments;
            },
        ),
        (
            "e.m.trust.crypto.commitment-mismatch",
            "another epoch in the record",
            |_, store, _| store.record.epoch = 2,
        ),
        (
            "e.m.trust.crypto.commitment-mismatch",
            "an approval root without us",
            |_, store, _| {
                store.record.approval_root = Digest([1; 32]);
            },
        ),
        (
            "e.m.trust.crypto.commitment-mismatch",
            "another place in the root",
            |_, store, _| {
                store.path.position ^= 1;
            },
        ),
        (
            "e.p.req.unknown-prekey",
            "a prekey we never made",
            |_, store, _| store.prekey = 9,
        ),
        (
            "e.m.trust.crypto.commitment-mismatch",
            "another prekey of ours",
            |_, store, _| store.prekey = 1,
        ),
        (
            "e.m.trust.crypto.share-mismatch",
            "a box for somebody else",
            |deal, store, world| {
                let key = AgreementSecret::<ShareSealing>::generate(&mut rng(52)).public_key();
                let context = store_context(
                    &store.policy,
                    1,
                    &store.tag,
                    world.owner.trustee.as_ref().unwrap(),
                );
                store.sealed = deal.shares[0].seal(&key, &context, &mut rng(53)).unwrap();
            },
        ),
        (
            "e.m.trust.crypto.share-mismatch",
            "a box of another epoch",
            |deal, store, world| {
                let context = store_context(
                    &store.policy,
                    2,
                    &store.tag,
                    world.owner.trustee.as_ref().unwrap(),
                );
                store.sealed = deal.shares[0]
                    .seal(&world.owner.prekeys[0].sealing, &context, &mut rng(53))
                    .unwrap();
            },
        ),
        (
            "e.m.trust.crypto.commitment-mismatch",
            "a share that stands at another leaf than its key",
            |deal, store, world| reseal(deal, store, world, 1),
        ),
        (
            "e.m.trust.crypto.share-mismatch",
            "a share of another polynomial",
            |_, store, world| {
                let other = Deal::new(
                    &store.policy,
                    1,
                    &world.owner.prekeys[0].approval,
                    &mut rng(51),
                );
                reseal(&other, store, world, 0);
            },
        ),
    ];
    for (expected, what, change) in cases {
        assert_eq!(broken(*change), *expected, "{what}");
    }
}

/// G6: what the dealer signed and did wrong is kept as evidence; what was only mistaken is not.
#[test]
fn a_false_share_is_kept_as_evidence() {
    let mut world = World::enrolled(1);
    let (_, mut store) = world.dealt(1);
    let other = Deal::new(
        &store.policy,
        1,
        &world.owner.prekeys[0].approval,
        &mut rng(51),
    );
    reseal(&other, &mut store, &mut world, 0);
    world.owner.sign(&mut store);
    world.tell(Body::ShareStore(store.clone()));
    assert!(world.history().contains("refused a share of Alice"));
    let json = Body::ShareStore(store).to_json();
    let kept = world
        .trustee
        .rows
        .values()
        .any(|row| row.windows(json.len()).any(|window| window == json));
    assert!(kept);
}

#[test]
fn nothing_is_kept_before_the_words_were_compared() {
    let mut world = World::new(1);
    world.words(Capability::RecoveryShare);
    let (_, store) = world.dealt(1);
    assert_eq!(
        code(&world.tell(Body::ShareStore(store))),
        "e.p.trust.not-verified"
    );
}

#[test]
fn a_backup_host_keeps_no_share() {
    let mut world = World::new(1);
    world.enrol(Capability::BackupHost);
    let (_, store) = world.dealt(1);
    assert_eq!(
        code(&world.tell(Body::ShareStore(store))),
        "e.p.req.not-a-trustee"
    );
}

#[test]
fn a_share_for_another_policy_is_refused() {
    let mut world = World::enrolled(1);
    let (_, mut store) = world.dealt(1);
    store.policy = Digest([1; 32]);
    world.owner.sign(&mut store);
    assert_eq!(
        code(&world.tell(Body::ShareStore(store))),
        "e.m.req.wrong-connection"
    );
}

#[test]
fn a_share_over_another_connection_is_refused() {
    let mut world = World::enrolled(1);
    let (_, mut store) = world.dealt(1);
    let other = LocalDid::generate_did_key(&mut rng(60));
    store.source_did = other.did().clone();
    world.owner.sign(&mut store);
    let to = world.owner.trustee.clone().unwrap();
    let refused = world.deliver(&message(
        other.did(),
        &to,
        "0f",
        Body::ShareStore(store.clone()),
    ));
    assert_eq!(code(&refused), "e.m.req.wrong-connection");
    let nobody = LocalDid::generate_did_key(&mut rng(61));
    let refused = world.deliver(&message(
        other.did(),
        nobody.did(),
        "10",
        Body::ShareStore(store),
    ));
    assert_eq!(code(&refused), "e.p.req.not-a-trustee");
}

#[test]
fn an_authority_that_did_not_sign_is_refused() {
    let mut world = World::enrolled(1);
    let (_, mut store) = world.dealt(1);
    store.hosts = vec![world.owner.did.did().clone()];
    assert_eq!(
        code(&world.tell(Body::ShareStore(store))),
        "e.p.trust.bad-signature"
    );
}

/// A key we have not seen on the ledger may be one that we only have not read yet.
#[test]
fn an_agent_unknown_on_the_ledger_makes_us_look_and_is_asked_to_try_again() {
    let mut world = World::enrolled(1);
    let second = SigningKey::<AgentPolicy>::generate(&mut rng(70));
    let (_, mut store) = world.dealt(1);
    let signature = second.sign(labels::STORE, &store.signed_bytes());
    store.authority = Authority::Agent {
        key: second.verifying_key(),
        signature,
    };
    let link = world.ledger.state.next_link(&world.owner.policy).unwrap();
    let change = Change::Grant {
        agent: second.verifying_key(),
        authorizations: Authorizations::ALL,
        commitment: None,
    };
    let log = world.ledger.log();
    world.ledger.admit(
        &Record::update_policy(&log, link, change, &world.owner.agent),
        world.trustee.now,
    );
    let message = world.owner_message(Body::ShareStore(store));
    assert_eq!(code(&world.deliver(&message)), "e.m.trust.ledger-behind");
    assert!(
        matches!(world.deliver(&message), Body::ShareStored(_)),
        "the same message, after the look"
    );
}

/// G15: each agent of an owner may have deals waiting, and all of them together have a bound.
#[test]
fn deals_of_one_owner_are_bounded() {
    let mut world = World::enrolled(1);
    let (log, now) = (world.ledger.log(), world.trustee.now);
    let agents: Vec<SigningKey<AgentPolicy>> = (0..=limits::trustee::DEALS
        / limits::trustee::PENDING_PER_AUTHOR)
        .map(|_| SigningKey::generate(&mut world.owner.rng))
        .collect();
    for agent in &agents {
        let link = world.ledger.state.next_link(&world.owner.policy).unwrap();
        let change = Change::Grant {
            agent: agent.verifying_key(),
            authorizations: Authorizations::ALL,
            commitment: None,
        };
        let record = Record::update_policy(&log, link, change, &world.owner.agent);
        world.ledger.admit(&record, now);
    }
    world.hint(1);
    let (last, others) = agents.split_last().unwrap();
    let by = |world: &mut World, agent: &SigningKey<AgentPolicy>| {
        let (_, mut store) = world.dealt(1);
        let signature = agent.sign(labels::STORE, &store.signed_bytes());
        store.authority = Authority::Agent {
            key: agent.verifying_key(),
            signature,
        };
        store
    };
    for agent in others {
        for _ in 0..limits::trustee::PENDING_PER_AUTHOR {
            let store = by(&mut world, agent);
            world.keep(store);
        }
    }
    assert_eq!(world.shares().1.len(), limits::trustee::DEALS);
    let before = world.trustee.rows.clone();
    let one_more = by(&mut world, last);
    assert_eq!(
        code(&world.tell(Body::ShareStore(one_more))),
        "e.m.me.res.storage.too-many"
    );
    assert_eq!(world.trustee.rows, before, "the prekey is not burnt");
    // A newer deal of one of them takes the place of its own older one.
    let newer = by(&mut world, &others[0]);
    world.keep(newer);
    assert_eq!(world.shares().1.len(), limits::trustee::DEALS);
}

/// G10, G13: a revoked device deals no more, and what it dealt before dies.
#[test]
fn a_revoked_agent_is_refused_and_its_waiting_deals_die() {
    let mut world = World::enrolled(1);
    let (_, store) = world.dealt(1);
    world.keep(store);
    let second = SigningKey::<AgentPolicy>::generate(&mut rng(70));
    let log = world.ledger.log();
    for change in [
        Change::Grant {
            agent: second.verifying_key(),
            authorizations: Authorizations::ALL,
            commitment: None,
        },
        Change::Revoke {
            agent: world.owner.agent.verifying_key(),
        },
    ] {
        let link = world.ledger.state.next_link(&world.owner.policy).unwrap();
        let by = if matches!(change, Change::Grant { .. }) {
            &world.owner.agent
        } else {
            &second
        };
        world.ledger.admit(
            &Record::update_policy(&log, link, change, by),
            world.trustee.now,
        );
    }
    world.hint(1);
    assert_eq!(world.shares(), (vec![], vec![]));
    let (_, store) = world.dealt(1);
    assert_eq!(
        code(&world.tell(Body::ShareStore(store))),
        "e.p.trust.revoked"
    );
}

/// R6: `commit` is a hint; our own view of the ledger decides.
#[test]
fn a_share_becomes_current_only_when_the_ledger_says_so() {
    let mut world = World::enrolled(1);
    let (deal, store) = world.dealt(1);
    world.keep(store);
    assert_eq!(
        world.hint(1),
        Body::ShareCommitted(Committed {
            epoch: 1,
            active: false
        })
    );
    assert_eq!(world.shares(), (vec![], vec![1]));
    world
        .owner
        .anchor(&deal, &mut world.ledger, world.trustee.now);
    world.hint(1);
    assert_eq!(world.shares(), (vec![1], vec![]));
    assert_eq!(
        world.hint(1),
        Body::ShareCommitted(Committed {
            epoch: 1,
            active: true
        })
    );
}

#[test]
fn another_deal_of_the_same_epoch_does_not_become_current() {
    let mut world = World::enrolled(1);
    let (_, store) = world.dealt(1);
    world.keep(store);
    let (other, _) = world.dealt(1);
    world
        .owner
        .anchor(&other, &mut world.ledger, world.trustee.now);
    world.hint(1);
    assert_eq!(world.shares(), (vec![], vec![1]));
}

/// R6: whoever was away gets the share of the active epoch late, and it is current at once.
#[test]
fn a_share_of_the_active_epoch_is_taken_late() {
    let mut world = World::enrolled(1);
    let (deal, store) = world.dealt(1);
    world
        .owner
        .anchor(&deal, &mut world.ledger, world.trustee.now);
    world.hint(1);
    world.keep(store);
    assert_eq!(world.shares(), (vec![1], vec![]));
    let (_, late) = world.dealt(1);
    assert_eq!(
        code(&world.tell(Body::ShareStore(late))),
        "e.m.req.stale-epoch"
    );
}

/// G4, R6: the old share stays until the new epoch is active on the ledger, and goes then.
#[test]
fn the_old_share_stays_until_the_new_epoch_is_active() {
    let (mut world, _) = World::protected(1);
    let (deal, store) = world.dealt(2);
    world.keep(store);
    assert_eq!(world.shares(), (vec![1], vec![2]));
    world
        .owner
        .anchor(&deal, &mut world.ledger, world.trustee.now);
    world.hint(2);
    assert_eq!(world.shares(), (vec![1], vec![2]), "it waits on the ledger");
    world.jump(Millis::seconds(24 * 3_600));
    world.hint(2);
    assert_eq!(world.shares(), (vec![2], vec![]));
    let (_, old) = world.dealt(1);
    assert_eq!(
        code(&world.tell(Body::ShareStore(old))),
        "e.m.req.stale-epoch"
    );
}

/// An owner may begin a deal anew without knowing what the ledger made of the first: both wait, a
/// third takes the place of the first.
#[test]
fn deals_of_one_author_are_bounded_and_the_newest_stay() {
    let mut world = World::enrolled(1);
    let mut deals: Vec<Deal> = Vec::new();
    for _ in 0..6 {
        let (deal, store) = world.dealt(1);
        world.keep(store);
        world.pass(Millis(10));
        deals.push(deal);
        let two = deals.len().saturating_sub(2);
        let newest = &deals[two..];
        assert!(newest.iter().all(|deal| is_kept(&world, deal)));
    }
    let deals = &deals[4 - 1..];
    assert_eq!(world.shares(), (vec![], vec![1, 1]));
    world
        .owner
        .anchor(&deals[1], &mut world.ledger, world.trustee.now);
    world.hint(1);
    assert_eq!(world.shares(), (vec![1], vec![]));
}

/// G11: whoever has her device deals on and on while the ledger does not answer. The first deal stands there, and
/// the trustee has not seen it yet.
#[test]
fn a_share_that_is_in_force_unseen_is_not_pushed_out_by_later_deals() {
    let mut world = World::enrolled(1);
    let (first, store) = world.dealt(1);
    world.keep(store);
    world.ledger.silent = true;
    world
        .owner
        .anchor(&first, &mut world.ledger, world.trustee.now);
    for _ in 0..4 {
        world.pass(Millis(10));
        let (_, store) = world.dealt(2);
        world.keep(store);
    }
    assert!(is_kept(&world, &first));
    world.ledger.silent = false;
    world.hint(1);
    assert_eq!(world.shares().0, [1]);
}

fn is_kept(world: &World, deal: &Deal) -> bool {
    const CUSTODY: u8 = 41;
    let digest = deal.record.deal_digest.0;
    let rows = world.trustee.rows.iter();
    let mut kept = rows.filter(|(key, _)| key.as_bytes()[0] == CUSTODY);
    kept.any(|(_, row)| row.windows(32).any(|part| part == digest))
}

/// G6: what only does not fit us may be a mistake, and is no evidence against its dealer.
#[test]
fn a_store_that_does_not_fit_us_is_no_evidence() {
    let mut world = World::enrolled(1);
    let (_, mut store) = world.dealt(1);
    store.version = 2;
    world.owner.sign(&mut store);
    world.tell(Body::ShareStore(store));
    assert!(!world.history().contains("refused a share"));
}

/// G15: hosts are asked by every claimant, so a deal names a few.
#[test]
fn a_store_that_names_too_many_hosts_is_refused() {
    let named = |count: usize| {
        let mut world = World::enrolled(1);
        let (_, mut store) = world.dealt(1);
        store.hosts = vec![world.owner.did.did().clone(); count];
        world.owner.sign(&mut store);
        world.tell(Body::ShareStore(store))
    };
    let most = kith_protocol::limits::trustee::HOSTS;
    assert!(matches!(named(most), Body::ShareStored(_)));
    assert_eq!(code(&named(most + 1)), "e.p.msg.malformed");
}

/// R5: a receipt names the key that the share was sealed to; the same deal for another key of ours is
/// another message, and is checked.
#[test]
fn a_kept_deal_is_not_receipted_for_another_key() {
    let mut world = World::enrolled(1);
    let (_, mut store) = world.dealt(1);
    assert!(matches!(
        world.tell(Body::ShareStore(store.clone())),
        Body::ShareStored(_)
    ));
    store.prekey = world.owner.prekeys[1].number;
    world.owner.sign(&mut store);
    assert!(code(&world.tell(Body::ShareStore(store))).starts_with("e."));
}

/// G11: a crash between any two steps.
#[test]
fn custody_goes_on_after_a_crash_at_any_point() {
    let mut world = World::new(1);
    world.trustee.forgetful = true;
    world.enrol(Capability::RecoveryShare);
    let (deal, store) = world.dealt(1);
    world.keep(store);
    world
        .owner
        .anchor(&deal, &mut world.ledger, world.trustee.now);
    world.hint(1);
    assert_eq!(world.shares(), (vec![1], vec![]));
}

/// A sealing secret opens one box, ever: a box recorded on its way stays closed when the store is
/// stolen later.
#[test]
fn the_sealing_secret_is_wiped_with_the_durable_write() {
    let mut world = World::enrolled(1);
    let secrets = |world: &World| {
        let prekeys = world
            .trustee
            .rows
            .iter()
            .filter(|(key, _)| key.as_bytes()[0] == 42);
        prekeys.map(|(_, row)| row.len()).collect::<Vec<_>>()
    };
    let before = secrets(&world);
    let (_, store) = world.dealt(1);
    world.keep(store);
    let after = secrets(&world);
    assert_eq!(after.len(), before.len() + 1);
    assert_eq!(after[0], before[0] - 32, "one sealing secret less");
}

#[test]
fn words_of_an_enrolment_do_not_pass_for_another_person() {
    let mut world = World::enrolled(1);
    let _ = world.owner.words(
        kith_protocol::bytes::Nonce32([0; 32]),
        &world.ledger,
        Speaker::Owner,
    );
    assert!(
        world
            .command(Command::OwnerWords { name: "Bob".into() })
            .is_err()
    );
}
