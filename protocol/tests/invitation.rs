//! Invitation links: what a person pastes is hostile until it is read.
use kith_protocol::bytes::{Digest, to_base64url};
use kith_protocol::did::LocalDid;
use kith_protocol::limits;
use kith_protocol::message::invitation::{
    GOAL_RECOVERY, GOAL_TRUSTEE, Invitation, InvitationError, LINK_BASE, clean_label,
};
use kith_protocol::message::setup::{Capability, Offer};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

fn invitation() -> Invitation {
    Invitation {
        id: "0123456789abcdef0123456789abcdef".into(),
        from: LocalDid::generate(None, &mut ChaCha20Rng::from_seed([1; 32]))
            .did()
            .clone(),
        goal: GOAL_TRUSTEE.into(),
        label: "Alice".into(),
        expires: 1_800_000_000,
        offer: Some(Offer {
            label: "Alice".into(),
            capabilities: vec![Capability::RecoveryShare],
            policy: Digest([2; 32]),
            ledger: Digest([3; 32]),
        }),
    }
}

fn link_of(json: &str) -> String {
    format!("{LINK_BASE}?_oob={}", to_base64url(json.as_bytes()))
}

/// R3, C2: an invitation reaches somebody through any channel that carries a link.
#[test]
fn a_link_carries_the_whole_invitation() {
    let link = invitation().to_link(LINK_BASE);
    assert_eq!(Invitation::from_link(&link), Ok(invitation()));
    assert_eq!(
        Invitation::from_link(&format!("  {link}&utm=x#y\n")),
        Ok(invitation())
    );
}

#[test]
fn a_recovery_link_needs_no_offer_and_the_others_do() {
    let recovery = Invitation {
        goal: GOAL_RECOVERY.into(),
        offer: None,
        ..invitation()
    };
    assert_eq!(
        Invitation::from_link(&recovery.to_link(LINK_BASE)),
        Ok(recovery)
    );
    let bare = Invitation {
        offer: None,
        ..invitation()
    };
    assert!(matches!(
        Invitation::from_link(&bare.to_link(LINK_BASE)),
        Err(InvitationError::Malformed(_))
    ));
}

#[test]
fn a_text_that_is_no_link_is_refused_with_what_to_do() {
    assert_eq!(
        Invitation::from_link("https://kith.example/i"),
        Err(InvitationError::NoInvitation)
    );
    assert_eq!(
        Invitation::from_link(&"x".repeat(limits::message::LINK + 1)),
        Err(InvitationError::TooLong)
    );
    assert!(matches!(
        Invitation::from_link("x?_oob=%%%"),
        Err(InvitationError::Malformed(_))
    ));
    assert!(matches!(
        Invitation::from_link(&link_of("{")),
        Err(InvitationError::Malformed(_))
    ));
    assert!(matches!(
        Invitation::from_link(&link_of("{}")),
        Err(InvitationError::Malformed(_))
    ));
}

#[test]
fn a_link_that_was_cut_off_is_refused() {
    let link = invitation().to_link(LINK_BASE);
    assert!(Invitation::from_link(&link[..link.len() - 7]).is_err());
}

#[test]
fn an_invitation_to_something_else_is_refused_by_name() {
    let other = Invitation {
        goal: "org.example.chat".into(),
        ..invitation()
    };
    let refused = Invitation::from_link(&other.to_link(LINK_BASE));
    assert_eq!(
        refused,
        Err(InvitationError::UnknownGoal("org.example.chat".into()))
    );
}

#[test]
fn a_name_loses_what_could_disguise_it() {
    assert_eq!(clean_label(" Al\u{202e}ice\u{0007}\n"), "Alice");
    assert_eq!(
        clean_label(&"ä".repeat(10_000)).chars().count(),
        limits::message::LABEL
    );
}
