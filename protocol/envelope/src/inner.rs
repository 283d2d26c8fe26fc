//! What stands inside: from and to [`Plaintext`], with the rules for every header.

use crate::Refused;
use didcomm::Message;
use kith_protocol::did::Did;
use kith_protocol::limits;
use kith_protocol::message::Plaintext;
use serde_json::{Value, json};

const RETURN_ROUTE: &str = "return_route";
const PLEASE_ACK: &str = "please_ack";
const ACK: &str = "ack";

/// The library's form of a message.
pub(crate) fn to_message(plain: &Plaintext) -> Message {
    let mut builder = Message::build(plain.id.clone(), plain.typ.clone(), plain.body.clone())
        .from(plain.from.to_string())
        .to(plain.to.to_string());
    if plain.return_route_all {
        builder = builder.header(RETURN_ROUTE.into(), json!("all"));
    }
    if plain.please_ack {
        // The empty string stands for the message itself.
        builder = builder.header(PLEASE_ACK.into(), json!([""]));
    }
    if !plain.ack.is_empty() {
        builder = builder.header(ACK.into(), json!(plain.ack));
    }
    let mut message = builder.finalize();
    message.thid.clone_from(&plain.thid);
    message.pthid.clone_from(&plain.pthid);
    message.created_time = plain.created_time;
    message.expires_time = plain.expires_time;
    message
}

/// Takes over a decrypted message whose sender and recipient the envelope has proven.
pub(crate) fn from_message(message: Message, from: Did, to: Did) -> Result<Plaintext, Refused> {
    check_parties(&message, &from, &to)?;
    if message.from_prior.is_some() {
        return Err(Refused::NestedProof);
    }
    if message
        .attachments
        .as_ref()
        .is_some_and(|attachments| !attachments.is_empty())
    {
        return Err(Refused::Attachments);
    }
    let header = |name| message.extra_headers.get(name);
    let plain = Plaintext {
        return_route_all: return_route_all(header(RETURN_ROUTE))?,
        please_ack: asks_for_ack(header(PLEASE_ACK), &message.id)?,
        ack: strings(header(ACK))?
            .into_iter()
            .map(str::to_owned)
            .collect(),
        from,
        to,
        id: message.id,
        typ: message.type_,
        thid: message.thid,
        pthid: message.pthid,
        created_time: message.created_time,
        expires_time: message.expires_time,
        body: message.body,
    };
    check_form(&plain)?;
    Ok(plain)
}

/// The library compares neither: any sender could write any name.
fn check_parties(message: &Message, from: &Did, to: &Did) -> Result<(), Refused> {
    if message.from.as_deref() != Some(from.as_str()) {
        return Err(Refused::FromMismatch);
    }
    match message.to.as_deref() {
        Some([only]) if only == to.as_str() => Ok(()),
        _ => Err(Refused::ToMismatch),
    }
}

/// Rules for what we write as well as for what we read.
pub(crate) fn check_form(plain: &Plaintext) -> Result<(), Refused> {
    let threads = [&plain.thid, &plain.pthid];
    let ids = threads
        .into_iter()
        .flatten()
        .chain(&plain.ack)
        .chain([&plain.id]);
    if !ids.into_iter().all(|id| is_id(id)) {
        return Err(Refused::Id);
    }
    if plain.ack.len() > limits::envelope::ACKS {
        return Err(Refused::Header);
    }
    if !is_type(&plain.typ) {
        return Err(Refused::Type);
    }
    if plain.body.is_object() && is_shallow(&plain.body, limits::envelope::BODY_DEPTH) {
        Ok(())
    } else {
        Err(Refused::Body)
    }
}

/// Rules for what we read at `now`: `created_time` and `expires_time` of a message, all in seconds since
/// 1970. For [`crate::open`], and for whoever stands in for it.
///
/// # Errors
/// A message from the future, one that has expired, and one that is valid for too long.
pub fn check_times(
    (created, expires): (Option<u64>, Option<u64>),
    now: u64,
) -> Result<(), Refused> {
    if created.is_some_and(|created| created > now.saturating_add(limits::envelope::CLOCK_AHEAD)) {
        return Err(Refused::FromTheFuture);
    }
    match expires {
        Some(expires) if expires <= now => Err(Refused::Expired),
        Some(expires) if expires - now > limits::envelope::VALIDITY => Err(Refused::ValidTooLong),
        _ => Ok(()),
    }
}

/// Unreserved characters of RFC 3986: safe as part of a storage key, a URL or a log line.
fn is_id(text: &str) -> bool {
    let safe = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    (1..=limits::envelope::ID_BYTES).contains(&text.len()) && text.bytes().all(safe)
}

fn is_type(text: &str) -> bool {
    (1..=limits::envelope::TYPE_BYTES).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_graphic())
        && text.contains(':')
}

/// Recursion here is bounded by the JSON reader, which stops at 128.
fn is_shallow(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(items) => depth > 0 && items.iter().all(|item| is_shallow(item, depth - 1)),
        Value::Object(map) => depth > 0 && map.values().all(|item| is_shallow(item, depth - 1)),
        _ => true,
    }
}

fn return_route_all(header: Option<&Value>) -> Result<bool, Refused> {
    match header {
        None => Ok(false),
        Some(Value::String(route)) => Ok(route == "all"),
        Some(_) => Err(Refused::Header),
    }
}

fn asks_for_ack(header: Option<&Value>, id: &str) -> Result<bool, Refused> {
    Ok(strings(header)?
        .iter()
        .any(|asked| asked.is_empty() || *asked == id))
}

fn strings(header: Option<&Value>) -> Result<Vec<&str>, Refused> {
    match header {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) if items.len() <= limits::envelope::ACKS => items
            .iter()
            .map(|item| item.as_str().ok_or(Refused::Header))
            .collect(),
        Some(_) => Err(Refused::Header),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The library verifies such a claim first and finds no key for it among our parties; should
    /// it ever succeed, the claim is still not overlooked.
    #[test]
    fn a_verified_change_of_identifier_is_refused_too() {
        let did = |key: &str| Did::parse(&format!("did:key:{key}")).expect("valid");
        let from = did("z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK");
        let to = did("z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX");
        let message = || {
            Message::build("1".into(), "x:y".into(), json!({}))
                .from(from.to_string())
                .to(to.to_string())
        };
        let read = |message| from_message(message, from.clone(), to.clone());
        assert!(read(message().finalize()).is_ok());
        let changed = message().from_prior("jwt".into()).finalize();
        assert_eq!(read(changed), Err(Refused::NestedProof));
    }
}
