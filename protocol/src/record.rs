//! What is stored: rows in spaces, each a version byte and canonical bytes.
//!
//! A row type names its space and its id; the store sees bytes only. Rows that hold secrets are
//! ordinary rows, because the store seals every value under the wallet encryption key.
use crate::codec;
use crate::error::Damage;
use crate::limits;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Which kind of row a key belongs to. The number is the first byte of the key and is never
/// reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Space {
    /// Who this agent is.
    Identity = 1,
    /// This agent's DIDs with their secrets.
    LocalDid = 2,
    /// Invitations made or opened.
    Invitation = 3,
    /// Peers this agent has a pairwise connection with.
    Connection = 4,
    /// Messages on their way until answered.
    Outbox = 5,
    /// Answers given, by sender and message id.
    Answered = 6,
    /// Ledger logs this agent follows: descriptor and newest checkpoint.
    Log = 7,
    /// Ledger entries this agent has verified.
    LogEntry = 8,
    /// Records waiting to be admitted by a ledger.
    Append = 9,
    /// Two signed heads that contradict each other.
    Conflict = 10,
    /// This agent's DIDs whose connection has ended, until their keys go.
    Retired = 11,
    /// Which answers are kept for a sender.
    Given = 12,
    /// The owner's protected items.
    Secret = 20,
    /// The owner's trustees and backup hosts.
    Trustee = 21,
    /// The owner's deals, by epoch.
    Deal = 22,
    /// The owner's backups waiting to be acknowledged: how many chunks, and what offers them again.
    Backup = 23,
    /// Chunks of the owner's backups.
    BackupChunk = 24,
    /// A recovery this agent conducts as claimant.
    Claim = 25,
    /// A claimant's trustees, one row each.
    Claimed = 26,
    /// Alarms shown to the owner.
    Alert = 27,
    /// Chunks of a protected item that is larger than one row.
    SecretChunk = 28,
    /// Ledger records that concern the owner.
    Noted = 29,
    /// The owner's backups on their way, one row for each host.
    BackupPassage = 30,
    /// What custody proofs have shown the owner of each trustee.
    Watched = 31,
    /// The owner's round of custody proofs, and when the next one begins.
    Round = 32,
    /// Trustees that may hold shares of earlier epochs, and what they said of it.
    Superseded = 33,
    /// Headers of the owner's backups, to check what hosts show of them.
    BackupHeader = 34,
    /// What backup hosts have shown the owner.
    Audited = 35,
    /// The owner's round of questions to backup hosts, and when the next one begins.
    AuditRound = 36,
    /// What the owner changed in her wallet since a backup was made.
    Changed = 37,
    /// The owner's backups that can be supplemented.
    Base = 38,
    /// The owner's newest supplement, and which hosts have it.
    Supplement = 39,
    /// Owners a trustee keeps something for.
    Ward = 40,
    /// Shares a trustee keeps, by owner and epoch.
    Custody = 41,
    /// A trustee's approval and sealing keys that were handed out.
    Prekey = 42,
    /// Recovery requests a trustee knows of.
    Request = 43,
    /// A trustee's log of what it did and why.
    History = 44,
    /// The newest supplements of backups that owners told a trustee of.
    Lodged = 45,
    /// Where a trustee's share stands in an owner's approval tree.
    Seat = 46,
    /// Backups kept for others.
    Kept = 50,
    /// Chunks of backups kept for others.
    KeptChunk = 51,
    /// How many chunks of a kept backup are here.
    KeptProgress = 52,
    /// The operator's own log.
    Operator = 60,
    /// Records the operator has accepted and not yet published.
    OperatorPending = 61,
    /// A witness's memory of each log.
    Witness = 62,
    /// Entries that a witness has cosigned.
    WitnessEntry = 63,
    /// Earlier versions of items that a recovery brought back.
    Earlier = 70,
    /// Pieces of these.
    EarlierChunk = 71,
    /// Kept by the runtime alone: node key, clock readings.
    Runtime = 90,
}

impl Space {
    /// Every space.
    pub const ALL: [Self; 49] = [
        Self::Identity,
        Self::LocalDid,
        Self::Invitation,
        Self::Connection,
        Self::Outbox,
        Self::Answered,
        Self::Log,
        Self::LogEntry,
        Self::Append,
        Self::Conflict,
        Self::Retired,
        Self::Given,
        Self::Secret,
        Self::Trustee,
        Self::Deal,
        Self::Backup,
        Self::BackupChunk,
        Self::Claim,
        Self::Claimed,
        Self::Alert,
        Self::SecretChunk,
        Self::Noted,
        Self::BackupPassage,
        Self::Watched,
        Self::Round,
        Self::Superseded,
        Self::BackupHeader,
        Self::Audited,
        Self::AuditRound,
        Self::Changed,
        Self::Base,
        Self::Supplement,
        Self::Ward,
        Self::Custody,
        Self::Prekey,
        Self::Request,
        Self::History,
        Self::Lodged,
        Self::Seat,
        Self::Kept,
        Self::KeptChunk,
        Self::KeptProgress,
        Self::Operator,
        Self::OperatorPending,
        Self::Witness,
        Self::WitnessEntry,
        Self::Earlier,
        Self::EarlierChunk,
        Self::Runtime,
    ];
}

