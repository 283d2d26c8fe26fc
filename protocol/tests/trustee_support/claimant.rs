//! A claimant as a script: her keys, her request, her part of the words.
use super::ledger::Ledger;
use super::owner::Deal;
use super::world::World;
use kith_protocol::bytes::{Blob, Digest, Nonce32};
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::keys::role::{AgentPolicy, ClaimantSealing, ClaimantSigning};
use kith_protocol::keys::{AgreementSecret, SigningKey, labels};
use kith_protocol::ledger::{
    ApprovalBody, CompleteBody, CompletionKeys, Record, RequestBody, RequestKind, Subject, Verdict,
};
use kith_protocol::message::invitation::{GOAL_RECOVERY, Invitation, LINK_BASE};
use kith_protocol::message::recovery::{Challenge, Release, Request};
use kith_protocol::message::setup::Prekey;
use kith_protocol::message::share::{Authority, Store};
use kith_protocol::message::{Body, Empty, Outgoing};
use kith_protocol::share_pair::{SharePair, release_context};
use kith_protocol::time::Timestamp;
use kith_protocol::trustee::command::{Answer, Command, RequestView};
use kith_protocol::words::{Occasion, Speaker, Transcript};
use rand_chacha::ChaCha20Rng;

pub struct Claimant {
    pub rng: ChaCha20Rng,
    pub did: LocalDid,
    pub signing: SigningKey<ClaimantSigning>,
    pub sealing: AgreementSecret<ClaimantSealing>,
    pub nonce: Nonce32,
    pub kind: RequestKind,
    pub expiry: Timestamp,
}

impl Claimant {
    pub fn new(seed: u64, expiry: Timestamp) -> Self {
        let mut rng = super::rng(seed);
        Self {
            did: LocalDid::generate_did_key(&mut rng),
            signing: SigningKey::generate(&mut rng),
            sealing: AgreementSecret::generate(&mut rng),
            nonce: Nonce32::random(&mut rng),
            kind: RequestKind::Lost,
            expiry,
            rng,
        }
    }

    pub fn link(&self, now: Timestamp) -> String {
        let invitation = Invitation {
            id: self.nonce.to_string()[..32].into(),
            from: self.did.did().clone(),
            goal: GOAL_RECOVERY.into(),
            label: "Alice".into(),
            expires: now.seconds() + 600,
            offer: None,
        };
        invitation.to_link(LINK_BASE)
    }

    pub fn body(&self, log: Digest, challenge: &Challenge) -> RequestBody {
        RequestBody {
            log,
            policy: challenge.policy,
            epoch: challenge.epoch,
            lane: challenge.lane.clone(),
            kind: self.kind,
            signing: self.signing.verifying_key(),
            sealing: self.sealing.public_key(),
            expiry: self.expiry,
            sponsor: challenge.approval,
            path: challenge.path.clone(),
        }
    }

    pub fn request(&self, body: RequestBody) -> Request {
        let record = Record::request(body, &self.signing);
        Request {
            record: Blob(record.to_bytes()),
            nonce: self.nonce,
        }
    }

    pub fn words(
        &self,
        body: &RequestBody,
        trustee: &Did,
        nonce: Nonce32,
        speaker: Speaker,
    ) -> String {
        let transcript = Transcript {
            occasion: Occasion::Recovery,
            owner: self.did.did().clone(),
            trustee: trustee.clone(),
            owner_nonce: self.nonce,
            trustee_nonce: nonce,
            ledger: body.log,
            policy: body.policy,
            request: Some(body.id()),
        };
        transcript.spoken_by(speaker)
    }

    /// The released share, opened and checked.
    pub fn open(&self, deal: &Deal, from: &Did, release: &Release) -> SharePair {
        from.evidence_key()
            .verify(labels::RELEASE, &release.signed_bytes(), &release.signature)
            .unwrap();
        let context = release_context(&release.request, &deal.record.deal_digest, from);
        let pair = SharePair::open(&self.sealing, &context, &release.sealed).unwrap();
        pair.verify(&release.commitments.open(deal.lane.threshold).unwrap())
            .unwrap();
        pair
    }

    /// A store by the claimant's right.
    pub fn store(
        &mut self,
        deal: &Deal,
        way: (&Digest, &Did),
        request: Digest,
        prekey: &Prekey,
    ) -> Store {
        let (policy, to) = way;
        let mut store = deal.store(policy, (self.did.did(), to), prekey, &mut self.rng);
        let signature = self.signing.sign(labels::STORE, &store.signed_bytes());
        store.authority = Authority::Claimant { request, signature };
        store
    }
}

/// A session under way: what the test knows of it.
pub struct Asked {
    pub claimant: Claimant,
    pub deal: Deal,
    pub id: String,
    pub body: RequestBody,
    /// The trustee's DID of the recovery connection.
    pub trustee: Did,
}

