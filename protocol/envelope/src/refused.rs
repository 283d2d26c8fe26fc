//! Why an envelope was not opened.

use kith_protocol::did::DidError;

/// Why [`crate::open`] refused. Holds nothing of the message: the text is a stranger's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// More than [`kith_protocol::limits::envelope::ENVELOPE_BYTES`].
    #[error("the message is too large")]
    TooLarge,
    /// Not UTF-8.
    #[error("the message is not text")]
    NotText,
    /// Not the JSON of an encrypted message: other form, unknown or repeated members, too deep.
    #[error("the message is not an encrypted message")]
    Malformed,
    /// A plaintext message, which proves no sender.
    #[error("the message is not encrypted")]
    Plaintext,
    /// A signed message without encryption.
    #[error("the message is signed but not encrypted")]
    SignedOnly,
    /// Encrypted by nobody in particular (anoncrypt).
    #[error("the message hides its sender")]
    Anonymous,
    /// A text that is not the one base64url spelling of its bytes, or bytes of a wrong length.
    #[error("an encoding in the message is not canonical")]
    Encoding,
    /// `typ` of the envelope.
    #[error("the media type is not that of an encrypted message")]
    MediaType,
    /// `alg`.
    #[error("the key agreement algorithm is not supported")]
    Algorithm,
    /// `enc`.
    #[error("the content encryption algorithm is not supported")]
    ContentEncryption,
    /// `crit`: the sender demands an extension, and there is none here.
    #[error("the message demands an extension")]
    CriticalHeader,
    /// `zip`: a small text could become a large one.
    #[error("the message is compressed")]
    Compressed,
    /// No recipient, or more than [`kith_protocol::limits::envelope::RECIPIENTS`].
    #[error("the number of recipients is out of bounds")]
    Recipients,
    /// One key listed twice.
    #[error("a recipient is listed twice")]
    DuplicateRecipient,
    /// Keys of several DIDs, or something that is no DID URL.
    #[error("the recipients are not keys of one identifier")]
    RecipientDid,
    /// Keys that the recipient's document does not list for agreement.
    #[error("a recipient is no agreement key of its identifier")]
    RecipientKey,
    /// Not one of ours.
    #[error("the message is for somebody else")]
    UnknownRecipient,
    /// `apv` is not the digest of the recipients.
    #[error("the recipients are not those the sender meant")]
    RecipientsDigest,
    /// No `skid`.
    #[error("the sender's key is not named")]
    MissingSender,
    /// `apu` is not the encoding of `skid`.
    #[error("the sender's key is named in two ways")]
    SenderMismatch,
    /// The sender's DID does not resolve; among the reasons is a key of low order.
    #[error("the sender's identifier is refused")]
    SenderDid(#[source] DidError),
    /// `skid` is no agreement key of the sender's document.
    #[error("the sender's key is no agreement key of its identifier")]
    SenderKey,
    /// `epk` is of another curve, malformed, or of low order.
    #[error("the ephemeral key is refused")]
    EphemeralKey,
    /// Decryption failed: altered, not for this key, or not from the named sender.
    #[error("the message cannot be decrypted")]
    Undecryptable,
    /// A signed message inside the encrypted one, or a `from_prior`. Evidence is signed in the body
    /// instead; rotation of the sender's DID is not followed yet and must not be overlooked.
    #[error("the message holds a nested signature or changes its sender's identifier")]
    NestedProof,
    /// `from` is not the DID of the key that encrypted.
    #[error("the named sender is not the owner of the sender's key")]
    FromMismatch,
    /// `to` is not exactly the DID that decrypted.
    #[error("the named recipient is not the one that was encrypted to")]
    ToMismatch,
    /// `expires_time` is not after now.
    #[error("the message has expired")]
    Expired,
    /// `created_time` is more than [`kith_protocol::limits::envelope::CLOCK_AHEAD`] ahead.
    #[error("the message comes from the future")]
    FromTheFuture,
    /// `expires_time` is more than [`kith_protocol::limits::envelope::VALIDITY`] ahead.
    #[error("the message is valid for too long")]
    ValidTooLong,
    /// `id`, `thid` or `pthid` is empty, too long, or has unsafe characters.
    #[error("a message or thread id is malformed")]
    Id,
    /// `type` is too long or no URI.
    #[error("the message type is malformed")]
    Type,
    /// `please_ack`, `ack` or `return_route` is not of its form.
    #[error("a header of the message is malformed")]
    Header,
    /// Attachments, which no protocol here uses inside an envelope.
    #[error("the message has attachments")]
    Attachments,
    /// The body is no JSON object, or nests deeper than [`kith_protocol::limits::envelope::BODY_DEPTH`].
    #[error("the body is malformed")]
    Body,
    /// An object in it has one member twice, at any depth: two readers could each take another one.
    #[error("the message holds a member twice")]
    Repeated,
    /// The library wanted to wait, or decrypted by a way that is not watched. A fault of this
    /// program, never of the sender.
    #[error("the envelope library does not do what it did when this program was made")]
    Library,
}