/// A row's place in the store: its space and the bytes of its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(Vec<u8>);

impl Key {
    /// The key of the row `id` in `space`.
    #[must_use]
    pub fn new(space: Space, id: &[u8]) -> Self {
        let mut bytes = vec![space as u8];
        bytes.extend_from_slice(id);
        Self(bytes)
    }

    /// The key as the store knows it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The space it is in; none where this version knows no such space.
    #[must_use]
    pub fn space(&self) -> Option<Space> {
        let number = *self.0.first()?;
        Space::ALL.into_iter().find(|space| *space as u8 == number)
    }

    /// A key read back from the store.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

/// A row's bytes, wiped when dropped because any row may hold a secret.
pub type Bytes = Zeroizing<Vec<u8>>;

/// Reads are arguments: the durable state as an agent sees it.
pub trait Records {
    /// The bytes of one row.
    fn read(&self, key: &Key) -> Option<Bytes>;
    /// All rows whose key starts with `prefix`, in key order.
    fn scan(&self, prefix: &[u8]) -> Vec<(Key, Bytes)>;
}

impl Records for BTreeMap<Key, Vec<u8>> {
    fn read(&self, key: &Key) -> Option<Bytes> {
        self.get(key).map(|bytes| Zeroizing::new(bytes.clone()))
    }

    fn scan(&self, prefix: &[u8]) -> Vec<(Key, Bytes)> {
        self.range(Key::from_bytes(prefix)..)
            .take_while(|(key, _)| key.as_bytes().starts_with(prefix))
            .map(|(key, bytes)| (key.clone(), Zeroizing::new(bytes.clone())))
            .collect()
    }
}

/// Something that can be stored.
pub trait Row: Serialize + DeserializeOwned {
    /// The space it lives in.
    const SPACE: Space;
    /// The version byte of its encoding.
    const VERSION: u8 = 1;
    /// The bytes of its id within the space.
    fn id(&self) -> Vec<u8>;

    /// Its encoding.
    fn to_bytes(&self) -> Bytes {
        codec::encode_secret(Self::VERSION, self)
    }

    /// Reads a row back.
    ///
    /// # Errors
    /// [`Damage`] naming the key, when the bytes are no row of this version.
    fn from_bytes(key: &Key, bytes: &[u8]) -> Result<Self, Damage> {
        codec::decode(Self::VERSION, bytes, limits::row::VALUE)
            .map_err(|_| Damage { key: key.clone() })
    }
}

/// The row of type `R` with this id, if there is one.
///
/// # Errors
/// [`Damage`] when the row cannot be read.
pub fn load<R: Row>(records: &dyn Records, id: &[u8]) -> Result<Option<R>, Damage> {
    let key = Key::new(R::SPACE, id);
    records
        .read(&key)
        .map(|bytes| R::from_bytes(&key, &bytes))
        .transpose()
}

/// All rows of type `R` whose id starts with `prefix`, in order of their ids.
///
/// # Errors
/// [`Damage`] when one of them cannot be read.
pub fn load_all<R: Row>(records: &dyn Records, prefix: &[u8]) -> Result<Vec<R>, Damage> {
    records
        .scan(Key::new(R::SPACE, prefix).as_bytes())
        .iter()
        .map(|(key, bytes)| R::from_bytes(key, bytes))
        .collect()
}

/// Writes are results: rows to put (`Some`) and to delete (`None`), applied whole or not at all.
#[derive(Default)]
pub struct Batch(BTreeMap<Key, Option<Bytes>>);

impl Batch {
    /// Puts a row.
    pub fn put<R: Row>(&mut self, row: &R) {
        self.0
            .insert(Key::new(R::SPACE, &row.id()), Some(row.to_bytes()));
    }

    /// Puts a row as its bytes were read elsewhere, when a store is filled from another.
    pub fn restore(&mut self, key: Key, bytes: Bytes) {
        self.0.insert(key, Some(bytes));
    }

    /// Deletes the row of type `R` with this id.
    pub fn delete<R: Row>(&mut self, id: &[u8]) {
        self.0.insert(Key::new(R::SPACE, id), None);
    }

