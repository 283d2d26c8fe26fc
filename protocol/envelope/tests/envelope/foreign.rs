//! Messages packed by another implementation, kept as a file: the implementation itself would
//! bring a second set of crypto crates into the workspace. Its other half, that it opens what
//! `seal` makes, was tried once outside the workspace with both methods.

use kith_envelope::open;
use kith_protocol::did::LocalDid;
use serde_json::{Value, json};
use std::sync::Arc;

fn messages() -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("foreign.json")).expect("JSON");
    file["messages"].as_array().expect("messages").clone()
}

fn text<'a>(message: &'a Value, member: &str) -> &'a str {
    message[member].as_str().expect("text")
}

fn recipient(message: &Value) -> Arc<LocalDid> {
    let row = hex::decode(text(message, "recipient_row")).expect("hex");
    Arc::new(postcard::from_bytes(&row).expect("a stored identifier"))
}

/// C1: the profile is the one others write, for both methods.
#[test]
fn messages_of_another_implementation_open() {
    let messages = messages();
    assert_eq!(messages.len(), 2);
    for message in &messages {
        let bob = recipient(message);
        let find = |did: &_| (did == bob.did()).then(|| Arc::clone(&bob));
        let opened = open(text(message, "packed").as_bytes(), &find, 0).expect("opens");
        assert!(
            opened
                .recipient
                .as_str()
                .starts_with(text(message, "method"))
        );
        assert_eq!(opened.message.from.as_str(), text(message, "sender"));
        assert_eq!(
            opened.message.typ,
            "https://didcomm.org/trust-ping/2.0/ping"
        );
        assert_eq!(opened.message.body, json!({ "response_requested": true }));
    }
}
