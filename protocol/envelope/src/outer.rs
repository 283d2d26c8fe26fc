//! The envelope as it arrives: read strictly, before any key is touched.
//!
//! The types below name every member that may stand in the JSON. Unknown and repeated members are
//! errors, so nesting cannot exceed what the types have, and the `didcomm` crate, which reads the
//! same text again, cannot see anything else in it. Members follow the order of that crate's types
//! because its reader would also take arrays in place of objects.

use crate::Refused;
use kith_protocol::bytes::{from_base64url, to_base64url};
use kith_protocol::did::{Did, DidDocument};
use kith_protocol::keys::AgreementKey;
use kith_protocol::keys::role::PairwiseAgreement;
use kith_protocol::limits;
use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::{Digest as _, Sha256};

const MEDIA_TYPE: &str = "application/didcomm-encrypted+json";
const AUTHCRYPT: &str = "ECDH-1PU+A256KW";
const ANONCRYPT: &str = "ECDH-ES+A256KW";
const CONTENT_ENCRYPTION: &str = "A256CBC-HS512";
/// Initialisation vector of AES-CBC.
const IV_BYTES: usize = 16;
/// Half of HMAC-SHA-512.
const TAG_BYTES: usize = 32;
/// A 64-byte content key under AES key wrap.
const WRAPPED_KEY_BYTES: usize = 72;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Jwe<'a> {
    #[serde(borrow)]
    protected: &'a str,
    recipients: Vec<Recipient<'a>>,
    iv: &'a str,
    ciphertext: &'a str,
    tag: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipient<'a> {
    #[serde(borrow)]
    header: RecipientHeader<'a>,
    encrypted_key: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecipientHeader<'a> {
    kid: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Protected<'a> {
    typ: Option<&'a str>,
    alg: &'a str,
    enc: &'a str,
    skid: Option<&'a str>,
    apu: Option<&'a str>,
    apv: &'a str,
    epk: EphemeralKey<'a>,
    crit: Option<IgnoredAny>,
    zip: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EphemeralKey<'a> {
    kty: &'a str,
    crv: &'a str,
    x: &'a str,
    /// Only there to tell another curve from a malformed message.
    y: Option<&'a str>,
}

/// What is known about an envelope before decryption.
#[derive(Debug)]
pub(crate) struct Outer {
    /// The DID all recipient keys belong to; resolved by nobody yet.
    pub(crate) recipient: String,
    /// The recipient keys as DID URLs.
    pub(crate) kids: Vec<String>,
    /// The sender's key as a DID URL.
    pub(crate) skid: String,
}

impl Outer {
    /// Reads the JSON and checks everything that needs no document and no secret.
    pub(crate) fn parse(text: &str) -> Result<Self, Refused> {
        let jwe: Jwe<'_> = read_object(text).ok_or_else(|| classify(text))?;
        let header = from_base64url(jwe.protected).map_err(|_| Refused::Encoding)?;
        let header = std::str::from_utf8(&header).map_err(|_| Refused::Malformed)?;
        let protected: Protected<'_> = read_object(header).ok_or(Refused::Malformed)?;
        check_algorithms(&protected)?;
        let kids = check_recipients(&jwe.recipients)?;
        check_encodings(&jwe)?;
        let recipient = common_did(&kids)?.to_owned();
        check_digest(&kids, protected.apv)?;
        check_ephemeral(&protected.epk)?;
        let skid = check_sender(&protected)?.to_owned();
        Ok(Self {
            recipient,
            kids: kids.iter().map(|kid| (*kid).to_owned()).collect(),
            skid,
        })
    }

    /// Resolves the sender and checks that it owns the key it claims.
    pub(crate) fn sender(&self) -> Result<(Did, DidDocument), Refused> {
        let did = self
            .skid
            .split_once('#')
            .map_or(self.skid.as_str(), |(did, _)| did);
        let (did, document) = Did::parse_and_resolve(did).map_err(Refused::SenderDid)?;
        document
            .agreement_key(&self.skid)
            .ok_or(Refused::SenderKey)?;
        Ok((did, document))
    }
}

/// Serde takes arrays for structs; an envelope is an object.
fn read_object<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    text.trim_start()
        .starts_with('{')
        .then(|| serde_json::from_str(text).ok())
        .flatten()
}

