//! The public side of checking many shares at once: how often each committed point counts.
//!
//! With random weights r_i, point j counts sum_i r_i x_i^j times. Done in the field that is one
//! multiplication for each share and point, six times the cost of all the rest at 255 shares.
//! Indices are below 256, so nine powers of one fit into 64 bits: the sums are kept as plain wide
//! integers and enter the field once for each point. Everything here is public.

use curve25519_dalek::Scalar;

/// Powers 0 to 8 of an index fit into 64 bits.
const BLOCK: usize = 9;
const _: () = assert!((u8::MAX as u128).pow(BLOCK as u32 - 1) <= u64::MAX as u128);
const _: () = assert!(BLOCK.is_multiple_of(3));

/// One share's part: its index, its weight times the power the current block starts with, and the
/// factor from block to block.
struct Term {
    index: u64,
    weight: Scalar,
    step: Scalar,
}

impl Term {
    fn new(index: u8, weight: Scalar) -> Self {
        let third = Scalar::from(u64::from(index).pow(BLOCK as u32 / 3));
        let step = third * third * third;
        let index = index.into();
        Self {
            index,
            weight,
            step,
        }
    }
}

/// For indices with weights, the sums of weight times index^j, for each j below `count`.
pub(super) fn power_sums(weights: &[(u8, Scalar)], count: usize) -> Vec<Scalar> {
    let terms = weights
        .iter()
        .map(|(index, weight)| Term::new(*index, *weight));
    let mut terms: Vec<Term> = terms.collect();
    let mut sums = Vec::with_capacity(count + BLOCK);
    while sums.len() < count {
        sums.extend(next_block(&mut terms));
    }
    sums.truncate(count);
    sums
}

/// The sums of the next nine powers; afterwards the terms stand nine powers further.
fn next_block(terms: &mut [Term]) -> [Scalar; BLOCK] {
    let mut sums = [WideSum::default(); BLOCK];
    for term in terms {
        let limbs = limbs(&term.weight);
        let mut power = 1_u64;
        for sum in &mut sums {
            sum.add_product(&limbs, power);
            // The ninth power is never used, so it may overflow.
            power = power.wrapping_mul(term.index);
        }
        term.weight *= term.step;
    }
    sums.map(|sum| sum.reduce())
}

fn limbs(scalar: &Scalar) -> [u64; 4] {
    let (words, _) = scalar.as_bytes().as_chunks::<8>();
    [words[0], words[1], words[2], words[3]].map(u64::from_le_bytes)
}

/// A sum of products of reduced scalars with 64-bit numbers: 255 of them stay below 2^325.
#[derive(Clone, Copy, Default)]
struct WideSum([u64; 6]);

impl WideSum {
    fn add_product(&mut self, limbs: &[u64; 4], factor: u64) {
        let [low @ .., fifth, sixth] = &mut self.0;
        let mut carry = 0;
        for (word, limb) in low.iter_mut().zip(limbs) {
            let sum = u128::from(*limb) * u128::from(factor) + u128::from(*word) + carry;
            *word = sum as u64;
            carry = sum >> 64;
        }
        let (sum, overflow) = fifth.overflowing_add(carry as u64);
        *fifth = sum;
        *sixth += u64::from(overflow);
    }

    fn reduce(&self) -> Scalar {
        let mut bytes = [0; 64];
        for (bytes, word) in bytes.chunks_exact_mut(8).zip(self.0) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Scalar::from_bytes_mod_order_wide(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    fn plainly(weights: &[(u8, Scalar)], count: usize) -> Vec<Scalar> {
        let mut sums = vec![Scalar::ZERO; count];
        for (index, weight) in weights {
            let mut power = *weight;
            for sum in &mut sums {
                *sum += power;
                power *= Scalar::from(*index);
            }
        }
        sums
    }

    #[test]
    fn wide_sums_are_what_the_field_gives() {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        for (shares, count) in [(1, 2), (3, 9), (20, 10), (255, 128), (255, 255)] {
            let mut weight = |index| (index, Scalar::random(&mut rng));
            let weights: Vec<_> = (1..=shares).map(&mut weight).collect();
            assert_eq!(power_sums(&weights, count), plainly(&weights, count));
        }
    }

    #[test]
    fn the_greatest_weights_and_indices_do_not_overflow() {
        let weights = vec![(255, -Scalar::ONE); 255];
        assert_eq!(power_sums(&weights, 255), plainly(&weights, 255));
    }
}
