//! The one rule that admits records, on every engine (spec/ledger.md, "Records").
//!
//! Each kind has a file that first decides on the state what the record would do and whose
//! signatures that takes; only then are the signatures verified, so that hostile records are
//! refused before they cost a multiplication.
mod approval;
mod complete;
mod overriding;
mod policy_create;
mod policy_update;
mod recovery_policy;
mod repair;
mod repaired;
mod request;
pub(crate) mod veto;

use crate::bytes::Digest;
use crate::keys::role::{AgentPolicy, Approval, ClaimantSigning};
use crate::keys::{BadSignature, RecoveryKey, Signature, VerifyingKey};
use crate::ledger::body::RecordBody;
use crate::ledger::effect::{Act, Effect};
use crate::ledger::invalid::Invalid;
use crate::ledger::kind::Kind;
use crate::ledger::record::{Endorsement, NO_PREV, Record, Subject};
use crate::ledger::state::{Policy, Request, State};
use crate::time::Timestamp;
use crate::vss::Sign;

/// Whether a record, first included by a checkpoint of this time, has an effect on this state, and
/// which.
///
/// # Errors
/// [`Invalid`]: the record has no effect, whoever included it.
pub fn check(state: &State, record: &Record, time: Timestamp) -> Result<Effect, Invalid> {
    let case = Case::new(state, record, time);
    let admission = case.judge()?;
    admission.verify(record.kind(), &case.digest)?;
    Ok(case.effect(admission))
}

/// The effect of a record whose signatures this machine has verified before: replaying one's own
/// rows after a start.
pub(crate) fn replay(state: &State, record: &Record, time: Timestamp) -> Result<Effect, Invalid> {
    let case = Case::new(state, record, time);
    case.judge().map(|admission| case.effect(admission))
}

/// A record before the rule.
struct Case<'a> {
    state: &'a State,
    record: &'a Record,
    time: Timestamp,
    digest: Digest,
}

/// What a record does if the signatures hold.
struct Admission<'a> {
    policy: Digest,
    act: Act,
    demands: Vec<Demand<'a>>,
}

/// A signature that must hold.
enum Demand<'a> {
    Agent(VerifyingKey<AgentPolicy>, &'a Signature),
    Approval(VerifyingKey<Approval>, &'a Signature),
    Claimant(VerifyingKey<ClaimantSigning>, &'a Signature),
    Recovery(RecoveryKey<Sign>, &'a Signature),
}

/// The request or the repair that a record is about, on its policy as it stands at the record's time.
struct Asked {
    address: Digest,
    id: Digest,
    policy: Policy,
}

impl<'a> Case<'a> {
    fn new(state: &'a State, record: &'a Record, time: Timestamp) -> Self {
        Self {
            state,
            record,
            time,
            digest: record.digest(state.log()),
        }
    }

    fn judge(&self) -> Result<Admission<'a>, Invalid> {
        match &self.record.body {
            RecordBody::PolicyCreate(body) => policy_create::judge(self, body),
            RecordBody::PolicyUpdate(body) => policy_update::judge(self, body),
            RecordBody::RecoveryPolicy(body) => recovery_policy::judge(self, body),
            RecordBody::Request(body) => request::judge(self, body),
            RecordBody::Approval(body) => approval::judge(self, body),
            RecordBody::Veto(body) => veto::judge(self, body),
            RecordBody::Override(body) => overriding::judge(self, body),
            RecordBody::Complete(body) => complete::judge(self, body),
            RecordBody::Repair(body) => repair::judge(self, body),
            RecordBody::Repaired(body) => repaired::judge(self, body),
        }
    }

    fn effect(&self, admission: Admission<'_>) -> Effect {
        Effect {
            policy: admission.policy,
            record: self.digest,
            time: self.time,
            act: admission.act,
        }
    }

    fn policy(&self, address: &Digest) -> Result<Policy, Invalid> {
        self.state
            .policy_at(address, self.time)
            .ok_or(Invalid::UnknownPolicy)
    }

    /// The policy whose chain this record continues.
    fn linked(&self) -> Result<(Digest, Policy), Invalid> {
        let Subject::Policy(address) = self.record.subject else {
            return Err(Invalid::WrongSubject);
        };
        let policy = self.policy(&address)?;
        let follows = policy.head.seq.checked_add(1) == Some(self.record.seq)
            && policy.head.digest == self.record.prev;
        if follows {
            Ok((address, policy))
        } else {
            Err(Invalid::StaleHead)
        }
    }

    /// The request or the repair this record is about, not yet ended.
    fn asked(&self) -> Result<Asked, Invalid> {
        let Subject::Request(id) = self.record.subject else {
            return Err(Invalid::WrongSubject);
        };
        let address = *self
            .state
            .policy_of_request(&id)
            .ok_or(Invalid::UnknownRequest)?;
        let policy = self.policy(&address)?;
        let asked = Asked {
            address,
            id,
            policy,
        };
        if asked.request()?.has_ended(self.time) {
            Err(Invalid::RequestEnded)
        } else {
            Ok(asked)
        }
    }

    /// Subjects without a chain have no place to name.
    fn unlinked(&self) -> Result<(), Invalid> {
        if self.record.seq == 0 && self.record.prev == NO_PREV {
            Ok(())
        } else {
            Err(Invalid::StaleHead)
        }
    }

    /// The one agent that signs.
    fn by_agent(&self) -> Result<(VerifyingKey<AgentPolicy>, &'a Signature), Invalid> {
        match self.record.signatures.as_slice() {
            [Endorsement::Agent { key, signature }] => Ok((*key, signature)),
            _ => Err(Invalid::WrongSignatures),
        }
    }

    /// The one agent that signs, where the body names it.
    fn by_named_agent(&self, named: &VerifyingKey<AgentPolicy>) -> Result<Demand<'a>, Invalid> {
        match self.by_agent()? {
            (key, signature) if key == *named => Ok(Demand::Agent(key, signature)),
            _ => Err(Invalid::WrongSignatures),
        }
    }

    /// The one approval key that signs, which the body names.
    fn by_approval(&self, named: &VerifyingKey<Approval>) -> Result<Demand<'a>, Invalid> {
        match self.record.signatures.as_slice() {
            [Endorsement::Approval(signature)] => Ok(Demand::Approval(*named, signature)),
            _ => Err(Invalid::WrongSignatures),
        }
    }
}

impl Asked {
    fn request(&self) -> Result<&Request, Invalid> {
        self.policy
            .requests
            .get(&self.id)
            .ok_or(Invalid::UnknownRequest)
    }
}

impl Admission<'_> {
    fn verify(&self, kind: Kind, digest: &Digest) -> Result<(), Invalid> {
        let verified = self
            .demands
            .iter()
            .try_for_each(|demand| demand.verify(kind.label(), &digest.0));
        verified.map_err(|BadSignature| Invalid::BadSignature)
    }
}

impl Demand<'_> {
    fn verify(&self, label: &str, message: &[u8]) -> Result<(), BadSignature> {
        match self {
            Self::Agent(key, signature) => key.verify(label, message, signature),
            Self::Approval(key, signature) => key.verify(label, message, signature),
            Self::Claimant(key, signature) => key.verify(label, message, signature),
            Self::Recovery(key, signature) => key.verify(label, message, signature),
        }
    }
}
