//! Makes envelopes that `seal` would not make, with the `didcomm` crate itself, and edits others.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use didcomm::did::{
    DIDDoc, DIDResolver, VerificationMaterial, VerificationMethod, VerificationMethodType,
};
use didcomm::secrets::{Secret, SecretMaterial, SecretType, SecretsResolver};
use didcomm::{Message, PackEncryptedOptions, UnpackOptions};
use futures::FutureExt as _;
use kith_envelope::{Opened, Refused};
use kith_protocol::did::{LocalDid, Multikey, Purpose};
use kith_protocol::message::Plaintext;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Some moment in 2027, in seconds since 1970.
pub(crate) const NOW: u64 = 1_800_000_000;

pub(crate) fn local(seed: u64) -> Arc<LocalDid> {
    Arc::new(LocalDid::generate(
        None,
        &mut ChaCha20Rng::seed_from_u64(seed),
    ))
}

pub(crate) fn alice() -> Arc<LocalDid> {
    local(1)
}

pub(crate) fn bob() -> Arc<LocalDid> {
    local(2)
}

pub(crate) fn plain(from: &LocalDid, to: &LocalDid) -> Plaintext {
    Plaintext {
        id: "0123456789abcdef0123456789abcdef".into(),
        typ: "https://kith.example/protocols/recovery-share/1.0/store".into(),
        from: from.did().clone(),
        to: to.did().clone(),
        thid: None,
        pthid: None,
        created_time: Some(NOW),
        expires_time: Some(NOW + 60),
        return_route_all: false,
        please_ack: false,
        ack: Vec::new(),
        body: json!({ "epoch": 1 }),
    }
}

pub(crate) fn sealed() -> Vec<u8> {
    kith_envelope::seal(&plain(&alice(), &bob()), &alice()).expect("seals")
}

pub(crate) fn open_as(local: &Arc<LocalDid>, bytes: &[u8]) -> Result<Opened, Refused> {
    kith_envelope::open(
        bytes,
        &|did| (did == local.did()).then(|| local.clone()),
        NOW,
    )
}

pub(crate) fn refusal(bytes: &[u8]) -> Refused {
    open_as(&bob(), bytes).expect_err("must be refused")
}

/// Resolvers that know everybody, as the library expects them.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) documents: Vec<DIDDoc>,
    pub(crate) secrets: Vec<Secret>,
}

impl World {
    /// Alice, Bob, and two more of the same network.
    pub(crate) fn everybody() -> Self {
        Self::of(&[&alice(), &bob(), &local(3), &local(4)])
    }

    pub(crate) fn of(locals: &[&LocalDid]) -> Self {
        Self {
            documents: locals.iter().map(|local| document(local)).collect(),
            secrets: locals.iter().flat_map(|local| secrets(local)).collect(),
        }
    }
}

fn jwk(key: &Multikey) -> Value {
    let crv = match key {
        Multikey::Ed25519(_) => "Ed25519",
        Multikey::X25519(_) => "X25519",
    };
    json!({ "kty": "OKP", "crv": crv, "x": URL_SAFE_NO_PAD.encode(key.raw()) })
}

fn document(local: &LocalDid) -> DIDDoc {
    let document = local.did().resolve();
    let kids = |purpose| {
        let methods = document
            .methods()
            .iter()
            .filter(move |method| method.purpose == purpose);
        methods.map(|method| method.kid.clone()).collect()
    };
    let verification_method = document
        .methods()
        .iter()
        .map(|method| VerificationMethod {
            id: method.kid.clone(),
            type_: VerificationMethodType::JsonWebKey2020,
            controller: document.id().to_owned(),
            verification_material: VerificationMaterial::JWK {
                public_key_jwk: jwk(&method.key),
            },
        })
        .collect();
    DIDDoc {
        id: document.id().to_owned(),
        key_agreement: kids(Purpose::KeyAgreement),
        authentication: kids(Purpose::Authentication),
        verification_method,
        service: Vec::new(),
    }
}

fn secrets(local: &LocalDid) -> Vec<Secret> {
    let document = local.did().resolve();
    let secret = |method: &kith_protocol::did::VerificationMethod| {
        let mut jwk = jwk(&method.key);
        let seed = match method.purpose {
            Purpose::KeyAgreement => local.agreement().expose_seed(),
            Purpose::Authentication => local.signing().expose_seed(),
        };
        jwk["d"] = Value::String(URL_SAFE_NO_PAD.encode(*seed));
        Secret {
            id: method.kid.clone(),
            type_: SecretType::JsonWebKey2020,
            secret_material: SecretMaterial::JWK {
                private_key_jwk: jwk,
            },
        }
    };
    document.methods().iter().map(secret).collect()
}

