//! Supplements: what changed since a backup was made, sealed under that backup's data key (decision 0038).
use crate::backup::container::{self, SealError, UnsealError};
use crate::backup::{BackupHeader, Draft, Item};
use crate::bytes::Digest;
use crate::codec;
use crate::keys::role::AgentPolicy;
use crate::keys::{DataKey, SigningKey};
use crate::limits;
use crate::time::Timestamp;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

/// The version byte in front of a supplement: no wallet reads as one, and none as a wallet.
const VERSION: u8 = 2;

/// Everything that changed since a backup: the newest one is enough.
///
/// # Security
/// Holds items of the owner; they are wiped on drop.
#[derive(Serialize, Deserialize)]
pub struct Supplement {
    /// The backup, by its header's digest.
    pub base: Digest,
    /// When it was made, by the owner's clock.
    pub made: Timestamp,
    /// Items that were added or changed.
    pub items: Vec<Item>,
    /// Names of items that the backup holds and that were removed.
    pub removed: Vec<String>,
}

/// Seals a supplement of the backup with this header.
///
/// # Errors
/// [`SealError::TooLarge`] where there is more than a wallet holds.
pub fn seal(
    supplement: &Supplement,
    (draft, base): (Draft, &BackupHeader),
    (data_key, agent): (&DataKey, &SigningKey<AgentPolicy>),
    rng: &mut dyn CryptoRng,
) -> Result<(BackupHeader, Vec<Vec<u8>>), SealError> {
    let plain = codec::encode_secret(VERSION, supplement);
    if plain.len() > limits::backup::WALLET + limits::backup::WALLET_OVERHEAD {
        return Err(SealError::TooLarge(plain.len()));
    }
    let chunks = container::seal_chunks(&draft, &plain, data_key, rng);
    let header = BackupHeader::sign(draft, base.slots.clone(), &chunks, agent);
    Ok((header, chunks))
}

/// Opens one with its backup's data key.
///
/// # Errors
/// [`UnsealError`] saying what is missing or damaged; [`UnsealError::NotAWallet`] for what is no supplement of
/// this backup.
pub fn open(
    (header, chunks): (&BackupHeader, &[Vec<u8>]),
    base: &Digest,
    data_key: &DataKey,
) -> Result<Supplement, UnsealError> {
    let plain = container::open_chunks(header, chunks, data_key)?;
    let opened: Result<Supplement, _> = codec::decode(VERSION, &plain, container::PLAIN);
    let opened = opened.ok().filter(|supplement| supplement.base == *base);
    opened.ok_or(UnsealError::NotAWallet)
}

/// Numbers that supplements of one backup may have: more than a device makes in its life. Nobody can use up the
/// numbers of later backups.
const NUMBERS: u64 = 1 << 32;

/// Whether `later` can be a supplement of the backup `base`: of the same policy and epoch, newer, and under the
/// very same key slots, which no other backup has.
#[must_use]
pub fn supplements(later: &BackupHeader, base: &BackupHeader) -> bool {
    let (ours, theirs) = (&later.draft, &base.draft);
    let ahead = ours.sequence.checked_sub(theirs.sequence);
    (&ours.policy, ours.epoch) == (&theirs.policy, theirs.epoch)
        && ahead.is_some_and(|ahead| (1..=NUMBERS).contains(&ahead))
        && later.slots == base.slots
}
