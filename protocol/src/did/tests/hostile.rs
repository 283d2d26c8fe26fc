//! Identifiers, keys, services and endpoints that must be refused, each spoilt in one place.

use super::super::*;
use super::{PEER_ID, ed, endpoint, peer_with, raw, refusal, rng, x};
use crate::bytes::to_base64url;
use crate::keys::KeyError;
use crate::limits;

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
    let text = format!("did:peer:2.E{}", "z".repeat(limits::did::DID_BYTES));
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
    let keys: Vec<_> = (1..=limits::did::KEYS as u64)
        .map(|seed| format!(".E{}", x(seed)))
        .collect();
    let full = format!("did:peer:2{}.V{}", keys[1..].concat(), ed(1));
    assert!(Did::parse(&full).is_ok());
    assert_eq!(
        refusal(&format!("did:peer:2{}.V{}", keys.concat(), ed(1))),
        DidError::TooManyKeys
    );
}

fn with_agreement(key: &[u8]) -> DidError {
    refusal(&format!(
        "did:peer:2.E{}.V{}",
        raw([0xec, 0x01], key),
        ed(1)
    ))
}

/// Points with which the agreed secret is the same for everybody.
#[test]
fn agreement_keys_of_low_order_are_refused() {
    for key in [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ] {
        let key = hex::decode(key).expect("hex");
        assert_eq!(
            with_agreement(&key),
            DidError::InvalidKey(KeyError::SmallOrder)
        );
    }
}

/// Texts that spell one key a second time.
#[test]
fn unreduced_agreement_keys_are_refused() {
    let mut high_bit = [9; 32];
    high_bit[31] = 0x89;
    let p_plus_9 = [&[0xf6][..], &[0xff; 30], &[0x7f]].concat();
    for key in [&high_bit[..], &p_plus_9] {
        assert_eq!(
            with_agreement(key),
            DidError::InvalidKey(KeyError::NotCanonical)
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
        let refused = refusal(&format!("did:key:{key}"));
        assert!(matches!(refused, DidError::InvalidKey(_)), "{refused:?}");
        let refused = refusal(&format!("did:peer:2.E{}.V{key}", x(1)));
        assert!(matches!(refused, DidError::InvalidKey(_)), "{refused:?}");
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
    let service = to_base64url(br#"{"t":"dm","s":{"uri":"u"}}"#);
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
    let encoded = to_base64url(br#"{"t":"dm","s":{"uri":"ab"}}"#);
    assert_eq!(encoded.len() % 4, 0);
    let encoded = to_base64url(br#"{"t":"dm","s":{"uri":"a"}}"#);
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
        ("a".repeat(limits::did::PEER_ID_BYTES + 1), vec![]),
        ("12D3/../x".to_owned(), vec![]),
        (
            PEER_ID.to_owned(),
            vec![address(); limits::did::ADDRESSES + 1],
        ),
        (
            PEER_ID.to_owned(),
            vec![format!("/{}", "a".repeat(limits::did::ADDRESS_BYTES))],
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

/// A stranger's service could name a service inside this machine, a file, or another identifier.
#[test]
fn a_service_that_is_no_peer_offers_no_endpoint() {
    for uri in [
        "http://127.0.0.1:8080/admin",
        "https://169.254.169.254/latest",
        "file:///etc/passwd",
        "unix:/run/socket",
        "did:peer:2.Ez6LS",
        PEER_ID,
    ] {
        let json = format!(r#"{{"t":"dm","s":{{"uri":"{uri}","a":["didcomm/v2"],"r":[]}}}}"#);
        let endpoint = peer_with(&json).expect("well formed").resolve().endpoint();
        assert_eq!(endpoint, None, "{uri}");
    }
}

/// Who answers there would be for the reader to choose, or for whoever is faster.
#[test]
fn a_service_of_several_peers_is_refused_or_offers_no_endpoint() {
    for uri in [
        format!("libp2p-peerId:{PEER_ID},{PEER_ID}"),
        format!("libp2p-peerId:{PEER_ID} libp2p-peerId:{PEER_ID}"),
        format!("libp2p-peerId:{PEER_ID}{PEER_ID}"),
    ] {
        let json = format!(r#"{{"t":"dm","s":{{"uri":"{uri}","a":["didcomm/v2"],"r":[]}}}}"#);
        let endpoint = peer_with(&json).expect("well formed").resolve().endpoint();
        assert_eq!(endpoint, None, "{uri}");
    }
    let one = format!(r#"{{"uri":"libp2p-peerId:{PEER_ID}","a":["didcomm/v2"],"r":[]}}"#);
    let two = format!(r#"{{"t":"dm","s":[{one},{one}]}}"#);
    assert_eq!(peer_with(&two), Err(DidError::MalformedService));
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
