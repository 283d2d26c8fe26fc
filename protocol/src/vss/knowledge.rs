//! Proof of knowledge of both shares of one index, as Schnorr gave it, and the check of many at once.
//!
//! The public share X of an index follows from the commitment: it is the committed polynomial's value
//! there, in the group. Whoever answers a challenge c with z = k + c·x, after having fixed R = kG, knows
//! x. Both shares are proven under one challenge, because a trustee that lost one of them is of no use.
//! The challenge is a hash over the statement and both R, so nobody can choose it.
//!
//! The statement must fix both commitments and the index: see [`crate::custody_proof`], the only caller.

use core::fmt;

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::traits::{IsIdentity as _, VartimeMultiscalarMul as _};
use curve25519_dalek::{RistrettoPoint, Scalar};
use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha512};
use zeroize::Zeroizing;

use super::batch::power_sums;
use super::commitment::Commitment;
use super::participant::random_weight;
use super::point::decompress;
use super::purpose::{Decrypt, Purpose, Sign};
use super::share::{Share, ShareIndex};
use crate::bytes::{Digest, deserialize_array, serialize_array};
use crate::keys::derive::derive;
use crate::keys::{Suite, labels};
use crate::secret::SecretBytes;

const SCALAR: usize = 32;
const LENGTH: usize = 1 + 4 * SCALAR;

/// A proof as it arrives: bytes of which nothing is known.
///
/// Wire form: suite byte, both R, both z; each the decrypting share's first.
#[derive(Clone, PartialEq, Eq)]
pub struct UnverifiedProof([u8; LENGTH]);

impl UnverifiedProof {
    /// Bytes on the wire.
    pub const LENGTH: usize = LENGTH;

    /// Takes bytes as they arrived.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes as they arrived.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }

    fn new(nonces: [[u8; SCALAR]; 2], responses: [Scalar; 2]) -> Self {
        let mut bytes = [Suite::Ristretto255.byte(); LENGTH];
        let responses = responses.map(|response| response.to_bytes());
        let parts = nonces.iter().chain(&responses);
        for (place, part) in bytes[1..].chunks_exact_mut(SCALAR).zip(parts) {
            place.copy_from_slice(part);
        }
        Self(bytes)
    }

    /// Points that are canonical and not the identity, and reduced scalars: each has one spelling.
    fn read(&self) -> Option<Parts> {
        let (suite, rest) = self.0.split_first()?;
        let (parts, _) = rest.as_chunks::<SCALAR>();
        let [r0, r1, z0, z1] = *parts else {
            return None;
        };
        if *suite != Suite::Ristretto255.byte() {
            return None;
        }
        let scalar = |bytes| Scalar::from_canonical_bytes(bytes).into_option();
        Some(Parts {
            encoded: [r0, r1],
            nonces: [decompress(r0)?, decompress(r1)?],
            responses: [scalar(z0)?, scalar(z1)?],
        })
    }
}

impl Serialize for UnverifiedProof {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_array(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for UnverifiedProof {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_array(deserializer).map(Self)
    }
}

impl fmt::Debug for UnverifiedProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnverifiedProof({LENGTH} bytes)")
    }
}

/// A proof that was read.
struct Parts {
    encoded: [[u8; SCALAR]; 2],
    nonces: [RistrettoPoint; 2],
    responses: [Scalar; 2],
}

/// Proves that both shares are here, without saying anything else of them.
///
/// # Security
/// Constant time in the shares and the nonces: base-point multiplications and arithmetic of scalars.
pub(crate) fn prove(
    decrypt: &Share<Decrypt>,
    sign: &Share<Sign>,
    statement: &Digest,
    rng: &mut dyn CryptoRng,
) -> UnverifiedProof {
    let secrets = [decrypt.value(), sign.value()];
    let nonces = nonces(secrets.map(|secret| secret.to_canonical()), statement, rng);
    let points = [&nonces[0], &nonces[1]].map(RistrettoPoint::mul_base);
    let points = points.map(|point| point.compress().to_bytes());
    let challenge = challenge(statement, &points);
    let response = |place: usize| nonces[place] + *secrets[place].times(&challenge);
    UnverifiedProof::new(points, [response(0), response(1)])
}

