//! recovery-share.

use kith_protocol::custody_proof::{self, Question};
use kith_protocol::keys::labels;
use kith_protocol::message::Body;
use kith_protocol::message::share::{
    Authority, Challenge, Commit, Committed, Delete, Deleted, Deletion, Lodged, Proof, Receipt,
    Refreshed, Store, Stored,
};
use kith_protocol::share_pair::store_context;

use super::{Sample, case, plain};
use crate::people::{approval, nonce, person, prekey, rng};
use crate::scene::{EPOCH, NOW, Scene};

pub(super) fn samples(scene: &Scene) -> Vec<Sample> {
    vec![
        plain(Body::ShareStore(store(scene))),
        case("by-claimant", Body::ShareStore(store_by_claimant(scene))),
        case("refresh", Body::ShareStore(store_to_refresh(scene))),
        plain(Body::ShareStored(stored(scene))),
        case("with-spare", Body::ShareStored(stored_with_spare(scene))),
        plain(Body::ShareCommit(Commit {
            policy: scene.policy,
            epoch: EPOCH,
        })),
        plain(Body::ShareCommitted(Committed {
            epoch: EPOCH,
            active: true,
        })),
        plain(Body::ShareChallenge(challenge(scene))),
        case(
            "no-backup",
            Body::ShareChallenge(challenge_without_backup(scene)),
        ),
        case("lodging", Body::ShareChallenge(challenge_lodging(scene))),
        plain(Body::ShareProof(proof(scene))),
        plain(Body::ShareDelete(delete(scene, true))),
        case("dismissed", Body::ShareDelete(delete(scene, false))),
        plain(Body::ShareDeleted(deleted(scene))),
    ]
}

/// The next epoch is proved.
fn delete(scene: &Scene, remains: bool) -> Delete {
    let key = scene.agent.verifying_key();
    let unsigned = Delete {
        policy: scene.policy,
        below: EPOCH + 1,
        remains,
        authority: Authority::Agent {
            key,
            signature: scene.agent.sign(labels::DELETE, b""),
        },
    };
    let signature = scene.agent.sign(labels::DELETE, &unsigned.signed_bytes());
    Delete {
        authority: Authority::Agent { key, signature },
        ..unsigned
    }
}

/// Bob's word for it.
fn deleted(scene: &Scene) -> Deleted {
    let deletion = Deletion {
        policy: scene.policy,
        below: EPOCH + 1,
    };
    Deleted {
        signature: scene
            .trustee()
            .sign_evidence(labels::DELETED, &deletion.signed_bytes()),
        deletion,
    }
}

/// What the owner asks Bob.
pub(crate) fn challenge(scene: &Scene) -> Challenge {
    Challenge {
        version: custody_proof::VERSION,
        policy: scene.policy,
        epoch: EPOCH,
        deal: scene.tag,
        nonce: nonce("custody"),
        time: NOW,
        backup_head: Some(scene.backup.header.digest()),
        lodged: None,
    }
}

/// She lodges the newest supplement with him.
fn challenge_lodging(scene: &Scene) -> Challenge {
    Challenge {
        backup_head: Some(scene.supplement().header.digest()),
        lodged: Some(lodged(scene)),
        ..challenge(scene)
    }
}

/// The supplement, as her agent vouches for it.
pub(crate) fn lodged(scene: &Scene) -> Lodged {
    let supplement = scene.supplement();
    let named = (scene.backup.header.digest(), supplement.header.digest());
    let number = (supplement.header.draft.sequence, NOW);
    Lodged::sign(&scene.policy, named, number, &scene.agent)
}

fn challenge_without_backup(scene: &Scene) -> Challenge {
    Challenge {
        backup_head: None,
        ..challenge(scene)
    }
}

/// Bob's answer.
pub(crate) fn proof(scene: &Scene) -> Proof {
    let (asked, owner, trustee) = (challenge(scene), scene.owner(), scene.trustee());
    let question = Question {
        challenge: &asked,
        owner: owner.did(),
        trustee: trustee.did(),
        index: scene.pairs[0].index(),
    };
    let proof = question.answer(&scene.pairs[0], &mut rng("custody"));
    let bytes = question.signed_bytes(&proof);
    Proof {
        epoch: EPOCH,
        approval_signature: approval("Bob", 0).sign(labels::CUSTODY_APPROVAL, &bytes),
        signature: trustee.sign_evidence(labels::CUSTODY_ANSWER, &bytes),
        proof,
    }
}

fn unsigned(scene: &Scene) -> Store {
    let trustee = scene.trustee();
    let context = store_context(&scene.policy, EPOCH, &scene.tag, trustee.did());
    let prekey = prekey("Bob", 0);
    let sealed = scene.pairs[0].seal(&prekey.sealing, &context, &mut rng("store"));
    Store {
        version: 1,
        source_did: scene.owner().did().clone(),
        policy: scene.policy,
        tag: scene.tag,
        epoch: EPOCH,
        commitments: scene.commitments.clone(),
        lane: scene.lane.clone(),
        record: scene.record.clone(),
        path: scene.path(),
        prekey: prekey.number,
        sealed: sealed.unwrap(),
        hosts: vec![person("Heidi").did().clone(), person("Ivan").did().clone()],
        refreshes: None,
        authority: Authority::Agent {
            key: scene.agent.verifying_key(),
            signature: scene.agent.sign(labels::STORE, b""),
        },
    }
}

/// The first deal to Bob, signed by the owner's agent.
pub(crate) fn store(scene: &Scene) -> Store {
    let store = unsigned(scene);
    let authority = Authority::Agent {
        key: scene.agent.verifying_key(),
        signature: scene.agent.sign(labels::STORE, &store.signed_bytes()),
    };
    Store { authority, ..store }
}

fn store_by_claimant(scene: &Scene) -> Store {
    let store = Store {
        hosts: Vec::new(),
        refreshes: None,
        ..unsigned(scene)
    };
    let authority = Authority::Claimant {
        request: scene.request().id(),
        signature: scene.claimant().sign(labels::STORE, &store.signed_bytes()),
    };
    Store { authority, ..store }
}

/// The next epoch's, by an addition: what is sealed here is the same pair, which only its form is shown with.
fn store_to_refresh(scene: &Scene) -> Store {
    let store = Store {
        refreshes: Some(Refreshed {
            epoch: EPOCH,
            deal: scene.tag,
        }),
        epoch: EPOCH + 1,
        ..unsigned(scene)
    };
    let authority = Authority::Agent {
        key: scene.agent.verifying_key(),
        signature: scene.agent.sign(labels::STORE, &store.signed_bytes()),
    };
    Store { authority, ..store }
}

/// Bob's receipt for it.
pub(crate) fn stored(scene: &Scene) -> Stored {
    let receipt = Receipt {
        policy: scene.policy,
        epoch: EPOCH,
        deal: scene.tag,
        index: scene.pairs[0].index().get(),
    };
    Stored {
        signature: scene
            .trustee()
            .sign_evidence(labels::RECEIPT, &receipt.signed_bytes()),
        receipt,
        next: prekey("Bob", 2),
        spare: Vec::new(),
    }
}

fn stored_with_spare(scene: &Scene) -> Stored {
    Stored {
        spare: vec![prekey("Bob", 1)],
        ..stored(scene)
    }
}