impl Refused {
    /// A stable code in the form of DIDComm problem codes (Messaging 2.1, "Problem Codes").
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "e.m.me.res.storage.message_too_big",
            Self::NotText => "e.m.msg.not-text",
            Self::Malformed => "e.m.msg.malformed",
            Self::Plaintext => "e.m.trust.plaintext",
            Self::SignedOnly => "e.m.trust.signed-only",
            Self::Anonymous => "e.m.trust.anonymous",
            Self::Encoding => "e.m.msg.encoding",
            Self::MediaType => "e.m.msg.media-type",
            Self::Algorithm => "e.m.trust.crypto.algorithm",
            Self::ContentEncryption => "e.m.trust.crypto.content-encryption",
            Self::CriticalHeader => "e.m.msg.critical-header",
            Self::Compressed => "e.m.msg.compressed",
            Self::Recipients => "e.m.msg.recipients",
            Self::DuplicateRecipient => "e.m.msg.duplicate-recipient",
            Self::RecipientDid => "e.m.did.recipient",
            Self::RecipientKey => "e.m.did.recipient-key",
            Self::UnknownRecipient => "e.m.did.unknown-recipient",
            Self::RecipientsDigest => "e.m.trust.crypto.recipients-digest",
            Self::MissingSender => "e.m.trust.missing-sender",
            Self::SenderMismatch => "e.m.trust.sender-mismatch",
            Self::SenderDid(_) => "e.m.did.sender",
            Self::SenderKey => "e.m.did.sender-key",
            Self::EphemeralKey => "e.m.trust.crypto.ephemeral-key",
            Self::Undecryptable => "e.m.trust.crypto.undecryptable",
            Self::NestedProof => "e.m.trust.nested-proof",
            Self::FromMismatch => "e.m.msg.from-mismatch",
            Self::ToMismatch => "e.m.msg.to-mismatch",
            Self::Expired => "e.m.req.time.expired",
            Self::FromTheFuture => "e.m.req.time.from-the-future",
            Self::ValidTooLong => "e.m.req.time.valid-too-long",
            Self::Id => "e.m.msg.id",
            Self::Type => "e.m.msg.type",
            Self::Header => "e.m.msg.header",
            Self::Attachments => "e.m.msg.attachments",
            Self::Body => "e.m.msg.body",
            Self::Repeated => "e.m.msg.repeated-member",
            Self::Library => "e.m.me.library",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const ALL: [Refused; 37] = [
        Refused::TooLarge,
        Refused::NotText,
        Refused::Malformed,
        Refused::Plaintext,
        Refused::SignedOnly,
        Refused::Anonymous,
        Refused::Encoding,
        Refused::MediaType,
        Refused::Algorithm,
        Refused::ContentEncryption,
        Refused::CriticalHeader,
        Refused::Compressed,
        Refused::Recipients,
        Refused::DuplicateRecipient,
        Refused::RecipientDid,
        Refused::RecipientKey,
        Refused::UnknownRecipient,
        Refused::RecipientsDigest,
        Refused::MissingSender,
        Refused::SenderMismatch,
        Refused::SenderDid(DidError::TooLong),
        Refused::SenderKey,
        Refused::EphemeralKey,
        Refused::Undecryptable,
        Refused::NestedProof,
        Refused::FromMismatch,
        Refused::ToMismatch,
        Refused::Expired,
        Refused::FromTheFuture,
        Refused::ValidTooLong,
        Refused::Id,
        Refused::Type,
        Refused::Header,
        Refused::Attachments,
        Refused::Body,
        Refused::Repeated,
        Refused::Library,
    ];

    #[test]
    fn each_refusal_has_a_code_of_its_own() {
        let codes: BTreeSet<_> = ALL.iter().map(Refused::code).collect();
        assert_eq!(codes.len(), ALL.len());
        assert!(codes.iter().all(|code| code.starts_with("e.m.")));
    }
}
