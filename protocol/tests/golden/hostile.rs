//! Bodies of strangers: each sample, changed in every place. Nothing may panic, and what is no
//! longer of the message's form is refused (G15, K9).
//!
//! Unknown members are ignored, so that a later version can add some; where a member's name is the
//! value (an authority, an outcome), an unknown one is refused.

use std::sync::LazyLock;

use kith_protocol::bytes::{from_base64url, to_base64url};
use kith_protocol::message::{Body, BodyError};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

use crate::samples::{Sample, all};

/// Members that may be missing, by the end of the message type.
const MAY_BE_MISSING: [(&str, &str); 12] = [
    ("recovery-share/1.0/challenge", "/backup_head"),
    ("recovery-share/1.0/challenge", "/lodged"),
    ("/release", "/lodged"),
    ("/get", "/named"),
    ("/head", "/newest"),
    ("/get", "/before"),
    ("/cosign", "/certified"),
    ("/key", "/next"),
    ("/pending", "/not_before"),
    ("/problem-report", "/comment"),
    ("/store", "/refreshes"),
    ("/stored", "/spare"),
];
/// Those of them that say the same with `null`.
const MAY_BE_NULL: [&str; 9] = [
    "/backup_head",
    "/before",
    "/certified",
    "/lodged",
    "/named",
    "/newest",
    "/next",
    "/not_before",
    "/refreshes",
];
/// Members whose name is the value: an object with exactly one of them.
const TAGS: [&str; 5] = ["agent", "claimant", "committed", "refused", "signed"];

/// What kind of text a member holds.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// For people, or of another format; any text.
    Text,
    /// An identifier or a name from a list.
    Name,
    /// Bytes of one length.
    Array,
    /// The same behind a suite byte.
    Suited,
    /// A sealed box: a suite byte and a length within bounds.
    Sealed,
    /// Bytes of any length, looked into later.
    Opaque,
}

fn form(member: &str) -> Form {
    match member {
        "label" | "code" | "comment" | "line" => Form::Text,
        "source_did" | "hosts" | "capabilities" | "outcome" => Form::Name,
        "approval" | "author" | "sealing" | "signature" | "approval_signature" | "key"
        | "decrypt_key" | "sign_key" => Form::Suited,
        "sealed" | "slot_key" => Form::Sealed,
        "descriptor" | "header" | "record" | "data" | "note" | "certified" | "entries"
        | "decrypt" | "sign" => Form::Opaque,
        "policy" | "ledger" | "log" | "tag" | "deal" | "request" | "backup" | "commitment"
        | "nonce" | "salt" | "siblings" | "lanes" | "proof" | "deal_digest" | "approval_root"
        | "backup_head" | "base" | "head" | "named" => Form::Array,
        _ => panic!("say of which form the text `{member}` is"),
    }
}

/// Paths (RFC 6901) of everything below the body itself.
fn places(value: &Value) -> Vec<String> {
    let below = |name: String, value: &Value| {
        let deeper = places(value).into_iter();
        let deeper = deeper
            .map(|rest| format!("/{name}{rest}"))
            .collect::<Vec<_>>();
        [vec![format!("/{name}")], deeper].concat()
    };
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| below(name.clone(), value))
            .collect(),
        Value::Array(items) => (0..)
            .zip(items)
            .flat_map(|(index, value): (usize, _)| below(index.to_string(), value))
            .collect(),
        _ => Vec::new(),
    }
}

/// The name of the member that a place is or, in a list, belongs to.
fn member(place: &str) -> &str {
    let names = place.rsplit('/');
    let mut named = names.filter(|name| !name.bytes().all(|byte| byte.is_ascii_digit()));
    named.next().expect("a body is an object")
}

fn with(sample: &Sample, place: &str, new: Value) -> Result<Body, BodyError> {
    let mut body = sample.body.to_value();
    *body.pointer_mut(place).unwrap() = new;
    Body::from_value(sample.body.typ(), body)
}

/// Runs `check` for every place of every sample.
fn everywhere(mut check: impl FnMut(&Sample, &str, &Value)) {
    for sample in all() {
        let body = sample.body.to_value();
        for place in places(&body) {
            check(&sample, &place, body.pointer(&place).unwrap());
        }
    }
}

