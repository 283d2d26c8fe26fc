//! G3: honest trustees hold points of one polynomial, and the deal is the one that the ledger anchors.
use super::{Checker, Held, Sight};
use crate::node::NodeId;
use crate::oracle::Oracle;
use kith_protocol::bytes::Digest;
use kith_protocol::keys::RecoveryKey;
use kith_protocol::message::Body;
use kith_protocol::message::share::{Store, Stored};
use kith_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What was dealt to whom.
#[derive(Default)]
pub(crate) struct Consistency {
    villains: BTreeSet<NodeId>,
    /// Messages with a share that lies on no committed polynomial.
    misdealt: BTreeSet<String>,
    /// Whose share stands where in a deal.
    places: BTreeMap<(Digest, u8), NodeId>,
    /// Deals that were looked at: all their messages carry the same public half.
    sound: BTreeSet<Digest>,
}

impl Consistency {
    fn receipt(
        &mut self,
        node: NodeId,
        (id, store): (&str, &Store),
        stored: &Stored,
    ) -> Result<(), String> {
        if self.misdealt.contains(id) {
            return Err(format!("{node:?} gives a receipt for a made-up share"));
        }
        let receipt = &stored.receipt;
        if receipt.deal != store.tag || receipt.epoch != store.epoch {
            return Err(format!("{node:?} gives a receipt for another deal"));
        }
        if self.sound.insert(store.tag) {
            sound(store)?;
        }
        let holder = self.places.entry((store.tag, receipt.index));
        match *holder.or_insert(node) {
            holder if holder == node => Ok(()),
            holder => Err(format!(
                "{node:?} and {holder:?} have receipts for the same place of one deal"
            )),
        }
    }

    fn current(node: NodeId, held: &[Held], ledger: &Oracle) -> Result<(), String> {
        let stray =
            |share: &&Held| share.active && !ledger.deals.contains(&(share.epoch, share.deal));
        match held.iter().find(stray) {
            Some(share) => Err(format!(
                "{node:?} has a current share for epoch {} of a deal that the ledger does not show",
                share.epoch
            )),
            None => Ok(()),
        }
    }
}

/// The public half fits together: the agreed number of points, and commitment 0 of each is the key that
/// the record commits to in its lane.
fn sound(store: &Store) -> Result<(), String> {
    let lane = &store.lane;
    let opened = store
        .commitments
        .open(lane.threshold)
        .map_err(|error| format!("a receipt for a deal of another degree: {error}"))?;
    let keys = RecoveryKey::from(&opened.decrypt) == lane.decrypt_key
        && RecoveryKey::from(&opened.sign) == lane.sign_key;
    let committed = store.record.lanes.get(usize::from(lane.lane)) == Some(&lane.commitment());
    let named = store.commitments.digest(&store.policy, store.epoch) == store.record.deal_digest
        && store.record.deal_digest == store.tag;
    if keys && committed && named {
        Ok(())
    } else {
        Err("a receipt for a deal whose keys, lane and record do not fit each other".into())
    }
}

impl Checker for Consistency {
    fn guarantee(&self) -> &'static str {
        "G3 consistency"
    }

    fn see(&mut self, _now: Timestamp, sight: &Sight<'_>, ledger: &Oracle) -> Result<(), String> {
        match sight {
            Sight::Cheats { node, .. } => {
                self.villains.insert(*node);
            }
            Sight::Misdeals { message } => {
                self.misdealt.insert((*message).to_owned());
            }
            Sight::Replies {
                node,
                asked,
                reply: Body::ShareStored(stored),
            } if !self.villains.contains(node) => {
                if let Body::ShareStore(store) = &asked.body {
                    self.receipt(*node, (&asked.id, store), stored)?;
                }
            }
            Sight::Holds { node, shares } if !self.villains.contains(node) => {
                Self::current(*node, shares, ledger)?;
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkers::samples;

    const NODE: NodeId = NodeId(3);

    fn check(checker: &mut Consistency, sight: &Sight<'_>) -> Result<(), String> {
        checker.see(Timestamp(0), sight, &Oracle::default())
    }

    #[test]
    fn a_receipt_for_a_sound_share_is_right_and_for_a_made_up_one_is_seen() {
        let (asked, reply) = samples::receipt();
        let sight = Sight::Replies {
            node: NODE,
            asked: &asked,
            reply: &reply,
        };
        let mut checker = Consistency::default();
        assert_eq!(check(&mut checker, &sight), Ok(()));
        assert_eq!(check(&mut checker, &sight), Ok(()));
        let misdeal = Sight::Misdeals { message: &asked.id };
        assert_eq!(check(&mut checker, &misdeal), Ok(()));
        assert!(check(&mut checker, &sight).is_err());
    }

    #[test]
    fn one_place_of_a_deal_with_two_trustees_is_seen() {
        let (asked, reply) = samples::receipt();
        let at = |node| Sight::Replies {
            node,
            asked: &asked,
            reply: &reply,
        };
        let mut checker = Consistency::default();
        assert_eq!(check(&mut checker, &at(NODE)), Ok(()));
        assert!(check(&mut checker, &at(NodeId(4))).is_err());
    }

    #[test]
    fn a_deal_whose_keys_are_not_those_of_its_lane_is_seen() {
        let (mut asked, reply) = samples::receipt();
        if let Body::ShareStore(store) = &mut asked.body {
            store.lane.threshold += 1;
        }
        let sight = Sight::Replies {
            node: NODE,
            asked: &asked,
            reply: &reply,
        };
        assert!(check(&mut Consistency::default(), &sight).is_err());
    }

    #[test]
    fn a_current_share_of_a_deal_that_is_not_anchored_is_seen() {
        let share = Held {
            epoch: 1,
            deal: Digest([7; 32]),
            active: true,
        };
        let pending = Held {
            active: false,
            ..share
        };
        let see = |shares: &[Held]| {
            let sight = Sight::Holds { node: NODE, shares };
            check(&mut Consistency::default(), &sight)
        };
        assert_eq!(see(&[pending]), Ok(()));
        assert!(see(&[share]).is_err());
    }
}
