//! G7: no share leaves before the lane's delay is over, nor under a veto.
use super::shown::{Seen, Shown};
use super::{Checker, Sight};
use crate::node::NodeId;
use crate::oracle::{Asked, Oracle, Vetoed};
use kith_protocol::bytes::Digest;
use kith_protocol::keys::VerifyingKey;
use kith_protocol::keys::role::AgentPolicy;
use kith_protocol::ledger::{Record, RecordBody, Subject};
use kith_protocol::message::Body;
use kith_protocol::time::Timestamp;
use std::collections::BTreeSet;

/// How far each agent has been shown the log.
pub(crate) struct Delay {
    /// How far the ledger's clock may be off, in milliseconds.
    clocks: i64,
    shown: Shown,
    /// Who took over a veto of what by whom, handed to it directly.
    handed: BTreeSet<(NodeId, Digest, VerifyingKey<AgentPolicy>)>,
}

impl Delay {
    /// For clocks so many milliseconds apart.
    pub(crate) fn new(clocks: i64) -> Self {
        Self {
            clocks,
            shown: Shown::default(),
            handed: BTreeSet::new(),
        }
    }

    fn may_leave(
        &self,
        now: Timestamp,
        node: NodeId,
        id: &Digest,
        ledger: &Oracle,
    ) -> Result<(), String> {
        let asked = ledger
            .requests
            .get(id)
            .ok_or("a share leaves for a request that is not anchored")?;
        let Seen {
            entries: shown,
            head,
        } = self.shown.to(node);
        let full = asked
            .full_since(shown)
            .ok_or("a share leaves before the lane has its approvals")?;
        let set_aside = asked.vetoes.iter().filter_map(|veto| veto.set_aside);
        let seen = set_aside.filter(|(place, _)| *place < shown);
        // A veto that was set aside begins the delay anew, for whoever was shown that.
        let begun = seen.map(|(_, time)| time).chain([full]).max();
        let due = begun.unwrap_or(full).after(asked.body.lane.delay);
        if head < due {
            return Err(format!(
                "a share leaves although {node:?} was shown no page of the ledger from after the delay"
            ));
        }
        let due = Timestamp(due.0.saturating_add_signed(-self.clocks));
        if now < due {
            return Err(format!(
                "a share leaves {} before the delay is over",
                due.since(now)
            ));
        }
        if asked.completed.is_some_and(|place| place < shown) {
            return Err(format!(
                "a share leaves although {node:?} was shown the end of the request"
            ));
        }
        let stands = |veto: &&Vetoed| veto.set_aside.is_none_or(|(place, _)| shown <= place);
        let mut vetoes = asked.vetoes.iter().filter(|veto| veto.place < shown);
        match vetoes.find(stands) {
            Some(veto) => Err(format!(
                "a share leaves although {node:?} was shown the veto at {}",
                veto.place
            )),
            None => self.nothing_in_hand(node, id, asked),
        }
    }

    fn nothing_in_hand(&self, node: NodeId, id: &Digest, asked: &Asked) -> Result<(), String> {
        let mut handed = self.handed.iter();
        let stands =
            handed.any(|(who, request, agent)| *who == node && request == id && !asked.bars(agent));
        if stands {
            return Err(format!(
                "a share leaves although {node:?} was handed a veto"
            ));
        }
        Ok(())
    }
}

impl Delay {
    fn take_over(&mut self, node: NodeId, body: &Body) {
        let Body::AlertVeto(veto) = body else {
            return;
        };
        if let Ok(record) = Record::from_bytes(&veto.record.0)
            && let (RecordBody::Veto(veto), Subject::Request(id)) = (&record.body, record.subject)
        {
            self.handed.insert((node, id, veto.agent));
        }
    }
}