/// Hedged: from both shares, the statement and fresh randomness. Two challenges with the same nonces
/// would give the shares away; neither a broken source of randomness nor a store that was rolled back
/// brings that about, because another statement gives others, and the same one the same challenge.
fn nonces(
    secrets: [Zeroizing<[u8; SCALAR]>; 2],
    statement: &Digest,
    rng: &mut dyn CryptoRng,
) -> Zeroizing<[Scalar; 2]> {
    let fresh = SecretBytes::<SCALAR>::generate(rng);
    let mut input = Zeroizing::new([0; 3 * SCALAR]);
    let parts = [&*secrets[0], &*secrets[1], fresh.expose()];
    for (place, part) in input.chunks_exact_mut(SCALAR).zip(parts) {
        place.copy_from_slice(part);
    }
    let wide: SecretBytes<128> = derive(&*input, labels::CUSTODY_NONCE, &[statement.as_bytes()]);
    let (halves, _) = wide.expose().as_chunks::<64>();
    let mut nonces = Zeroizing::new([Scalar::ZERO; 2]);
    for (nonce, half) in nonces.iter_mut().zip(halves) {
        *nonce = Scalar::from_bytes_mod_order_wide(half);
    }
    nonces
}

/// All parts after the label have one length each, and no other hash into scalars begins with it.
fn challenge(statement: &Digest, nonces: &[[u8; SCALAR]; 2]) -> Scalar {
    let hash = Sha512::new()
        .chain_update(labels::CUSTODY_CHALLENGE)
        .chain_update(statement.as_bytes())
        .chain_update(nonces[0])
        .chain_update(nonces[1]);
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

/// What somebody claims to know, and the proof.
pub(crate) struct Claimed<'a> {
    /// The shares at this index.
    pub(crate) index: ShareIndex,
    /// For this statement.
    pub(crate) statement: Digest,
    /// The proof.
    pub(crate) proof: &'a UnverifiedProof,
}

/// A claim that was read, with the challenge it answers.
struct Read {
    index: ShareIndex,
    challenge: Scalar,
    parts: Parts,
}

impl Claimed<'_> {
    fn read(&self) -> Option<Read> {
        let parts = self.proof.read()?;
        Some(Read {
            index: self.index,
            challenge: challenge(&self.statement, &parts.encoded),
            parts,
        })
    }
}

/// What the proofs of one deal are checked against. All of it is public, so variable time is fine.
pub(crate) struct Holding<'a> {
    /// The commitment of the decrypting secret.
    pub(crate) decrypt: &'a Commitment<Decrypt>,
    /// The commitment of the signing secret.
    pub(crate) sign: &'a Commitment<Sign>,
}

impl Holding<'_> {
    /// Which of the proofs are right: all at once by a random linear combination, and one by one only
    /// when that fails, to name the wrong ones.
    pub(crate) fn verify_all(&self, claims: &[Claimed<'_>], rng: &mut dyn CryptoRng) -> Vec<bool> {
        let read: Vec<Option<Read>> = claims.iter().map(Claimed::read).collect();
        let readable: Vec<&Read> = read.iter().flatten().collect();
        let all = self.holds_for_all(&readable, rng);
        let right = |read: &Option<Read>| read.as_ref().is_some_and(|read| all || self.holds(read));
        read.iter().map(right).collect()
    }

    /// zG = R + cX, for both.
    fn holds(&self, read: &Read) -> bool {
        holds_at(self.decrypt, read, 0) && holds_at(self.sign, read, 1)
    }

    /// Whether the sum of w (zG - R - cX) over all of them, each with its own random w of 128 bits, is
    /// nothing: a wrong one passes with a chance of 2^-128. As X is the sum of the index's powers times
    /// the committed points, those appear once however many proofs there are.
    fn holds_for_all(&self, read: &[&Read], rng: &mut dyn CryptoRng) -> bool {
        let mut sum = Sum::default();
        sum.add(self.decrypt, read, 0, rng);
        sum.add(self.sign, read, 1, rng);
        sum.vanishes()
    }
}

fn holds_at<P: Purpose>(commitment: &Commitment<P>, read: &Read, place: usize) -> bool {
    let found = RistrettoPoint::vartime_double_scalar_mul_basepoint(
        &-read.challenge,
        &commitment.value_at(read.index),
        &read.parts.responses[place],
    );
    found == read.parts.nonces[place]
}

