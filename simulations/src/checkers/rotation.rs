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
    /// Trustees that are not honest: nobody waits until they have read the ledger.
    villains: BTreeSet<NodeId>,
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
            Sight::Cheats { node, .. } => {
                self.villains.insert(*node);
            }
            Sight::Anchored(new) if new.by_the_dead => {
                return Err(format!(
                    "the ledger admits a {} record of a key without power",
                    new.kind
                ));
            }
            Sight::Sends { node, message, .. } if matches!(message.body, Body::ShareStore(_)) => {
                self.note_share(*node, &message.id);
            }
            Sight::Replies {
                node,
                asked,
                reply: Body::ShareStored(_),
            } if self.dealt.contains(&asked.id) && !self.villains.contains(node) => {
                return Err(
                    "a trustee keeps a share that the old agent deals after the recovery".into(),
                );
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
    use crate::oracle::Anchored;
    use kith_protocol::bytes::Digest;
    use kith_protocol::ledger::{RecordBody, VetoBody};
    use kith_protocol::message::Outgoing;

    const THIEF: NodeId = NodeId(0);

    fn see(checker: &mut Rotation, sight: &Sight<'_>) -> Result<(), String> {
        checker.see(Timestamp(0), sight, &Oracle::default())
    }

    #[test]
    fn a_share_of_the_old_agent_that_is_kept_is_seen() {
        let (asked, reply) = samples::receipt();
        let message = Outgoing {
            id: asked.id.clone(),
            from: asked.from.clone(),
            to: asked.to.clone(),
            thid: None,
            pthid: None,
            expires: Timestamp(1),
            body: asked.body.clone(),
        };
        let deals = Sight::Sends {
            node: THIEF,
            to: None,
            message: &message,
        };
        let keeps = Sight::Replies {
            node: NodeId(1),
            asked: &asked,
            reply: &reply,
        };
        let mut before = Rotation::default();
        assert_eq!(see(&mut before, &deals), Ok(()));
        assert_eq!(see(&mut before, &Sight::Stolen { node: THIEF }), Ok(()));
        assert_eq!(see(&mut before, &deals), Ok(()), "it was on its way before");
        assert_eq!(see(&mut before, &keeps), Ok(()));
        let mut after = Rotation::default();
        assert_eq!(see(&mut after, &Sight::Stolen { node: THIEF }), Ok(()));
        assert_eq!(see(&mut after, &deals), Ok(()));
        assert!(see(&mut after, &keeps).is_err());
    }

    #[test]
    fn a_record_of_a_key_without_power_is_seen() {
        let veto = RecordBody::Veto(VetoBody {
            agent: samples::agent(),
        });
        let alive = samples::anchored(Digest([1; 32]), veto.clone());
        let dead = Anchored {
            by_the_dead: true,
            ..samples::anchored(Digest([1; 32]), veto)
        };
        let mut checker = Rotation::default();
        assert_eq!(see(&mut checker, &Sight::Anchored(&alive)), Ok(()));
        assert!(see(&mut checker, &Sight::Anchored(&dead)).is_err());
    }
}
