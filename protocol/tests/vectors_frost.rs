//! The recovery key's signatures beside an independent implementation of RFC 9591's ciphersuite
//! FROST(ristretto255, SHA-512). It stands on another version of the curve crate: all crosses by
//! bytes.

use std::collections::BTreeMap;

use frost::keys::{
    KeyPackage, PublicKeyPackage, SecretShare, SigningShare, VerifiableSecretSharingCommitment,
};
use frost::rand_core::{CryptoRng, Error, RngCore};
use frost::{Identifier, SigningPackage, round1, round2};
use frost_ristretto255 as frost;
use kith_protocol::keys::signature::signed_bytes;
use kith_protocol::keys::{RecoveryKey, RecoverySecret, Signature, labels};
use kith_protocol::vss::{Deal, Quorum, Share, Sign};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

const LABEL: &str = "kith/1/test";
const MESSAGE: &[u8] = b"the policy of the next epoch";

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([8; 32])
}

/// Our randomness in the older trait.
struct Older(ChaCha20Rng);

impl RngCore for Older {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Older {}

fn signed() -> Vec<u8> {
    signed_bytes(labels::ROLE_RECOVERY_SIGNING, LABEL, MESSAGE)
}

fn our_key(theirs: &frost::VerifyingKey) -> RecoveryKey<Sign> {
    let bytes = theirs.serialize().expect("a key has bytes");
    let framed: Vec<u8> = [3].into_iter().chain(bytes).collect();
    RecoveryKey::from_array(framed.try_into().expect("33 bytes")).expect("a good key")
}

fn our_signature(theirs: &frost::Signature) -> Signature {
    let bytes = theirs.serialize().expect("a signature has bytes");
    let framed: Vec<u8> = [3].into_iter().chain(bytes).collect();
    Signature::from_array(framed.try_into().expect("65 bytes")).expect("a known suite")
}

/// K9: what the reconstructed secret signs is a FROST(ristretto255, SHA-512) signature.
#[test]
fn our_signatures_verify_under_another_implementation() {
    let secret = RecoverySecret::<Sign>::generate(&mut rng());
    let key = frost::VerifyingKey::deserialize(secret.public_key().point().as_bytes());
    let signature = secret.sign(LABEL, MESSAGE, &mut rng());
    let signature = frost::Signature::deserialize(signature.as_bytes()).expect("a signature");
    let key = key.expect("a key");
    assert_eq!(key.verify(&signed(), &signature), Ok(()));
    assert!(key.verify(b"another message", &signature).is_err());
}

/// K9: and theirs verify here.
#[test]
fn signatures_of_another_implementation_verify_here() {
    let secret = frost::SigningKey::new(&mut Older(rng()));
    let key = our_key(&frost::VerifyingKey::from(&secret));
    let signature = our_signature(&secret.sign(Older(rng()), &signed()));
    assert_eq!(key.verify(LABEL, MESSAGE, &signature), Ok(()));
    assert!(key.verify(LABEL, b"another message", &signature).is_err());
}

/// R1, G3: trustees who hold our shares can sign by threshold, without the secret ever existing
/// in one place, and nobody can tell from the signature.
#[test]
fn our_shares_sign_by_threshold_with_another_implementation() {
    let secret = RecoverySecret::<Sign>::generate(&mut rng());
    let deal = secret.deal(Quorum::new(3, 5).expect("3 of 5"), &mut rng());
    let deal = deal.expect("a deal");
    let commitment = frost_commitment(&deal);
    let packages: Vec<_> = deal.shares[1..4]
        .iter()
        .map(|share| key_package(share, commitment.clone()))
        .collect();
    let signature = our_signature(&sign_together(&packages, &commitment));
    let key = secret.public_key();
    assert_eq!(key.verify(LABEL, MESSAGE, &signature), Ok(()));
}

fn frost_commitment(deal: &Deal<Sign>) -> VerifiableSecretSharingCommitment {
    let wire = deal.commitment.to_wire();
    let points = wire.as_bytes()[1..].chunks(32);
    VerifiableSecretSharingCommitment::deserialize(points).expect("good points")
}

fn identifier(share: &Share<Sign>) -> Identifier {
    Identifier::try_from(u16::from(share.index().get())).expect("not zero")
}

/// Their constructor verifies the share against the commitment once more.
fn key_package(share: &Share<Sign>, commitment: VerifiableSecretSharingCommitment) -> KeyPackage {
    let value = SigningShare::deserialize(&share.to_bytes()[1..]).expect("a reduced scalar");
    let share = SecretShare::new(identifier(share), value, commitment);
    KeyPackage::try_from(share).expect("a share of the committed polynomial")
}

fn sign_together(
    packages: &[KeyPackage],
    commitment: &VerifiableSecretSharingCommitment,
) -> frost::Signature {
    let mut rng = Older(rng());
    let mut nonces = BTreeMap::new();
    let mut commitments = BTreeMap::new();
    for package in packages {
        let (nonce, public) = round1::commit(package.signing_share(), &mut rng);
        nonces.insert(*package.identifier(), nonce);
        commitments.insert(*package.identifier(), public);
    }
    let request = SigningPackage::new(commitments, &signed());
    let shares = packages.iter().map(|package| {
        let id = package.identifier();
        (
            *id,
            round2::sign(&request, &nonces[id], package).expect("a signature share"),
        )
    });
    let shares = shares.collect();
    let ids = packages
        .iter()
        .map(|package| *package.identifier())
        .collect();
    let public = PublicKeyPackage::from_commitment(&ids, commitment).expect("public shares");
    frost::aggregate(&request, &shares, &public).expect("a signature")
}
