//! Gives a receipt for its share and does not keep it.
//!
//! Promised (G4, G5): a deal counts one receipt more than the threshold, so that one liar costs nothing
//! that is needed; two may, and the owner learns of it by the first custody proofs only. If
//! one were too many, `checkers/epoch.rs` would count too few usable shares, or the scenario's demand for
//! progress would fail.
use super::{Infects, Villain, Villainy};
use crate::node::NodeId;
use crate::world::World;
use kith_protocol::record::Space;

pub(super) const ENTRY: Villainy = Villainy {
    name: "forgetful-liar",
    about: "a trustee gives a receipt for its share and throws it away; one such costs nothing that is needed (G4)",
    infects: Infects::Trustee,
    spares_progress: true,
    spares_shares: false,
    make: || Box::new(ForgetfulLiar),
};

struct ForgetfulLiar;

impl Villain for ForgetfulLiar {
    fn keeps(&mut self, world: &mut World, me: NodeId) {
        let disk = &mut world.node_mut(me).disk;
        if disk.count(Space::Custody) > 0 {
            disk.lose(Space::Custody);
            world.misdeed();
        }
    }
}
