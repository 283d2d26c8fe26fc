//! A trustee that runs twice over one copied disk, randomness included: one face approves, the other
//! says no to the same request.
//!
//! Promised (G10, G11): one key's verdicts stand on the ledger in one order, each counted and none
//! repeated; it may change its mind sixteen times and no more; and no nonce serves two messages, although
//! both faces draw the same randomness. If that failed, `checkers/durability.rs` would see a nonce twice,
//! or `checkers/delay.rs` a share leave although the lane is not full.
use super::{Infects, Villain, Villainy};
use crate::node::NodeId;
use crate::people::phone;
use crate::world::World;
use kith_protocol::time::Millis;
use kith_protocol::trustee::command::{Answer, Command};

/// How often it looks whether there is something to contradict itself about.
const PACE: Millis = Millis::seconds(20);

pub(super) const ENTRY: Villainy = Villainy {
    name: "two-faced-trustee",
    about: "a trustee runs twice over one copied disk and says yes and no to the same request; its verdicts stand \
            in one order, and no nonce serves twice (G10, G11)",
    infects: Infects::Trustee,
    spares_progress: true,
    spares_shares: false,
    make: || Box::<TwoFaced>::default(),
};

#[derive(Default)]
struct TwoFaced {
    /// The other face, and what it says no to.
    other: Option<(NodeId, String)>,
}

impl Villain for TwoFaced {
    fn begins(&mut self, world: &mut World, me: NodeId) {
        world.plots(me, PACE);
    }

    fn ticks(&mut self, world: &mut World, me: NodeId) {
        match &self.other {
            None => self.other = split(world, me),
            Some((other, id)) => {
                let deny = Command::RequestDeny { id: id.clone() };
                if phone::trustee(world, *other, deny).is_ok() {
                    world.misdeed();
                }
            }
        }
        world.plots(me, PACE);
    }
}

/// The disk is copied when its person has approved.
fn split(world: &mut World, me: NodeId) -> Option<(NodeId, String)> {
    let Ok(Answer::Requests { list }) = phone::trustee(world, me, Command::RequestList) else {
        return None;
    };
    let approved = list
        .into_iter()
        .find(|request| request.state == "approved")?;
    Some((world.twin(me), approved.id))
}
