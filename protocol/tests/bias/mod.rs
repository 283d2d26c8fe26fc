//! Whether scalars that should be uniform are: a coarse test that sees small values and left-out draws.

use curve25519_dalek::Scalar;

/// Chi-squared with 15 degrees of freedom exceeds 50 with a chance of 1.2e-5; some sixty tests are made, with seeds that
/// are fixed.
const UNLIKELY: f64 = 50.0;

/// How far the counts are from equal ones: Pearson's chi-squared.
fn chi_squared(counts: &[usize]) -> f64 {
    let sum: usize = counts.iter().sum();
    let expected = sum as f64 / counts.len() as f64;
    let distance = |count: &usize| (*count as f64 - expected).powi(2) / expected;
    counts.iter().map(distance).sum()
}

/// Four bits of a value: the low ones, those of the middle, and the highest that are uniform below the order of the
/// group (2^252 and a little).
fn nibbles(value: &Scalar) -> [u8; 4] {
    let bytes = value.to_bytes();
    [bytes[0] & 15, bytes[0] >> 4, bytes[15] & 15, bytes[31] & 15]
}

/// Fails where four bits of the values, at one of four places, are not spread evenly.
pub(crate) fn assert_unbiased(what: &str, values: impl Iterator<Item = Scalar>) {
    let mut counts = [[0; 16]; 4];
    for value in values {
        for (counts, nibble) in counts.iter_mut().zip(nibbles(&value)) {
            counts[usize::from(nibble)] += 1;
        }
    }
    for (place, counts) in counts.iter().enumerate() {
        let distance = chi_squared(counts);
        assert!(
            distance < UNLIKELY,
            "{what}, place {place}: {distance}, {counts:?}"
        );
    }
}
