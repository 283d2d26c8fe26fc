//! The trustees of an epoch as one digest: a tree over their approval keys.
//!
//! It always has 256 leaves, salted and permuted, so that neither the number of trustees nor their
//! order shows (G12, L4). Who approves shows one leaf and nothing about the others.
use crate::bytes::{Digest, Salt};
use crate::keys::role::Approval;
use crate::keys::{VerifyingKey, labels};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// Leaves of every tree.
pub const LEAVES: usize = 256;
/// Digests on a path.
pub const DEPTH: usize = 8;

const _: () = assert!(1 << DEPTH == LEAVES, "a path leads from a leaf to the root");

/// Where an approval key stands in the tree, and the proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalPath {
    /// Hides the key in its leaf.
    pub salt: Salt,
    /// Which leaf.
    pub position: u8,
    /// The other child at each level, from the leaf upwards.
    pub siblings: [Digest; DEPTH],
}

impl ApprovalPath {
    /// The root of the tree in which `key` stands here.
    #[must_use]
    pub fn root(&self, key: &VerifyingKey<Approval>) -> Digest {
        let (_, root) = self.climb(leaf(&self.salt, key));
        root
    }

    /// The nodes from this leaf to below the root, and the root.
    pub(super) fn climb(&self, leaf: Digest) -> ([Digest; DEPTH], Digest) {
        let mut position = self.position;
        let mut below = leaf;
        let nodes = self.siblings.each_ref().map(|sibling| {
            let (left, right) = if position & 1 == 0 {
                (&below, sibling)
            } else {
                (sibling, &below)
            };
            position >>= 1;
            let above = node(left, right);
            core::mem::replace(&mut below, above)
        });
        (nodes, below)
    }

    /// Whether `key` stands here in the tree of this root.
    #[must_use]
    pub fn verify(&self, root: &Digest, key: &VerifyingKey<Approval>) -> bool {
        self.root(key) == *root
    }
}

/// Why there is no tree over these keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TreeError {
    /// More trustees than leaves.
    #[error("{0} approval keys do not fit into {LEAVES} leaves")]
    TooMany(usize),
    /// A trustee would count once and be counted on twice.
    #[error("one approval key stands twice")]
    Repeated,
}

/// The whole tree, as the dealer knows it.
pub struct ApprovalTree {
    /// Digests by level, from the leaves to the root.
    levels: Vec<Vec<Digest>>,
    places: BTreeMap<VerifyingKey<Approval>, (Salt, u8)>,
}

impl ApprovalTree {
    /// Builds the tree over these keys at random places, the rest filled with random digests.
    ///
    /// # Errors
    /// [`TreeError`] for more than 256 keys, or one twice.
    pub fn plant(
        keys: &[VerifyingKey<Approval>],
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, TreeError> {
        if keys.len() > LEAVES {
            return Err(TreeError::TooMany(keys.len()));
        }
        let mut leaves: Vec<Digest> = (0..LEAVES).map(|_| Digest(Salt::random(rng).0)).collect();
        let mut places = BTreeMap::new();
        for (key, position) in keys.iter().zip(permutation(rng)) {
            let salt = Salt::random(rng);
            leaves[usize::from(position)] = leaf(&salt, key);
            if places.insert(*key, (salt, position)).is_some() {
                return Err(TreeError::Repeated);
            }
        }
        Ok(Self {
            levels: grow(leaves),
            places,
        })
    }

    /// What stands on the ledger.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.levels[DEPTH][0]
    }

    /// The path of one of the keys.
    #[must_use]
    pub fn path(&self, key: &VerifyingKey<Approval>) -> Option<ApprovalPath> {
        let (salt, position) = *self.places.get(key)?;
        let sibling = |level: usize| self.levels[level][(usize::from(position) >> level) ^ 1];
        Some(ApprovalPath {
            salt,
            position,
            siblings: core::array::from_fn(sibling),
        })
    }
}

fn grow(leaves: Vec<Digest>) -> Vec<Vec<Digest>> {
    let mut levels = vec![leaves];
    for level in 0..DEPTH {
        let above = levels[level]
            .chunks_exact(2)
            .map(|pair| node(&pair[0], &pair[1]))
            .collect();
        levels.push(above);
    }
    levels
}

