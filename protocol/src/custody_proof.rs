//! Custody proofs: what a trustee proves to hold, to whom, and what the owner checks it against.
//!
//! The owner keeps no share, so nothing but her commitments says what a right answer is. A proof is bound
//! to all that its question says: one that was given before, to somebody else, of another epoch, deal or
//! trustee, answers no other question (decision 0027).
use crate::bytes::Digest;
use crate::did::Did;
use crate::keys::role::Approval;
use crate::keys::{VerifyingKey, labels};
use crate::message::share::{Challenge, Commitments, Opened, Proof};
use crate::share_pair::SharePair;
use crate::vss::{self, Claimed, CommitmentError, Holding, ShareIndex, UnverifiedProof};
use rand_core::CryptoRng;

/// The version of the question understood here.
pub const VERSION: u8 = 1;

/// A question as it was asked: of whom, by whom, of which share.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// What was asked.
    pub challenge: &'a Challenge,
    /// Who asks: the DID that the share came from.
    pub owner: &'a Did,
    /// Who is asked: the DID that the share went to.
    pub trustee: &'a Did,
    /// The share's index.
    pub index: ShareIndex,
}

impl Question<'_> {
    /// Every part has its length in front, so no two questions have one digest. The deal's digest covers
    /// policy, epoch and both commitments; with the index it fixes the two public shares.
    fn statement(&self) -> Digest {
        let Challenge {
            version,
            policy,
            epoch,
            deal,
            nonce,
            time,
            backup_head,
            // It is signed by itself, and names what `backup_head` names.
            lodged: _,
        } = self.challenge;
        let head = backup_head.as_ref().map_or(&[][..], |head| &head.0[..]);
        let parts: [&[u8]; 10] = [
            &[*version],
            &policy.0,
            &epoch.to_be_bytes(),
            &deal.0,
            &[self.index.get()],
            self.owner.as_str().as_bytes(),
            self.trustee.as_str().as_bytes(),
            &nonce.0,
            &time.0.to_be_bytes(),
            head,
        ];
        Digest::of(labels::CUSTODY_STATEMENT, &parts)
    }

    /// Answers it: the proof that this very pair is held, index and all.
    ///
    /// # Security
    /// The caller has verified the pair against the commitments of the deal that the question names.
    #[must_use]
    pub fn answer(&self, pair: &SharePair, rng: &mut dyn CryptoRng) -> UnverifiedProof {
        vss::prove(&pair.decrypt, &pair.sign, &self.statement(), rng)
    }

    /// What both signatures of an answer are over: the question and the proof.
    #[must_use]
    pub fn signed_bytes(&self, proof: &UnverifiedProof) -> Vec<u8> {
        [&self.statement().0[..], proof.as_bytes()].concat()
    }

    /// Whether the trustee answered this, and has the approval key.
    #[must_use]
    pub fn is_signed(&self, approval: &VerifyingKey<Approval>, answer: &Proof) -> bool {
        let bytes = self.signed_bytes(&answer.proof);
        let pairwise = self.trustee.evidence_key();
        let evident = pairwise.verify(labels::CUSTODY_ANSWER, &bytes, &answer.signature);
        let approves =
            approval.verify(labels::CUSTODY_APPROVAL, &bytes, &answer.approval_signature);
        evident.is_ok() && approves.is_ok()
    }
}

/// The deal whose shares are asked for.
pub struct Watched {
    policy: Digest,
    epoch: u32,
    deal: Digest,
    commitments: Opened,
}

impl Watched {
    /// A deal by its commitments, checked against its threshold.
    ///
    /// # Errors
    /// [`CommitmentError`] where they are none of that threshold.
    pub fn new(
        policy: Digest,
        epoch: u32,
        commitments: &Commitments,
        threshold: u8,
    ) -> Result<Self, CommitmentError> {
        Ok(Self {
            policy,
            epoch,
            // Computed here and not taken from the question: a proof must be of these commitments.
            deal: commitments.digest(&policy, epoch),
            commitments: commitments.open(threshold)?,
        })
    }

    /// Which answers are right: by one multiscalar multiplication for them all, and one by one only where
    /// that fails, so that the wrong ones are named.
    #[must_use]
    pub fn check_all(
        &self,
        answers: &[(Question<'_>, &UnverifiedProof)],
        rng: &mut dyn CryptoRng,
    ) -> Vec<bool> {
        let claims: Vec<Claimed<'_>> = answers.iter().map(claimed).collect();
        let holding = Holding {
            decrypt: &self.commitments.decrypt,
            sign: &self.commitments.sign,
        };
        let right = holding.verify_all(&claims, rng).into_iter();
        let asked = answers.iter().map(|(question, _)| self.asks(question));
        right
            .zip(asked)
            .map(|(right, asked)| right && asked)
            .collect()
    }

    /// Whether the question is about this deal.
    fn asks(&self, question: &Question<'_>) -> bool {
        let asked = question.challenge;
        asked.version == VERSION
            && (asked.policy, asked.epoch, asked.deal) == (self.policy, self.epoch, self.deal)
    }
}

fn claimed<'a>((question, proof): &(Question<'_>, &'a UnverifiedProof)) -> Claimed<'a> {
    Claimed {
        index: question.index,
        statement: question.statement(),
        proof,
    }
}
