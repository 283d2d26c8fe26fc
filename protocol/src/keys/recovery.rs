//! The two dealt secrets, one to decrypt and one to sign, and their public keys.
//!
//! They are told apart by type all the way: secret, public key, deal, shares and commitments of
//! one purpose never fit the other. The public key is commitment 0 of the deal.

use core::fmt;
use core::marker::PhantomData;

use curve25519_dalek::RistrettoPoint;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::derive::derive;
use super::labels;
use super::layers::KeyEncryptingKey;
use super::schnorr;
use super::signature::{BadSignature, Signature, signed_bytes};
use super::suite::{KeyError, Suite, frame, strip};
use crate::bytes::serde_by_array;
use crate::known::{self, Fact};
use crate::secret::{SecretBytes, SecretScalar};
use crate::vss::{
    Commitment, Deal, DealError, Decrypt, Point, Purpose, Quorum, ReconstructError, ShareIndex,
    Sign, VerifiedShares,
};

/// Layer 1: a dealt secret, in memory only while it is dealt or used.
///
/// # Security
/// Wiped on drop; no `Clone`, no `Debug`, no comparison, and no serde at all: it is never stored
/// in one piece (K2). After a crash it is reconstructed from the shares again.
pub struct RecoverySecret<P: Purpose> {
    scalar: SecretScalar,
    purpose: PhantomData<P>,
}

impl<P: Purpose> zeroize::ZeroizeOnDrop for RecoverySecret<P> {}

impl<P: Purpose> RecoverySecret<P> {
    /// Draws a fresh one for the next epoch.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self::new(SecretScalar::generate(rng))
    }

    const fn new(scalar: SecretScalar) -> Self {
        let purpose = PhantomData;
        Self { scalar, purpose }
    }

    /// The public key, which the ledger anchors.
    #[must_use]
    pub fn public_key(&self) -> RecoveryKey<P> {
        RecoveryKey::new(Point::of_secret(&self.scalar))
    }

    /// Deals shares of the secret, one per trustee, with indices from 1.
    ///
    /// # Errors
    /// [`DealError`] when the library's result is not what was asked for.
    pub fn deal(&self, quorum: Quorum, rng: &mut dyn CryptoRng) -> Result<Deal<P>, DealError> {
        let indices: Vec<ShareIndex> = (1..=quorum.trustees())
            .filter_map(ShareIndex::new)
            .collect();
        self.deal_at(quorum, &indices, rng)
    }

    /// Deals shares of the secret at these indices, one for each trustee, in this order.
    ///
    /// # Errors
    /// [`DealError`]: as many different indices as trustees were not given, or the library's result is not what was
    /// asked for.
    pub fn deal_at(
        &self,
        quorum: Quorum,
        indices: &[ShareIndex],
        rng: &mut dyn CryptoRng,
    ) -> Result<Deal<P>, DealError> {
        crate::vss::deal(&self.scalar, (quorum, indices), rng)
    }

    /// Reconstructs the secret from shares that were verified against one commitment.
    ///
    /// # Errors
    /// [`ReconstructError`]; never a wrong secret.
    pub fn reconstruct(shares: &VerifiedShares<'_, P>) -> Result<Self, ReconstructError> {
        shares.reconstruct().map(Self::new)
    }
}

impl RecoverySecret<Sign> {
    /// Signs a message for one labelled purpose, with a hedged nonce.
    pub fn sign(&self, label: &str, message: &[u8], rng: &mut dyn CryptoRng) -> Signature {
        let message = signed_bytes(labels::ROLE_RECOVERY_SIGNING, label, message);
        let public = Point::of_secret(&self.scalar);
        let bytes = schnorr::sign(&self.scalar, &public, &message, rng);
        Signature::new(Suite::Ristretto255, bytes)
    }
}

impl RecoverySecret<Decrypt> {
    /// Agrees on the secret of [`RecoveryKey::encapsulate`] from its ephemeral point.
    #[must_use]
    pub fn decapsulate(&self, ephemeral: &EphemeralPoint) -> AgreedSecret {
        let shared = ephemeral.0.decompress() * self.scalar.expose();
        AgreedSecret::new(&shared, ephemeral, &self.public_key())
    }
}

/// The public key of a dealt secret: a canonical point that is not the identity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecoveryKey<P: Purpose> {
    point: Point,
    purpose: PhantomData<P>,
}

impl<P: Purpose> RecoveryKey<P> {
    /// Length on the wire: suite byte, then 32 bytes.
    pub const LENGTH: usize = 33;

    const fn new(point: Point) -> Self {
        let purpose = PhantomData;
        Self { point, purpose }
    }

    /// The point.
    #[must_use]
    pub const fn point(&self) -> &Point {
        &self.point
    }

