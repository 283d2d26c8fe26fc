//! The JSON inside a `did:peer:2` service element, with the abbreviations of the method
//! (Peer DID Method Specification, "Generating a did:peer:2").

use super::{DidError, Service};
use crate::limits;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct ServiceJson {
    #[serde(rename = "t", alias = "type")]
    kind: String,
    #[serde(rename = "s", alias = "serviceEndpoint")]
    endpoint: EndpointJson,
}

#[derive(Serialize, Deserialize)]
struct EndpointJson {
    uri: String,
    #[serde(rename = "a", alias = "accept", default)]
    accept: Vec<String>,
    #[serde(rename = "r", alias = "routingKeys", default)]
    routing_keys: Vec<String>,
    /// Has no abbreviation in the method.
    #[serde(rename = "multiAddrs", default, skip_serializing_if = "Vec::is_empty")]
    multi_addrs: Vec<String>,
}

impl ServiceJson {
    /// Our own service, without whitespace.
    pub(super) fn abbreviated(uri: &str, profile: &str, addresses: &[String]) -> String {
        let json = Self {
            kind: "dm".to_owned(),
            endpoint: EndpointJson {
                uri: uri.to_owned(),
                accept: vec![profile.to_owned()],
                routing_keys: Vec::new(),
                multi_addrs: addresses.to_vec(),
            },
        };
        serde_json::to_string(&json).expect("strings and arrays of strings always serialise")
    }

    /// Reads a service of anybody. Members we do not know are ignored, members given twice are
    /// refused.
    pub(super) fn parse(bytes: &[u8]) -> Result<Service, DidError> {
        let json: Self = serde_json::from_slice(bytes).map_err(|_| DidError::MalformedService)?;
        let EndpointJson {
            uri,
            accept,
            routing_keys,
            multi_addrs,
        } = json.endpoint;
        let known = matches!(json.kind.as_str(), "dm" | "DIDCommMessaging");
        let few = [&accept, &routing_keys, &multi_addrs]
            .iter()
            .all(|v| v.len() <= limits::did::SERVICE_ITEMS);
        if known && few {
            Ok(Service {
                uri,
                accept,
                routing_keys,
                multi_addrs,
            })
        } else {
            Err(DidError::MalformedService)
        }
    }
}
