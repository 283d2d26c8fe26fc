//! Becoming a trustee: invitation, acceptance, words (R3, R8, G8, B8).
#![allow(clippy::unwrap_used)]

mod trustee_support;

use kith_protocol::bytes::{Blob, Nonce32};
use kith_protocol::did::LocalDid;
use kith_protocol::message::invitation::{GOAL_RECOVERY, LINK_BASE};
use kith_protocol::message::setup::Capability;
use kith_protocol::message::standard::Ping;
use kith_protocol::message::words::{Confirm, Mismatch};
use kith_protocol::message::{Body, Empty, PingResponse, ProblemReport};
use kith_protocol::time::Millis;
use kith_protocol::trustee::command::{Answer, Command};
use kith_protocol::words::{Speaker, commitment};
use trustee_support::home::{code, message};
use trustee_support::ledger::Ledger;
use trustee_support::world::World;

fn verify(world: &mut World, words: &str) -> Result<Answer, kith_protocol::error::CommandError> {
    world.command(Command::OwnerVerify {
        name: "alice".into(),
        words: words.into(),
    })
}

/// No error, because something was done: the session ended.
fn mismatched(answer: &Result<Answer, kith_protocol::error::CommandError>) -> bool {
    matches!(answer, Ok(Answer::Mismatch { .. }))
}

/// R3: offer, request, response, acknowledgement; R8: the words are picked from choices.
#[test]
fn a_person_becomes_a_trustee_by_comparing_words() {
    let mut world = World::new(1);
    let (view, said) = world.words(Capability::RecoveryShare);
    assert_eq!(
        view.choices
            .iter()
            .filter(|choice| **choice == said)
            .count(),
        1
    );
    assert_eq!(view.choices.len(), 4);
    assert_ne!(view.say, said);
    verify(&mut world, &said.to_uppercase()).unwrap();
    assert_eq!(world.owner_state(), "verified");
    assert!(
        world
            .trustee
            .has_sent(|body| matches!(body, Body::WordsConfirm(_)))
    );
}

/// B8: the trustee's nonce is committed to before the owner's is known, and is the one revealed.
#[test]
fn the_nonce_is_committed_to_first() {
    let mut world = World::new(1);
    let accept = world.accepted(Capability::RecoveryShare);
    let Body::SetupAccept(body) = accept.body.clone() else {
        panic!()
    };
    assert!(
        !world
            .trustee
            .has_sent(|body| matches!(body, Body::WordsReveal(_)))
    );
    let ack = Body::SetupAck(world.ack());
    world.reply(&accept, ack);
    let Body::WordsReveal(reveal) = world
        .trustee
        .last(|body| matches!(body, Body::WordsReveal(_)))
        .unwrap()
        .body
    else {
        panic!()
    };
    assert_eq!(commitment(&reveal.nonce), body.commitment);
}

#[test]
fn an_acceptance_brings_two_prekeys_and_names_the_invitation() {
    let mut world = World::new(1);
    let accept = world.accepted(Capability::RecoveryShare);
    let Body::SetupAccept(body) = &accept.body else {
        panic!()
    };
    assert_eq!(
        body.prekeys
            .iter()
            .map(|prekey| prekey.number)
            .collect::<Vec<_>>(),
        [0, 1]
    );
    assert_ne!(body.prekeys[0].approval, body.prekeys[1].approval);
    let invitation =
        world
            .owner
            .invitation(Capability::RecoveryShare, &world.ledger, world.trustee.now);
    assert_eq!(accept.pthid, Some(invitation.id));
}

