//! New shares of the same secret (item 3 of a share set's life; G2, G4), and that no polynomial is biased.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bias;

use bias::assert_unbiased;
use curve25519_dalek::Scalar;
use kith_protocol::keys::{RecoveryKey, RecoverySecret};
use kith_protocol::vss::{Addition, Deal, Decrypt, Quorum, Refresh, Share, ShareIndex};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn dealt((threshold, trustees): (u8, u8), rng: &mut ChaCha20Rng) -> Deal<Decrypt> {
    let quorum = Quorum::new(threshold, trustees).unwrap();
    RecoverySecret::generate(rng).deal(quorum, rng).unwrap()
}

fn refreshed(deal: &Deal<Decrypt>, rng: &mut ChaCha20Rng) -> Refresh<Decrypt> {
    let indices: Vec<ShareIndex> = deal.shares.iter().map(Share::index).collect();
    deal.commitment.refresh(&indices, rng).unwrap()
}

fn renewed(deal: &Deal<Decrypt>, refresh: &Refresh<Decrypt>) -> Vec<Share<Decrypt>> {
    let both = deal.shares.iter().zip(&refresh.additions);
    both.map(|(share, addition)| addition.to(share).unwrap())
        .collect()
}

fn copy(share: &Share<Decrypt>) -> Share<Decrypt> {
    Share::from_bytes(&share.to_bytes()).unwrap()
}

fn value(share: &Share<Decrypt>) -> Scalar {
    let bytes = share.to_bytes();
    Scalar::from_canonical_bytes(bytes[1..].try_into().unwrap()).unwrap()
}

/// The value at zero of the polynomial of lowest degree through these shares, right or wrong.
fn at_zero<'a>(shares: impl Iterator<Item = &'a Share<Decrypt>>) -> Scalar {
    let points: Vec<(Scalar, Scalar)> = shares
        .map(|share| (Scalar::from(share.index().get()), value(share)))
        .collect();
    let weight = |i: usize| {
        let others = points.iter().enumerate().filter(|(j, _)| *j != i);
        others.fold(Scalar::ONE, |product, (_, (x, _))| {
            product * x * (x - points[i].0).invert()
        })
    };
    (0..points.len()).map(|i| points[i].1 * weight(i)).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// New shares are of the same secret, and lie on the new commitment alone.
    #[test]
    fn a_refresh_changes_every_share_and_not_the_secret(
        (trustees, threshold) in (2_u8..=9).prop_flat_map(|n| (Just(n), 2..=n)),
        seed in any::<u64>(),
    ) {
        let rng = &mut rng(seed);
        let deal = dealt((threshold, trustees), rng);
        let refresh = refreshed(&deal, rng);
        let new = renewed(&deal, &refresh);
        for (old, new) in deal.shares.iter().zip(&new) {
            prop_assert!(refresh.commitment.verify(new).is_ok());
            prop_assert!(refresh.commitment.verify(old).is_err());
            prop_assert!(deal.commitment.verify(new).is_err());
        }
        let key = RecoveryKey::from(&deal.commitment);
        prop_assert_eq!(RecoveryKey::from(&refresh.commitment), key);
        let checked = refresh.commitment.verify_all(&new, rng);
        let secret = RecoverySecret::reconstruct(&checked.verified).unwrap();
        prop_assert_eq!(secret.public_key(), key);
    }

    /// G4, G2: one short of the threshold of old shares with one short of it of new ones, of whomever, are not
    /// enough: whatever mixture is taken for a whole set gives another secret, and is refused besides.
    #[test]
    fn shares_of_before_and_after_do_not_add_up(
        (trustees, threshold) in (3_u8..=9).prop_flat_map(|n| (Just(n), 2..n)),
        old_ones in 1_u8..8,
        seed in any::<u64>(),
    ) {
        let rng = &mut rng(seed);
        let deal = dealt((threshold, trustees), rng);
        let refresh = refreshed(&deal, rng);
        let new = renewed(&deal, &refresh);
        let old_ones = usize::from(old_ones.min(threshold - 1));
        let mixed = || {
            let old = deal.shares.iter().take(old_ones);
            old.chain(new.iter().skip(old_ones)).take(threshold.into())
        };
        prop_assert_ne!(at_zero(mixed()), at_zero(new.iter().take(threshold.into())));
        let mixed: Vec<Share<Decrypt>> = mixed().map(copy).collect();
        for commitment in [&deal.commitment, &refresh.commitment] {
            let checked = commitment.verify_all(&mixed, rng);
            prop_assert!(RecoverySecret::reconstruct(&checked.verified).is_err());
        }
    }
}

