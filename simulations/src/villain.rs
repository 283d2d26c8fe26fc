//! People whose agents do not do what they should: each changes the messages of its own agent.
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

/// What a villain does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Villain {
    /// Releases a share of its own making instead of the one it keeps, sealed and signed in due form.
    WrongShare,
}

impl Villain {
    /// Changes what its agent is about to send.
    pub(crate) fn tamper(self, world: &mut World, node: NodeId, step: &mut Step<Told>) {
        match self {
            Self::WrongShare => {
                for message in &mut step.sends {
                    if matches!(message.body, Body::RecoveryRelease(_)) {
                        replace_share(world, node, message);
                    }
                }
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
    let chance = &mut world.transport;
    let pair = SharePair {
        decrypt: made_up(chance)?,
        sign: made_up(chance)?,
    };
    let mut wrong = release.clone();
    wrong.sealed = pair.seal(&sealing, &context, chance.generator()).ok()?;
    wrong.signature = keys.sign_evidence(labels::RELEASE, &wrong.signed_bytes());
    Some(wrong)
}

/// A share at place 1 of no deal. The highest byte stays zero, so that the scalar is reduced.
fn made_up<P: Purpose>(chance: &mut Chance) -> Option<Share<P>> {
    let mut bytes = Zeroizing::new([0; 33]);
    bytes[0] = 1;
    bytes[1..32].copy_from_slice(&chance.bytes(31));
    Share::from_bytes(&bytes).ok()
}
