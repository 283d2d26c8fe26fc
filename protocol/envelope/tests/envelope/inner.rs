//! Envelopes that decrypt and are refused for what stands inside. The bare library takes each of
//! them (asserted where it is not obvious), so the refusal is ours.

use crate::forge::{
    NOW, Packing, World, alice, bob, forged, library_accepts, local, members, message, open_as,
    pack, refusal,
};
use didcomm::FromPrior;
use futures::FutureExt as _;
use kith_envelope::Refused;
use kith_protocol::limits;
use serde_json::{Map, Value, json};

type Spoil = Box<dyn FnOnce(&mut Map<String, Value>)>;

fn set(member: &'static str, value: Value) -> Spoil {
    Box::new(move |members| drop(members.insert(member.to_owned(), value)))
}

fn unset(member: &'static str) -> Spoil {
    Box::new(move |members| drop(members.remove(member)))
}

fn assert_ours(bytes: &[u8], refused: Refused) {
    assert!(library_accepts(bytes), "{refused:?} is not only ours");
    assert_eq!(refusal(bytes), refused);
}

#[test]
fn an_unspoilt_forgery_opens() {
    let opened = open_as(&bob(), &forged(|_| ())).expect("opens");
    assert_eq!(opened.message.from, *alice().did());
    assert_eq!(opened.message.to, *bob().did());
}

/// The attack: Mallory, a correspondent of Bob, writes Alice's name into a message of its own.
#[test]
fn a_name_that_is_not_the_owner_of_the_key_is_refused() {
    let carol = local(3).did().to_string();
    for spoil in [set("from", json!(carol)), unset("from")] {
        assert_ours(&forged(spoil), Refused::FromMismatch);
    }
    let with_fragment = json!(alice().agreement_kid());
    assert_ours(&forged(set("from", with_fragment)), Refused::FromMismatch);
}

/// The attack: Bob passes a message that was meant for him on, as if it were meant for another.
#[test]
fn a_message_meant_for_others_or_for_several_is_refused() {
    let (bob, carol) = (bob().did().to_string(), local(3).did().to_string());
    let spoils = [
        set("to", json!([carol])),
        set("to", json!([bob, carol])),
        set("to", json!([bob, bob])),
        set("to", json!([])),
        unset("to"),
    ];
    for spoil in spoils {
        assert_ours(&forged(spoil), Refused::ToMismatch);
    }
}

#[test]
fn an_expired_message_is_refused() {
    for expires in [0, NOW - 1, NOW] {
        assert_ours(
            &forged(set("expires_time", json!(expires))),
            Refused::Expired,
        );
    }
    assert!(open_as(&bob(), &forged(set("expires_time", json!(NOW + 1)))).is_ok());
}

#[test]
fn a_message_from_the_future_is_refused() {
    let limit = NOW + limits::envelope::CLOCK_AHEAD;
    assert!(open_as(&bob(), &forged(set("created_time", json!(limit)))).is_ok());
    for created in [limit + 1, u64::MAX] {
        assert_ours(
            &forged(set("created_time", json!(created))),
            Refused::FromTheFuture,
        );
    }
}

#[test]
fn a_message_that_is_valid_for_too_long_is_refused() {
    let limit = NOW + limits::envelope::VALIDITY;
    assert!(open_as(&bob(), &forged(set("expires_time", json!(limit)))).is_ok());
    for expires in [limit + 1, u64::MAX] {
        assert_ours(
            &forged(set("expires_time", json!(expires))),
            Refused::ValidTooLong,
        );
    }
}

#[test]
fn unsafe_ids_are_refused() {
    for member in ["id", "thid", "pthid"] {
        for id in ["", "a b", "../x", "a\nb", "\u{e9}", "a/b", &"a".repeat(37)] {
            assert_ours(&forged(set(member, json!(id))), Refused::Id);
        }
        let uuid = "7e8a1b2c-3d4e-5f60-7182-93a4b5c6d7e8";
        assert!(open_as(&bob(), &forged(set(member, json!(uuid)))).is_ok());
    }
    assert_ours(&forged(set("ack", json!([""]))), Refused::Id);
}

#[test]
fn a_type_that_is_no_bounded_uri_is_refused() {
    for typ in [
        "",
        "ping",
        "https://x y",
        "x:\u{e9}",
        &format!("x:{}", "y".repeat(255)),
    ] {
        assert_ours(&forged(set("type", json!(typ))), Refused::Type);
    }
}

#[test]
fn headers_of_another_form_are_refused() {
    let many = json!(vec!["a"; limits::envelope::ACKS + 1]);
    let spoils = [
        set("return_route", json!(1)),
        set("please_ack", json!(true)),
        set("please_ack", json!([1])),
        set("please_ack", many.clone()),
        set("ack", json!("a")),
        set("ack", many),
    ];
    for spoil in spoils {
        assert_ours(&forged(spoil), Refused::Header);
    }
}

#[test]
fn a_foreign_but_lawful_header_is_understood_or_ignored() {
    let id = members()["id"].clone();
    let opened = open_as(&bob(), &forged(set("please_ack", json!([id])))).expect("opens");
    assert!(opened.message.please_ack);
    let opened = open_as(&bob(), &forged(set("please_ack", json!(["other"])))).expect("opens");
    assert!(!opened.message.please_ack);
    let opened = open_as(&bob(), &forged(set("return_route", json!("thread")))).expect("opens");
    assert!(!opened.message.return_route_all);
    assert!(open_as(&bob(), &forged(set("lang", json!("de")))).is_ok());
}

#[test]
fn attachments_are_refused_and_not_lost() {
    let attachment = json!([{ "data": { "json": {} } }]);
    assert_ours(
        &forged(set("attachments", attachment)),
        Refused::Attachments,
    );
}

#[test]
fn a_body_that_is_no_object_or_too_deep_is_refused() {
    let deep = (0..=limits::envelope::BODY_DEPTH).fold(json!(1), |inner, _| json!({ "a": inner }));
    for body in [
        json!(null),
        json!([]),
        json!("text"),
        json!({ "a": [deep] }),
    ] {
        assert_ours(&forged(set("body", body)), Refused::Body);
    }
}

#[test]
fn an_inner_media_type_of_another_kind_is_refused() {
    let mut message = message(members());
    message.typ = "application/json".into();
    assert_eq!(
        refusal(&pack(&message, Packing::default())),
        Refused::Undecryptable
    );
}

/// A signature of the sender, and one of a stranger who is not even known.
#[test]
fn a_nested_signature_is_refused() {
    let bytes = pack(
        &message(members()),
        Packing {
            signed: true,
            ..Packing::default()
        },
    );
    assert_ours(&bytes, Refused::NestedProof);
}

#[test]
fn a_change_of_the_senders_identifier_is_not_overlooked() {
    let (old, new) = (local(4), alice());
    let world = World::of(&[&old, &new]);
    let claim = FromPrior::build(old.did().to_string(), new.did().to_string()).finalize();
    let packing = claim.pack(None, &world, &world).now_or_never();
    let (jwt, _) = packing.expect("ready").expect("packs");
    let mut message = message(members());
    message.from_prior = Some(jwt);
    let bytes = pack(&message, Packing::default());
    assert!(library_accepts(&bytes));
    assert_eq!(refusal(&bytes), Refused::NestedProof);
}
