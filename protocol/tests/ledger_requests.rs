//! Each rule on requests, verdicts, vetoes, overrides and completions, broken alone (R13, G7, G8,
//! G13).
#![allow(clippy::unwrap_used)]
mod ledger_support;

use kith_protocol::bytes::Digest;
use kith_protocol::ledger::{
    Act, Authorizations, CompleteBody, Endorsement, Hold, Invalid, NO_PREV, Record, RecordBody,
    RequestKind, Subject, Verdict,
};
use kith_protocol::time::{Millis, Timestamp};
use ledger_support::*;

// --- requests ---

#[test]
fn a_sponsored_request_is_anchored() {
    let (world, id) = World::asked();
    let status = world.state.request_status(&id, LATER).unwrap();
    assert_eq!(
        (status.approvals, status.threshold, status.full_since),
        (0, 3, None)
    );
    assert_eq!(
        world.state.release_allowed(&id, LATER),
        Err(Hold::NotFull { have: 0, needed: 3 })
    );
}

/// R13: nothing is released for a request that is not anchored.
#[test]
fn a_request_that_is_not_anchored_releases_nothing() {
    let world = World::protected();
    assert_eq!(
        world.state.release_allowed(&world.id(), LATER),
        Err(Hold::NotAnchored)
    );
    assert_eq!(world.state.request_status(&world.id(), LATER), None);
}

/// R13, G8: the id fixes the claimant's keys, so a request under another's id is refused.
#[test]
fn a_request_that_names_another_key_is_another_request() {
    let world = World::protected();
    let mut body = world.request_body(0);
    let honest = body.id();
    body.signing = key(99).verifying_key();
    assert_ne!(body.id(), honest);
    let mut record = world.request_of(body, 0);
    record.subject = Subject::Request(honest);
    assert_eq!(world.refused(&record, LATER), Invalid::WrongSubject);
}

#[test]
fn every_field_that_people_agree_on_changes_the_id() {
    let world = World::protected();
    let body = world.request_body(0);
    let changed = |change: &dyn Fn(&mut kith_protocol::ledger::RequestBody)| {
        let mut other = body.clone();
        change(&mut other);
        other.id()
    };
    let other_sealing = kith_protocol::keys::AgreementSecret::generate(&mut rng(98)).public_key();
    let ids = [
        changed(&|body| body.log = Digest([1; 32])),
        changed(&|body| body.policy = Digest([1; 32])),
        changed(&|body| body.epoch = 2),
        changed(&|body| body.lane.delay = Millis::seconds(1)),
        changed(&|body| body.kind = RequestKind::Stolen),
        changed(&|body| body.signing = key(99).verifying_key()),
        changed(&|body| body.sealing = other_sealing),
        changed(&|body| body.expiry = LATER),
    ];
    assert!(ids.iter().all(|id| *id != body.id()));
    assert_eq!(
        world.request_body(1).id(),
        body.id(),
        "the sponsor is left out"
    );
}

#[test]
fn a_request_on_another_log_is_refused() {
    let world = World::protected();
    let mut body = world.request_body(0);
    body.log = Digest([8; 32]);
    assert_eq!(
        world.refused(&world.request_of(body, 0), LATER),
        Invalid::WrongSubject
    );
}

#[test]
fn a_request_on_an_unknown_policy_is_refused() {
    let world = World::protected();
    let mut body = world.request_body(0);
    body.policy = Digest([8; 32]);
    assert_eq!(
        world.refused(&world.request_of(body, 0), LATER),
        Invalid::UnknownPolicy
    );
}

#[test]
fn a_request_against_another_epoch_is_refused() {
    let world = World::protected();
    let mut body = world.request_body(0);
    body.epoch = 2;
    assert_eq!(
        world.refused(&world.request_of(body, 0), LATER),
        Invalid::EpochNotActive
    );
}

