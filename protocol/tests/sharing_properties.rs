//! What must hold for every deal.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use curve25519_dalek::{RistrettoPoint, Scalar};
use kith_protocol::keys::RecoverySecret;
use kith_protocol::vss::{
    Commitment, Deal, Decrypt, Offence, Quorum, Share, Sign, UnverifiedCommitment,
};
use proptest::prelude::*;
use proptest::sample::Index;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use zeroize::Zeroizing;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn secret_and_deal(
    (threshold, trustees): (u8, u8),
    seed: u64,
) -> (RecoverySecret<Sign>, Deal<Sign>) {
    let mut rng = rng(seed);
    let secret = RecoverySecret::generate(&mut rng);
    let quorum = Quorum::new(threshold, trustees).unwrap();
    let deal = secret.deal(quorum, &mut rng).unwrap();
    (secret, deal)
}

fn quorums() -> impl Strategy<Value = (u8, u8)> {
    (2_u8..=12).prop_flat_map(|trustees| (2..=trustees, Just(trustees)))
}

fn copy(share: &Share<Sign>) -> Share<Sign> {
    Share::from_bytes(&share.to_bytes()).unwrap()
}

/// Index and value of a share, as plain scalars.
fn coordinates(share: &Share<Sign>) -> (Scalar, Scalar) {
    let bytes = share.to_bytes();
    let value = bytes[1..].try_into().unwrap();
    let value = Scalar::from_canonical_bytes(value).unwrap();
    (Scalar::from(share.index().get()), value)
}

fn shuffled(deal: &Deal<Sign>, order: &[Index]) -> Vec<Share<Sign>> {
    let mut shares: Vec<_> = deal.shares.iter().map(copy).collect();
    for (i, index) in order.iter().enumerate().take(shares.len()) {
        let other = index.index(shares.len());
        shares.swap(i, other);
    }
    shares
}

/// The coefficients of the polynomial of lowest degree through the given points.
fn interpolate(points: &[(Scalar, Scalar)]) -> Vec<Scalar> {
    let mut sum = vec![Scalar::ZERO; points.len()];
    for (i, (x, y)) in points.iter().enumerate() {
        let mut basis = vec![*y];
        for (_, (other, _)) in points.iter().enumerate().filter(|(j, _)| *j != i) {
            // Times (X - other) / (x - other).
            let scale = (x - other).invert();
            let mut next = vec![Scalar::ZERO; basis.len() + 1];
            for (degree, coefficient) in basis.iter().enumerate() {
                next[degree + 1] += coefficient * scale;
                next[degree] -= coefficient * scale * other;
            }
            basis = next;
        }
        for (total, coefficient) in sum.iter_mut().zip(basis) {
            *total += coefficient;
        }
    }
    sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// R1, G5: any threshold of the shares, in any order, gives the same secret back.
    #[test]
    fn any_threshold_of_shares_rebuilds_the_secret(
        quorum in quorums(),
        seed: u64,
        order in prop::collection::vec(any::<Index>(), 12),
        more: Index,
    ) {
        let (secret, deal) = secret_and_deal(quorum, seed);
        let shares = shuffled(&deal, &order);
        let (threshold, trustees) = (usize::from(quorum.0), usize::from(quorum.1));
        let used = threshold + more.index(trustees - threshold + 1);
        let checked = deal.commitment.verify_all(&shares[..used], &mut rng(seed));
        prop_assert!(checked.rejected.is_empty());
        let again = RecoverySecret::reconstruct(&checked.verified).unwrap();
        prop_assert_eq!(again.public_key(), secret.public_key());
        prop_assert!(shares.iter().all(|share| deal.commitment.verify(share).is_ok()));
    }

    /// G2: one share short of the threshold, every secret is possible: for any secret at all
    /// there is a deal in which those trustees hold the very same shares.
    #[test]
    fn shares_below_the_threshold_fit_every_secret(quorum in quorums(), seed: u64, any: u64) {
        let (_, deal) = secret_and_deal(quorum, seed);
        let held = &deal.shares[..usize::from(quorum.0) - 1];
        let other_secret = Scalar::random(&mut rng(any));
        let mut points: Vec<_> = held.iter().map(coordinates).collect();
        points.push((Scalar::ZERO, other_secret));
        let coefficients = interpolate(&points);
        prop_assert_eq!(coefficients[0], other_secret);
        let commitments = coefficients.iter().map(RistrettoPoint::mul_base);
        let bytes: Vec<_> = commitments.map(|point| point.compress().to_bytes()).collect();
        let other = Commitment::<Sign>::from_points(quorum.0, &bytes).unwrap();
        for share in held {
            prop_assert_eq!(other.verify(share), Ok(()));
            prop_assert_eq!(deal.commitment.verify(share), Ok(()));
        }
        prop_assert!(other.public_point() != deal.commitment.public_point());
    }

    /// G6: with any number of wrong shares among them, exactly those are named.
    #[test]
    fn exactly_the_wrong_shares_are_named(
        quorum in quorums(),
        seed: u64,
        wrong in prop::collection::vec(any::<bool>(), 12),
    ) {
        let (secret, deal) = secret_and_deal(quorum, seed);
        let mut shares: Vec<_> = deal.shares.iter().map(copy).collect();
        let mut expected = Vec::new();
        for (position, share) in shares.iter_mut().enumerate().filter(|(i, _)| wrong[*i]) {
            let (_, value) = coordinates(share);
            let mut bytes = share.to_bytes();
            bytes[1..].copy_from_slice((value + Scalar::ONE).as_bytes());
            *share = Share::from_bytes(&bytes).unwrap();
            expected.push((position, Offence::Wrong));
        }
        let checked = deal.commitment.verify_all(&shares, &mut rng(seed));
        let named = checked.rejected.iter().map(|r| (r.position, r.offence));
        prop_assert_eq!(named.collect::<Vec<_>>(), expected);
        if let Ok(again) = RecoverySecret::reconstruct(&checked.verified) {
            prop_assert_eq!(again.public_key(), secret.public_key());
        } else {
            prop_assert!(checked.verified.len() < usize::from(quorum.0));
        }
    }

    /// G15: bytes from anywhere are opened or refused, never a panic.
    #[test]
    fn hostile_commitment_bytes_do_not_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        threshold: u8,
    ) {
        let wire = UnverifiedCommitment::<Decrypt>::from_bytes(bytes).unwrap();
        let _ = wire.open(threshold);
    }
}