/// Which of the other DIDComm forms this is, so that the refusal says something useful.
fn classify(text: &str) -> Refused {
    #[derive(Deserialize)]
    struct Shape {
        r#type: Option<IgnoredAny>,
        payload: Option<IgnoredAny>,
        ciphertext: Option<IgnoredAny>,
    }
    match read_object::<Shape>(text) {
        Some(Shape {
            ciphertext: Some(_),
            ..
        }) => Refused::Malformed,
        Some(Shape {
            payload: Some(_), ..
        }) => Refused::SignedOnly,
        Some(Shape {
            r#type: Some(_), ..
        }) => Refused::Plaintext,
        _ => Refused::Malformed,
    }
}

fn check_algorithms(header: &Protected<'_>) -> Result<(), Refused> {
    if header.typ != Some(MEDIA_TYPE) {
        return Err(Refused::MediaType);
    }
    if header.crit.is_some() {
        return Err(Refused::CriticalHeader);
    }
    if header.zip.is_some() {
        return Err(Refused::Compressed);
    }
    match (header.alg, header.enc) {
        (ANONCRYPT, _) => Err(Refused::Anonymous),
        (AUTHCRYPT, CONTENT_ENCRYPTION) => Ok(()),
        (AUTHCRYPT, _) => Err(Refused::ContentEncryption),
        _ => Err(Refused::Algorithm),
    }
}

fn check_recipients<'a>(recipients: &[Recipient<'a>]) -> Result<Vec<&'a str>, Refused> {
    if recipients.is_empty() || recipients.len() > limits::envelope::RECIPIENTS {
        return Err(Refused::Recipients);
    }
    let mut kids: Vec<_> = recipients
        .iter()
        .map(|recipient| recipient.header.kid)
        .collect();
    kids.sort_unstable();
    if kids.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Refused::DuplicateRecipient);
    }
    Ok(kids)
}

/// The library would take padding here, and with it a second spelling of the same message.
fn check_encodings(jwe: &Jwe<'_>) -> Result<(), Refused> {
    decode_exactly::<IV_BYTES>(jwe.iv)?;
    decode_exactly::<TAG_BYTES>(jwe.tag)?;
    from_base64url(jwe.ciphertext).map_err(|_| Refused::Encoding)?;
    for recipient in &jwe.recipients {
        decode_exactly::<WRAPPED_KEY_BYTES>(recipient.encrypted_key)?;
    }
    Ok(())
}

fn common_did<'a>(kids: &[&'a str]) -> Result<&'a str, Refused> {
    let mut dids = kids
        .iter()
        .map(|kid| kid.split_once('#').map(|(did, _)| did));
    let first = dids.next().flatten().ok_or(Refused::RecipientDid)?;
    if dids.all(|did| did == Some(first)) {
        Ok(first)
    } else {
        Err(Refused::RecipientDid)
    }
}

/// `apv` binds the sender's list of recipients into the key derivation; without this check an
/// intermediary could present the message under another list. `kids` are sorted.
fn check_digest(kids: &[&str], apv: &str) -> Result<(), Refused> {
    let digest = Sha256::digest(kids.join(".").as_bytes());
    if to_base64url(&digest) == apv {
        Ok(())
    } else {
        Err(Refused::RecipientsDigest)
    }
}

/// With an ephemeral point of low order, one of the two agreements contributes nothing.
fn check_ephemeral(epk: &EphemeralKey<'_>) -> Result<(), Refused> {
    if (epk.kty, epk.crv, epk.y) != ("OKP", "X25519", None) {
        return Err(Refused::EphemeralKey);
    }
    let raw = decode_exactly::<32>(epk.x)?;
    match AgreementKey::<PairwiseAgreement>::from_bytes(raw) {
        Ok(_) => Ok(()),
        Err(_) => Err(Refused::EphemeralKey),
    }
}

fn check_sender<'a>(header: &Protected<'a>) -> Result<&'a str, Refused> {
    let skid = header.skid.ok_or(Refused::MissingSender)?;
    if header.apu == Some(to_base64url(skid.as_bytes()).as_str()) {
        Ok(skid)
    } else {
        Err(Refused::SenderMismatch)
    }
}

fn decode_exactly<const N: usize>(text: &str) -> Result<[u8; N], Refused> {
    let bytes = from_base64url(text).map_err(|_| Refused::Encoding)?;
    bytes.try_into().map_err(|_| Refused::Encoding)
}
