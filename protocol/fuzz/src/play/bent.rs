//! Messages bent on their way: one member taken out, replaced by one of another message, or by
//! something that breaks.
use crate::taps::Taps;
use kith_protocol::bytes::{from_base64url, to_base64url};
use kith_protocol::message::Body;
use serde_json::{Value, json};

/// The body with one member changed, if it still is one of its type.
pub(crate) fn bent(
    taps: &mut Taps<'_>,
    body: &Body,
    others: &[Body],
    texts: &[String],
) -> Option<Body> {
    let mut value = body.to_value();
    let places = places(&value);
    let place = taps.one(&places)?.clone();
    let donor = taps.one(others).map(Body::to_value);
    let old = value.pointer_mut(&place)?;
    let other = donor.as_ref().and_then(|donor| same_member(donor, &place));
    *old = match (taps.below(5), &old) {
        // What somebody was told: an id, a name.
        (4, Value::String(_)) => json!(taps.one(texts)),
        (kind, _) => changed(taps, kind, old, other),
    };
    Body::from_value(body.typ(), value).ok()
}

fn changed(taps: &mut Taps<'_>, kind: usize, old: &Value, other: Option<&Value>) -> Value {
    match (kind, old) {
        (0, _) => other.cloned().unwrap_or(Value::Null),
        (1, Value::String(text)) => flipped(taps, text),
        (_, Value::Number(_)) => json!(taps.number()),
        (_, Value::Array(items)) => resized(taps, items),
        (2, Value::String(_)) => json!("A".repeat(taps.below(5_000))),
        (_, Value::String(text)) => flipped(taps, text),
        (_, Value::Bool(flag)) => json!(!flag),
        (_, other) => other.clone(),
    }
}

fn resized(taps: &mut Taps<'_>, items: &[Value]) -> Value {
    let mut items = items.to_vec();
    match taps.below(3) {
        0 => items.clear(),
        1 => items.truncate(taps.below(items.len() + 1)),
        _ => {
            items = items
                .iter()
                .cycle()
                .take(taps.below(600))
                .cloned()
                .collect()
        }
    }
    items.into()
}

/// One bit of the bytes behind the text, so that it stays canonical.
fn flipped(taps: &mut Taps<'_>, text: &str) -> Value {
    let Ok(mut bytes) = from_base64url(text) else {
        return json!(format!("{text}{}", taps.byte()));
    };
    let at = taps.below(bytes.len());
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << (taps.byte() % 8);
    }
    json!(to_base64url(&bytes))
}

fn same_member<'a>(donor: &'a Value, place: &str) -> Option<&'a Value> {
    donor.pointer(place).or_else(|| {
        let name = place.rsplit('/').next()?;
        let found = places(donor)
            .into_iter()
            .find(|other| other.rsplit('/').next() == Some(name))?;
        donor.pointer(&found)
    })
}

/// Paths (RFC 6901) of everything below the body.
fn places(value: &Value) -> Vec<String> {
    let below = |name: String, value: &Value| {
        let deeper = places(value)
            .into_iter()
            .map(|rest| format!("/{name}{rest}"));
        [vec![format!("/{name}")], deeper.collect()].concat()
    };
    match value {
        Value::Object(members) => {
            let each = members
                .iter()
                .map(|(name, value)| below(name.clone(), value));
            each.flatten().collect()
        }
        Value::Array(items) => {
            let each = items.iter().enumerate().take(8);
            each.flat_map(|(at, value)| below(at.to_string(), value))
                .collect()
        }
        _ => Vec::new(),
    }
}
