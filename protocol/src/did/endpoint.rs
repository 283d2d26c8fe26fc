//! Where an agent can be reached, and how that stands in a `did:peer:2` service.

use super::DidError;
use super::json::ServiceJson;
use crate::limits;
use serde::{Deserialize, Serialize};

/// Scheme of a service `uri` that names a libp2p peer (DIDComm over libp2p, DIF, 2022).
pub(super) const PEER_ID_SCHEME: &str = "libp2p-peerId:";
const PROFILE: &str = "didcomm/v2";

/// A libp2p peer and the addresses to try first. Opaque text to the protocol; only the transport
/// reads it. Routing information, never a proof of who answers there: that is authcrypt's work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Endpoint {
    peer_id: String,
    addresses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename = "Endpoint")]
struct Unchecked {
    peer_id: String,
    addresses: Vec<String>,
}

impl TryFrom<Unchecked> for Endpoint {
    type Error = DidError;
    fn try_from(raw: Unchecked) -> Result<Self, DidError> {
        Self::new(raw.peer_id, raw.addresses)
    }
}

impl Endpoint {
    /// Checks the bounds and the alphabet.
    ///
    /// # Errors
    /// [`DidError::MalformedEndpoint`] for a peer id that is not 1 to 64 letters and digits, for
    /// more than four addresses, and for an address that does not start with `/` or is not 2 to
    /// 256 bytes of printable ASCII without quote and backslash.
    pub fn new(peer_id: String, addresses: Vec<String>) -> Result<Self, DidError> {
        if is_peer_id(&peer_id)
            && addresses.len() <= limits::did::ADDRESSES
            && addresses.iter().all(|address| is_address(address))
        {
            Ok(Self { peer_id, addresses })
        } else {
            Err(DidError::MalformedEndpoint)
        }
    }

    /// The libp2p peer id in its text form, for example `12D3Koo…`.
    #[must_use]
    pub fn peer_id(&self) -> &str {
        &self.peer_id
    }

    /// Multiaddresses, most useful first.
    #[must_use]
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// The service element of a `did:peer:2`, before base64url.
    pub(super) fn to_service_json(&self) -> String {
        let uri = format!("{PEER_ID_SCHEME}{}", self.peer_id);
        ServiceJson::abbreviated(&uri, PROFILE, &self.addresses)
    }
}

fn is_peer_id(text: &str) -> bool {
    (1..=limits::did::PEER_ID_BYTES).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Quote and backslash are left out because JSON would escape them, and the bound on the whole
/// identifier counts unescaped bytes. No multiaddress needs them.
fn is_address(text: &str) -> bool {
    (2..=limits::did::ADDRESS_BYTES).contains(&text.len())
        && text.starts_with('/')
        && text
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
}
