//! A log's head: size, root and time, as a C2SP checkpoint signed by the operator.
//!
//! ```text
//! kith.example/log                              the origin
//! 923748                                        entries
//! nND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=  root, RFC 6962
//! kith-time 1700000000000                       ledger time in milliseconds
//!
//! — kith.example/log x08go/ZJkuBS9UG/...        the operator's signature
//! ```
use super::descriptor::Descriptor;
use crate::bytes::Digest;
use crate::keys::role::LedgerOperator;
use crate::keys::{SigningKey, VerifyingKey};
use crate::limits;
use crate::time::Timestamp;
use signed_note::{Note, Signature, Verifier};
use thiserror::Error;
use tlog_tiles::{checkpoint::Checkpoint as Text, tlog::Hash};

const TIME: &str = "kith-time ";
/// C2SP signed-note: signature type of a plain Ed25519 signature over the text.
const ED25519: u8 = 0x01;

/// What a head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// The ledger's time.
    pub time: Timestamp,
}

/// Why bytes are no checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CheckpointError {
    /// Longer than any lawful one.
    #[error("a checkpoint note of {0} bytes is refused")]
    TooLong(usize),
    /// Not in the form of C2SP signed-note.
    #[error("not a signed note")]
    Note,
    /// Not in the form of C2SP tlog-checkpoint with our line for the time.
    #[error("not a checkpoint with a `kith-time`")]
    Text,
    /// Of another log.
    #[error("the checkpoint is of another log")]
    Origin,
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let extension = format!("{TIME}{}\n", self.time.0);
        let text = Text::new(&self.origin, self.size, Hash(self.root.0), &extension)
            .expect("an origin from a valid descriptor and one whole extension line");
        String::from_utf8(text.to_bytes()).expect("it was made of text")
    }

    /// The note with the operator's signature.
    #[must_use]
    pub fn sign(&self, operator: &SigningKey<LedgerOperator>) -> Vec<u8> {
        let text = self.text();
        let id = operator_key_id(&self.origin, &operator.verifying_key());
        let signature = operator.sign_raw(text.as_bytes()).to_vec();
        let line = Signature::new(self.origin.clone(), id, signature)
            .expect("an origin from a valid descriptor is a key name");
        let note = Note::new(text.as_bytes(), &[line]).expect("a checkpoint is a note's text");
        note.to_bytes()
    }

    fn parse(text: &[u8]) -> Result<Self, CheckpointError> {
        let parsed = Text::from_bytes(text).map_err(|_| CheckpointError::Text)?;
        // What the library reads and we would write differently is a second spelling.
        let own = Self {
            origin: parsed.origin().into(),
            size: parsed.size(),
            root: Digest(parsed.hash().0),
            time: read_time(parsed.extension()).ok_or(CheckpointError::Text)?,
        };
        let canonical = own.size <= limits::ledger::LOG && own.text().as_bytes() == text;
        if canonical {
            Ok(own)
        } else {
            Err(CheckpointError::Text)
        }
    }
}

fn read_time(extension: &str) -> Option<Timestamp> {
    let digits = extension.strip_prefix(TIME)?.strip_suffix('\n')?;
    digits.parse().ok().map(Timestamp)
}

/// A note and the checkpoint in it, signatures not verified.
pub(super) struct Unverified {
    pub(super) note: Note,
    pub(super) checkpoint: Checkpoint,
}

/// Reads a note of this log.
pub(super) fn read_note(
    descriptor: &Descriptor,
    bytes: &[u8],
) -> Result<Unverified, CheckpointError> {
    if bytes.len() > limits::ledger::NOTE {
        return Err(CheckpointError::TooLong(bytes.len()));
    }
    let note = Note::from_bytes(bytes).map_err(|_| CheckpointError::Note)?;
    if note.to_bytes() != bytes {
        return Err(CheckpointError::Note);
    }
    let checkpoint = Checkpoint::parse(note.text())?;
    if checkpoint.origin == descriptor.origin {
        Ok(Unverified { note, checkpoint })
    } else {
        Err(CheckpointError::Origin)
    }
}

/// Verifies the operator's signature line. Keys cross to `signed_note`, which stands on another
/// curve library, by bytes.
pub(super) struct OperatorVerifier {
    name: String,
    key: VerifyingKey<LedgerOperator>,
}

impl OperatorVerifier {
    pub(super) fn of(descriptor: &Descriptor) -> Self {
        Self {
            name: descriptor.origin.clone(),
            key: descriptor.operator.key,
        }
    }
}

impl Verifier for OperatorVerifier {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        operator_key_id(&self.name, &self.key)
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        signature
            .try_into()
            .is_ok_and(|signature| self.key.verify_raw(text, signature).is_ok())
    }
}

pub(super) fn operator_key_id(name: &str, key: &VerifyingKey<LedgerOperator>) -> u32 {
    signed_note::key_id(name, &[&[ED25519][..], key.as_bytes()].concat())
}
