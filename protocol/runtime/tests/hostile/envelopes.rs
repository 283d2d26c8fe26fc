//! Envelopes and their JSON: each is a good message of a stranger with one thing spoilt.
use crate::house::{Friend, House, knock, stranger};
use crate::peer::Hostile;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kith_envelope::seal;
use kith_protocol::bytes::to_base64url;
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::limits::envelope::{CLOCK_AHEAD, ENVELOPE_BYTES, VALIDITY};
use kith_protocol::message::Plaintext;
use kith_runtime::clock;
use serde_json::{Value, json};

/// Makes one bad message.
struct Forge {
    own: LocalDid,
    to: Did,
}

type Case = (&'static str, Vec<u8>, &'static str);

impl Forge {
    fn sealed(&self, spoil: impl FnOnce(&mut Plaintext)) -> Vec<u8> {
        let mut message = knock(&self.own, &self.to);
        spoil(&mut message);
        seal(&message, &self.own).unwrap()
    }

    fn text(&self) -> String {
        String::from_utf8(self.sealed(|_| ())).unwrap()
    }

    /// Changes the envelope's JSON.
    fn edited(&self, edit: impl FnOnce(&mut Value)) -> Vec<u8> {
        let mut json = serde_json::from_slice(&self.sealed(|_| ())).unwrap();
        edit(&mut json);
        serde_json::to_vec(&json).unwrap()
    }

    /// Changes the protected header.
    fn headed(&self, member: &str, value: Value) -> Vec<u8> {
        self.edited(|jwe| {
            let text = jwe["protected"].as_str().unwrap();
            let bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
            let mut header: Value = serde_json::from_slice(&bytes).unwrap();
            header[member] = value;
            jwe["protected"] = json!(to_base64url(header.to_string().as_bytes()));
        })
    }

    /// So many recipients, all different.
    fn recipients(&self, count: usize) -> Vec<u8> {
        self.edited(|jwe| {
            let kid = format!("{}#k", self.to);
            let many = (0..count)
                .map(|at| json!({"header": {"kid": format!("{kid}{at}")}, "encrypted_key": ""}));
            jwe["recipients"] = many.collect();
        })
    }

    fn spelled(&self, member: &str, tail: &str) -> Vec<u8> {
        self.edited(|jwe| jwe[member] = json!(format!("{}{tail}", jwe[member].as_str().unwrap())))
    }

    fn headers(&self) -> Vec<Case> {
        let curve = |crv: &str, x: &[u8]| {
            let (kty, x) = (if crv == "X25519" { "OKP" } else { "EC" }, to_base64url(x));
            json!({ "kty": kty, "crv": crv, "x": x })
        };
        let key = "e.m.trust.crypto.ephemeral-key";
        let other = stranger();
        vec![
            (
                "unknown crit",
                self.headed("crit", json!(["exp"])),
                "e.m.msg.critical-header",
            ),
            (
                "compression",
                self.headed("zip", json!("DEF")),
                "e.m.msg.compressed",
            ),
            (
                "no algorithm",
                self.headed("alg", json!("none")),
                "e.m.trust.crypto.algorithm",
            ),
            (
                "another algorithm",
                self.headed("alg", json!("ECDH-1PU+A128KW")),
                "e.m.trust.crypto.algorithm",
            ),
            (
                "mixed algorithms",
                self.headed("enc", json!("XC20P")),
                "e.m.trust.crypto.content-encryption",
            ),
            (
                "an anonymous one",
                self.headed("alg", json!("ECDH-ES+A256KW")),
                "e.m.trust.anonymous",
            ),
            (
                "a media type",
                self.headed("typ", json!("JWE")),
                "e.m.msg.media-type",
            ),
            (
                "wrong apv",
                self.headed("apv", json!(to_base64url(&[7; 32]))),
                "e.m.trust.crypto.recipients-digest",
            ),
            (
                "wrong apu",
                self.headed("apu", json!(to_base64url(b"x"))),
                "e.m.trust.sender-mismatch",
            ),
            (
                "wrong skid",
                self.headed("skid", json!(other.agreement_kid())),
                "e.m.trust.sender-mismatch",
            ),
            (
                "no skid",
                self.headed("skid", Value::Null),
                "e.m.trust.missing-sender",
            ),
            (
                "low order",
                self.headed("epk", curve("X25519", &[0; 32])),
                key,
            ),
            (
                "not reduced",
                self.headed("epk", curve("X25519", &[0xff; 32])),
                key,
            ),
            (
                "another curve",
                self.headed("epk", curve("P-256", &[9; 32])),
                key,
            ),
            (
                "a short point",
                self.headed("epk", curve("X25519", &[9; 31])),
                "e.m.msg.encoding",
            ),
            (
                "an unknown member",
                self.headed("jku", json!("https://example.org")),
                "e.m.msg.malformed",
            ),
        ]
    }