#[test]
fn a_lane_that_was_changed_is_not_the_one_committed_to() {
    let world = World::protected();
    let mut body = world.request_body(0);
    body.lane.threshold = 2;
    assert_eq!(
        world.refused(&world.request_of(body, 0), LATER),
        Invalid::LaneUnknown
    );
    let mut body = world.request_body(0);
    body.lane.lane = 1;
    assert_eq!(
        world.refused(&world.request_of(body, 0), LATER),
        Invalid::LaneUnknown
    );
}

/// G7: waiting times are computed from the clear bounds, so no lane may be longer.
#[test]
fn a_lane_above_the_clear_bounds_is_refused() {
    for change in [
        (|lane| lane.delay = Millis(LONGEST_DELAY.0 + 1))
            as fn(&mut kith_protocol::policy::LaneOpening),
        |lane| lane.lifetime = Millis(LONGEST_LIFETIME.0 + 1),
    ] {
        let mut world = World::founded();
        world.epoch = epoch_with(1, 5, change);
        let record = world.dealt(&world.epoch.body);
        world.put(&record, START).unwrap();
        assert_eq!(
            world.refused(&world.request(0), LATER).code(),
            "e.p.ledger.lane-unlawful"
        );
    }
}

#[test]
fn an_unlawful_lane_is_refused_though_it_was_committed_to() {
    let unlawful: [fn(&mut kith_protocol::policy::LaneOpening); 5] = [
        |lane| lane.threshold = 1,
        |lane| lane.override_threshold = 2,
        |lane| lane.delay = Millis(0),
        |lane| lane.lifetime = Millis(0),
        |lane| lane.cool_down = Millis(u64::MAX),
    ];
    for change in unlawful {
        let mut world = World::founded();
        world.epoch = epoch_with(1, 5, change);
        let record = world.dealt(&world.epoch.body);
        world.put(&record, START).unwrap();
        assert_eq!(
            world.refused(&world.request(0), LATER).code(),
            "e.p.ledger.lane-unlawful"
        );
    }
}

#[test]
fn a_request_that_has_expired_or_lives_too_long_is_refused() {
    let world = World::protected();
    let mut body = world.request_body(0);
    body.expiry = LATER;
    assert_eq!(
        world.refused(&world.request_of(body, 0), LATER),
        Invalid::Expired
    );
    let mut body = world.request_body(0);
    body.expiry = Timestamp(LATER.after(LIFETIME).0 + 1);
    assert_eq!(
        world.refused(&world.request_of(body, 0), LATER),
        Invalid::ExpiryTooFar
    );
}

#[test]
fn a_sponsor_who_is_no_trustee_is_refused() {
    let world = World::protected();
    let mut body = world.request_body(0);
    let stranger = key(77);
    body.sponsor = stranger.verifying_key();
    let record = Record::request(body, &world.claimant).sponsored(&LOG, &stranger);
    assert_eq!(world.refused(&record, LATER), Invalid::NotATrustee);
}

#[test]
fn a_request_without_its_sponsors_signature_is_refused() {
    let world = World::protected();
    let unsponsored = Record::request(world.request_body(0), &world.claimant);
    assert_eq!(world.refused(&unsponsored, LATER), Invalid::WrongSignatures);
    let by_another = unsponsored.sponsored(&LOG, &world.epoch.trustees[1]);
    assert_eq!(world.refused(&by_another, LATER), Invalid::BadSignature);
}

#[test]
fn a_request_without_its_claimants_signature_is_refused() {
    let world = World::protected();
    let record =
        Record::request(world.request_body(0), &key(99)).sponsored(&LOG, &world.epoch.trustees[0]);
    assert_eq!(world.refused(&record, LATER), Invalid::BadSignature);
}

#[test]
fn records_without_a_chain_name_no_place() {
    let world = World::protected();
    for place in [(1, NO_PREV), (0, Digest([1; 32]))] {
        let mut record = world.request(0);
        (record.seq, record.prev) = place;
        assert_eq!(world.refused(&record, LATER), Invalid::StaleHead);
    }
}

// --- verdicts ---

