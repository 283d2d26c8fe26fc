//! A record of the log: who says what about which subject, signed.
//!
//! Records are self-authorising: whoever brings one does not matter. The canonical bytes are the
//! ledger's memory for ever, so this encoding is pinned by golden files.
use crate::bytes::{Blob, Digest};
use crate::codec::{self, DecodeError};
use crate::keys::role::AgentPolicy;
use crate::keys::{Signature, VerifyingKey, labels};
use crate::ledger::body::RecordBody;
use crate::ledger::kind::{Kind, UnknownKind};
use crate::limits;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use thiserror::Error;

const VERSION: u8 = 1;
const BODY_VERSION: u8 = 1;

/// What stands as `prev` where nothing came before.
pub const NO_PREV: Digest = Digest([0; 32]);

/// What a record is about. Only the chain of a policy has a head that records must name; requests
/// and waiting changes are subjects of their own, so that a live thief who keeps adding to the
/// policy cannot make a veto or a completion stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Subject {
    /// A policy that begins with this very record.
    Inception,
    /// The policy of this address.
    Policy(Digest),
    /// The request, or the repair, of this id.
    Request(Digest),
    /// The waiting change that the record of this digest made.
    Change(Digest),
}

/// One signature of a record. Keys that stand in the body or on the ledger are not repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Endorsement {
    /// Of an agent of the owner.
    Agent {
        /// Its agent policy key.
        key: VerifyingKey<AgentPolicy>,
        /// Its signature.
        signature: Signature,
    },
    /// Of the approval key that the body names.
    Approval(Signature),
    /// Of the request's claimant, or of the one in need of a repair.
    Claimant(Signature),
    /// Of the recovery signing key of the request's lane, rebuilt or by threshold.
    Recovery(Signature),
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it is about.
    pub subject: Subject,
    /// Its place in the policy's chain; for a verdict, this key's count; else 0.
    pub seq: u64,
    /// Digest of the record before it in the policy's chain; else [`NO_PREV`].
    pub prev: Digest,
    /// What it says.
    pub body: RecordBody,
    /// By whom.
    pub signatures: Vec<Endorsement>,
}

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RecordError {
    /// Not canonical bytes of a record, or too many of them.
    #[error("these bytes are no record: {0}")]
    Bytes(#[from] DecodeError),
    /// A kind of a later version.
    #[error(transparent)]
    Kind(#[from] UnknownKind),
    /// More signatures than any rule asks for.
    #[error("a record with {0} signatures is refused")]
    Signatures(usize),
}

#[derive(Serialize, Deserialize)]
struct Wire {
    subject: Subject,
    seq: u64,
    prev: Digest,
    kind: u8,
    body: Blob,
    signatures: Vec<Endorsement>,
}

impl Record {
    /// The canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let wire = Wire {
            subject: self.subject,
            seq: self.seq,
            prev: self.prev,
            kind: self.body.kind().number(),
            body: Blob(self.body.to_bytes()),
            signatures: self.signatures.clone(),
        };
        codec::encode(VERSION, &wire)
    }

    /// Reads canonical bytes; form only, no rule.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordError> {
        let wire: Wire = codec::decode(VERSION, bytes, limits::ledger::RECORD)?;
        if wire.signatures.len() > limits::ledger::SIGNATURES {
            return Err(RecordError::Signatures(wire.signatures.len()));
        }
        Ok(Self {
            subject: wire.subject,
            seq: wire.seq,
            prev: wire.prev,
            body: RecordBody::from_bytes(Kind::try_from(wire.kind)?, &wire.body.0)?,
            signatures: wire.signatures,
        })
    }

    /// The record's digest on this log: what is signed, what `prev` names, the address of a policy.
    /// It leaves the signatures out, so that nobody can give one statement two names.
    #[must_use]
    pub fn digest(&self, log: &Digest) -> Digest {
        let subject = codec::encode(VERSION, &self.subject);
        let kind = [self.body.kind().number()];
        let body = Digest::of(labels::RECORD_BODY, &[&kind, &self.body.to_bytes()]);
        let parts: [&[u8]; 6] = [
            &log.0,
            &subject,
            &self.seq.to_be_bytes(),
            &self.prev.0,
            &kind,
            &body.0,
        ];
        Digest::of(labels::RECORD, &parts)
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.body.kind()
    }
}

impl RecordBody {
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::PolicyCreate(body) => codec::encode(BODY_VERSION, body),
            Self::PolicyUpdate(body) => codec::encode(BODY_VERSION, body),
            Self::RecoveryPolicy(body) => codec::encode(BODY_VERSION, body),
            Self::Request(body) => codec::encode(BODY_VERSION, &**body),
            Self::Approval(body) => codec::encode(BODY_VERSION, body),
            Self::Veto(body) => codec::encode(BODY_VERSION, body),
            Self::Override(body) => codec::encode(BODY_VERSION, body),
            Self::Complete(body) => codec::encode(BODY_VERSION, body),
            Self::Repair(body) => codec::encode(BODY_VERSION, &**body),
            Self::Repaired(body) => codec::encode(BODY_VERSION, body),
        }
    }

    fn from_bytes(kind: Kind, bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(match kind {
            Kind::PolicyCreate => Self::PolicyCreate(read(bytes)?),
            Kind::PolicyUpdate => Self::PolicyUpdate(read(bytes)?),
            Kind::RecoveryPolicy => Self::RecoveryPolicy(read(bytes)?),
            Kind::Request => Self::Request(Box::new(read(bytes)?)),
            Kind::Approval => Self::Approval(read(bytes)?),
            Kind::Veto => Self::Veto(read(bytes)?),
            Kind::Override => Self::Override(read(bytes)?),
            Kind::Complete => Self::Complete(read(bytes)?),
            Kind::Repair => Self::Repair(Box::new(read(bytes)?)),
            Kind::Repaired => Self::Repaired(read(bytes)?),
        })
    }
}

fn read<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    codec::decode(BODY_VERSION, bytes, limits::ledger::RECORD)
}
