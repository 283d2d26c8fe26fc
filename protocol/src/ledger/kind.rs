//! The numbers of record kinds and what each kind's signatures are labelled with.
use crate::keys::labels;
use serde::{Deserialize, Serialize};

/// Kinds of records. The number stands in the canonical bytes and is never given twice.
///
/// Kept free for what `spec/ledger.md` names and this version does not admit: 1 to 3 (public DID
/// created, rotated, deactivated), 35 (recovery by key), 37 (enrolment of a trustee by the others).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
#[repr(u8)]
pub enum Kind {
    /// An owner's policy begins, with its first agent.
    PolicyCreate = 10,
    /// An agent is granted or revoked.
    PolicyUpdate = 11,
    /// An epoch: lanes, trustees, deal.
    RecoveryPolicy = 20,
    /// Somebody wants to recover.
    Request = 30,
    /// A trustee's verdict on a request.
    Approval = 31,
    /// A living agent stops a request or a waiting change.
    Veto = 32,
    /// Trustees who checked "stolen" set a veto aside.
    Override = 33,
    /// The identity goes to a new agent and the next epoch.
    Complete = 34,
    /// The share of a trustee whose agent is gone is to be computed by others.
    Repair = 36,
    /// It was: another approval key stands in its leaf.
    Repaired = 38,
}

impl Kind {
    /// All kinds that are admitted.
    pub const ALL: [Self; 10] = [
        Self::PolicyCreate,
        Self::PolicyUpdate,
        Self::RecoveryPolicy,
        Self::Request,
        Self::Approval,
        Self::Veto,
        Self::Override,
        Self::Complete,
        Self::Repair,
        Self::Repaired,
    ];

    /// Its name, for people and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PolicyCreate => "policy-create",
            Self::PolicyUpdate => "policy-update",
            Self::RecoveryPolicy => "recovery-policy",
            Self::Request => "request",
            Self::Approval => "approval",
            Self::Veto => "veto",
            Self::Override => "override",
            Self::Complete => "complete",
            Self::Repair => "repair",
            Self::Repaired => "repaired",
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// What its signatures are labelled with: one kind's signature says nothing for another.
    #[must_use]
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::PolicyCreate => labels::SIGN_POLICY_CREATE,
            Self::PolicyUpdate => labels::SIGN_POLICY_UPDATE,
            Self::RecoveryPolicy => labels::SIGN_RECOVERY_POLICY,
            Self::Request => labels::SIGN_REQUEST,
            Self::Approval => labels::SIGN_APPROVAL,
            Self::Veto => labels::SIGN_VETO,
            Self::Override => labels::SIGN_OVERRIDE,
            Self::Complete => labels::SIGN_COMPLETE,
            Self::Repair => labels::SIGN_REPAIR,
            Self::Repaired => labels::SIGN_REPAIRED,
        }
    }
}

impl TryFrom<u8> for Kind {
    type Error = UnknownKind;
    fn try_from(number: u8) -> Result<Self, UnknownKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.number() == number)
            .ok_or(UnknownKind(number))
    }
}

impl From<Kind> for u8 {
    fn from(kind: Kind) -> Self {
        kind.number()
    }
}

/// A kind this version does not admit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("records of kind {0} are not known here")]
pub struct UnknownKind(pub u8);
