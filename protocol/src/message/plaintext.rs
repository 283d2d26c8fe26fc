//! One opened message: what stands inside the envelope, before its body is understood.

use crate::did::Did;

/// A DIDComm v2 plaintext message (DIDComm Messaging 2.1, "Message Headers") in the profile used
/// here: always one sender and one recipient, both proven by the envelope before this value exists
/// on the receiving side.
#[derive(Clone, Debug, PartialEq)]
pub struct Plaintext {
    /// Unique for its sender; 32 lowercase hex digits when we write it.
    pub id: String,
    /// Message type URI, `type` in JSON.
    pub typ: String,
    /// Sender.
    pub from: Did,
    /// Recipient, exactly one.
    pub to: Did,
    /// Thread: the `id` of the first message of the conversation.
    pub thid: Option<String>,
    /// Parent thread.
    pub pthid: Option<String>,
    /// When the sender made it, seconds since 1970.
    pub created_time: Option<u64>,
    /// When it stops being valid, seconds since 1970.
    pub expires_time: Option<u64>,
    /// `return_route: all`: the reply may come back on the same stream.
    pub return_route_all: bool,
    /// `please_ack`: the sender asks for an acknowledgement of this message.
    pub please_ack: bool,
    /// Ids of messages this one acknowledges.
    pub ack: Vec<String>,
    /// Protocol-specific content, a JSON object.
    pub body: serde_json::Value,
}
