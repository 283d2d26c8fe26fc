//! Answers every question whether it still holds its shares with the first proof it gave.
//!
//! Promised (B1): a proof answers one question, so the owner's screen calls the second one wrong and names who gave
//! it. If that failed, `checkers/custody.rs` would see it held in honour.
use super::{Infects, Villain, Villainy};
use crate::node::{NodeId, Told};
use crate::world::World;
use kith_protocol::agent::Step;
use kith_protocol::message::Body;
use kith_protocol::message::share::Proof;

/// Its name.
pub(crate) const NAME: &str = "old-proof";

pub(super) const ENTRY: Villainy = Villainy {
    name: NAME,
    about: "a trustee answers with an old proof that it holds its share; it is named (B1)",
    infects: Infects::Trustee,
    spares_progress: true,
    spares_shares: true,
    make: || Box::new(OldProof(None)),
};

struct OldProof(Option<Proof>);

impl Villain for OldProof {
    fn tamper(&mut self, world: &mut World, _me: NodeId, step: &mut Step<Told>) {
        let Some(Body::ShareProof(proof)) = &mut step.reply else {
            return;
        };
        match &self.0 {
            Some(first) => {
                *proof = first.clone();
                world.misdeed();
            }
            None => self.0 = Some(proof.clone()),
        }
    }
}