/// The same for every text of one form.
fn every_text(wanted: &[Form], mut check: impl FnMut(&Sample, &str, &str)) {
    everywhere(|sample, place, value| {
        let text = value
            .as_str()
            .filter(|_| wanted.contains(&form(member(place))));
        text.into_iter().for_each(|text| check(sample, place, text));
    });
}

fn may_be_missing(sample: &Sample, place: &str) -> bool {
    let typ = sample.body.typ();
    MAY_BE_MISSING
        .iter()
        .any(|(end, missing)| typ.ends_with(end) && place == *missing)
}

fn assert_refused(sample: &Sample, place: &str, new: Value) {
    let shown: String = new.to_string().chars().take(60).collect();
    let refused = with(sample, place, new);
    assert!(
        matches!(refused, Err(BodyError::Malformed { .. })),
        "{} {place} = {shown}",
        sample.file()
    );
}

#[test]
fn a_member_that_is_missing_is_refused_unless_it_may_be() {
    for sample in all() {
        let whole = sample.body.to_value();
        for place in places(&whole) {
            let (parent, name) = place.rsplit_once('/').unwrap();
            let mut body = whole.clone();
            let Some(Value::Object(members)) = body.pointer_mut(parent) else {
                continue;
            };
            members.remove(name).unwrap();
            let read = Body::from_value(sample.body.typ(), body);
            assert_eq!(
                read.is_ok(),
                may_be_missing(&sample, &place),
                "{} {place}",
                sample.file()
            );
        }
    }
}

/// A later version may say more.
#[test]
fn members_that_are_not_known_are_ignored_but_not_where_the_name_is_the_value() {
    everywhere(|sample, place, value| {
        let Value::Object(members) = value else {
            return;
        };
        let mut members = members.clone();
        let tagged = members.len() == 1 && members.keys().all(|name| TAGS.contains(&name.as_str()));
        members.insert("unknown".into(), json!({ "to": ["this", "version"] }));
        let read = with(sample, place, members.into());
        if tagged {
            assert!(read.is_err(), "{} {place}", sample.file());
        } else {
            assert_eq!(read.as_ref(), Ok(&sample.body), "{} {place}", sample.file());
        }
    });
}

#[test]
fn a_body_with_more_members_than_known_is_the_same_message() {
    for sample in all() {
        let mut body = sample.body.to_value();
        body["unknown"] = json!(1);
        assert_eq!(Body::from_value(sample.body.typ(), body), Ok(sample.body));
    }
}

/// Padding, a foreign alphabet, a length that no bytes have, stray bits at the end.
#[test]
fn what_is_not_canonical_base64url_is_refused() {
    let bytes = [Form::Array, Form::Suited, Form::Sealed, Form::Opaque];
    every_text(&bytes, |sample, place, text| {
        let garbage = ["=", "!", "A", "AB", "AAB", "AA==", "ä", " ", "\0"].map(str::to_owned);
        let near = [
            format!("{text}="),
            format!(" {text}"),
            format!("{text}\n"),
            text.replacen(|_: char| true, "+", 1),
            text.replacen(|_: char| true, "/", 1),
        ];
        for bad in garbage.into_iter().chain(near) {
            assert_refused(sample, place, bad.into());
        }
    });
}

#[test]
fn bytes_of_a_wrong_length_are_refused() {
    every_text(&[Form::Array, Form::Suited], |sample, place, text| {
        let bytes = from_base64url(text).unwrap();
        let shorter = &bytes[..bytes.len() - 1];
        for bad in [&[], shorter, &[&bytes[..], &[0]].concat(), &[1; 100_000]] {
            assert_refused(sample, place, to_base64url(bad).into());
        }
    });
    every_text(&[Form::Sealed], |sample, place, text| {
        let bytes = from_base64url(text).unwrap();
        let longer = [&bytes[..], &[0; 16 * 1024]].concat();
        for bad in [&[], &bytes[..48], &longer] {
            assert_refused(sample, place, to_base64url(bad).into());
        }
    });
}

/// K9: every published key and signature says which suite it is of, and no other is taken for it.
#[test]
fn a_key_box_or_signature_of_another_suite_is_refused() {
    every_text(&[Form::Suited, Form::Sealed], |sample, place, text| {
        let own = from_base64url(text).unwrap();
        for suite in (0..=u8::MAX).filter(|suite| *suite != own[0]) {
            // A signature may be Schnorr as well; whether it fits is for the key.
            if member(place).ends_with("signature") && suite == 3 {
                continue;
            }
            let mut bytes = own.clone();
            bytes[0] = suite;
            assert_refused(sample, place, to_base64url(&bytes).into());
        }
    });
}

