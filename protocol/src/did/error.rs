//! Why an identifier was refused.

use crate::keys::KeyError;

/// Why an identifier, a key in it, or its service was refused. Nothing of the offending text is
/// kept: it comes from a stranger and must not reach logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DidError {
    /// Longer than [`crate::limits::did::DID_BYTES`].
    #[error("the identifier is too long")]
    TooLong,
    /// Neither `did:key` nor `did:peer:2`.
    #[error("this DID method is not supported")]
    UnsupportedMethod,
    /// A `did:peer:2` element is empty or has a purpose other than E, V or S.
    #[error("an element of the did:peer identifier is not understood")]
    UnknownElement,
    /// A multibase or base64url text that is not the one spelling of its bytes.
    #[error("an encoding inside the identifier is not canonical")]
    NotCanonical,
    /// A multicodec other than Ed25519 or X25519 public keys, or a key of the wrong length.
    #[error("a key of the identifier has an unsupported type")]
    UnsupportedKey,
    /// A key whose type does not fit the purpose it is listed under.
    #[error("a key of the identifier is listed for a purpose it cannot serve")]
    WrongPurpose,
    /// A key that is no point, a point of low order, or an unreduced encoding.
    #[error("a key of the identifier is not a valid public key")]
    InvalidKey(#[source] KeyError),
    /// The same key twice.
    #[error("a key stands in the identifier twice")]
    DuplicateKey,
    /// More than [`crate::limits::did::KEYS`].
    #[error("the identifier holds too many keys")]
    TooManyKeys,
    /// No key to encrypt to, or none to verify with.
    #[error("the identifier lacks an agreement key or an authentication key")]
    MissingKey,
    /// More than one service.
    #[error("the identifier holds more than one service")]
    TooManyServices,
    /// The service is not JSON of the expected form, or exceeds a bound.
    #[error("the service of the identifier is malformed")]
    MalformedService,
    /// An endpoint with a malformed peer id, with a malformed address or with too many of them.
    #[error("the endpoint is malformed")]
    MalformedEndpoint,
}
