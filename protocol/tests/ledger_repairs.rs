//! The rules of a repair: who may ask, who may stop it, what it changes (B5; decision 0040).
#![allow(clippy::unwrap_used)]
mod ledger_support;

use kith_protocol::bytes::Digest;
use kith_protocol::ledger::{
    ApprovalBody, Hold, Invalid, Record, RepairBody, RequestBody, RequestKind, Subject, Verdict,
};
use kith_protocol::policy::Replacement;
use kith_protocol::time::Timestamp;
use ledger_support::*;

/// Trustee 4 has lost its phone; trustee 0 sponsors; the key that comes.
const GONE: usize = 4;
const NEW: u64 = 90;

/// A repair anchored at [`LATER`].
fn asked() -> (World, Digest) {
    let mut world = World::protected();
    let body = world.repair_body(GONE, 0, NEW);
    let id = ask(&mut world, body, 0).unwrap();
    (world, id)
}

fn ask(world: &mut World, body: RepairBody, sponsor: usize) -> Result<Digest, Invalid> {
    let id = body.id();
    let record = world.repair_of(body, sponsor);
    world.put(&record, LATER).map(|_| id)
}

fn say(world: &mut World, id: Digest, trustee: usize, verdict: Verdict) {
    let record = world.verdict_on(id, trustee, verdict);
    world.put(&record, LATER).unwrap();
}

/// The same with the lane full at [`LATER`].
fn approved() -> (World, Digest) {
    let (mut world, id) = asked();
    for trustee in 0..3 {
        say(&mut world, id, trustee, Verdict::Approve);
    }
    (world, id)
}

fn repaired() -> World {
    let (mut world, id) = approved();
    world.put(&world.closing(id, NEW), over()).unwrap();
    world
}

/// A request after the repair, and a time at which sponsors of before have cooled down.
fn next_request(world: &World, sponsor: usize) -> (RequestBody, Timestamp) {
    let time = over().after(COOL_DOWN);
    let key = world.epoch.trustees[sponsor].verifying_key();
    let body = RequestBody {
        path: world.path(&key),
        expiry: time.after(LIFETIME),
        ..world.request_body(sponsor)
    };
    (body, time)
}

fn root(world: &World) -> Digest {
    world.state.approval_root(&world.policy, over()).unwrap()
}

/// B5: one leaf changes, and nothing else: no epoch, no deal, nobody else's place.
#[test]
fn a_repair_puts_another_key_into_a_leaf_and_makes_no_epoch() {
    let (mut world, id) = approved();
    let before = root(&world);
    let replacement = world.state.repair(&id).unwrap().replacement.clone();
    world.put(&world.closing(id, NEW), over()).unwrap();
    assert_ne!(root(&world), before);
    assert_eq!(root(&world), replacement.root());
    assert_eq!(world.state.active_epoch(&world.policy, over()), Some(1));
    let (new, salt) = newcomer(NEW);
    let path = replacement.taken_by(salt);
    assert!(path.verify(&root(&world), &new.verifying_key()));
    for trustee in &world.epoch.trustees[..GONE] {
        let key = trustee.verifying_key();
        assert!(world.path(&key).verify(&root(&world), &key));
    }
    assert!(world.state.repair_status(&id, over()).unwrap().completed);
}

#[test]
fn a_replaced_key_says_nothing_any_more_and_the_new_one_does() {
    let mut world = repaired();
    let (body, time) = next_request(&world, 1);
    let record = world.request_of(body.clone(), 1);
    world.put(&record, time).unwrap();
    let (new, salt) = newcomer(NEW);
    let old = &world.epoch.trustees[GONE];
    let dealt = world.epoch.tree.path(&old.verifying_key()).unwrap();
    let replacement = world.repair_body(GONE, 0, NEW).replacement;
    let say = |key: &kith_protocol::keys::SigningKey<_>, path| {
        let body = ApprovalBody {
            key: key.verifying_key(),
            path,
            verdict: Verdict::Approve,
        };
        Record::approval(&world.log, (id_of(&record), 0), body, key)
    };
    let (by_old, by_new) = (say(old, dealt), say(&new, replacement.taken_by(salt)));
    assert_eq!(world.refused(&by_old, time), Invalid::NotATrustee);
    world.put(&by_new, time).unwrap();
}

