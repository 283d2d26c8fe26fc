//! Repairs of which a test knows, and may choose, every value.

#![allow(dead_code, reason = "not every test binary needs all of it")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use curve25519_dalek::{RistrettoPoint, Scalar};
use kith_protocol::bytes::Digest;
use kith_protocol::keys::RecoverySecret;
use kith_protocol::vss::{
    Commitment, Deal, Delta, Quorum, Repair, Share, ShareIndex, Sign, Sum, UnverifiedSplit,
};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use zeroize::Zeroizing;

pub(crate) const RUN: Digest = Digest([6; 32]);

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub(crate) fn index(number: u8) -> ShareIndex {
    ShareIndex::new(number).unwrap()
}

pub(crate) fn dealt((threshold, trustees): (u8, u8), rng: &mut ChaCha20Rng) -> Deal<Sign> {
    let quorum = Quorum::new(threshold, trustees).unwrap();
    RecoverySecret::generate(rng).deal(quorum, rng).unwrap()
}

/// A threshold, more trustees than that, and which of them is in need.
pub(crate) fn quorums() -> impl Strategy<Value = (u8, u8, u8)> {
    (3_u8..=9).prop_flat_map(|trustees| (2..trustees, Just(trustees), 1..=trustees))
}

/// As many helpers as are needed, whoever the seed says, in any order.
pub(crate) fn some_helpers(deal: &Deal<Sign>, wanted: ShareIndex, seed: u64) -> Vec<ShareIndex> {
    let rng = &mut rng(seed);
    let mut all: Vec<ShareIndex> = deal.shares.iter().map(Share::index).collect();
    all.retain(|one| *one != wanted);
    for last in (1..all.len()).rev() {
        all.swap(last, rng.next_u32() as usize % (last + 1));
    }
    all.truncate(deal.commitment.threshold().into());
    all
}

pub(crate) fn framed(index: ShareIndex, value: &Scalar) -> Zeroizing<[u8; 33]> {
    let mut bytes = Zeroizing::new([index.get(); 33]);
    bytes[1..].copy_from_slice(value.as_bytes());
    bytes
}

pub(crate) fn scalar(bytes: &Zeroizing<[u8; 33]>) -> Scalar {
    Scalar::from_canonical_bytes(bytes[1..].try_into().unwrap()).unwrap()
}

pub(crate) fn x(index: ShareIndex) -> Scalar {
    Scalar::from(index.get())
}

/// The value at `at` of the polynomial of lowest degree through these points.
pub(crate) fn through(points: &[(Scalar, Scalar)], at: Scalar) -> Scalar {
    let weight = |i: usize| {
        let others = points.iter().enumerate().filter(|(j, _)| *j != i);
        others.fold(Scalar::ONE, |product, (_, (other, _))| {
            product * (at - other) * (points[i].0 - other).invert()
        })
    };
    (0..points.len()).map(|i| points[i].1 * weight(i)).sum()
}

/// How often the share of `one` counts at `at` among these.
pub(crate) fn weight(at: ShareIndex, helpers: &[ShareIndex], one: ShareIndex) -> Scalar {
    let others = helpers.iter().filter(|other| **other != one);
    let factors = others.map(|other| (x(at) - x(*other)) * (x(one) - x(*other)).invert());
    factors.product()
}

/// The commitment of the polynomial through `threshold` points.
pub(crate) fn committed(points: &[(Scalar, Scalar)]) -> Commitment<Sign> {
    let threshold = u8::try_from(points.len()).unwrap();
    let wanted = coefficients(points);
    let bytes: Vec<[u8; 32]> = wanted.iter().map(public).collect();
    Commitment::from_points(threshold, &bytes).unwrap()
}

