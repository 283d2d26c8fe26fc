//! A box that only one X25519 key opens, for shares and keys inside an envelope.
//!
//! Ephemeral X25519, HKDF-SHA256 over both public keys, the role and the context, then
//! XChaCha20-Poly1305 with the context as associated data. The envelope proves who sent it; the
//! box adds that the content stays closed when the envelope's long-lived keys are lost later.

use crate::limits;
use core::fmt;
use core::marker::PhantomData;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use rand_core::CryptoRng;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use x25519_dalek::SharedSecret;
use zeroize::Zeroizing;

use super::agreement::{AgreementKey, AgreementSecret};
use super::derive::derive;
use super::labels;
use super::role::AgreementRole;
use super::suite::{KeyError, Suite};
use crate::bytes::Blob;
use crate::secret::SecretBytes;

const PUBLIC: usize = 33;
const TAG: usize = 16;
const KEY: usize = 32;
const NONCE: usize = 24;

/// Why something could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// More than [`crate::limits::sharing::BOX_PLAIN`] bytes.
    #[error("{0} bytes are more than a sealed box takes")]
    TooLong(usize),
    /// The recipient's key gives an agreement that anybody knows.
    #[error("the recipient's key is of small order")]
    SmallOrder,
}

/// The box does not open: another key or context, or changed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sealed to another key or context, or damaged")]
pub struct OpenError;

/// Sealed bytes. Wire form: suite byte, ephemeral public key (32), ciphertext, tag (16).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SealedBox<R: AgreementRole> {
    bytes: Vec<u8>,
    role: PhantomData<R>,
}

/// Seals for the holder of `to`. Whoever opens must state the same `context`: say there what the
/// content is and for which deal, request or epoch, so that a box cannot be moved elsewhere.
///
/// # Errors
/// [`SealError`].
pub fn seal<R: AgreementRole>(
    to: &AgreementKey<R>,
    context: &[u8],
    plaintext: &[u8],
    rng: &mut dyn CryptoRng,
) -> Result<SealedBox<R>, SealError> {
    if plaintext.len() > limits::sharing::BOX_PLAIN {
        return Err(SealError::TooLong(plaintext.len()));
    }
    let ephemeral = AgreementSecret::<R>::generate(rng);
    let shared = ephemeral
        .agree(to.as_bytes())
        .ok_or(SealError::SmallOrder)?;
    let public = ephemeral.public_key().to_array();
    let (cipher, nonce) = schedule(&shared, &public, to, context);
    let aad = context;
    let ciphertext = cipher
        .encrypt(
            &nonce.into(),
            Payload {
                msg: plaintext,
                aad,
            },
        )
        .expect("the length is bounded far below the cipher's 256 GiB");
    Ok(SealedBox::trusted([&public[..], &ciphertext].concat()))
}

/// Opens what [`seal`] made for this key and context.
///
/// # Errors
/// [`OpenError`], without saying which of its reasons held.
pub fn open<R: AgreementRole>(
    secret: &AgreementSecret<R>,
    context: &[u8],
    sealed: &SealedBox<R>,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (public, ciphertext) = sealed
        .bytes
        .split_first_chunk::<PUBLIC>()
        .ok_or(OpenError)?;
    let ephemeral = AgreementKey::<R>::from_array(*public).map_err(|_| OpenError)?;
    let shared = secret.agree(ephemeral.as_bytes()).ok_or(OpenError)?;
    let (cipher, nonce) = schedule(&shared, public, &secret.public_key(), context);
    let (msg, aad) = (ciphertext, context);
    cipher
        .decrypt(&nonce.into(), Payload { msg, aad })
        .map(Zeroizing::new)
        .map_err(|_| OpenError)
}

/// Key and nonce. The nonce may be derived because every box has an ephemeral key of its own.
fn schedule<R: AgreementRole>(
    shared: &SharedSecret,
    ephemeral: &[u8; PUBLIC],
    to: &AgreementKey<R>,
    context: &[u8],
) -> (XChaCha20Poly1305, [u8; NONCE]) {
    let parts: [&[u8]; 4] = [R::LABEL.as_bytes(), ephemeral, &to.to_array(), context];
    let stream: SecretBytes<{ KEY + NONCE }> =
        derive(shared.as_bytes(), labels::SEALED_BOX, &parts);
    let (key, rest) = stream
        .expose()
        .split_first_chunk::<KEY>()
        .expect("the derived bytes hold a key and a nonce");
    let mut nonce = [0; NONCE];
    nonce.copy_from_slice(rest);
    (XChaCha20Poly1305::new(key.into()), nonce)
}

impl<R: AgreementRole> SealedBox<R> {
    /// The most bytes a box has on the wire.
    pub const MAX_LENGTH: usize = PUBLIC + limits::sharing::BOX_PLAIN + TAG;

    const fn trusted(bytes: Vec<u8>) -> Self {
        let role = PhantomData;
        Self { bytes, role }
    }

