//! Malware on the owner's device deals one trustee a made-up share, sealed and signed in due form.
//!
//! Promised (G3): the trustee finds that it lies on no committed polynomial and refuses it, keeps the
//! owner's signature as evidence, and the epoch is anchored with the others. If that failed,
//! `checkers/consistency.rs` would see the made-up share receipted.
use super::plunder::{self, Plunder};
use super::wrong_share::made_up;
use super::{Hears, Infects, Villain, Villainy};
use crate::checkers::Sight;
use crate::node::{NodeId, Told};
use crate::world::World;
use kith_protocol::agent::Step;
use kith_protocol::did::Did;
use kith_protocol::message::share::Store;
use kith_protocol::message::{Body, Received};
use kith_protocol::share_pair::store_context;

pub(super) const ENTRY: Villainy = Villainy {
    name: "cheating-dealer",
    about: "malware on the owner's device, from before the enrolment, deals one trustee a made-up share; it is \
            refused, and the others are enough (G3)",
    infects: Infects::Owner,
    spares_progress: true,
    spares_shares: false,
    make: || Box::<CheatingDealer>::default(),
};

pub(super) const REFRESH: Villainy = Villainy {
    name: "cheating-refresh",
    about: "malware on the owner's device, from before the enrolment, gives one trustee a made-up addition to its \
            share; it is refused, and the others are enough (G3)",
    infects: Infects::Owner,
    spares_progress: true,
    spares_shares: false,
    make: || {
        Box::new(CheatingDealer {
            only_refreshes: true,
            ..CheatingDealer::default()
        })
    },
};

#[derive(Default)]
struct CheatingDealer {
    /// It deals as it should, and cheats when shares are refreshed.
    only_refreshes: bool,
    plunder: Plunder,
    /// Who is cheated, once a deal goes out.
    victim: Option<Did>,
}

impl Villain for CheatingDealer {
    fn hears(&mut self, _world: &mut World, _me: NodeId, message: &Received) -> Hears {
        self.plunder.listen(message);
        Hears::Lets
    }

    fn is_told(&mut self, _world: &mut World, _me: NodeId, answer: &Received) {
        self.plunder.listen(answer);
    }

    fn tamper(&mut self, world: &mut World, me: NodeId, step: &mut Step<Told>) {
        let victim = self.victim.take().or_else(|| super::victim(world, step));
        for message in &mut step.sends {
            if victim.as_ref() != Some(&message.to) {
                continue;
            }
            let Body::ShareStore(store) = &mut message.body else {
                continue;
            };
            if self.only_refreshes && store.refreshes.is_none() {
                continue;
            }
            let (id, to) = (message.id.as_str(), &message.to);
            let swapped = self.plunder.swap((id, store), |plunder, store| {
                spoil(plunder, (world, me), (to, store))
            });
            if swapped {
                world.misdeed();
                world.show(&Sight::Misdeals { message: id });
            }
        }
        self.victim = victim;
    }
}

fn spoil(
    plunder: &Plunder,
    (world, me): (&mut World, NodeId),
    (to, store): (&Did, &Store),
) -> Option<Store> {
    let key = plunder.sealing(to, store)?;
    // At another index than that of its leaf it would be refused unread.
    let pair = made_up(store.path.position, &mut world.mischief)?;
    let context = store_context(&store.policy, store.epoch, &store.tag, to);
    let mut other = store.clone();
    other.sealed = pair.seal(&key, &context, world.mischief.generator()).ok()?;
    plunder::sign(world, me, &mut other)?;
    Some(other)
}
