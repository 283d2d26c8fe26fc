//! Sealing a wallet into chunks, and opening it again.
use crate::backup::{BackupHeader, Draft, Slot, SlotKey, Wallet};
use crate::codec;
use crate::keys::role::AgentPolicy;
use crate::keys::{DataKey, RecoveryKey, RecoverySecret, SigningKey};
use crate::limits;
use crate::vss::Decrypt;
use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::Zeroizing;

/// A backup ready to be stored: header, sealed chunks, and one slot key per host.
pub struct Sealed {
    /// The header.
    pub header: BackupHeader,
    /// The chunks.
    pub chunks: Vec<Vec<u8>>,
    /// A slot key for each host, in the order asked for.
    pub slot_keys: Vec<SlotKey>,
}

/// Why a wallet is not backed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// Larger than any backup.
    #[error("the wallet has {0} bytes; at most 16 MiB are protected")]
    TooLarge(usize),
    /// No host would hold a slot.
    #[error("a backup needs at least one host")]
    NoHost,
}

/// Why a backup does not open; never wrong data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UnsealError {
    /// No slot opens with this recovery key and host key.
    #[error("no key slot of this backup opens with the recovery key and this host's key")]
    NoSlot,
    /// A chunk is missing or not the one the header names.
    #[error("chunk {0} of the backup is missing or damaged")]
    Chunk(usize),
    /// What was sealed is no wallet.
    #[error("the backup opens to something that is no wallet")]
    NotAWallet,
}

/// Whom a backup is sealed for.
pub struct Recipients<'a> {
    /// The recovery key of the epoch.
    pub recovery_key: &'a RecoveryKey<Decrypt>,
    /// How many hosts get a slot.
    pub hosts: usize,
}

/// Seals a wallet. The data key comes back for supplements (decision 0038).
///
/// # Errors
/// [`SealError`] when it is too large or nobody would keep it.
pub fn seal(
    wallet: &Wallet,
    draft: Draft,
    to: &Recipients<'_>,
    agent: &SigningKey<AgentPolicy>,
    rng: &mut dyn CryptoRng,
) -> Result<(Sealed, DataKey), SealError> {
    if to.hosts == 0 {
        return Err(SealError::NoHost);
    }
    let plain = codec::encode_secret(1, wallet);
    if plain.len() > limits::backup::WALLET + limits::backup::WALLET_OVERHEAD {
        return Err(SealError::TooLarge(plain.len()));
    }
    let data_key = DataKey::generate(rng);
    let chunks = seal_chunks(&draft, &plain, &data_key, rng);
    let slot_keys: Vec<_> = (0..to.hosts).map(|_| SlotKey::generate(rng)).collect();
    let slots = slot_keys
        .iter()
        .map(|host| Slot::wrap(&data_key, to.recovery_key, host, rng))
        .collect();
    let sealed = Sealed {
        header: BackupHeader::sign(draft, slots, &chunks, agent),
        chunks,
        slot_keys,
    };
    Ok((sealed, data_key))
}

pub(super) fn seal_chunks(
    draft: &Draft,
    plain: &[u8],
    data_key: &DataKey,
    rng: &mut dyn CryptoRng,
) -> Vec<Vec<u8>> {
    let count = plain.len().div_ceil(limits::backup::CHUNK_PLAIN);
    let pieces = plain.chunks(limits::backup::CHUNK_PLAIN).enumerate();
    pieces
        .map(|(index, piece)| data_key.seal(&place(draft, index, count), piece, rng))
        .collect()
}

/// Binds a chunk to its backup, its place and the number of chunks: none can be moved or cut off.
fn place(draft: &Draft, index: usize, count: usize) -> Vec<u8> {
    codec::encode(1, &(draft, index as u64, count as u64))
}

/// Opens a backup with the recovery key and one host's slot key.
///
/// # Errors
/// [`UnsealError`] saying what is missing or damaged.
pub fn unseal(
    header: &BackupHeader,
    chunks: &[Vec<u8>],
    secret: &RecoverySecret<Decrypt>,
    host: &SlotKey,
) -> Result<Wallet, UnsealError> {
    let data_key = data_key(header, secret, host)?;
    let plain = open_chunks(header, chunks, &data_key)?;
    codec::decode(1, &plain, PLAIN).map_err(|_| UnsealError::NotAWallet)
}

/// What opens the chunks of a backup, and of its supplements.
///
/// # Errors
/// [`UnsealError::NoSlot`] where no slot opens with these keys.
pub fn data_key(
    header: &BackupHeader,
    secret: &RecoverySecret<Decrypt>,
    host: &SlotKey,
) -> Result<DataKey, UnsealError> {
    let mut slots = header.slots.iter();
    let opened = slots.find_map(|slot| slot.unwrap(secret, host).ok());
    opened.ok_or(UnsealError::NoSlot)
}

/// Bytes of the largest thing that is sealed.
pub(super) const PLAIN: usize = limits::backup::CHUNKS * limits::backup::CHUNK_PLAIN;

pub(super) fn open_chunks(
    header: &BackupHeader,
    chunks: &[Vec<u8>],
    data_key: &DataKey,
) -> Result<Zeroizing<Vec<u8>>, UnsealError> {
    let count = header.chunks.len();
    // Reserved at once: a growing buffer would leave copies of the wallet in freed memory.
    let mut plain = Zeroizing::new(Vec::with_capacity(count * limits::backup::CHUNK_PLAIN));
    for index in 0..count {
        let chunk = chunks
            .get(index)
            .filter(|chunk| header.holds(index as u32, chunk));
        let opened = chunk.and_then(|chunk| {
            data_key
                .open(&place(&header.draft, index, count), chunk)
                .ok()
        });
        plain.extend_from_slice(&opened.ok_or(UnsealError::Chunk(index))?);
    }
    Ok(plain)
}
