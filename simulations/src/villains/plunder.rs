//! What malware on the owner's device has: her agent's key, and what trustees sent her.
use crate::node::NodeId;
use crate::world::World;
use kith_protocol::bytes::Digest;
use kith_protocol::codec;
use kith_protocol::did::Did;
use kith_protocol::keys::role::{AgentPolicy, ShareSealing};
use kith_protocol::keys::{AgreementKey, SigningKey, labels};
use kith_protocol::message::setup::Prekey;
use kith_protocol::message::share::{Authority, Store};
use kith_protocol::message::{Body, Received};
use kith_protocol::record::{Key, Records as _, Space};
use kith_protocol::secret::SecretBytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The owner's identity as it lies in her store (storage.md); its type is the agent's own.
#[derive(Serialize, Deserialize)]
struct Identity {
    name: String,
    policy: Digest,
    log: Digest,
    agent: SigningKey<AgentPolicy>,
    link_secret: SecretBytes<32>,
    sequence: u64,
    head: Digest,
}

/// What was overheard of trustees' keys, and what was sent in place of what.
#[derive(Default)]
pub(super) struct Plunder {
    sealing: BTreeMap<(Did, u32), AgreementKey<ShareSealing>>,
    /// A repetition must say what was said the first time.
    said: BTreeMap<String, Store>,
}

impl Plunder {
    /// Notes the keys that a trustee hands over when it agrees, and with every receipt.
    pub(super) fn listen(&mut self, message: &Received) {
        let mut note = |key: &Prekey| {
            let whose = (message.from.clone(), key.number);
            self.sealing.insert(whose, key.sealing);
        };
        match &message.body {
            Body::SetupAccept(accept) => accept.prekeys.iter().for_each(note),
            Body::ShareStored(stored) => {
                stored.spare.iter().for_each(&mut note);
                note(&stored.next);
            }
            _ => {}
        }
    }

    /// The key to which this share was sealed.
    pub(super) fn sealing(&self, to: &Did, store: &Store) -> Option<AgreementKey<ShareSealing>> {
        self.sealing.get(&(to.clone(), store.prekey)).copied()
    }

    /// Puts a message in place of another: the one of last time, or one made now.
    pub(super) fn swap(
        &mut self,
        (id, store): (&str, &mut Store),
        make: impl FnOnce(&Self, &Store) -> Option<Store>,
    ) -> bool {
        let known = self.said.get(id).cloned();
        let Some(other) = known.or_else(|| make(self, store)) else {
            return false;
        };
        self.said.insert(id.to_owned(), other.clone());
        *store = other;
        true
    }
}

/// Signs a deal as the owner does.
pub(super) fn sign(world: &World, me: NodeId, store: &mut Store) -> Option<()> {
    let row = world.node(me).disk.read(&Key::new(Space::Identity, &[]))?;
    let identity: Identity = codec::decode(1, &row, row.len()).ok()?;
    store.authority = Authority::Agent {
        key: identity.agent.verifying_key(),
        signature: identity.agent.sign(labels::STORE, &store.signed_bytes()),
    };
    Some(())
}
