//! The Merkle tree over a log's entries (RFC 6962, through `tlog_tiles`).
//!
//! All inner hashes are kept in memory, 64 bytes an entry, because every role that has the tree has
//! the entries too.
use crate::bytes::Digest;
use crate::limits;
use tlog_tiles::tlog::{self, Error, Hash, HashReader};

/// A tree that grows at its right edge.
#[derive(Clone, Default)]
pub(crate) struct Tree {
    size: u64,
    hashes: Vec<Hash>,
}

struct Stored<'a>(&'a [Hash]);

impl HashReader for Stored<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        let read = |index: &u64| {
            usize::try_from(*index)
                .ok()
                .and_then(|index| self.0.get(index))
        };
        indexes
            .iter()
            .map(|index| read(index).copied().ok_or(Error::IndexesNotInTree))
            .collect()
    }
}

/// Every hash asked for below is one that was stored when its leaf was pushed.
const WHOLE: &str = "a tree holds all hashes of its own entries";

impl Tree {
    /// Entries in it.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Adds an entry.
    pub(crate) fn push(&mut self, entry: &[u8]) {
        let new = tlog::stored_hashes(self.size, entry, &Stored(&self.hashes)).expect(WHOLE);
        self.hashes.extend(new);
        self.size += 1;
    }

    /// Takes entries off again, down to an earlier size.
    pub(crate) fn truncate(&mut self, size: u64) {
        self.size = self.size.min(size);
        let hashes = usize::try_from(tlog::stored_hash_count(self.size)).expect(WHOLE);
        self.hashes.truncate(hashes);
    }

    /// The root over the first `size` entries; `None` beyond the end.
    pub(crate) fn root_at(&self, size: u64) -> Option<Digest> {
        let in_range = size <= self.size;
        in_range.then(|| Digest(tlog::tree_hash(size, &Stored(&self.hashes)).expect(WHOLE).0))
    }

    /// The proof that the tree of the first `newer` entries begins with the first `older` ones.
    /// Empty where there is nothing to prove.
    pub(crate) fn prove(&self, older: u64, newer: u64) -> Vec<Digest> {
        if older == 0 || older >= newer || newer > self.size {
            return Vec::new();
        }
        let proof = tlog::prove_tree(newer, older, &Stored(&self.hashes)).expect(WHOLE);
        proof.into_iter().map(|hash| Digest(hash.0)).collect()
    }

    /// Whether a larger tree of this size and root begins with all of this one.
    pub(crate) fn begins(&self, size: u64, root: &Digest, proof: &[Digest]) -> bool {
        if self.size == 0 || self.size >= size || proof.len() > limits::ledger::PROOF {
            return false;
        }
        let Some(own) = self.root_at(self.size) else {
            return false;
        };
        let proof = proof.iter().map(|digest| Hash(digest.0)).collect();
        tlog::check_tree(&proof, size, Hash(root.0), self.size, Hash(own.0)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(entries: u64) -> Tree {
        let mut tree = Tree::default();
        (0..entries).for_each(|index| tree.push(&index.to_be_bytes()));
        tree
    }

    #[test]
    fn the_empty_tree_has_the_root_of_rfc_6962() {
        let root = Tree::default().root_at(0).unwrap();
        assert_eq!(
            root.to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn every_prefix_is_proved_and_no_other_tree_is() {
        let whole = tree(37);
        let root = whole.root_at(37).unwrap();
        for older in 1..37 {
            let proof = whole.prove(older, 37);
            assert!(tree(older).begins(37, &root, &proof), "{older}");
            let mut other = tree(older - 1);
            other.push(b"another");
            assert!(!other.begins(37, &root, &proof), "{older}");
        }
    }

    #[test]
    fn a_truncated_tree_is_the_earlier_one() {
        let mut longer = tree(29);
        longer.truncate(12);
        assert_eq!(longer.root_at(12), tree(12).root_at(12));
        longer.push(&12_u64.to_be_bytes());
        assert_eq!(longer.root_at(13), tree(13).root_at(13));
    }

    #[test]
    fn hostile_proofs_are_refused_without_panic() {
        let own = tree(5);
        let root = Digest([1; 32]);
        for size in [0, 5, 6, 1 << 40, u64::MAX] {
            for length in [0, 1, 64, limits::ledger::PROOF, limits::ledger::PROOF + 1] {
                assert!(!own.begins(size, &root, &vec![root; length]));
            }
        }
    }
}
