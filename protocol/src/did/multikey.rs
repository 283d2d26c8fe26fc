//! Public keys that say what they are: multicodec prefix, base58btc multibase (K9).
//!
//! Source: W3C Controlled Identifiers 1.0, section 2.2.2 "Multikey"; multicodec table entries
//! `ed25519-pub` (0xed) and `x25519-pub` (0xec), both as two-byte varints.

use super::DidError;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::montgomery::MontgomeryPoint;

const ED25519_PUB: [u8; 2] = [0xed, 0x01];
const X25519_PUB: [u8; 2] = [0xec, 0x01];
/// `z` and base58btc of 34 bytes: never longer than this.
const MAX_TEXT: usize = 1 + 48;

/// A checked public key together with its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Multikey {
    /// Verifies signatures.
    Ed25519([u8; 32]),
    /// Agrees on keys.
    X25519([u8; 32]),
}

impl Multikey {
    /// Reads one multikey, for example `z6Mk…` (Ed25519) or `z6LS…` (X25519).
    ///
    /// # Errors
    /// [`DidError::NotCanonical`] for another base or spelling, [`DidError::UnsupportedKey`] for
    /// another codec or length, [`DidError::InvalidKey`] for a point nobody honest has.
    pub fn parse(text: &str) -> Result<Self, DidError> {
        let digits = text.strip_prefix('z').ok_or(DidError::NotCanonical)?;
        if text.len() > MAX_TEXT {
            return Err(DidError::UnsupportedKey);
        }
        let bytes = bs58::decode(digits)
            .into_vec()
            .map_err(|_| DidError::NotCanonical)?;
        let (codec, raw) = bytes.split_at_checked(2).ok_or(DidError::UnsupportedKey)?;
        let raw: [u8; 32] = raw.try_into().map_err(|_| DidError::UnsupportedKey)?;
        match codec {
            c if c == ED25519_PUB => Self::ed25519(raw),
            c if c == X25519_PUB => Self::x25519(raw),
            _ => Err(DidError::UnsupportedKey),
        }
    }

    /// Checks an Ed25519 public key.
    ///
    /// # Errors
    /// [`DidError::InvalidKey`] for bytes that are no point, are not the canonical encoding of
    /// one, or are a point of small order (under which one signature fits many messages).
    pub fn ed25519(raw: [u8; 32]) -> Result<Self, DidError> {
        let point = CompressedEdwardsY(raw)
            .decompress()
            .ok_or(DidError::InvalidKey)?;
        let canonical = point.compress().to_bytes() == raw;
        if canonical && !point.is_small_order() {
            Ok(Self::Ed25519(raw))
        } else {
            Err(DidError::InvalidKey)
        }
    }

    /// Checks an X25519 public key.
    ///
    /// # Errors
    /// [`DidError::InvalidKey`] for an unreduced encoding (two texts, one key) and for the points
    /// of low order, with which the agreed secret is zero whatever the other side does.
    pub fn x25519(raw: [u8; 32]) -> Result<Self, DidError> {
        if is_reduced(&raw) && !is_low_order(raw) {
            Ok(Self::X25519(raw))
        } else {
            Err(DidError::InvalidKey)
        }
    }

    /// The text form.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut bytes = Vec::with_capacity(34);
        bytes.extend_from_slice(match self {
            Self::Ed25519(_) => &ED25519_PUB,
            Self::X25519(_) => &X25519_PUB,
        });
        bytes.extend_from_slice(self.raw());
        format!("z{}", bs58::encode(bytes).into_string())
    }

    /// The 32 bytes without their type.
    #[must_use]
    pub fn raw(&self) -> &[u8; 32] {
        match self {
            Self::Ed25519(raw) | Self::X25519(raw) => raw,
        }
    }
}

/// Below 2^255 − 19, high bit clear.
fn is_reduced(raw: &[u8; 32]) -> bool {
    let unreduced = raw[31] == 0x7f && raw[1..31].iter().all(|b| *b == 0xff) && raw[0] >= 0xed;
    raw[31] & 0x80 == 0 && !unreduced
}

/// Eight times the point is the neutral element: on the curve and on its twist these are exactly
/// the points that clamped scalars annihilate.
fn is_low_order(raw: [u8; 32]) -> bool {
    let eight = [true, false, false, false];
    MontgomeryPoint(raw)
        .mul_bits_be(eight.into_iter())
        .to_bytes()
        == [0; 32]
}