/// R2, G6: every single bit of a share counts, and its sender is named.
#[test]
fn every_flipped_bit_of_a_share_is_caught_and_named() {
    let (_, deal) = secret_and_deal((2, 3), 1);
    let good = deal.shares[1].to_bytes();
    for bit in 0..Share::<Sign>::LENGTH * 8 {
        let mut bytes = Zeroizing::new(*good);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(flipped) = Share::from_bytes(&bytes) else {
            continue;
        };
        let shares = [copy(&deal.shares[0]), flipped, copy(&deal.shares[2])];
        let checked = deal.commitment.verify_all(&shares, &mut rng(bit as u64));
        let [rejected] = checked.rejected[..] else {
            panic!("bit {bit}: {:?}", checked.rejected)
        };
        assert_eq!((rejected.position, rejected.offence), (1, Offence::Wrong));
        assert_eq!(rejected.index, shares[1].index());
    }
}

/// R2, G3: every single bit of a commitment counts: it is refused with the point named, or no
/// honest share lies on it and its digest is another.
#[test]
fn every_flipped_bit_of_a_commitment_is_caught() {
    let (_, deal) = secret_and_deal((3, 4), 1);
    let good = deal.commitment.to_wire();
    for bit in 0..good.as_bytes().len() * 8 {
        let mut bytes = good.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let wire = UnverifiedCommitment::<Sign>::from_bytes(bytes).unwrap();
        let Ok(flipped) = wire.open(3) else { continue };
        assert_ne!(flipped.digest(), deal.commitment.digest(), "bit {bit}");
        for share in &deal.shares {
            assert!(flipped.verify(share).is_err(), "bit {bit}");
        }
    }
}

/// R1: the largest deals work: 255 of 255, and 2 of 255.
#[test]
fn the_largest_deals_are_dealt_checked_and_rebuilt() {
    for quorum in [(255, 255), (2, 255)] {
        let (secret, deal) = secret_and_deal(quorum, 1);
        let wire = postcard::to_allocvec(&deal.commitment.to_wire()).unwrap();
        let wire: UnverifiedCommitment<Sign> = postcard::from_bytes(&wire).unwrap();
        let commitment = wire.open(quorum.0).unwrap();
        assert_eq!(commitment, deal.commitment);
        let last = usize::from(quorum.1 - quorum.0);
        let checked = commitment.verify_all(&deal.shares[last..], &mut rng(2));
        let again = RecoverySecret::reconstruct(&checked.verified).unwrap();
        assert_eq!(again.public_key(), secret.public_key());
    }
}