/// R13: a lane that is not full releases nothing; the delay counts from the approval that fills it.
#[test]
fn the_delay_starts_when_the_lane_is_full() {
    let (mut world, id) = World::asked();
    world.say(0, Verdict::Approve, LATER).unwrap();
    world.say(1, Verdict::Approve, LATER).unwrap();
    let far = Timestamp(LATER.0 + 2_000_000);
    assert_eq!(
        world.state.release_allowed(&id, far),
        Err(Hold::NotFull { have: 2, needed: 3 })
    );
    world.say(2, Verdict::Stolen, far).unwrap();
    let until = far.after(DELAY);
    assert_eq!(
        world.state.release_allowed(&id, just_before(until)),
        Err(Hold::Delay { until })
    );
    assert_eq!(world.state.release_allowed(&id, until), Ok(()));
}

#[test]
fn a_verdict_on_an_unknown_request_is_refused() {
    let (world, _) = World::asked();
    let mut record = world.verdict(0, Verdict::Approve);
    record.subject = Subject::Request(Digest([1; 32]));
    assert_eq!(world.refused(&record, LATER), Invalid::UnknownRequest);
    record.subject = Subject::Policy(world.policy);
    assert_eq!(world.refused(&record, LATER), Invalid::WrongSubject);
}

#[test]
fn a_verdict_of_somebody_else_is_refused() {
    let (world, id) = World::asked();
    let stranger = key(77);
    let trustee = world.epoch.trustees[0].verifying_key();
    let path = world.epoch.tree.path(&trustee).unwrap();
    let body = |key| kith_protocol::ledger::ApprovalBody {
        key,
        path: path.clone(),
        verdict: Verdict::Approve,
    };
    let outsider = Record::approval(&LOG, (id, 0), body(stranger.verifying_key()), &stranger);
    assert_eq!(world.refused(&outsider, LATER), Invalid::NotATrustee);
    let forger = Record::approval(&LOG, (id, 0), body(trustee), &stranger);
    assert_eq!(world.refused(&forger, LATER), Invalid::BadSignature);
}

/// R13: an approval is signed for one request and is worth nothing on another of the same owner.
#[test]
fn an_approval_of_another_request_does_not_count_here() {
    let (mut world, _) = World::asked();
    let mut body = world.request_body(1);
    body.expiry = just_before(body.expiry);
    let other = world.request_of(body, 1);
    world.put(&other, LATER).unwrap();
    let mut approval = world.verdict(0, Verdict::Approve);
    approval.subject = Subject::Request(id_of(&other));
    assert_eq!(world.refused(&approval, LATER), Invalid::BadSignature);
}

#[test]
fn one_trustee_counts_once() {
    let (mut world, id) = World::asked();
    world.say(0, Verdict::Approve, LATER).unwrap();
    assert_eq!(
        world.refused(&world.verdict(0, Verdict::Approve), LATER),
        Invalid::VerdictUnchanged
    );
    world.say(0, Verdict::Stolen, LATER).unwrap();
    assert_eq!(world.state.request_status(&id, LATER).unwrap().approvals, 1);
}

/// Anybody could otherwise bring a withdrawn approval back by repeating its bytes.
#[test]
fn a_withdrawn_approval_cannot_be_repeated_by_others() {
    let (mut world, id) = World::asked();
    let first = world.verdict(0, Verdict::Approve);
    world.put(&first, LATER).unwrap();
    world.say(0, Verdict::Withdrawn, LATER).unwrap();
    assert_eq!(world.refused(&first, LATER), Invalid::StaleHead);
    assert_eq!(world.state.request_status(&id, LATER).unwrap().approvals, 0);
    world.say(0, Verdict::Approve, LATER).unwrap();
    assert_eq!(world.state.request_status(&id, LATER).unwrap().approvals, 1);
}

