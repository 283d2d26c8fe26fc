//! The byte in front of every published key and signature: which scheme it belongs to.

/// A signature or agreement scheme. Room is left for more; an unknown byte is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Suite {
    /// Ed25519 (RFC 8032), verified strictly.
    Ed25519 = 1,
    /// X25519 (RFC 7748).
    X25519 = 2,
    /// Ristretto255 (RFC 9496); as a signature, Schnorr in the form of RFC 9591.
    Ristretto255 = 3,
}

impl Suite {
    /// The byte on the wire.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// Reads the byte; `None` when unknown.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Ed25519),
            2 => Some(Self::X25519),
            3 => Some(Self::Ristretto255),
            _ => None,
        }
    }
}

/// Why bytes are not a key of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The suite byte is unknown, or another suite's.
    #[error("suite {0} does not belong here")]
    WrongSuite(u8),
    /// Not a point of the curve.
    #[error("not a point of the curve")]
    NotAPoint,
    /// A second spelling of a point.
    #[error("not the canonical encoding of a point")]
    NotCanonical,
    /// The identity or another point of small order, for which anybody knows the secret.
    #[error("a point of small order")]
    SmallOrder,
}

/// Splits the suite byte off and checks it.
pub(super) fn strip<const FRAMED: usize, const N: usize>(
    suite: Suite,
    bytes: &[u8; FRAMED],
) -> Result<[u8; N], KeyError> {
    const { assert!(FRAMED == N + 1, "one suite byte in front") };
    if bytes[0] != suite.byte() {
        return Err(KeyError::WrongSuite(bytes[0]));
    }
    let mut body = [0; N];
    body.copy_from_slice(&bytes[1..]);
    Ok(body)
}

/// Puts the suite byte in front.
pub(super) fn frame<const N: usize, const FRAMED: usize>(
    suite: Suite,
    body: &[u8; N],
) -> [u8; FRAMED] {
    const { assert!(FRAMED == N + 1, "one suite byte in front") };
    let mut bytes = [suite.byte(); FRAMED];
    bytes[1..].copy_from_slice(body);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_suite_is_refused() {
        for byte in 0..=u8::MAX {
            let suite = Suite::from_byte(byte);
            assert_eq!(suite.is_some(), (1..=3).contains(&byte));
            assert!(suite.is_none_or(|suite| suite.byte() == byte));
        }
    }
}
