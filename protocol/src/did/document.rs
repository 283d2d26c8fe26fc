//! What a [`super::Did`] resolves to.

use super::endpoint::{Endpoint, PEER_ID_SCHEME};
use super::{DidError, Multikey};
use crate::keys::role::{Pairwise, PairwiseAgreement};
use crate::keys::{AgreementKey, VerifyingKey};
use crate::limits;

/// What a key may be used for (DID Core 1.0, section 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `authentication`: verifies what the subject signed.
    Authentication,
    /// `keyAgreement`: encrypts to the subject, and proves it as a sender in authcrypt.
    KeyAgreement,
}

/// One key of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationMethod {
    /// The full DID URL of the key, for example `did:peer:2…#key-1`.
    pub kid: String,
    /// What the key is for.
    pub purpose: Purpose,
    /// The key and its type.
    pub key: Multikey,
}

/// A DIDComm messaging service (DIDComm Messaging 2.1, "Service Endpoint").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Where messages go: `libp2p-peerId:…` for ours; others are kept as they are.
    pub uri: String,
    /// Accepted profiles, `didcomm/v2` for ours.
    pub accept: Vec<String>,
    /// Keys of mediators, outermost first. None for ours.
    pub routing_keys: Vec<String>,
    /// Addresses that spare the sender the discovery (DIDComm over libp2p, `multiAddrs`).
    pub multi_addrs: Vec<String>,
}

/// Keys and service of one identifier, all checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DidDocument {
    id: String,
    methods: Vec<VerificationMethod>,
    service: Option<Service>,
}

impl DidDocument {
    /// Checks the rules that hold for a document as a whole.
    pub(super) fn new(
        id: &str,
        methods: Vec<VerificationMethod>,
        service: Option<Service>,
    ) -> Result<Self, DidError> {
        if methods.len() > limits::did::KEYS {
            return Err(DidError::TooManyKeys);
        }
        for (at, method) in methods.iter().enumerate() {
            if methods[..at]
                .iter()
                .any(|earlier| earlier.key == method.key)
            {
                return Err(DidError::DuplicateKey);
            }
        }
        let has = |purpose| methods.iter().any(|method| method.purpose == purpose);
        if !has(Purpose::KeyAgreement) || !has(Purpose::Authentication) {
            return Err(DidError::MissingKey);
        }
        Ok(Self {
            id: id.to_owned(),
            methods,
            service,
        })
    }

    /// The identifier this document belongs to.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// All keys in the order of the identifier.
    #[must_use]
    pub fn methods(&self) -> &[VerificationMethod] {
        &self.methods
    }

    /// The X25519 keys messages are encrypted to. Never empty.
    pub fn agreement(&self) -> impl Iterator<Item = &VerificationMethod> {
        self.methods
            .iter()
            .filter(|method| method.purpose == Purpose::KeyAgreement)
    }

    /// The agreement key that [`super::LocalDid`] holds the secret of.
    pub(super) fn first_agreement(&self) -> &VerificationMethod {
        self.agreement()
            .next()
            .expect("a document has an agreement key")
    }

    /// The Ed25519 keys signatures are verified with. Never empty.
    pub fn authentication(&self) -> impl Iterator<Item = &VerificationMethod> {
        self.methods
            .iter()
            .filter(|method| method.purpose == Purpose::Authentication)
    }

    /// The key that signs evidence in message bodies: the first one listed for authentication.
    #[must_use]
    pub fn signing_key(&self) -> VerifyingKey<Pairwise> {
        let mut keys = self.methods.iter().filter_map(|method| match method.key {
            Multikey::Ed25519(key) => Some(key),
            Multikey::X25519(_) => None,
        });
        keys.next().expect("a document has an authentication key")
    }

    /// The agreement key behind a full DID URL.
    #[must_use]
    pub fn agreement_key(&self, kid: &str) -> Option<AgreementKey<PairwiseAgreement>> {
        match self.methods.iter().find(|method| method.kid == kid)?.key {
            Multikey::X25519(key) => Some(key),
            Multikey::Ed25519(_) => None,
        }
    }

    /// The service as it stands in the identifier.
    #[must_use]
    pub fn service(&self) -> Option<&Service> {
        self.service.as_ref()
    }

    /// The service as a libp2p endpoint. `None` without a service, for another transport, and for
    /// an endpoint that breaks the bounds of [`Endpoint`].
    #[must_use]
    pub fn endpoint(&self) -> Option<Endpoint> {
        let service = self.service.as_ref()?;
        let peer_id = service.uri.strip_prefix(PEER_ID_SCHEME)?;
        Endpoint::new(peer_id.to_owned(), service.multi_addrs.clone()).ok()
    }
}
