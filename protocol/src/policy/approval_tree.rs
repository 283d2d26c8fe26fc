//! The trustees of an epoch as one digest: a tree over their approval keys.
//!
//! It always has 256 leaves, salted, and trustees sit anywhere, so that neither their number nor their
//! order shows (G12, L4). Who approves shows one leaf and nothing about the others. A trustee's leaf has
//! the number of its share, so that nobody can ask for a share at another's index as "its own"
//! (decision 0040); leaf 0 is always empty, as no share has the index 0.
use crate::bytes::{Digest, Salt};
use crate::keys::role::Approval;
use crate::keys::{VerifyingKey, labels};
use crate::vss::ShareIndex;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
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
    /// Other than one leaf for each trustee.
    #[error("{0} approval keys stand at {1} leaves")]
    Number(usize, usize),
    /// Of two trustees at one leaf only one could approve.
    #[error("two approval keys stand at one leaf")]
    OneLeaf,
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

/// Different indices for this many trustees, at random: their shares' and their leaves'.
#[must_use]
pub fn seats(trustees: u8, rng: &mut dyn CryptoRng) -> Vec<ShareIndex> {
    let positions = permutation(rng).into_iter();
    let seats = positions.filter_map(ShareIndex::new);
    seats.take(usize::from(trustees)).collect()
}

impl ApprovalTree {
    /// Builds the tree over these keys, each at the leaf of its share, the rest filled with random digests.
    ///
    /// # Errors
    /// [`TreeError`]: not one leaf for each key, or a key or leaf twice.
    pub fn plant(
        keys: &[VerifyingKey<Approval>],
        seats: &[ShareIndex],
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, TreeError> {
        if keys.len() != seats.len() {
            return Err(TreeError::Number(keys.len(), seats.len()));
        }
        let mut leaves: Vec<Digest> = (0..LEAVES).map(|_| Digest(Salt::random(rng).0)).collect();
        let (mut places, mut taken) = (BTreeMap::new(), BTreeSet::new());
        for (key, seat) in keys.iter().zip(seats) {
            let (salt, position) = (Salt::random(rng), seat.get());
            leaves[usize::from(position)] = leaf(&salt, key);
            if !taken.insert(position) {
                return Err(TreeError::OneLeaf);
            }
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

    fn seated(count: u8, rng: &mut ChaCha20Rng) -> (Vec<VerifyingKey<Approval>>, Vec<ShareIndex>) {
        let mut key = || SigningKey::<Approval>::generate(rng).verifying_key();
        ((0..count).map(|_| key()).collect(), seats(count, rng))
    }

    #[test]
    fn every_key_has_a_path_to_the_root_and_no_other_key_fits_it() {
        for count in [1, 5, 255] {
            let mut rng = ChaCha20Rng::seed_from_u64(1);
            let (keys, seats) = seated(count, &mut rng);
            let tree = ApprovalTree::plant(&keys, &seats, &mut rng).unwrap();
            for (index, key) in keys.iter().enumerate() {
                let path = tree.path(key).unwrap();
                assert_eq!(path.position, seats[index].get());
                assert!(path.verify(&tree.root(), key));
                let other = &keys[(index + 1) % keys.len()];
                assert!(count == 1 || !path.verify(&tree.root(), other));
            }
        }
    }

    #[test]
    fn a_changed_path_leads_elsewhere() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (keys, seats) = seated(5, &mut rng);
        let tree = ApprovalTree::plant(&keys, &seats, &mut rng).unwrap();
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
        let (keys, one) = seated(5, &mut rng);
        let two = seats(5, &mut rng);
        assert_ne!(one, two);
        let mut root = || ApprovalTree::plant(&keys, &one, &mut rng).unwrap().root();
        assert_ne!(root(), root(), "the salts are new");
    }

    #[test]
    fn nobody_sits_at_leaf_0_and_no_two_at_one_leaf() {
        for seed in 0..50 {
            let mut all = seats(255, &mut ChaCha20Rng::seed_from_u64(seed));
            all.sort_unstable();
            assert!(all.iter().map(|seat| seat.get()).eq(1..=255));
        }
    }

    #[test]
    fn a_permutation_holds_every_position_once() {
        let mut positions = permutation(&mut ChaCha20Rng::seed_from_u64(1));
        positions.sort_unstable();
        assert!(positions.into_iter().eq(0..=u8::MAX));
    }

    #[test]
    fn a_key_or_a_leaf_twice_or_other_than_one_leaf_each_are_refused() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (keys, seats) = seated(3, &mut rng);
        let mut refusal =
            |keys: &[_], seats: &[_]| ApprovalTree::plant(keys, seats, &mut rng).err();
        assert_eq!(refusal(&keys, &seats[..2]), Some(TreeError::Number(3, 2)));
        let twice = [keys[0], keys[1], keys[0]];
        assert_eq!(refusal(&twice, &seats), Some(TreeError::Repeated));
        let one_leaf = [seats[0], seats[1], seats[0]];
        assert_eq!(refusal(&keys, &one_leaf), Some(TreeError::OneLeaf));
    }
}
