//! DIDComm Messaging 2.1, appendix C, from outside.

#[path = "../../../tests/vectors/folder.rs"]
mod folder;

use crate::forge::World;
use didcomm::did::{DIDDoc, VerificationMaterial, VerificationMethod, VerificationMethodType};
use didcomm::secrets::{Secret, SecretMaterial, SecretType};
use didcomm::{Message, UnpackOptions};
use futures::FutureExt as _;
use kith_envelope::{Refused, open};
use serde_json::Value;

fn vectors() -> Option<Value> {
    let text = folder::text("didcomm-spec/vectors.json")?;
    Some(serde_json::from_str(&text).expect("the vectors are JSON"))
}

/// The specification itself spells one member with a trailing space.
fn kid(secret: &Value) -> String {
    let kid = secret.get("kid").or_else(|| secret.get("kid "));
    kid.and_then(Value::as_str)
        .expect("a secret has a kid")
        .to_owned()
}

fn world(vectors: &Value) -> World {
    let people = vectors["secrets"].as_object().expect("people").values();
    let secret = |jwk: &Value| Secret {
        id: kid(jwk),
        type_: SecretType::JsonWebKey2020,
        secret_material: SecretMaterial::JWK {
            private_key_jwk: key_members(jwk),
        },
    };
    let secrets = people.flat_map(|keys| keys.as_array().expect("keys").iter().map(secret));
    let documents = vectors["docs"]
        .as_object()
        .expect("documents")
        .values()
        .map(document);
    World {
        secrets: secrets.collect(),
        documents: documents.collect(),
    }
}

/// The library's key reader stumbles over members that it does not know.
fn key_members(jwk: &Value) -> Value {
    let known = |name: &&String| ["kty", "crv", "x", "y", "d"].contains(&name.as_str());
    let jwk = jwk.as_object().expect("a key");
    let names = jwk.keys().filter(known);
    names
        .map(|name| (name.clone(), jwk[name].clone()))
        .collect()
}

fn document(json: &Value) -> DIDDoc {
    let methods = |name| json[name].as_array().into_iter().flatten();
    let ids = |name| methods(name).map(|method| text(&method["id"])).collect();
    let method = |json: &Value| VerificationMethod {
        id: text(&json["id"]),
        type_: VerificationMethodType::JsonWebKey2020,
        controller: text(&json["controller"]),
        verification_material: VerificationMaterial::JWK {
            public_key_jwk: json["publicKeyJwk"].clone(),
        },
    };
    DIDDoc {
        id: text(&json["id"]),
        key_agreement: ids("keyAgreement"),
        authentication: ids("authentication"),
        verification_method: methods("keyAgreement")
            .chain(methods("authentication"))
            .map(method)
            .collect(),
        service: Vec::new(),
    }
}

fn text(json: &Value) -> String {
    json.as_str().expect("text").to_owned()
}

fn ours(packed: &Value) -> Refused {
    open(packed.to_string().as_bytes(), &|_| None, 0).expect_err("did:example is nobody here")
}

/// What the specification shows and what our profile says to it, in the order of the file. The
/// fourth is of our algorithms and is refused only because `did:example` does not resolve; the
/// fifth agrees over P-256.
const EXPECTED: [Refused; 6] = [
    Refused::Anonymous,
    Refused::Anonymous,
    Refused::Anonymous,
    Refused::RecipientDid,
    Refused::EphemeralKey,
    Refused::Anonymous,
];

#[test]
fn published_encrypted_messages_meet_the_profile() {
    let Some(vectors) = vectors() else { return };
    let packed = vectors["encrypted"].as_array().expect("messages");
    let refused: Vec<_> = packed
        .iter()
        .map(|message| ours(&message["packed"]))
        .collect();
    assert_eq!(refused, EXPECTED);
    for form in ["plaintext", "signed"] {
        let expected = if form == "signed" {
            Refused::SignedOnly
        } else {
            Refused::Plaintext
        };
        for message in vectors[form].as_array().expect("messages") {
            assert_eq!(ours(&message["packed"]), expected);
        }
    }
}

/// The library under the profile reads every published message whose curve it knows.
#[test]
fn published_authcrypt_messages_open_in_the_library() {
    let Some(vectors) = vectors() else { return };
    let world = world(&vectors);
    let options = UnpackOptions::default();
    for at in [0, 3, 4] {
        let packed = vectors["encrypted"][at]["packed"].to_string();
        let unpacked = Message::unpack(&packed, &world, &world, &options).now_or_never();
        let (message, found) = unpacked.expect("ready").expect("opens");
        assert_eq!(message.id, "1234567890");
        assert_eq!(message.body["messagespecificattribute"], "and its value");
        assert_eq!(found.authenticated, at != 0, "{at}");
    }
}