/// Newton's divided differences, multiplied out.
fn coefficients(points: &[(Scalar, Scalar)]) -> Vec<Scalar> {
    let mut sum: Vec<Scalar> = Vec::new();
    let mut basis = vec![Scalar::ONE];
    let at = |coefficients: &[Scalar], x: Scalar| {
        let down = coefficients.iter().rev();
        down.fold(Scalar::ZERO, |value, coefficient| value * x + coefficient)
    };
    for (x, y) in points {
        let factor = (y - at(&sum, *x)) * at(&basis, *x).invert();
        sum.push(Scalar::ZERO);
        for (total, term) in sum.iter_mut().zip(&basis) {
            *total += term * factor;
        }
        let mut next = vec![Scalar::ZERO; basis.len() + 1];
        for (degree, term) in basis.iter().enumerate() {
            next[degree + 1] += term;
            next[degree] -= term * x;
        }
        basis = next;
    }
    sum
}

pub(crate) fn public(secret: &Scalar) -> [u8; 32] {
    RistrettoPoint::mul_base(secret).compress().to_bytes()
}

pub(crate) fn wire(points: &[[u8; 32]]) -> UnverifiedSplit<Sign> {
    let bytes = [3].into_iter().chain(points.concat()).collect();
    UnverifiedSplit::from_bytes(bytes).unwrap()
}

/// One run of a repair: who helps, in rising order, and each delta, by giver and then by receiver.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) helpers: Vec<ShareIndex>,
    pub(crate) deltas: Vec<Vec<Scalar>>,
}

impl Run {
    /// What honest helpers make.
    pub(crate) fn honest(
        deal: &Deal<Sign>,
        repair: &Repair<'_, Sign>,
        rng: &mut ChaCha20Rng,
    ) -> Self {
        let split = |helper: &ShareIndex| {
            let share = &deal.shares[usize::from(helper.get()) - 1];
            let split = repair.split(share, &RUN, rng).unwrap();
            let deltas = split.deltas.iter();
            deltas.map(|delta| scalar(&delta.to_bytes())).collect()
        };
        Self {
            helpers: repair.helpers().to_vec(),
            deltas: repair.helpers().iter().map(split).collect(),
        }
    }

    pub(crate) fn place(&self, helper: ShareIndex) -> usize {
        self.helpers.binary_search(&helper).unwrap()
    }

    pub(crate) fn delta(&mut self, from: ShareIndex, to: ShareIndex) -> &mut Scalar {
        let (from, to) = (self.place(from), self.place(to));
        &mut self.deltas[from][to]
    }

    /// What the helpers publish.
    pub(crate) fn splits(&self) -> Vec<(ShareIndex, UnverifiedSplit<Sign>)> {
        let points = |deltas: &Vec<Scalar>| deltas.iter().map(public).collect::<Vec<_>>();
        let all = self.helpers.iter().zip(&self.deltas);
        all.map(|(helper, deltas)| (*helper, wire(&points(deltas))))
            .collect()
    }

    /// What `to` gets.
    pub(crate) fn received(&self, to: ShareIndex) -> Vec<(ShareIndex, Delta<Sign>)> {
        let place = self.place(to);
        let all = self.helpers.iter().zip(&self.deltas);
        all.map(|(from, deltas)| (*from, delta(to, &deltas[place])))
            .collect()
    }

    pub(crate) fn sum(&self, of: ShareIndex) -> Scalar {
        let place = self.place(of);
        self.deltas.iter().map(|deltas| deltas[place]).sum()
    }

    /// What the one in need gets.
    pub(crate) fn sums(&self) -> Vec<(ShareIndex, Sum<Sign>)> {
        let all = self.helpers.iter();
        all.map(|helper| (*helper, sum(*helper, &self.sum(*helper))))
            .collect()
    }
}

pub(crate) fn delta(to: ShareIndex, value: &Scalar) -> Delta<Sign> {
    Delta::from_bytes(&framed(to, value)).unwrap()
}

pub(crate) fn sum(from: ShareIndex, value: &Scalar) -> Sum<Sign> {
    Sum::from_bytes(&framed(from, value)).unwrap()
}
