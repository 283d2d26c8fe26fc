//! What the records say, one body per kind (spec/ledger.md, "Records").
use crate::bytes::{Blob, Digest, Salt};
use crate::keys::VerifyingKey;
use crate::keys::role::{AgentPolicy, Approval};
use crate::ledger::kind::Kind;
use crate::ledger::repair::{RepairBody, RepairedBody};
use crate::ledger::request::RequestBody;
use crate::policy::{ApprovalPath, Bucket, LANES};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What an agent may do for its owner's policy (requirement L6), as a set of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Authorizations(u8);

/// Bits that name no authorization, or none at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0:#04x} is no set of authorizations")]
pub struct UnknownAuthorizations(pub u8);

impl Authorizations {
    /// Grants and revokes, deals epochs, vetoes.
    pub const ADMIN: Self = Self(1);
    /// Proves that it acts for the owner.
    pub const PROVE: Self = Self(2);
    /// Grants PROVE.
    pub const PROVE_GRANT: Self = Self(4);
    /// Revokes agents that have PROVE alone.
    pub const PROVE_REVOKE: Self = Self(8);
    /// What the creator of a policy and the claimant of a completed recovery have.
    pub const ALL: Self = Self(15);

    /// Whether it includes all of `other`.
    #[must_use]
    pub const fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl TryFrom<u8> for Authorizations {
    type Error = UnknownAuthorizations;
    fn try_from(bits: u8) -> Result<Self, UnknownAuthorizations> {
        if (1..=Self::ALL.0).contains(&bits) {
            Ok(Self(bits))
        } else {
            Err(UnknownAuthorizations(bits))
        }
    }
}

impl From<Authorizations> for u8 {
    fn from(authorizations: Authorizations) -> Self {
        authorizations.0
    }
}

/// Kind 10: an owner's policy. Its address is the digest of this record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyCreateBody {
    /// Makes the address unlike any other of the same key.
    pub salt: Salt,
    /// The first agent; it has every authorization.
    pub agent: VerifyingKey<AgentPolicy>,
    /// The agent's commitment in the prover registry (L5). Room: nothing is admitted here yet.
    pub commitment: Option<Blob>,
    /// How many agents must sign a change (L7). Room: only 1 is admitted yet.
    pub rule: u8,
}

/// Kind 11: one change of the agents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyUpdateBody {
    /// Which one.
    pub change: Change,
}

/// A change of an owner's agents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// A further agent.
    Grant {
        /// Its key, never seen in this policy before.
        agent: VerifyingKey<AgentPolicy>,
        /// What it may do. A grant of ADMIN waits.
        authorizations: Authorizations,
        /// As in [`PolicyCreateBody`].
        commitment: Option<Blob>,
    },
    /// An agent loses everything at once.
    Revoke {
        /// Whose key.
        agent: VerifyingKey<AgentPolicy>,
    },
}

/// Kind 20: an epoch of the recovery policy, as commitments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryPolicyBody {
    /// Counted from 1.
    pub epoch: u32,
    /// A commitment per lane ([`crate::policy::LaneOpening::commitment`]); unused ones are random.
    pub lanes: [Digest; LANES],
    /// No lane's delay is longer.
    pub longest_delay: Bucket,
    /// No lane's request lifetime is longer.
    pub longest_lifetime: Bucket,
    /// Digest of the deal's commitments, against which every trustee checks its share.
    pub deal_digest: Digest,
    /// Root of the tree over the trustees' approval keys.
    pub approval_root: Digest,
    /// The newest backup's header, which has a slot for this epoch's key.
    pub backup_head: Digest,
}

/// What a trustee's person found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is the owner; the recovery may go on.
    Approve,
    /// The same, and the owner says that a device of hers is in a thief's hands. Counts as an
    /// approval, and towards an override.
    Stolen,
    /// Taken back.
    Withdrawn,
}

impl Verdict {
    /// Whether it counts towards the lane's threshold.
    #[must_use]
    pub const fn approves(self) -> bool {
        matches!(self, Self::Approve | Self::Stolen)
    }
}

/// Kind 31: a trustee's verdict on a request or a repair. The record's `seq` counts this key's verdicts on the request, so
/// that nobody can repeat an older one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalBody {
    /// The trustee's approval key of the request's epoch.
    pub key: VerifyingKey<Approval>,
    /// Where it stands in the epoch's approval root.
    pub path: ApprovalPath,
    /// What it says.
    pub verdict: Verdict,
}

/// Kind 32: stops the request or the waiting change that is the record's subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VetoBody {
    /// The agent that says no.
    pub agent: VerifyingKey<AgentPolicy>,
}

/// Kind 33: sets one agent's veto of the request aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverrideBody {
    /// Whose veto.
    pub agent: VerifyingKey<AgentPolicy>,
    /// One of the trustees whose verdict is "stolen".
    pub key: VerifyingKey<Approval>,
}

/// Kind 34: the end of a recovery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompleteBody {
    /// The claimant's new agent; it has every authorization, every earlier agent none.
    pub agent: VerifyingKey<AgentPolicy>,
    /// As in [`PolicyCreateBody`].
    pub commitment: Option<Blob>,
    /// The next epoch, active at once.
    pub next: RecoveryPolicyBody,
}

/// A record's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordBody {
    /// Kind 10.
    PolicyCreate(PolicyCreateBody),
    /// Kind 11.
    PolicyUpdate(PolicyUpdateBody),
    /// Kind 20.
    RecoveryPolicy(RecoveryPolicyBody),
    /// Kind 30.
    Request(Box<RequestBody>),
    /// Kind 31.
    Approval(ApprovalBody),
    /// Kind 32.
    Veto(VetoBody),
    /// Kind 33.
    Override(OverrideBody),
    /// Kind 34.
    Complete(CompleteBody),
    /// Kind 36.
    Repair(Box<RepairBody>),
    /// Kind 38.
    Repaired(RepairedBody),
}

impl RecordBody {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::PolicyCreate(_) => Kind::PolicyCreate,
            Self::PolicyUpdate(_) => Kind::PolicyUpdate,
            Self::RecoveryPolicy(_) => Kind::RecoveryPolicy,
            Self::Request(_) => Kind::Request,
            Self::Approval(_) => Kind::Approval,
            Self::Veto(_) => Kind::Veto,
            Self::Override(_) => Kind::Override,
            Self::Complete(_) => Kind::Complete,
            Self::Repair(_) => Kind::Repair,
            Self::Repaired(_) => Kind::Repaired,
        }
    }
}