    /// The wire form.
    #[must_use]
    pub fn to_array(&self) -> [u8; 33] {
        frame(Suite::Ristretto255, self.point.as_bytes())
    }

    /// Reads the wire form.
    ///
    /// # Errors
    /// [`KeyError`] for another suite, the identity, or anything but a canonical point.
    pub fn from_array(bytes: [u8; 33]) -> Result<Self, KeyError> {
        read_point(&bytes).map(Self::new)
    }
}

fn read_point(bytes: &[u8; 33]) -> Result<Point, KeyError> {
    let body = strip(Suite::Ristretto255, bytes)?;
    if body == [0; 32] {
        return Err(KeyError::SmallOrder);
    }
    known::once(Fact::Point, &[&body], || {
        Point::from_bytes(body).map(drop).ok_or(KeyError::NotAPoint)
    })?;
    Ok(Point::checked(body))
}

impl<P: Purpose> From<&Commitment<P>> for RecoveryKey<P> {
    /// Commitment 0 of a deal is the public key of its secret.
    fn from(commitment: &Commitment<P>) -> Self {
        Self::new(commitment.public_point())
    }
}

serde_by_array!([P: Purpose] RecoveryKey<P>);

impl<P: Purpose> fmt::Debug for RecoveryKey<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecoveryKey<{}>({:?})", P::NAME, self.point)
    }
}

impl RecoveryKey<Sign> {
    /// Checks what [`RecoverySecret::sign`] makes, or a threshold of trustees over the same bytes.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(
        &self,
        label: &str,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), BadSignature> {
        let bytes = signature.of_suite(Suite::Ristretto255)?;
        let message = signed_bytes(labels::ROLE_RECOVERY_SIGNING, label, message);
        schnorr::verify(&self.point, &message, bytes)
    }
}

impl RecoveryKey<Decrypt> {
    /// Agrees on a secret that only the holder of the recovery secret finds again. The ephemeral
    /// half is forgotten here; its public half travels with the backup (K3).
    pub fn encapsulate(&self, rng: &mut dyn CryptoRng) -> (EphemeralPoint, AgreedSecret) {
        let ephemeral = SecretScalar::generate(rng);
        let public = EphemeralPoint(Point::of_secret(&ephemeral));
        let shared = self.point.decompress() * ephemeral.expose();
        let agreed = AgreedSecret::new(&shared, &public, self);
        (public, agreed)
    }
}

/// The public half of the ephemeral key of one agreement: suite byte and point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EphemeralPoint(Point);

impl EphemeralPoint {
    /// The wire form.
    #[must_use]
    pub fn to_array(&self) -> [u8; 33] {
        frame(Suite::Ristretto255, self.0.as_bytes())
    }

    /// Reads the wire form.
    ///
    /// # Errors
    /// [`KeyError`], as [`RecoveryKey::from_array`].
    pub fn from_array(bytes: [u8; 33]) -> Result<Self, KeyError> {
        read_point(&bytes).map(Self)
    }
}

serde_by_array!([] EphemeralPoint);

/// The result of an agreement with a recovery key, bound to both public halves.
///
/// # Security
/// Wiped on drop, no copy, no print, no serde. It gives key-encrypting keys and nothing else.
pub struct AgreedSecret(SecretBytes<32>);

impl AgreedSecret {
    fn new(
        shared: &RistrettoPoint,
        ephemeral: &EphemeralPoint,
        public: &RecoveryKey<Decrypt>,
    ) -> Self {
        let shared = Zeroizing::new(shared.compress().to_bytes());
        let parts: [&[u8]; 2] = [&ephemeral.to_array(), &public.to_array()];
        Self(derive(&*shared, labels::RECOVERY_AGREEMENT, &parts))
    }

    /// A key-encrypting key that the recovery secret alone gives.
    #[must_use]
    pub fn key_encrypting_key(&self, context: &[u8]) -> KeyEncryptingKey {
        let label = labels::RECOVERY_KEY_ENCRYPTING;
        KeyEncryptingKey::new(derive(self.0.expose(), label, &[context]))
    }

