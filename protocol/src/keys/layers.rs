//! The two lower layers of keys: key-encrypting keys and data keys.
//!
//! Types keep the layers apart (Aries RFC 0051, 5.1): a key-encrypting key has no method that
//! seals content, and a data key none that wraps a key.

use core::fmt;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::labels;
use super::sealed_box::OpenError;
use crate::bytes::{BytesError, serde_by_array};
use crate::limits;
use crate::secret::SecretBytes;

const NONCE: usize = 24;

/// Bytes that sealing adds to a plaintext: a nonce and a tag.
pub const OVERHEAD: usize = NONCE + 16;

const _: () = assert!(OVERHEAD == limits::backup::CHUNK_OVERHEAD);

/// Layer 2: wraps data keys and nothing else.
///
/// # Security
/// Wiped on drop, no copy, no print. It has no serde implementation: it is derived or agreed
/// again each time, never stored.
pub struct KeyEncryptingKey(SecretBytes<32>);

impl KeyEncryptingKey {
    /// Takes over a derived key (from an agreement, a passphrase, a host's key).
    #[must_use]
    pub const fn new(derived: SecretBytes<32>) -> Self {
        Self(derived)
    }

    /// Wraps a data key. Unwrapping must state the same context.
    pub fn wrap(&self, key: &DataKey, context: &[u8], rng: &mut dyn CryptoRng) -> WrappedKey {
        let label = labels::WRAPPED_KEY;
        let bytes = seal(&self.0, &aad(label, context), key.0.expose(), rng);
        WrappedKey(
            bytes
                .try_into()
                .expect("a nonce, 32 bytes and a tag have one length"),
        )
    }

    /// Unwraps a data key.
    ///
    /// # Errors
    /// [`OpenError`] for another key, another context or changed bytes.
    pub fn unwrap(&self, context: &[u8], wrapped: &WrappedKey) -> Result<DataKey, OpenError> {
        let aad = aad(labels::WRAPPED_KEY, context);
        let bytes = open(&self.0, &aad, &wrapped.0)?;
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&bytes);
        Ok(DataKey(SecretBytes::new(&key)))
    }
}

/// A data key wrapped by a key-encrypting key: nonce (24), ciphertext (32), tag (16).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WrappedKey([u8; Self::LENGTH]);

impl WrappedKey {
    /// Length on the wire.
    pub const LENGTH: usize = 32 + OVERHEAD;

    /// The wire form.
    #[must_use]
    pub const fn to_array(&self) -> [u8; Self::LENGTH] {
        self.0
    }

    /// Reads the wire form; whether it is one shows when it is unwrapped.
    ///
    /// # Errors
    /// None; the signature is that of all types read from arrays.
    pub const fn from_array(bytes: [u8; Self::LENGTH]) -> Result<Self, BytesError> {
        Ok(Self(bytes))
    }
}

serde_by_array!([] WrappedKey);

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrappedKey(..)")
    }
}

/// Layer 3: seals content (backup chunks, stored values).
///
/// # Security
/// Wiped on drop, no copy, no print. Serialises only into binary formats, for rows that are
/// sealed under another key.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct DataKey(SecretBytes<32>);

impl DataKey {
    /// Draws a fresh one.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self(SecretBytes::generate(rng))
    }

    /// Takes over a key derived from another data key.
    #[must_use]
    pub const fn new(derived: SecretBytes<32>) -> Self {
        Self(derived)
    }

    /// The bytes, for deriving further data keys. Whoever copies them owes their wiping.
    #[must_use]
    pub const fn expose(&self) -> &SecretBytes<32> {
        &self.0
    }

    /// Seals content with XChaCha20-Poly1305 under a random nonce: nonce, ciphertext, tag, that
    /// is [`OVERHEAD`] bytes more. Opening must state the same context.
    pub fn seal(&self, context: &[u8], plaintext: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
        seal(
            &self.0,
            &aad(labels::SEALED_CONTENT, context),
            plaintext,
            rng,
        )
    }

    /// Opens what [`DataKey::seal`] made.
    ///
    /// # Errors
    /// [`OpenError`] for another key, another context or changed bytes.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        open(&self.0, &aad(labels::SEALED_CONTENT, context), sealed)
    }
}

/// The label ends with a zero byte, which no label holds, so it cannot run into the context.
fn aad(label: &str, context: &[u8]) -> Vec<u8> {
    [label.as_bytes(), &[0], context].concat()
}

fn seal(key: &SecretBytes<32>, aad: &[u8], msg: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
    // 192 random bits do not repeat, so a key may seal without counting.
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    let ciphertext = XChaCha20Poly1305::new(key.expose().into())
        .encrypt(&nonce.into(), Payload { msg, aad })
        .expect("no plaintext in memory reaches the cipher's 256 GiB");
    [&nonce[..], &ciphertext].concat()
}

fn open(key: &SecretBytes<32>, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (nonce, msg) = sealed.split_first_chunk::<NONCE>().ok_or(OpenError)?;
    XChaCha20Poly1305::new(key.expose().into())
        .decrypt(nonce.into(), Payload { msg, aad })
        .map(Zeroizing::new)
        .map_err(|_| OpenError)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([7; 32])
    }

    #[test]
    fn content_opens_with_its_key_and_context_only() {
        let mut rng = rng();
        let key = DataKey::generate(&mut rng);
        let sealed = key.seal(b"context", b"content", &mut rng);
        assert_eq!(sealed.len(), 7 + OVERHEAD);
        assert_eq!(
            key.open(b"context", &sealed).unwrap().as_slice(),
            b"content"
        );
        assert_eq!(key.open(b"another", &sealed), Err(OpenError));
        let other = DataKey::generate(&mut rng);
        assert_eq!(other.open(b"context", &sealed), Err(OpenError));
        assert_eq!(key.open(b"context", &sealed[..NONCE]), Err(OpenError));
        assert_eq!(key.open(b"context", b""), Err(OpenError));
    }

    /// K1: a wrapped key is not content, even under the same bytes.
    #[test]
    fn the_layers_do_not_meet() {
        let mut rng = rng();
        let upper = SecretBytes::generate(&mut rng);
        let same = DataKey(SecretBytes::new(&Zeroizing::new(*upper.expose())));
        let upper = KeyEncryptingKey::new(upper);
        let key = DataKey::generate(&mut rng);
        let wrapped = upper.wrap(&key, b"context", &mut rng);
        assert_eq!(same.open(b"context", &wrapped.to_array()), Err(OpenError));
        let again = upper.unwrap(b"context", &wrapped).unwrap();
        assert!(again.0.same_as(&key.0));
        assert!(upper.unwrap(b"another", &wrapped).is_err());
    }
}
