//! social-recovery and recovery-alert.

use kith_protocol::bytes::Blob;
use kith_protocol::did::LocalDid;
use kith_protocol::keys::labels;
use kith_protocol::ledger::{Record, Subject};
use kith_protocol::message::Body;
use kith_protocol::message::alert::{Veto, VetoAck};
use kith_protocol::message::recovery::{Challenge, Deny, Pending, Release, Released, Request};
use kith_protocol::share_pair::release_context;
use kith_protocol::words;

use super::share::lodged;
use super::{Sample, case, plain};
use crate::people::{nonce, person, prekey, rng};
use crate::scene::{EPOCH, NOW, Scene};

pub(super) fn samples(scene: &Scene) -> Vec<Sample> {
    let request = scene.request().id();
    let pending = |not_before| {
        Body::RecoveryPending(Pending {
            request,
            not_before,
        })
    };
    vec![
        plain(Body::RecoveryChallenge(challenge(scene))),
        plain(Body::RecoveryRequest(Request {
            record: Blob(Record::request(scene.request(), &scene.claimant()).to_bytes()),
            nonce: nonce("claimant"),
        })),
        plain(pending(Some(NOW.after(scene.lane.delay)))),
        case("unknown-time", pending(None)),
        plain(Body::RecoveryRelease(release(scene))),
        case("lodged", Body::RecoveryRelease(release_with_lodged(scene))),
        plain(Body::RecoveryReleased(Released {
            request,
            verified: true,
        })),
        plain(Body::RecoveryDeny(Deny {
            request,
            code: "e.p.trust.denied".into(),
        })),
        plain(Body::AlertVeto(veto(scene))),
        plain(Body::AlertVetoAck(VetoAck { request })),
    ]
}

/// Bob's DID of the recovery connection: a fresh one.
pub(crate) fn recovery_connection() -> LocalDid {
    person("Bob towards the claimant")
}

fn challenge(scene: &Scene) -> Challenge {
    Challenge {
        label: "Bob".into(),
        descriptor: Blob(scene.descriptor.to_bytes()),
        policy: scene.policy,
        epoch: EPOCH,
        lane: scene.lane.clone(),
        approval: prekey("Bob", 0).approval,
        path: scene.path(),
        commitment: words::commitment(&nonce("trustee of the claimant")),
    }
}

/// Bob's share, released.
pub(crate) fn release(scene: &Scene) -> Release {
    let request = scene.request().id();
    let ours = recovery_connection();
    let context = release_context(&request, &scene.tag, ours.did());
    let to = scene.claimant_sealing().public_key();
    let sealed = scene.pairs[0].seal(&to, &context, &mut rng("release"));
    let release = Release {
        request,
        epoch: EPOCH,
        commitments: scene.commitments.clone(),
        sealed: sealed.unwrap(),
        hosts: vec![person("Heidi").did().clone()],
        prekeys: vec![prekey("Bob", 1), prekey("Bob", 2)],
        lodged: None,
        signature: ours.sign_evidence(labels::RELEASE, b""),
    };
    Release {
        signature: ours.sign_evidence(labels::RELEASE, &release.signed_bytes()),
        ..release
    }
}

/// With what she had told him of her newest supplement.
fn release_with_lodged(scene: &Scene) -> Release {
    let release = Release {
        lodged: Some(lodged(scene)),
        ..release(scene)
    };
    let ours = recovery_connection();
    Release {
        signature: ours.sign_evidence(labels::RELEASE, &release.signed_bytes()),
        ..release
    }
}

fn veto(scene: &Scene) -> Veto {
    let subject = Subject::Request(scene.request().id());
    Veto {
        log: scene.log,
        record: Blob(Record::veto(&scene.log, subject, &scene.agent).to_bytes()),
    }
}
