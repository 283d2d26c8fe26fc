//! `did:peer:2`: keys and a service inline.
//!
//! Source: Peer DID Method Specification, "Method 2: multiple inception key". Elements are
//! separated by dots; the first letter is the purpose: E agreement, V authentication, S service.
//! Keys are `#key-1`, `#key-2` … in their order, the service is `#service`.

use super::VerificationMethod;
use super::json::ServiceJson;
use super::{DidDocument, DidError, Endpoint, Multikey, Purpose, Service};
use crate::bytes::{from_base64url, to_base64url};
use crate::limits;

/// What every identifier of this method starts with.
pub const PREFIX: &str = "did:peer:2.";

/// The identifier of one agreement key, one signing key and at most one service, in this order.
pub(super) fn encode(
    agreement: &Multikey,
    signing: &Multikey,
    endpoint: Option<&Endpoint>,
) -> String {
    let mut text = format!("{PREFIX}E{}.V{}", agreement.encode(), signing.encode());
    if let Some(endpoint) = endpoint {
        text.push_str(".S");
        text.push_str(&to_base64url(endpoint.to_service_json().as_bytes()));
    }
    text
}

pub(super) fn resolve(text: &str, elements: &str) -> Result<DidDocument, DidError> {
    let mut methods = Vec::new();
    let mut service = None;
    for element in elements.split('.') {
        let mut rest = element.chars();
        match (rest.next(), rest.as_str()) {
            (Some('E'), key) => methods.push(method(text, &methods, Purpose::KeyAgreement, key)?),
            (Some('V'), key) => methods.push(method(text, &methods, Purpose::Authentication, key)?),
            (Some('S'), encoded) if service.is_none() => service = Some(read_service(encoded)?),
            (Some('S'), _) => return Err(DidError::TooManyServices),
            _ => return Err(DidError::UnknownElement),
        }
    }
    DidDocument::new(text, methods, service)
}

fn method(
    text: &str,
    earlier: &[VerificationMethod],
    purpose: Purpose,
    key: &str,
) -> Result<VerificationMethod, DidError> {
    // Before parsing: two kilobytes of keys would otherwise all be decompressed.
    if earlier.len() == limits::did::KEYS {
        return Err(DidError::TooManyKeys);
    }
    let key = Multikey::parse(key)?;
    match (purpose, key) {
        (Purpose::KeyAgreement, Multikey::X25519(_))
        | (Purpose::Authentication, Multikey::Ed25519(_)) => {}
        _ => return Err(DidError::WrongPurpose),
    }
    Ok(VerificationMethod {
        kid: format!("{text}#key-{}", earlier.len() + 1),
        purpose,
        key,
    })
}

fn read_service(encoded: &str) -> Result<Service, DidError> {
    let bytes = from_base64url(encoded).map_err(|_| DidError::NotCanonical)?;
    ServiceJson::parse(&bytes)
}
