//! Standard messages, trustee-setup, short-authentication.

use kith_protocol::bytes::Blob;
use kith_protocol::keys::labels;
use kith_protocol::message::setup::{Accept, Ack, Capability, Decline, Renew, Resign, Resignation};
use kith_protocol::message::words::{Confirm, Mismatch, Reveal};
use kith_protocol::message::{Body, Empty, Ping, PingResponse, ProblemReport};
use kith_protocol::words;

use super::{Sample, plain};
use crate::people::{nonce, prekey};
use crate::scene::Scene;

pub(super) fn samples(scene: &Scene) -> Vec<Sample> {
    let bodies = [
        Body::Ping(Ping {
            response_requested: true,
        }),
        Body::PingResponse(PingResponse {}),
        Body::Problem(ProblemReport {
            code: "e.p.trust.vetoed".into(),
            comment: "the request was vetoed; \"nothing\" is released".into(),
        }),
        Body::Empty(Empty {}),
        Body::SetupAccept(accept()),
        Body::SetupAck(Ack {
            nonce: nonce("owner"),
            descriptor: Blob(scene.descriptor.to_bytes()),
        }),
        Body::SetupDecline(Decline {}),
        Body::SetupResign(resign(scene)),
        Body::SetupRenew(Renew {
            policy: scene.policy,
            prekeys: vec![prekey("Bob", 2), prekey("Bob", 3)],
            holds: false,
        }),
        Body::WordsReveal(Reveal {
            nonce: nonce("trustee"),
        }),
        Body::WordsConfirm(Confirm {}),
        Body::WordsMismatch(Mismatch {}),
    ];
    bodies.map(plain).into()
}

fn resign(scene: &Scene) -> Resign {
    let resignation = Resignation {
        policy: scene.policy,
        at_once: false,
    };
    let signature = scene
        .trustee()
        .sign_evidence(labels::RESIGNED, &resignation.signed_bytes());
    Resign {
        resignation,
        signature,
    }
}

fn accept() -> Accept {
    Accept {
        label: "Bob".into(),
        capabilities: vec![Capability::RecoveryShare, Capability::BackupHost],
        commitment: words::commitment(&nonce("trustee")),
        prekeys: vec![prekey("Bob", 0), prekey("Bob", 1)],
    }
}