pub(super) fn leaf(salt: &Salt, key: &VerifyingKey<Approval>) -> Digest {
    Digest::of(labels::APPROVAL_LEAF, &[&salt.0, &key.to_array()])
}

fn node(left: &Digest, right: &Digest) -> Digest {
    Digest::of(labels::APPROVAL_NODE, &[&left.0, &right.0])
}

/// All positions in random order (Fisher-Yates).
fn permutation(rng: &mut dyn CryptoRng) -> Vec<u8> {
    let mut positions: Vec<u8> = (0..=u8::MAX).collect();
    for last in (1..LEAVES).rev() {
        positions.swap(last, below(last + 1, rng));
    }
    positions
}

/// A uniform number below `bound`, which is at most 256: draws outside a multiple of it are
/// thrown away, because a remainder alone would prefer small positions.
fn below(bound: usize, rng: &mut dyn CryptoRng) -> usize {
    let zone = u32::MAX - u32::MAX % bound as u32;
    loop {
        let drawn = rng.next_u32();
        if drawn < zone {
            return drawn as usize % bound;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SigningKey;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    fn keys(count: usize, rng: &mut ChaCha20Rng) -> Vec<VerifyingKey<Approval>> {
        let mut key = || SigningKey::<Approval>::generate(rng).verifying_key();
        (0..count).map(|_| key()).collect()
    }

    #[test]
    fn every_key_has_a_path_to_the_root_and_no_other_key_fits_it() {
        for count in [1, 5, 256] {
            let mut rng = ChaCha20Rng::seed_from_u64(1);
            let keys = keys(count, &mut rng);
            let tree = ApprovalTree::plant(&keys, &mut rng).unwrap();
            for (index, key) in keys.iter().enumerate() {
                let path = tree.path(key).unwrap();
                assert!(path.verify(&tree.root(), key));
                let other = &keys[(index + 1) % count];
                assert!(count == 1 || !path.verify(&tree.root(), other));
            }
        }
    }

    #[test]
    fn a_changed_path_leads_elsewhere() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let keys = keys(5, &mut rng);
        let tree = ApprovalTree::plant(&keys, &mut rng).unwrap();
        let path = tree.path(&keys[0]).unwrap();
        for bit in 0..8 {
            let mut other = path.clone();
            other.position ^= 1 << bit;
            assert!(!other.verify(&tree.root(), &keys[0]));
            let mut other = path.clone();
            other.siblings[bit].0[bit] ^= 1;
            assert!(!other.verify(&tree.root(), &keys[0]));
        }
        let mut other = path.clone();
        other.salt.0[0] ^= 1;
        assert!(!other.verify(&tree.root(), &keys[0]));
    }

    #[test]
    fn the_same_keys_give_another_root_and_other_places_each_time() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let keys = keys(5, &mut rng);
        let one = ApprovalTree::plant(&keys, &mut rng).unwrap();
        let two = ApprovalTree::plant(&keys, &mut rng).unwrap();
        assert_ne!(one.root(), two.root());
        let places = |tree: &ApprovalTree| {
            keys.iter()
                .map(|key| tree.path(key).unwrap().position)
                .collect::<Vec<_>>()
        };
        assert_ne!(places(&one), places(&two));
    }

    #[test]
    fn a_permutation_holds_every_position_once() {
        let mut positions = permutation(&mut ChaCha20Rng::seed_from_u64(1));
        positions.sort_unstable();
        assert!(positions.into_iter().eq(0..=u8::MAX));
    }

    #[test]
    fn more_than_256_keys_or_one_twice_are_refused() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let many = keys(257, &mut rng);
        assert_eq!(
            ApprovalTree::plant(&many, &mut rng).err(),
            Some(TreeError::TooMany(257))
        );
        let twice = [many[0], many[1], many[0]];
        assert_eq!(
            ApprovalTree::plant(&twice, &mut rng).err(),
            Some(TreeError::Repeated)
        );
    }
}
