//! The recovery key's signatures beside an independent implementation of RFC 9591's ciphersuite
//! FROST(ristretto255, SHA-512). It stands on another version of the curve crate: all crosses by
//! bytes.

use std::collections::BTreeMap;

use curve25519_dalek::{RistrettoPoint, Scalar};
use frost::keys::repairable::{
    Delta as FrostDelta, Sigma, repair_share_part1, repair_share_part2, repair_share_part3,
};
use frost::keys::{
    KeyPackage, PublicKeyPackage, SecretShare, SigningShare, VerifiableSecretSharingCommitment,
};
use frost::rand_core::{CryptoRng, Error, RngCore};
use frost::{Identifier, SigningPackage, round1, round2};
use frost_ristretto255 as frost;
use kith_protocol::bytes::Digest;
use kith_protocol::keys::signature::signed_bytes;
use kith_protocol::keys::{RecoveryKey, RecoverySecret, Signature, labels};
use kith_protocol::vss::{Deal, Delta, Quorum, Share, ShareIndex, Sign, Sum, UnverifiedSplit};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use zeroize::Zeroizing;

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

// ---- repair

const HELPERS: [u8; 3] = [1, 4, 5];
const LOST: u8 = 2;

fn index(number: u8) -> ShareIndex {
    ShareIndex::new(number).expect("not zero")
}

fn frost_id(number: u8) -> Identifier {
    Identifier::try_from(u16::from(number)).expect("not zero")
}

fn framed(index: u8, value: &[u8]) -> Zeroizing<[u8; 33]> {
    let mut bytes = Zeroizing::new([index; 33]);
    bytes[1..].copy_from_slice(value);
    bytes
}

/// What one helper of theirs made, with the points that ours would publish beside it.
fn their_split(
    package: &KeyPackage,
) -> (
    BTreeMap<Identifier, FrostDelta>,
    UnverifiedSplit<Sign>,
    Vec<Delta<Sign>>,
) {
    let helpers = HELPERS.map(frost_id);
    let lost = frost_id(LOST);
    let deltas = repair_share_part1::<frost::Ristretto255Sha512, _>(
        &helpers,
        package,
        &mut Older(rng()),
        lost,
    );
    let deltas = deltas.expect("a split");
    let values = HELPERS.map(|helper| deltas[&frost_id(helper)].serialize());
    let points = values.iter().flat_map(|value| {
        let scalar = Scalar::from_canonical_bytes(value[..].try_into().expect("32 bytes"));
        let scalar = scalar.expect("a reduced scalar");
        RistrettoPoint::mul_base(&scalar).compress().to_bytes()
    });
    let points = UnverifiedSplit::from_bytes([3].into_iter().chain(points).collect());
    let ours = HELPERS.iter().zip(&values);
    let ours = ours.map(|(to, value)| Delta::from_bytes(&framed(*to, value)).expect("a delta"));
    let ours = ours.collect();
    (deltas, points.expect("a few points"), ours)
}

/// B5: helpers of this implementation and of another one repair a share together, and each understands what the others
/// give: deltas, sums, and the share in the end.
#[test]
fn a_share_is_repaired_together_with_another_implementation() {
    let secret = RecoverySecret::<Sign>::generate(&mut rng());
    let deal = secret.deal(Quorum::new(3, 5).expect("3 of 5"), &mut rng());
    let deal = deal.expect("a deal");
    let commitment = frost_commitment(&deal);
    let repair = deal.commitment.repair(index(LOST), &HELPERS.map(index));
    let repair = repair.expect("three helpers");
    // Helper 1 is ours, 4 and 5 are theirs.
    let run = Digest([9; 32]);
    let own = repair.split(&deal.shares[0], &run, &mut rng());
    let own = own.expect("our own split");
    let packages = [3, 4].map(|place| key_package(&deal.shares[place], commitment.clone()));
    let theirs = packages.each_ref().map(their_split);
    let splits = [
        (index(1), own.points),
        (index(4), theirs[0].1.clone()),
        (index(5), theirs[1].1.clone()),
    ];
    let splits = repair
        .gather(&splits)
        .expect("their parts are what they should be");

    let copy = |delta: &Delta<Sign>| Delta::from_bytes(&delta.to_bytes()).expect("a delta");
    let got = |place: usize| {
        [
            (index(1), copy(&own.deltas[place])),
            (index(4), copy(&theirs[0].2[place])),
            (index(5), copy(&theirs[1].2[place])),
        ]
    };
    let mut ours: Vec<(ShareIndex, Sum<Sign>)> = Vec::new();
    let mut others = Vec::new();
    for (place, helper) in HELPERS.into_iter().enumerate() {
        let their_id = frost_id(helper);
        let mine = FrostDelta::deserialize(&own.deltas[place].to_bytes()[1..]);
        let sigma = repair_share_part2(&[
            mine.expect("a delta of theirs"),
            theirs[0].0[&their_id],
            theirs[1].0[&their_id],
        ]);
        let sum = splits
            .sum(index(helper), &got(place))
            .expect("right deltas");
        assert_eq!(sum.to_bytes()[1..], sigma.serialize());
        others.push(Sigma::deserialize(&sum.to_bytes()[1..]).expect("a sum of theirs"));
        ours.push((index(helper), sum));
    }
    let share = splits.repaired(&ours).expect("right sums");
    assert_eq!(*share.to_bytes(), *deal.shares[1].to_bytes());
    let ids = (1..=5).map(frost_id).collect();
    let public = PublicKeyPackage::from_commitment(&ids, &commitment).expect("public shares");
    let theirs = repair_share_part3(&others, frost_id(LOST), &public).expect("a share");
    assert_eq!(theirs.signing_share().serialize(), share.to_bytes()[1..]);
}
