//! Plaintext to envelope.

use crate::parties::{OneSecret, Parties};
use crate::ready::ready;
use crate::{Refused, inner};
use didcomm::PackEncryptedOptions;
use didcomm::algorithms::{AnonCryptAlg, AuthCryptAlg};
use kith_protocol::did::LocalDid;
use kith_protocol::limits;
use kith_protocol::message::Plaintext;

/// Why a message could not be sealed. All are faults of this program or of its settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The envelope would exceed [`kith_protocol::limits::envelope::ENVELOPE_BYTES`].
    #[error("the sealed message has {bytes} bytes, more than a message may have")]
    TooLarge {
        /// Size of the envelope, in bytes.
        bytes: usize,
    },
    /// `from` is not the given sender.
    #[error("the message names another sender")]
    WrongSender,
    /// The recipient would refuse a header or the body.
    #[error("the recipient would refuse the message")]
    Unacceptable(#[source] Refused),
    /// The library failed.
    #[error("sealing failed")]
    Library(#[source] didcomm::error::Error),
    /// The library wanted to wait.
    #[error("the envelope library did not answer at once")]
    NotReady,
}

/// Encrypts to every agreement key of `message.to` and authenticates with the agreement key of
/// `sender` (DIDComm Messaging 2.1, "Authenticated Encryption"). The result is UTF-8 JSON.
///
/// # Errors
/// [`SealError`]. What [`crate::open`] would refuse at the other end for its form is refused here.
pub fn seal(message: &Plaintext, sender: &LocalDid) -> Result<Vec<u8>, SealError> {
    if message.from != *sender.did() {
        return Err(SealError::WrongSender);
    }
    inner::check_form(message).map_err(SealError::Unacceptable)?;
    let recipient = message.to.resolve();
    let parties = Parties([sender.document(), &recipient]);
    let secret = OneSecret(sender);
    let packed = inner::to_message(message);
    let options = profile();
    let packing = packed.pack_encrypted(
        message.to.as_str(),
        Some(message.from.as_str()),
        None,
        &parties,
        &secret,
        &options,
    );
    let (text, _) = ready(packing)
        .ok_or(SealError::NotReady)?
        .map_err(SealError::Library)?;
    if text.len() > limits::envelope::ENVELOPE_BYTES {
        return Err(SealError::TooLarge { bytes: text.len() });
    }
    Ok(text.into_bytes())
}

/// Everything spelled out, so that another default of the library cannot change it. The sender is
/// visible to the transport; it is a pairwise identifier that means nothing to others.
fn profile() -> PackEncryptedOptions {
    PackEncryptedOptions {
        protect_sender: false,
        forward: false,
        forward_headers: None,
        messaging_service: None,
        enc_alg_auth: AuthCryptAlg::A256cbcHs512Ecdh1puA256kw,
        enc_alg_anon: AnonCryptAlg::A256cbcHs512EcdhEsA256kw,
    }
}