    /// The wire form.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads the wire form.
    ///
    /// # Errors
    /// [`BoxError`] for a length no box has, or an ephemeral key that is none.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, BoxError> {
        if bytes.len() > Self::MAX_LENGTH || bytes.len() < PUBLIC + TAG {
            return Err(BoxError::Length(bytes.len()));
        }
        if bytes[0] != Suite::X25519.byte() {
            return Err(KeyError::WrongSuite(bytes[0]).into());
        }
        Ok(Self::trusted(bytes))
    }
}

/// Why bytes are not a sealed box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BoxError {
    /// Shorter than an empty box, or longer than the longest.
    #[error("no sealed box has {0} bytes")]
    Length(usize),
    /// The key in front is of another suite.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl<R: AgreementRole> Serialize for SealedBox<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::bytes::serialize_bytes(&self.bytes, serializer)
    }
}

impl<'de, R: AgreementRole> Deserialize<'de> for SealedBox<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let blob = Blob::deserialize(deserializer)?;
        Self::from_bytes(blob.0).map_err(D::Error::custom)
    }
}

impl<R: AgreementRole> fmt::Debug for SealedBox<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedBox({} bytes)", self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::role::{ClaimantSealing, ShareSealing};
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([5; 32])
    }

    fn sealed() -> (AgreementSecret<ShareSealing>, SealedBox<ShareSealing>) {
        let secret = AgreementSecret::generate(&mut ChaCha20Rng::from_seed([4; 32]));
        let sealed = seal(&secret.public_key(), b"context", b"share", &mut rng());
        (secret, sealed.unwrap())
    }

    /// G8: the box opens for the key it was sealed to, in the context it was made for.
    #[test]
    fn a_box_opens_for_its_key_and_context_only() {
        let (secret, sealed) = sealed();
        assert_eq!(
            open(&secret, b"context", &sealed).unwrap().as_slice(),
            b"share"
        );
        assert_eq!(open(&secret, b"another", &sealed), Err(OpenError));
        let other = AgreementSecret::from_seed(&SecretBytes::new(&Zeroizing::new([6; 32])));
        assert_eq!(open(&other, b"context", &sealed), Err(OpenError));
    }

    /// K1: a box for one role does not open in another, even with the same key.
    #[test]
    fn a_box_of_one_role_is_none_of_another() {
        let (secret, sealed) = sealed();
        let seed = SecretBytes::new(&secret.expose_seed());
        let claimant = AgreementSecret::<ClaimantSealing>::from_seed(&seed);
        let moved = SealedBox::from_bytes(sealed.as_bytes().to_vec()).unwrap();
        assert_eq!(open(&claimant, b"context", &moved), Err(OpenError));
    }

    #[test]
    fn every_flipped_bit_is_caught() {
        let (secret, sealed) = sealed();
        for bit in 0..sealed.as_bytes().len() * 8 {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let opened = SealedBox::from_bytes(bytes)
                .is_ok_and(|sealed| open(&secret, b"context", &sealed).is_ok());
            assert!(!opened, "bit {bit}");
        }
    }

    #[test]
    fn an_ephemeral_key_of_small_order_is_refused() {
        let (secret, sealed) = sealed();
        let mut bytes = sealed.as_bytes().to_vec();
        bytes[1..33].fill(0);
        let sealed = SealedBox::from_bytes(bytes).unwrap();
        assert_eq!(open(&secret, b"context", &sealed), Err(OpenError));
    }

    /// G15: the size of a box is bounded on both sides.
    #[test]
    fn a_box_has_a_longest_and_a_shortest_length() {
        let (secret, _) = sealed();
        let to = secret.public_key();
        assert!(seal(&to, b"", &[0; limits::sharing::BOX_PLAIN], &mut rng()).is_ok());
        let refused = seal(&to, b"", &[0; limits::sharing::BOX_PLAIN + 1], &mut rng());
        assert_eq!(
            refused,
            Err(SealError::TooLong(limits::sharing::BOX_PLAIN + 1))
        );
        for length in [
            0,
            PUBLIC + TAG - 1,
            SealedBox::<ShareSealing>::MAX_LENGTH + 1,
        ] {
            let refused = SealedBox::<ShareSealing>::from_bytes(vec![2; length]);
            assert_eq!(refused, Err(BoxError::Length(length)));
        }
    }

    /// K9: a changed derivation would leave every stored box shut.
    #[test]
    fn a_box_sealed_long_ago_still_opens() {
        let (secret, sealed) = sealed();
        let pinned = "02e2f7ef50c811d6e64b901eed154ec2436e5a2a1eb9a2f82a40ccd1ea11ea114415cf7a0e35eb28eff706091a62f5ce6200b50e9494";
        assert_eq!(hex::encode(sealed.as_bytes()), pinned);
        let pinned = SealedBox::from_bytes(hex::decode(pinned).unwrap()).unwrap();
        assert!(open(&secret, b"context", &pinned).is_ok());
    }

    #[test]
    fn two_boxes_of_the_same_content_differ() {
        let (secret, _) = sealed();
        let mut rng = rng();
        let to = secret.public_key();
        let one = seal(&to, b"", b"same", &mut rng).unwrap();
        assert_ne!(one, seal(&to, b"", b"same", &mut rng).unwrap());
    }
}
