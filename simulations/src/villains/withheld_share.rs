//! Approves like everybody and never releases.
//!
//! Promised (G5, G10): a threshold of the others is enough, so that one who keeps back what it promised
//! to give delays nobody. If that failed, a healed world would not get to the end of the recovery, and
//! the scenario's demand for progress would say so.
use super::{Infects, Villain, Villainy};
use crate::node::{NodeId, Told};
use crate::world::World;
use kith_protocol::agent::Step;
use kith_protocol::message::Body;

pub(super) const ENTRY: Villainy = Villainy {
    name: "withheld-share",
    about: "a trustee approves and never releases; a threshold of the others is enough (G5)",
    infects: Infects::Trustee,
    spares_progress: true,
    spares_shares: false,
    make: || Box::new(WithheldShare),
};

struct WithheldShare;

impl Villain for WithheldShare {
    fn tamper(&mut self, world: &mut World, _me: NodeId, step: &mut Step<Told>) {
        let all = step.sends.len();
        step.sends
            .retain(|message| !matches!(message.body, Body::RecoveryRelease(_)));
        if step.sends.len() < all {
            world.misdeed();
        }
    }
}
