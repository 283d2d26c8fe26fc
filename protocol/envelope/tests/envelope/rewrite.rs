//! Puts another text into an envelope, byte for byte: the library writes only what it understands.
//!
//! With the recipient's secret, by ECDH-1PU as it is written down (draft-madden-jose-ecdh-1pu-04):
//! both sides derive the same key, so that the recipient can write what the sender could.

use crate::forge::{alice, bob, edited};
use askar_crypto::alg::aes::{A256CbcHs512, A256Kw, AesKey};
use askar_crypto::alg::x25519::X25519KeyPair;
use askar_crypto::buffer::SecretBytes;
use askar_crypto::encrypt::KeyAeadInPlace as _;
use askar_crypto::kdf::FromKeyDerivation as _;
use askar_crypto::kdf::ecdh_1pu::Ecdh1PU;
use askar_crypto::repr::{KeyPublicBytes as _, KeySecretBytes as _};
use kith_protocol::bytes::{from_base64url, to_base64url};
use serde_json::{Value, json};

fn bytes(value: &Value) -> Vec<u8> {
    from_base64url(value.as_str().expect("text")).expect("base64url")
}

/// The key that wraps the content's key, which hangs on the content's tag.
fn wrapping(header: &Value, tag: &[u8]) -> AesKey<A256Kw> {
    let sender = alice();
    let sender = sender.document().agreement_key(sender.agreement_kid());
    let sender = X25519KeyPair::from_public_bytes(sender.expect("known").as_bytes());
    let ephemeral = X25519KeyPair::from_public_bytes(&bytes(&header["epk"]["x"]));
    let recipient = X25519KeyPair::from_secret_bytes(&*bob().agreement().expose_seed());
    let (sender, ephemeral) = (sender.expect("a key"), ephemeral.expect("a key"));
    let recipient = recipient.expect("a key");
    let (apu, apv) = (bytes(&header["apu"]), bytes(&header["apv"]));
    let alg = header["alg"].as_str().expect("text").as_bytes();
    let derivation = Ecdh1PU::new(&ephemeral, &sender, &recipient, alg, &apu, &apv, tag, true);
    AesKey::from_key_derivation(derivation).expect("derived")
}

/// Alice's envelope for Bob with `edit` of the text that stands in it.
pub(crate) fn rewritten(envelope: &[u8], edit: impl FnOnce(&str) -> String) -> Vec<u8> {
    edited(envelope, |jwe| {
        let protected = jwe["protected"].as_str().expect("text").as_bytes().to_vec();
        let header: Value = serde_json::from_slice(&bytes(&jwe["protected"])).expect("JSON");
        let (iv, tag) = (bytes(&jwe["iv"]), bytes(&jwe["tag"]));
        let mut key = SecretBytes::from(bytes(&jwe["recipients"][0]["encrypted_key"]));
        let unwrapped = wrapping(&header, &tag).decrypt_in_place(&mut key, &[], &[]);
        unwrapped.expect("unwraps");
        let content_key = AesKey::<A256CbcHs512>::from_secret_bytes(&key).expect("a key");

        let mut content = SecretBytes::from([bytes(&jwe["ciphertext"]), tag].concat());
        let opened = content_key.decrypt_in_place(&mut content, &iv, &protected);
        opened.expect("decrypts");
        let text = edit(content.as_opt_str().expect("text"));

        let mut content = SecretBytes::from(text);
        let sealed = content_key.encrypt_in_place(&mut content, &iv, &protected);
        let (ciphertext, tag) = content.split_at(sealed.expect("encrypts"));
        let wrapped = wrapping(&header, tag).encrypt_in_place(&mut key, &[], &[]);
        wrapped.expect("wraps");
        jwe["ciphertext"] = json!(to_base64url(ciphertext));
        jwe["tag"] = json!(to_base64url(tag));
        jwe["recipients"][0]["encrypted_key"] = json!(to_base64url(&key));
    })
}
