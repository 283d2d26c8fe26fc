//! What must have been so for a record to be admitted (ledger.md, "Records").
use super::asked::Asked;
use super::cast::LIFETIME;
use super::house::{Agent, House, Key, What, signed_by};
use kith_protocol::bytes::Digest;
use kith_protocol::keys::VerifyingKey;
use kith_protocol::keys::role::Approval;
use kith_protocol::ledger::{
    Act, Authorizations, Effect, Endorsement, NO_PREV, Record, RecordBody, RecoveryPolicyBody,
    RequestBody, Subject, Verdict,
};
use kith_protocol::limits::ledger::VERDICTS_PER_KEY;
use kith_protocol::time::Timestamp;

impl House {
    /// Panics where the record must not be admitted.
    pub(super) fn may(&self, record: &Record, effect: &Effect, now: Timestamp) {
        self.stands_where_it_must(record, effect);
        match &effect.act {
            Act::Created { .. } => unreachable!("a policy begins once"),
            Act::Granted {
                agent,
                authorizations,
                by,
                waits_until,
            } => {
                signed_by(record, by);
                self.may_grant(agent, *authorizations, by);
                let waits = self
                    .ripe(now)
                    .filter(|_| authorizations.includes(Authorizations::ADMIN));
                assert_eq!(*waits_until, waits, "a grant in force too soon");
            }
            Act::Revoked { agent, by, .. } => {
                signed_by(record, by);
                self.may_revoke(agent, by, now);
            }
            Act::Dealt {
                body,
                by,
                waits_until,
            } => {
                signed_by(record, by);
                self.may_deal(body, by);
                assert_eq!(*waits_until, self.ripe(now), "an epoch in force too soon");
            }
            Act::ChangeVetoed { change, agent } => {
                signed_by(record, agent);
                self.may_veto_change(change, agent, now);
            }
            Act::Requested { body } => self.may_ask(&body.id(), body, now),
            Act::Judged { .. }
            | Act::Vetoed { .. }
            | Act::Overridden { .. }
            | Act::Completed { .. } => {
                self.may_on_request(record, &effect.act, now);
            }
            Act::RepairRequested { body } => self.may_repair(body, now),
            Act::Objected { .. } | Act::Repaired { .. } => self.may_on_repair(record, now),
        }
    }

    /// Only the chain of a policy has a head; a verdict names its key's count.
    fn stands_where_it_must(&self, record: &Record, effect: &Effect) {
        match record.subject {
            Subject::Policy(policy) => {
                assert_eq!(policy, effect.policy);
                assert_eq!((record.seq, record.prev), (self.seq + 1, self.prev));
            }
            _ => assert_eq!(record.prev, NO_PREV),
        }
        let counts = matches!(effect.act, Act::Judged { .. })
            || matches!(record.subject, Subject::Policy(_));
        assert!(counts || record.seq == 0);
    }

    fn agent(&self, key: &Key) -> &Agent {
        self.agents
            .get(key)
            .expect("admitted for an agent that never stood")
    }

    fn may_grant(&self, agent: &Key, powers: Authorizations, by: &Key) {
        let needed = match powers == Authorizations::PROVE {
            true => Authorizations::PROVE_GRANT,
            false => Authorizations::ADMIN,
        };
        assert!(self.agent(by).may(needed), "granted more than one's own");
        let waits = |what: &What| matches!(what, What::Agent(key, _) if key == agent);
        let seen =
            self.agents.contains_key(agent) || self.changes.iter().any(|one| waits(&one.what));
        assert!(!seen, "a key that was seen before");
    }

    fn may_revoke(&self, agent: &Key, by: &Key, now: Timestamp) {
        let (target, revoker) = (self.agent(agent), self.agent(by));
        assert!(target.lives(), "revoked twice");
        let needed = match target.powers == Authorizations::PROVE {
            true => Authorizations::PROVE_REVOKE,
            false => Authorizations::ADMIN,
        };
        let answers = !revoker.spent
            && revoker.powers.includes(Authorizations::ADMIN)
            && revoker
                .out
                .is_some_and(|(first, until)| first == *agent && now < until);
        assert!(revoker.may(needed) || answers, "revoked by whom may not");
    }

    fn may_deal(&self, body: &RecoveryPolicyBody, by: &Key) {
        assert!(
            self.agent(by).may(Authorizations::ADMIN),
            "dealt by whom may not"
        );
        assert_eq!(body.epoch, self.next(), "a gap in the epochs");
        let waits = self
            .changes
            .iter()
            .any(|one| matches!(one.what, What::Epoch(_)));
        assert!(!waits, "two epochs wait");
    }

