//! Each rule on policies, agents and waiting changes, broken alone (L6, L7, G7, G10).
#![allow(clippy::unwrap_used)]
mod ledger_support;

use kith_protocol::bytes::Digest;
use kith_protocol::ledger::{
    Act, Authorizations, Change, Endorsement, Invalid, NO_PREV, Record, RecordBody, State, Subject,
    Verdict, check,
};
use kith_protocol::time::{Millis, Timestamp};
use ledger_support::*;

/// What a change waits: the longest delay and the longest lifetime, as the record shows them.
const WAIT: Millis = Millis(LONGEST_DELAY.0 + LONGEST_LIFETIME.0);

// --- creation ---

#[test]
fn a_policys_address_is_the_digest_of_its_first_record() {
    let world = World::founded();
    assert!(world.state.knows_policy(&world.policy));
    assert!(
        world
            .state
            .agent_is_live(&world.policy, &world.owner.verifying_key(), START)
    );
    let link = world.link();
    assert_eq!((link.seq, link.prev), (1, world.policy));
}

#[test]
fn the_same_policy_begins_once() {
    let world = World::founded();
    assert_eq!(
        world.refused(&creation(&world.owner), START),
        Invalid::PolicyExists
    );
}

#[test]
fn the_same_creation_on_another_log_is_refused() {
    let state = State::new(Digest([8; 32]));
    assert_eq!(
        check(&state, &creation(&key(1)), START),
        Err(Invalid::BadSignature)
    );
}

#[test]
fn a_creation_names_no_subject_and_no_place() {
    let state = State::new(LOG);
    let owner = key(1);
    let mut record = creation(&owner);
    record.subject = Subject::Policy(Digest([1; 32]));
    assert_eq!(check(&state, &record, START), Err(Invalid::WrongSubject));
    for place in [(1, NO_PREV), (0, Digest([1; 32]))] {
        let mut record = creation(&owner);
        (record.seq, record.prev) = place;
        assert_eq!(check(&state, &record, START), Err(Invalid::StaleHead));
    }
}

#[test]
fn a_creation_by_another_key_is_refused() {
    let state = State::new(LOG);
    let record = Record::create_policy(&LOG, creation_body(&key(1)), &key(2));
    assert_eq!(check(&state, &record, START), Err(Invalid::WrongSignatures));
}

#[test]
fn rules_of_several_agents_and_commitments_are_room_only() {
    let state = State::new(LOG);
    let owner = key(1);
    let mut rule = creation_body(&owner);
    rule.rule = 2;
    let mut commitment = creation_body(&owner);
    commitment.commitment = Some(vec![1].into());
    for body in [rule, commitment] {
        let record = Record::create_policy(&LOG, body, &owner);
        assert_eq!(check(&state, &record, START), Err(Invalid::Unsupported));
    }
}

// --- what readers ask ---

/// The record of an epoch is found while it waits, by its own number and no other's.
#[test]
fn a_waiting_epoch_is_found_by_its_number() {
    let mut world = World::protected();
    let next = epoch(2, 30);
    world.put(&world.dealt(&next.body), START).unwrap();
    let found = |number| world.state.recovery_policy(&world.policy, number);
    assert_eq!(found(1).unwrap().deal_digest, world.epoch.body.deal_digest);
    assert_eq!(found(2).unwrap().deal_digest, next.body.deal_digest);
    assert!(found(3).is_none());
    assert_eq!(world.state.active_epoch(&world.policy, START), Some(1));
    assert!(!world.state.knows_policy(&Digest([1; 32])));
}

/// Readers look again without being told as long as time alone may change something.
#[test]
fn a_policy_moves_while_a_change_waits_or_a_request_lives() {
    let mut world = World::protected();
    let moves = |world: &World, time| world.state.moves(&world.policy, time);
    assert!(!moves(&world, START));
    assert!(!world.state.moves(&Digest([1; 32]), START));
    world.put(&world.dealt(&epoch(2, 30).body), START).unwrap();
    assert!(moves(&world, just_before(START.after(WAIT))));
    assert!(!moves(&world, START.after(WAIT)));
    let (asked, _) = World::asked();
    assert!(moves(&asked, LATER));
    let ended = LATER.after(LONGEST_LIFETIME).after(DELAY);
    assert!(!moves(&asked, ended));
}