/// The terms of one multiscalar multiplication.
#[derive(Default)]
struct Sum {
    base: Scalar,
    scalars: Vec<Scalar>,
    points: Vec<RistrettoPoint>,
}

impl Sum {
    fn add<P: Purpose>(
        &mut self,
        commitment: &Commitment<P>,
        read: &[&Read],
        place: usize,
        rng: &mut dyn CryptoRng,
    ) {
        let mut weights = Vec::with_capacity(read.len());
        for one in read {
            let weight = random_weight(rng);
            self.base += weight * one.parts.responses[place];
            self.scalars.push(-weight);
            self.points.push(one.parts.nonces[place]);
            weights.push((one.index.get(), weight * one.challenge));
        }
        let times = power_sums(&weights, commitment.points().len());
        self.scalars.extend(times.iter().map(|times| -times));
        self.points.extend(commitment.points());
    }

    fn vanishes(mut self) -> bool {
        self.scalars.push(self.base);
        self.points.push(RISTRETTO_BASEPOINT_POINT);
        RistrettoPoint::vartime_multiscalar_mul(&self.scalars, &self.points).is_identity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::SecretScalar;
    use crate::vss::{Quorum, deal};
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    /// A generator that has died: it gives the same for ever.
    struct Broken;

    impl rand_core::TryRng for Broken {
        type Error = core::convert::Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            Ok(7)
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            Ok(7)
        }
        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
            bytes.fill(7);
            Ok(())
        }
    }
    impl rand_core::TryCryptoRng for Broken {}

    struct Dealt {
        decrypt: crate::vss::Deal<Decrypt>,
        sign: crate::vss::Deal<Sign>,
        rng: ChaCha20Rng,
    }

    fn dealt(threshold: u8, trustees: u8) -> Dealt {
        let mut rng = ChaCha20Rng::from_seed([trustees; 32]);
        let quorum = Quorum::new(threshold, trustees).unwrap();
        let indices: Vec<ShareIndex> = (1..=trustees).filter_map(ShareIndex::new).collect();
        let secrets = [0, 1].map(|_| SecretScalar::generate(&mut rng));
        Dealt {
            decrypt: deal(&secrets[0], (quorum, &indices), &mut rng).unwrap(),
            sign: deal(&secrets[1], (quorum, &indices), &mut rng).unwrap(),
            rng,
        }
    }

    impl Dealt {
        fn prove(&mut self, place: usize, statement: &Digest) -> UnverifiedProof {
            let (decrypt, sign) = (&self.decrypt.shares[place], &self.sign.shares[place]);
            prove(decrypt, sign, statement, &mut self.rng)
        }

        fn holding(&self) -> Holding<'_> {
            Holding {
                decrypt: &self.decrypt.commitment,
                sign: &self.sign.commitment,
            }
        }

        fn check(&self, claims: &[Claimed<'_>]) -> Vec<bool> {
            let mut rng = ChaCha20Rng::from_seed([9; 32]);
            self.holding().verify_all(claims, &mut rng)
        }
    }

    fn index(place: usize) -> ShareIndex {
        ShareIndex::new(place as u8 + 1).unwrap()
    }

    const STATEMENT: Digest = Digest([4; 32]);

    /// B1: many are right together exactly where each is right alone, and a wrong one is told from
    /// the others, whichever part of it is wrong.
    #[test]
    fn many_proofs_hold_where_each_holds_alone() {
        let mut dealt = dealt(3, 20);
        let proofs: Vec<_> = (0..20)
            .map(|place| dealt.prove(place, &STATEMENT))
            .collect();
        let claims = |proofs: &[UnverifiedProof]| -> Vec<bool> {
            let claims = proofs.iter().enumerate();
            let claims: Vec<_> = claims
                .map(|(place, proof)| Claimed {
                    index: index(place),
                    statement: STATEMENT,
                    proof,
                })
                .collect();
            let together = dealt.check(&claims);
            let alone = claims.iter().map(|claim| {
                let read = claim.read();
                read.is_some_and(|read| dealt.holding().holds(&read))
            });
            assert_eq!(together, alone.collect::<Vec<_>>());
            together
        };
        assert_eq!(claims(&proofs), vec![true; 20]);
        for byte in [0, 1, 33, 65, 97, 128] {
            let mut bent = proofs.clone();
            bent[13].0[byte] ^= 1;
            let mut expected = vec![true; 20];
            expected[13] = false;
            assert_eq!(claims(&bent), expected, "byte {byte}");
        }
        assert_eq!(claims(&[]), Vec::<bool>::new());
    }

    /// Two wrong proofs whose errors cancel each other out pass no check of the plain sum: the weights
    /// keep them apart.
    #[test]
    fn errors_that_cancel_out_are_seen() {
        let mut dealt = dealt(2, 2);
        let mut proofs = [0, 1].map(|place| dealt.prove(place, &STATEMENT));
        for (proof, error) in proofs.iter_mut().zip([Scalar::ONE, -Scalar::ONE]) {
            let parts = proof.read().unwrap();
            let [first, second] = parts.responses;
            *proof = UnverifiedProof::new(parts.encoded, [first + error, second]);
        }
        let claims = [0, 1].map(|place| Claimed {
            index: index(place),
            statement: STATEMENT,
            proof: &proofs[place],
        });
        assert_eq!(dealt.check(&claims), [false, false]);
    }

    /// B1: another index, another statement, the other share twice, or shares of another deal prove
    /// nothing here.
    #[test]
    fn a_proof_speaks_for_its_own_shares_and_statement() {
        let mut dealt = dealt(2, 3);
        let mut others = self::dealt(2, 4);
        let right = dealt.prove(0, &STATEMENT);
        let foreign = others.prove(0, &STATEMENT);
        let torn = prove(
            &dealt.decrypt.shares[0],
            &dealt.sign.shares[1],
            &STATEMENT,
            &mut others.rng,
        );
        let claim = |place, statement, proof| Claimed {
            index: index(place),
            statement,
            proof,
        };
        let claims = [
            claim(0, STATEMENT, &right),
            claim(1, STATEMENT, &right),
            claim(0, Digest([5; 32]), &right),
            claim(0, STATEMENT, &foreign),
            claim(0, STATEMENT, &torn),
        ];
        assert_eq!(dealt.check(&claims), [true, false, false, false, false]);
    }

    /// Of each proof there is one spelling; the identity, points and scalars beyond their bounds and
    /// other suites are refused before anything is computed.
    #[test]
    fn a_second_spelling_of_a_proof_is_refused() {
        let mut dealt = dealt(2, 3);
        let good = dealt.prove(0, &STATEMENT);
        let check = |bytes: [u8; LENGTH]| {
            let proof = UnverifiedProof::from_bytes(bytes);
            dealt.check(&[Claimed {
                index: index(0),
                statement: STATEMENT,
                proof: &proof,
            }])
        };
        assert_eq!(check(good.0), [true]);
        for (from, to, byte) in [
            (0, 1, 0),
            (1, 33, 0),
            (33, 65, 0xff),
            (65, 97, 0xff),
            (97, 129, 0xff),
        ] {
            let mut bent = good.0;
            bent[from..to].fill(byte);
            assert_eq!(check(bent), [false]);
        }
    }

    /// B1: a store that was rolled back and a generator that is broken give no two proofs one nonce,
    /// from which the shares would follow; the same question gets the same proof then.
    #[test]
    fn no_two_statements_share_a_nonce_even_where_randomness_is_broken() {
        let dealt = dealt(2, 3);
        let (decrypt, sign) = (&dealt.decrypt.shares[0], &dealt.sign.shares[0]);
        let proof = |statement: u8| prove(decrypt, sign, &Digest([statement; 32]), &mut Broken);
        let mut seen = Vec::new();
        for statement in 0..32 {
            let parts = proof(statement).read().unwrap();
            seen.extend(parts.encoded);
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 64, "two for each statement");
        assert_eq!(proof(3), proof(3));
    }

    /// With a sound generator the same question is never answered twice alike.
    #[test]
    fn randomness_goes_into_the_nonce() {
        let mut dealt = dealt(2, 3);
        let proofs = [0, 1].map(|_| dealt.prove(0, &STATEMENT));
        assert_ne!(proofs[0], proofs[1]);
    }
}