/// G7: a path that is on its way stays good, and whose leaf was replaced does not speak twice.
#[test]
fn a_request_is_judged_by_the_leaves_of_when_it_was_anchored() {
    let (mut world, repair) = asked();
    let record = world.request_of(world.request_body(1), 1);
    world.put(&record, LATER).unwrap();
    let request = id_of(&record);
    let dealt = world.verdict_on(request, 2, Verdict::Approve);
    let old = world.verdict_on(request, GONE, Verdict::Approve);
    for trustee in 0..3 {
        say(&mut world, repair, trustee, Verdict::Approve);
    }
    world.put(&world.closing(repair, NEW), over()).unwrap();
    assert_eq!(world.state.replaced_before(&request), Some(0));
    world.put(&dealt, over()).unwrap();
    world.put(&old, over()).unwrap();
    let now = world.verdict_on(request, 3, Verdict::Approve);
    assert_eq!(world.refused(&now, over()), Invalid::NotATrustee);
}

/// G1, G2: whoever took the one for the other would release whole shares, or the backup.
#[test]
fn a_repair_is_never_taken_for_a_recovery() {
    let (mut world, id) = approved();
    assert_eq!(world.state.request(&id), None);
    assert_eq!(world.state.request_status(&id, over()), None);
    assert_eq!(world.state.requests_on(&world.policy), []);
    assert_eq!(
        world.state.release_allowed(&id, over()),
        Err(Hold::NotAnchored)
    );
    assert_eq!(world.state.contribution_allowed(&id, over()), Ok(()));
    let within = world.repair_body(GONE, 0, NEW).request.id();
    assert_eq!(world.state.request(&within), None);
    let completion = Record {
        subject: Subject::Request(id),
        ..world.completion()
    };
    assert_eq!(world.refused(&completion, over()), Invalid::WrongSubject);
    let request = world.request_of(world.request_body(1), 1);
    world.put(&request, LATER).unwrap();
    let request = id_of(&request);
    let closing = world.closing(request, NEW);
    assert_eq!(world.refused(&closing, over()), Invalid::WrongSubject);
    assert_eq!(
        world.state.contribution_allowed(&request, over()),
        Err(Hold::NotAnchored)
    );
    assert_eq!(world.state.repairs_on(&world.policy), [id]);
}

/// G7: contributions leave, and the leaf changes, under the rule of a release.
#[test]
fn nothing_is_repaired_before_the_lane_is_full_and_the_delay_over_or_under_a_veto() {
    let (mut world, id) = asked();
    let closing = world.closing(id, NEW);
    let short = Invalid::LaneNotFull { have: 0, needed: 3 };
    assert_eq!(world.refused(&closing, over()), short);
    for trustee in 0..3 {
        say(&mut world, id, trustee, Verdict::Approve);
    }
    let early = just_before(over());
    let running = Invalid::DelayRunning { until: over() };
    assert_eq!(world.refused(&closing, early), running);
    let hold = Hold::Delay { until: over() };
    assert_eq!(world.state.contribution_allowed(&id, early), Err(hold));
    let veto = Record::veto(&LOG, Subject::Request(id), &world.owner);
    world.put(&veto, LATER).unwrap();
    assert_eq!(world.refused(&closing, over()), Invalid::VetoStands);
    let held = world.state.contribution_allowed(&id, over());
    assert_eq!(held, Err(Hold::Vetoed));
}

/// G10: a living owner's veto that a thief made is set aside by the trustees who checked.
#[test]
fn a_veto_of_a_repair_is_set_aside_as_one_of_a_request() {
    let (mut world, id) = asked();
    for trustee in 0..4 {
        say(&mut world, id, trustee, Verdict::Stolen);
    }
    let veto = Record::veto(&LOG, Subject::Request(id), &world.owner);
    world.put(&veto, LATER).unwrap();
    let body = kith_protocol::ledger::OverrideBody {
        agent: world.owner.verifying_key(),
        key: world.epoch.trustees[0].verifying_key(),
    };
    let record = Record::overriding(&LOG, id, body, &world.epoch.trustees[0]);
    world.put(&record, LATER).unwrap();
    world.put(&world.closing(id, NEW), over()).unwrap();
}

/// G10: nobody is pushed out of her place while she holds its key.
#[test]
fn the_key_that_is_to_go_ends_the_repair_whenever_it_speaks() {
    for time in [LATER, over()] {
        let (mut world, id) = approved();
        let approval = world.verdict_on(id, GONE, Verdict::Approve);
        assert_eq!(world.refused(&approval, time), Invalid::KeyLeaves);
        let objection = world.verdict_on(id, GONE, Verdict::Withdrawn);
        world.put(&objection, time).unwrap();
        assert!(world.state.repair_status(&id, time).unwrap().ended);
        let closing = world.closing(id, NEW);
        assert_eq!(world.refused(&closing, over()), Invalid::RequestEnded);
        assert_eq!(world.refused(&objection, over()), Invalid::RequestEnded);
        // A share may have left when contributions were allowed already (G4).
        let tainted = world.state.taints(&world.policy, 1, over());
        assert_eq!(tainted.is_empty(), time == LATER);
    }
}

