//! G11: what an agent has acknowledged is there when it runs again, and no signing nonce serves two
//! messages, whatever was put back or copied.
use super::{Checker, Held, Sight};
use crate::node::NodeId;
use crate::oracle::Oracle;
use kith_protocol::bytes::Digest;
use kith_protocol::did::Did;
use kith_protocol::keys::Signature;
use kith_protocol::ledger::{Endorsement, RecordBody, Subject};
use kith_protocol::message::Body;
use kith_protocol::message::share::Authority;
use kith_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Who has promised to hold what, and which nonces were seen.
#[derive(Default)]
pub(crate) struct Durability {
    villains: BTreeSet<NodeId>,
    /// Deals for which a receipt was given, and of which epoch each is.
    receipts: BTreeMap<NodeId, BTreeMap<Digest, u32>>,
    /// By key and nonce, the other half of the signature: two for one nonce are two messages.
    nonces: BTreeMap<(Vec<u8>, [u8; 32]), [u8; 32]>,
}

impl Durability {
    /// A share for the epoch in force, or for one to come, is there.
    fn holds(&self, node: NodeId, held: &[Held], ledger: &Oracle) -> Result<(), String> {
        let Some(receipts) = self.receipts.get(&node) else {
            return Ok(());
        };
        let needed = receipts
            .iter()
            .filter(|(deal, epoch)| ledger.in_force() == Some((**epoch, **deal)));
        for (deal, epoch) in needed {
            if !held.iter().any(|share| share.deal == *deal) {
                return Err(format!(
                    "{node:?} gave a receipt for a share of epoch {epoch}, which is in force, and does not have it"
                ));
            }
        }
        Ok(())
    }

    fn signed(&mut self, key: &[u8], signature: &Signature) -> Result<(), String> {
        let (nonce, rest) = signature.as_bytes().split_at(32);
        let nonce: [u8; 32] = nonce.try_into().unwrap_or_default();
        let rest: [u8; 32] = rest.try_into().unwrap_or_default();
        let known = self.nonces.entry((key.to_vec(), nonce)).or_insert(rest);
        if *known == rest {
            Ok(())
        } else {
            Err("one nonce serves two messages under one key".into())
        }
    }

    fn evidence(&mut self, from: &Did, body: &Body) -> Result<(), String> {
        let did = from.as_str().as_bytes();
        match body {
            Body::RecoveryRelease(release) => self.signed(did, &release.signature),
            Body::ShareStored(stored) => self.signed(did, &stored.signature),
            Body::ShareStore(store) => self.authority(&store.authority),
            Body::BackupPut(put) => self.authority(&put.authority),
            _ => Ok(()),
        }
    }

    fn authority(&mut self, authority: &Authority) -> Result<(), String> {
        match authority {
            Authority::Agent { key, signature } => self.signed(&key.to_array(), signature),
            Authority::Claimant { request, signature } => self.signed(&request.0, signature),
        }
    }

    /// Keys that the body or the ledger names stand for themselves; those of a request's claimant and of
    /// its lane, for the request.
    fn record(&mut self, body: &RecordBody, of: (Subject, &Endorsement)) -> Result<(), String> {
        let subject = match of.0 {
            Subject::Inception => Vec::new(),
            Subject::Policy(id) | Subject::Request(id) | Subject::Change(id) => id.0.to_vec(),
        };
        match (of.1, body) {
            (Endorsement::Agent { key, signature }, _) => self.signed(&key.to_array(), signature),
            (Endorsement::Approval(signature), RecordBody::Approval(body)) => {
                self.signed(&body.key.to_array(), signature)
            }
            (Endorsement::Approval(signature), RecordBody::Override(body)) => {
                self.signed(&body.key.to_array(), signature)
            }
            (Endorsement::Approval(signature), RecordBody::Request(body)) => {
                self.signed(&body.sponsor.to_array(), signature)
            }
            (Endorsement::Approval(signature) | Endorsement::Claimant(signature), _) => {
                self.signed(&subject, signature)
            }
            (Endorsement::Recovery(signature), _) => {
                self.signed(&[&subject[..], b"recovery"].concat(), signature)
            }
        }
    }
}

impl Checker for Durability {
    fn guarantee(&self) -> &'static str {
        "G11 durability"
    }

    fn see(&mut self, _now: Timestamp, sight: &Sight<'_>, ledger: &Oracle) -> Result<(), String> {
        match sight {
            Sight::Cheats {
                node,
                spares_shares: false,
            } => {
                self.villains.insert(*node);
            }
            Sight::Sends { message, .. } => self.evidence(&message.from, &message.body)?,
            Sight::Replies { node, asked, reply } => {
                self.evidence(&asked.to, reply)?;
                if let Body::ShareStored(stored) = reply {
                    let receipts = self.receipts.entry(*node).or_default();
                    receipts.insert(stored.receipt.deal, stored.receipt.epoch);
                }
            }
            Sight::Holds { node, shares } | Sight::Starts { node, shares }
                if !self.villains.contains(node) =>
            {
                self.holds(*node, shares, ledger)?;
            }
            Sight::Anchored(new) => {
                for endorsement in &new.record.signatures {
                    self.record(&new.record.body, (new.record.subject, endorsement))?;
                }
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

    const NODE: NodeId = NodeId(2);

    #[test]
    fn a_receipted_share_that_is_gone_after_a_start_is_seen() {
        let (asked, reply) = samples::receipt();
        let Body::ShareStore(store) = &asked.body else {
            unreachable!("a sample of a receipt answers a share")
        };
        let ledger = samples::ledger_of_deal(&store.record);
        let mut checker = Durability::default();
        let mut see = |sight: &Sight<'_>| checker.see(Timestamp(0), sight, &ledger);
        let replies = Sight::Replies {
            node: NODE,
            asked: &asked,
            reply: &reply,
        };
        assert_eq!(see(&replies), Ok(()));
        let held = Held {
            epoch: store.epoch,
            deal: store.tag,
            active: false,
        };
        let mut starts = |shares: &[Held]| see(&Sight::Starts { node: NODE, shares });
        assert_eq!(starts(&[held]), Ok(()));
        assert!(starts(&[]).is_err());
    }

    #[test]
    fn a_nonce_that_serves_two_messages_is_seen() {
        let signature = |last: u8| {
            let mut bytes = [1; 65];
            bytes[64] = last;
            Signature::from_array(bytes)
        };
        let mut checker = Durability::default();
        let mut sign =
            |key: &[u8], last| signature(last).map(|signature| checker.signed(key, &signature));
        assert_eq!(sign(b"key", 1), Ok(Ok(())));
        assert_eq!(sign(b"key", 1), Ok(Ok(())));
        assert_eq!(sign(b"another", 2), Ok(Ok(())));
        assert!(matches!(sign(b"key", 2), Ok(Err(_))));
    }
}
