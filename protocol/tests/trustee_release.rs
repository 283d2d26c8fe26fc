//! When a share leaves, and when it does not (R13, G1, G4, G7, G8, G10, G13).
#![allow(clippy::unwrap_used)]

mod trustee_support;

use kith_protocol::bytes::Blob;
use kith_protocol::did::LocalDid;
use kith_protocol::keys::SigningKey;
use kith_protocol::keys::role::AgentPolicy;
use kith_protocol::ledger::{Subject, Verdict};
use kith_protocol::message::alert::Veto;
use kith_protocol::message::recovery::Released;
use kith_protocol::message::{Body, ProblemReport};
use kith_protocol::time::Millis;
use kith_protocol::trustee::command::Command;
use trustee_support::claimant::Asked;
use trustee_support::home::{code, message};
use trustee_support::world::World;
use trustee_support::{DELAY, LIFETIME, rng};

fn enrolled() -> World {
    World::enrolled(1)
}

/// The lane full just now.
fn full() -> (World, Asked) {
    let mut world = enrolled();
    let asked = world.full();
    (world, asked)
}

fn released(world: &World) -> bool {
    world.release().is_some()
}

/// R13, G7, G8: after the delay the share goes, sealed to the claimant's key, with evidence.
#[test]
fn a_share_leaves_when_the_delay_is_over() {
    let (mut world, asked) = full();
    assert_eq!(world.session().state, "approved");
    world.pass(Millis(DELAY.0 - 1_000));
    assert!(!released(&world));
    world.pass(Millis::seconds(30));
    let (sent, release) = world.release().unwrap();
    assert_eq!(
        (&sent.from, &sent.to),
        (&asked.trustee, asked.claimant.did.did())
    );
    assert_eq!((release.request, release.epoch), (asked.request(), 1));
    asked.claimant.open(&asked.deal, &asked.trustee, &release);
    assert_eq!(
        release
            .prekeys
            .iter()
            .map(|prekey| prekey.number)
            .collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(world.session().state, "released");
    world.reply(
        &sent,
        Body::RecoveryReleased(Released {
            request: asked.request(),
            verified: true,
        }),
    );
    assert_eq!(world.session().state, "delivered");
}

/// G10: the claimant uses a share only once she has heard our words, and she may hear them late.
#[test]
fn our_words_can_be_read_out_as_long_as_the_request_goes_on() {
    let (mut world, asked) = full();
    let words = world.session().words;
    assert!(words.is_some());
    world.pass(Millis(DELAY.0 + 30_000));
    let (sent, _) = world.release().unwrap();
    assert_eq!(world.session().words, words);
    let receipt = Released {
        request: asked.request(),
        verified: true,
    };
    world.reply(&sent, Body::RecoveryReleased(receipt));
    assert_eq!(world.session().state, "delivered");
    assert_eq!(world.session().words, words);
}

/// G1: the lane is full and the delay over, but our person did not approve.
#[test]
fn nothing_leaves_without_our_person() {
    let mut world = enrolled();
    let deal = world.protect(1);
    let claimant = world.claimant(900);
    let (asked, said) = world.asked(deal, claimant);
    world.verify(&asked, &said).unwrap();
    for other in 0..2 {
        asked.other(
            other,
            Verdict::Approve,
            &mut world.ledger,
            world.trustee.now,
        );
    }
    world.pass(Millis(DELAY.0 * 3));
    assert!(!released(&world));
    assert_eq!(world.session().state, "verified");
}

/// R13: one approval short.
#[test]
fn nothing_leaves_while_the_lane_is_not_full() {
    let mut world = enrolled();
    let deal = world.protect(1);
    let claimant = world.claimant(900);
    let (asked, said) = world.asked(deal, claimant);
    world.verify(&asked, &said).unwrap();
    world.approve(&asked).unwrap();
    world.pass(Millis(DELAY.0 * 3));
    assert!(!released(&world));
}

/// G7: an approval taken back during the delay; when the lane is full again the delay starts again.
#[test]
fn the_delay_starts_again_when_the_lane_is_full_again() {
    let (mut world, asked) = full();
    world.pass(Millis(DELAY.0 / 2));
    asked.other(0, Verdict::Withdrawn, &mut world.ledger, world.trustee.now);
    world.pass(Millis(DELAY.0 / 10));
    asked.other(0, Verdict::Approve, &mut world.ledger, world.trustee.now);
    world.pass(Millis(DELAY.0 * 9 / 10));
    assert!(!released(&world));
    world.pass(Millis(DELAY.0 / 3));
    assert!(released(&world));
}

/// G7, R13: an anchored veto stops it.
#[test]
fn nothing_leaves_while_a_veto_stands() {
    let (mut world, asked) = full();
    let veto = asked.veto(&world.owner.agent, &world.ledger);
    world.ledger.admit(&veto, world.trustee.now);
    world.pass(Millis(DELAY.0 * 3));
    assert!(!released(&world));
    assert!(world.session().vetoed);
}

fn handed(world: &World, asked: &Asked, by: &SigningKey<AgentPolicy>) -> Body {
    let record = Blob(asked.veto(by, &world.ledger).to_bytes());
    Body::AlertVeto(Veto {
        log: world.ledger.log(),
        record,
    })
}

/// G7: a veto received directly is anchored by us.
#[test]
fn a_veto_handed_to_us_is_anchored() {
    let (mut world, asked) = full();
    let veto = handed(&world, &asked, &world.owner.agent);
    assert!(
        matches!(world.tell(veto.clone()), Body::AlertVetoAck(ack) if ack.request == asked.request())
    );
    let status = world
        .ledger
        .state
        .request_status(&asked.request(), world.trustee.now)
        .unwrap();
    assert!(status.vetoed);
    assert!(matches!(world.tell(veto), Body::AlertVetoAck(_)));
    world.pass(Millis(DELAY.0 * 3));
    assert!(!released(&world));
}

/// G7: it stops our release even where the operator keeps it off the ledger.
#[test]
fn a_veto_handed_to_us_holds_even_when_the_operator_censors_it() {
    let (mut world, asked) = full();
    world.ledger.censors_vetoes = true;
    let veto = handed(&world, &asked, &world.owner.agent);
    assert!(matches!(world.tell(veto), Body::AlertVetoAck(_)));
    assert!(world.session().vetoed);
    world.trustee.crash();
    world.pass(Millis(DELAY.0 * 3));
    assert!(!released(&world));
    world.ledger.censors_vetoes = false;
    world.pass(Millis::seconds(60));
    let status = world
        .ledger
        .state
        .request_status(&asked.request(), world.trustee.now)
        .unwrap();
    assert!(
        status.vetoed,
        "and goes to the ledger as soon as it is let in"
    );
}

/// G10: strangers hold nothing up.
#[test]
fn a_veto_that_the_ledger_must_not_admit_is_refused() {
    let (mut world, asked) = full();
    let stranger = SigningKey::<AgentPolicy>::generate(&mut rng(70));
    let veto = handed(&world, &asked, &stranger);
    assert_eq!(code(&world.tell(veto)), "e.p.ledger.not-authorized");
    let mut forged = asked.veto(&stranger, &world.ledger);
    forged.body = asked.veto(&world.owner.agent, &world.ledger).body;
    let record = Blob(forged.to_bytes());
    let refused = world.tell(Body::AlertVeto(Veto {
        log: world.ledger.log(),
        record,
    }));
    assert!(code(&refused).starts_with("e.p.ledger."));
    let change = kith_protocol::ledger::Record::veto(
        &world.ledger.log(),
        Subject::Change(asked.request()),
        &world.owner.agent,
    );
    let record = Blob(change.to_bytes());
    let refused = world.tell(Body::AlertVeto(Veto {
        log: world.ledger.log(),
        record,
    }));
    assert_eq!(code(&refused), "e.p.msg.malformed");
    let refused = world.tell(Body::AlertVeto(Veto {
        log: world.ledger.log(),
        record: Blob(vec![1, 2]),
    }));
    assert_eq!(code(&refused), "e.p.msg.malformed");
    let lone = LocalDid::generate_did_key(&mut rng(71));
    let veto = handed(&world, &asked, &world.owner.agent);
    let refused = world.deliver(&message(lone.did(), lone.did(), "77", veto));
    assert_eq!(code(&refused), "e.p.req.not-a-trustee");
    world.pass(Millis(DELAY.0 + 30_000));
    assert!(released(&world));
}

/// G7: nothing is released on a chain that was fetched before the delay was over.
#[test]
fn nothing_leaves_without_a_chain_fetched_after_the_delay() {
    let (mut world, _) = full();
    world.ledger.silent = true;
    world.pass(Millis(DELAY.0 * 3));
    assert!(!released(&world));
    world.ledger.silent = false;
    world.pass(Millis::seconds(60));
    assert!(released(&world));
}

/// G7: a veto that was anchored while we could not look is seen before anything leaves.
#[test]
fn a_veto_anchored_while_we_could_not_look_is_seen_in_time() {
    let (mut world, asked) = full();
    world.ledger.silent = true;
    world.pass(Millis(DELAY.0 - 5_000));
    let veto = asked.veto(&world.owner.agent, &world.ledger);
    world.ledger.admit(&veto, world.trustee.now);
    world.pass(Millis(DELAY.0));
    world.ledger.silent = false;
    world.pass(Millis(DELAY.0));
    assert!(!released(&world));
}

/// R13: a request that has ended releases nothing any more.
#[test]
fn nothing_leaves_after_the_request_has_ended() {
    let (mut world, _) = full();
    world.ledger.silent = true;
    world.jump(Millis(DELAY.0 + LIFETIME.0 + 1));
    world.ledger.silent = false;
    world.pass(Millis(DELAY.0));
    assert!(!released(&world));
    assert_eq!(world.session().state, "ended");
}

/// G7: the ledger's time was pushed; our own clock holds it, and says so.
#[test]
fn a_pushed_ledger_is_held_by_our_own_clock() {
    let (mut world, _) = full();
    world.ledger.ahead = DELAY;
    world.pass(Millis::seconds(30));
    assert!(
        !released(&world),
        "the ledger alone says that the delay is over"
    );
    assert!(
        world
            .trustee
            .events
            .iter()
            .any(|event| event.kind == "hold")
    );
    assert!(world.history().contains("our own clock disagrees"));
    world.pass(Millis(DELAY.0 - 10_000));
    assert!(released(&world), "our own clock has run the delay");
}

/// G7: our wall clock was set forward while the machine was off, so our clock proves nothing.
#[test]
fn a_wall_clock_set_forward_across_a_restart_is_held() {
    let (mut world, _) = full();
    world.pass(Millis(DELAY.0 / 2));
    let jump = Millis(DELAY.0 * 5);
    world.trustee.crash();
    world.trustee.uptime = 1_000;
    world.trustee.now = world.trustee.now.after(jump);
    world.ledger.behind = jump;
    world.pass(Millis(DELAY.0 / 2 + 30_000));
    assert!(!released(&world));
    assert!(world.history().contains("our own clock disagrees"));
    world.pass(DELAY);
    assert!(
        released(&world),
        "ledger time alone has run the delay again"
    );
}

/// G7: across a restart of the machine the last persisted reading and the wall clock go on.
#[test]
fn a_restart_of_the_machine_costs_no_time() {
    let (mut world, _) = full();
    world.pass(Millis(DELAY.0 / 2));
    world.trustee.crash();
    world.trustee.uptime = 1_000;
    world.pass(Millis(DELAY.0 * 6 / 10));
    assert!(released(&world));
    assert!(!world.history().contains("disagrees"));
}

/// A trustee that sees the full lane late waits until its own clock has run the delay.
#[test]
fn a_late_trustee_waits_for_its_own_clock() {
    let mut world = enrolled();
    let deal = world.protect(1);
    let claimant = world.claimant(900);
    let (asked, said) = world.asked(deal, claimant);
    world.verify(&asked, &said).unwrap();
    for other in 0..2 {
        asked.other(
            other,
            Verdict::Approve,
            &mut world.ledger,
            world.trustee.now,
        );
    }
    world.ledger.silent = true;
    world.pass(Millis(DELAY.0 * 2));
    world.ledger.silent = false;
    world.approve(&asked).unwrap();
    world.pass(Millis::seconds(20));
    assert!(!released(&world));
    world.pass(DELAY);
    assert!(released(&world));
}

/// G1, G8: what a claimant with another key gets is nothing; the share goes to the anchored key.
#[test]
fn only_the_anchored_key_opens_the_share() {
    let (mut world, asked) = full();
    world.pass(Millis(DELAY.0 + 30_000));
    let (sent, release) = world.release().unwrap();
    let other = world.claimant(999);
    let context = kith_protocol::share_pair::release_context(
        &release.request,
        &asked.deal.record.deal_digest,
        &sent.from,
    );
    assert!(
        kith_protocol::share_pair::SharePair::open(&other.sealing, &context, &release.sealed)
            .is_err()
    );
}

/// G1: nothing that looks like the share stands in anything else that is sent.
#[test]
fn a_denied_request_releases_nothing() {
    let (mut world, asked) = full();
    world.pass(Millis(DELAY.0 / 2));
    world
        .command(Command::RequestDeny {
            id: asked.id.clone(),
        })
        .unwrap();
    asked.other(1, Verdict::Approve, &mut world.ledger, world.trustee.now);
    world.pass(Millis(DELAY.0 * 3));
    assert!(!released(&world));
}

#[test]
fn what_has_left_cannot_be_denied() {
    let (mut world, asked) = full();
    world.pass(Millis(DELAY.0 + 30_000));
    assert!(released(&world));
    assert_eq!(
        world
            .command(Command::RequestDeny { id: asked.id })
            .unwrap_err()
            .exit,
        6
    );
}

/// A claimant whose own view lags says "not yet", and gets the share again.
#[test]
fn a_share_that_was_not_taken_is_sent_again() {
    let (mut world, asked) = full();
    world.pass(Millis(DELAY.0 + 30_000));
    let (sent, _) = world.release().unwrap();
    let not_yet = |code: &str| {
        Body::Problem(ProblemReport {
            code: code.into(),
            comment: String::new(),
        })
    };
    world.reply(&sent, not_yet("e.m.trust.ledger-behind"));
    assert_eq!(world.session().state, "released");
    world.reply(&sent, not_yet("e.m.req.wrong-connection"));
    assert_eq!(world.session().state, "approved");
    world.pass(Millis::seconds(60));
    let (again, _) = world.release().unwrap();
    assert_ne!(again.id, sent.id);
    world.reply(
        &again,
        Body::RecoveryReleased(Released {
            request: asked.request(),
            verified: false,
        }),
    );
    assert!(world.history().contains("does not verify"));
}

/// G10: the trustees checked "stolen", so ours sets the thief's veto aside, and the delay starts again.
#[test]
fn an_override_starts_the_delay_again() {
    let mut world = enrolled();
    let deal = world.protect(1);
    let claimant = trustee_support::claimant::Claimant {
        kind: kith_protocol::ledger::RequestKind::Stolen,
        ..world.claimant(900)
    };
    let (asked, said) = world.asked(deal, claimant);
    world.verify(&asked, &said).unwrap();
    world.approve(&asked).unwrap();
    asked.other(0, Verdict::Stolen, &mut world.ledger, world.trustee.now);
    world.hint(1);
    let veto = asked.veto(&world.owner.agent, &world.ledger);
    world.ledger.admit(&veto, world.trustee.now);
    world.pass(Millis(DELAY.0 * 8 / 10));
    assert!(!released(&world));
    world.pass(Millis(DELAY.0 / 2));
    assert!(released(&world));
}

/// G10: the same where the thief handed the veto to us: once the ledger shows that it was set aside, what
/// we hold of it holds nothing up.
#[test]
fn a_handed_veto_that_was_set_aside_holds_nothing_any_more() {
    let mut world = enrolled();
    let deal = world.protect(1);
    let claimant = trustee_support::claimant::Claimant {
        kind: kith_protocol::ledger::RequestKind::Stolen,
        ..world.claimant(900)
    };
    let (asked, said) = world.asked(deal, claimant);
    world.verify(&asked, &said).unwrap();
    world.approve(&asked).unwrap();
    asked.other(0, Verdict::Stolen, &mut world.ledger, world.trustee.now);
    world.hint(1);
    let veto = handed(&world, &asked, &world.owner.agent);
    assert!(matches!(world.tell(veto), Body::AlertVetoAck(_)));
    world.pass(Millis(DELAY.0 * 8 / 10));
    assert!(!released(&world));
    world.pass(Millis(DELAY.0 / 2));
    assert!(released(&world));
}

/// G13: the end of a request is the end of its messages.
#[test]
fn a_share_that_never_arrived_is_offered_no_longer_once_the_request_has_ended() {
    let (mut world, _) = full();
    world.pass(Millis(DELAY.0 + 30_000));
    assert!(released(&world));
    world.pass(LIFETIME);
    assert_eq!(world.session().state, "ended");
    let offers = |world: &World| {
        let sent = world.trustee.sent.iter();
        let releases = sent.filter(|message| matches!(message.body, Body::RecoveryRelease(_)));
        releases.count()
    };
    let before = offers(&world);
    // Longer than the longest pause between two offers.
    world.pass(Millis::seconds(1_200));
    assert_eq!(offers(&world), before);
}

/// G11: a crash between any two steps.
#[test]
fn a_release_goes_on_after_a_crash_at_any_point() {
    let mut world = World::enrolled(1);
    world.trustee.forgetful = true;
    let asked = world.full();
    world.pass(Millis(DELAY.0 - 1_000));
    assert!(!released(&world));
    world.pass(Millis::seconds(30));
    let (sent, release) = world.release().unwrap();
    asked.claimant.open(&asked.deal, &asked.trustee, &release);
    world.reply(
        &sent,
        Body::RecoveryReleased(Released {
            request: asked.request(),
            verified: true,
        }),
    );
    assert_eq!(world.session().state, "delivered");
}
