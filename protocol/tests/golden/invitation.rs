//! The links that people paste (C2, R3).

use kith_protocol::message::invitation::{
    GOAL_HOST, GOAL_RECOVERY, GOAL_TRUSTEE, Invitation, LINK_BASE,
};
use kith_protocol::message::setup::{Capability, Offer};

use crate::people::person;
use crate::pinned::{self, Files};
use crate::scene::{NOW, Scene, scene};

fn invitation(scene: &Scene, goal: &str, capabilities: Vec<Capability>) -> Invitation {
    let offer = Offer {
        label: "Alice".into(),
        capabilities,
        policy: scene.policy,
        ledger: scene.log,
    };
    Invitation {
        id: "0123456789abcdef0123456789abcdef".into(),
        from: person("Alice").did().clone(),
        goal: goal.into(),
        label: "Alice".into(),
        expires: NOW.seconds() + 86_400,
        offer: (goal != GOAL_RECOVERY).then_some(offer),
    }
}

fn all() -> [(&'static str, Invitation); 3] {
    let scene = scene();
    [
        ("trustee", GOAL_TRUSTEE, vec![Capability::RecoveryShare]),
        ("host", GOAL_HOST, vec![Capability::BackupHost]),
        ("recovery", GOAL_RECOVERY, Vec::new()),
    ]
    .map(|(name, goal, capabilities)| (name, invitation(&scene, goal, capabilities)))
}

/// B14, R3: a link that somebody was sent stays one.
#[test]
fn the_links_of_all_goals_are_pinned_and_read_back() {
    let link = |invitation: &Invitation| invitation.to_link(LINK_BASE);
    let file = |(name, invitation): &(&str, Invitation)| {
        let line = format!("{}\n", link(invitation));
        (format!("{name}.txt"), line.into_bytes())
    };
    let files: Files = all().iter().map(file).collect();
    pinned::compare("invitations", &files);
    for (_, invitation) in all() {
        assert_eq!(Invitation::from_link(&link(&invitation)), Ok(invitation));
    }
}