#[test]
fn nobody_else_ends_a_repair_by_withdrawing() {
    let (world, id) = asked();
    let record = world.verdict_on(id, 1, Verdict::Withdrawn);
    assert_eq!(world.refused(&record, LATER), Invalid::NothingToWithdraw);
}

#[test]
fn a_repair_is_asked_for_by_another_trustee_of_the_leaf_that_stands() {
    let mut world = World::protected();
    let good = world.repair_body(GONE, 0, NEW);
    let refused = |world: &mut World, body: RepairBody, sponsor, why| {
        assert_eq!(ask(world, body, sponsor), Err(why));
    };
    let own = world.repair_body(GONE, GONE, NEW);
    refused(&mut world, own, GONE, Invalid::KeyLeaves);
    let mut elsewhere = good.clone();
    elsewhere.replacement.path.position ^= 1;
    refused(&mut world, elsewhere, 0, Invalid::NotATrustee);
    let mut stranger = good.clone();
    stranger.gone = key(91).verifying_key();
    refused(&mut world, stranger, 0, Invalid::NotATrustee);
    let mut same = good.clone();
    same.replacement.leaf = Replacement::leaf(&same.replacement.path.salt, &same.gone);
    refused(&mut world, same, 0, Invalid::WrongLeaf);
    let mut stolen = good.clone();
    stolen.request.kind = RequestKind::Stolen;
    refused(&mut world, stolen, 0, Invalid::Unsupported);
    let mut next = good.clone();
    next.request.epoch = 2;
    refused(&mut world, next, 0, Invalid::EpochNotActive);
    let mut long = good.clone();
    long.request.expiry = Timestamp(LATER.after(LIFETIME).0 + 1);
    refused(&mut world, long, 0, Invalid::ExpiryTooFar);
    refused(&mut world, good.clone(), 1, Invalid::BadSignature);
    ask(&mut world, good.clone(), 0).unwrap();
    refused(&mut world, good, 0, Invalid::RequestExists);
}

/// Whatever of the repair is changed after it was signed, the id changes, or a signature is wrong.
#[test]
fn a_repair_is_what_was_signed() {
    let world = World::protected();
    let record = world.repair_of(world.repair_body(GONE, 0, NEW), 0);
    let other = world.repair_of(world.repair_body(GONE, 0, NEW + 1), 0);
    assert_ne!(record.subject, other.subject);
    let moved = Record {
        body: other.body,
        ..record.clone()
    };
    assert_eq!(world.refused(&moved, LATER), Invalid::WrongSubject);
    let forged = Record {
        signatures: other.signatures,
        ..record
    };
    assert_eq!(world.refused(&forged, LATER), Invalid::BadSignature);
}

#[test]
fn a_leaf_is_taken_by_the_key_that_was_asked_for_and_by_who_asked() {
    let (world, id) = approved();
    let refused = |record: &Record, why| assert_eq!(world.refused(record, over()), why);
    refused(&world.closing(id, NEW + 1), Invalid::WrongLeaf);
    let (new, salt) = newcomer(NEW);
    let other = Record::repaired((&LOG, id), salt, &key(92), &new);
    refused(&other, Invalid::BadSignature);
    let mut unsigned = world.closing(id, NEW);
    unsigned.signatures.pop();
    refused(&unsigned, Invalid::WrongSignatures);
    let mut by_other = world.closing(id, NEW);
    let (stranger, _) = newcomer(NEW + 1);
    by_other.signatures[1] = Record::repaired((&LOG, id), salt, &world.claimant, &stranger)
        .signatures
        .swap_remove(1);
    refused(&by_other, Invalid::BadSignature);
}

/// G10: one that is false, or that nobody closes, keeps no other waiting.
#[test]
fn repairs_of_two_leaves_go_on_side_by_side() {
    let (mut world, first) = approved();
    let body = world.repair_body(3, 1, NEW + 1);
    let second = ask(&mut world, body, 1).unwrap();
    for trustee in 0..3 {
        say(&mut world, second, trustee, Verdict::Approve);
    }
    // The second was asked for in the tree of before the first was closed.
    world.put(&world.closing(first, NEW), over()).unwrap();
    world.put(&world.closing(second, NEW + 1), over()).unwrap();
    assert_eq!(world.state.replaced(&world.policy, over()), 2);
    for trustee in 0..3 {
        let key = world.epoch.trustees[trustee].verifying_key();
        assert!(world.path(&key).verify(&root(&world), &key));
    }
    // Each new holder's path as its repair named it, through the other's replacement.
    for (asked, number, (from, until)) in [(first, NEW, (1, 2)), (second, NEW + 1, (0, 1))] {
        let (key, salt) = newcomer(number);
        let path = world
            .state
            .repair(&asked)
            .unwrap()
            .replacement
            .taken_by(salt);
        let span = (until, over());
        let path = world.state.path_after(&world.policy, (&path, from), span);
        assert!(
            path.unwrap().verify(&root(&world), &key.verifying_key()),
            "{number}"
        );
    }
}

