//! G4: at every instant one epoch has enough usable shares to recover, but for those who are gone; and the
//! shares before stay until enough have proved that they hold the new ones.
use super::{Checker, Sight};
use crate::node::NodeId;
use crate::oracle::Oracle;
use kith_protocol::bytes::Digest;
use kith_protocol::message::Body;
use kith_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Who holds shares of which epochs.
pub(crate) struct Usable {
    threshold: usize,
    held: BTreeMap<NodeId, Vec<u32>>,
    /// Who is not honest.
    villains: BTreeSet<NodeId>,
    /// Nobody can be spared right after a recovery, which the screen says (f is 0 then). So a villain
    /// whose receipt was counted stands for a share until the new ones have had time to arrive
    /// everywhere; an honest trustee never stands for one that it does not hold.
    fresh: bool,
    /// Who has given receipts for which deals.
    receipts: BTreeSet<(NodeId, u32, Digest)>,
    /// Who has proved to hold a share of which epoch.
    proofs: BTreeSet<(NodeId, u32)>,
    /// The epoch in force, and the one before, unless a recovery took its power (G13).
    epochs: (Option<u32>, Option<u32>),
    /// The same of those who are gone, when they went. Nobody can promise that people live; that they
    /// held enough is what is asked.
    gone: BTreeMap<NodeId, Vec<u32>>,
}

impl Usable {
    /// For deals of this threshold.
    pub(crate) fn new(threshold: u8) -> Self {
        Self {
            threshold: threshold.into(),
            held: BTreeMap::new(),
            villains: BTreeSet::new(),
            fresh: false,
            receipts: BTreeSet::new(),
            proofs: BTreeSet::new(),
            epochs: (None, None),
            gone: BTreeMap::new(),
        }
    }

    fn check(&self, ledger: &Oracle) -> Result<(), String> {
        let Some(epoch) = ledger.epoch else {
            return Ok(());
        };
        let holders = self
            .held
            .iter()
            .chain(&self.gone)
            .filter(|(node, epochs)| !self.villains.contains(node) && epochs.contains(&epoch))
            .count();
        let liars = if self.fresh { self.liars(ledger) } else { 0 };
        if holders + liars >= self.threshold {
            return Ok(());
        }
        Err(format!(
            "epoch {epoch} is active, and {holders} trustees hold a share of it, or did when they died; {} are needed",
            self.threshold
        ))
    }

    /// Which epoch may not be deleted yet.
    fn follow(&mut self, ledger: &Oracle) {
        if self.epochs.0 != ledger.epoch {
            let before = self.epochs.0.filter(|_| !self.fresh);
            self.epochs = (ledger.epoch, before);
        }
    }

    /// Nobody honest lets go of the shares before, as long as too few have proved the new ones.
    fn keeps(&self, node: NodeId, now: &[u32]) -> Result<(), String> {
        let (Some(epoch), Some(before)) = self.epochs else {
            return Ok(());
        };
        let held = self
            .held
            .get(&node)
            .is_some_and(|held| held.contains(&before));
        let lets_go = held && !now.contains(&before) && !self.villains.contains(&node);
        let proved = self.proofs.iter().filter(|(_, of)| *of == epoch).count();
        if !lets_go || proved >= self.threshold {
            return Ok(());
        }
        Err(format!(
            "a share of epoch {before} was deleted when {proved} trustees had proved that they hold one of epoch {epoch}; \
             {} are needed",
            self.threshold
        ))
    }

    /// Villains that have given a receipt for the deal in force.
    fn liars(&self, ledger: &Oracle) -> usize {
        let receipts = self.receipts.iter().filter(|(node, epoch, deal)| {
            self.villains.contains(node) && ledger.in_force() == Some((*epoch, *deal))
        });
        receipts.count()
    }
}

