//! What goes in comes out (K6, K9); hostile texts in [`hostile`].

mod hostile;

use super::*;
use crate::limits;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

const PEER_ID: &str = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// The first secret is all ones, the second all twos.
struct Fixed(u8);

impl rand_core::TryRng for Fixed {
    type Error = std::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        unreachable!("secrets are drawn as bytes")
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        unreachable!("secrets are drawn as bytes")
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0 += 1;
        bytes.fill(self.0);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Fixed {}

fn endpoint() -> Endpoint {
    Endpoint::new(PEER_ID.into(), vec!["/ip4/127.0.0.1/tcp/4001".into()]).expect("well formed")
}

fn ed(seed: u64) -> String {
    Multikey::Ed25519(
        LocalDid::generate(None, &mut rng(seed))
            .did()
            .resolve()
            .signing_key(),
    )
    .encode()
}

fn x(seed: u64) -> String {
    let local = LocalDid::generate(None, &mut rng(seed));
    local
        .did()
        .resolve()
        .agreement()
        .next()
        .expect("one")
        .key
        .encode()
}

fn raw(codec: [u8; 2], key: &[u8]) -> String {
    format!(
        "z{}",
        bs58::encode([&codec[..], key].concat()).into_string()
    )
}

fn peer_with(service: &str) -> Result<Did, DidError> {
    Did::parse(&format!(
        "did:peer:2.E{}.V{}.S{}",
        x(1),
        ed(1),
        URL_SAFE_NO_PAD.encode(service)
    ))
}

fn refusal(text: &str) -> DidError {
    Did::parse(text).expect_err("must be refused")
}

/// K6: each relationship gets keys of its own.
#[test]
fn two_generated_identifiers_share_nothing() {
    let mut rng = rng(1);
    let (a, b) = (
        LocalDid::generate(None, &mut rng),
        LocalDid::generate(None, &mut rng),
    );
    assert_ne!(a.did(), b.did());
    for method in a.did().resolve().methods() {
        assert!(
            b.did()
                .resolve()
                .methods()
                .iter()
                .all(|other| other.key != method.key)
        );
    }
}

/// K9: the published identifier carries each key with its type.
#[test]
fn a_peer_identifier_names_its_keys_and_their_purposes() {
    let local = LocalDid::generate(Some(&endpoint()), &mut rng(2));
    let document = local.did().resolve();
    assert!(
        local.did().as_str().len() < 330,
        "{}",
        local.did().as_str().len()
    );
    assert_eq!(local.agreement_kid(), format!("{}#key-1", local.did()));
    let kids: Vec<_> = document
        .methods()
        .iter()
        .map(|m| m.kid.rsplit('#').next())
        .collect();
    assert_eq!(kids, [Some("key-1"), Some("key-2")]);
    assert!(document.methods()[0].key.encode().starts_with("z6LS"));
    assert!(document.methods()[1].key.encode().starts_with("z6Mk"));
    assert_eq!(document.endpoint(), Some(endpoint()));
}

#[test]
fn the_service_is_written_in_the_abbreviations_of_the_method() {
    let local = LocalDid::generate(Some(&endpoint()), &mut rng(2));
    let encoded = local.did().as_str().rsplit_once(".S").expect("a service").1;
    let json =
        String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).expect("base64url")).expect("utf-8");
    assert_eq!(
        json,
        format!(
            r#"{{"t":"dm","s":{{"uri":"libp2p-peerId:{PEER_ID}","a":["didcomm/v2"],"r":[],"multiAddrs":["/ip4/127.0.0.1/tcp/4001"]}}}}"#
        )
    );
}

/// The example document of the did:key specification.
#[test]
fn the_published_did_key_example_derives_the_published_agreement_key() {
    let did =
        Did::parse("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK").expect("valid");
    let document = did.resolve();
    assert_eq!(
        document
            .methods()
            .iter()
            .map(|m| m.kid.as_str())
            .collect::<Vec<_>>(),
        [
            "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK#z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
            "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK#z6LSj72tK8brWgZja8NLRwPigth2T9QRiG1uH9oKZuKjdh9p",
        ]
    );
    assert_eq!(document.endpoint(), None);
}

/// An identifier published by another implementation (Hyperledger Identus, tests of its SDK): a
/// web endpoint is understood, and offers no libp2p endpoint.
#[test]
fn a_foreign_peer_identifier_resolves() {
    let text = concat!(
        "did:peer:2.Ez6LSoHkfN1Y4nK9RCjx7vopWsLrMGNFNgTNZgoCNQrTzmb1n",
        ".Vz6MknRZmapV7uYZQuZez9n9N3tQotjRN18UGS68Vcfo6gR4h",
        ".SeyJ0IjoiZG0iLCJzIjp7InVyaSI6Imh0dHBzOi8vZXhhbXBsZS5jb20vZW5kcG9pbnQiLCJyIjpbImRpZDpl",
        "eGFtcGxlOnNvbWVtZWRpYXRvciNzb21la2V5Il0sImEiOltdfX0",
    );
    let document = Did::parse(text).expect("valid").resolve();
    assert_eq!(
        (
            document.agreement().count(),
            document.authentication().count()
        ),
        (1, 1)
    );
    let service = document.service().expect("one");
    assert_eq!(service.uri, "https://example.com/endpoint");
    assert_eq!(service.routing_keys, ["did:example:somemediator#somekey"]);
    assert_eq!(document.endpoint(), None);
}

