//! Sealed messages: only the one that Alice sealed opens for Bob.
//!
//! `sealed.json` was made once by `kith_envelope::seal`. Nobody without her key makes another that
//! opens, so whatever opens says what hers said.
use crate::pinned::person;
use kith_envelope::{Opened, Refused, open};
use kith_protocol::bytes::to_base64url;
use kith_protocol::did::LocalDid;
use serde_json::Value;
use std::sync::{Arc, LazyLock};

pub(crate) const SEALED: &str = include_str!("sealed.json");
/// Some moment in 2027, in seconds since 1970.
const NOW: u64 = 1_800_000_000;

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
            Refused::NotReady,
            "a message made the library wait"
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
