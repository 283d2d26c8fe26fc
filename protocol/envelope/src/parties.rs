//! The two sides of one message, in the form the `didcomm` crate asks for.

use async_trait::async_trait;
use didcomm::did::{
    DIDDoc, DIDResolver, VerificationMaterial, VerificationMethod, VerificationMethodType,
};
use didcomm::error::Result;
use didcomm::secrets::{Secret, SecretMaterial, SecretType, SecretsResolver};
use kith_protocol::bytes::to_base64url;
use kith_protocol::did::{DidDocument, LocalDid};
use serde_json::{Value, json};

/// Knows the sender and the recipient of one message and nobody else. Both are resolved from
/// their own text, so there is no cache that could grow or go stale.
pub(crate) struct Parties<'a>(pub(crate) [&'a DidDocument; 2]);

#[async_trait]
impl DIDResolver for Parties<'_> {
    async fn resolve(&self, did: &str) -> Result<Option<DIDDoc>> {
        Ok(self
            .0
            .iter()
            .find(|document| document.id() == did)
            .map(|document| agreement_only(document)))
    }
}

/// Only agreement keys: the profile has no signatures, so nothing can be verified by mistake.
fn agreement_only(document: &DidDocument) -> DIDDoc {
    let verification_method: Vec<_> = document
        .agreement()
        .map(|method| VerificationMethod {
            id: method.kid.clone(),
            type_: VerificationMethodType::JsonWebKey2020,
            controller: document.id().to_owned(),
            verification_material: VerificationMaterial::JWK {
                public_key_jwk: public_jwk(method.key.raw()),
            },
        })
        .collect();
    DIDDoc {
        id: document.id().to_owned(),
        key_agreement: verification_method
            .iter()
            .map(|method| method.id.clone())
            .collect(),
        authentication: Vec::new(),
        verification_method,
        service: Vec::new(),
    }
}

fn public_jwk(raw: &[u8; 32]) -> Value {
    json!({ "kty": "OKP", "crv": "X25519", "x": to_base64url(raw) })
}

/// The agreement secret of one local DID.
///
/// # Security
/// The library's `Secret` derives `Debug` and `Clone`, is taken by value, is turned into JSON text
/// and parsed again on every use, and none of these copies is wiped. This cannot be mended from
/// outside. What is done: the secret leaves its wiping type only inside `get_secret`, which the
/// library calls once per message and immediately before use; the value is handed over, not kept,
/// and never formatted. What remains in freed heap memory after each message: the base64 text of
/// the secret and a JSON text around it. Swap and core dumps are the process's business.
pub(crate) struct OneSecret<'a>(pub(crate) &'a LocalDid);

#[async_trait]
impl SecretsResolver for OneSecret<'_> {
    async fn get_secret(&self, kid: &str) -> Result<Option<Secret>> {
        Ok((kid == self.0.agreement_kid()).then(|| self.build()))
    }

    async fn find_secrets<'a>(&self, kids: &'a [&'a str]) -> Result<Vec<&'a str>> {
        Ok(kids
            .iter()
            .copied()
            .filter(|kid| *kid == self.0.agreement_kid())
            .collect())
    }
}

impl OneSecret<'_> {
    fn build(&self) -> Secret {
        let local = self.0;
        let public = local.document().agreement_key(local.agreement_kid());
        let public = public.expect("the agreement key stands in its own document");
        let mut jwk = public_jwk(public.as_bytes());
        jwk["d"] = Value::String(to_base64url(&*local.agreement().expose_seed()));
        Secret {
            id: local.agreement_kid().to_owned(),
            type_: SecretType::JsonWebKey2020,
            secret_material: SecretMaterial::JWK {
                private_key_jwk: jwk,
            },
        }
    }
}
