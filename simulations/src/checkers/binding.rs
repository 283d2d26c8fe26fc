//! G8: what is released goes to the claimant whose keys the ledger anchors and whose words were heard,
//! and to nobody else.
//!
//! To whom a box is sealed no trace shows. What shows is who made a request, over which connection its
//! shares travel, and that the claimant could open them ([`super::attribution`] sees a right share that
//! she could not).
use super::{Checker, Sight};
use crate::node::NodeId;
use crate::oracle::Oracle;
use kith_protocol::bytes::Digest;
use kith_protocol::ledger::{Record, RecordBody, RequestBody};
use kith_protocol::message::Body;
use kith_protocol::message::recovery::Request;
use kith_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Who made which request, and what she said her keys are.
#[derive(Default)]
pub(crate) struct Binding {
    made: BTreeMap<Digest, (NodeId, RequestBody)>,
    /// Whose person picked other words than were read, when they were last compared.
    misheard: BTreeSet<(NodeId, Digest)>,
}

impl Binding {
    fn note(&mut self, node: NodeId, request: &Request) {
        if let Ok(record) = Record::from_bytes(&request.record.0)
            && let RecordBody::Request(body) = record.body
        {
            self.made.entry(body.id()).or_insert((node, *body));
        }
    }

    fn heard(&mut self, who: (NodeId, Digest), right: bool) {
        if right {
            self.misheard.remove(&who);
        } else {
            self.misheard.insert(who);
        }
    }

    fn was_heard(&self, node: NodeId, request: Digest) -> Result<(), String> {
        if self.misheard.contains(&(node, request)) {
            return Err(format!(
                "a share leaves {node:?}, whose person picked other words than the claimant's"
            ));
        }
        Ok(())
    }

    fn may_go(&self, to: Option<NodeId>, id: &Digest, ledger: &Oracle) -> Result<(), String> {
        let (claimant, made) = self
            .made
            .get(id)
            .ok_or("a share leaves for a request that no claimant has made")?;
        if to != Some(*claimant) {
            return Err(format!(
                "a share leaves to {to:?}, and {claimant:?} made the request"
            ));
        }
        let anchored = ledger.requests.get(id).map(|asked| &asked.body);
        let same = anchored
            .is_some_and(|body| body.sealing == made.sealing && body.signing == made.signing);
        if same {
            Ok(())
        } else {
            Err("a share leaves, and the ledger anchors other keys than the claimant's".into())
        }
    }
}

impl Checker for Binding {
    fn guarantee(&self) -> &'static str {
        "G8 binding"
    }

    fn see(&mut self, _now: Timestamp, sight: &Sight<'_>, ledger: &Oracle) -> Result<(), String> {
        match sight {
            Sight::Replies {
                node,
                reply: Body::RecoveryRequest(request),
                ..
            } => self.note(*node, request),
            Sight::Compares {
                node,
                request,
                right,
            } => self.heard((*node, *request), *right),
            Sight::Sends { node, to, message } => {
                if let Body::RecoveryRelease(release) = &message.body {
                    self.was_heard(*node, release.request)?;
                    self.may_go(*to, &release.request, ledger)?;
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

    const CLAIMANT: NodeId = NodeId(9);

    /// What a claimant has said, and what the ledger shows of it.
    fn asked() -> (Binding, Oracle, RequestBody) {
        let body = samples::request();
        let mut binding = Binding::default();
        binding.made.insert(body.id(), (CLAIMANT, body.clone()));
        (binding, samples::ledger_with(&body), body)
    }

    #[test]
    fn a_share_to_the_claimant_is_right_and_to_anybody_else_is_seen() {
        let (binding, ledger, body) = asked();
        assert_eq!(binding.may_go(Some(CLAIMANT), &body.id(), &ledger), Ok(()));
        for other in [Some(NodeId(1)), None] {
            assert!(binding.may_go(other, &body.id(), &ledger).is_err());
        }
    }

    #[test]
    fn a_share_for_a_request_that_nobody_made_is_seen() {
        let (_, ledger, body) = asked();
        let seen = Binding::default().may_go(Some(CLAIMANT), &body.id(), &ledger);
        assert!(seen.is_err());
    }

    #[test]
    fn a_share_for_other_keys_than_those_anchored_is_seen() {
        let (mut binding, ledger, body) = asked();
        let other = samples::other_keys(&body);
        binding.made.insert(body.id(), (CLAIMANT, other));
        assert!(binding.may_go(Some(CLAIMANT), &body.id(), &ledger).is_err());
    }

    #[test]
    fn a_share_on_words_that_were_not_the_claimants_is_seen_until_they_are_compared_again() {
        let (mut binding, _, body) = asked();
        let node = NodeId(1);
        assert_eq!(binding.was_heard(node, body.id()), Ok(()));
        binding.heard((node, body.id()), false);
        assert!(binding.was_heard(node, body.id()).is_err());
        assert_eq!(binding.was_heard(NodeId(2), body.id()), Ok(()));
        binding.heard((node, body.id()), true);
        assert_eq!(binding.was_heard(node, body.id()), Ok(()));
    }
}
