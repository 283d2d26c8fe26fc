//! Heads of a ledger that contradict each other, as its person sees them.
use crate::agent::Event;
use crate::bytes::{Blob, Digest};
use crate::error::Damage;
use crate::ledger;
use crate::record::Records;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Two heads of one log that contradict each other, for a person to see and hand on (G14).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictView {
    /// Which log.
    pub log: Digest,
    /// Whether the two notes alone prove that the log lied. Otherwise a host may have lied about
    /// entries.
    pub proven: bool,
    /// When it was noticed.
    pub noticed: Timestamp,
    /// The signed note that was seen before.
    pub ours: String,
    /// The signed note that contradicts it.
    pub theirs: String,
}

impl ConflictView {
    /// One sentence: what was seen and what it means.
    #[must_use]
    pub fn sentence(&self) -> String {
        let log = &self.log;
        match self.proven {
            true => format!(
                "ledger {log} has signed two histories that contradict each other: its operator or witnesses lie; \
                 what it says after that is not believed here, and both heads are kept as proof"
            ),
            false => format!(
                "what was served as ledger {log} does not lead to the head it came with: whoever served it lies, or \
                 the ledger does; nothing of it is believed, and both heads are kept"
            ),
        }
    }
}

/// All conflicts of heads that were kept, by whichever role noticed them.
///
/// # Errors
/// [`Damage`] when a row cannot be read.
pub fn conflicts(records: &dyn Records) -> Result<Vec<ConflictView>, Damage> {
    let text = |note: &Blob| String::from_utf8_lossy(&note.0).into_owned();
    let kept = ledger::conflicts(records)?.into_iter();
    Ok(kept
        .map(|conflict| ConflictView {
            log: conflict.log,
            proven: conflict.proven,
            noticed: conflict.noticed,
            ours: text(&conflict.ours),
            theirs: text(&conflict.theirs),
        })
        .collect())
}

/// The same as what waits for a person: a hint may have died with the process that was told it.
///
/// # Errors
/// [`Damage`] when a row cannot be read.
pub fn pending(records: &dyn Records) -> Result<Vec<Event>, Damage> {
    let event = |conflict: ConflictView| {
        let log = conflict.log.to_string();
        Event::new("ledger-conflict", log, conflict.sentence())
    };
    Ok(conflicts(records)?.into_iter().map(event).collect())
}
