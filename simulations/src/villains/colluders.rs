//! Trustees whose people say yes to whoever asks, without the check; their agents are honest.
//!
//! Promised (G1, G7, G9): fewer than the lane's threshold get an impostor nowhere, for the others call
//! the owner back. As many as the threshold get him a lane that is full, and then the delay, with an
//! alarm on every device of the owner and her veto. If that failed, `checkers/delay.rs` would see a share
//! leave too early or under a veto, and a scenario with a living owner would see the impostor done.
use super::{Infects, Villain, Villainy};
use crate::node::NodeId;
use crate::people::Manner;
use crate::world::World;

pub(super) const ENTRY: Villainy = Villainy {
    name: "colluder",
    about: "a trustee whose person approves whoever asks; below the threshold it is no help to an impostor, at the \
            threshold the delay and the owner's veto remain (G7)",
    infects: Infects::Trustee,
    spares_progress: true,
    spares_shares: true,
    make: || Box::new(Colluder),
};

struct Colluder;

impl Villain for Colluder {
    fn begins(&mut self, world: &mut World, me: NodeId) {
        world.mend_manners(me, Manner::Accomplice);
    }
}
