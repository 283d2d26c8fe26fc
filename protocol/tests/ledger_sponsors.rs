//! Who sponsors a request, and until when that binds (G10, decision 0026).
#![allow(clippy::unwrap_used)]
mod ledger_support;

use kith_protocol::ledger::{Invalid, Verdict};
use kith_protocol::time::Timestamp;
use ledger_support::*;

#[test]
fn a_request_is_anchored_once_whoever_sponsors_it() {
    let (world, _) = World::asked();
    assert_eq!(
        world.refused(&world.request(0), LATER),
        Invalid::RequestExists
    );
    assert_eq!(
        world.refused(&world.request(1), LATER),
        Invalid::RequestExists
    );
}

/// G10: one open request per sponsoring trustee, and a cool-down after it failed.
#[test]
fn a_sponsor_has_one_open_request_and_cools_down_after_a_failed_one() {
    let (mut world, _) = World::asked();
    let end = LATER.after(LIFETIME);
    let second = |expiry: Timestamp, world: &World| {
        let mut body = world.request_body(0);
        body.expiry = expiry.after(LIFETIME);
        world.request_of(body, 0)
    };
    let early = just_before(end);
    assert_eq!(
        world.refused(&second(early, &world), early),
        Invalid::SponsorBusy
    );
    let until = end.after(COOL_DOWN);
    assert_eq!(
        world.refused(&second(end, &world), end),
        Invalid::SponsorCooling { until }
    );
    let another = {
        let mut body = world.request_body(1);
        body.expiry = end.after(LIFETIME);
        world.request_of(body, 1)
    };
    assert!(
        kith_protocol::ledger::check(&world.state, &another, end).is_ok(),
        "another sponsor is free"
    );
    let record = second(until, &world);
    world.put(&record, until).unwrap();
}

/// G10: whoever sponsored a request and then refused it does not stand in the way of the rightful one
/// for as long as the false one lives.
#[test]
fn a_sponsor_that_takes_its_word_back_cools_down_from_then_on() {
    let (mut world, id) = World::asked();
    world.say(0, Verdict::Withdrawn, LATER).unwrap();
    let until = LATER.after(COOL_DOWN);
    let mut body = world.request_body(0);
    body.expiry = just_before(until).after(LIFETIME);
    let second = world.request_of(body, 0);
    let early = just_before(until);
    assert_eq!(
        world.refused(&second, early),
        Invalid::SponsorCooling { until }
    );
    assert!(kith_protocol::ledger::check(&world.state, &second, until).is_ok());
    assert!(
        !world.state.request_status(&id, until).unwrap().ended,
        "the first request goes on: others may approve it"
    );
    world.say(0, Verdict::Approve, until).unwrap();
    assert_eq!(
        world.refused(&second, until),
        Invalid::SponsorBusy,
        "it stands by the first again"
    );
}

#[test]
fn nothing_is_withdrawn_that_was_not_given() {
    let (world, _) = World::asked();
    assert_eq!(
        world.refused(&world.verdict(1, Verdict::Withdrawn), LATER),
        Invalid::NothingToWithdraw
    );
}