fn addresses() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("/[a-zA-Z0-9/.:_-]{1,255}", 0..=limits::did::ADDRESSES)
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::with_cases(64)
    })]

    #[test]
    fn every_generated_peer_identifier_resolves_to_what_went_in(
        seed: u64, peer_id in "[a-zA-Z0-9]{1,64}", addresses in addresses(),
    ) {
        let endpoint = Endpoint::new(peer_id, addresses).expect("within the bounds");
        let local = LocalDid::generate(Some(&endpoint), &mut rng(seed));
        prop_assert_eq!(&Did::parse(local.did().as_str()).expect("ours"), local.did());
        let document = local.did().resolve();
        prop_assert_eq!(document.endpoint(), Some(endpoint));
        prop_assert_eq!(document.signing_key(), local.signing().verifying_key());
        prop_assert_eq!(
            document.agreement_key(local.agreement_kid()),
            Some(local.agreement().public_key())
        );
    }

    /// The X25519 key derived from the public Ed25519 key belongs to the derived secret.
    #[test]
    fn every_generated_did_key_resolves_to_the_keys_of_its_secrets(seed: u64) {
        let local = LocalDid::generate_did_key(&mut rng(seed));
        let document = local.did().resolve();
        prop_assert_eq!(document.signing_key(), local.signing().verifying_key());
        prop_assert_eq!(
            document.agreement_key(local.agreement_kid()),
            Some(local.agreement().public_key())
        );
    }

    #[test]
    fn a_row_reads_back_as_the_same_identifier_and_secrets(seed: u64) {
        let local = LocalDid::generate(Some(&endpoint()), &mut rng(seed));
        let row = postcard::to_allocvec(&local).expect("serialises");
        let back: LocalDid = postcard::from_bytes(&row).expect("reads");
        prop_assert_eq!(back.did(), local.did());
        prop_assert_eq!(postcard::to_allocvec(&back).expect("serialises"), row);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "did:(key:|peer:2\\.)[EVSz.a-zA-Z0-9_-]{0,200}") {
        let _ = Did::parse(&text);
    }

    /// Encodings have one spelling: a changed letter is refused or makes other keys.
    #[test]
    fn a_changed_letter_never_leaves_the_keys_the_same(
        seed: u64, at: usize, letter in "[a-zA-Z0-9._-]",
    ) {
        let did = LocalDid::generate(None, &mut rng(seed)).did().clone();
        let at = at % did.as_str().len();
        let changed = format!("{}{letter}{}", &did.as_str()[..at], &did.as_str()[at + 1..]);
        prop_assume!(changed != did.as_str());
        if let Ok(other) = Did::parse(&changed) {
            let keys = |did: &Did| did.resolve().methods().iter().map(|m| m.key).collect::<Vec<_>>();
            prop_assert_ne!(keys(&did), keys(&other));
        }
    }
}

#[test]
fn a_row_whose_secrets_belong_to_another_identifier_is_refused() {
    let (a, b) = (
        LocalDid::generate(None, &mut rng(1)),
        LocalDid::generate(None, &mut rng(2)),
    );
    for (signing, agreement) in [(&b, &a), (&a, &b)] {
        let mixed = (a.did(), signing.signing(), agreement.agreement());
        let row = postcard::to_allocvec(&mixed).expect("serialises");
        assert!(postcard::from_bytes::<LocalDid>(&row).is_err());
    }
}

/// Pinned: stored rows and everything that quotes an identifier depend on these bytes.
#[test]
fn a_row_keeps_its_bytes_and_its_identifier() {
    let local = LocalDid::generate(Some(&endpoint()), &mut Fixed(0));
    let text = concat!(
        "did:peer:2.Ez6LSqaU49Tn4sboPj9gbrxmcJ7sHF5gu6bzAASfJnh9meXK6",
        ".Vz6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX",
        ".SeyJ0IjoiZG0iLCJzIjp7InVyaSI6ImxpYnAycC1wZWVySWQ6MTJEM0tvb1dFeW9wcE5DVXg4WXg2Nm9WOWZK",
        "bnJpWHdDY1h3RERVQTJrajZ2bmM2aURFcCIsImEiOlsiZGlkY29tbS92MiJdLCJyIjpbXSwibXVsdGlBZGRycyI6",
        "WyIvaXA0LzEyNy4wLjAuMS90Y3AvNDAwMSJdfX0",
    );
    assert_eq!(local.did().as_str(), text);
    let row = postcard::to_allocvec(&local).expect("serialises");
    let (length, rest) = row.split_at(2);
    assert_eq!(length, [0xc3, 0x02], "323 as a varint");
    assert_eq!(rest, [text.as_bytes(), &[1; 32], &[2; 32]].concat());
}
