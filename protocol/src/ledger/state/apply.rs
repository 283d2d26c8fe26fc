//! Carrying out effects. Whatever is decided here was decided by `check`; this only writes it down.
use super::agent::{Agent, Life};
use super::policy::{Head, Pending, Policy, Waiting};
use super::repair::followed;
use super::request::Request;
use crate::bytes::Digest;
use crate::keys::VerifyingKey;
use crate::keys::role::AgentPolicy;
use crate::ledger::body::RecoveryPolicyBody;
use crate::ledger::effect::{Act, Effect};
use crate::policy::Replacement;
use crate::time::Timestamp;

impl Policy {
    /// Carries out an effect on this policy, settled to the effect's time.
    pub(super) fn apply(&mut self, effect: &Effect) {
        let time = effect.time;
        match &effect.act {
            Act::Created { .. } => {}
            Act::Granted {
                agent,
                authorizations,
                by,
                waits_until,
            } => {
                self.advance(effect.record);
                match waits_until {
                    Some(ripe) => self.wait(
                        effect,
                        (*by, *ripe),
                        Pending::Agent(*agent, *authorizations),
                    ),
                    None => self.admit_agent((*agent, *authorizations), *by, time),
                }
            }
            Act::Revoked { agent, by, counter } => {
                self.advance(effect.record);
                self.revoke(*agent, *by, *counter, time);
            }
            Act::Dealt {
                body,
                by,
                waits_until,
            } => {
                self.advance(effect.record);
                match waits_until {
                    Some(ripe) => self.wait(effect, (*by, *ripe), Pending::Epoch(body.clone())),
                    None => self.begin_epoch((**body).clone(), time),
                }
            }
            Act::ChangeVetoed { change, .. } => {
                self.waiting.retain(|waiting| waiting.record != *change)
            }
            Act::Requested { .. }
            | Act::Judged { .. }
            | Act::Vetoed { .. }
            | Act::Overridden { .. }
            | Act::Completed { .. }
            | Act::RepairRequested { .. }
            | Act::Objected { .. }
            | Act::Repaired { .. } => self.apply_to_request(effect),
        }
    }

    fn apply_to_request(&mut self, effect: &Effect) {
        let time = effect.time;
        match &effect.act {
            Act::Requested { body } => {
                let id = body.id();
                self.sponsors.insert(body.sponsor, id);
                let request = Request::anchored((**body).clone(), self.ground(), time);
                self.requests.insert(id, request);
            }
            Act::RepairRequested { body } => {
                let id = body.id();
                self.sponsors.insert(body.request.sponsor, id);
                let repair = Request::of_repair((**body).clone(), self.ground(), time);
                self.requests.insert(id, repair);
            }
            Act::Objected { repair } => self.on_request(repair, time, |repair| repair.end(time)),
            Act::Repaired { repair } => self.replace_leaf(repair, time),
            Act::Judged {
                request,
                key,
                verdict,
            } => {
                self.on_request(request, time, |request| request.judge(*key, *verdict, time));
            }
            Act::Vetoed { request, agent } => {
                self.on_request(request, time, |request| request.veto(*agent, time))
            }
            Act::Overridden { request, agent } => {
                self.on_request(request, time, |request| request.set_aside(*agent, time));
                self.bar(*agent);
            }
            Act::Completed {
                request,
                agent,
                next,
            } => {
                self.on_request(request, time, |request| request.complete(time));
                self.hand_over(*agent, next, effect);
            }
            Act::Created { .. }
            | Act::Granted { .. }
            | Act::Revoked { .. }
            | Act::Dealt { .. }
            | Act::ChangeVetoed { .. } => {}
        }
    }

    fn on_request(&mut self, id: &Digest, time: Timestamp, change: impl FnOnce(&mut Request)) {
        if let Some(request) = self.requests.get_mut(id) {
            request.note_opening(time);
            change(request);
        }
    }

    /// Other leaves may have been replaced since this was asked for: its path leads through those. Other repairs of the
    /// leaf are of a key that is gone.
    fn replace_leaf(&mut self, repair: &Digest, time: Timestamp) {
        self.on_request(repair, time, |repair| repair.complete(time));
        let Some(replacement) = self.replacement(repair) else {
            return;
        };
        let leaf = Some(replacement.path.position);
        self.replacements.push(replacement);
        let all = self.requests.values_mut();
        all.filter(|other| other.leaf() == leaf)
            .for_each(|other| other.end(time));
    }

    fn replacement(&self, repair: &Digest) -> Option<Replacement> {
        let request = self.requests.get(repair)?;
        let Replacement { path, leaf } = request.repair.as_ref()?.replacement.clone();
        let since = self.replacements.get(request.replaced..)?;
        let path = followed(path, since)?;
        Some(Replacement { path, leaf })
    }

    /// The chain's newest record is now this one.
    fn advance(&mut self, record: Digest) {
        self.head = Head {
            seq: self.head.seq.saturating_add(1),
            digest: record,
        };
    }

    fn wait(
        &mut self,
        effect: &Effect,
        (by, ripe): (VerifyingKey<AgentPolicy>, Timestamp),
        change: Pending,
    ) {
        self.waiting.push(Waiting {
            record: effect.record,
            by,
            ripe,
            change,
        });
    }

    /// Takes everything from an agent and cancels what it had waiting. An answer to a revocation,
    /// and a revocation of oneself, are final for both.
    fn revoke(
        &mut self,
        agent: VerifyingKey<AgentPolicy>,
        by: VerifyingKey<AgentPolicy>,
        counter: bool,
        time: Timestamp,
    ) {
        let until = time.after(self.longest_delay());
        let life = if counter || agent == by {
            Life::Spent
        } else {
            Life::Revoked { by, until }
        };
        self.set_life(&agent, life);
        if counter {
            self.set_life(&by, Life::Spent);
        }
        self.waiting.retain(|waiting| waiting.by != agent);
    }

    fn set_life(&mut self, key: &VerifyingKey<AgentPolicy>, life: Life) {
        if let Some(agent) = self.agents.get_mut(key) {
            agent.life = life;
        }
    }

    /// A completed recovery: nothing of before has any power (G13).
    fn hand_over(
        &mut self,
        agent: VerifyingKey<AgentPolicy>,
        next: &RecoveryPolicyBody,
        effect: &Effect,
    ) {
        for earlier in self.agents.values_mut() {
            earlier.life = Life::Spent;
        }
        self.waiting.clear();
        self.agents.insert(agent, Agent::founder(effect.time));
        self.begin_epoch(next.clone(), effect.time);
        self.advance(effect.record);
    }
}
