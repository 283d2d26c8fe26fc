//! What a log is: who operates it, who witnesses it, what may go wrong before it lies.
//!
//! The descriptor is what a reader trusts and the only thing it takes on somebody's word: two
//! people compare words that cover its digest (spec/ledger.md, "Certificates", "Bootstrap").
use crate::bytes::Digest;
use crate::codec::{self, DecodeError};
use crate::did::Did;
use crate::keys::role::{LedgerOperator, LedgerWitness};
use crate::keys::{VerifyingKey, labels};
use crate::limits;
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use thiserror::Error;

const VERSION: u8 = 1;
/// Below this, an operator would do nothing but renew its head.
const SHORTEST_AGE: Millis = Millis::seconds(2);
/// Above this, an owner could miss a whole delay without noticing that the log stands still.
const LONGEST_AGE: Millis = Millis::seconds(30 * 86_400);

/// A log's operator, or one that succeeds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorEntry {
    /// Signs checkpoints.
    pub key: VerifyingKey<LedgerOperator>,
    /// Where it is reached.
    pub did: Did,
}

/// One witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessEntry {
    /// Its name on signature lines, unique within the descriptor.
    pub name: String,
    /// Cosigns checkpoints.
    pub key: VerifyingKey<LedgerWitness>,
    /// Where it is reached.
    pub did: Did,
}

/// A log, described.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Descriptor {
    /// The log's name in its checkpoints (C2SP tlog-checkpoint, "origin").
    pub origin: String,
    /// Who operates it.
    pub operator: OperatorEntry,
    /// Who witnesses it.
    pub witnesses: Vec<WitnessEntry>,
    /// Cosignatures that certify a head.
    pub quorum: u8,
    /// Lying witnesses it claims to stand: below twice the quorum minus the witnesses.
    pub max_faulty: u8,
    /// Said aloud where there are no witnesses and one machine's word is all there is.
    pub single_operator: bool,
    /// Who may go on when the operator is silent.
    pub successors: Vec<OperatorEntry>,
    /// A head older than this is refused.
    pub max_age: Millis,
    /// A head further ahead of one's own clock than this is refused.
    pub max_skew: Millis,
}

/// Why a descriptor is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DescriptorError {
    /// Not canonical bytes of one.
    #[error("these bytes are no ledger descriptor: {0}")]
    Bytes(#[from] DecodeError),
    /// A name that does not fit on a signature line.
    #[error(
        "`{0}` is no name for a log or witness: 1 to {most} visible characters without `+`", most = limits::ledger::NAME
    )]
    Name(String),
    /// More than the bound.
    #[error(
        "more than {} witnesses or {} successors",
        limits::ledger::WITNESSES,
        limits::ledger::SUCCESSORS
    )]
    TooMany,
    /// A name, key or address that stands twice, and so would count twice.
    #[error("a name, key or address stands twice in the descriptor")]
    Repeated,
    /// No witnesses, and nobody said so.
    #[error("the log has no witnesses; that must be said with `single-operator`")]
    NoWitnesses,
    /// Witnesses, and it says there are none.
    #[error("the log says it has a single operator, and names witnesses")]
    NotSingle,
    /// More cosignatures than witnesses.
    #[error("a quorum of {quorum} cannot be reached with {witnesses} witnesses")]
    Quorum {
        /// The quorum.
        quorum: u8,
        /// The witnesses.
        witnesses: usize,
    },
    /// Two quorums without an honest witness in both.
    #[error(
        "two quorums of {quorum} among {witnesses} witnesses need not share an honest one, with {faulty} lying"
    )]
    Intersection {
        /// The quorum.
        quorum: u8,
        /// The witnesses.
        witnesses: usize,
        /// Those that may lie.
        faulty: u8,
    },
    /// A time out of bounds.
    #[error("the largest age or skew is out of bounds")]
    Times,
}

