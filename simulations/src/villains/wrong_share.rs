//! Releases a share of its own making instead of the one it keeps, sealed and signed in due form.
//!
//! Promised (G6): the claimant finds it before use, names its sender, and goes on with the others. If
//! that failed, `checkers/attribution.rs` would see a wrong share receipted as right, or
//! `checkers/equality.rs` other bytes than were protected.
use super::{Infects, Villain, Villainy};
use crate::chance::Chance;
use crate::checkers::Sight;
use crate::node::{NodeId, Told};
use crate::scenario::Mutant;
use crate::world::World;
use kith_protocol::agent::Step;
use kith_protocol::did::LocalDid;
use kith_protocol::keys::labels;
use kith_protocol::message::recovery::Release;
use kith_protocol::message::{Body, Outgoing};
use kith_protocol::share_pair::{SharePair, release_context};
use kith_protocol::vss::{Purpose, Share};
use zeroize::Zeroizing;

pub(super) const ENTRY: Villainy = Villainy {
    name: "wrong-share",
    about: "a trustee releases a made-up share; it is found before use, named and left out (G6)",
    infects: Infects::Trustee,
    spares_progress: true,
    spares_shares: false,
    make: || Box::new(WrongShare),
};

struct WrongShare;

impl Villain for WrongShare {
    fn tamper(&mut self, world: &mut World, me: NodeId, step: &mut Step<Told>) {
        for message in &mut step.sends {
            if matches!(message.body, Body::RecoveryRelease(_)) {
                replace_share(world, me, message);
            }
        }
    }
}

fn replace_share(world: &mut World, node: NodeId, message: &mut Outgoing) {
    let Ok(Some(keys)) = world.node_mut(node).keys(&message.from) else {
        return;
    };
    let Body::RecoveryRelease(release) = &mut message.body else {
        return;
    };
    if let Some(wrong) = wrong_release(world, release, &keys) {
        *release = wrong;
        world.misdeed();
        if world.mutant != Some(Mutant::HiddenLie) {
            world.show(&Sight::Tampers {
                message: &message.id,
            });
        }
    }
}

fn wrong_release(world: &mut World, release: &Release, keys: &LocalDid) -> Option<Release> {
    let asked = world.jury.ledger.requests.get(&release.request)?;
    let (policy, sealing) = (asked.body.policy, asked.body.sealing);
    let tag = release.commitments.digest(&policy, release.epoch);
    let context = release_context(&release.request, &tag, keys.did());
    let chance = &mut world.mischief;
    let pair = made_up(1, chance)?;
    let mut wrong = release.clone();
    wrong.sealed = pair.seal(&sealing, &context, chance.generator()).ok()?;
    wrong.signature = keys.sign_evidence(labels::RELEASE, &wrong.signed_bytes());
    Some(wrong)
}

/// A pair of shares of no deal, at this place.
pub(super) fn made_up(place: u8, chance: &mut Chance) -> Option<SharePair> {
    Some(SharePair {
        decrypt: made_up_share(place, chance)?,
        sign: made_up_share(place, chance)?,
    })
}

/// The highest byte stays zero, so that the scalar is reduced.
fn made_up_share<P: Purpose>(place: u8, chance: &mut Chance) -> Option<Share<P>> {
    let mut bytes = Zeroizing::new([0; 33]);
    bytes[0] = place;
    bytes[1..32].copy_from_slice(&chance.bytes(31));
    Share::from_bytes(&bytes).ok()
}
