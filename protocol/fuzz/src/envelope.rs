//! Sealed messages: only the one that Alice sealed opens for Bob.
//!
//! `sealed.json` was made once by `kith_envelope::seal`. Nobody without her key makes another that
//! opens, so whatever opens says what hers said.
use crate::pinned::person;
use kith_envelope::{Opened, Refused, SealError, open, seal};
use kith_protocol::bytes::to_base64url;
use kith_protocol::did::LocalDid;
use kith_protocol::message::Plaintext;
use serde_json::Value;
use std::sync::{Arc, LazyLock};

pub(crate) const SEALED: &str = include_str!("sealed.json");
/// Some moment in 2027, in seconds since 1970.
const NOW: u64 = 1_800_000_000;

static ALICE: LazyLock<LocalDid> = LazyLock::new(|| person(1));
static BOB: LazyLock<Arc<LocalDid>> = LazyLock::new(|| Arc::new(person(2)));
static ORIGINAL: LazyLock<Opened> =
    LazyLock::new(|| opened(SEALED.as_bytes()).expect("the message that was sealed"));

fn opened(bytes: &[u8]) -> Result<Opened, Refused> {
    let bob = &*BOB;
    open(bytes, &|did| (did == bob.did()).then(|| bob.clone()), NOW)
}

fn hold(bytes: &[u8]) {
    match opened(bytes) {
        Ok(opened) => assert_eq!(opened, *ORIGINAL, "a message that nobody sealed"),
        Err(refused) => assert_ne!(
            refused,
            Refused::Library,
            "a message took the library another way"
        ),
    }
}

/// The whole envelope.
pub(crate) fn envelope(bytes: &[u8]) {
    hold(bytes);
}

/// The protected header alone, base64 and braces aside: the fuzzer sees the text inside.
pub(crate) fn header(bytes: &[u8]) {
    let mut sealed: Value = serde_json::from_str(SEALED).expect("JSON");
    sealed["protected"] = Value::String(to_base64url(bytes));
    hold(sealed.to_string().as_bytes());
}

/// What stands inside, as anybody may seal it: what is sealed opens as it was, and what is refused
/// when it arrives is refused before it is sent, but for its times.
pub(crate) fn inside(bytes: &[u8]) {
    let Some(plain) = plain(bytes) else {
        return;
    };
    match seal(&plain, &ALICE) {
        Ok(sealed) => match opened(&sealed) {
            Ok(opened) => assert_eq!(opened.message, plain),
            Err(Refused::Expired | Refused::FromTheFuture | Refused::ValidTooLong) => {}
            Err(refused) => panic!("sealed and refused: {refused}"),
        },
        Err(SealError::Unacceptable(_) | SealError::TooLarge { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}

fn plain(bytes: &[u8]) -> Option<Plaintext> {
    let mut json: Value = serde_json::from_slice(bytes).ok()?;
    let text = |name: &str| json[name].as_str().map(str::to_owned);
    let acks = json["ack"].as_array().into_iter().flatten();
    Some(Plaintext {
        id: text("id")?,
        typ: text("type")?,
        from: ALICE.did().clone(),
        to: BOB.did().clone(),
        thid: text("thid"),
        pthid: text("pthid"),
        created_time: json["created_time"].as_u64(),
        expires_time: json["expires_time"].as_u64(),
        return_route_all: json["return_route_all"].is_string(),
        please_ack: json["please_ack"].is_array(),
        ack: acks
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect(),
        body: json["body"].take(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_that_was_sealed_opens() {
        let alice = person(1);
        assert_eq!(ORIGINAL.message.from, *alice.did());
        assert_eq!(ORIGINAL.message.body["epoch"], 1);
    }

    #[test]
    fn one_changed_letter_is_refused() {
        let changed = SEALED.replacen("\"tag\":\"", "\"tag\":\"A", 1);
        assert!(opened(changed.as_bytes()).is_err());
    }
}
