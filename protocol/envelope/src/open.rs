//! Envelope to plaintext.

use crate::outer::Outer;
use crate::parties::{OneSecret, Parties};
use crate::ready::ready;
use crate::{Refused, inner, repeated};
use askar_crypto::encrypt::keeping;
use didcomm::error::{Error, ErrorKind};
use didcomm::{Message, UnpackMetadata, UnpackOptions};
use kith_protocol::did::{Did, DidDocument, LocalDid};
use kith_protocol::limits;
use kith_protocol::message::Plaintext;
use std::sync::Arc;

/// An opened message with a proven sender.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// The message; its `from` and `to` are proven.
    pub message: Plaintext,
    /// The key of the sender that authenticated it, as a DID URL.
    pub sender_kid: String,
    /// Which of our identifiers it was encrypted to.
    pub recipient: Did,
}

/// Opens an envelope and makes every check the library omits (C1). `local` finds the secrets of an
/// identifier of ours; `now_seconds` is the time since 1970.
///
/// Cheap checks come first: a stranger's message costs parsing and one SHA-256 until it names an
/// identifier of ours, and key agreement only after that.
///
/// # Errors
/// [`Refused`]. The caller drops the message; see the crate documentation on answering.
pub fn open(
    bytes: &[u8],
    local: &dyn Fn(&Did) -> Option<Arc<LocalDid>>,
    now_seconds: u64,
) -> Result<Opened, Refused> {
    if bytes.len() > limits::envelope::ENVELOPE_BYTES {
        return Err(Refused::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Refused::NotText)?;
    let outer = Outer::parse(text)?;
    let recipient = Did::parse(&outer.recipient).map_err(|_| Refused::RecipientDid)?;
    let keys = local(&recipient).filter(|keys| *keys.did() == recipient);
    let keys = keys.ok_or(Refused::UnknownRecipient)?;
    check_recipient_keys(&outer, keys.document())?;
    let (sender, sender_document) = outer.sender()?;
    let parties = Parties([&sender_document, keys.document()]);
    let message = decrypt(text, &parties, &keys, &outer.skid)?;
    let message = inner::from_message(message, sender, recipient.clone())?;
    inner::check_times((message.created_time, message.expires_time), now_seconds)?;
    Ok(Opened {
        message,
        sender_kid: outer.skid,
        recipient,
    })
}

fn check_recipient_keys(outer: &Outer, document: &DidDocument) -> Result<(), Refused> {
    let known = |kid: &String| document.agreement_key(kid).is_some();
    if outer.kids.iter().all(known) {
        Ok(())
    } else {
        Err(Refused::RecipientKey)
    }
}

fn decrypt(
    text: &str,
    parties: &Parties<'_>,
    keys: &LocalDid,
    skid: &str,
) -> Result<Message, Refused> {
    let secret = OneSecret(keys);
    let options = UnpackOptions {
        expect_decrypt_by_all_keys: false,
        unwrap_re_wrapping_forward: false,
    };
    let unpacking = Message::unpack(text, parties, &secret, &options);
    let (unpacked, content) = keeping(|| ready(unpacking));
    // Before the library's own verdict, which has one code for all that it could not read.
    if let Some(content) = &content {
        repeated::check(content)?;
    }
    let (message, found) = unpacked.ok_or(Refused::Library)?.map_err(|e| reason(&e))?;
    // Decrypted by another way than the one that is watched: nobody has checked its text.
    content.ok_or(Refused::Library)?;
    check_protection(&found, skid)?;
    Ok(message)
}

/// Both parties resolve, with their agreement keys only. So what cannot be resolved is the key of a
/// signature inside.
fn reason(error: &Error) -> Refused {
    match error.kind() {
        ErrorKind::DIDNotResolved | ErrorKind::DIDUrlNotFound => Refused::NestedProof,
        _ => Refused::Undecryptable,
    }
}

/// What the library says it did must be what the header promised. The header was checked before;
/// this stops a path through the library that we did not foresee.
fn check_protection(found: &UnpackMetadata, skid: &str) -> Result<(), Refused> {
    if found.non_repudiation || found.signed_message.is_some() {
        return Err(Refused::NestedProof);
    }
    let authcrypt = found.encrypted && found.authenticated && !found.anonymous_sender;
    if authcrypt
        && !found.re_wrapped_in_forward
        && found.encrypted_from_kid.as_deref() == Some(skid)
    {
        Ok(())
    } else {
        Err(Refused::Anonymous)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authcrypt() -> UnpackMetadata {
        UnpackMetadata {
            encrypted: true,
            authenticated: true,
            non_repudiation: false,
            anonymous_sender: false,
            re_wrapped_in_forward: false,
            encrypted_from_kid: Some("did:key:a#1".into()),
            encrypted_to_kids: None,
            sign_from: None,
            from_prior_issuer_kid: None,
            enc_alg_auth: None,
            enc_alg_anon: None,
            sign_alg: None,
            signed_message: None,
            from_prior: None,
        }
    }

    /// The header checks come first, so no message reaches these; they guard against the library.
    #[test]
    fn what_the_library_reports_must_be_what_the_header_promised() {
        let check = |found: UnpackMetadata| check_protection(&found, "did:key:a#1");
        let good = authcrypt;
        assert_eq!(check(good()), Ok(()));
        let anonymous = Err(Refused::Anonymous);
        assert_eq!(
            check(UnpackMetadata {
                encrypted: false,
                ..good()
            }),
            anonymous
        );
        assert_eq!(
            check(UnpackMetadata {
                authenticated: false,
                ..good()
            }),
            anonymous
        );
        assert_eq!(
            check(UnpackMetadata {
                anonymous_sender: true,
                ..good()
            }),
            anonymous
        );
        assert_eq!(
            check(UnpackMetadata {
                re_wrapped_in_forward: true,
                ..good()
            }),
            anonymous
        );
        assert_eq!(
            check(UnpackMetadata {
                encrypted_from_kid: None,
                ..good()
            }),
            anonymous
        );
        let nested = Err(Refused::NestedProof);
        assert_eq!(
            check(UnpackMetadata {
                non_repudiation: true,
                ..good()
            }),
            nested
        );
        assert_eq!(
            check(UnpackMetadata {
                signed_message: Some("x".into()),
                ..good()
            }),
            nested
        );
    }
}
