//! Key slots (K3): the backup's data key, wrapped for one recovery key and one host.
//!
//! An ephemeral key agrees with the public recovery key; the agreed secret and a key that the host
//! keeps derive the key-encrypting key. So neither a threshold of trustees nor a host opens a backup
//! alone, and making one needs public keys only.
use crate::bytes::Digest;
use crate::codec;
use crate::keys::layers::WrappedKey;
use crate::keys::recovery::EphemeralPoint;
use crate::keys::role::AgreementRole;
use crate::keys::{
    AgreementKey, AgreementSecret, DataKey, RecoveryKey, RecoverySecret, SealedBox, labels,
    sealed_box,
};
use crate::limits;
use crate::secret::SecretBytes;
use crate::vss::Decrypt;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The part of a slot's key that one host keeps and gives out on ledger evidence only.
///
/// # Security
/// Wiped on drop; written in sealed rows and sealed boxes only.
#[derive(Serialize, Deserialize)]
pub struct SlotKey(SecretBytes<32>);

/// One slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    ephemeral: EphemeralPoint,
    wrapped: WrappedKey,
}

/// Why a slot or a sealed slot key does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("it does not open with this key")]
pub struct WrongKey;

impl SlotKey {
    /// A fresh one.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self(SecretBytes::generate(rng))
    }

    /// Seals it to a host's prekey or to a claimant.
    ///
    /// # Errors
    /// [`WrongKey`] for a key that agrees with nothing.
    pub fn seal<R: AgreementRole>(
        &self,
        to: &AgreementKey<R>,
        context: &Digest,
        rng: &mut dyn CryptoRng,
    ) -> Result<SealedBox<R>, WrongKey> {
        sealed_box::seal(to, context.as_bytes(), &codec::encode_secret(1, self), rng)
            .map_err(|_| WrongKey)
    }

    /// Opens what [`SlotKey::seal`] sealed.
    ///
    /// # Errors
    /// [`WrongKey`] when it does not open.
    pub fn open<R: AgreementRole>(
        secret: &AgreementSecret<R>,
        context: &Digest,
        sealed: &SealedBox<R>,
    ) -> Result<Self, WrongKey> {
        let bytes = sealed_box::open(secret, context.as_bytes(), sealed).map_err(|_| WrongKey)?;
        codec::decode(1, &bytes, limits::backup::SLOT_KEY).map_err(|_| WrongKey)
    }
}

/// What a slot key's box towards a host is bound to.
#[must_use]
pub fn put_context(backup: &Digest) -> Digest {
    Digest::of(labels::SLOT_KEY_PUT, &[&backup.0])
}

/// What a slot key's box towards a claimant is bound to.
#[must_use]
pub fn release_context(backup: &Digest, request: &Digest) -> Digest {
    Digest::of(labels::SLOT_KEY_RELEASE, &[&backup.0, &request.0])
}

impl Slot {
    /// Wraps the data key for one recovery key and one host.
    pub fn wrap(
        data_key: &DataKey,
        recovery_key: &RecoveryKey<Decrypt>,
        host: &SlotKey,
        rng: &mut dyn CryptoRng,
    ) -> Self {
        let (ephemeral, agreed) = recovery_key.encapsulate(rng);
        let wrapped = agreed
            .key_encrypting_key_with_host(&host.0, labels::BACKUP_HEADER.as_bytes())
            .wrap(data_key, &[], rng);
        Self { ephemeral, wrapped }
    }

    /// Unwraps the data key.
    ///
    /// # Errors
    /// [`WrongKey`] when it belongs to another recovery key or host.
    pub fn unwrap(
        &self,
        secret: &RecoverySecret<Decrypt>,
        host: &SlotKey,
    ) -> Result<DataKey, WrongKey> {
        let agreed = secret.decapsulate(&self.ephemeral);
        agreed
            .key_encrypting_key_with_host(&host.0, labels::BACKUP_HEADER.as_bytes())
            .unwrap(&[], &self.wrapped)
            .map_err(|_| WrongKey)
    }
}
