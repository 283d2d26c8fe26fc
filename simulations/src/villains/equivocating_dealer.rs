//! Malware on the owner's device deals one trustee a share of another deal than the others: right in
//! itself, with commitments, lane and record that fit it, sealed and signed in due form.
//!
//! Promised (G3, G4): the trustee can keep it, for nobody can know yet what the ledger will show; but it
//! never becomes a current share, because the ledger anchors one digest for all, and its receipt does not
//! count for the deal that is anchored. If that failed, `checkers/consistency.rs` would see a share of a
//! deal become current that the ledger does not show.
use super::plunder::{self, Plunder};
use super::{Hears, Infects, Villain, Villainy};
use crate::node::{NodeId, Told};
use crate::world::World;
use kith_protocol::agent::Step;
use kith_protocol::did::Did;
use kith_protocol::keys::{RecoveryKey, RecoverySecret};
use kith_protocol::message::share::{Commitments, Store};
use kith_protocol::message::{Body, Received};
use kith_protocol::share_pair::{SharePair, store_context};
use kith_protocol::vss::{Decrypt, Quorum, ShareIndex, Sign};
use std::iter;

/// Trustees of the other deal: as many as the real one has, so that nobody can tell by the number.
const TRUSTEES: u8 = 5;

pub(super) const ENTRY: Villainy = Villainy {
    name: "equivocating-dealer",
    about: "malware on the owner's device, from before the enrolment, deals one trustee a share of another deal \
            than the others; it never becomes a current one (G3)",
    infects: Infects::Owner,
    spares_progress: true,
    spares_shares: false,
    make: || Box::<EquivocatingDealer>::default(),
};

#[derive(Default)]
struct EquivocatingDealer {
    plunder: Plunder,
    /// Who gets the other deal.
    victim: Option<Did>,
}

impl Villain for EquivocatingDealer {
    fn hears(&mut self, _world: &mut World, _me: NodeId, message: &Received) -> Hears {
        self.plunder.listen(message);
        Hears::Lets
    }

    fn tamper(&mut self, world: &mut World, me: NodeId, step: &mut Step<Told>) {
        let victim = self.victim.take().or_else(|| super::victim(world, step));
        for message in &mut step.sends {
            if victim.as_ref() != Some(&message.to) {
                continue;
            }
            if let Body::ShareStore(store) = &mut message.body {
                let (id, to) = (message.id.as_str(), &message.to);
                let swapped = self.plunder.swap((id, store), |plunder, store| {
                    other_deal(plunder, (world, me), (to, store))
                });
                if swapped {
                    world.misdeed();
                }
            }
        }
        self.victim = victim;
    }
}

fn other_deal(
    plunder: &Plunder,
    (world, me): (&mut World, NodeId),
    (to, store): (&Did, &Store),
) -> Option<Store> {
    let key = plunder.sealing(to, store)?;
    let rng = world.mischief.generator();
    let quorum = Quorum::new(store.lane.threshold, TRUSTEES).ok()?;
    // The victim's share stands at its leaf, the others' anywhere else.
    let own = ShareIndex::new(store.path.position)?;
    let others = (1..=u8::MAX).filter_map(ShareIndex::new);
    let others = others.filter(|other| *other != own);
    let seats: Vec<ShareIndex> = iter::once(own)
        .chain(others)
        .take(TRUSTEES.into())
        .collect();
    let decrypt = RecoverySecret::<Decrypt>::generate(rng)
        .deal_at(quorum, &seats, rng)
        .ok()?;
    let sign = RecoverySecret::<Sign>::generate(rng)
        .deal_at(quorum, &seats, rng)
        .ok()?;
    let mut other = store.clone();
    other.commitments = Commitments {
        decrypt: decrypt.commitment.to_wire(),
        sign: sign.commitment.to_wire(),
    };
    other.lane.decrypt_key = RecoveryKey::from(&decrypt.commitment);
    other.lane.sign_key = RecoveryKey::from(&sign.commitment);
    other.tag = other.commitments.digest(&other.policy, other.epoch);
    other.record.deal_digest = other.tag;
    other.record.lanes[usize::from(other.lane.lane)] = other.lane.commitment();
    let pair = SharePair {
        decrypt: decrypt.shares.into_iter().next()?,
        sign: sign.shares.into_iter().next()?,
    };
    let context = store_context(&other.policy, other.epoch, &other.tag, to);
    other.sealed = pair.seal(&key, &context, rng).ok()?;
    plunder::sign(world, me, &mut other)?;
    Some(other)
}