    /// What becomes of rows of type `R`: the id of each, and the row, or `None` where it is deleted.
    pub fn written<R: Row>(&self) -> impl Iterator<Item = (&[u8], Option<Result<R, Damage>>)> {
        self.of(R::SPACE).map(|(key, bytes)| {
            let row = bytes.as_ref().map(|bytes| R::from_bytes(key, bytes));
            (&key.as_bytes()[1..], row)
        })
    }

    /// The ids of the rows in `space` that are put or deleted.
    pub fn touched(&self, space: Space) -> impl Iterator<Item = &[u8]> {
        self.of(space).map(|(key, _)| &key.as_bytes()[1..])
    }

    fn of(&self, space: Space) -> impl Iterator<Item = (&Key, &Option<Bytes>)> {
        self.0
            .range(Key::new(space, &[])..)
            .take_while(move |(key, _)| key.as_bytes().first() == Some(&(space as u8)))
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The writes in key order; the store applies them as one.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, Option<&[u8]>)> {
        self.0
            .iter()
            .map(|(key, bytes)| (key, bytes.as_ref().map(|bytes| bytes.as_slice())))
    }
}

/// The records with a batch laid over them, so that a step reads its own writes.
pub struct Overlay<'a> {
    /// What is durable.
    pub base: &'a dyn Records,
    /// What this step has written so far.
    pub batch: &'a Batch,
}

impl Records for Overlay<'_> {
    fn read(&self, key: &Key) -> Option<Bytes> {
        match self.batch.0.get(key) {
            Some(written) => written.clone(),
            None => self.base.read(key),
        }
    }

    fn scan(&self, prefix: &[u8]) -> Vec<(Key, Bytes)> {
        let rows = self.base.scan(prefix);
        let mut written = self
            .batch
            .0
            .range(Key::from_bytes(prefix)..)
            .take_while(|(key, _)| key.as_bytes().starts_with(prefix))
            .peekable();
        // Most scans are of what this step has not touched.
        if written.peek().is_none() {
            return rows;
        }
        let mut rows: BTreeMap<Key, Bytes> = rows.into_iter().collect();
        for (key, written) in written {
            match written {
                Some(bytes) => rows.insert(key.clone(), bytes.clone()),
                None => rows.remove(key),
            };
        }
        rows.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, Space};

    /// All spaces with their numbers. The match has no arm for others, so a new space does not
    /// compile before its number stands here. The compiler refuses one number for two.
    macro_rules! spaces {
        ($($space:ident = $number:literal)*) => {
            const SPACES: &[Space] = &[$(Space::$space),*];

            fn pinned(space: Space) -> u8 {
                match space { $(Space::$space => $number,)* }
            }
        };
    }

    spaces! {
        Identity = 1 LocalDid = 2 Invitation = 3 Connection = 4 Outbox = 5 Answered = 6
        Log = 7 LogEntry = 8 Append = 9 Conflict = 10 Retired = 11 Given = 12
        Secret = 20 Trustee = 21 Deal = 22 Backup = 23 BackupChunk = 24 Claim = 25 Claimed = 26
        Alert = 27 SecretChunk = 28 Noted = 29 BackupPassage = 30
        Watched = 31 Round = 32 Superseded = 33 BackupHeader = 34 Audited = 35 AuditRound = 36
        Changed = 37 Base = 38 Supplement = 39
        Ward = 40 Custody = 41 Prekey = 42 Request = 43 History = 44 Lodged = 45 Seat = 46
        Kept = 50 KeptChunk = 51 KeptProgress = 52
        Operator = 60 OperatorPending = 61 Witness = 62 WitnessEntry = 63
        Earlier = 70 EarlierChunk = 71
        Runtime = 90
    }

    /// The number is the first byte of every stored key: changed, it would hide what is stored.
    #[test]
    fn every_space_keeps_its_number_and_none_is_that_of_another() {
        for space in SPACES {
            assert_eq!(*space as u8, pinned(*space), "{space:?}");
        }
        let numbers: std::collections::BTreeSet<u8> = SPACES.iter().map(|s| *s as u8).collect();
        assert_eq!(numbers.len(), SPACES.len());
    }

    /// A space that is not found by its number would stop every export.
    #[test]
    fn every_space_is_found_by_its_number_and_no_other_is() {
        assert_eq!(Space::ALL, SPACES);
        for number in 0..=u8::MAX {
            let found = Key::from_bytes(&[number, 1]).space();
            let named = SPACES.iter().find(|space| **space as u8 == number);
            assert_eq!(found, named.copied(), "{number}");
        }
        assert_eq!(Key::from_bytes(&[]).space(), None);
    }
}
