//! Sharing and points against what others published: RFC 9496 and the FROST vectors.

mod vectors;

use curve25519_dalek::{RistrettoPoint, Scalar};
use kith_protocol::keys::{RecoveryKey, RecoverySecret};
use kith_protocol::vss::{Commitment, Decrypt, Point, Share, Sign};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::Value;
use vectors::{bytes, list, read};
use zeroize::Zeroizing;

fn share(index: u8, value: &Value) -> Share<Sign> {
    let mut framed = Zeroizing::new([index; 33]);
    framed[1..].copy_from_slice(&bytes::<32>(value));
    Share::from_bytes(&framed).expect("a published share")
}

fn public(scalar: &Value) -> [u8; 32] {
    let scalar = Scalar::from_canonical_bytes(bytes(scalar)).expect("a reduced scalar");
    RistrettoPoint::mul_base(&scalar).compress().to_bytes()
}

/// G3: no bad encoding of RFC 9496 passes as a point, and its good ones do, but for the identity.
#[test]
fn the_encodings_of_rfc_9496_are_told_apart() {
    let Some(file) = read("ristretto255.json") else {
        return;
    };
    for bad in list(&file["bad_encodings"]) {
        assert!(Point::from_bytes(bytes(bad)).is_none(), "{bad}");
    }
    let (identity, multiples) = list(&file["multiples_0_to_15"])
        .split_first()
        .expect("some");
    assert!(Point::from_bytes(bytes(identity)).is_none());
    for (factor, multiple) in (1_u8..).zip(multiples) {
        let point = RistrettoPoint::mul_base(&Scalar::from(factor));
        assert_eq!(point.compress().to_bytes(), bytes(multiple));
        assert!(Point::from_bytes(bytes(multiple)).is_some());
    }
}

/// G3: what the ledger anchors for a commitment is stated, and its purpose counts.
#[test]
fn the_digest_of_a_commitment_is_pinned() {
    let points = [1_u8, 2].map(|factor| {
        let point = RistrettoPoint::mul_base(&Scalar::from(factor));
        point.compress().to_bytes()
    });
    let sign = Commitment::<Sign>::from_points(2, &points).expect("good points");
    let decrypt = Commitment::<Decrypt>::from_points(2, &points).expect("good points");
    assert_eq!(
        sign.digest().to_string(),
        "b62a6c4a3abd28b9dac48b574ecf78d4518a674068bcd54f6093a6b4471cb28a"
    );
    assert_ne!(sign.digest(), decrypt.digest());
}

/// G3: the element that the FROST implementation calls invalid is invalid here.
#[test]
fn the_invalid_element_of_the_frost_vectors_is_refused() {
    let Some(file) = read("frost-ristretto255/elements.json") else {
        return;
    };
    let element = bytes(&file["elements"]["invalid_element"]);
    assert!(Point::from_bytes(element).is_none());
}

/// R2, G5: the shares of RFC 9591's dealer lie on its polynomial and give its group key back.
#[test]
fn the_dealt_shares_of_rfc_9591_are_verified_and_rebuilt() {
    for name in ["vectors.json", "vectors-big-identifier.json"] {
        let Some(file) = read(&format!("frost-ristretto255/{name}")) else {
            return;
        };
        let inputs = &file["inputs"];
        let coefficients = list(&inputs["share_polynomial_coefficients"]);
        let secret = std::iter::once(&inputs["group_secret_key"]);
        let points: Vec<_> = secret.chain(coefficients).map(public).collect();
        rebuild(&points, inputs);
    }
}

fn rebuild(points: &[[u8; 32]], inputs: &Value) {
    let threshold = u8::try_from(points.len()).expect("a small threshold");
    let commitment = Commitment::<Sign>::from_points(threshold, points).expect("published points");
    let key: [u8; 32] = bytes(&inputs["verifying_key_key"]);
    assert_eq!(commitment.public_point().as_bytes(), &key);
    // Indices above 255 do not exist here.
    let published = list(&inputs["participant_shares"]).iter().take(255);
    let shares: Vec<_> = (1..=255)
        .zip(published)
        .map(|(index, entry)| share(index, &entry["participant_share"]))
        .collect();
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let checked = commitment.verify_all(&shares, &mut rng);
    assert!(checked.rejected.is_empty());
    let secret = RecoverySecret::reconstruct(&checked.verified).expect("enough shares");
    assert_eq!(secret.public_key(), RecoveryKey::from(&commitment));
}

/// R2: what each party of the published key generation received lies on its sender's commitment,
/// and does not pass as what another party received.
#[test]
fn the_shares_of_the_published_key_generation_are_verified() {
    let Some(file) = read("frost-ristretto255/vectors_dkg.json") else {
        return;
    };
    let party = |index: u8| &file["inputs"][index.to_string()];
    for receiver in 1..=3 {
        let received = party(receiver)["signing_shares"].as_object();
        for (sender, value) in received.expect("shares by sender") {
            let sender = party(sender.parse().expect("an index"));
            let commitment = dkg_commitment(sender);
            assert_eq!(commitment.verify(&share(receiver, value)), Ok(()));
            let other = receiver % 3 + 1;
            assert!(commitment.verify(&share(other, value)).is_err());
        }
    }
}

fn dkg_commitment(party: &Value) -> Commitment<Sign> {
    let points: Vec<_> = list(&party["vss_commitments"]).iter().map(bytes).collect();
    assert_eq!(points[0], public(&party["signing_key"]));
    assert_eq!(points[1], public(&party["coefficient"]));
    Commitment::from_points(2, &points).expect("published points")
}
