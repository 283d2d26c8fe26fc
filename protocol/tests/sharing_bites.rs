//! Each bite of `vsss-rs` 6.0.1, shown on the library where it can be, beside the guard that
//! stands in front of it. All these inputs may come from an attacker.
//!
//! Its Pedersen sets have three more (short vectors panic, the second generator's logarithm is
//! the dealer's, the Feldman set comes along): they are not used, which the last test holds to.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::traits::IsIdentity as _;
use curve25519_dalek::{RistrettoPoint, Scalar};
use kith_protocol::keys::RecoverySecret;
use kith_protocol::vss::{
    CommitmentError, Deal, DealError, Decrypt, Offence, Quorum, QuorumError, ReconstructError,
    Share, ShareError, ShareIndex, Sign, UnverifiedCommitment,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use vsss_rs::{
    DefaultShare, FeldmanVerifierSet, IdentifierPrimeField, ReadableShareSet as _, ValueGroup,
    feldman,
};
use zeroize::Zeroizing;

type Element = IdentifierPrimeField<Scalar>;
type BareShare = DefaultShare<Element, Element>;
type Verifier = ValueGroup<RistrettoPoint>;

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([4; 32])
}

fn deal(threshold: u8, trustees: u8) -> Deal<Decrypt> {
    let quorum = Quorum::new(threshold, trustees).unwrap();
    let secret = RecoverySecret::generate(&mut rng());
    secret.deal(quorum, &mut rng()).unwrap()
}

fn bare_deal(
    threshold: usize,
    trustees: usize,
    generator: Option<Verifier>,
) -> (Vec<BareShare>, Vec<Verifier>) {
    let secret = IdentifierPrimeField(Scalar::from(42_u8));
    feldman::split_secret(threshold, trustees, &secret, generator, rng()).unwrap()
}

fn bare_verify(verifiers: &Vec<Verifier>, share: &BareShare) -> bool {
    FeldmanVerifierSet::<BareShare, Verifier>::verify_share(verifiers, share).is_ok()
}

fn points(verifiers: &[Verifier]) -> Vec<u8> {
    let points = verifiers.iter().map(|point| point.0.compress().to_bytes());
    [3].into_iter().chain(points.flatten()).collect()
}

fn commitment(bytes: Vec<u8>) -> UnverifiedCommitment<Decrypt> {
    UnverifiedCommitment::from_bytes(bytes).unwrap()
}

fn share(index: u8, value: [u8; 32]) -> Result<Share<Decrypt>, ShareError> {
    let mut bytes = Zeroizing::new([index; 33]);
    bytes[1..].copy_from_slice(&value);
    Share::from_bytes(&bytes)
}

/// R2, G3: the library panics on an empty vector; here it is an error.
#[test]
fn an_empty_commitment_is_an_error_and_no_panic() {
    let (shares, _) = bare_deal(2, 3, None);
    let none = Vec::new();
    assert!(catch_unwind(AssertUnwindSafe(|| bare_verify(&none, &shares[0]))).is_err());
    let opened = commitment(Vec::new()).open(2);
    assert_eq!(opened, Err(CommitmentError::Length(0)));
    let (threshold, points) = (2, 0);
    let opened = commitment(vec![3]).open(2);
    assert_eq!(opened, Err(CommitmentError::Degree { threshold, points }));
}

/// G3: the library checks against the generator that the dealer sent. Here none travels, so
/// shares of a deal over another generator do not lie on it.
#[test]
fn a_generator_chosen_by_the_dealer_is_never_read() {
    let chosen = ValueGroup(RISTRETTO_BASEPOINT_POINT * Scalar::from(7_u8));
    let (shares, verifiers) = bare_deal(2, 3, Some(chosen));
    assert!(bare_verify(&verifiers, &shares[0]));
    let opened = commitment(points(&verifiers[1..])).open(2).unwrap();
    let share = share(1, shares[0].value.0.to_bytes()).unwrap();
    assert_eq!(opened.verify(&share).unwrap_err().index.get(), 1);
    // Nor can it be smuggled in front: then there is one point too many.
    let (threshold, found) = (2, 3);
    assert_eq!(
        commitment(points(&verifiers)).open(2),
        Err(CommitmentError::Degree {
            threshold,
            points: found
        })
    );
}

/// G3: the library takes a set of any degree; here the agreed threshold decides, not the dealer.
#[test]
fn a_degree_other_than_the_agreed_one_is_refused() {
    let (shares, verifiers) = bare_deal(5, 5, None);
    assert!(bare_verify(&verifiers, &shares[0]));
    let wire = commitment(points(&verifiers[1..]));
    for agreed in [2, 3, 4, 6, 255] {
        let refused = CommitmentError::Degree {
            threshold: agreed,
            points: 5,
        };
        assert_eq!(wire.open(agreed), Err(refused));
    }
    assert!(wire.open(5).is_ok());
}

