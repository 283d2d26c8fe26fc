//! Round trips and hostile identifiers (K6, K9).

use super::*;
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
    proptest::collection::vec("/[a-zA-Z0-9/.:_-]{1,255}", 0..=MAX_ADDRESSES)
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
        prop_assert_eq!(document.signing_key(), local.signing().verifying_key().to_bytes());
        prop_assert_eq!(
            document.agreement_key(&local.agreement_kid()),
            Some(x25519_dalek::PublicKey::from(local.agreement()).to_bytes())
        );
    }

    /// The X25519 key derived from the public Ed25519 key belongs to the derived secret.
    #[test]
    fn every_generated_did_key_resolves_to_the_keys_of_its_secrets(seed: u64) {
        let local = LocalDid::generate_did_key(&mut rng(seed));
        let document = local.did().resolve();
        prop_assert_eq!(document.signing_key(), local.signing().verifying_key().to_bytes());
        prop_assert_eq!(
            document.agreement_key(&local.agreement_kid()),
            Some(x25519_dalek::PublicKey::from(local.agreement()).to_bytes())
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

    /// One letter changed: refused, or a different identifier with different keys or service.
    #[test]
    fn a_changed_identifier_never_resolves_to_the_same_document(seed: u64, at: usize, letter in "[a-zA-Z0-9._-]") {
        let did = LocalDid::generate(Some(&endpoint()), &mut rng(seed)).did().clone();
        let at = at % did.as_str().len();
        let changed = format!("{}{letter}{}", &did.as_str()[..at], &did.as_str()[at + 1..]);
        prop_assume!(changed != did.as_str());
        if let Ok(other) = Did::parse(&changed) {
            let (before, after) = (did.resolve(), other.resolve());
            let keys = |d: &DidDocument| d.methods().iter().map(|m| m.key).collect::<Vec<_>>();
            prop_assert!(keys(&before) != keys(&after) || before.service() != after.service());
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
        let mixed = (
            a.did(),
            signing.signing().to_bytes(),
            agreement.agreement().to_bytes(),
        );
        let row = postcard::to_allocvec(&mixed).expect("serialises");
        assert!(postcard::from_bytes::<LocalDid>(&row).is_err());
    }
}

#[test]
fn other_methods_are_refused() {
    for text in [
        "",
        "did",
        "did:web:example.org",
        "did:peer:0z6Mk",
        "did:peer:4zQm",
        "did:example:alice",
        " did:key:z6Mk",
    ] {
        assert_eq!(refusal(text), DidError::UnsupportedMethod, "{text}");
    }
}

#[test]
fn an_identifier_beyond_the_bound_is_refused_before_it_is_read() {
    let text = format!("did:peer:2.E{}", "z".repeat(MAX_DID_BYTES));
    assert_eq!(refusal(&text), DidError::TooLong);
}

#[test]
fn a_fragment_path_or_query_is_no_part_of_an_identifier() {
    let did = LocalDid::generate(None, &mut rng(1)).did().clone();
    for tail in ["#key-1", "/path", "?query", " ", "."] {
        assert!(Did::parse(&format!("{did}{tail}")).is_err(), "{tail}");
    }
}

#[test]
fn a_did_key_of_another_codec_is_refused() {
    assert_eq!(
        refusal(&format!("did:key:{}", x(1))),
        DidError::UnsupportedKey
    );
    // secp256k1 and P-256, from the did:key specification.
    for text in [
        "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
        "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169",
    ] {
        assert_eq!(refusal(text), DidError::UnsupportedKey);
    }
}

#[test]
fn a_key_is_refused_for_a_purpose_it_cannot_serve() {
    assert_eq!(
        refusal(&format!("did:peer:2.E{}.V{}", ed(1), ed(2))),
        DidError::WrongPurpose
    );
    assert_eq!(
        refusal(&format!("did:peer:2.E{}.V{}", x(1), x(2))),
        DidError::WrongPurpose
    );
}

#[test]
fn purposes_nobody_here_uses_are_refused() {
    for letter in ["A", "D", "I", "e", "é"] {
        let text = format!("did:peer:2.E{}.V{}.{letter}{}", x(1), ed(1), ed(2));
        assert_eq!(refusal(&text), DidError::UnknownElement);
    }
    assert_eq!(
        refusal(&format!("did:peer:2.E{}..V{}", x(1), ed(1))),
        DidError::UnknownElement
    );
}

#[test]
fn both_kinds_of_key_are_needed() {
    assert_eq!(
        refusal(&format!("did:peer:2.E{}", x(1))),
        DidError::MissingKey
    );
    assert_eq!(
        refusal(&format!("did:peer:2.V{}", ed(1))),
        DidError::MissingKey
    );
}

#[test]
fn a_key_given_twice_is_refused() {
    let text = format!("did:peer:2.E{}.V{}.E{}", x(1), ed(1), x(1));
    assert_eq!(refusal(&text), DidError::DuplicateKey);
}

#[test]
fn more_keys_than_the_bound_are_refused() {
    let keys: Vec<_> = (1..=MAX_KEYS as u64)
        .map(|seed| format!(".E{}", x(seed)))
        .collect();
    let full = format!("did:peer:2{}.V{}", keys[1..].concat(), ed(1));
    assert!(Did::parse(&full).is_ok());
    assert_eq!(
        refusal(&format!("did:peer:2{}.V{}", keys.concat(), ed(1))),
        DidError::TooManyKeys
    );
}

/// Points with which the agreed secret is the same for everybody, and texts that spell one key
/// a second time.
#[test]
fn agreement_keys_of_low_order_or_unreduced_are_refused() {
    let order_8a = hex::decode("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");
    let order_8b = hex::decode("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157");
    let minus_one = hex::decode("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
    let p_plus_9 = hex::decode("f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
    let mut high_bit = vec![9; 32];
    high_bit[31] = 0x89;
    let one = [&[1][..], &[0; 31]].concat();
    let bad = [
        Ok(vec![0; 32]),
        Ok(one),
        order_8a,
        order_8b,
        minus_one,
        p_plus_9,
        Ok(high_bit),
    ];
    for key in bad {
        let key = raw([0xec, 0x01], &key.expect("hex"));
        assert_eq!(
            refusal(&format!("did:peer:2.E{key}.V{}", ed(1))),
            DidError::InvalidKey
        );
    }
}

#[test]
fn authentication_keys_of_small_order_or_off_the_curve_are_refused() {
    let neutral = [&[1][..], &[0; 31]].concat();
    let unreduced_neutral = [&[0xee][..], &[0xff; 30], &[0x7f]].concat();
    let off_curve = [&[2][..], &[0; 31]].concat();
    for key in [neutral, unreduced_neutral, off_curve, vec![0; 32]] {
        let key = raw([0xed, 0x01], &key);
        assert_eq!(refusal(&format!("did:key:{key}")), DidError::InvalidKey);
        assert_eq!(
            refusal(&format!("did:peer:2.E{}.V{key}", x(1))),
            DidError::InvalidKey
        );
    }
}

#[test]
fn keys_of_another_length_base_or_alphabet_are_refused() {
    let short = raw([0xed, 0x01], &[7; 31]);
    let long = raw([0xed, 0x01], &[7; 33]);
    for (key, error) in [
        (short.as_str(), DidError::UnsupportedKey),
        (long.as_str(), DidError::UnsupportedKey),
        ("z", DidError::UnsupportedKey),
        ("z1", DidError::UnsupportedKey),
        ("", DidError::NotCanonical),
        ("uABCD", DidError::NotCanonical),
        ("z0OIl", DidError::NotCanonical),
    ] {
        assert_eq!(refusal(&format!("did:key:{key}")), error, "{key}");
    }
}

#[test]
fn a_second_service_is_refused() {
    let service = URL_SAFE_NO_PAD.encode(r#"{"t":"dm","s":{"uri":"u"}}"#);
    let text = format!("did:peer:2.E{}.V{}.S{service}.S{service}", x(1), ed(1));
    assert_eq!(refusal(&text), DidError::TooManyServices);
}

#[test]
fn a_service_of_another_form_is_refused() {
    for service in [
        "",
        "{}",
        "[]",
        r#"{"t":"dm"}"#,
        r#"{"t":"other","s":{"uri":"u"}}"#,
        r#"{"t":"dm","s":{"uri":"u","uri":"v"}}"#,
        r#"{"t":"dm","s":{"uri":"u"}} trailing"#,
        r#"{"t":"dm","s":{"uri":"u","a":["1","2","3","4","5"]}}"#,
        r#"{"t":"dm","type":"dm","s":{"uri":"u"}}"#,
    ] {
        assert_eq!(
            peer_with(service),
            Err(DidError::MalformedService),
            "{service}"
        );
    }
}

#[test]
fn a_service_with_unabbreviated_names_is_understood() {
    let json = format!(
        r#"{{"type":"DIDCommMessaging","serviceEndpoint":{{"uri":"libp2p-peerId:{PEER_ID}","accept":["didcomm/v2"],"routingKeys":[],"multiAddrs":["/ip4/127.0.0.1/tcp/4001"]}}}}"#
    );
    assert_eq!(
        peer_with(&json).expect("valid").resolve().endpoint(),
        Some(endpoint())
    );
}

#[test]
fn base64_that_is_padded_or_carries_stray_bits_is_refused() {
    let encoded = URL_SAFE_NO_PAD.encode(r#"{"t":"dm","s":{"uri":"ab"}}"#);
    assert_eq!(encoded.len() % 4, 0);
    let encoded = URL_SAFE_NO_PAD.encode(r#"{"t":"dm","s":{"uri":"a"}}"#);
    let stray = format!("{}1", encoded.strip_suffix('0').expect("ends in 0"));
    for text in [format!("{encoded}="), stray, format!("{encoded}+")] {
        let text = format!("did:peer:2.E{}.V{}.S{text}", x(1), ed(1));
        assert_eq!(refusal(&text), DidError::NotCanonical);
    }
}

#[test]
fn endpoints_outside_their_bounds_are_refused() {
    let address = || "/ip4/127.0.0.1/tcp/1".to_owned();
    let bad = [
        (String::new(), vec![]),
        ("a".repeat(MAX_PEER_ID_BYTES + 1), vec![]),
        ("12D3/../x".to_owned(), vec![]),
        (PEER_ID.to_owned(), vec![address(); MAX_ADDRESSES + 1]),
        (
            PEER_ID.to_owned(),
            vec![format!("/{}", "a".repeat(MAX_ADDRESS_BYTES))],
        ),
        (PEER_ID.to_owned(), vec!["no-slash".to_owned()]),
        (PEER_ID.to_owned(), vec!["/with space".to_owned()]),
        (PEER_ID.to_owned(), vec!["/with\"quote".to_owned()]),
        (PEER_ID.to_owned(), vec!["/\u{e9}".to_owned()]),
    ];
    for (peer_id, addresses) in bad {
        assert_eq!(
            Endpoint::new(peer_id, addresses),
            Err(DidError::MalformedEndpoint)
        );
    }
}

#[test]
fn a_service_that_breaks_the_endpoint_bounds_offers_no_endpoint() {
    let json = r#"{"t":"dm","s":{"uri":"libp2p-peerId:../etc","a":["didcomm/v2"],"r":[]}}"#;
    assert_eq!(
        peer_with(json).expect("well formed").resolve().endpoint(),
        None
    );
}

#[test]
fn stored_identifiers_and_endpoints_are_checked_when_read() {
    assert!(serde_json::from_str::<Did>(r#""did:web:example.org""#).is_err());
    assert!(serde_json::from_str::<Endpoint>(r#"{"peer_id":"","addresses":[]}"#).is_err());
    let json = serde_json::to_string(&endpoint()).expect("serialises");
    assert_eq!(
        serde_json::from_str::<Endpoint>(&json).expect("reads"),
        endpoint()
    );
}