/// G8: a wrong word ends the session, and every key of it is dead.
#[test]
fn wrong_words_end_the_session() {
    let mut world = World::new(1);
    let (view, said) = world.words(Capability::RecoveryShare);
    let wrong = view.choices.iter().find(|choice| **choice != said).unwrap();
    assert!(mismatched(&verify(&mut world, wrong)));
    assert_eq!(world.owner_state(), "mismatch");
    assert!(
        world
            .trustee
            .has_sent(|body| matches!(body, Body::WordsMismatch(_)))
    );
    let (_, store) = world.dealt(1);
    assert_eq!(
        code(&world.tell(Body::ShareStore(store))),
        "e.p.req.not-a-trustee"
    );
    assert_eq!(verify(&mut world, &said).unwrap_err().exit, 8);
}

#[test]
fn none_of_the_choices_is_an_answer_too() {
    let mut world = World::new(1);
    world.words(Capability::RecoveryShare);
    assert!(mismatched(&verify(&mut world, "none")));
    assert_eq!(world.owner_state(), "mismatch");
}

/// The words cover the nonces: somebody in the middle who shows each side another is heard.
#[test]
fn another_nonce_gives_other_words() {
    let mut world = World::new(1);
    let accept = world.accepted(Capability::RecoveryShare);
    let ack = Body::SetupAck(kith_protocol::message::setup::Ack {
        nonce: Nonce32([9; 32]),
        ..world.ack()
    });
    world.reply(&accept, ack);
    let reveal = world
        .trustee
        .last(|body| matches!(body, Body::WordsReveal(_)))
        .unwrap();
    world.reply(&reveal, Body::Empty(Empty {}));
    let Body::WordsReveal(opened) = reveal.body else {
        panic!()
    };
    let said = world
        .owner
        .words(opened.nonce, &world.ledger, Speaker::Owner);
    assert!(mismatched(&verify(&mut world, &said)));
}

/// G14: the descriptor is the one the invitation named, and it is not followed before the words.
#[test]
fn another_descriptor_than_the_invitation_names_ends_the_session() {
    let mut world = World::new(1);
    let accept = world.accepted(Capability::RecoveryShare);
    let other = Ledger::new("kith.example/other", 99);
    let mut ack = world.ack();
    ack.descriptor = Blob(other.descriptor.to_bytes());
    world.reply(&accept, Body::SetupAck(ack));
    assert_eq!(world.owner_state(), "ended");
    assert!(
        !world
            .trustee
            .has_sent(|body| matches!(body, Body::WordsReveal(_)))
    );
}

#[test]
fn the_ledger_is_not_followed_before_the_words_were_compared() {
    let mut world = World::new(1);
    let (_, said) = world.words(Capability::RecoveryShare);
    let Ok(Answer::Status { ledgers, .. }) = world.command(Command::Status) else {
        panic!()
    };
    assert_eq!(ledgers, 0);
    verify(&mut world, &said).unwrap();
    let Ok(Answer::Status {
        ledgers, owners, ..
    }) = world.command(Command::Status)
    else {
        panic!()
    };
    assert_eq!((ledgers, owners), (1, 1));
}

/// G15: how much waits for a person is counted, and what was answered no longer is.
#[test]
fn status_counts_the_invitations_that_wait() {
    let mut world = World::new(1);
    let waiting = |world: &mut World| match world.command(Command::Status) {
        Ok(Answer::Status { invitations, .. }) => invitations,
        other => panic!("{other:?}"),
    };
    assert_eq!(waiting(&mut world), 0);
    let link = world
        .owner
        .link(Capability::RecoveryShare, &world.ledger, world.trustee.now);
    let Ok(Answer::Invitation(opened)) = world.command(Command::InvitationOpen { link }) else {
        panic!()
    };
    assert_eq!(waiting(&mut world), 1);
    let accept = Command::InvitationAccept { id: opened.id };
    world.command(accept).unwrap();
    assert_eq!(waiting(&mut world), 0);
}

#[test]
fn a_refusal_of_the_owner_ends_the_session_with_its_reason() {
    let mut world = World::new(1);
    let accept = world.accepted(Capability::RecoveryShare);
    let problem = ProblemReport {
        code: "e.p.req.declined".into(),
        comment: "too many trustees".into(),
    };
    world.reply(&accept, Body::Problem(problem));
    assert_eq!(world.owner_state(), "ended");
    assert!(world.history().contains("too many trustees"));
}