impl Checker for Delay {
    fn guarantee(&self) -> &'static str {
        "G7 delay and veto"
    }

    fn see(&mut self, now: Timestamp, sight: &Sight<'_>, ledger: &Oracle) -> Result<(), String> {
        self.shown.see(sight);
        match sight {
            Sight::Replies {
                node,
                asked,
                reply: Body::AlertVetoAck(_),
                ..
            } => self.take_over(*node, &asked.body),
            Sight::Sends { node, message, .. } => {
                if let Body::RecoveryRelease(release) = &message.body {
                    self.may_leave(now, *node, &release.request, ledger)?;
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
    use kith_protocol::bytes::Blob;
    use kith_protocol::ledger::{OverrideBody, VetoBody};
    use kith_protocol::message::ledger::Page;

    const NODE: NodeId = NodeId(1);
    const FULL: Timestamp = Timestamp(1_000_000);

    /// A request whose lane is full, and a trustee who was shown so.
    fn asked() -> (Delay, Oracle, Digest) {
        let body = samples::request();
        let mut ledger = samples::ledger_with(&body);
        samples::approve(&mut ledger, &body, FULL);
        let mut checker = Delay::new(0);
        shows(&mut checker, &ledger);
        (checker, ledger, body.id())
    }

    fn shows(checker: &mut Delay, ledger: &Oracle) {
        shows_head(checker, ledger, Timestamp(u64::MAX));
    }

    fn shows_head(checker: &mut Delay, ledger: &Oracle, time: Timestamp) {
        let page = Page {
            note: Blob(format!("kith.example/log\nkith-time {}\n", time.0).into_bytes()),
            ..samples::page(ledger.size())
        };
        let reads = Sight::Reads {
            node: NODE,
            page: &page,
        };
        assert_eq!(checker.see(FULL, &reads, ledger), Ok(()));
    }

    fn over() -> Timestamp {
        FULL.after(samples::request().lane.delay)
    }

    #[test]
    fn a_share_before_the_delay_is_over_is_seen_and_one_after_is_right() {
        let (checker, ledger, id) = asked();
        let early = Timestamp(over().0 - 1);
        assert!(checker.may_leave(early, NODE, &id, &ledger).is_err());
        assert_eq!(checker.may_leave(over(), NODE, &id, &ledger), Ok(()));
    }

    #[test]
    fn a_share_on_pages_from_before_the_end_of_the_delay_is_seen() {
        let body = samples::request();
        let mut ledger = samples::ledger_with(&body);
        samples::approve(&mut ledger, &body, FULL);
        let mut checker = Delay::new(0);
        shows_head(&mut checker, &ledger, Timestamp(over().0 - 1));
        let late = over().after(samples::request().lane.delay);
        assert!(checker.may_leave(late, NODE, &body.id(), &ledger).is_err());
        shows_head(&mut checker, &ledger, over());
        assert_eq!(checker.may_leave(late, NODE, &body.id(), &ledger), Ok(()));
    }

    #[test]
    fn a_share_for_a_lane_that_was_not_shown_full_is_seen() {
        let (_, ledger, id) = asked();
        let unaware = Delay::new(0);
        assert!(unaware.may_leave(over(), NODE, &id, &ledger).is_err());
        let unknown = Digest([0; 32]);
        assert!(unaware.may_leave(over(), NODE, &unknown, &ledger).is_err());
    }

    #[test]
    fn a_share_under_a_veto_is_seen_until_it_is_set_aside_and_the_delay_has_run_anew() {
        let (mut checker, mut ledger, id) = asked();
        let agent = samples::agent();
        let veto = RecordBody::Veto(VetoBody { agent });
        samples::admit(&mut ledger, id, veto, FULL);
        shows(&mut checker, &ledger);
        assert!(checker.may_leave(over(), NODE, &id, &ledger).is_err());
        let body = OverrideBody {
            agent,
            key: samples::request().sponsor,
        };
        samples::admit(&mut ledger, id, RecordBody::Override(body), over());
        shows(&mut checker, &ledger);
        assert!(checker.may_leave(over(), NODE, &id, &ledger).is_err());
        let anew = over().after(samples::request().lane.delay);
        assert_eq!(checker.may_leave(anew, NODE, &id, &ledger), Ok(()));
    }

    #[test]
    fn a_share_of_a_trustee_who_was_handed_a_veto_is_seen() {
        let (mut checker, ledger, id) = asked();
        checker.handed.insert((NODE, id, samples::agent()));
        assert!(checker.may_leave(over(), NODE, &id, &ledger).is_err());
        assert!(
            checker
                .may_leave(over(), NodeId(2), &id, &ledger)
                .is_err_and(|why| why.contains("approvals"))
        );
    }
}