// --- the chain ---

#[test]
fn a_record_that_does_not_follow_the_head_is_refused() {
    let mut world = World::founded();
    let old = world.link();
    let granted = world.grant(&key(20), Authorizations::PROVE);
    world.put(&granted, START).unwrap();
    let gap = kith_protocol::ledger::Link {
        seq: world.link().seq + 1,
        ..world.link()
    };
    let fork = kith_protocol::ledger::Link {
        prev: old.prev,
        ..world.link()
    };
    for link in [old, gap, fork] {
        let change = granting(&key(21), Authorizations::PROVE);
        let record = Record::update_policy(&LOG, link, change, &world.owner);
        assert_eq!(world.refused(&record, START), Invalid::StaleHead);
    }
}

#[test]
fn a_record_of_an_unknown_policy_is_refused() {
    let world = World::founded();
    let link = kith_protocol::ledger::Link {
        policy: Digest([1; 32]),
        ..world.link()
    };
    let record = Record::recovery_policy(&LOG, link, world.epoch.body.clone(), &world.owner);
    assert_eq!(world.refused(&record, START), Invalid::UnknownPolicy);
    let mut misplaced = world.dealt(&world.epoch.body);
    misplaced.subject = Subject::Request(world.policy);
    assert_eq!(world.refused(&misplaced, START), Invalid::WrongSubject);
}

// --- agents ---

/// L6: every change is checked against the sender's own authorizations.
#[test]
fn nobody_grants_more_than_their_own() {
    let mut world = World::founded();
    let (prover, granter) = (key(20), key(21));
    for (agent, authorizations) in [
        (&prover, Authorizations::PROVE),
        (
            &granter,
            Authorizations::PROVE_GRANT.and(Authorizations::PROVE),
        ),
    ] {
        let granted = world.grant(agent, authorizations);
        world.put(&granted, START).unwrap();
    }
    let by = |agent, authorizations| {
        let change = granting(&key(22), authorizations);
        let record = Record::update_policy(&LOG, world.link(), change, agent);
        check(&world.state, &record, START).map(|_| ())
    };
    let refused = Err(Invalid::NotAuthorized);
    assert_eq!(by(&prover, Authorizations::PROVE), refused);
    assert_eq!(by(&granter, Authorizations::PROVE), Ok(()));
    assert_eq!(by(&granter, Authorizations::PROVE_GRANT), refused);
    assert_eq!(by(&granter, Authorizations::ADMIN), refused);
    assert_eq!(by(&key(99), Authorizations::PROVE), refused);
}

#[test]
fn an_agent_key_is_granted_once_for_ever() {
    let mut world = World::founded();
    let second = key(20);
    let granted = world.grant(&second, Authorizations::ADMIN);
    world.put(&granted, START).unwrap();
    assert_eq!(
        world.refused(&world.grant(&second, Authorizations::PROVE), START),
        Invalid::KeySeen
    );
    let revoked = world.revoke(&second, &world.owner);
    world.put(&revoked, START).unwrap();
    assert_eq!(
        world.refused(&world.grant(&second, Authorizations::ADMIN), START),
        Invalid::KeySeen
    );
    assert_eq!(
        world.refused(&world.revoke(&second, &world.owner), START),
        Invalid::NotAlive
    );
}

#[test]
fn a_grant_with_a_commitment_is_not_admitted_yet() {
    let world = World::founded();
    let change = Change::Grant {
        agent: key(20).verifying_key(),
        authorizations: Authorizations::PROVE,
        commitment: Some(vec![1].into()),
    };
    let record = Record::update_policy(&LOG, world.link(), change, &world.owner);
    assert_eq!(world.refused(&record, START), Invalid::Unsupported);
}

#[test]
fn agents_are_bounded() {
    let mut world = World::founded();
    for seed in 0..31 {
        let granted = world.grant(&key(200 + seed), Authorizations::PROVE);
        world.put(&granted, START).unwrap();
    }
    assert_eq!(
        world.refused(&world.grant(&key(300), Authorizations::PROVE), START),
        Invalid::TooMany
    );
}

