//! G13: recovered means rotated. After a completed recovery no earlier agent key has any power.
use super::{Checker, Sight};
use crate::node::NodeId;
use crate::oracle::Oracle;
use kith_protocol::message::Body;
use kith_protocol::time::Timestamp;
use std::collections::BTreeSet;

/// What the old agent tries, and what comes of it.
#[derive(Default)]
pub(crate) struct Rotation {
    thief: Option<NodeId>,
    /// Shares of the old agent's that were on their way before: a repetition is receipted again.
    before: BTreeSet<String>,
    /// Messages by which the thief's copy deals.
    dealt: BTreeSet<String>,
}

impl Rotation {
    fn note_share(&mut self, node: NodeId, id: &str) {
        if self.thief == Some(node) && !self.before.contains(id) {
            self.dealt.insert(id.to_owned());
        } else {
            self.before.insert(id.to_owned());
        }
    }
}

impl Checker for Rotation {
    fn guarantee(&self) -> &'static str {
        "G13 recovered means rotated"
    }

    fn see(&mut self, _now: Timestamp, sight: &Sight<'_>, _ledger: &Oracle) -> Result<(), String> {
        match sight {
            Sight::Stolen { node } => self.thief = Some(*node),
            Sight::Anchored(new) if new.by_the_dead => {
                return Err(format!(
                    "the ledger admits a {} record of a key without power",
                    new.kind
                ));
            }
            Sight::Sends { node, message } if matches!(message.body, Body::ShareStore(_)) => {
                self.note_share(*node, &message.id);
            }
            Sight::Replies {
                asked,
                reply: Body::ShareStored(_),
            } if self.dealt.contains(&asked.id) => {
                return Err(
                    "a trustee keeps a share that the old agent deals after the recovery".into(),
                );
            }
            _ => {}
        }
        Ok(())
    }
}
