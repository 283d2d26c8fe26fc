//! Envelopes that are refused before anything is decrypted.

use crate::forge::{
    NOW, Packing, World, alice, bob, edited, library_accepts, local, members, message, open_as,
    pack, refusal, reheaded, sealed,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::FutureExt as _;
use kith_envelope::Refused;
use kith_protocol::did::DidError;
use kith_protocol::keys::KeyError;
use kith_protocol::limits;
use serde_json::{Value, json};

#[test]
fn a_message_over_the_limit_is_not_even_read() {
    let mut bytes = sealed();
    bytes.resize(limits::envelope::ENVELOPE_BYTES, b' ');
    assert!(open_as(&bob(), &bytes).is_ok());
    bytes.push(b' ');
    assert_eq!(refusal(&bytes), Refused::TooLarge);
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    assert_eq!(refusal(&[0xff, 0xfe]), Refused::NotText);
}

#[test]
fn plaintext_is_refused_though_the_library_takes_it() {
    let bytes = Value::Object(members()).to_string().into_bytes();
    assert!(library_accepts(&bytes));
    assert_eq!(refusal(&bytes), Refused::Plaintext);
}

#[test]
fn a_signed_message_is_refused_though_the_library_takes_it() {
    let alice = alice();
    let world = World::of(&[&alice, &bob()]);
    let message = message(members());
    let packed = message
        .pack_signed(alice.did().as_str(), &world, &world)
        .now_or_never();
    let bytes = packed.expect("ready").expect("signs").0.into_bytes();
    assert!(library_accepts(&bytes));
    assert_eq!(refusal(&bytes), Refused::SignedOnly);
}

#[test]
fn an_anonymous_message_is_refused_though_the_library_takes_it() {
    let bytes = pack(
        &message(members()),
        Packing {
            anonymous: true,
            ..Packing::default()
        },
    );
    assert!(library_accepts(&bytes));
    assert_eq!(refusal(&bytes), Refused::Anonymous);
}

#[test]
fn a_hidden_sender_is_refused_though_the_library_takes_it() {
    let bytes = pack(
        &message(members()),
        Packing {
            protect_sender: true,
            ..Packing::default()
        },
    );
    assert!(library_accepts(&bytes));
    assert_eq!(refusal(&bytes), Refused::Anonymous);
}

#[test]
fn other_json_is_refused() {
    let array = {
        let jwe: Value = serde_json::from_slice(&sealed()).expect("JSON");
        json!([
            jwe["protected"],
            jwe["recipients"],
            jwe["iv"],
            jwe["ciphertext"],
            jwe["tag"]
        ])
    };
    for text in [
        "",
        "null",
        "{}",
        "[]",
        "\"text\"",
        "{\"protected\":1}",
        &array.to_string(),
    ] {
        assert_eq!(refusal(text.as_bytes()), Refused::Malformed, "{text}");
    }
}

#[test]
fn repeated_members_are_refused() {
    let text = String::from_utf8(sealed()).expect("text");
    for member in ["protected", "recipients", "iv", "ciphertext", "tag"] {
        let json: Value = serde_json::from_str(&text).expect("JSON");
        let twice = format!("{{\"{member}\":{},{}", json[member], &text[1..]);
        assert_eq!(refusal(twice.as_bytes()), Refused::Malformed, "{member}");
    }
    let twice = text.replacen("\"kid\":", "\"kid\":\"did:key:x\",\"kid\":", 1);
    assert_eq!(refusal(twice.as_bytes()), Refused::Malformed);
}

#[test]
fn unknown_members_are_refused_at_every_level() {
    let spoilt = [
        edited(&sealed(), |jwe| {
            jwe["unprotected"] = json!({ "alg": "none" })
        }),
        edited(&sealed(), |jwe| jwe["aad"] = json!("AAAA")),
        edited(&sealed(), |jwe| jwe["recipients"][0]["x"] = json!(1)),
        edited(&sealed(), |jwe| {
            jwe["recipients"][0]["header"]["alg"] = json!("none")
        }),
        reheaded(&sealed(), |header| {
            header["jku"] = json!("https://example.org")
        }),
        reheaded(&sealed(), |header| header["epk"]["d"] = json!("AAAA")),
    ];
    for bytes in spoilt {
        assert_eq!(refusal(&bytes), Refused::Malformed);
    }
}

#[test]
fn deep_nesting_is_refused_without_being_followed() {
    for text in [
        "[".repeat(60_000),
        "{\"a\":".repeat(10_000),
        format!("{{\"recipients\":{}", "[".repeat(60_000)),
    ] {
        assert_eq!(refusal(text.as_bytes()), Refused::Malformed);
    }
}

#[test]
fn a_padded_or_foreign_spelling_is_refused() {
    for member in ["iv", "tag", "protected"] {
        for tail in ["=", "A", "+", "\u{e9}"] {
            let bytes = edited(&sealed(), |jwe| {
                jwe[member] = json!(format!("{}{tail}", jwe[member].as_str().expect("text")));
            });
            let refused = refusal(&bytes);
            assert!(
                matches!(refused, Refused::Encoding | Refused::Malformed),
                "{member}{tail}"
            );
        }
    }
    let bytes = edited(&sealed(), |jwe| {
        jwe["recipients"][0]["encrypted_key"] = json!("AAAA")
    });
    assert_eq!(refusal(&bytes), Refused::Encoding);
}

/// Lengths on which a block cipher or an unwrapping could stumble.
#[test]
fn a_ciphertext_of_any_length_is_refused_without_panic() {
    for length in [0, 1, 15, 16, 17, 32, 48, 1_000] {
        let bytes = edited(&sealed(), |jwe| {
            jwe["ciphertext"] = json!(URL_SAFE_NO_PAD.encode(vec![7; length]));
        });
        assert_eq!(refusal(&bytes), Refused::Undecryptable, "{length}");
    }
}

#[test]
fn altered_keys_vectors_and_tags_do_not_decrypt() {
    let random = |length| json!(URL_SAFE_NO_PAD.encode(vec![7; length]));
    let spoilt = [
        edited(&sealed(), |jwe| jwe["iv"] = random(16)),
        edited(&sealed(), |jwe| jwe["tag"] = random(32)),
        edited(&sealed(), |jwe| {
            jwe["recipients"][0]["encrypted_key"] = random(72)
        }),
        reheaded(&sealed(), |header| header["epk"]["x"] = random(32)),
        // The same members in another order: the header is authenticated as text.
        reheaded(&sealed(), |_| ()),
    ];
    for bytes in spoilt {
        assert_eq!(refusal(&bytes), Refused::Undecryptable);
    }
}

/// Bits that no byte needs: another text with the same bytes.
#[test]
fn stray_bits_are_refused() {
    for member in ["iv", "tag", "ciphertext"] {
        let bytes = edited(&sealed(), |jwe| jwe[member] = stray(&jwe[member]));
        assert_eq!(refusal(&bytes), Refused::Encoding, "{member}");
    }
}

#[test]
fn a_padded_ciphertext_is_refused_though_the_library_takes_it() {
    let padded = edited(&sealed(), |jwe| {
        jwe["ciphertext"] = json!(format!("{}=", jwe["ciphertext"].as_str().expect("text")));
    });
    assert!(library_accepts(&padded));
    assert_eq!(refusal(&padded), Refused::Encoding);
}

fn stray(text: &Value) -> Value {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let text = text.as_str().expect("text");
    assert_ne!(text.len() % 4, 0, "a text with room for stray bits");
    let (rest, last) = text.split_at(text.len() - 1);
    let value = ALPHABET
        .iter()
        .position(|letter| [*letter] == *last.as_bytes())
        .expect("letter");
    json!(format!("{rest}{}", char::from(ALPHABET[value | 1])))
}

#[test]
fn each_header_of_the_profile_is_required() {
    let cases: [(&str, Value, Refused); 9] = [
        (
            "typ",
            json!("application/didcomm-plain+json"),
            Refused::MediaType,
        ),
        ("typ", Value::Null, Refused::MediaType),
        ("alg", json!("ECDH-ES+A256KW"), Refused::Anonymous),
        ("alg", json!("ECDH-1PU+A128KW"), Refused::Algorithm),
        ("alg", json!("none"), Refused::Algorithm),
        ("enc", json!("A256GCM"), Refused::ContentEncryption),
        ("enc", json!("XC20P"), Refused::ContentEncryption),
        ("crit", json!(["exp"]), Refused::CriticalHeader),
        ("zip", json!("DEF"), Refused::Compressed),
    ];
    for (member, value, refused) in cases {
        let bytes = reheaded(&sealed(), |header| header[member] = value.clone());
        assert_eq!(refusal(&bytes), refused, "{member} {value}");
    }
}

#[test]
fn the_number_of_recipients_is_bounded() {
    let none = edited(&sealed(), |jwe| jwe["recipients"] = json!([]));
    let many = edited(&sealed(), |jwe| {
        let one = jwe["recipients"][0].clone();
        jwe["recipients"] = Value::Array(vec![one; limits::envelope::RECIPIENTS + 1]);
    });
    for bytes in [none, many] {
        assert_eq!(refusal(&bytes), Refused::Recipients);
    }
}

#[test]
fn a_recipient_listed_twice_is_refused() {
    let bytes = edited(&sealed(), |jwe| {
        let one = jwe["recipients"][0].clone();
        jwe["recipients"] = json!([one, one]);
    });
    assert_eq!(refusal(&bytes), Refused::DuplicateRecipient);
}

fn with_kids(kids: &[&str]) -> Vec<u8> {
    let mut sorted = kids.to_vec();
    sorted.sort();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(sorted.join("."));
    let bytes = reheaded(&sealed(), |header| {
        header["apv"] = json!(URL_SAFE_NO_PAD.encode(digest))
    });
    edited(&bytes, |jwe| {
        let one = jwe["recipients"][0].clone();
        let entry = |kid: &&str| {
            let mut entry = one.clone();
            entry["header"]["kid"] = json!(kid);
            entry
        };
        jwe["recipients"] = kids.iter().map(entry).collect();
    })
}

#[test]
fn recipients_of_two_identifiers_are_refused() {
    let bytes = with_kids(&[bob().agreement_kid(), local(3).agreement_kid()]);
    assert_eq!(refusal(&bytes), Refused::RecipientDid);
    assert_eq!(
        refusal(&with_kids(&[bob().did().as_str()])),
        Refused::RecipientDid
    );
    assert_eq!(refusal(&with_kids(&["did:web:x#1"])), Refused::RecipientDid);
}

#[test]
fn a_recipient_key_that_the_document_does_not_list_is_refused() {
    let bob = bob();
    for fragment in ["key-2", "key-9", "service", ""] {
        let unlisted = format!("{}#{fragment}", bob.did());
        let kids = [bob.agreement_kid(), &unlisted];
        assert_eq!(
            refusal(&with_kids(&kids)),
            Refused::RecipientKey,
            "{fragment}"
        );
    }
}

#[test]
fn a_message_for_somebody_else_is_refused() {
    let carol = local(3);
    assert_eq!(open_as(&carol, &sealed()), Err(Refused::UnknownRecipient));
    // Readdressed to Carol by an intermediary, with a fitting digest.
    assert_eq!(
        open_as(&carol, &with_kids(&[carol.agreement_kid()])),
        Err(Refused::Undecryptable)
    );
}

#[test]
fn a_digest_of_other_recipients_is_refused() {
    let bytes = reheaded(&sealed(), |header| {
        header["apv"] = json!(URL_SAFE_NO_PAD.encode([7; 32]))
    });
    assert_eq!(refusal(&bytes), Refused::RecipientsDigest);
}

#[test]
fn a_lookup_that_answers_with_another_identifier_is_not_believed() {
    let refused = kith_envelope::open(&sealed(), &|_| Some(local(3)), NOW);
    assert_eq!(refused, Err(Refused::UnknownRecipient));
}

fn with_sender(skid: &str) -> Vec<u8> {
    reheaded(&sealed(), |header| {
        header["skid"] = json!(skid);
        header["apu"] = json!(URL_SAFE_NO_PAD.encode(skid));
    })
}

#[test]
fn a_message_without_sender_is_refused() {
    let bytes = reheaded(&sealed(), |header| header["skid"] = Value::Null);
    assert_eq!(refusal(&bytes), Refused::MissingSender);
}

#[test]
fn a_sender_named_in_two_ways_is_refused() {
    let missing = reheaded(&sealed(), |header| header["apu"] = Value::Null);
    let other = reheaded(&sealed(), |header| {
        header["apu"] = json!(URL_SAFE_NO_PAD.encode(local(3).agreement_kid()));
    });
    let padded = reheaded(&sealed(), |header| {
        header["apu"] = json!(format!("{}=", header["apu"].as_str().expect("text")));
    });
    for bytes in [missing, other, padded] {
        assert_eq!(refusal(&bytes), Refused::SenderMismatch);
    }
}

#[test]
fn a_sender_that_does_not_resolve_is_refused() {
    let bytes = with_sender("did:web:example.org#key-1");
    assert_eq!(
        refusal(&bytes),
        Refused::SenderDid(DidError::UnsupportedMethod)
    );
}

/// With a key of low order everybody can compute what the sender would.
#[test]
fn a_sender_key_of_low_order_is_refused() {
    let alice = alice().did().resolve();
    let zero = format!(
        "z{}",
        bs58::encode([&[0xec, 0x01][..], &[0; 32]].concat()).into_string()
    );
    let low = alice.id().replace(&alice.methods()[0].key.encode(), &zero);
    assert_ne!(low, alice.id());
    let bytes = with_sender(&format!("{low}#key-1"));
    assert_eq!(
        refusal(&bytes),
        Refused::SenderDid(DidError::InvalidKey(KeyError::SmallOrder))
    );
}

#[test]
fn a_sender_key_that_is_no_agreement_key_is_refused() {
    for fragment in ["#key-2", "#key-9", "#", ""] {
        let bytes = with_sender(&format!("{}{fragment}", alice().did()));
        assert_eq!(refusal(&bytes), Refused::SenderKey, "{fragment}");
    }
}

#[test]
fn the_name_of_another_sender_does_not_decrypt() {
    assert_eq!(
        refusal(&with_sender(local(3).agreement_kid())),
        Refused::Undecryptable
    );
}

#[test]
fn ephemeral_keys_of_low_order_unreduced_or_of_another_curve_are_refused() {
    let mut one = [0; 32];
    one[0] = 1;
    let mut unreduced = [0xff; 32];
    unreduced[31] = 0x7f;
    let mut epks: Vec<_> = [[0; 32], one, unreduced]
        .map(|x| json!({ "kty": "OKP", "crv": "X25519", "x": URL_SAFE_NO_PAD.encode(x) }))
        .into();
    let x = URL_SAFE_NO_PAD.encode([9; 32]);
    epks.push(json!({ "kty": "OKP", "crv": "Ed25519", "x": x }));
    epks.push(json!({ "kty": "EC", "crv": "P-256", "x": x, "y": x }));
    epks.push(json!({ "kty": "OKP", "crv": "X25519", "x": x, "y": x }));
    for epk in epks {
        let bytes = reheaded(&sealed(), |header| header["epk"] = epk.clone());
        assert_eq!(refusal(&bytes), Refused::EphemeralKey, "{epk}");
    }
}