/// G15: each change of mind is a record that every reader keeps for ever. The last one stands, and no
/// other trustee has lost a word.
#[test]
fn a_key_changes_its_verdict_sixteen_times_and_no_more() {
    let (mut world, id) = World::asked();
    let alternating = [Verdict::Approve, Verdict::Withdrawn].into_iter().cycle();
    for verdict in alternating.take(16) {
        world.say(0, verdict, LATER).unwrap();
    }
    let refused = world.refused(&world.verdict(0, Verdict::Approve), LATER);
    assert_eq!(refused, Invalid::TooManyVerdicts);
    assert_eq!(refused.code(), "e.p.ledger.too-many-verdicts");
    world.say(1, Verdict::Approve, LATER).unwrap();
    assert_eq!(world.state.request_status(&id, LATER).unwrap().approvals, 1);
}

#[test]
fn an_approval_is_withdrawn_until_the_delay_is_over_and_not_later() {
    let (world, _) = World::approved();
    let withdrawal = world.verdict(0, Verdict::Withdrawn);
    assert!(kith_protocol::ledger::check(&world.state, &withdrawal, just_before(over())).is_ok());
    assert_eq!(
        world.refused(&withdrawal, over()),
        Invalid::WithdrawalTooLate
    );
}

#[test]
fn the_delay_starts_again_when_the_lane_becomes_full_again() {
    let (mut world, id) = World::approved();
    let middle = LATER.after(Millis::seconds(500));
    world.say(0, Verdict::Withdrawn, middle).unwrap();
    assert_eq!(
        world.state.release_allowed(&id, over()),
        Err(Hold::NotFull { have: 2, needed: 3 })
    );
    world.say(3, Verdict::Approve, middle).unwrap();
    let until = middle.after(DELAY);
    assert_eq!(
        world.state.release_allowed(&id, over()),
        Err(Hold::Delay { until })
    );
    assert_eq!(world.state.release_allowed(&id, until), Ok(()));
}

#[test]
fn further_approvals_do_not_start_the_delay_again() {
    let (mut world, id) = World::approved();
    world.say(3, Verdict::Approve, just_before(over())).unwrap();
    assert_eq!(world.state.release_allowed(&id, over()), Ok(()));
}

// --- the end of a request ---

#[test]
fn a_request_ends_at_its_expiry_while_it_is_short() {
    let (world, id) = World::asked();
    let expiry = LATER.after(LIFETIME);
    assert!(
        !world
            .state
            .request_status(&id, just_before(expiry))
            .unwrap()
            .ended
    );
    assert!(world.state.request_status(&id, expiry).unwrap().ended);
    assert_eq!(world.state.release_allowed(&id, expiry), Err(Hold::Ended));
    for record in [
        world.verdict(0, Verdict::Approve),
        world.veto(&world.owner),
        world.completion(),
    ] {
        assert_eq!(world.refused(&record, expiry), Invalid::RequestEnded);
    }
}

#[test]
fn a_full_request_ends_one_lifetime_after_its_delay() {
    let (world, id) = World::approved();
    let end = over().after(LIFETIME);
    assert!(
        world
            .state
            .release_allowed(&id, LATER.after(LIFETIME))
            .is_ok(),
        "expiry does not end it"
    );
    assert_eq!(world.state.release_allowed(&id, just_before(end)), Ok(()));
    assert_eq!(world.state.release_allowed(&id, end), Err(Hold::Ended));
    assert_eq!(
        world.refused(&world.completion(), end),
        Invalid::RequestEnded
    );
}

#[test]
fn a_veto_moves_the_end_by_a_lifetime_and_no_further() {
    let (mut world, id) = World::approved();
    let vetoed = over().after(Millis::seconds(100));
    let record = world.veto(&world.owner);
    world.put(&record, vetoed).unwrap();
    let status = world.state.request_status(&id, vetoed).unwrap();
    assert_eq!(status.ends_at, vetoed.after(LIFETIME));
}

#[test]
fn a_request_that_falls_short_after_its_expiry_ends_there() {
    let (mut world, id) = World::asked();
    let late = just_before(LATER.after(LIFETIME));
    for trustee in 0..3 {
        world.say(trustee, Verdict::Approve, late).unwrap();
    }
    let after = late.after(Millis::seconds(10));
    world.say(0, Verdict::Withdrawn, after).unwrap();
    assert!(world.state.request_status(&id, after).unwrap().ended);
    assert_eq!(
        world.refused(&world.verdict(3, Verdict::Approve), after),
        Invalid::RequestEnded
    );
}

