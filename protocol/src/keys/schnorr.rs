//! Schnorr signatures of RFC 9591's ciphersuite FROST(ristretto255, SHA-512), by one signer.
//!
//! The form is the one a threshold of trustees will produce, so that a verifier cannot tell and
//! need not know whether the secret was reconstructed or used in shares.

use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::{RistrettoPoint, Scalar};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha512};
use zeroize::Zeroizing;

use super::derive::derive;
use super::labels;
use super::signature::BadSignature;
use crate::secret::{SecretBytes, SecretScalar};
use crate::vss::Point;

/// RFC 9591, section 6.2: `contextString`, followed by H2's "chal".
const CHALLENGE: &[u8] = b"FROST-RISTRETTO255-SHA512-v1chal";

/// Signs: R = rG, c = H2(R || PK || message), z = r + c·secret; the signature is R || z.
pub(super) fn sign(
    secret: &SecretScalar,
    public: &Point,
    message: &[u8],
    rng: &mut dyn CryptoRng,
) -> [u8; 64] {
    let nonce = nonce(secret, message, rng);
    let commitment = RistrettoPoint::mul_base(&nonce).compress();
    let challenge = challenge(&commitment, public, message);
    let response = *nonce + *secret.times(&challenge);
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(commitment.as_bytes());
    signature[32..].copy_from_slice(response.as_bytes());
    signature
}

/// Verifies zG = R + c·PK. All of it is public, so variable time is fine.
pub(super) fn verify(
    public: &Point,
    message: &[u8],
    signature: &[u8; 64],
) -> Result<(), BadSignature> {
    let (commitment, response) = split(signature)?;
    let challenge = challenge(&commitment, public, message);
    let expected = RistrettoPoint::vartime_double_scalar_mul_basepoint(
        &-challenge,
        &public.decompress(),
        &response,
    );
    // Comparing encodings also refuses every R that is not canonical.
    (expected.compress() == commitment)
        .then_some(())
        .ok_or(BadSignature)
}

fn split(signature: &[u8; 64]) -> Result<(CompressedRistretto, Scalar), BadSignature> {
    let (mut commitment, mut response) = ([0; 32], [0; 32]);
    commitment.copy_from_slice(&signature[..32]);
    response.copy_from_slice(&signature[32..]);
    // RFC 9591 refuses the identity wherever an element is decoded.
    if commitment == [0; 32] {
        return Err(BadSignature);
    }
    let response = Scalar::from_canonical_bytes(response).into_option();
    let response = response.ok_or(BadSignature)?;
    Ok((CompressedRistretto(commitment), response))
}

fn challenge(commitment: &CompressedRistretto, public: &Point, message: &[u8]) -> Scalar {
    let hash = Sha512::new()
        .chain_update(CHALLENGE)
        .chain_update(commitment.as_bytes())
        .chain_update(public.as_bytes())
        .chain_update(message);
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

/// A hedged nonce: from the secret, the message and fresh randomness. Neither a broken source of
/// randomness nor a store rolled back to an earlier state makes two messages share one.
fn nonce(secret: &SecretScalar, message: &[u8], rng: &mut dyn CryptoRng) -> Zeroizing<Scalar> {
    let fresh = SecretBytes::<32>::generate(rng);
    let mut input = Zeroizing::new([0; 64]);
    input[..32].copy_from_slice(&*secret.to_canonical());
    input[32..].copy_from_slice(fresh.expose());
    let wide: SecretBytes<64> = derive(&*input, labels::SCHNORR_NONCE, &[message]);
    Zeroizing::new(Scalar::from_bytes_mod_order_wide(wide.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    /// K9: the signature that RFC 9591, appendix E.3 publishes for the message "test".
    #[test]
    fn the_published_signature_verifies() {
        let key = bytes("e2a62f39eede11269e3bd5a7d97554f5ca384f9f6d3dd9c3c0d05083c7254f57");
        let public = Point::from_bytes(key).unwrap();
        let signature = bytes(concat!(
            "fa954853693068803615803a06e2c23a6228f7d6d6b442b72b26696aa776fe75",
            "532350f49b27a123b0c811d54671f6c008e319741a59918baf3c5455a5ec2603",
        ));
        assert_eq!(verify(&public, b"test", &signature), Ok(()));
        assert_eq!(verify(&public, b"tess", &signature), Err(BadSignature));
    }

    /// Both halves have one encoding each: a response beyond the order, an R that is the identity
    /// or no canonical point are refused.
    #[test]
    fn a_second_spelling_of_a_signature_is_refused() {
        let mut rng =
            <rand_chacha::ChaCha20Rng as rand_chacha::rand_core::SeedableRng>::from_seed([1; 32]);
        let secret = SecretScalar::generate(&mut rng);
        let public = Point::of_secret(&secret);
        let good = sign(&secret, &public, b"test", &mut rng);
        assert_eq!(verify(&public, b"test", &good), Ok(()));
        let order: [u8; 32] =
            bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        let mut beyond = good;
        let mut carry = 0;
        for (byte, more) in beyond[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(more) + carry;
            *byte = sum as u8;
            carry = sum >> 8;
        }
        assert_eq!(verify(&public, b"test", &beyond), Err(BadSignature));
        let mut identity = good;
        identity[..32].fill(0);
        assert_eq!(verify(&public, b"test", &identity), Err(BadSignature));
        let mut negative = good;
        negative[..32].copy_from_slice(&[0xff; 32]);
        assert_eq!(verify(&public, b"test", &negative), Err(BadSignature));
    }
}
