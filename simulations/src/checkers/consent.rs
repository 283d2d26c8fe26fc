//! G1: no share leaves a trustee whose person has not approved that very request.
use super::{Checker, Sight};
use crate::node::NodeId;
use crate::oracle::Oracle;
use kith_protocol::bytes::Digest;
use kith_protocol::message::Body;
use kith_protocol::time::Timestamp;
use std::collections::BTreeSet;

/// What people have said yes to.
#[derive(Default)]
pub(crate) struct Consent {
    approved: BTreeSet<(NodeId, Digest)>,
    /// Whose agents are not honest, or whose people are not.
    villains: BTreeSet<NodeId>,
}

impl Checker for Consent {
    fn guarantee(&self) -> &'static str {
        "G1 consent"
    }

    fn see(&mut self, _now: Timestamp, sight: &Sight<'_>, _ledger: &Oracle) -> Result<(), String> {
        match sight {
            Sight::Approves { node, request } => {
                self.approved.insert((*node, *request));
            }
            Sight::Cheats { node, .. } => {
                self.villains.insert(*node);
            }
            Sight::Sends { node, message, .. } if !self.villains.contains(node) => {
                if let Body::RecoveryRelease(release) = &message.body
                    && !self.approved.contains(&(*node, release.request))
                {
                    return Err(format!(
                        "{node:?} releases a share that its person has not approved"
                    ));
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

    const NODE: NodeId = NodeId(1);

    fn leaves(checker: &mut Consent, node: NodeId) -> Result<(), String> {
        let message = samples::release(&samples::request());
        let sight = Sight::Sends {
            node,
            to: None,
            message: &message,
        };
        checker.see(Timestamp(0), &sight, &Oracle::default())
    }

    #[test]
    fn a_share_that_nobody_approved_is_seen_and_consent_is_for_one_trustee_and_request() {
        let mut checker = Consent::default();
        assert!(leaves(&mut checker, NODE).is_err());
        let yes = |node, request| Sight::Approves { node, request };
        let other = yes(NODE, Digest([9; 32]));
        let mut see = |sight| checker.see(Timestamp(0), &sight, &Oracle::default());
        assert_eq!(see(other), Ok(()));
        assert_eq!(see(yes(NodeId(2), samples::request().id())), Ok(()));
        assert!(leaves(&mut checker, NODE).is_err());
        let right = yes(NODE, samples::request().id());
        assert_eq!(
            checker.see(Timestamp(0), &right, &Oracle::default()),
            Ok(())
        );
        assert_eq!(leaves(&mut checker, NODE), Ok(()));
    }
}