// --- vetoes ---

/// G7, R13: a standing veto stops the release and the completion.
#[test]
fn a_veto_of_a_living_agent_stops_the_request() {
    let (mut world, id) = World::approved();
    let record = world.veto(&world.owner);
    world.put(&record, over()).unwrap();
    assert_eq!(world.state.release_allowed(&id, over()), Err(Hold::Vetoed));
    assert_eq!(
        world.refused(&world.completion(), over()),
        Invalid::VetoStands
    );
    assert_eq!(
        world.refused(&world.veto(&world.owner), over()),
        Invalid::VetoedAlready
    );
}

/// G4: what was allowed once may have left; a veto that comes afterwards hides nothing, one before it does.
#[test]
fn a_request_that_was_allowed_and_came_to_nothing_taints_its_epoch() {
    let end = over().after(LIFETIME).after(LIFETIME);
    let taints = |veto: Option<Timestamp>| {
        let (mut world, id) = World::approved();
        if let Some(time) = veto {
            let veto = world.veto(&world.owner);
            world.put(&veto, time).unwrap();
        }
        let of = |epoch, time| world.state.taints(&world.policy, epoch, time);
        assert_eq!(of(1, over()), [], "it has not ended");
        assert_eq!(of(2, end), [], "another epoch");
        of(1, end) == [id]
    };
    assert!(taints(None));
    assert!(taints(Some(over())));
    assert!(!taints(Some(just_before(over()))));
    let (asked, _) = World::asked();
    assert_eq!(
        asked.state.taints(&asked.policy, 1, end),
        [],
        "it was short"
    );
    let (mut completed, _) = World::approved();
    completed.put(&completed.completion(), over()).unwrap();
    assert_eq!(completed.state.taints(&completed.policy, 1, end), []);
}

#[test]
fn a_veto_of_a_stranger_is_refused() {
    let (world, _) = World::asked();
    assert_eq!(
        world.refused(&world.veto(&key(88)), LATER),
        Invalid::NotAuthorized
    );
}

#[test]
fn a_veto_in_anothers_name_is_refused() {
    let (world, _) = World::asked();
    let mut record = world.veto(&key(88));
    let RecordBody::Veto(body) = &mut record.body else {
        panic!()
    };
    body.agent = world.owner.verifying_key();
    assert_eq!(world.refused(&record, LATER), Invalid::WrongSignatures);
    let [Endorsement::Agent { key, .. }] = record.signatures.as_mut_slice() else {
        panic!()
    };
    *key = world.owner.verifying_key();
    assert_eq!(world.refused(&record, LATER), Invalid::BadSignature);
}

#[test]
fn a_veto_of_a_revoked_agent_is_refused() {
    let mut world = World::protected();
    let second = key(20);
    let granted = world.grant(&second, Authorizations::ADMIN);
    world.put(&granted, START).unwrap();
    let long_after = Timestamp(LATER.0 - 10_000_000);
    let revoked = world.revoke(&second, &world.owner);
    world.put(&revoked, long_after).unwrap();
    let record = world.request(0);
    world.put(&record, LATER).unwrap();
    assert_eq!(
        world.refused(&world.veto(&second), LATER),
        Invalid::NotAuthorized
    );
}

