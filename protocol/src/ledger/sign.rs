//! Making records: one constructor per kind, which signs what the kind asks for.
use crate::bytes::{Digest, Salt};
use crate::keys::role::{AgentPolicy, Approval, ClaimantSigning};
use crate::keys::{RecoverySecret, SigningKey};
use crate::ledger::body::{
    ApprovalBody, Change, CompleteBody, OverrideBody, PolicyCreateBody, PolicyUpdateBody,
    RecordBody, RecoveryPolicyBody, VetoBody,
};
use crate::ledger::record::{Endorsement, NO_PREV, Record, Subject};
use crate::ledger::repair::{RepairBody, RepairedBody};
use crate::ledger::request::RequestBody;
use crate::vss::Sign;
use rand_core::CryptoRng;

/// Where the next record of a policy's chain goes ([`crate::ledger::State::next_link`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The policy's address.
    pub policy: Digest,
    /// The next sequence number.
    pub seq: u64,
    /// The record that it follows.
    pub prev: Digest,
}

/// The keys that complete a recovery.
pub struct CompletionKeys<'a> {
    /// The recovery signing secret, rebuilt.
    pub recovery: &'a RecoverySecret<Sign>,
    /// The claimant's key of the request.
    pub claimant: &'a SigningKey<ClaimantSigning>,
    /// The new agent's policy key.
    pub agent: &'a SigningKey<AgentPolicy>,
}

impl Record {
    /// Begins a policy. Its address is the record's digest.
    #[must_use]
    pub fn create_policy(
        log: &Digest,
        body: PolicyCreateBody,
        agent: &SigningKey<AgentPolicy>,
    ) -> Self {
        unsigned(Subject::Inception, RecordBody::PolicyCreate(body)).by_agent(log, agent)
    }

    /// Grants or revokes an agent.
    #[must_use]
    pub fn update_policy(
        log: &Digest,
        link: Link,
        change: Change,
        agent: &SigningKey<AgentPolicy>,
    ) -> Self {
        linked(link, RecordBody::PolicyUpdate(PolicyUpdateBody { change })).by_agent(log, agent)
    }

    /// Sets the next epoch.
    #[must_use]
    pub fn recovery_policy(
        log: &Digest,
        link: Link,
        body: RecoveryPolicyBody,
        agent: &SigningKey<AgentPolicy>,
    ) -> Self {
        linked(link, RecordBody::RecoveryPolicy(body)).by_agent(log, agent)
    }

    /// Asks for a recovery; the sponsor that the body names must add its signature
    /// ([`Record::sponsored`]).
    #[must_use]
    pub fn request(body: RequestBody, claimant: &SigningKey<ClaimantSigning>) -> Self {
        let log = body.log;
        unsigned(
            Subject::Request(body.id()),
            RecordBody::Request(Box::new(body)),
        )
        .by_claimant(&log, claimant)
    }

    /// Asks for a repair; the sponsor must add its signature ([`Record::sponsored`]).
    #[must_use]
    pub fn repair(body: RepairBody, claimant: &SigningKey<ClaimantSigning>) -> Self {
        let log = body.request.log;
        unsigned(
            Subject::Request(body.id()),
            RecordBody::Repair(Box::new(body)),
        )
        .by_claimant(&log, claimant)
    }

    /// Puts the new key into the leaf of a repair.
    #[must_use]
    pub fn repaired(
        place: (&Digest, Digest),
        salt: Salt,
        claimant: &SigningKey<ClaimantSigning>,
        key: &SigningKey<Approval>,
    ) -> Self {
        let (log, repair) = place;
        let body = RepairedBody {
            key: key.verifying_key(),
            salt,
        };
        unsigned(Subject::Request(repair), RecordBody::Repaired(body))
            .by_claimant(log, claimant)
            .by_approval(log, key)
    }

    /// The request, or the repair, with its sponsor's signature.
    #[must_use]
    pub fn sponsored(self, log: &Digest, sponsor: &SigningKey<Approval>) -> Self {
        self.by_approval(log, sponsor)
    }

    /// Says a trustee's verdict; `seq` counts this key's verdicts on the request
    /// ([`crate::ledger::State::next_verdict`]).
    #[must_use]
    pub fn approval(
        log: &Digest,
        place: (Digest, u64),
        body: ApprovalBody,
        key: &SigningKey<Approval>,
    ) -> Self {
        let (request, seq) = place;
        let record = unsigned(Subject::Request(request), RecordBody::Approval(body));
        Self { seq, ..record }.by_approval(log, key)
    }

    /// Vetoes a request or a waiting change.
    #[must_use]
    pub fn veto(log: &Digest, subject: Subject, agent: &SigningKey<AgentPolicy>) -> Self {
        let body = VetoBody {
            agent: agent.verifying_key(),
        };
        unsigned(subject, RecordBody::Veto(body)).by_agent(log, agent)
    }

    /// Sets a veto of the request aside.
    #[must_use]
    pub fn overriding(
        log: &Digest,
        request: Digest,
        body: OverrideBody,
        key: &SigningKey<Approval>,
    ) -> Self {
        unsigned(Subject::Request(request), RecordBody::Override(body)).by_approval(log, key)
    }

    /// Completes the recovery of a request.
    #[must_use]
    pub fn complete(
        place: (&Digest, Digest),
        body: CompleteBody,
        keys: &CompletionKeys<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Self {
        let (log, request) = place;
        let mut record = unsigned(Subject::Request(request), RecordBody::Complete(body))
            .by_agent(log, keys.agent)
            .by_claimant(log, keys.claimant);
        let digest = record.digest(log);
        let signature = keys.recovery.sign(record.kind().label(), &digest.0, rng);
        record.signatures.push(Endorsement::Recovery(signature));
        record
    }

    fn by_agent(mut self, log: &Digest, agent: &SigningKey<AgentPolicy>) -> Self {
        let signature = agent.sign(self.kind().label(), &self.digest(log).0);
        self.signatures.push(Endorsement::Agent {
            key: agent.verifying_key(),
            signature,
        });
        self
    }

    fn by_approval(mut self, log: &Digest, key: &SigningKey<Approval>) -> Self {
        let signature = key.sign(self.kind().label(), &self.digest(log).0);
        self.signatures.push(Endorsement::Approval(signature));
        self
    }

    fn by_claimant(mut self, log: &Digest, key: &SigningKey<ClaimantSigning>) -> Self {
        let signature = key.sign(self.kind().label(), &self.digest(log).0);
        self.signatures.push(Endorsement::Claimant(signature));
        self
    }
}

fn unsigned(subject: Subject, body: RecordBody) -> Record {
    Record {
        subject,
        seq: 0,
        prev: NO_PREV,
        body,
        signatures: Vec::new(),
    }
}

fn linked(link: Link, body: RecordBody) -> Record {
    let record = unsigned(Subject::Policy(link.policy), body);
    Record {
        seq: link.seq,
        prev: link.prev,
        ..record
    }
}