/// G3: bytes after the last whole point would give one commitment many spellings.
#[test]
fn a_commitment_of_no_whole_number_of_points_is_refused() {
    let whole = deal(2, 3).commitment.to_wire().as_bytes().to_vec();
    for bytes in [
        [&whole[..], &[0]].concat(),
        whole[..whole.len() - 1].to_vec(),
    ] {
        let length = bytes.len();
        let opened = commitment(bytes).open(2);
        assert_eq!(opened, Err(CommitmentError::Length(length)));
    }
}

/// G15: more points than any deal has are not even kept.
#[test]
fn a_commitment_longer_than_any_deal_is_refused() {
    let longest = UnverifiedCommitment::<Sign>::MAX_LENGTH;
    assert!(UnverifiedCommitment::<Sign>::from_bytes(vec![3; longest]).is_ok());
    let refused = UnverifiedCommitment::<Sign>::from_bytes(vec![3; longest + 1]);
    assert_eq!(refused, Err(CommitmentError::Length(longest + 1)));
    let row = postcard::to_allocvec(&vec![3_u8; longest + 1]).unwrap();
    assert!(postcard::from_bytes::<UnverifiedCommitment<Sign>>(&row).is_err());
}

/// R1: the library deals the same point twice; here each index is another.
#[test]
fn indices_are_dealt_once_each() {
    let ids = [1_u8, 1, 2].map(|id| IdentifierPrimeField(Scalar::from(id)));
    let secret = IdentifierPrimeField(Scalar::from(42_u8));
    let dealt =
        feldman::split_secret_with_ids::<BareShare, Verifier>(2, 3, &secret, None, rng(), ids);
    assert!(dealt.is_ok());
    let indices: Vec<u8> = deal(3, 255)
        .shares
        .iter()
        .map(|s| s.index().get())
        .collect();
    assert_eq!(indices, (1..=255).collect::<Vec<u8>>());
    let at = |indices: [u8; 3], trustees: u8| {
        let indices = indices.map(|index| ShareIndex::new(index).unwrap());
        let secret = RecoverySecret::<Decrypt>::generate(&mut rng());
        let quorum = Quorum::new(2, trustees).unwrap();
        let deal = secret.deal_at(quorum, &indices, &mut rng());
        deal.map(|deal| {
            deal.shares
                .iter()
                .map(|share| share.index().get())
                .collect()
        })
    };
    assert_eq!(at([1, 1, 2], 3), Err(DealError::Indices));
    assert_eq!(at([1, 2, 3], 4), Err(DealError::Indices));
    assert_eq!(at([200, 7, 255], 3), Ok(vec![200, 7, 255]));
}

/// R2, G6: the same share given twice counts once, and the second sender is named.
#[test]
fn a_repeated_share_counts_once() {
    let Deal {
        commitment,
        mut shares,
    } = deal(3, 5);
    shares.truncate(2);
    shares.push(Share::from_bytes(&shares[0].to_bytes()).unwrap());
    let checked = commitment.verify_all(&shares, &mut rng());
    let [rejected] = checked.rejected[..] else {
        panic!("{:?}", checked.rejected)
    };
    assert_eq!(rejected.position, 2);
    assert_eq!(rejected.offence, Offence::Repeated);
    let (have, need) = (2, 3);
    let result = RecoverySecret::reconstruct(&checked.verified);
    assert_eq!(
        result.err(),
        Some(ReconstructError::NotEnough { have, need })
    );
}

/// G6: who claims another's index with a wrong value does not push the honest share out.
#[test]
fn a_wrong_share_does_not_take_the_index_it_claims() {
    let Deal {
        commitment,
        mut shares,
    } = deal(2, 3);
    shares.insert(0, share(1, [0; 32]).unwrap());
    let checked = commitment.verify_all(&shares, &mut rng());
    let places: Vec<usize> = checked.rejected.iter().map(|r| r.position).collect();
    assert_eq!(places, [0]);
    assert_eq!(checked.verified.len(), 3);
}

/// K2, G2: the library deals index 0, whose value is the secret; here no share can have it.
#[test]
fn a_share_of_index_zero_does_not_exist() {
    let ids = [0_u8, 1, 2].map(|id| IdentifierPrimeField(Scalar::from(id)));
    let secret = IdentifierPrimeField(Scalar::from(42_u8));
    let (shares, _) =
        feldman::split_secret_with_ids::<BareShare, Verifier>(2, 3, &secret, None, rng(), ids)
            .unwrap();
    assert_eq!(shares[0].value.0, secret.0);
    assert_eq!(
        share(0, secret.0.to_bytes()).err(),
        Some(ShareError::IndexZero)
    );
}

/// G5: the library gives a wrong value as `Ok`; here too few shares are an error.
#[test]
fn too_few_shares_never_give_a_value() {
    let (shares, _) = bare_deal(3, 5, None);
    let wrong = shares[..2].to_vec().combine().unwrap();
    assert_ne!(wrong.0, Scalar::from(42_u8));
    let Deal { commitment, shares } = deal(3, 5);
    let checked = commitment.verify_all(&shares[..2], &mut rng());
    let (have, need) = (2, 3);
    let result = RecoverySecret::reconstruct(&checked.verified);
    assert_eq!(
        result.err(),
        Some(ReconstructError::NotEnough { have, need })
    );
}

