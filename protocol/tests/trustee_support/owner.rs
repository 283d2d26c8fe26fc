//! An owner as a script: her keys, her deals.
use super::ledger::Ledger;
use kith_protocol::bytes::{Blob, Digest, Nonce32, Salt};
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::keys::role::{AgentPolicy, Approval};
use kith_protocol::keys::{RecoverySecret, SigningKey, VerifyingKey, labels};
use kith_protocol::ledger::{PolicyCreateBody, Record, RecoveryPolicyBody};
use kith_protocol::message::invitation::{GOAL_HOST, GOAL_TRUSTEE, Invitation, LINK_BASE};
use kith_protocol::message::setup::{Capability, Offer, Prekey};
use kith_protocol::message::share::{Authority, Commitments, Store};
use kith_protocol::policy::{ApprovalTree, Bucket, LaneOpening};
use kith_protocol::share_pair::{SharePair, store_context};
use kith_protocol::time::Timestamp;
use kith_protocol::vss::{Decrypt, Quorum, ShareIndex, Sign};
use kith_protocol::words::{Occasion, Speaker, Transcript};
use rand_chacha::ChaCha20Rng;

pub struct Owner {
    /// What she calls herself.
    pub name: String,
    pub rng: ChaCha20Rng,
    pub did: LocalDid,
    pub nonce: Nonce32,
    pub agent: SigningKey<AgentPolicy>,
    pub policy: Digest,
    /// The trustee's DID, once it has accepted.
    pub trustee: Option<Did>,
    pub prekeys: Vec<Prekey>,
}

/// One epoch as its dealer knows it.
pub struct Deal {
    pub lane: LaneOpening,
    pub commitments: Commitments,
    pub record: RecoveryPolicyBody,
    pub tree: ApprovalTree,
    /// The approval key of the trustee under test.
    pub approval: VerifyingKey<Approval>,
    /// Approval keys of trustees that exist as keys only.
    pub others: Vec<SigningKey<Approval>>,
    pub shares: Vec<SharePair>,
    pub decrypt: RecoverySecret<Decrypt>,
    pub sign: RecoverySecret<Sign>,
}

impl Owner {
    pub fn new(seed: u64, ledger: &mut Ledger, now: Timestamp) -> Self {
        let mut rng = super::rng(seed);
        let agent = SigningKey::generate(&mut rng);
        let body = PolicyCreateBody {
            salt: Salt::random(&mut rng),
            agent: agent.verifying_key(),
            commitment: None,
            rule: 1,
        };
        let created = Record::create_policy(&ledger.log(), body, &agent);
        ledger.admit(&created, now);
        Self {
            name: "Alice".into(),
            did: LocalDid::generate_did_key(&mut rng),
            nonce: Nonce32::random(&mut rng),
            policy: created.digest(&ledger.log()),
            agent,
            trustee: None,
            prekeys: Vec::new(),
            rng,
        }
    }

    pub fn invitation(
        &self,
        capability: Capability,
        ledger: &Ledger,
        now: Timestamp,
    ) -> Invitation {
        let goal = match capability {
            Capability::RecoveryShare => GOAL_TRUSTEE,
            Capability::BackupHost => GOAL_HOST,
        };
        Invitation {
            id: self.nonce.0[..16]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            from: self.did.did().clone(),
            goal: goal.into(),
            label: self.name.clone(),
            expires: now.seconds() + 600,
            offer: Some(Offer {
                label: self.name.clone(),
                capabilities: vec![capability],
                policy: self.policy,
                ledger: ledger.log(),
            }),
        }
    }

    pub fn link(&self, capability: Capability, ledger: &Ledger, now: Timestamp) -> String {
        self.invitation(capability, ledger, now).to_link(LINK_BASE)
    }

    /// The words both sides must come to.
    pub fn words(&self, trustee_nonce: Nonce32, ledger: &Ledger, speaker: Speaker) -> String {
        let transcript = Transcript {
            occasion: Occasion::Enrolment,
            owner: self.did.did().clone(),
            trustee: self.trustee.clone().unwrap(),
            owner_nonce: self.nonce,
            trustee_nonce,
            ledger: ledger.log(),
            policy: self.policy,
            request: None,
        };
        transcript.spoken_by(speaker)
    }

    /// Deals an epoch, 2 of 3: the trustee under test has the first share.
    pub fn deal(&mut self, epoch: u32, trustee: &VerifyingKey<Approval>) -> Deal {
        Deal::new(&self.policy, epoch, trustee, &mut self.rng)
    }