/// G10: once a share is held, a word from the owner's device ends nothing.
#[test]
fn the_owner_can_hear_other_words_only_before_the_first_share() {
    let mut world = World::enrolled(1);
    assert!(matches!(
        world.tell(Body::WordsConfirm(Confirm {})),
        Body::Empty(_)
    ));
    let mut other = World::enrolled(2);
    assert!(matches!(
        other.tell(Body::WordsMismatch(Mismatch {})),
        Body::Empty(_)
    ));
    assert_eq!(other.owner_state(), "mismatch");
    world.protect(1);
    assert_eq!(
        code(&world.tell(Body::WordsMismatch(Mismatch {}))),
        "e.p.req.out-of-order"
    );
    assert_eq!(world.owner_state(), "verified");
}

#[test]
fn an_expired_invitation_is_refused() {
    let mut world = World::new(1);
    let link = world
        .owner
        .link(Capability::RecoveryShare, &world.ledger, world.trustee.now);
    world
        .command(Command::InvitationOpen { link: link.clone() })
        .unwrap();
    world.pass(Millis::seconds(601));
    assert_eq!(
        world
            .command(Command::InvitationOpen { link })
            .unwrap_err()
            .exit,
        6
    );
    let Ok(Answer::Invitations { list }) = world.command(Command::InvitationList) else {
        panic!()
    };
    assert_eq!(list[0].state, "expired");
    assert_eq!(
        world
            .command(Command::InvitationAccept {
                id: list[0].id.clone()
            })
            .unwrap_err()
            .exit,
        6
    );
}

#[test]
fn an_invitation_is_accepted_once() {
    let mut world = World::new(1);
    let accept = world.accepted(Capability::RecoveryShare);
    let id = accept.pthid.unwrap();
    assert_eq!(
        world
            .command(Command::InvitationAccept { id: id.clone() })
            .unwrap_err()
            .exit,
        6
    );
    assert_eq!(
        world
            .command(Command::InvitationDecline { id })
            .unwrap_err()
            .exit,
        6
    );
}

#[test]
fn a_declined_invitation_tells_the_owner() {
    let mut world = World::new(1);
    let link = world
        .owner
        .link(Capability::RecoveryShare, &world.ledger, world.trustee.now);
    let Ok(Answer::Invitation(invitation)) = world.command(Command::InvitationOpen { link }) else {
        panic!()
    };
    assert_eq!(world.trustee.pending()[0].kind, "invitation");
    world
        .command(Command::InvitationDecline {
            id: invitation.id[..4].into(),
        })
        .unwrap();
    assert!(
        world
            .trustee
            .has_sent(|body| matches!(body, Body::SetupDecline(_)))
    );
    assert!(world.trustee.pending().is_empty());
}

/// G15: invitations are bounded; those that wait are never pushed out.
#[test]
fn invitations_are_bounded() {
    let mut world = World::new(1);
    let now = world.trustee.now;
    let mut invitation = world
        .owner
        .invitation(Capability::RecoveryShare, &world.ledger, now);
    let mut open = |world: &mut World, number: usize| {
        invitation.id = format!("{number:032x}");
        world.command(Command::InvitationOpen {
            link: invitation.to_link(LINK_BASE),
        })
    };
    for number in 0..64 {
        open(&mut world, number).unwrap();
    }
    assert_eq!(open(&mut world, 64).unwrap_err().exit, 6);
    open(&mut world, 3).unwrap();
    world
        .command(Command::InvitationDecline {
            id: format!("{:032x}", 7),
        })
        .unwrap();
    open(&mut world, 64).unwrap();
    let Ok(Answer::Invitations { list }) = world.command(Command::InvitationList) else {
        panic!()
    };
    assert_eq!(list.len(), 64);
}