#[test]
fn a_change_without_the_agents_signature_is_refused() {
    let world = World::founded();
    let mut unsigned = world.dealt(&world.epoch.body);
    unsigned.signatures.clear();
    assert_eq!(world.refused(&unsigned, START), Invalid::WrongSignatures);
    let mut forged =
        Record::recovery_policy(&LOG, world.link(), world.epoch.body.clone(), &key(99));
    let [Endorsement::Agent { key, .. }] = forged.signatures.as_mut_slice() else {
        panic!()
    };
    *key = world.owner.verifying_key();
    assert_eq!(world.refused(&forged, START), Invalid::BadSignature);
}

#[test]
fn a_revoked_agent_has_lost_everything() {
    let mut world = World::founded();
    let second = key(20);
    let granted = world.grant(&second, Authorizations::ALL);
    world.put(&granted, START).unwrap();
    let revoked = world.revoke(&second, &world.owner);
    world.put(&revoked, START).unwrap();
    let record = Record::recovery_policy(&LOG, world.link(), world.epoch.body.clone(), &second);
    assert_eq!(world.refused(&record, START), Invalid::NotAuthorized);
}

/// A protected policy with a second agent that has ADMIN.
fn two_agents() -> (
    World,
    kith_protocol::keys::SigningKey<kith_protocol::keys::role::AgentPolicy>,
) {
    let mut world = World::founded();
    let second = key(20);
    let granted = world.grant(&second, Authorizations::ALL);
    world.put(&granted, START).unwrap();
    let record = world.dealt(&world.epoch.body);
    world.put(&record, START).unwrap();
    (world, second)
}

/// Who could never revoke an administrator does not gain that by being revoked: an answer is for those who could.
#[test]
fn an_agent_that_was_no_administrator_does_not_answer_its_revocation() {
    let mut world = World::founded();
    let helper = key(20);
    let granted = world.grant(&helper, Authorizations::PROVE_REVOKE);
    world.put(&granted, START).unwrap();
    let protected = world.dealt(&world.epoch.body);
    world.put(&protected, START).unwrap();
    let revoked = world.revoke(&helper, &world.owner);
    world.put(&revoked, LATER).unwrap();
    let answer = world.revoke(&world.owner, &helper);
    assert_eq!(world.refused(&answer, LATER), Invalid::NotAuthorized);
}

/// The one who is revoked first, maybe by a thief, may answer; then neither has a say.
#[test]
fn a_revocation_is_answered_once_and_then_both_are_out() {
    let (mut world, thief) = two_agents();
    let revoked = world.revoke(&world.owner, &thief);
    world.put(&revoked, LATER).unwrap();
    let answer = world.revoke(&thief, &world.owner);
    assert_eq!(
        world.refused(&answer, LATER.after(LONGEST_DELAY)),
        Invalid::NotAuthorized
    );
    let effect = world
        .put(&answer, just_before(LATER.after(LONGEST_DELAY)))
        .unwrap();
    assert!(matches!(effect.act, Act::Revoked { counter: true, .. }));
    for agent in [&world.owner, &thief] {
        let record = Record::recovery_policy(&LOG, world.link(), epoch(2, 30).body, agent);
        assert_eq!(world.refused(&record, LATER), Invalid::NotAuthorized);
    }
    assert_eq!(
        world.refused(&world.revoke(&thief, &world.owner), LATER),
        Invalid::NotAuthorized
    );
}

#[test]
fn a_revoked_agent_answers_its_revoker_only() {
    let (mut world, thief) = two_agents();
    let third = key(21);
    let granted = world.grant(&third, Authorizations::PROVE);
    world.put(&granted, START).unwrap();
    let revoked = world.revoke(&world.owner, &thief);
    world.put(&revoked, LATER).unwrap();
    assert_eq!(
        world.refused(&world.revoke(&third, &world.owner), LATER),
        Invalid::NotAuthorized
    );
}

#[test]
fn a_revocation_cancels_what_the_revoked_agent_had_waiting() {
    let (mut world, thief) = two_agents();
    let record = Record::recovery_policy(&LOG, world.link(), epoch(2, 30).body, &thief);
    world.put(&record, LATER).unwrap();
    assert_eq!(world.state.waiting_changes(&world.policy, LATER).len(), 1);
    let revoked = world.revoke(&thief, &world.owner);
    world.put(&revoked, LATER).unwrap();
    assert!(world.state.waiting_changes(&world.policy, LATER).is_empty());
    assert_eq!(
        world.state.active_epoch(&world.policy, LATER.after(WAIT)),
        Some(1)
    );
}

