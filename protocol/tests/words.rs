//! The words two people compare.
use kith_protocol::bytes::{Digest, Nonce32};
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::words::{CHOICES, Occasion, Speaker, Transcript, WORDS, commitment, same};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

fn did(seed: u8) -> Did {
    LocalDid::generate(None, &mut ChaCha20Rng::from_seed([seed; 32]))
        .did()
        .clone()
}

fn transcript() -> Transcript {
    Transcript {
        occasion: Occasion::Recovery,
        owner: did(1),
        trustee: did(2),
        owner_nonce: Nonce32([3; 32]),
        trustee_nonce: Nonce32([4; 32]),
        ledger: Digest([5; 32]),
        policy: Digest([6; 32]),
        request: Some(Digest([7; 32])),
    }
}

/// B8, G8: whoever stands between has to change one of these, and then the words differ.
#[test]
fn every_part_of_the_transcript_changes_the_words() {
    let honest = transcript();
    let changed = [
        Transcript {
            occasion: Occasion::Enrolment,
            ..honest.clone()
        },
        Transcript {
            owner: did(9),
            ..honest.clone()
        },
        Transcript {
            trustee: did(9),
            ..honest.clone()
        },
        Transcript {
            owner_nonce: Nonce32([9; 32]),
            ..honest.clone()
        },
        Transcript {
            trustee_nonce: Nonce32([9; 32]),
            ..honest.clone()
        },
        Transcript {
            ledger: Digest([9; 32]),
            ..honest.clone()
        },
        Transcript {
            policy: Digest([9; 32]),
            ..honest.clone()
        },
        Transcript {
            request: Some(Digest([9; 32])),
            ..honest.clone()
        },
        Transcript {
            request: None,
            ..honest.clone()
        },
    ];
    for speaker in [Speaker::Owner, Speaker::Trustee] {
        for other in &changed {
            assert_ne!(
                honest.spoken_by(speaker),
                other.spoken_by(speaker),
                "{other:?}"
            );
        }
    }
}

#[test]
fn the_two_directions_have_different_words() {
    assert_ne!(
        transcript().spoken_by(Speaker::Owner),
        transcript().spoken_by(Speaker::Trustee)
    );
}

#[test]
fn the_right_words_stand_once_among_the_choices_and_stay_in_place() {
    let choices = transcript().choices(Speaker::Owner);
    let right = transcript().spoken_by(Speaker::Owner);
    assert_eq!(choices.len(), CHOICES);
    assert_eq!(choices.iter().filter(|choice| **choice == right).count(), 1);
    assert_eq!(choices, transcript().choices(Speaker::Owner));
    assert!(
        choices
            .iter()
            .all(|choice| choice.split(' ').count() == WORDS)
    );
}

#[test]
fn the_right_words_do_not_always_stand_in_the_same_place() {
    let place = |seed: u8| {
        let transcript = Transcript {
            owner_nonce: Nonce32([seed; 32]),
            ..transcript()
        };
        let right = transcript.spoken_by(Speaker::Owner);
        transcript
            .choices(Speaker::Owner)
            .iter()
            .position(|choice| *choice == right)
    };
    let places: std::collections::BTreeSet<_> = (0..64).map(place).collect();
    assert_eq!(places.len(), CHOICES);
}

#[test]
fn case_and_spacing_do_not_matter_and_order_does() {
    assert!(same(
        "bedlamp souvenir goldfish enrollment",
        "  Bedlamp souvenir\tGOLDFISH enrollment "
    ));
    assert!(!same(
        "bedlamp souvenir goldfish enrollment",
        "souvenir bedlamp goldfish enrollment"
    ));
    assert!(!same("bedlamp souvenir goldfish enrollment", "none"));
}

#[test]
fn a_commitment_binds_its_nonce() {
    assert_eq!(commitment(&Nonce32([1; 32])), commitment(&Nonce32([1; 32])));
    assert_ne!(commitment(&Nonce32([1; 32])), commitment(&Nonce32([2; 32])));
}