#[test]
fn those_who_hold_a_share_are_refreshed_at_their_own_index() {
    let rng = &mut rng(1);
    let deal = dealt((2, 5), rng);
    let holders = [5, 2].map(|index| ShareIndex::new(index).unwrap());
    let refresh = deal.commitment.refresh(&holders, rng).unwrap();
    let at: Vec<u8> = refresh
        .additions
        .iter()
        .map(|part| part.index().get())
        .collect();
    assert_eq!(at, [5, 2]);
    let new: Vec<Share<Decrypt>> = refresh
        .additions
        .iter()
        .map(|part| {
            part.to(&deal.shares[usize::from(part.index().get()) - 1])
                .unwrap()
        })
        .collect();
    let checked = refresh.commitment.verify_all(&new, rng);
    assert!(RecoverySecret::reconstruct(&checked.verified).is_ok());
    assert!(refresh.additions[0].to(&deal.shares[1]).is_none());
}

#[test]
fn fewer_holders_than_the_threshold_are_not_refreshed() {
    let rng = &mut rng(1);
    let deal = dealt((3, 5), rng);
    let two = [1, 2].map(|index| ShareIndex::new(index).unwrap());
    assert!(deal.commitment.refresh(&two, rng).is_err());
}

// ---- no bias

/// How many deals are looked at.
const DEALS: usize = 4_000;

/// G2: with one secret throughout, what a trustee holds is spread evenly, and so is the slope of the polynomial:
/// neither says anything of the secret. A dealer that draws small coefficients, or leaves some out, is seen.
#[test]
fn shares_and_polynomials_of_one_secret_are_unbiased() {
    let rng = &mut rng(1);
    let secret = RecoverySecret::<Decrypt>::generate(rng);
    let quorum = Quorum::new(2, 3).unwrap();
    let deals: Vec<Deal<Decrypt>> = (0..DEALS)
        .map(|_| secret.deal(quorum, rng).unwrap())
        .collect();
    for place in 0..3 {
        let held = deals.iter().map(|deal| value(&deal.shares[place]));
        assert_unbiased("a share", held);
    }
    let slopes = deals
        .iter()
        .map(|deal| value(&deal.shares[1]) - value(&deal.shares[0]));
    assert_unbiased("the slope", slopes);
}

/// The same of what a refresh adds, and of the polynomial that it leaves.
#[test]
fn what_a_refresh_adds_is_unbiased() {
    let rng = &mut rng(2);
    let deal = dealt((2, 3), rng);
    let all: Vec<Vec<Share<Decrypt>>> = (0..DEALS)
        .map(|_| renewed(&deal, &refreshed(&deal, rng)))
        .collect();
    for place in 0..3 {
        let added = all
            .iter()
            .map(|new| value(&new[place]) - value(&deal.shares[place]));
        assert_unbiased("an addition", added);
    }
    let slopes = all.iter().map(|new| value(&new[1]) - value(&new[0]));
    assert_unbiased("the slope", slopes);
}

/// The test itself sees a bias: coefficients of 248 bits.
#[test]
#[should_panic(expected = "small ones, place 3")]
fn a_bias_is_seen() {
    let rng = &mut rng(3);
    let small = (0..DEALS).map(|_| {
        let mut bytes = Scalar::random(rng).to_bytes();
        bytes[31] = 0;
        Scalar::from_canonical_bytes(bytes).unwrap()
    });
    assert_unbiased("small ones", small);
}

/// Nothing of an addition is a share: it verifies against neither commitment.
#[test]
fn an_addition_is_no_share() {
    let rng = &mut rng(4);
    let deal = dealt((2, 3), rng);
    let refresh = refreshed(&deal, rng);
    let zero = Share::from_bytes(&zeroizing(1)).unwrap();
    let as_share = |part: &Addition<Decrypt>| part.to(&zero).unwrap();
    let alone = as_share(&refresh.additions[0]);
    assert!(deal.commitment.verify(&alone).is_err());
    assert!(refresh.commitment.verify(&alone).is_err());
}

fn zeroizing(index: u8) -> zeroize::Zeroizing<[u8; 33]> {
    let mut bytes = zeroize::Zeroizing::new([0; 33]);
    bytes[0] = index;
    bytes
}