    fn outer(&self) -> Vec<Case> {
        let text = self.text();
        let malformed = "e.m.msg.malformed";
        let twice = text.replacen('{', "{\"iv\":\"AAAA\",", 1);
        let deep = "{\"a\":".repeat(10_000);
        let mut not_text = text.clone().into_bytes();
        let middle = not_text.len() / 2;
        not_text[middle] = 0xff;
        let plaintext =
            json!({ "id": "1", "type": "https://didcomm.org/empty/1.0/empty", "body": {} });
        let signed = json!({ "payload": "e30", "signatures": [] });
        let double = self.edited(|jwe| {
            let one = jwe["recipients"][0].clone();
            jwe["recipients"] = json!([one, one]);
        });
        vec![
            ("a recipient twice", double, "e.m.msg.duplicate-recipient"),
            (
                "many recipients",
                self.recipients(100),
                "e.m.msg.recipients",
            ),
            (
                "for somebody else",
                seal(&knock(&self.own, stranger().did()), &self.own).unwrap(),
                "e.m.did.unknown-recipient",
            ),
            (
                "altered",
                self.edited(|jwe| jwe["tag"] = json!(to_base64url(&[7; 32]))),
                "e.m.trust.crypto.undecryptable",
            ),
            (
                "padded base64",
                self.spelled("ciphertext", "="),
                "e.m.msg.encoding",
            ),
            ("other base64", self.spelled("iv", "+/"), "e.m.msg.encoding"),
            (
                "plaintext",
                plaintext.to_string().into_bytes(),
                "e.m.trust.plaintext",
            ),
            (
                "signed only",
                signed.to_string().into_bytes(),
                "e.m.trust.signed-only",
            ),
            ("a key twice", twice.into_bytes(), malformed),
            ("too deep", deep.into_bytes(), malformed),
            (
                "a huge number",
                self.edited(|jwe| jwe["iv"] = json!(1e300)),
                malformed,
            ),
            (
                "a number out of range",
                text.replacen("\"iv\":", "\"n\":1e9999,\"iv\":", 1)
                    .into_bytes(),
                malformed,
            ),
            ("a long string", vec![b'"'; ENVELOPE_BYTES], malformed),
            ("bad UTF-8", not_text, "e.m.msg.not-text"),
        ]
    }

    fn times(&self) -> Vec<Case> {
        let now = clock::now().seconds();
        let with = |created: u64, expires: u64| {
            self.sealed(|message| {
                message.created_time = Some(created);
                message.expires_time = Some(expires);
            })
        };
        let future = with(now + CLOCK_AHEAD + 600, now + CLOCK_AHEAD + 900);
        vec![
            ("expired", with(now - 60, now - 1), "e.m.req.time.expired"),
            ("from the future", future, "e.m.req.time.from-the-future"),
            (
                "valid for ever",
                with(now, now + VALIDITY + 600),
                "e.m.req.time.valid-too-long",
            ),
        ]
    }
}

