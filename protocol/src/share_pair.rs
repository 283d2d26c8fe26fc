//! The two shares one trustee holds, as they travel and are kept: one of the decrypting secret, one
//! of the signing secret, at the same index, never apart.
use crate::bytes::Digest;
use crate::codec;
use crate::did::Did;
use crate::keys::role::AgreementRole;
use crate::keys::{AgreementKey, AgreementSecret, SealedBox, labels, sealed_box};
use crate::limits;
use crate::message::share::Opened;
use crate::vss::{Addition, Decrypt, Share, ShareIndex, Sign};
use rand_core::CryptoRng;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What one trustee holds of one epoch.
///
/// # Security
/// Holds both shares; wiped on drop, written only in binary, inside a sealed box or a sealed row.
#[derive(Serialize, Deserialize)]
pub struct SharePair {
    /// Of the secret that decrypts backups.
    pub decrypt: Share<Decrypt>,
    /// Of the secret that signs the recovery.
    pub sign: Share<Sign>,
}

/// Why a sealed share is not one to keep or to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PairError {
    /// It does not open with this key in this context.
    #[error("the sealed share does not open with this key and context")]
    Sealed,
    /// It opens to something else.
    #[error("what was sealed is no pair of shares")]
    Malformed,
    /// The two shares have different indices.
    #[error("the two shares stand at different indices")]
    Torn,
    /// What is to be added is for another index.
    #[error("what is to be added is for share {0}")]
    OtherIndex(ShareIndex),
    /// It is no point of the committed polynomial.
    #[error("share {0} does not lie on the committed polynomials")]
    Wrong(ShareIndex),
}

impl SharePair {
    /// The index both stand at.
    #[must_use]
    pub fn index(&self) -> ShareIndex {
        self.decrypt.index()
    }

    /// Seals the pair to a one-time key or a claimant's key.
    ///
    /// # Errors
    /// [`PairError::Sealed`] for a key that agrees with nothing.
    pub fn seal<R: AgreementRole>(
        &self,
        to: &AgreementKey<R>,
        context: &Digest,
        rng: &mut dyn CryptoRng,
    ) -> Result<SealedBox<R>, PairError> {
        seal(self, to, context, rng)
    }

    /// Opens what [`SharePair::seal`] sealed.
    ///
    /// # Errors
    /// [`PairError`] saying what does not fit.
    pub fn open<R: AgreementRole>(
        secret: &AgreementSecret<R>,
        context: &Digest,
        sealed: &SealedBox<R>,
    ) -> Result<Self, PairError> {
        let pair: Self = open(secret, context, sealed)?;
        if pair.decrypt.index() != pair.sign.index() {
            return Err(PairError::Torn);
        }
        Ok(pair)
    }

    /// What one trustee adds to both of its shares, as it travels: in the same box as a pair.
    #[must_use]
    pub fn of_additions(decrypt: Addition<Decrypt>, sign: Addition<Sign>) -> Self {
        Self {
            decrypt: decrypt.into_inner(),
            sign: sign.into_inner(),
        }
    }

    /// The pair that this one becomes with what [`SharePair::of_additions`] made; to be verified against the
    /// commitments of the refresh.
    ///
    /// # Errors
    /// [`PairError::OtherIndex`].
    pub fn plus(&self, additions: Self) -> Result<Self, PairError> {
        let other = PairError::OtherIndex(additions.index());
        let decrypt = Addition::from_inner(additions.decrypt).to(&self.decrypt);
        let sign = Addition::from_inner(additions.sign).to(&self.sign);
        let (Some(decrypt), Some(sign)) = (decrypt, sign) else {
            return Err(other);
        };
        Ok(Self { decrypt, sign })
    }

    /// Checks both shares against what the dealer committed to.
    ///
    /// # Errors
    /// [`PairError::Wrong`] naming the index.
    pub fn verify(&self, commitments: &Opened) -> Result<(), PairError> {
        let wrong = PairError::Wrong(self.index());
        commitments
            .decrypt
            .verify(&self.decrypt)
            .map_err(|_| wrong)?;
        commitments.sign.verify(&self.sign).map_err(|_| wrong)
    }
}

/// Seals two secrets of one kind, which travel together.
pub(crate) fn seal<T: Serialize, R: AgreementRole>(
    pair: &T,
    to: &AgreementKey<R>,
    context: &Digest,
    rng: &mut dyn CryptoRng,
) -> Result<SealedBox<R>, PairError> {
    let bytes = codec::encode_secret(1, pair);
    sealed_box::seal(to, context.as_bytes(), &bytes, rng).map_err(|_| PairError::Sealed)
}

/// Opens what [`seal`] sealed. Whether the two belong together, the caller asks.
pub(crate) fn open<T: Serialize + DeserializeOwned, R: AgreementRole>(
    secret: &AgreementSecret<R>,
    context: &Digest,
    sealed: &SealedBox<R>,
) -> Result<T, PairError> {
    let bytes =
        sealed_box::open(secret, context.as_bytes(), sealed).map_err(|_| PairError::Sealed)?;
    codec::decode(1, &bytes, limits::sharing::PAIR).map_err(|_| PairError::Malformed)
}

/// What a dealt share's box is bound to: moved to another policy, epoch, deal or trustee it does not
/// open.
#[must_use]
pub fn store_context(policy: &Digest, epoch: u32, tag: &Digest, trustee: &Did) -> Digest {
    let parts: [&[u8]; 4] = [
        &policy.0,
        &epoch.to_be_bytes(),
        &tag.0,
        trustee.as_str().as_bytes(),
    ];
    Digest::of(labels::STORE_CONTEXT, &parts)
}

/// What a released share's box is bound to.
#[must_use]
pub fn release_context(request: &Digest, tag: &Digest, trustee: &Did) -> Digest {
    Digest::of(
        labels::RELEASE_CONTEXT,
        &[&request.0, &tag.0, trustee.as_str().as_bytes()],
    )
}
