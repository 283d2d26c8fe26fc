//! What people might tell their agents: every command, with whatever they have heard.
use crate::taps::Taps;
use serde_json::{Map, Value, json};

/// What a field holds.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Texts,
    Number,
    Small,
    Flag,
    Bytes,
    Digest,
}
use Form::{Bytes, Digest, Flag, Number, Small, Text, Texts};

type Fields = &'static [(&'static str, Form)];

const OWNER: [(&str, Fields); 26] = [
    ("init", &[("name", Text), ("ledger", Text)]),
    ("status", &[]),
    ("trustee-invite", &[("name", Text)]),
    ("host-invite", &[("name", Text)]),
    ("trustee-words", &[("name", Text)]),
    ("trustee-verify", &[("name", Text), ("words", Text)]),
    ("trustee-list", &[]),
    ("trustee-ping", &[("name", Text)]),
    ("secret-add", &[("name", Text), ("data", Bytes)]),
    ("secret-list", &[]),
    ("secret-show", &[("name", Text)]),
    ("secret-remove", &[("name", Text)]),
    (
        "protect",
        &[
            ("threshold", Small),
            ("delay", Number),
            ("lifetime", Number),
            ("cool_down", Number),
            ("override_threshold", Small),
        ],
    ),
    ("protect-status", &[]),
    ("alert-list", &[]),
    ("alert-veto", &[("id", Text)]),
    (
        "recover-start",
        &[("name", Text), ("trustees", Texts), ("stolen", Flag)],
    ),
    ("recover-invite", &[("name", Text)]),
    ("recover-words", &[("name", Text)]),
    ("recover-verify", &[("name", Text), ("words", Text)]),
    ("recover-status", &[]),
    ("recover-abort", &[]),
    ("record-list", &[]),
    ("record-outcome", &[("record", Digest)]),
    ("trustee-verify", &[("name", Text), ("words", Text)]),
    ("recover-verify", &[("name", Text), ("words", Text)]),
];

const TRUSTEE: [(&str, Fields); 21] = [
    ("status", &[]),
    ("invitation-open", &[("link", Text)]),
    ("invitation-list", &[]),
    ("invitation-accept", &[("id", Text)]),
    ("invitation-decline", &[("id", Text)]),
    ("owner-list", &[]),
    ("owner-words", &[("name", Text)]),
    ("owner-verify", &[("name", Text), ("words", Text)]),
    ("share-list", &[]),
    ("request-open", &[("link", Text), ("owner", Text)]),
    ("request-list", &[]),
    ("request-show", &[("id", Text)]),
    ("request-verify", &[("id", Text), ("words", Text)]),
    ("request-approve", &[("id", Text)]),
    ("request-deny", &[("id", Text)]),
    ("history", &[]),
    (
        "ledger-create",
        &[
            ("origin", Text),
            ("witnesses", Texts),
            ("quorum", Small),
            ("max_age", Number),
            ("single_operator", Flag),
        ],
    ),
    ("ledger-show", &[]),
    ("ledger-status", &[]),
    ("witness-card", &[]),
    ("witness-adopt", &[("descriptor", Text)]),
];

/// A command for either agent.
pub(crate) fn order(taps: &mut Taps<'_>, owner: bool, texts: &[String]) -> Value {
    let list: &[(&str, Fields)] = if owner { &OWNER } else { &TRUSTEE };
    let (command, fields) = list[taps.below(list.len())];
    let mut order = Map::from_iter([("command".to_owned(), json!(command))]);
    for (name, form) in fields {
        order.insert((*name).to_owned(), value(taps, *form, texts));
    }
    order.into()
}

fn value(taps: &mut Taps<'_>, form: Form, texts: &[String]) -> Value {
    let text = |taps: &mut Taps<'_>| taps.one(texts).cloned().unwrap_or_default();
    match form {
        Text => text(taps).into(),
        Texts => (0..taps.below(5)).map(|_| text(taps)).collect(),
        Number => taps.number().into(),
        Small => taps.number().min(255).into(),
        Flag => taps.flag().into(),
        Bytes => "AAAA".repeat(taps.below(300)).into(),
        Digest => "A".repeat(43).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_protocol::{owner, trustee};

    #[test]
    fn every_command_is_one() {
        for (at, (name, _)) in OWNER.iter().enumerate() {
            let value = order(&mut Taps::new(&[at as u8]), true, &[]);
            let read = serde_json::from_value::<owner::command::Command>(value);
            assert!(read.is_ok(), "{name}: {read:?}");
        }
        for (at, (name, _)) in TRUSTEE.iter().enumerate() {
            let value = order(&mut Taps::new(&[at as u8]), false, &[]);
            let read = serde_json::from_value::<trustee::command::Command>(value);
            assert!(read.is_ok(), "{name}: {read:?}");
        }
    }
}