impl Descriptor {
    /// The canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(VERSION, self)
    }

    /// Reads and validates.
    ///
    /// # Errors
    /// [`DescriptorError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DescriptorError> {
        let descriptor: Self = codec::decode(VERSION, bytes, limits::ledger::DESCRIPTOR)?;
        descriptor.validate()?;
        Ok(descriptor)
    }

    /// The log's id: the digest of all of it.
    #[must_use]
    pub fn id(&self) -> Digest {
        Digest::of(labels::DESCRIPTOR, &[&self.to_bytes()])
    }

    /// Checks every bound and that quorums intersect in an honest witness.
    ///
    /// # Errors
    /// The first [`DescriptorError`] found.
    pub fn validate(&self) -> Result<(), DescriptorError> {
        if self.witnesses.len() > limits::ledger::WITNESSES
            || self.successors.len() > limits::ledger::SUCCESSORS
        {
            return Err(DescriptorError::TooMany);
        }
        self.validate_names()?;
        self.validate_quorum()?;
        let ages = SHORTEST_AGE..=LONGEST_AGE;
        if !ages.contains(&self.max_age) || self.max_skew > self.max_age {
            return Err(DescriptorError::Times);
        }
        self.validate_length()
    }

    /// Checked when it is made as well: nobody could be told of a longer one.
    fn validate_length(&self) -> Result<(), DescriptorError> {
        let (length, limit) = (self.to_bytes().len(), limits::ledger::DESCRIPTOR);
        if length > limit {
            return Err(DecodeError::TooLong { length, limit }.into());
        }
        Ok(())
    }

    fn validate_names(&self) -> Result<(), DescriptorError> {
        let names: Vec<&str> = self.names().collect();
        if let Some(bad) = names.iter().find(|name| !is_name(name)) {
            return Err(DescriptorError::Name(
                (*bad).chars().take(limits::ledger::NAME).collect(),
            ));
        }
        let witnesses = self.witnesses.iter().map(|witness| *witness.key.as_bytes());
        let keys = self
            .operators()
            .map(|operator| *operator.key.as_bytes())
            .chain(witnesses);
        // Addresses may be shared between roles (one agent can operate one day and witness today),
        // but two witnesses at one address are one witness.
        let dids = self.witnesses.iter().map(|witness| &witness.did);
        if all_different(names.iter()) && all_different(keys) && all_different(dids) {
            Ok(())
        } else {
            Err(DescriptorError::Repeated)
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let witnesses = self.witnesses.iter().map(|witness| witness.name.as_str());
        core::iter::once(self.origin.as_str()).chain(witnesses)
    }

    fn operators(&self) -> impl Iterator<Item = &OperatorEntry> {
        core::iter::once(&self.operator).chain(&self.successors)
    }

    fn validate_quorum(&self) -> Result<(), DescriptorError> {
        let (quorum, witnesses) = (self.quorum, self.witnesses.len());
        match (witnesses, self.single_operator) {
            (0, false) => return Err(DescriptorError::NoWitnesses),
            (0, true) if quorum == 0 && self.max_faulty == 0 => return Ok(()),
            (0, true) => return Err(DescriptorError::Quorum { quorum, witnesses }),
            (_, true) => return Err(DescriptorError::NotSingle),
            (_, false) => {}
        }
        if quorum == 0 || usize::from(quorum) > witnesses {
            return Err(DescriptorError::Quorum { quorum, witnesses });
        }
        // 2k - n > f: any two quorums have more witnesses in common than may lie.
        if 2 * usize::from(quorum) <= witnesses + usize::from(self.max_faulty) {
            let faulty = self.max_faulty;
            return Err(DescriptorError::Intersection {
                quorum,
                witnesses,
                faulty,
            });
        }
        Ok(())
    }

    /// Everybody who serves the log, the operator first.
    #[must_use]
    pub fn hosts(&self) -> Vec<Did> {
        let witnesses = self.witnesses.iter().map(|witness| &witness.did);
        core::iter::once(&self.operator.did)
            .chain(witnesses)
            .cloned()
            .collect()
    }

    /// In words, what the log stands: `3 witnesses, a quorum of 2: stands one crash and no liar`.
    #[must_use]
    pub fn assurance(&self) -> String {
        if self.single_operator {
            return "no witnesses: one machine's word is all there is".into();
        }
        let (quorum, witnesses) = (usize::from(self.quorum), self.witnesses.len());
        let crashes = count(witnesses - quorum, "crash", "crashes");
        let liars = count(usize::from(self.max_faulty), "liar", "liars");
        // What lies also refuses: both count against the same reserve.
        let joint = if self.max_faulty == 0 { "and" } else { "or" };
        let witnesses = count(witnesses, "witness", "witnesses").replace("one", "1");
        format!("{witnesses}, a quorum of {quorum}: stands {crashes} {joint} {liars}")
    }
}

fn is_name(name: &str) -> bool {
    (1..=limits::ledger::NAME).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'+')
}

fn all_different<T: Ord>(items: impl Iterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    items.into_iter().all(|item| seen.insert(item))
}

fn count(number: usize, one: &str, many: &str) -> String {
    match number {
        0 => format!("no {one}"),
        1 => format!("one {one}"),
        _ => format!("{number} {many}"),
    }
}
