//! Forgeries in a file, for tests that send them over a real socket: they cannot depend on the
//! library that forges. They name no times, so that they stay what they are.
//!
//! `KITH_WRITE_VECTORS=1` writes the file where there is none.

use crate::forge::{
    Packing, World, alice, bob, library_accepts, local, members, message, open_as, pack,
};
use crate::rewrite::rewritten;
use didcomm::FromPrior;
use futures::FutureExt as _;
use kith_protocol::limits::envelope::BODY_DEPTH;
use serde_json::{Map, Value, json};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/envelope/kept.json");
/// Nothing is spoilt.
const GOOD: &str = "good";

/// A message that anybody answers.
fn knock() -> Map<String, Value> {
    let mut knock = members();
    knock.remove("created_time");
    knock.remove("expires_time");
    knock["type"] = json!("https://didcomm.org/empty/1.0/empty");
    knock["body"] = json!({});
    knock
}

/// A member of the message inside that is not as it must be; null stands for none.
fn spoilt() -> Vec<(&'static str, &'static str, Value, &'static str)> {
    let (bob, other) = (bob().did().to_string(), local(3).did().to_string());
    let (from, to) = ("e.m.msg.from-mismatch", "e.m.msg.to-mismatch");
    let attached = json!([{ "data": { "json": {} } }]);
    let deep = (0..=BODY_DEPTH).fold(json!(1), |inner, _| json!({ "a": inner }));
    vec![
        ("another's name", "from", json!(other), from),
        ("no name", "from", json!(null), from),
        ("a key's name", "from", json!(alice().agreement_kid()), from),
        ("for another", "to", json!([other]), to),
        ("for several", "to", json!([bob, other]), to),
        ("for one twice", "to", json!([bob, bob]), to),
        ("for nobody", "to", json!([]), to),
        ("for whom is not said", "to", json!(null), to),
        ("attached", "attachments", attached, "e.m.msg.attachments"),
        ("an unsafe id", "id", json!("a/b"), "e.m.msg.id"),
        ("a type that is none", "type", json!("x"), "e.m.msg.type"),
        ("a foreign header", "ack", json!(1), "e.m.msg.header"),
        ("a list for a body", "body", json!([]), "e.m.msg.body"),
        ("a deep body", "body", deep, "e.m.msg.body"),
    ]
}

/// A member of the text inside, and what stands in its place.
fn repeated() -> [(&'static str, &'static str, &'static str); 2] {
    let inside = r#""body":{"epoch":1,"epoch":2}"#;
    let header = r#""body":{},"please_ack":[],"please_ack":[""]"#;
    [
        ("a member of the body twice", r#""body":{}"#, inside),
        ("a header twice", r#""body":{}"#, header),
    ]
}

/// The proof that Alice was somebody else before.
fn from_prior() -> String {
    let (old, new) = (local(4), alice());
    let world = World::of(&[&old, &new]);
    let claim = FromPrior::build(old.did().to_string(), new.did().to_string()).finalize();
    let packed = claim.pack(None, &world, &world).now_or_never();
    packed.expect("ready").expect("packs").0
}

fn case(name: &str, bytes: &[u8], code: &str) -> Value {
    let text = std::str::from_utf8(bytes).expect("text");
    json!({ "name": name, "packed": text, "code": code })
}

fn forge() -> Vec<Value> {
    let plain = Packing::default();
    let signed = Packing {
        signed: true,
        ..plain
    };
    let mut changed = message(knock());
    changed.from_prior = Some(from_prior());
    let nested = "e.m.trust.nested-proof";
    let mut cases = vec![
        case(GOOD, &pack(&message(knock()), plain), ""),
        case("signed inside", &pack(&message(knock()), signed), nested),
        case("another name before", &pack(&changed, plain), nested),
    ];
    for (name, once, twice) in repeated() {
        let packed = rewritten(&pack(&message(knock()), plain), |text| {
            assert!(text.contains(once), "{text}");
            text.replacen(once, twice, 1)
        });
        cases.push(case(name, &packed, "e.m.msg.repeated-member"));
    }
    for (name, member, value, code) in spoilt() {
        let mut knock = knock();
        match value {
            Value::Null => drop(knock.remove(member)),
            value => drop(knock.insert(member.to_owned(), value)),
        }
        cases.push(case(name, &pack(&message(knock), plain), code));
    }
    cases
}

fn kept() -> Vec<Value> {
    let path = std::path::Path::new(PATH);
    let asked = std::env::var("KITH_WRITE_VECTORS").is_ok_and(|value| value == "1");
    if asked && !path.exists() {
        let text = serde_json::to_string_pretty(&forge()).expect("JSON");
        std::fs::write(path, text + "\n").expect("written");
    }
    let text = std::fs::read_to_string(path).expect("the kept forgeries");
    serde_json::from_str(&text).expect("JSON")
}

fn names(cases: &[Value]) -> Vec<(&Value, &Value)> {
    cases
        .iter()
        .map(|case| (&case["name"], &case["code"]))
        .collect()
}

/// The bare library takes each of them, so that the refusal is ours.
#[test]
fn every_kept_forgery_is_refused_with_its_code() {
    let kept = kept();
    assert_eq!(names(&kept), names(&forge()));
    for case in &kept {
        let bytes = case["packed"].as_str().expect("text").as_bytes();
        assert!(library_accepts(bytes), "{case}");
        let refused = open_as(&bob(), bytes).err();
        let code = refused.as_ref().map_or("", |refused| refused.code());
        assert_eq!(code, case["code"], "{case}");
    }
}