/// Nobody is proven to have sent these, or none of them counts: the stream is closed without a
/// byte, and the code is counted once.
#[tokio::test(flavor = "multi_thread")]
async fn every_bad_envelope_is_refused_with_its_code_and_honest_peers_are_served() {
    let (house, friend) = (House::open().await, Friend::new().await);
    let mut hostile = Hostile::connect(&house).await.unwrap();
    let forge = Forge {
        own: stranger(),
        to: house.did.clone(),
    };
    for (name, bytes, code) in [forge.headers(), forge.outer(), forge.times()].concat() {
        let before = house.refused().await.get(code).copied().unwrap_or_default();
        assert_eq!(hostile.send(&bytes).await, b"", "{name}");
        let after = house.refused().await;
        assert_eq!(after.get(code), Some(&(before + 1)), "{name}: {after:?}");
    }
    friend.is_served(&house).await;
    // The same peer, with nothing spoilt.
    assert_ne!(hostile.send(&forge.sealed(|_| ())).await, b"");
}

/// Sealed by a sender whose key is proven, and wrong inside: the wrong `from` or `to`, a nested
/// signature, another name before, attachments, and members that are not of their form. The library
/// takes them all; they are made by the envelope's tests, the only ones that may use it.
#[tokio::test(flavor = "multi_thread")]
async fn every_forgery_of_a_proven_sender_is_refused_with_its_code() {
    const BOB: u64 = 2;
    let kept = include_str!("../../../envelope/tests/envelope/kept.json");
    let cases: Vec<Value> = serde_json::from_str(kept).unwrap();
    let (house, friend) = (House::open().await, Friend::new().await);
    house.impersonate(BOB).await;
    let mut hostile = Hostile::connect(&house).await.unwrap();
    for case in &cases {
        let code = case["code"].as_str().unwrap();
        let before = house.refused().await.get(code).copied().unwrap_or_default();
        let packed = case["packed"].as_str().unwrap();
        let answer = hostile.send(packed.as_bytes()).await;
        if case["name"] == "good" {
            assert_ne!(answer, b"", "what is not spoilt is answered");
            continue;
        }
        assert_eq!(answer, b"", "{case}");
        let after = house.refused().await;
        assert_eq!(after.get(code), Some(&(before + 1)), "{case}: {after:?}");
    }
    assert_eq!(house.knocks().await, 1);
    friend.is_served(&house).await;
}

/// Ten thousand do not fit into a frame, so that nobody reads them.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_recipients_do_not_arrive() {
    let (house, friend) = (House::open().await, Friend::new().await);
    let mut hostile = Hostile::connect(&house).await.unwrap();
    let forge = Forge {
        own: stranger(),
        to: house.did.clone(),
    };
    assert_eq!(hostile.send(&forge.recipients(10_000)).await, b"");
    house.until_refused("e.m.xfer.frame-too-long", 1).await;
    friend.is_served(&house).await;
}

/// Who is proven is told what is wrong, and the code is counted.
#[tokio::test(flavor = "multi_thread")]
async fn a_proven_sender_gets_a_report_and_a_replay_gets_the_same_answer() {
    let house = House::open().await;
    let mut hostile = Hostile::connect(&house).await.unwrap();
    let forge = Forge {
        own: stranger(),
        to: house.did.clone(),
    };
    let unknown = forge.sealed(|message| message.typ = "https://example.org/cake/1.0/bake".into());
    let huge = forge.sealed(|message| {
        message.typ = "https://kith.example/protocols/ledger/1.0/entries".into();
        message.body = json!({ "log": "x".repeat(40_000), "have": 1e300, "since": 0 });
    });
    for (bytes, code) in [(unknown, "e.m.msg.unknown-type"), (huge, "e.m.msg.body")] {
        assert_ne!(hostile.send(&bytes).await, b"", "{code}: no report");
        assert_eq!(house.refused().await[code], 1);
    }
    let once = forge.sealed(|_| ());
    for _ in 0..3 {
        assert_ne!(hostile.send(&once).await, b"");
    }
    assert_eq!(
        house.knocks().await,
        1,
        "a replay was taken for a new message"
    );
}
