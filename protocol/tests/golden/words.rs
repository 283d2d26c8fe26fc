//! The words of two transcripts (B8): two implementations must show two people the same ones.

use kith_protocol::codec;
use kith_protocol::words::{Occasion, Speaker, Transcript, commitment};
use serde_json::{Value, json};

use crate::people::{nonce, person};
use crate::pinned::{self, Files, hex_of, readable};
use crate::samples::recovery_connection;
use crate::scene::{Scene, scene};

fn enrolment(scene: &Scene) -> Transcript {
    Transcript {
        occasion: Occasion::Enrolment,
        owner: scene.owner().did().clone(),
        trustee: scene.trustee().did().clone(),
        owner_nonce: nonce("owner"),
        trustee_nonce: nonce("trustee"),
        ledger: scene.log,
        policy: scene.policy,
        request: None,
    }
}

fn recovery(scene: &Scene) -> Transcript {
    Transcript {
        occasion: Occasion::Recovery,
        owner: person("Alice as claimant").did().clone(),
        trustee: recovery_connection().did().clone(),
        owner_nonce: nonce("claimant"),
        trustee_nonce: nonce("trustee of the claimant"),
        request: Some(scene.request().id()),
        ..enrolment(scene)
    }
}

fn shown(transcript: &Transcript) -> Value {
    json!({
        "transcript": transcript,
        "canonical_bytes": hex_of(codec::encode(1, transcript)),
        "trustee_commitment": hex_of(commitment(&transcript.trustee_nonce)),
        "owner_says": transcript.spoken_by(Speaker::Owner),
        "owner_is_picked_from": transcript.choices(Speaker::Owner),
        "trustee_says": transcript.spoken_by(Speaker::Trustee),
        "trustee_is_picked_from": transcript.choices(Speaker::Trustee),
    })
}

/// B8, B14: two programs of different make show the same words.
#[test]
fn the_words_of_both_occasions_are_pinned() {
    let scene = scene();
    let files: Files = [
        ("enrolment.json", enrolment(&scene)),
        ("recovery.json", recovery(&scene)),
    ]
    .map(|(name, transcript)| (name.into(), readable(&shown(&transcript))))
    .into();
    pinned::compare("words", &files);
}

#[test]
fn a_transcript_comes_back_from_its_canonical_bytes() {
    for transcript in [enrolment(&scene()), recovery(&scene())] {
        let bytes = codec::encode(1, &transcript);
        assert_eq!(codec::decode(1, &bytes, 16 * 1024), Ok(transcript));
    }
}