#[test]
fn an_agent_that_revokes_itself_is_out() {
    let (mut world, second) = two_agents();
    let revoked = world.revoke(&second, &second);
    world.put(&revoked, LATER).unwrap();
    assert!(
        !world
            .state
            .agent_is_live(&world.policy, &second.verifying_key(), LATER)
    );
    assert_eq!(
        world.refused(&world.revoke(&second, &second), LATER),
        Invalid::NotAuthorized
    );
}

#[test]
fn provers_are_revoked_by_prove_revoke_and_admins_are_not() {
    let (mut world, second) = two_agents();
    let (revoker, prover) = (key(30), key(31));
    for (agent, authorizations) in [
        (&revoker, Authorizations::PROVE_REVOKE),
        (&prover, Authorizations::PROVE),
    ] {
        let granted = world.grant(agent, authorizations);
        world.put(&granted, START).unwrap();
    }
    assert_eq!(
        world.refused(&world.revoke(&second, &revoker), LATER),
        Invalid::NotAuthorized
    );
    assert!(check(&world.state, &world.revoke(&prover, &revoker), LATER).is_ok());
}

// --- recovery policies and waiting ---

#[test]
fn the_first_epoch_is_active_at_once() {
    let world = World::protected();
    assert_eq!(world.state.active_epoch(&world.policy, START), Some(1));
    assert_eq!(
        world.state.recovery_policy(&world.policy, 1),
        Some(&world.epoch.body)
    );
}

#[test]
fn an_epoch_out_of_turn_is_refused() {
    let world = World::protected();
    for named in [0, 1, 3] {
        let refused = world.refused(&world.dealt(&epoch(named, 30).body), LATER);
        assert_eq!(refused, Invalid::WrongEpoch { expected: 2, named });
    }
}

#[test]
fn an_agent_without_admin_sets_no_epoch() {
    let mut world = World::founded();
    let second = key(20);
    let granted = world.grant(&second, Authorizations::PROVE);
    world.put(&granted, START).unwrap();
    let record = Record::recovery_policy(&LOG, world.link(), world.epoch.body.clone(), &second);
    assert_eq!(world.refused(&record, START), Invalid::NotAuthorized);
}

/// G7: later changes wait for the longest delay and a request's lifetime.
#[test]
fn a_later_epoch_waits_and_the_old_one_stays_active() {
    let mut world = World::protected();
    let record = world.dealt(&epoch(2, 30).body);
    world.put(&record, LATER).unwrap();
    let due = LATER.after(WAIT);
    assert_eq!(
        world.state.active_epoch(&world.policy, just_before(due)),
        Some(1)
    );
    assert_eq!(world.state.active_epoch(&world.policy, due), Some(2));
    let [waiting] = &world.state.waiting_changes(&world.policy, LATER)[..] else {
        panic!()
    };
    assert_eq!((waiting.in_force_at, waiting.epoch), (due, Some(2)));
    assert_eq!(
        world.refused(&world.dealt(&epoch(2, 31).body), LATER),
        Invalid::ChangeWaiting
    );
    assert!(check(&world.state, &world.dealt(&epoch(3, 31).body), due).is_ok());
}

#[test]
fn a_grant_of_admin_waits_and_a_grant_of_prove_does_not() {
    let mut world = World::protected();
    let (admin, prover) = (key(20), key(21));
    for (agent, authorizations) in [
        (&admin, Authorizations::ADMIN),
        (&prover, Authorizations::PROVE),
    ] {
        let granted = world.grant(agent, authorizations);
        world.put(&granted, LATER).unwrap();
    }
    let live = |agent: &kith_protocol::keys::SigningKey<_>, now| {
        world
            .state
            .agent_is_live(&world.policy, &agent.verifying_key(), now)
    };
    let due = LATER.after(WAIT);
    assert!(live(&prover, LATER) && !live(&admin, just_before(due)) && live(&admin, due));
}

