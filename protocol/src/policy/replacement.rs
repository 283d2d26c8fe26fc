//! One leaf of the approval tree for another, within an epoch, and how everybody's path follows.
use super::approval_tree::{ApprovalPath, leaf};
use crate::bytes::{Digest, Salt};
use crate::keys::VerifyingKey;
use crate::keys::role::Approval;
use serde::{Deserialize, Serialize};

/// A leaf whose key is replaced by another, as everybody can see it (decision 0040). Whoever shows it shows the path
/// of the old key; the new one stays hidden in its leaf until it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// Where the old key stands.
    pub path: ApprovalPath,
    /// The leaf that takes its place.
    pub leaf: Digest,
}

impl Replacement {
    /// The leaf of a new key, hidden by its salt.
    #[must_use]
    pub fn leaf(salt: &Salt, key: &VerifyingKey<Approval>) -> Digest {
        leaf(salt, key)
    }

    /// The root of the tree with the new leaf.
    #[must_use]
    pub fn root(&self) -> Digest {
        let (_, root) = self.path.climb(self.leaf);
        root
    }

    /// Another holder's path in that tree, from its path in the tree before: one sibling is new, where the ways to the
    /// root meet. `None` for the path that is replaced.
    #[must_use]
    pub fn followed_by(&self, path: &ApprovalPath) -> Option<ApprovalPath> {
        let apart = self.path.position ^ path.position;
        let meet = apart.checked_ilog2()?;
        let (nodes, _) = self.path.climb(self.leaf);
        let mut path = path.clone();
        path.siblings[meet as usize] = nodes[meet as usize];
        Some(path)
    }

    /// The new holder's own path.
    #[must_use]
    pub fn taken_by(&self, salt: Salt) -> ApprovalPath {
        ApprovalPath {
            salt,
            ..self.path.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SigningKey;
    use crate::policy::{ApprovalTree, seats};
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    fn keys(count: usize, rng: &mut ChaCha20Rng) -> Vec<VerifyingKey<Approval>> {
        let mut key = || SigningKey::<Approval>::generate(rng).verifying_key();
        (0..count).map(|_| key()).collect()
    }

    fn paths(tree: &ApprovalTree, keys: &[VerifyingKey<Approval>]) -> Vec<ApprovalPath> {
        keys.iter().map(|key| tree.path(key).unwrap()).collect()
    }

    /// B5: after any number of replacements, one after the other, every holder's path leads to the root that everybody
    /// computes, and no key that was replaced stands there.
    #[test]
    fn every_path_follows_the_leaves_that_are_replaced() {
        for count in [2_u8, 5, 255] {
            let mut rng = ChaCha20Rng::seed_from_u64(1);
            let mut held = keys(count.into(), &mut rng);
            let tree = ApprovalTree::plant(&held, &seats(count, &mut rng), &mut rng).unwrap();
            let (mut root, mut paths) = (tree.root(), paths(&tree, &held));
            for place in [0, 1, 0, usize::from(count) - 1] {
                let (old, key) = (held[place], keys(1, &mut rng)[0]);
                let salt = Salt::random(&mut rng);
                let path = paths[place].clone();
                assert!(path.verify(&root, &old));
                let leaf = Replacement::leaf(&salt, &key);
                let replacement = Replacement { path, leaf };
                let before = core::mem::replace(&mut root, replacement.root());
                assert_ne!(before, root);
                for (other, path) in paths.iter_mut().enumerate() {
                    let followed = replacement.followed_by(path);
                    assert_eq!(followed.is_none(), other == place);
                    assert!(!path.verify(&root, &held[other]), "an old path is good");
                    *path = followed.unwrap_or(replacement.taken_by(salt));
                    assert!(!path.verify(&root, &old));
                }
                held[place] = key;
                let all = paths.iter().zip(&held);
                assert!(all.into_iter().all(|(path, key)| path.verify(&root, key)));
            }
        }
    }
}
