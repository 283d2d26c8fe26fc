//! What a deal anchors, seals to and signs, as bytes.

use kith_protocol::backup::slot;
use kith_protocol::codec;
use kith_protocol::custody_proof::{Question, Watched};
use kith_protocol::keys::{Signature, labels};
use kith_protocol::ledger::Certified;
use kith_protocol::message::share::{Authority, Commitments, Receipt};
use kith_protocol::share_pair::{SharePair, release_context, store_context};
use serde_json::{Value, json};

use crate::people::{agreement, person, rng};
use crate::pinned::{self, Files, hex_of, readable};
use crate::samples::{
    certified, challenge, proof, put, recovery_connection, release, store, stored, stored_backup,
};
use crate::scene::{EPOCH, Scene, scene};

fn digests(scene: &Scene) -> Value {
    let request = scene.request().id();
    let backup = scene.backup.header.digest();
    let bob = scene.trustee();
    let towards = recovery_connection();
    json!({
        "policy": hex_of(scene.policy),
        "epoch": EPOCH,
        "commitments": hex_of(codec::encode(1, &scene.commitments)),
        "deal_digest": hex_of(scene.tag),
        "lane": hex_of(codec::encode(1, &scene.lane)),
        "lane_commitment": hex_of(scene.lane.commitment()),
        "request": hex_of(request),
        "trustee": bob.did(),
        "store_context": hex_of(store_context(&scene.policy, EPOCH, &scene.tag, bob.did())),
        "recovery_connection": towards.did(),
        "release_context": hex_of(release_context(&request, &scene.tag, towards.did())),
        "backup": hex_of(backup),
        "slot_key_put_context": hex_of(slot::put_context(&backup)),
        "slot_key_release_context": hex_of(slot::release_context(&backup, &request)),
    })
}

/// What stands under each detached signature of the samples.
fn evidence(scene: &Scene) -> Value {
    let signed = |label: &str, bytes: Vec<u8>, signature: &Signature| {
        json!({
            "label": label,
            "message": hex_of(bytes),
            "signature": hex_of(signature.to_array()),
        })
    };
    let (store, receipt) = (store(scene), stored(scene));
    let (put, kept) = (put(scene), stored_backup(scene.backup.header.digest()));
    let release = release(scene);
    json!({
        "store": signed(labels::STORE, store.signed_bytes(), authority(&store.authority)),
        "receipt": signed(labels::RECEIPT, receipt.receipt.signed_bytes(), &receipt.signature),
        "release": signed(labels::RELEASE, release.signed_bytes(), &release.signature),
        "put": signed(labels::BACKUP_PUT, put.signed_bytes(), authority(&put.authority)),
        "backup_receipt": signed(
            labels::BACKUP_RECEIPT,
            kith_protocol::message::backup::Stored::signed_bytes(&kept.backup),
            &kept.signature,
        ),
    })
}

fn authority(authority: &Authority) -> &Signature {
    match authority {
        Authority::Agent { signature, .. } | Authority::Claimant { signature, .. } => signature,
    }
}

/// R4, K9: what all shares of one deal have in common, and what each box is bound to.
#[test]
fn what_a_deal_anchors_seals_to_and_signs_is_pinned() {
    let scene = scene();
    let files: Files = [
        ("digests.json", digests(&scene)),
        ("evidence.json", evidence(&scene)),
    ]
    .map(|(name, value)| (name.into(), readable(&value)))
    .into();
    pinned::compare("rows/deal", &files);
}

/// R4: the samples are no dead bytes: boxes open, shares lie on the commitments, signatures fit.
#[test]
fn the_pinned_messages_hold_together() {
    let scene = scene();
    let store = store(&scene);
    let context = store_context(
        &store.policy,
        store.epoch,
        &store.tag,
        scene.trustee().did(),
    );
    let pair = SharePair::open(&agreement("Bob opens 0"), &context, &store.sealed).unwrap();
    pair.verify(&store.commitments.open(store.lane.threshold).unwrap())
        .unwrap();
    assert_eq!(store.record.deal_digest, store.tag);
    let approval = crate::people::prekey("Bob", 0).approval;
    assert!(store.path.verify(&store.record.approval_root, &approval));
    let key = scene.agent.verifying_key();
    let signature = authority(&store.authority);
    key.verify(labels::STORE, &store.signed_bytes(), signature)
        .unwrap();
}

/// L2: the head that the samples of the ledger's messages carry is one that a reader believes.
#[test]
fn the_pinned_head_is_certified_by_the_quorum_of_its_log() {
    let scene = scene();
    let head = Certified::verify(&scene.descriptor, &certified(&scene)).unwrap();
    assert_eq!(head.checkpoint.size, 2);
}

/// B1: the pinned proof is one that the owner takes for the pinned question.
#[test]
fn the_pinned_proof_is_right() {
    let scene = scene();
    let (asked, proof) = (challenge(&scene), proof(&scene));
    let (owner, trustee) = (scene.owner(), scene.trustee());
    let question = Question {
        challenge: &asked,
        owner: owner.did(),
        trustee: trustee.did(),
        index: scene.pairs[0].index(),
    };
    let threshold = scene.lane.threshold;
    let watched = Watched::new(scene.policy, EPOCH, &scene.commitments, threshold).unwrap();
    let right = watched.check_all(&[(question, &proof.proof)], &mut rng("check"));
    assert_eq!(right, [true]);
}

#[test]
fn a_released_share_opens_for_the_claimant_alone() {
    let scene = scene();
    let release = release(&scene);
    let context = release_context(&release.request, &scene.tag, recovery_connection().did());
    let pair = SharePair::open(&scene.claimant_sealing(), &context, &release.sealed).unwrap();
    pair.verify(&release.commitments.open(3).unwrap()).unwrap();
    let key = recovery_connection().did().evidence_key();
    key.verify(labels::RELEASE, &release.signed_bytes(), &release.signature)
        .unwrap();
    let other = person("Bob").did().evidence_key();
    let refused = other.verify(labels::RELEASE, &release.signed_bytes(), &release.signature);
    assert!(refused.is_err());
}

#[test]
fn receipts_and_commitments_come_back_from_their_canonical_bytes() {
    let scene = scene();
    let receipt = stored(&scene).receipt;
    let bytes = receipt.signed_bytes();
    assert_eq!(codec::decode::<Receipt>(1, &bytes, 200), Ok(receipt));
    let bytes = codec::encode(1, &scene.commitments);
    let read = codec::decode::<Commitments>(1, &bytes, 1024);
    assert_eq!(read, Ok(scene.commitments));
}
