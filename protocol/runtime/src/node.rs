//! The machine's place in the network: its libp2p key and its port, kept so that DIDs which name
//! them stay true.
use crate::address;
use crate::store::{Store, StoreError};
use kith_protocol::error::Damage;
use kith_protocol::record::{self, Batch, Records, Row, Space};
use libp2p::{Multiaddr, identity};
use serde::{Deserialize, Serialize};
use std::net::{SocketAddr, TcpListener};
use thiserror::Error;
use zeroize::ZeroizeOnDrop;

/// Where an agent listens that was told nothing else.
const DEFAULT_LISTEN: &str = "/ip4/127.0.0.1/tcp/0";
const ID: &[u8] = b"node";

/// The seed of the libp2p key.
///
/// # Security
/// Whoever has it can answer in this machine's place, and read nothing: messages are sealed to
/// DIDs. The store seals it; wiped when dropped.
#[derive(Serialize, Deserialize, ZeroizeOnDrop)]
struct NodeSeed([u8; 32]);

/// What is kept.
#[derive(Serialize, Deserialize)]
struct NodeRow {
    seed: NodeSeed,
    listen: Option<String>,
}

impl Row for NodeRow {
    const SPACE: Space = Space::Runtime;
    fn id(&self) -> Vec<u8> {
        ID.to_vec()
    }
}

/// Why the node's row is of no use.
#[derive(Debug, Error)]
pub enum NodeError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address to listen on is none.
    #[error("cannot listen on {text}")]
    Address {
        /// What was given.
        text: String,
        /// Why it is none.
        source: address::AddressError,
    },
    /// Another program listens there.
    #[error("another program listens on {0}; stop it, or name another address with --listen")]
    Taken(String),
}

/// The key and the address of this node.
pub(crate) struct Node {
    row: NodeRow,
}

impl Node {
    /// Reads the node's row, or makes it at the first start.
    pub(crate) fn load(store: &Store) -> Result<Self, NodeError> {
        let row = record::load::<NodeRow>(store, ID);
        if let Some(row) = row.map_err(|damage| store.naming(damage))? {
            return Ok(Self { row });
        }
        let node = Self {
            row: NodeRow {
                seed: NodeSeed(rand::random()),
                listen: None,
            },
        };
        node.save(store)?;
        Ok(node)
    }

    pub(crate) fn key(&self) -> identity::Keypair {
        identity::Keypair::ed25519_from_bytes(self.row.seed.0)
            .expect("32 bytes are an Ed25519 seed")
    }

    /// Where to listen: where the person says, else where it was the last time. If another program
    /// has that port now, a free one is taken for this run, because an agent that reaches others
    /// and cannot be reached is of more use than none.
    pub(crate) fn listen(&self, wished: Option<&str>) -> Result<Multiaddr, NodeError> {
        let kept = self.row.listen.as_deref().filter(|_| wished.is_none());
        let text = wished.or(kept).unwrap_or(DEFAULT_LISTEN);
        let parsed = |text: &str| {
            address::listenable(text).map_err(|source| NodeError::Address {
                text: text.into(),
                source,
            })
        };
        if kept.is_some_and(is_taken) {
            tracing::warn!(
                "another program has {text}: peers that know this address cannot reach this agent"
            );
            return parsed(DEFAULT_LISTEN);
        }
        let address = parsed(text)?;
        if wished.is_some_and(is_taken) {
            return Err(NodeError::Taken(text.into()));
        }
        Ok(address)
    }

    /// Keeps the first address, for the next start; a later one when the person named it.
    pub(crate) fn keep(
        &mut self,
        store: &Store,
        found: &str,
        named: bool,
    ) -> Result<(), NodeError> {
        let same = self.row.listen.as_deref() == Some(found);
        if same || (self.row.listen.is_some() && !named) {
            return Ok(());
        }
        self.row.listen = Some(found.into());
        Ok(self.save(store)?)
    }

    fn save(&self, store: &Store) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.put(&self.row);
        store.apply(&batch)?;
        store.flush()
    }
}

/// Where the agent of these rows listens, if it ever did.
pub(crate) fn kept_address(records: &dyn Records) -> Result<Option<String>, Damage> {
    let row = record::load::<NodeRow>(records, ID)?;
    Ok(row.and_then(|row| row.listen))
}

/// Whether somebody listens there. libp2p would share the port without a word.
fn is_taken(text: &str) -> bool {
    let mut parts = text.split('/').skip(2).step_by(2);
    let address = (|| {
        let ip = parts.next()?.parse().ok()?;
        Some(SocketAddr::new(ip, parts.next()?.parse().ok()?))
    })();
    address.is_some_and(|address| TcpListener::bind(address).is_err())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keystore::WalletKey;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store =
            Store::open(&dir.path().join("store"), &WalletKey::from_bytes([7; 32])).unwrap();
        (dir, store)
    }

    #[test]
    fn a_node_keeps_its_key_and_its_first_port() {
        let (_dir, store) = store();
        let mut first = Node::load(&store).unwrap();
        assert_eq!(first.listen(None).unwrap().to_string(), DEFAULT_LISTEN);
        first
            .keep(&store, "/ip4/127.0.0.1/tcp/40123", false)
            .unwrap();
        first
            .keep(&store, "/ip4/127.0.0.1/tcp/40124", false)
            .unwrap();
        let second = Node::load(&store).unwrap();
        assert_eq!(second.key().public(), first.key().public());
        assert_eq!(
            second.row.listen.as_deref(),
            Some("/ip4/127.0.0.1/tcp/40123")
        );
    }

    #[test]
    fn the_person_s_address_comes_first_and_is_kept() {
        let (_dir, store) = store();
        let mut node = Node::load(&store).unwrap();
        node.keep(&store, "/ip4/127.0.0.1/tcp/40123", false)
            .unwrap();
        let wished = "/ip4/0.0.0.0/tcp/4001";
        assert_eq!(node.listen(Some(wished)).unwrap().to_string(), wished);
        node.keep(&store, wished, true).unwrap();
        assert_eq!(
            Node::load(&store).unwrap().row.listen.as_deref(),
            Some(wished)
        );
        assert!(matches!(
            node.listen(Some("/dns/here/tcp/1")),
            Err(NodeError::Address { .. })
        ));
    }

    #[test]
    fn a_port_that_another_program_has_now_is_not_shared() {
        let (_dir, store) = store();
        let mut node = Node::load(&store).unwrap();
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let text = format!("/ip4/127.0.0.1/tcp/{}", other.local_addr().unwrap().port());
        node.keep(&store, &text, false).unwrap();
        assert_eq!(node.listen(None).unwrap().to_string(), DEFAULT_LISTEN);
        // What the person named is not replaced by something else.
        assert!(matches!(node.listen(Some(&text)), Err(NodeError::Taken(named)) if named == text));
        drop(other);
        assert_eq!(node.listen(None).unwrap().to_string(), text);
    }
}
