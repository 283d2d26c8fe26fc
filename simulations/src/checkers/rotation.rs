//! G13: recovered means rotated. After a completed recovery no earlier agent key has any power.
//!
//! A trustee that was off meanwhile cannot know: it may keep a share that the old agent deals until the
//! ledger has shown it the completion, and such a share never becomes a current one (`consistency.rs`).
use super::shown::Shown;
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
    /// How far each agent has been shown the log.
    shown: Shown,
}

impl Rotation {
    fn note_share(&mut self, node: NodeId, id: &str) {
        if self.thief == Some(node) && !self.before.contains(id) {
            self.dealt.insert(id.to_owned());
        } else {
            self.before.insert(id.to_owned());
        }
    }

    /// Whether an agent has been shown the completion that ended the old agent's power: the first.
    fn knows(&self, node: NodeId, ledger: &Oracle) -> bool {
        let completions = ledger.requests.values().filter_map(|asked| asked.completed);
        let shown = self.shown.to(node).entries;
        completions.min().is_some_and(|place| place < shown)
    }
}

impl Checker for Rotation {
    fn guarantee(&self) -> &'static str {
        "G13 recovered means rotated"
    }

    fn see(&mut self, _now: Timestamp, sight: &Sight<'_>, ledger: &Oracle) -> Result<(), String> {
        self.shown.see(sight);
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
            } if self.dealt.contains(&asked.id)
                && !self.villains.contains(node)
                && self.knows(*node, ledger) =>
            {
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
    const TRUSTEE: NodeId = NodeId(1);

    /// A ledger whose first entry completes a recovery.
    fn recovered() -> Oracle {
        let body = samples::request();
        let mut ledger = samples::ledger_with(&body);
        for asked in ledger.requests.values_mut() {
            asked.completed = Some(0);
        }
        ledger
    }

    fn see(checker: &mut Rotation, sight: &Sight<'_>) -> Result<(), String> {
        checker.see(Timestamp(0), sight, &recovered())
    }

    /// A checker of a world in which the trustee has read the completion.
    fn informed() -> Rotation {
        let mut checker = Rotation::default();
        let reads = Sight::Reads {
            node: TRUSTEE,
            page: &samples::page(1),
        };
        assert_eq!(see(&mut checker, &reads), Ok(()));
        checker
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
            node: TRUSTEE,
            asked: &asked,
            reply: &reply,
        };
        let mut before = informed();
        assert_eq!(see(&mut before, &deals), Ok(()));
        assert_eq!(see(&mut before, &Sight::Stolen { node: THIEF }), Ok(()));
        assert_eq!(see(&mut before, &deals), Ok(()), "it was on its way before");
        assert_eq!(see(&mut before, &keeps), Ok(()));
        let mut after = informed();
        assert_eq!(see(&mut after, &Sight::Stolen { node: THIEF }), Ok(()));
        assert_eq!(see(&mut after, &deals), Ok(()));
        assert!(see(&mut after, &keeps).is_err());
        let crashes = Sight::Unreads { node: TRUSTEE };
        assert_eq!(see(&mut after, &crashes), Ok(()));
        assert_eq!(see(&mut after, &keeps), Ok(()), "it cannot know");
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
