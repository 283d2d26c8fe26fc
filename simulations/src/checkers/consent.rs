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
            Sight::Sends { node, message } => {
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