    fn may_veto_change(&self, change: &Digest, agent: &Key, now: Timestamp) {
        assert!(
            self.changes.iter().any(|one| one.record == *change),
            "no such change"
        );
        let agent = self.agent(agent);
        let revoked = !agent.spent && agent.out.is_some_and(|(_, until)| now < until);
        assert!(agent.lives() || revoked, "a veto of the dead");
        assert!(!agent.barred, "a veto of the barred");
    }

    /// What a request and a repair must have alike; the one may ask with the other's words, for the ids differ.
    pub(super) fn may_ask(&self, id: &Digest, body: &RequestBody, now: Timestamp) {
        assert!(!self.requests.contains_key(id), "asked twice");
        assert_eq!(
            Some(body.epoch),
            self.active,
            "an epoch that is not in force"
        );
        let lanes = self.in_force().map(|epoch| epoch.lanes);
        let lane = lanes.and_then(|lanes| lanes.get(usize::from(body.lane.lane)).copied());
        assert_eq!(lane, Some(body.lane.commitment()), "another lane");
        assert!(
            now < body.expiry && body.expiry <= now.after(LIFETIME),
            "a life too long"
        );
        assert!(
            self.leaves.contains(&body.sponsor),
            "a sponsor who is no trustee"
        );
        let last = self.sponsors.get(&body.sponsor);
        let last = last.and_then(|id| self.requests.get(id));
        assert!(
            last.is_none_or(|asked| asked.cooled(now)),
            "a sponsor in a hurry"
        );
    }

    fn may_on_request(&self, record: &Record, act: &Act, now: Timestamp) {
        let Subject::Request(id) = record.subject else {
            panic!("about no request")
        };
        let asked = &self.requests[&id];
        assert!(!asked.ended(now), "about a request that has ended");
        match (act, &record.body) {
            (Act::Judged { verdict, .. }, RecordBody::Approval(body)) => {
                assert!(asked.speakers.contains(&body.key), "judged by a stranger");
                let leaves = asked.repair.as_ref().map(|repair| repair.gone);
                assert_ne!(leaves, Some(body.key), "judged by the key that is to go");
                may_judge(asked, record.seq, &body.key, (*verdict, now));
            }
            (Act::Vetoed { agent, .. }, _) => {
                signed_by(record, agent);
                self.may_veto(asked, agent);
            }
            (Act::Overridden { agent, .. }, RecordBody::Override(body)) => {
                assert_eq!(asked.vetoes.get(agent), Some(&true), "no such veto");
                let said = asked.said.get(&body.key).map(|(last, _)| *last);
                assert_eq!(said, Some(Verdict::Stolen), "overridden by whom may not");
                assert!(asked.enough_stolen(), "overridden by too few");
            }
            (Act::Completed { agent, next, .. }, _) => {
                self.may_complete(asked, agent, next, now);
                signed_by_all(record, agent);
            }
            _ => panic!("an effect of another record"),
        }
    }

    fn may_veto(&self, asked: &Asked, agent: &Key) {
        assert!(!asked.vetoes.contains_key(agent), "vetoed twice");
        let agent = self.agent(agent);
        assert!(
            agent.lives() && !agent.barred,
            "a veto of the dead or the barred"
        );
        let stood = agent.founding || agent.since.after(asked.stood) <= asked.anchored;
        assert!(stood, "a veto of an agent too young");
    }

    fn may_complete(&self, asked: &Asked, agent: &Key, next: &RecoveryPolicyBody, now: Timestamp) {
        assert!(asked.repair.is_none(), "recovered by a repair");
        assert!(asked.released(now), "complete before it was released");
        assert_eq!(self.active, Some(asked.body.epoch));
        let known = self.agents.get(agent);
        assert!(
            known.is_none_or(|agent| agent.since > asked.anchored),
            "an agent from before"
        );
        assert_eq!(next.epoch, self.next(), "a gap in the epochs");
    }
}

fn may_judge(
    asked: &Asked,
    seq: u64,
    key: &VerifyingKey<Approval>,
    (next, now): (Verdict, Timestamp),
) {
    let last = asked.said.get(key);
    assert_eq!(
        seq,
        last.map_or(0, |(_, count)| *count),
        "a verdict repeated"
    );
    assert!(seq < VERDICTS_PER_KEY, "verdicts without end");
    assert_ne!(last.map(|(verdict, _)| *verdict), Some(next), "said twice");
    let back = next == Verdict::Withdrawn;
    let sponsors = asked.body.sponsor == *key;
    assert!(!back || last.is_some() || sponsors, "nothing to take back");
    assert!(
        !back || !asked.delay_over(now),
        "taken back when shares were on their way"
    );
}

fn signed_by_all(record: &Record, agent: &Key) {
    let signed = matches!(
        record.signatures.as_slice(),
        [Endorsement::Agent { key, .. }, Endorsement::Claimant(_), Endorsement::Recovery(_)] if key == agent
    );
    assert!(signed, "complete without every signature");
}