#[test]
fn of_two_repairs_of_one_leaf_the_first_to_close_ends_the_other() {
    let (mut world, first) = approved();
    let body = world.repair_body(GONE, 1, NEW + 1);
    let second = ask(&mut world, body, 1).unwrap();
    for trustee in 0..3 {
        say(&mut world, second, trustee, Verdict::Approve);
    }
    world.put(&world.closing(second, NEW + 1), over()).unwrap();
    let status = world.state.repair_status(&first, over()).unwrap();
    assert!(status.ended && !status.completed);
    let late = world.closing(first, NEW);
    assert_eq!(world.refused(&late, over()), Invalid::RequestEnded);
    assert_eq!(world.state.replaced(&world.policy, over()), 1);
}

/// G4: somebody may hold a share for which no leaf answers.
#[test]
fn a_repair_that_was_allowed_and_not_closed_taints_the_epoch() {
    let (world, id) = approved();
    let status = world.state.repair_status(&id, over()).unwrap();
    assert_eq!(world.state.taints(&world.policy, 1, over()), []);
    assert_eq!(world.state.taints(&world.policy, 1, status.ends_at), [id]);
    let (world, id) = asked();
    let end = world.state.repair_status(&id, over()).unwrap().ends_at;
    assert_eq!(world.state.taints(&world.policy, 1, end), []);
    let world = repaired();
    assert_eq!(
        world.state.taints(&world.policy, 1, Timestamp(u64::MAX)),
        []
    );
}

/// G11: one who fears a change could otherwise begin repairs to put it off.
#[test]
fn a_repair_holds_back_no_change_and_a_new_epoch_ends_it() {
    let (mut world, id) = approved();
    let change = world.dealt(&epoch(2, 30).body);
    world.put(&change, LATER).unwrap();
    let waiting = world.state.waiting_changes(&world.policy, LATER);
    let ripe = LATER.after(LONGEST_DELAY + LONGEST_LIFETIME);
    assert_eq!(waiting[0].in_force_at, ripe);
    let body = RepairBody {
        request: RequestBody {
            expiry: ripe.after(COOL_DOWN),
            ..world.repair_body(3, 1, NEW + 1).request
        },
        ..world.repair_body(3, 1, NEW + 1)
    };
    let end = world.state.repair_status(&id, LATER).unwrap().ends_at;
    assert!(end < ripe);
    let late = just_before(ripe);
    let record = world.repair_of(body.clone(), 1);
    world.put(&record, late).unwrap();
    let status = world.state.repair_status(&body.id(), ripe).unwrap();
    assert!(status.ended && !status.completed);
    assert_eq!(root_at(&world, ripe), epoch(2, 30).body.approval_root);
}

fn root_at(world: &World, time: Timestamp) -> Digest {
    world.state.approval_root(&world.policy, time).unwrap()
}

/// G13: of the epoch that a recovery ended nothing is repaired.
#[test]
fn a_completed_recovery_ends_a_repair_and_forgets_the_leaves() {
    let mut world = repaired();
    let second = world.repair_body(3, 1, NEW + 1);
    let second = RepairBody {
        request: RequestBody {
            path: world.path(&world.epoch.trustees[1].verifying_key()),
            expiry: over().after(LIFETIME),
            ..second.request
        },
        ..second
    };
    let record = world.repair_of(second.clone(), 1);
    world.put(&record, over()).unwrap();
    let (body, time) = next_request(&world, 2);
    let request = world.request_of(body, 2);
    world.put(&request, time).unwrap();
    for trustee in 0..3 {
        let record = world.verdict_on(id_of(&request), trustee, Verdict::Approve);
        world.put(&record, time).unwrap();
    }
    let done = time.after(DELAY);
    let next = epoch(2, 50).body;
    let keys = kith_protocol::ledger::CompletionKeys {
        recovery: &world.epoch.signing,
        claimant: &world.claimant,
        agent: &world.heir,
    };
    let body = kith_protocol::ledger::CompleteBody {
        agent: world.heir.verifying_key(),
        commitment: None,
        next: next.clone(),
    };
    let record = Record::complete((&LOG, id_of(&request)), body, &keys, &mut rng(60));
    world.put(&record, done).unwrap();
    assert!(world.state.repair_status(&second.id(), done).unwrap().ended);
    assert_eq!(world.state.replaced(&world.policy, done), 0);
    assert_eq!(root_at(&world, done), next.approval_root);
}
