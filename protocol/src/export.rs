//! What an agent takes along when it moves to another machine, and what stays behind (R17).
//!
//! Spec: `spec/storage.md`, "An export"; G1, decision 0039. A space that is new does not compile before it
//! is decided here.
use crate::record::Space;

/// What becomes of the rows of a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// They go along.
    Goes,
    /// They never leave in an export: what is kept for others so that it can be given back to them.
    Stays,
}

/// What becomes of the rows of this space.
///
/// Shares, those that wait among them, and the keys that open and approve them stay: no share enters an
/// export (G1), and a second copy of one would be a share that no deal counts. Backups kept for others
/// go, with the host's part of their keys: neither is a share, together they open nothing without a
/// threshold of shares, a host is counted as hostile anyway (G2), and without them the only backup may be gone (G5).
#[must_use]
pub const fn fate(space: Space) -> Fate {
    match space {
        Space::Custody | Space::Prekey => Fate::Stays,
        Space::Identity
        | Space::LocalDid
        | Space::Invitation
        | Space::Connection
        | Space::Outbox
        | Space::Answered
        | Space::Log
        | Space::LogEntry
        | Space::Append
        | Space::Conflict
        | Space::Retired
        | Space::Given
        | Space::Secret
        | Space::Trustee
        | Space::Deal
        | Space::Backup
        | Space::BackupChunk
        | Space::Claim
        | Space::Claimed
        | Space::Alert
        | Space::SecretChunk
        | Space::Noted
        | Space::BackupPassage
        | Space::Watched
        | Space::Round
        | Space::Superseded
        | Space::BackupHeader
        | Space::Audited
        | Space::AuditRound
        | Space::Changed
        | Space::Base
        | Space::Supplement
        | Space::Ward
        | Space::Request
        | Space::History
        | Space::Lodged
        | Space::Seat
        | Space::Kept
        | Space::KeptChunk
        | Space::KeptProgress
        | Space::Operator
        | Space::OperatorPending
        | Space::Witness
        | Space::WitnessEntry
        | Space::Earlier
        | Space::EarlierChunk
        | Space::Runtime => Fate::Goes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R17, G1: shares, and the keys that open and approve them.
    #[test]
    fn what_is_held_of_the_secrets_of_others_stays_and_all_else_goes() {
        let stays = Space::ALL.into_iter();
        let stays: Vec<Space> = stays.filter(|space| fate(*space) == Fate::Stays).collect();
        assert_eq!(stays, [Space::Custody, Space::Prekey]);
    }
}
