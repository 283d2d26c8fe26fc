//! Custody proofs: a right answer to the question that was asked, and nothing else (B1, R14).
#![allow(clippy::unwrap_used)]

use kith_protocol::bytes::{Digest, Nonce32};
use kith_protocol::custody_proof::{Question, VERSION, Watched};
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::keys::RecoverySecret;
use kith_protocol::message::share::{Challenge, Commitments};
use kith_protocol::share_pair::SharePair;
use kith_protocol::time::Timestamp;
use kith_protocol::vss::{Quorum, ShareIndex, UnverifiedProof};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

const POLICY: Digest = Digest([1; 32]);

struct Scene {
    commitments: Commitments,
    pairs: Vec<SharePair>,
    owner: Did,
    trustees: Vec<Did>,
    threshold: u8,
    rng: ChaCha20Rng,
}

fn scene(seed: u64, threshold: u8, trustees: u8) -> Scene {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let quorum = Quorum::new(threshold, trustees).unwrap();
    let decrypt = RecoverySecret::generate(&mut rng);
    let sign = RecoverySecret::generate(&mut rng);
    let (decrypt, sign) = (
        decrypt.deal(quorum, &mut rng).unwrap(),
        sign.deal(quorum, &mut rng).unwrap(),
    );
    let pairs = decrypt.shares.into_iter().zip(sign.shares);
    let mut did = || LocalDid::generate_did_key(&mut rng).did().clone();
    let owner = did();
    Scene {
        commitments: Commitments {
            decrypt: decrypt.commitment.to_wire(),
            sign: sign.commitment.to_wire(),
        },
        pairs: pairs
            .map(|(decrypt, sign)| SharePair { decrypt, sign })
            .collect(),
        owner,
        trustees: (0..trustees).map(|_| did()).collect(),
        threshold,
        rng,
    }
}

impl Scene {
    fn challenge(&mut self, epoch: u32) -> Challenge {
        Challenge {
            version: VERSION,
            policy: POLICY,
            epoch,
            deal: self.commitments.digest(&POLICY, epoch),
            nonce: Nonce32::random(&mut self.rng),
            time: Timestamp(1_000),
            backup_head: Some(Digest([2; 32])),
            lodged: None,
        }
    }

    fn question<'a>(&'a self, challenge: &'a Challenge, place: usize) -> Question<'a> {
        Question {
            challenge,
            owner: &self.owner,
            trustee: &self.trustees[place],
            index: ShareIndex::new(place as u8 + 1).unwrap(),
        }
    }

    fn answer(&self, challenge: &Challenge, place: usize) -> UnverifiedProof {
        let mut rng = self.rng.clone();
        self.question(challenge, place)
            .answer(&self.pairs[place], &mut rng)
    }

    fn check(&self, epoch: u32, answers: &[(Question<'_>, &UnverifiedProof)]) -> Vec<bool> {
        let watched = Watched::new(POLICY, epoch, &self.commitments, self.threshold).unwrap();
        watched.check_all(answers, &mut ChaCha20Rng::seed_from_u64(3))
    }
}

/// B1: what answers one question answers no other: each part of it counts.
#[test]
fn a_proof_answers_the_question_that_was_asked_and_no_other() {
    type Change = fn(&mut Challenge);
    let changes: [(&str, Change); 7] = [
        ("version", |asked| asked.version += 1),
        ("policy", |asked| asked.policy = Digest([9; 32])),
        ("epoch", |asked| asked.epoch += 1),
        ("deal", |asked| asked.deal = Digest([9; 32])),
        ("nonce", |asked| asked.nonce.0[31] ^= 1),
        ("time", |asked| asked.time = Timestamp(1_001)),
        ("backup head", |asked| asked.backup_head = None),
    ];
    let mut scene = scene(1, 2, 3);
    let asked = scene.challenge(1);
    let proof = scene.answer(&asked, 0);
    assert_eq!(
        scene.check(1, &[(scene.question(&asked, 0), &proof)]),
        [true]
    );
    for (part, change) in changes {
        let mut other = asked.clone();
        change(&mut other);
        let answers = [(scene.question(&other, 0), &proof)];
        assert_eq!(scene.check(1, &answers), [false], "{part}");
        // Nor is a proof for the changed question taken for one of this deal and epoch.
        let proof = scene.answer(&other, 0);
        let fits = matches!(part, "nonce" | "time" | "backup head");
        let answers = [(scene.question(&other, 0), &proof)];
        assert_eq!(scene.check(1, &answers), [fits], "{part}, proven");
    }
}

/// B1: neither another trustee's proof nor one that was given to another owner's connection counts.
#[test]
fn a_proof_is_given_by_one_trustee_to_one_connection() {
    let mut scene = scene(2, 2, 3);
    let asked = scene.challenge(1);
    let proof = scene.answer(&asked, 0);
    let right = scene.question(&asked, 0);
    let of = |trustee, owner, index| Question {
        challenge: &asked,
        owner,
        trustee,
        index,
    };
    let (bob, carol) = (&scene.trustees[0], &scene.trustees[1]);
    let second = ShareIndex::new(2).unwrap();
    let answers = [
        (right, &proof),
        (of(carol, &scene.owner, right.index), &proof),
        (of(bob, carol, right.index), &proof),
        (of(bob, &scene.owner, second), &proof),
    ];
    assert_eq!(scene.check(1, &answers), [true, false, false, false]);
    // The deal of the next epoch by the same commitments is another deal.
    assert_eq!(scene.check(2, &[(right, &proof)]), [false]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// B1: of many answers exactly the bent ones are named.
    #[test]
    fn exactly_the_bent_answers_are_named(
        seed in any::<u64>(),
        bent in prop::collection::vec(prop::option::of(0usize..129), 2..12),
    ) {
        let count = bent.len() as u8;
        let mut scene = scene(seed, 2.max(count / 2), count);
        let asked: Vec<_> = bent.iter().map(|_| scene.challenge(7)).collect();
        let proofs: Vec<_> = asked.iter().enumerate().map(|(place, asked)| {
            let mut bytes = *scene.answer(asked, place).as_bytes();
            if let Some(byte) = bent[place] {
                bytes[byte] ^= 1;
            }
            UnverifiedProof::from_bytes(bytes)
        }).collect();
        let answers: Vec<_> = proofs.iter().enumerate()
            .map(|(place, proof)| (scene.question(&asked[place], place), proof))
            .collect();
        let expected: Vec<_> = bent.iter().map(Option::is_none).collect();
        prop_assert_eq!(scene.check(7, &answers), expected);
    }
}