impl Asked {
    pub fn request(&self) -> Digest {
        self.body.id()
    }

    /// A verdict of another trustee, straight to the ledger.
    pub fn other(&self, number: usize, verdict: Verdict, ledger: &mut Ledger, now: Timestamp) {
        let secret = &self.deal.others[number];
        let key = secret.verifying_key();
        let path = self.deal.tree.path(&key).unwrap();
        let (seq, _) = ledger.state.next_verdict(&self.request(), &key).unwrap();
        let body = ApprovalBody { key, path, verdict };
        ledger.admit(
            &Record::approval(&ledger.log(), (self.request(), seq), body, secret),
            now,
        );
    }

    pub fn veto(&self, agent: &SigningKey<AgentPolicy>, ledger: &Ledger) -> Record {
        Record::veto(&ledger.log(), Subject::Request(self.request()), agent)
    }

    /// The record that ends the recovery with this next epoch.
    pub fn complete(&mut self, next: &Deal, ledger: &Ledger) -> (Record, SigningKey<AgentPolicy>) {
        let agent = SigningKey::generate(&mut self.claimant.rng);
        let body = CompleteBody {
            agent: agent.verifying_key(),
            commitment: None,
            next: next.record.clone(),
        };
        let keys = CompletionKeys {
            recovery: &self.deal.sign,
            claimant: &self.claimant.signing,
            agent: &agent,
        };
        let record = Record::complete(
            (&ledger.log(), self.request()),
            body,
            &keys,
            &mut self.claimant.rng,
        );
        (record, agent)
    }
}

impl World {
    /// The link opened, the challenge out.
    pub fn challenged(&mut self, claimant: &Claimant) -> (Outgoing, Challenge) {
        let link = claimant.link(self.trustee.now);
        self.command(Command::RequestOpen {
            link,
            owner: "Alice".into(),
        })
        .unwrap();
        let sent = self
            .trustee
            .last(|body| matches!(body, Body::RecoveryChallenge(_)))
            .unwrap();
        let Body::RecoveryChallenge(challenge) = sent.body.clone() else {
            panic!()
        };
        (sent, challenge)
    }

    pub fn claimant(&self, seed: u64) -> Claimant {
        Claimant::new(seed, self.trustee.now.after(super::LIFETIME))
    }

    pub fn requests(&mut self) -> Vec<RequestView> {
        let Ok(Answer::Requests { list }) = self.command(Command::RequestList) else {
            panic!()
        };
        list
    }

    /// The newest session.
    pub fn session(&mut self) -> RequestView {
        self.requests().pop().unwrap()
    }

    /// Up to the words; gives what the claimant will say.
    pub fn asked(&mut self, deal: Deal, claimant: Claimant) -> (Asked, String) {
        let (sent, challenge) = self.challenged(&claimant);
        let body = claimant.body(self.ledger.log(), &challenge);
        self.reply(&sent, Body::RecoveryRequest(claimant.request(body.clone())));
        let reveal = self
            .trustee
            .last(|body| matches!(body, Body::WordsReveal(_)))
            .unwrap();
        let Body::WordsReveal(opened) = &reveal.body else {
            panic!()
        };
        let said = claimant.words(&body, &sent.from, opened.nonce, Speaker::Owner);
        self.reply(&reveal, Body::Empty(Empty {}));
        let id = self.session().id;
        (
            Asked {
                claimant,
                deal,
                id,
                body,
                trustee: sent.from,
            },
            said,
        )
    }

    pub fn verify(
        &mut self,
        asked: &Asked,
        words: &str,
    ) -> Result<Answer, kith_protocol::error::CommandError> {
        self.command(Command::RequestVerify {
            id: asked.id.clone(),
            words: words.into(),
        })
    }

    pub fn approve(&mut self, asked: &Asked) -> Result<Answer, kith_protocol::error::CommandError> {
        self.command(Command::RequestApprove {
            id: asked.id.clone(),
        })
    }

    /// Verified and approved, the lane full with another trustee's approval.
    pub fn full(&mut self) -> Asked {
        let deal = self.protect(1);
        let claimant = self.claimant(900);
        let (asked, said) = self.asked(deal, claimant);
        self.verify(&asked, &said).unwrap();
        self.approve(&asked).unwrap();
        asked.other(0, Verdict::Approve, &mut self.ledger, self.trustee.now);
        self.hint(1);
        asked
    }

    pub fn release(&self) -> Option<(Outgoing, Release)> {
        let sent = self
            .trustee
            .last(|body| matches!(body, Body::RecoveryRelease(_)))?;
        let Body::RecoveryRelease(release) = sent.body.clone() else {
            panic!()
        };
        Some((sent, release))
    }
}