    /// The message that brings the first share.
    pub fn store(&mut self, deal: &Deal, prekey: &Prekey) -> Store {
        let to = self.trustee.clone().unwrap();
        let mut store = deal.store(&self.policy, (self.did.did(), &to), prekey, &mut self.rng);
        self.sign(&mut store);
        store
    }

    pub fn sign(&self, store: &mut Store) {
        let signature = self.agent.sign(labels::STORE, &store.signed_bytes());
        store.authority = Authority::Agent {
            key: self.agent.verifying_key(),
            signature,
        };
    }

    /// Anchors a deal.
    pub fn anchor(&self, deal: &Deal, ledger: &mut Ledger, now: Timestamp) {
        let link = ledger.state.next_link(&self.policy).unwrap();
        let record = Record::recovery_policy(&ledger.log(), link, deal.record.clone(), &self.agent);
        ledger.admit(&record, now);
    }
}

impl Deal {
    pub fn new(
        policy: &Digest,
        epoch: u32,
        trustee: &VerifyingKey<Approval>,
        rng: &mut ChaCha20Rng,
    ) -> Self {
        let quorum = Quorum::new(2, 3).unwrap();
        let (decrypt, sign) = (
            RecoverySecret::<Decrypt>::generate(rng),
            RecoverySecret::<Sign>::generate(rng),
        );
        let seats = [1, 2, 3].map(|seat| ShareIndex::new(seat).unwrap());
        let (to_decrypt, to_sign) = (
            decrypt.deal_at(quorum, &seats, rng).unwrap(),
            sign.deal_at(quorum, &seats, rng).unwrap(),
        );
        let commitments = Commitments {
            decrypt: to_decrypt.commitment.to_wire(),
            sign: to_sign.commitment.to_wire(),
        };
        let others: Vec<SigningKey<Approval>> = (0..2).map(|_| SigningKey::generate(rng)).collect();
        let keys: Vec<_> = core::iter::once(*trustee)
            .chain(others.iter().map(SigningKey::verifying_key))
            .collect();
        let tree = ApprovalTree::plant(&keys, &seats, rng).unwrap();
        let lane = LaneOpening {
            lane: 0,
            salt: Salt::random(rng),
            threshold: 2,
            delay: super::DELAY,
            lifetime: super::LIFETIME,
            cool_down: super::COOL_DOWN,
            override_threshold: 2,
            decrypt_key: decrypt.public_key(),
            sign_key: sign.public_key(),
        };
        let record = RecoveryPolicyBody {
            epoch,
            lanes: [
                lane.commitment(),
                Digest([1; 32]),
                Digest([2; 32]),
                Digest([3; 32]),
            ],
            longest_delay: Bucket::holding(super::DELAY).unwrap(),
            longest_lifetime: Bucket::holding(super::LIFETIME).unwrap(),
            deal_digest: commitments.digest(policy, epoch),
            approval_root: tree.root(),
            backup_head: Digest([5; 32]),
        };
        let pairs = to_decrypt.shares.into_iter().zip(to_sign.shares);
        let shares = pairs
            .map(|(decrypt, sign)| SharePair { decrypt, sign })
            .collect();
        Self {
            lane,
            commitments,
            record,
            tree,
            approval: *trustee,
            others,
            shares,
            decrypt,
            sign,
        }
    }

    /// A `store` with the first share, not signed by anybody yet.
    pub fn store(
        &self,
        policy: &Digest,
        way: (&Did, &Did),
        prekey: &Prekey,
        rng: &mut ChaCha20Rng,
    ) -> Store {
        let (from, to) = way;
        let tag = self.record.deal_digest;
        let epoch = self.record.epoch;
        let context = store_context(policy, epoch, &tag, to);
        let blank = SigningKey::<AgentPolicy>::generate(rng);
        Store {
            version: 1,
            source_did: from.clone(),
            policy: *policy,
            tag,
            epoch,
            commitments: self.commitments.clone(),
            lane: self.lane.clone(),
            record: self.record.clone(),
            path: self.tree.path(&prekey.approval).unwrap(),
            prekey: prekey.number,
            sealed: self.shares[0].seal(&prekey.sealing, &context, rng).unwrap(),
            hosts: Vec::new(),
            refreshes: None,
            authority: Authority::Agent {
                key: blank.verifying_key(),
                signature: blank.sign("none", &[]),
            },
        }
    }

    pub fn descriptor_blob(ledger: &Ledger) -> Blob {
        Blob(ledger.descriptor.to_bytes())
    }
}