impl Checker for Usable {
    fn guarantee(&self) -> &'static str {
        "G4 epoch safety"
    }

    fn see(&mut self, _now: Timestamp, sight: &Sight<'_>, ledger: &Oracle) -> Result<(), String> {
        self.follow(ledger);
        match sight {
            Sight::Cheats {
                node,
                spares_shares: false,
            } => {
                self.villains.insert(*node);
                Ok(())
            }
            Sight::Replies {
                node,
                reply: Body::ShareStored(stored),
                ..
            } => {
                let receipt = &stored.receipt;
                self.receipts.insert((*node, receipt.epoch, receipt.deal));
                Ok(())
            }
            Sight::Replies {
                node,
                reply: Body::ShareProof(proof),
                ..
            } => {
                self.proofs.insert((*node, proof.epoch));
                Ok(())
            }
            Sight::Settled => {
                self.fresh = false;
                self.check(ledger)
            }
            Sight::Holds { node, shares } => {
                let epochs: Vec<u32> = shares.iter().map(|share| share.epoch).collect();
                self.keeps(*node, &epochs)?;
                self.held.insert(*node, epochs);
                self.check(ledger)
            }
            Sight::Dies { node } => {
                let held = self.held.remove(node);
                self.gone.extend(held.map(|held| (*node, held)));
                self.check(ledger)
            }
            Sight::Anchored(new) if new.new_epoch => {
                self.fresh = new.kind == "complete";
                if self.fresh {
                    self.epochs = (ledger.epoch, None);
                }
                self.check(ledger)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkers::{Held, samples};

    fn ledger() -> (Oracle, Held) {
        let (asked, _) = samples::receipt();
        let Body::ShareStore(store) = asked.body else {
            unreachable!("a sample of a receipt answers a share")
        };
        let held = Held {
            epoch: store.epoch,
            deal: store.tag,
            active: true,
        };
        (samples::ledger_of_deal(&store.record), held)
    }

    #[test]
    fn fewer_usable_shares_than_the_threshold_are_seen() {
        let (ledger, held) = ledger();
        let mut checker = Usable::new(1);
        let mut see = |node, shares: &[Held]| {
            let sight = Sight::Holds { node, shares };
            checker.see(Timestamp(0), &sight, &ledger)
        };
        assert_eq!(see(NodeId(1), &[held]), Ok(()));
        assert!(see(NodeId(1), &[Held { epoch: 9, ..held }]).is_err());
    }

    #[test]
    fn a_share_that_goes_before_enough_have_proved_the_next_is_seen() {
        let ((now, held), (mut next, _)) = (ledger(), ledger());
        next.epoch = Some(held.epoch + 1);
        let older = Held {
            active: false,
            ..held
        };
        let newer = Held {
            epoch: held.epoch + 1,
            ..held
        };
        let (bob, carol) = (NodeId(1), NodeId(2));
        let story = |proves: &[NodeId]| {
            let mut checker = Usable::new(2);
            let mut see = |node, shares: &[Held], ledger: &Oracle| {
                checker.see(Timestamp(0), &Sight::Holds { node, shares }, ledger)
            };
            for node in [bob, carol] {
                let _ = see(node, &[held], &now);
                let _ = see(node, &[older, newer], &next);
            }
            for node in proves {
                checker.proofs.insert((*node, newer.epoch));
            }
            let shares = &[newer];
            checker.see(Timestamp(0), &Sight::Holds { node: bob, shares }, &next)
        };
        assert!(story(&[bob]).is_err());
        assert_eq!(story(&[bob, carol]), Ok(()));
    }

    #[test]
    fn the_share_of_a_villain_counts_for_nothing() {
        let (ledger, held) = ledger();
        let mut checker = Usable::new(1);
        let node = NodeId(1);
        let cheats = Sight::Cheats {
            node,
            spares_shares: false,
        };
        assert_eq!(checker.see(Timestamp(0), &cheats, &ledger), Ok(()));
        let holds = Sight::Holds {
            node,
            shares: &[held],
        };
        assert!(checker.see(Timestamp(0), &holds, &ledger).is_err());
    }

    /// A villain that has given a receipt and thrown its share away stands for one until the new shares
    /// have settled, and no longer.
    #[test]
    fn the_receipt_of_a_villain_counts_right_after_a_recovery_only() {
        let (asked, reply) = samples::receipt();
        let Body::ShareStore(store) = &asked.body else {
            unreachable!("a sample of a receipt answers a share")
        };
        let ledger = samples::ledger_of_deal(&store.record);
        let node = NodeId(1);
        let mut checker = Usable::new(1);
        let mut see = |sight: &Sight<'_>| checker.see(Timestamp(0), sight, &ledger);
        let cheats = Sight::Cheats {
            node,
            spares_shares: false,
        };
        assert_eq!(see(&cheats), Ok(()));
        let says = Sight::Replies {
            node,
            asked: &asked,
            reply: &reply,
        };
        assert_eq!(see(&says), Ok(()));
        let mut completed = samples::anchored(
            store.policy,
            kith_protocol::ledger::RecordBody::RecoveryPolicy(store.record.clone()),
        );
        completed.kind = "complete";
        completed.new_epoch = true;
        assert_eq!(see(&Sight::Anchored(&completed)), Ok(()));
        assert!(see(&Sight::Settled).is_err());
    }
}