/// G7: a veto counts only from a key that stood for the longest delay when the request was anchored.
#[test]
fn a_veto_of_an_agent_that_is_too_young_is_refused() {
    for (granted_at, admitted) in [
        (Timestamp(LATER.0 - LONGEST_DELAY.0 + 1), false),
        (Timestamp(LATER.0 - LONGEST_DELAY.0), true),
    ] {
        let mut world = World::protected();
        let second = key(20);
        let granted = world.grant(&second, Authorizations::PROVE);
        world.put(&granted, granted_at).unwrap();
        let record = world.request(0);
        world.put(&record, LATER).unwrap();
        let checked = kith_protocol::ledger::check(&world.state, &world.veto(&second), LATER);
        assert_eq!(checked.is_ok(), admitted);
        assert_eq!(
            world
                .state
                .may_veto(&world.id(), &second.verifying_key(), LATER),
            admitted
        );
        if !admitted {
            assert_eq!(
                checked,
                Err(Invalid::TooYoung {
                    longest_delay: LONGEST_DELAY
                })
            );
        }
    }
}

#[test]
fn the_first_agent_vetoes_at_once() {
    let mut world = World::protected();
    let mut body = world.request_body(0);
    body.expiry = START.after(LIFETIME);
    let record = world.request_of(body.clone(), 0);
    world.put(&record, START).unwrap();
    let veto = Record::veto(&LOG, Subject::Request(body.id()), &world.owner);
    world.put(&veto, START).unwrap();
}

// --- overrides ---

fn vetoed_with_stolen(stolen: usize) -> (World, Digest) {
    let (mut world, id) = World::asked();
    for trustee in 0..stolen {
        world.say(trustee, Verdict::Stolen, LATER).unwrap();
    }
    let record = world.veto(&world.owner);
    world.put(&record, LATER).unwrap();
    (world, id)
}

/// G10: the override number of "stolen" verdicts lifts a thief's veto, and the full delay restarts.
#[test]
fn enough_verdicts_stolen_override_a_veto_and_restart_the_delay() {
    let (mut world, id) = vetoed_with_stolen(4);
    let record = world.overriding(&world.owner, 0);
    world.put(&record, over()).unwrap();
    let until = over().after(DELAY);
    assert_eq!(
        world.state.release_allowed(&id, over()),
        Err(Hold::Delay { until })
    );
    assert_eq!(world.state.release_allowed(&id, until), Ok(()));
    assert!(world.state.request_status(&id, until).unwrap().overridden);
    assert_eq!(
        world.refused(&world.veto(&world.owner), over()),
        Invalid::VetoedAlready
    );
}

#[test]
fn too_few_verdicts_stolen_override_nothing() {
    let (world, _) = vetoed_with_stolen(3);
    let refused = world.refused(&world.overriding(&world.owner, 0), LATER);
    assert_eq!(refused, Invalid::TooFewStolen { have: 3, needed: 4 });
}

#[test]
fn only_a_trustee_whose_verdict_is_stolen_overrides() {
    let (world, _) = vetoed_with_stolen(4);
    assert_eq!(
        world.refused(&world.overriding(&world.owner, 4), LATER),
        Invalid::NotAuthorized
    );
    let mut forged = world.overriding(&world.owner, 4);
    let RecordBody::Override(body) = &mut forged.body else {
        panic!()
    };
    body.key = world.epoch.trustees[0].verifying_key();
    assert_eq!(world.refused(&forged, LATER), Invalid::BadSignature);
}

#[test]
fn there_is_no_override_without_a_veto() {
    let (world, _) = World::asked();
    assert_eq!(
        world.refused(&world.overriding(&world.owner, 0), LATER),
        Invalid::NoSuchVeto
    );
}

/// An overridden key vetoes no later request, nor does any that it granted; others still do.
#[test]
fn an_overridden_agent_and_what_it_granted_are_barred_and_others_are_not() {
    let mut world = World::protected();
    let (other, thief, thiefs) = (key(20), key(21), key(22));
    for agent in [&other, &thief] {
        let granted = world.grant(agent, Authorizations::ADMIN);
        world.put(&granted, START).unwrap();
    }
    let granting = granting(&thiefs, Authorizations::ADMIN);
    let granted = Record::update_policy(&LOG, world.link(), granting, &thief);
    world.put(&granted, Timestamp(50_000_000)).unwrap();
    let request = world.request(0);
    world.put(&request, LATER).unwrap();
    for trustee in 0..4 {
        world.say(trustee, Verdict::Stolen, LATER).unwrap();
    }
    let veto = world.veto(&thief);
    world.put(&veto, LATER).unwrap();
    let overriding = world.overriding(&thief, 0);
    world.put(&overriding, LATER).unwrap();
    assert_eq!(world.refused(&world.veto(&thiefs), LATER), Invalid::Barred);
    let still = world.veto(&other);
    world.put(&still, LATER).unwrap();
}