#[test]
fn a_living_agent_vetoes_a_waiting_change() {
    let (mut world, second) = two_agents();
    let record = Record::recovery_policy(&LOG, world.link(), epoch(2, 30).body, &second);
    world.put(&record, LATER).unwrap();
    let veto = Record::veto(&LOG, Subject::Change(record.digest(&LOG)), &world.owner);
    assert_eq!(
        world.refused(&veto, LATER.after(WAIT)),
        Invalid::UnknownChange,
        "too late"
    );
    world.put(&veto, just_before(LATER.after(WAIT))).unwrap();
    assert_eq!(
        world.state.active_epoch(&world.policy, LATER.after(WAIT)),
        Some(1)
    );
    assert_eq!(world.refused(&veto, LATER), Invalid::UnknownChange);
}

#[test]
fn a_veto_of_a_change_by_a_stranger_is_refused() {
    let mut world = World::protected();
    let record = world.dealt(&epoch(2, 30).body);
    world.put(&record, LATER).unwrap();
    let subject = Subject::Change(record.digest(&LOG));
    assert_eq!(
        world.refused(&Record::veto(&LOG, subject, &key(99)), LATER),
        Invalid::NotAuthorized
    );
    for subject in [Subject::Inception, Subject::Policy(world.policy)] {
        let veto = Record::veto(&LOG, subject, &world.owner);
        assert_eq!(world.refused(&veto, LATER), Invalid::WrongSubject);
    }
}

/// For the longest delay a revoked agent may still veto changes: a thief revokes first.
#[test]
fn a_revoked_agent_vetoes_changes_for_the_longest_delay() {
    let (mut world, thief) = two_agents();
    let revoked = world.revoke(&world.owner, &thief);
    world.put(&revoked, LATER).unwrap();
    let record = Record::recovery_policy(&LOG, world.link(), epoch(2, 30).body, &thief);
    world.put(&record, LATER).unwrap();
    let veto = Record::veto(&LOG, Subject::Change(record.digest(&LOG)), &world.owner);
    let until = LATER.after(LONGEST_DELAY);
    assert_eq!(world.refused(&veto, until), Invalid::NotAuthorized);
    world.put(&veto, just_before(until)).unwrap();
}

/// A change is held back by requests anchored before its own waiting time ended, each to its end.
#[test]
fn a_waiting_change_is_held_back_by_an_earlier_request() {
    let mut world = World::protected();
    let changed = Timestamp(LATER.0 - WAIT.0 + 1);
    let record = world.dealt(&epoch(2, 30).body);
    world.put(&record, changed).unwrap();
    let request = world.request(0);
    world.put(&request, LATER).unwrap();
    let end = LATER.after(LIFETIME);
    assert_eq!(
        world.state.active_epoch(&world.policy, just_before(end)),
        Some(1)
    );
    assert_eq!(world.state.active_epoch(&world.policy, end), Some(2));
}

#[test]
fn a_waiting_change_is_not_held_back_by_a_later_request() {
    let mut world = World::protected();
    let changed = Timestamp(LATER.0 - WAIT.0);
    let record = world.dealt(&epoch(2, 30).body);
    world.put(&record, changed).unwrap();
    assert_eq!(world.state.active_epoch(&world.policy, LATER), Some(2));
    assert_eq!(
        world.refused(&world.request(0), LATER),
        Invalid::EpochNotActive
    );
}

/// While one request holds the change back, the next is admitted on the old epoch, but it holds
/// nothing back: endless requests starve no update.
#[test]
fn requests_cannot_starve_a_waiting_change() {
    let mut world = World::protected();
    let changed = Timestamp(LATER.0 - WAIT.0 + 1);
    let record = world.dealt(&epoch(2, 30).body);
    world.put(&record, changed).unwrap();
    let request = world.request(0);
    world.put(&request, LATER).unwrap();
    let end = LATER.after(LIFETIME);
    let mut body = world.request_body(1);
    body.expiry = end.after(LIFETIME);
    body.expiry.0 -= 10;
    let late = world.request_of(body.clone(), 1);
    world.put(&late, Timestamp(end.0 - 10)).unwrap();
    assert_eq!(world.state.active_epoch(&world.policy, end), Some(2));
    assert!(
        world.state.request_status(&body.id(), end).unwrap().ended,
        "it ended with its epoch"
    );
}

