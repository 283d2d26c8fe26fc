//! What can go wrong, by whose fault it is.
use crate::did::Did;
use crate::record::Key;
use thiserror::Error;

/// The disk's fault: a row that is there and cannot be read. The agent stops and names it; it is
/// never read as something else (G11).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the stored record {} is damaged", hex_of(.key.as_bytes()))]
pub struct Damage {
    /// Where it is.
    pub key: Key,
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A lawful no to a peer: a reply with a reason code, never silence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{comment} ({code})")]
pub struct Refusal {
    /// Stable problem code in the form of DIDComm's report-problem/2.0, such as `e.p.trust.vetoed`.
    pub code: &'static str,
    /// One sentence for people.
    pub comment: String,
}

impl Refusal {
    /// A refusal with its code and one sentence for people.
    pub fn new(code: &'static str, comment: impl Into<String>) -> Self {
        Self {
            code,
            comment: comment.into(),
        }
    }
}

/// A peer's fault that can be shown: who did what.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{culprit}: {offence}")]
pub struct Misconduct {
    /// Whose DID it came from.
    pub culprit: Did,
    /// What it did.
    pub offence: String,
}

/// Why our own person's command was not carried out; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct CommandError {
    /// What happened, what it means, and which command helps.
    pub message: String,
    /// The exit code, as ARCHITECTURE.md lists them: 1 error, 3 pending, 6 refused, 7 threshold missed, 8
    /// verification failed.
    pub exit: u8,
}

impl CommandError {
    /// A plain error.
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            exit: 1,
        }
    }

    /// Something a person must do first.
    pub fn pending(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            exit: 3,
        }
    }

    /// Refused or vetoed.
    pub fn refused(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            exit: 6,
        }
    }

    /// A verification failed: wrong words, bad share, record mismatch.
    pub fn unverified(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            exit: 8,
        }
    }
}

/// Why a step for a peer's message ended early: the disk, or a lawful no.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Halt {
    /// The disk's fault.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// A lawful no.
    #[error(transparent)]
    Refusal(#[from] Refusal),
}

/// Why a command ended early: the disk, or the command itself.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Stop {
    /// The disk's fault.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// The command's.
    #[error(transparent)]
    Command(#[from] CommandError),
}
