//! G4: at every instant one epoch has enough usable shares at living trustees to recover.
use super::{Checker, Sight};
use crate::node::NodeId;
use crate::oracle::Oracle;
use kith_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Who holds shares of which epochs.
pub(crate) struct Usable {
    threshold: usize,
    held: BTreeMap<NodeId, Vec<u32>>,
    /// Who is not honest: what it says it holds counts for nothing.
    villains: BTreeSet<NodeId>,
}

impl Usable {
    /// For deals of this threshold.
    pub(crate) fn new(threshold: u8) -> Self {
        Self {
            threshold: threshold.into(),
            held: BTreeMap::new(),
            villains: BTreeSet::new(),
        }
    }

    fn check(&self, ledger: &Oracle) -> Result<(), String> {
        let Some(epoch) = ledger.epoch else {
            return Ok(());
        };
        let holders = self
            .held
            .values()
            .filter(|epochs| epochs.contains(&epoch))
            .count();
        if holders >= self.threshold {
            return Ok(());
        }
        Err(format!(
            "epoch {epoch} is active, and {holders} living trustees hold a share of it; {} are needed",
            self.threshold
        ))
    }
}

impl Checker for Usable {
    fn guarantee(&self) -> &'static str {
        "G4 epoch safety"
    }

    fn see(&mut self, _now: Timestamp, sight: &Sight<'_>, ledger: &Oracle) -> Result<(), String> {
        match sight {
            Sight::Cheats {
                node,
                spares_shares: false,
            } => {
                self.villains.insert(*node);
                self.held.remove(node);
                Ok(())
            }
            Sight::Holds { node, .. } if self.villains.contains(node) => Ok(()),
            Sight::Holds { node, epochs } => {
                self.held.insert(*node, epochs.clone());
                self.check(ledger)
            }
            Sight::Dies { node } => {
                self.held.remove(node);
                self.check(ledger)
            }
            Sight::Anchored(new) if new.new_epoch => self.check(ledger),
            _ => Ok(()),
        }
    }
}
