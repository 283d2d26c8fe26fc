//! What an admitted record does.
use crate::bytes::Digest;
use crate::keys::VerifyingKey;
use crate::keys::role::{AgentPolicy, Approval};
use crate::ledger::body::{Authorizations, RecoveryPolicyBody, Verdict};
use crate::ledger::repair::RepairBody;
use crate::ledger::request::RequestBody;
use crate::time::Timestamp;

/// The effect of one admitted record; [`crate::ledger::State::apply`] carries it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The policy it is on.
    pub policy: Digest,
    /// The record's digest.
    pub record: Digest,
    /// The time of the checkpoint that includes it first.
    pub time: Timestamp,
    /// What happens.
    pub act: Act,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// A policy begins.
    Created {
        /// Its first agent.
        agent: VerifyingKey<AgentPolicy>,
    },
    /// An agent is granted.
    Granted {
        /// The new one.
        agent: VerifyingKey<AgentPolicy>,
        /// What it may do.
        authorizations: Authorizations,
        /// Who grants it.
        by: VerifyingKey<AgentPolicy>,
        /// Not before this time, because a grant of ADMIN waits.
        waits_until: Option<Timestamp>,
    },
    /// An agent loses everything.
    Revoked {
        /// Whose key.
        agent: VerifyingKey<AgentPolicy>,
        /// Who revokes it.
        by: VerifyingKey<AgentPolicy>,
        /// Whether this answers a revocation, so that both are out for good.
        counter: bool,
    },
    /// An epoch is set.
    Dealt {
        /// The epoch.
        body: Box<RecoveryPolicyBody>,
        /// Who set it.
        by: VerifyingKey<AgentPolicy>,
        /// Not before this time, unless it is the first.
        waits_until: Option<Timestamp>,
    },
    /// A recovery is asked for.
    Requested {
        /// The request.
        body: Box<RequestBody>,
    },
    /// A trustee has said its verdict.
    Judged {
        /// On which request or repair.
        request: Digest,
        /// The trustee's approval key.
        key: VerifyingKey<Approval>,
        /// What it says.
        verdict: Verdict,
    },
    /// A request is vetoed.
    Vetoed {
        /// Which one.
        request: Digest,
        /// By which agent.
        agent: VerifyingKey<AgentPolicy>,
    },
    /// A waiting change is vetoed, and gone.
    ChangeVetoed {
        /// The digest of the record that made it.
        change: Digest,
        /// By which agent.
        agent: VerifyingKey<AgentPolicy>,
    },
    /// A veto is set aside and the delay starts again.
    Overridden {
        /// On which request.
        request: Digest,
        /// Whose veto.
        agent: VerifyingKey<AgentPolicy>,
    },
    /// The recovery is complete.
    Completed {
        /// Of which request.
        request: Digest,
        /// The new agent, now the only one.
        agent: VerifyingKey<AgentPolicy>,
        /// The epoch that is active now.
        next: Box<RecoveryPolicyBody>,
    },
    /// A trustee's share is to be computed by the others.
    RepairRequested {
        /// The repair.
        body: Box<RepairBody>,
    },
    /// The key in the leaf spoke against its replacement: the repair is over.
    Objected {
        /// Which repair.
        repair: Digest,
    },
    /// Another key stands in the leaf.
    Repaired {
        /// By which repair.
        repair: Digest,
    },
}
