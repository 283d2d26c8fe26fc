//! Keys and identifiers that come from their names, so that one sample never moves another.

use kith_protocol::bytes::{Digest, Nonce32, Salt};
use kith_protocol::did::{Endpoint, LocalDid};
use kith_protocol::keys::role::{AgreementRole, Approval, SigningRole};
use kith_protocol::keys::{AgreementSecret, SigningKey};
use kith_protocol::message::setup::Prekey;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

pub(crate) const PEER: &str = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";

pub(crate) fn digest(name: &str) -> Digest {
    Digest::of("golden", &[name.as_bytes()])
}

pub(crate) fn nonce(name: &str) -> Nonce32 {
    Nonce32(digest(name).0)
}

pub(crate) fn salt(name: &str) -> Salt {
    Salt(digest(name).0)
}

pub(crate) fn rng(name: &str) -> ChaCha20Rng {
    ChaCha20Rng::from_seed(digest(name).0)
}

pub(crate) fn signing<R: SigningRole>(name: &str) -> SigningKey<R> {
    SigningKey::generate(&mut rng(name))
}

pub(crate) fn agreement<R: AgreementRole>(name: &str) -> AgreementSecret<R> {
    AgreementSecret::generate(&mut rng(name))
}

/// Somebody who is reached at one address.
pub(crate) fn person(name: &str) -> LocalDid {
    let addresses = vec!["/ip4/192.0.2.7/tcp/4001".into()];
    let endpoint = Endpoint::new(PEER.into(), addresses).unwrap();
    LocalDid::generate(Some(&endpoint), &mut rng(name))
}

/// The approval key in it.
pub(crate) fn approval(trustee: &str, number: u32) -> SigningKey<Approval> {
    signing(&format!("{trustee} approves {number}"))
}

/// The `number`-th prekey of a trustee.
pub(crate) fn prekey(trustee: &str, number: u32) -> Prekey {
    Prekey {
        number,
        approval: approval(trustee, number).verifying_key(),
        sealing: agreement(&format!("{trustee} opens {number}")).public_key(),
    }
}