// --- completion ---

/// G13: recovered means rotated, in one record.
#[test]
fn a_completion_hands_everything_over_at_once() {
    let (mut world, id) = World::approved();
    let completion = world.completion();
    let effect = world.put(&completion, over()).unwrap();
    assert!(matches!(effect.act, Act::Completed { .. }));
    let live = |key: &kith_protocol::keys::SigningKey<_>| {
        world
            .state
            .agent_is_live(&world.policy, &key.verifying_key(), over())
    };
    assert!(live(&world.heir) && !live(&world.owner));
    assert_eq!(world.state.active_epoch(&world.policy, over()), Some(2));
    assert!(world.state.request_status(&id, over()).unwrap().completed);
    assert_eq!(world.state.release_allowed(&id, over()), Err(Hold::Ended));
    assert_eq!(
        world.link().prev,
        completion.digest(&LOG),
        "the next record of the policy follows it"
    );
}

/// G13: no earlier agent key, approval key or epoch has any power.
#[test]
fn after_a_completion_nothing_of_before_has_any_power() {
    let (mut world, _) = World::approved();
    let completion = world.completion();
    world.put(&completion, over()).unwrap();
    let next = epoch(3, 70).body;
    assert_eq!(
        world.refused(&world.dealt(&next), over()),
        Invalid::NotAuthorized
    );
    assert_eq!(
        world.refused(&world.revoke(&world.heir, &world.owner), over()),
        Invalid::NotAuthorized
    );
    assert_eq!(
        world.refused(&world.verdict(3, Verdict::Approve), over()),
        Invalid::RequestEnded
    );
    let mut body = world.request_body(1);
    body.expiry = over().after(LIFETIME);
    assert_eq!(
        world.refused(&world.request_of(body, 1), over()),
        Invalid::EpochNotActive
    );
    let by_heir = Record::recovery_policy(&LOG, world.link(), next, &world.heir);
    assert!(kith_protocol::ledger::check(&world.state, &by_heir, over()).is_ok());
}

#[test]
fn the_new_agent_vetoes_at_once() {
    let (mut world, _) = World::approved();
    let next = epoch(2, 50);
    let body = CompleteBody {
        agent: world.heir.verifying_key(),
        commitment: None,
        next: next.body.clone(),
    };
    let completion = world.completion_of(body);
    world.put(&completion, over()).unwrap();
    world.epoch = next;
    let mut body = world.request_body(0);
    body.expiry = over().after(LIFETIME);
    let request = world.request_of(body.clone(), 0);
    world.put(&request, over()).unwrap();
    let veto = Record::veto(&LOG, Subject::Request(body.id()), &world.heir);
    world.put(&veto, over()).unwrap();
}

#[test]
fn a_completion_with_too_few_approvals_is_refused() {
    let (mut world, _) = World::asked();
    world.say(0, Verdict::Approve, LATER).unwrap();
    let refused = world.refused(&world.completion(), over());
    assert_eq!(refused, Invalid::LaneNotFull { have: 1, needed: 3 });
}

#[test]
fn a_completion_before_the_delay_is_over_is_refused() {
    let (world, _) = World::approved();
    let until = over();
    assert_eq!(
        world.refused(&world.completion(), just_before(until)),
        Invalid::DelayRunning { until }
    );
}

#[test]
fn a_completion_of_the_wrong_epoch_is_refused() {
    let (world, _) = World::approved();
    for named in [1, 3] {
        let body = CompleteBody {
            agent: world.heir.verifying_key(),
            commitment: None,
            next: epoch(named, 50).body,
        };
        let refused = world.refused(&world.completion_of(body), over());
        assert_eq!(refused, Invalid::WrongEpoch { expected: 2, named });
    }
}