#[async_trait]
impl DIDResolver for World {
    async fn resolve(&self, did: &str) -> didcomm::error::Result<Option<DIDDoc>> {
        Ok(self
            .documents
            .iter()
            .find(|document| document.id == did)
            .cloned())
    }
}

#[async_trait]
impl SecretsResolver for World {
    async fn get_secret(&self, kid: &str) -> didcomm::error::Result<Option<Secret>> {
        Ok(self.secrets.iter().find(|secret| secret.id == kid).cloned())
    }

    async fn find_secrets<'a>(&self, kids: &'a [&'a str]) -> didcomm::error::Result<Vec<&'a str>> {
        let known = |kid: &&str| self.secrets.iter().any(|secret| secret.id == *kid);
        Ok(kids.iter().copied().filter(known).collect())
    }
}

/// The members of a good message from Alice to Bob, ready to be spoilt.
pub(crate) fn members() -> Map<String, Value> {
    let message = json!({
        "id": "0123456789abcdef0123456789abcdef",
        "type": "https://kith.example/protocols/recovery-share/1.0/store",
        "from": alice().did().as_str(),
        "to": [bob().did().as_str()],
        "created_time": NOW,
        "expires_time": NOW + 60,
        "body": { "epoch": 1 },
    });
    let Value::Object(members) = message else {
        unreachable!("an object")
    };
    members
}

/// The library refuses to write wrong names, so they travel as headers it does not know.
pub(crate) fn message(mut members: Map<String, Value>) -> Message {
    let names = ["from", "to"].map(|name| (name, members.remove(name)));
    let mut message: Message =
        serde_json::from_value(Value::Object(members)).expect("a message without names");
    for (name, value) in names {
        if let Some(value) = value {
            message.extra_headers.insert(name.to_owned(), value);
        }
    }
    message
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Packing {
    pub(crate) anonymous: bool,
    pub(crate) protect_sender: bool,
    pub(crate) signed: bool,
}

/// Packs as Alice for Bob.
pub(crate) fn pack(message: &Message, packing: Packing) -> Vec<u8> {
    let (alice, bob) = (alice(), bob());
    let world = World::everybody();
    let name = Some(alice.did().as_str());
    let options = PackEncryptedOptions {
        forward: false,
        protect_sender: packing.protect_sender,
        ..PackEncryptedOptions::default()
    };
    let from = name.filter(|_| !packing.anonymous);
    let signer = name.filter(|_| packing.signed);
    let packing =
        message.pack_encrypted(bob.did().as_str(), from, signer, &world, &world, &options);
    packing
        .now_or_never()
        .expect("ready")
        .expect("packs")
        .0
        .into_bytes()
}

/// An authcrypt envelope of Alice for Bob whose content is a good message after `spoil`.
pub(crate) fn forged(spoil: impl FnOnce(&mut Map<String, Value>)) -> Vec<u8> {
    let mut members = members();
    spoil(&mut members);
    pack(&message(members), Packing::default())
}

/// Whether the bare library opens it for Bob: then the refusal is this crate's own.
pub(crate) fn library_accepts(bytes: &[u8]) -> bool {
    let world = World::everybody();
    let text = std::str::from_utf8(bytes).expect("text");
    let options = UnpackOptions::default();
    Message::unpack(text, &world, &world, &options)
        .now_or_never()
        .expect("ready")
        .is_ok()
}

/// Changes the JSON of an envelope.
pub(crate) fn edited(bytes: &[u8], edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut json = serde_json::from_slice(bytes).expect("JSON");
    edit(&mut json);
    serde_json::to_vec(&json).expect("serialises")
}

/// Changes the protected header of an envelope, which also breaks its authentication.
pub(crate) fn reheaded(bytes: &[u8], edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    edited(bytes, |jwe| {
        let text = jwe["protected"].as_str().expect("text");
        let mut header =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).expect("base64")).expect("JSON");
        edit(&mut header);
        jwe["protected"] = json!(URL_SAFE_NO_PAD.encode(header.to_string()));
    })
}
