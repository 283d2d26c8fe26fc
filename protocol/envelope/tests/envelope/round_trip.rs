//! What goes through.

use crate::forge::{NOW, alice, bob, open_as, plain};
use kith_envelope::{SealError, open, seal};
use kith_protocol::did::{Endpoint, LocalDid};
use kith_protocol::limits;
use kith_protocol::message::Plaintext;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Value, json};
use std::sync::Arc;

fn everyone() -> Vec<Arc<LocalDid>> {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let endpoint = Endpoint::new("12D3KooWPeer".into(), vec!["/ip4/127.0.0.1/tcp/1".into()]);
    vec![
        Arc::new(LocalDid::generate(None, &mut rng)),
        Arc::new(LocalDid::generate(
            Some(&endpoint.expect("well formed")),
            &mut rng,
        )),
        Arc::new(LocalDid::generate_did_key(&mut rng)),
        Arc::new(LocalDid::generate_did_key(&mut rng)),
    ]
}

/// C1: both methods, both ways.
#[test]
fn every_pair_of_identifiers_can_talk() {
    let everyone = everyone();
    for from in &everyone {
        for to in everyone.iter().filter(|to| to.did() != from.did()) {
            let message = plain(from, to);
            let bytes = seal(&message, from).expect("seals");
            let opened = open_as(to, &bytes).expect("opens");
            assert_eq!(opened.message, message);
            assert_eq!(opened.sender_kid, from.agreement_kid());
            assert_eq!(&opened.recipient, to.did());
        }
    }
}

#[test]
fn the_right_identifier_is_found_among_many() {
    let everyone = everyone();
    let find = |did: &_| everyone.iter().find(|local| local.did() == did).cloned();
    let bytes = seal(&plain(&everyone[0], &everyone[2]), &everyone[0]).expect("seals");
    assert_eq!(
        &open(&bytes, &find, NOW).expect("opens").recipient,
        everyone[2].did()
    );
}

#[test]
fn two_envelopes_of_one_message_share_no_bytes_of_key_or_content() {
    let message = plain(&alice(), &bob());
    let json = || -> Value {
        serde_json::from_slice(&seal(&message, &alice()).expect("seals")).expect("JSON")
    };
    let (a, b) = (json(), json());
    for part in ["protected", "iv", "ciphertext", "tag"] {
        assert_ne!(a[part], b[part], "{part}");
    }
}

fn id() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9._~-]{1,36}"
}

fn seconds() -> impl Strategy<Value = Option<u64>> {
    proptest::option::of(1..=1_000_u64)
}

fn body() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,40}".prop_map(Value::from),
        Just(Value::Null),
    ];
    let tree = leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("\\PC{0,10}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    proptest::collection::btree_map("\\PC{0,10}", tree, 0..4)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

prop_compose! {
    fn message()(
        id in id(), thid in proptest::option::of(id()), pthid in proptest::option::of(id()),
        age in seconds(), left in seconds(), ack in proptest::collection::vec(id(), 0..3),
        return_route_all: bool, please_ack: bool, body in body(),
    ) -> Plaintext {
        Plaintext {
            id, thid, pthid, ack, return_route_all, please_ack, body,
            created_time: age.map(|age| NOW - age),
            expires_time: left.map(|left| NOW + left),
            ..plain(&alice(), &bob())
        }
    }
}

fn seeded(cases: u32) -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

proptest! {
    #![proptest_config(seeded(64))]

    #[test]
    fn every_header_and_body_comes_out_as_it_went_in(message in message()) {
        let bytes = seal(&message, &alice()).expect("seals");
        prop_assert_eq!(open_as(&bob(), &bytes).expect("opens").message, message);
    }

    #[test]
    fn one_changed_character_is_always_caught(at: usize, by in 1..=127_u8) {
        let mut bytes = crate::forge::sealed();
        let at = at % bytes.len();
        bytes[at] ^= by;
        prop_assert!(open_as(&bob(), &bytes).is_err());
    }

    #[test]
    fn a_cut_message_is_always_refused(keep: usize) {
        let bytes = crate::forge::sealed();
        prop_assert!(open_as(&bob(), &bytes[..keep % bytes.len()]).is_err());
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(open_as(&bob(), &bytes).is_err());
    }
}

#[test]
fn a_message_of_another_sender_is_not_sealed() {
    let result = seal(&plain(&alice(), &bob()), &bob());
    assert!(matches!(result, Err(SealError::WrongSender)));
}

#[test]
fn a_message_that_would_be_too_large_is_not_sealed() {
    let with = |length: usize| Plaintext {
        body: json!({ "share": "x".repeat(length) }),
        ..plain(&alice(), &bob())
    };
    let fits = seal(&with(46_000), &alice()).expect("fits");
    assert!(fits.len() <= limits::envelope::ENVELOPE_BYTES);
    assert!(open_as(&bob(), &fits).is_ok());
    let result = seal(&with(49_000), &alice());
    assert!(matches!(result, Err(SealError::TooLarge { bytes }) if bytes > 65_536));
}

#[test]
fn what_the_recipient_would_refuse_is_not_sealed() {
    let good = || plain(&alice(), &bob());
    let bad = [
        Plaintext {
            id: String::new(),
            ..good()
        },
        Plaintext {
            id: "a".repeat(37),
            ..good()
        },
        Plaintext {
            thid: Some("a/b".into()),
            ..good()
        },
        Plaintext {
            pthid: Some("a b".into()),
            ..good()
        },
        Plaintext {
            ack: vec!["\u{e9}".into()],
            ..good()
        },
        Plaintext {
            ack: vec!["a".into(); limits::envelope::ACKS + 1],
            ..good()
        },
        Plaintext {
            typ: "no-uri".into(),
            ..good()
        },
        Plaintext {
            typ: format!("x:{}", "y".repeat(limits::envelope::TYPE_BYTES)),
            ..good()
        },
        Plaintext {
            body: json!([]),
            ..good()
        },
        Plaintext {
            body: nested(limits::envelope::BODY_DEPTH + 1),
            ..good()
        },
    ];
    for message in bad {
        let result = seal(&message, &alice());
        assert!(
            matches!(result, Err(SealError::Unacceptable(_))),
            "{message:?}"
        );
    }
    let deep = Plaintext {
        body: nested(limits::envelope::BODY_DEPTH),
        ..good()
    };
    let bytes = seal(&deep, &alice()).expect("seals");
    assert_eq!(open_as(&bob(), &bytes).expect("opens").message, deep);
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| json!({ "a": inner }))
}