#[test]
fn a_completion_needs_all_three_signatures_and_no_other() {
    let (world, _) = World::approved();
    let whole = world.completion();
    for missing in 0..3 {
        let mut record = whole.clone();
        record.signatures.remove(missing);
        assert_eq!(world.refused(&record, over()), Invalid::WrongSignatures);
    }
    let mut longer = whole.clone();
    longer.signatures.push(whole.signatures[2].clone());
    assert_eq!(world.refused(&longer, over()), Invalid::WrongSignatures);
    let mut swapped = whole;
    swapped.signatures.swap(0, 1);
    assert_eq!(world.refused(&swapped, over()), Invalid::WrongSignatures);
}

#[test]
fn a_completion_signed_with_a_foreign_key_is_refused() {
    let (mut world, _) = World::approved();
    let body = || CompleteBody {
        agent: world.heir.verifying_key(),
        commitment: None,
        next: epoch(2, 50).body,
    };
    let foreign = epoch(1, 90).signing;
    let stranger = key(91);
    let keys = |recovery, claimant| kith_protocol::ledger::CompletionKeys {
        recovery,
        claimant,
        agent: &world.heir,
    };
    for keys in [
        keys(&foreign, &world.claimant),
        keys(&world.epoch.signing, &stranger),
    ] {
        let record = Record::complete((&LOG, world.id()), body(), &keys, &mut rng(1));
        assert_eq!(world.refused(&record, over()), Invalid::BadSignature);
    }
    let body = body();
    world.heir = key(92);
    assert_eq!(
        world.refused(&world.completion_of(body), over()),
        Invalid::WrongSignatures
    );
}

/// K10: the claimant cannot hand over to a key that a thief may hold as well.
#[test]
fn a_completion_to_an_earlier_agent_key_is_refused() {
    let (mut world, _) = World::approved();
    world.heir = key(1);
    assert_eq!(world.refused(&world.completion(), over()), Invalid::KeySeen);
}

/// Who reads a completion before it is included could grant its key to block it.
#[test]
fn a_completion_cannot_be_blocked_by_granting_its_key_first() {
    let (mut world, _) = World::approved();
    let granted = world.grant(&world.heir, Authorizations::PROVE);
    world.put(&granted, over()).unwrap();
    let completion = world.completion();
    world.put(&completion, over()).unwrap();
    let next = Record::recovery_policy(&LOG, world.link(), epoch(3, 70).body, &world.heir);
    assert!(
        kith_protocol::ledger::check(&world.state, &next, over()).is_ok(),
        "it has ADMIN, not PROVE alone"
    );
}

/// G10: a live thief who keeps adding to the policy makes no completion stale.
#[test]
fn a_completion_names_no_head_of_the_policy() {
    let (mut world, _) = World::approved();
    let completion = world.completion();
    for seed in 30..35 {
        let granted = world.grant(&key(seed), Authorizations::PROVE);
        world.put(&granted, over()).unwrap();
    }
    world.put(&completion, over()).unwrap();
}

#[test]
fn a_completion_ends_every_other_request() {
    let (mut world, _) = World::approved();
    let mut body = world.request_body(1);
    body.signing = key(55).verifying_key();
    let other = Record::request(body.clone(), &key(55)).sponsored(&LOG, &world.epoch.trustees[1]);
    world.put(&other, LATER).unwrap();
    let completion = world.completion();
    world.put(&completion, over()).unwrap();
    let status = world.state.request_status(&body.id(), over()).unwrap();
    assert!(status.ended && !status.completed);
}

#[test]
fn a_prover_commitment_is_not_admitted_yet() {
    let (world, _) = World::approved();
    let body = CompleteBody {
        agent: world.heir.verifying_key(),
        commitment: Some(vec![1].into()),
        next: epoch(2, 50).body,
    };
    assert_eq!(
        world.refused(&world.completion_of(body), over()),
        Invalid::Unsupported
    );
}
