//! Somebody on the wires keeps copies of what passes and sends them again minutes or hours later: in
//! the same session, in the next one, after the recovery.
//!
//! Promised (G1, G10, G13): a message counts once; an old one gets the old answer or a refusal and
//! changes nothing. If that failed, almost any checker might see it: a share of an old deal that is
//! kept after the recovery (`checkers/rotation.rs`), a release without consent (`checkers/consent.rs`),
//! a second answer of another kind (`checkers/durability.rs`).
use super::{Infects, Villain, Villainy};
use crate::chance::Span;
use crate::network::Parcel;
use crate::world::{Happening, World};

/// How many of a thousand messages are kept and sent again.
const KEPT: u16 = 100;
/// How often one of them is.
const TIMES: u64 = 3;
/// How much later: from the same exchange to the story after next.
const LATER: Span = Span::new(60_000, 3 * 3_600_000);
/// No process lives as often, so that the answer goes to nobody who asked.
const NOBODY: u32 = u32::MAX;

pub(super) const ENTRY: Villainy = Villainy {
    name: "replay",
    about: "somebody on the wires sends old messages again, minutes and hours later; none counts twice (G1, G13)",
    infects: Infects::Network,
    spares_progress: true,
    spares_shares: true,
    make: || Box::new(Replay),
};

struct Replay;

impl Villain for Replay {
    fn overhears(&mut self, world: &mut World, parcel: &Parcel) {
        if !world.mischief.hits(KEPT) {
            return;
        }
        world.misdeed();
        for _ in 0..world.mischief.between(1, TIMES) {
            let mut copy = parcel.clone();
            copy.asker.life = NOBODY;
            let later = world.mischief.span(LATER);
            world.after(later, Happening::Arrives(Box::new(copy)));
        }
    }
}