    /// A key-encrypting key that needs a host's key beside the recovery secret, so that neither a
    /// threshold of trustees nor the host reads a backup alone.
    #[must_use]
    pub fn key_encrypting_key_with_host(
        &self,
        host_key: &SecretBytes<32>,
        context: &[u8],
    ) -> KeyEncryptingKey {
        let mut both = Zeroizing::new([0; 64]);
        both[..32].copy_from_slice(self.0.expose());
        both[32..].copy_from_slice(host_key.expose());
        let label = labels::RECOVERY_AND_HOST_KEY_ENCRYPTING;
        KeyEncryptingKey::new(derive(&*both, label, &[context]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::layers::DataKey;
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([1; 32])
    }

    #[test]
    fn a_recovery_signature_fits_its_key_label_and_message_only() {
        let mut rng = rng();
        let secret = RecoverySecret::<Sign>::generate(&mut rng);
        let key = secret.public_key();
        let good = secret.sign("kith/1/a", b"message", &mut rng);
        assert_eq!(key.verify("kith/1/a", b"message", &good), Ok(()));
        let bad = Err(BadSignature);
        assert_eq!(key.verify("kith/1/b", b"message", &good), bad);
        assert_eq!(key.verify("kith/1/a", b"massage", &good), bad);
        let other = RecoverySecret::<Sign>::generate(&mut rng).public_key();
        assert_eq!(other.verify("kith/1/a", b"message", &good), bad);
    }

    #[test]
    fn every_flipped_bit_of_a_recovery_signature_is_caught() {
        let mut rng = rng();
        let secret = RecoverySecret::<Sign>::generate(&mut rng);
        let key = secret.public_key();
        let good = secret.sign("kith/1/a", b"message", &mut rng).to_array();
        for bit in 0..Signature::LENGTH * 8 {
            let mut bytes = good;
            bytes[bit / 8] ^= 1 << (bit % 8);
            let passed = Signature::from_array(bytes)
                .is_ok_and(|signature| key.verify("kith/1/a", b"message", &signature).is_ok());
            assert!(!passed, "bit {bit}");
        }
    }

    /// The nonce is hedged: with the same randomness, two messages still have two nonces.
    #[test]
    fn repeated_randomness_does_not_repeat_a_nonce() {
        let secret = RecoverySecret::<Sign>::generate(&mut rng());
        let commitment = |message| {
            let signature = secret.sign("kith/1/a", message, &mut rng());
            signature.as_bytes()[..32].to_vec()
        };
        assert_ne!(commitment(b"one"), commitment(b"two"));
        assert_eq!(commitment(b"one"), commitment(b"one"));
        let again = secret.sign("kith/1/a", b"one", &mut ChaCha20Rng::from_seed([2; 32]));
        assert_ne!(again.as_bytes()[..32], commitment(b"one"));
    }

    /// K9: both sides of an agreement find the same keys; another recovery secret does not, and
    /// with a host's key neither half is enough.
    #[test]
    fn an_agreement_is_found_again_by_the_recovery_secret_only() {
        let mut rng = rng();
        let secret = RecoverySecret::<Decrypt>::generate(&mut rng);
        let (host, other_host) = (
            SecretBytes::generate(&mut rng),
            SecretBytes::generate(&mut rng),
        );
        let (ephemeral, agreed) = secret.public_key().encapsulate(&mut rng);
        let data = DataKey::generate(&mut rng);
        let upper = agreed.key_encrypting_key_with_host(&host, b"slot");
        let wrapped = upper.wrap(&data, b"slot", &mut rng);
        let opens = |secret: &RecoverySecret<Decrypt>, host| {
            let agreed = secret.decapsulate(&ephemeral);
            let upper = agreed.key_encrypting_key_with_host(host, b"slot");
            upper.unwrap(b"slot", &wrapped).is_ok()
        };
        assert!(opens(&secret, &host));
        assert!(!opens(&secret, &other_host));
        assert!(!opens(&RecoverySecret::generate(&mut rng), &host));
        let alone = secret.decapsulate(&ephemeral).key_encrypting_key(b"slot");
        assert!(alone.unwrap(b"slot", &wrapped).is_err());
    }

    /// K9: a changed agreement or derivation would lose every backup made before.
    #[test]
    fn an_agreement_made_long_ago_is_still_found() {
        let mut rng = rng();
        let secret = RecoverySecret::<Decrypt>::generate(&mut rng);
        let (ephemeral, _) = secret.public_key().encapsulate(&mut rng);
        let agreed = secret.decapsulate(&ephemeral);
        assert_eq!(
            hex::encode(agreed.0.expose()),
            "fa896ff65e0447ea1371892c590b93a3d0cc1fea2ab8f9e8bc68b0b61f69ecb9"
        );
    }

    #[test]
    fn the_identity_and_other_suites_are_no_recovery_keys() {
        let mut identity = [0; 33];
        identity[0] = Suite::Ristretto255.byte();
        let read = RecoveryKey::<Sign>::from_array;
        assert_eq!(read(identity), Err(KeyError::SmallOrder));
        assert_eq!(read([3; 33]), Err(KeyError::NotAPoint));
        assert_eq!(read([1; 33]), Err(KeyError::WrongSuite(1)));
        assert!(EphemeralPoint::from_array(identity).is_err());
    }
}