/// G3: the identity decodes as a point, and a leading one lowers the degree; here it is refused,
/// wherever it stands.
#[test]
fn the_identity_is_no_commitment() {
    let identity = CompressedRistretto([0; 32]).decompress().unwrap();
    assert!(identity.is_identity());
    let wire = deal(3, 5).commitment.to_wire();
    for position in 0..3 {
        let mut bytes = wire.as_bytes().to_vec();
        bytes[1 + 32 * position..][..32].fill(0);
        let opened = commitment(bytes).open(3);
        assert_eq!(opened, Err(CommitmentError::BadPoint { position }));
    }
}

/// R1, K2: a threshold of 1 puts the secret into every trustee's hands.
#[test]
fn a_threshold_of_one_is_refused_by_dealer_and_trustee() {
    for small in [0, 1] {
        let refused = Quorum::new(small, 3);
        assert_eq!(refused, Err(QuorumError::ThresholdTooSmall(small)));
        let mut bytes = deal(2, 3).commitment.to_wire().as_bytes().to_vec();
        bytes.truncate(1 + 32 * usize::from(small));
        let opened = commitment(bytes).open(small);
        assert_eq!(opened, Err(CommitmentError::Threshold(small)));
    }
}

/// R2, G6: two spellings of a value would be two pieces of evidence.
#[test]
fn a_share_value_that_is_not_reduced_is_refused() {
    // The group's order, little endian: zero in another spelling.
    let mut order = (-Scalar::ONE).to_bytes();
    order[0] += 1;
    let refused = share(9, order).err();
    assert!(matches!(refused, Some(ShareError::NotReduced { index }) if index.get() == 9));
}

/// G4: shares and commitments of two deals do not fit each other.
#[test]
fn a_share_of_another_deal_is_refused() {
    let one = deal(2, 3);
    let secret = RecoverySecret::<Decrypt>::generate(&mut ChaCha20Rng::from_seed([5; 32]));
    let other = secret.deal(Quorum::new(2, 3).unwrap(), &mut rng()).unwrap();
    for share in &other.shares {
        assert!(one.commitment.verify(share).is_err());
    }
    assert_ne!(one.commitment.digest(), other.commitment.digest());
}

/// Whether a type implements a trait, found at compile time without asking for the trait.
macro_rules! implements {
    ($type:ty: $trait:path) => {{
        struct Ask<T>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "unused where the type has the trait")]
        trait Otherwise {
            const ANSWER: bool = false;
        }
        impl<T> Otherwise for Ask<T> {}
        impl<T: $trait> Ask<T> {
            #[allow(dead_code, reason = "unused where the type lacks the trait")]
            const ANSWER: bool = true;
        }
        Ask::<$type>::ANSWER
    }};
}

/// K2: the library's share prints its value and stays in memory; ours has no way to be printed,
/// copied or compared, and wipes itself.
#[test]
fn a_share_cannot_be_printed_or_copied_and_wipes_itself() {
    let (shares, _) = bare_deal(2, 3, None);
    let [byte, ..] = shares[0].value.0.to_bytes();
    assert!(format!("{:?}", shares[0]).contains(&byte.to_string()));
    assert!(implements!(BareShare: std::fmt::Debug));
    assert!(!implements!(BareShare: zeroize::ZeroizeOnDrop));

    assert!(!implements!(Share<Decrypt>: std::fmt::Debug));
    assert!(!implements!(Share<Decrypt>: Clone));
    assert!(!implements!(Share<Decrypt>: PartialEq));
    assert!(implements!(Share<Decrypt>: zeroize::ZeroizeOnDrop));
    assert!(std::mem::needs_drop::<Share<Decrypt>>());
    let dealt = deal(2, 3);
    assert!(serde_json::to_string(&dealt.shares[0]).is_err());
}

/// K1, K2: a dealt secret has no way into a store, a message or a log at all.
#[test]
fn a_recovery_secret_cannot_be_written_printed_or_copied() {
    assert!(!implements!(RecoverySecret<Sign>: serde::Serialize));
    assert!(!implements!(RecoverySecret<Sign>: std::fmt::Debug));
    assert!(!implements!(RecoverySecret<Sign>: Clone));
    assert!(!implements!(RecoverySecret<Sign>: PartialEq));
    assert!(implements!(RecoverySecret<Sign>: zeroize::ZeroizeOnDrop));
    assert!(std::mem::needs_drop::<RecoverySecret<Sign>>());
}

/// The dealer's source names no Pedersen set, so its three bites cannot bite.
#[test]
fn pedersen_sets_are_not_used() {
    let source = include_str!("../src/vss/dealer.rs").to_lowercase();
    assert!(!source.contains("pedersen"));
}