#[test]
fn a_recovery_link_is_no_invitation_and_the_other_way_round() {
    let mut world = World::new(1);
    let now = world.trustee.now;
    let mut invitation = world
        .owner
        .invitation(Capability::RecoveryShare, &world.ledger, now);
    let link = invitation.to_link(LINK_BASE);
    assert!(
        world
            .command(Command::RequestOpen {
                link,
                owner: "Alice".into()
            })
            .is_err()
    );
    invitation.goal = GOAL_RECOVERY.into();
    invitation.offer = None;
    assert!(
        world
            .command(Command::InvitationOpen {
                link: invitation.to_link(LINK_BASE)
            })
            .is_err()
    );
    assert!(
        world
            .command(Command::InvitationOpen {
                link: "https://kith.example/i".into()
            })
            .is_err()
    );
}

/// Replies count only from who was asked, and once.
#[test]
fn an_answer_from_somebody_else_is_ignored() {
    let mut world = World::new(1);
    let mut accept = world.accepted(Capability::RecoveryShare);
    let real = accept.to.clone();
    accept.to = LocalDid::generate_did_key(&mut trustee_support::rng(77))
        .did()
        .clone();
    let ack = Body::SetupAck(world.ack());
    world.reply(&accept, ack.clone());
    assert_eq!(world.owner_state(), "connecting");
    accept.to = real;
    world.reply(&accept, ack);
    assert!(
        world
            .trustee
            .has_sent(|body| matches!(body, Body::WordsReveal(_)))
    );
}

/// G11: a crash between any two steps changes nothing; what waits for the person is found again.
#[test]
fn enrolment_goes_on_after_a_crash_at_any_point() {
    let mut world = World::new(1);
    world.trustee.forgetful = true;
    let (_, said) = world.words(Capability::RecoveryShare);
    assert_eq!(world.trustee.pending()[0].kind, "words");
    verify(&mut world, &said).unwrap();
    assert_eq!(world.owner_state(), "verified");
    assert!(world.trustee.pending().is_empty());
}

/// At least once: what is not answered is sent again with the same id.
#[test]
fn an_acceptance_that_was_lost_is_sent_again() {
    let mut world = World::new(1);
    let first = world.accepted(Capability::RecoveryShare);
    world.pass(Millis::seconds(2));
    let accepts = world
        .trustee
        .sent
        .iter()
        .filter(|sent| matches!(sent.body, Body::SetupAccept(_)));
    assert!(accepts.clone().count() > 1);
    assert!(
        accepts
            .clone()
            .all(|sent| sent.id == first.id && sent.body == first.body)
    );
}

#[test]
fn a_ping_is_answered_and_messages_for_others_are_refused() {
    let mut world = World::enrolled(1);
    let pong = world.tell(Body::Ping(Ping {
        response_requested: true,
    }));
    assert!(matches!(pong, Body::PingResponse(PingResponse {})));
    let rows = world.trustee.rows.len();
    let stray = world.tell(Body::Empty(Empty {}));
    assert_eq!(code(&stray), "e.p.msg.unexpected");
    assert_eq!(
        world.trustee.rows.len(),
        rows,
        "a stranger's message costs no disk (G15)"
    );
}

/// A stranger on our connection is nobody.
#[test]
fn words_of_a_stranger_are_refused() {
    let mut world = World::new(1);
    world.words(Capability::RecoveryShare);
    let stranger = LocalDid::generate_did_key(&mut trustee_support::rng(78));
    let to = world.owner.trustee.clone().unwrap();
    let body = Body::WordsMismatch(Mismatch {});
    let refused = world.deliver(&message(stranger.did(), &to, "00", body));
    assert_eq!(code(&refused), "e.p.req.not-a-trustee");
    assert_eq!(world.owner_state(), "words");
}
