//! The agents of a policy and what became of them.
use crate::keys::VerifyingKey;
use crate::keys::role::AgentPolicy;
use crate::ledger::body::Authorizations;
use crate::time::{Millis, Timestamp};

/// An agent policy key that stands, or once stood, in a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Agent {
    pub(crate) authorizations: Authorizations,
    pub(crate) since: Timestamp,
    /// Set by inception or by a completed recovery: no thief can have slipped it in, so its veto
    /// counts at once.
    pub(crate) founding: bool,
    pub(crate) granted_by: Option<VerifyingKey<AgentPolicy>>,
    pub(crate) life: Life,
    /// Overridden, or granted by one that was: vetoes nothing more.
    pub(crate) barred: bool,
}

/// How alive an agent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// It has its authorizations.
    Alive,
    /// Revoked. Until `until` it may veto waiting changes and revoke its revoker, once: else a
    /// thief who revokes first would silence the owner.
    Revoked {
        by: VerifyingKey<AgentPolicy>,
        until: Timestamp,
    },
    /// Nothing is left: both sides of a mutual revocation, and every key before a recovery.
    Spent,
}

impl Agent {
    pub(crate) fn founder(since: Timestamp) -> Self {
        Self {
            authorizations: Authorizations::ALL,
            since,
            founding: true,
            granted_by: None,
            life: Life::Alive,
            barred: false,
        }
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.life == Life::Alive
    }

    /// Alive and entitled to all of `needed`.
    pub(crate) fn may(&self, needed: Authorizations) -> bool {
        self.is_alive() && self.authorizations.includes(needed)
    }

    /// Whether it may still say no to a waiting change.
    pub(crate) fn may_veto_changes(&self, time: Timestamp) -> bool {
        match self.life {
            Life::Alive => true,
            Life::Revoked { until, .. } => time < until,
            Life::Spent => false,
        }
    }

    /// Whether `revoker` is the one it may still answer.
    pub(crate) fn may_answer(&self, revoker: &VerifyingKey<AgentPolicy>, time: Timestamp) -> bool {
        matches!(self.life, Life::Revoked { by, until } if by == *revoker && time < until)
    }

    /// Whether it stood in the policy long enough when a request was anchored. Without this, a
    /// thief who is let wait by nobody could grant himself keys only to veto with.
    pub(crate) fn stood(&self, longest_delay: Millis, anchored: Timestamp) -> bool {
        self.founding || self.since.after(longest_delay) <= anchored
    }
}