/// G3: commitments are read as bytes only; their suite and degree are checked where the threshold
/// is known.
#[test]
fn a_commitment_of_another_suite_or_degree_does_not_open() {
    for sample in all() {
        let Body::ShareStore(store) = &sample.body else {
            continue;
        };
        assert!(store.commitments.open(3).is_ok());
        assert!(store.commitments.open(2).is_err());
        let mut bytes = store.commitments.sign.as_bytes().to_vec();
        bytes[0] = 1;
        let other = with(&sample, "/commitments/sign", to_base64url(&bytes).into());
        let Ok(Body::ShareStore(other)) = other else {
            panic!("bytes are taken as they are");
        };
        assert!(other.commitments.open(3).is_err());
    }
}

#[test]
fn a_name_that_is_none_is_refused() {
    every_text(&[Form::Name], |sample, place, text| {
        let other_case = text.chars().map(|c| match c {
            c if c.is_ascii_lowercase() => c.to_ascii_uppercase(),
            c => c.to_ascii_lowercase(),
        });
        let long = "did:key:z6Mk".repeat(10_000);
        for bad in ["", "nothing", &other_case.collect::<String>(), &long] {
            assert_refused(sample, place, bad.into());
        }
    });
}

#[test]
fn a_value_of_another_type_is_refused() {
    let others = [
        json!(null),
        json!(true),
        json!("!"),
        json!({ "x": 1 }),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!([[[]]]),
    ];
    everywhere(|sample, place, value| {
        for other in &others {
            let same_type = core::mem::discriminant(other) == core::mem::discriminant(value);
            let lawful = same_type && !value.is_number()
                || other.is_null() && may_be_missing(sample, place) && MAY_BE_NULL.contains(&place);
            if lawful {
                // Of the right type: it must not panic, whatever it is.
                let _ = with(sample, place, other.clone());
            } else {
                assert_refused(sample, place, other.clone());
            }
        }
    });
}

#[test]
fn a_number_beyond_its_type_is_refused() {
    const LONG: [&str; 12] = [
        "before",
        "cool_down",
        "delay",
        "from",
        "have",
        "lifetime",
        "made",
        "not_before",
        "sequence",
        "since",
        "size",
        "time",
    ];
    everywhere(|sample, place, value| {
        let long = LONG.contains(&member(place)) || place.ends_with("committed/index");
        if value.is_number() && !long {
            assert_refused(sample, place, json!(u64::from(u32::MAX) + 1));
        }
    });
}

#[test]
fn a_list_of_fixed_length_is_not_shorter_or_longer() {
    everywhere(|sample, place, value| {
        if let Value::Array(items) = value
            && ["siblings", "lanes"].contains(&member(place))
        {
            let longer = [&items[..], &items[..1]].concat();
            for bad in [&items[1..], &longer] {
                assert_refused(sample, place, bad.to_vec().into());
            }
        }
    });
}

#[test]
fn a_message_of_a_type_that_is_not_known_is_refused_by_its_name() {
    for typ in [
        "",
        "x",
        "https://kith.example/protocols/recovery-share/2.0/store",
    ] {
        let refused = Body::from_value(typ, json!({}));
        assert_eq!(refused, Err(BodyError::UnknownType(typ.into())));
    }
    let Err(BodyError::UnknownType(shown)) = Body::from_value(&"ä".repeat(10_000), json!({}))
    else {
        panic!("no such type");
    };
    assert_eq!(shown.chars().count(), 200);
}

#[test]
fn the_body_of_one_message_under_the_type_of_another_does_not_panic() {
    let samples = all();
    for typ in samples.iter().map(|sample| sample.body.typ()) {
        for other in &samples {
            let _ = Body::from_value(typ, other.body.to_value());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::with_cases(256)
    })]

    /// Whatever still reads is a message like any other: it has one encoding.
    #[test]
    fn changed_bytes_do_not_panic_and_what_reads_is_written_the_same_way(
        which: prop::sample::Index, at: prop::sample::Index, byte: u8,
    ) {
        static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(all);
        let mut json = which.get(&SAMPLES).body.to_json();
        let at = at.index(json.len());
        json[at] = byte;
        if let Some(body) = Body::from_json(&json) {
            prop_assert_eq!(Body::from_json(&body.to_json()), Some(body));
        }
    }
}