/// An approved request holds the change until its own end, so that it can complete.
#[test]
fn an_approved_request_completes_though_a_change_waits() {
    let mut world = World::protected();
    let changed = Timestamp(LATER.0 - WAIT.0 + 1);
    let record = world.dealt(&epoch(2, 30).body);
    world.put(&record, changed).unwrap();
    let request = world.request(0);
    world.put(&request, LATER).unwrap();
    for trustee in 0..3 {
        world.say(trustee, Verdict::Approve, LATER).unwrap();
    }
    let completion = world.completion();
    world.put(&completion, over()).unwrap();
    assert!(
        world
            .state
            .waiting_changes(&world.policy, over())
            .is_empty(),
        "completed cancels it"
    );
    let RecordBody::Complete(body) = &completion.body else {
        panic!()
    };
    let far = over().after(WAIT).after(WAIT);
    assert_eq!(world.state.active_epoch(&world.policy, far), Some(2));
    assert_eq!(
        world.state.recovery_policy(&world.policy, 2),
        Some(&body.next)
    );
}

#[test]
fn waiting_changes_are_bounded() {
    let mut world = World::protected();
    for seed in 0..16 {
        let granted = world.grant(&key(200 + seed), Authorizations::ADMIN);
        world.put(&granted, LATER).unwrap();
    }
    assert_eq!(
        world.refused(&world.grant(&key(300), Authorizations::ADMIN), LATER),
        Invalid::TooMany
    );
    assert_eq!(
        world.refused(&world.dealt(&epoch(2, 30).body), LATER),
        Invalid::TooMany
    );
}

// --- determinism ---

/// L1: the state depends on records and times, not on when somebody looks.
#[test]
fn looking_changes_nothing() {
    let mut world = World::protected();
    let record = world.dealt(&epoch(2, 30).body);
    world.put(&record, LATER).unwrap();
    let before = world.state.clone();
    let far = LATER.after(WAIT);
    let _ = world.state.active_epoch(&world.policy, far);
    let _ = check(&world.state, &world.request(0), far);
    assert_eq!(world.state, before);
}

/// G10: whom trustees have overridden as a thief stops no change of the owner's either.
#[test]
fn an_overridden_agent_vetoes_no_change() {
    let mut world = World::protected();
    let thief = key(21);
    let granted = world.grant(&thief, Authorizations::ADMIN);
    world.put(&granted, START).unwrap();
    let request = world.request(0);
    world.put(&request, LATER).unwrap();
    for trustee in 0..4 {
        world.say(trustee, Verdict::Stolen, LATER).unwrap();
    }
    for record in [world.veto(&thief), world.overriding(&thief, 0)] {
        let told = world.put(&record, LATER);
        assert!(told.is_ok(), "{told:?}");
    }
    let change = world.dealt(&epoch(2, 30).body);
    world.put(&change, LATER).unwrap();
    let subject = Subject::Change(change.digest(&LOG));
    let veto = Record::veto(&LOG, subject, &thief);
    assert_eq!(world.refused(&veto, LATER), Invalid::Barred);
    let veto = Record::veto(&LOG, subject, &world.owner);
    assert!(check(&world.state, &veto, LATER).is_ok());
}

/// One statement has one digest: what stands in no chain cannot be told again at another place.
#[test]
fn vetoes_overrides_and_completions_name_no_place() {
    let (mut world, _) = World::approved();
    for trustee in 0..4 {
        let stolen = world.verdict(trustee, Verdict::Stolen);
        world.put(&stolen, LATER).unwrap();
    }
    let completion = world.completion();
    let veto = world.veto(&world.owner);
    let mut vetoed = World::approved().0;
    vetoed.put(&veto, LATER).unwrap();
    let overriding = vetoed.overriding(&vetoed.owner, 0);
    for (world, mut record) in [(&world, completion), (&world, veto), (&vetoed, overriding)] {
        for place in [(1, NO_PREV), (0, Digest([1; 32]))] {
            (record.seq, record.prev) = place;
            let refused = world.refused(&record, over());
            assert_eq!(refused, Invalid::StaleHead, "{:?}", record.kind());
        }
    }
}

#[test]
fn every_reason_has_a_code_of_its_own() {
    let codes = [
        Invalid::Malformed.code(),
        Invalid::StaleHead.code(),
        Invalid::WrongEpoch {
            expected: 1,
            named: 2,
        }
        .code(),
        Invalid::SponsorCooling { until: START }.code(),
    ];
    assert!(codes.iter().all(|code| code.starts_with("e.p.ledger.")));
    let mut sorted = codes.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), codes.len());
}
