//! G10: nobody is locked out by nuisance. One open request for each sponsor, with a pause after one that
//! failed; a key whose veto was set aside vetoes no more, and only enough checked verdicts set one aside.
//!
//! That a rightful recovery gets through all the same is demanded as progress, by the scenarios.
use super::{Checker, Sight};
use crate::oracle::{Anchored, Oracle};
use kith_protocol::bytes::Digest;
use kith_protocol::keys::VerifyingKey;
use kith_protocol::keys::role::{AgentPolicy, Approval};
use kith_protocol::ledger::{RecordBody, RequestBody, Subject};
use kith_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Who has sponsored what, and whose vetoes were set aside.
#[derive(Default)]
pub(crate) struct Nuisance {
    sponsored: BTreeMap<VerifyingKey<Approval>, Vec<Digest>>,
    barred: BTreeSet<(Digest, VerifyingKey<AgentPolicy>)>,
}

impl Nuisance {
    fn sponsors(
        &mut self,
        body: &RequestBody,
        time: Timestamp,
        ledger: &Oracle,
    ) -> Result<(), String> {
        let id = body.id();
        let before = self.sponsored.entry(body.sponsor).or_default();
        let others = before.iter().filter(|other| **other != id);
        for asked in others.filter_map(|other| ledger.requests.get(other)) {
            if asked.binds_its_sponsor(time, ledger.epoch) {
                return Err(
                    "a sponsor stands by two requests, or asks again before one that failed has cooled down".into(),
                );
            }
        }
        before.push(id);
        Ok(())
    }

    fn anchored(&mut self, new: &Anchored, ledger: &Oracle) -> Result<(), String> {
        match (&new.record.body, new.record.subject) {
            (RecordBody::Request(body), _) => self.sponsors(body, new.time, ledger),
            (RecordBody::Override(body), Subject::Request(id)) => {
                self.barred.insert((id, body.agent));
                match ledger.requests.get(&id) {
                    Some(asked)
                        if asked.stolen() >= usize::from(asked.body.lane.override_threshold) =>
                    {
                        Ok(())
                    }
                    _ => Err("a veto is set aside by too few".into()),
                }
            }
            (RecordBody::Veto(body), Subject::Request(id))
                if self.barred.contains(&(id, body.agent)) =>
            {
                Err("a key whose veto was set aside vetoes again".into())
            }
            _ => Ok(()),
        }
    }
}

impl Checker for Nuisance {
    fn guarantee(&self) -> &'static str {
        "G10 no lock-out by nuisance"
    }

    fn see(&mut self, _now: Timestamp, sight: &Sight<'_>, ledger: &Oracle) -> Result<(), String> {
        match sight {
            Sight::Anchored(new) => self.anchored(new, ledger),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkers::samples;
    use kith_protocol::ledger::{OverrideBody, VetoBody};

    #[test]
    fn a_second_open_request_of_one_sponsor_is_seen_and_one_after_the_pause_is_right() {
        let first = samples::request();
        let second = samples::other_keys(&first);
        let ledger = samples::ledger_with(&first);
        let end = first.expiry;
        let ask = |time: Timestamp| {
            let mut checker = Nuisance::default();
            assert_eq!(checker.sponsors(&first, Timestamp(0), &ledger), Ok(()));
            checker.sponsors(&second, time, &ledger)
        };
        assert!(ask(Timestamp(1)).is_err());
        assert!(ask(end).is_err(), "it has not cooled down");
        assert_eq!(ask(end.after(first.lane.cool_down)), Ok(()));
    }

    #[test]
    fn an_override_by_too_few_and_a_veto_after_it_are_seen() {
        let body = samples::request();
        let ledger = samples::ledger_with(&body);
        let agent = samples::agent();
        let over = OverrideBody {
            agent,
            key: body.sponsor,
        };
        let mut checker = Nuisance::default();
        let over = samples::anchored(body.id(), RecordBody::Override(over));
        assert!(checker.anchored(&over, &ledger).is_err());
        let veto = samples::anchored(body.id(), RecordBody::Veto(VetoBody { agent }));
        assert!(checker.anchored(&veto, &ledger).is_err());
        assert_eq!(Nuisance::default().anchored(&veto, &ledger), Ok(()));
    }
}
