//! An owner, five trustees and a claimant on a bare state, for the tests of the rules.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use kith_protocol::bytes::{Digest, Salt};
use kith_protocol::keys::role::{
    AgentPolicy, Approval, ClaimantSealing, ClaimantSigning, SigningRole,
};
use kith_protocol::keys::{AgreementSecret, RecoverySecret, SigningKey, VerifyingKey};
use kith_protocol::ledger::{
    ApprovalBody, Authorizations, Change, CompleteBody, CompletionKeys, Effect, Invalid, Link,
    OverrideBody, PolicyCreateBody, Record, RecoveryPolicyBody, RepairBody, RequestBody,
    RequestKind, State, Subject, Verdict, check,
};
use kith_protocol::policy::{ApprovalPath, ApprovalTree, Bucket, LaneOpening, Replacement, seats};
use kith_protocol::time::{Millis, Timestamp};
use kith_protocol::vss::{Decrypt, Sign};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

pub const LOG: Digest = Digest([7; 32]);
pub const DELAY: Millis = Millis::seconds(1_000);
pub const LIFETIME: Millis = Millis::seconds(5_000);
pub const COOL_DOWN: Millis = Millis::seconds(600);
/// What the record shows for them: one hour and six.
pub const LONGEST_DELAY: Millis = Millis::seconds(3_600);
pub const LONGEST_LIFETIME: Millis = Millis::seconds(21_600);
pub const START: Timestamp = Timestamp(1_000_000);
/// When requests begin: the first agent had stood for long.
pub const LATER: Timestamp = Timestamp(100_000_000);

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub fn key<R: SigningRole>(seed: u64) -> SigningKey<R> {
    SigningKey::generate(&mut rng(seed))
}

/// The keys of one epoch, as its dealer knows them.
pub struct Epoch {
    pub trustees: Vec<SigningKey<Approval>>,
    pub tree: ApprovalTree,
    pub lane: LaneOpening,
    pub signing: RecoverySecret<Sign>,
    pub body: RecoveryPolicyBody,
}

pub fn epoch(number: u32, seed: u64) -> Epoch {
    epoch_with(number, seed, |_| {})
}

/// An epoch whose lane was changed before it was committed to.
pub fn epoch_with(number: u32, seed: u64, change: impl FnOnce(&mut LaneOpening)) -> Epoch {
    let mut rng = rng(seed);
    let trustees: Vec<SigningKey<Approval>> =
        (0..5).map(|_| SigningKey::generate(&mut rng)).collect();
    let keys: Vec<_> = trustees.iter().map(SigningKey::verifying_key).collect();
    let tree = ApprovalTree::plant(&keys, &seats(5, &mut rng), &mut rng).unwrap();
    let signing = RecoverySecret::<Sign>::generate(&mut rng);
    let mut lane = LaneOpening {
        lane: 0,
        salt: Salt::random(&mut rng),
        threshold: 3,
        delay: DELAY,
        lifetime: LIFETIME,
        cool_down: COOL_DOWN,
        override_threshold: 4,
        decrypt_key: RecoverySecret::<Decrypt>::generate(&mut rng).public_key(),
        sign_key: signing.public_key(),
    };
    change(&mut lane);
    let random = |byte| Digest([byte; 32]);
    let body = RecoveryPolicyBody {
        epoch: number,
        lanes: [lane.commitment(), random(1), random(2), random(3)],
        longest_delay: Bucket::holding(DELAY).unwrap(),
        longest_lifetime: Bucket::holding(LIFETIME).unwrap(),
        deal_digest: random(4),
        approval_root: tree.root(),
        backup_head: random(5),
    };
    Epoch {
        trustees,
        tree,
        lane,
        signing,
        body,
    }
}

pub struct World {
    pub log: Digest,
    pub state: State,
    pub policy: Digest,
    pub owner: SigningKey<AgentPolicy>,
    pub claimant: SigningKey<ClaimantSigning>,
    pub sealing: AgreementSecret<ClaimantSealing>,
    pub heir: SigningKey<AgentPolicy>,
    pub epoch: Epoch,
}

impl World {
    /// A policy with its first agent and no epoch.
    pub fn founded() -> Self {
        Self::founded_on(LOG, 1).0
    }

    /// The same on another log, with the record that began it.
    pub fn founded_on(log: Digest, owner: u64) -> (Self, Record) {
        let owner = key(owner);
        let created = Record::create_policy(&log, creation_body(&owner), &owner);
        let mut state = State::new(log);
        state.apply(&check(&state, &created, START).unwrap());
        let world = Self {
            log,
            state,
            policy: created.digest(&log),
            owner,
            claimant: key(2),
            sealing: AgreementSecret::generate(&mut rng(3)),
            heir: key(4),
            epoch: epoch(1, 5),
        };
        (world, created)
    }

    /// The same with epoch 1 active.
    pub fn protected() -> Self {
        let mut world = Self::founded();
        let record = world.dealt(&world.epoch.body);
        world.put(&record, START).unwrap();
        world
    }

    /// The same with a request anchored at [`LATER`].
    pub fn asked() -> (Self, Digest) {
        let mut world = Self::protected();
        let record = world.request(0);
        world.put(&record, LATER).unwrap();
        let id = id_of(&record);
        (world, id)
    }

    /// The same with the lane full at [`LATER`].
    pub fn approved() -> (Self, Digest) {
        let (mut world, id) = Self::asked();
        for trustee in 0..3 {
            world.say(trustee, Verdict::Approve, LATER).unwrap();
        }
        (world, id)
    }

    pub fn put(&mut self, record: &Record, time: Timestamp) -> Result<Effect, Invalid> {
        let effect = check(&self.state, record, time)?;
        self.state.apply(&effect);
        Ok(effect)
    }

    pub fn refused(&self, record: &Record, time: Timestamp) -> Invalid {
        check(&self.state, record, time).unwrap_err()
    }

    pub fn link(&self) -> Link {
        self.state.next_link(&self.policy).unwrap()
    }

    pub fn dealt(&self, body: &RecoveryPolicyBody) -> Record {
        Record::recovery_policy(&self.log, self.link(), body.clone(), &self.owner)
    }

    pub fn grant(&self, agent: &SigningKey<AgentPolicy>, authorizations: Authorizations) -> Record {
        let change = granting(agent, authorizations);
        Record::update_policy(&self.log, self.link(), change, &self.owner)
    }

    pub fn revoke(&self, agent: &SigningKey<AgentPolicy>, by: &SigningKey<AgentPolicy>) -> Record {
        let change = Change::Revoke {
            agent: agent.verifying_key(),
        };
        Record::update_policy(&self.log, self.link(), change, by)
    }

    pub fn request_body(&self, sponsor: usize) -> RequestBody {
        let sponsor = self.epoch.trustees[sponsor].verifying_key();
        RequestBody {
            log: self.log,
            policy: self.policy,
            epoch: self.epoch.body.epoch,
            lane: self.epoch.lane.clone(),
            kind: RequestKind::Lost,
            signing: self.claimant.verifying_key(),
            sealing: self.sealing.public_key(),
            expiry: LATER.after(LIFETIME),
            sponsor,
            path: self.epoch.tree.path(&sponsor).unwrap(),
        }
    }

    pub fn request(&self, sponsor: usize) -> Record {
        self.request_of(self.request_body(sponsor), sponsor)
    }

    pub fn request_of(&self, body: RequestBody, sponsor: usize) -> Record {
        Record::request(body, &self.claimant).sponsored(&self.log, &self.epoch.trustees[sponsor])
    }

    /// Of the leaf of the trustee at `gone`, for the key and salt of a number.
    pub fn repair_body(&self, gone: usize, sponsor: usize, new: u64) -> RepairBody {
        let gone = self.epoch.trustees[gone].verifying_key();
        let (key, salt) = newcomer(new);
        RepairBody {
            request: self.request_body(sponsor),
            gone,
            replacement: Replacement {
                path: self.path(&gone),
                leaf: Replacement::leaf(&salt, &key.verifying_key()),
            },
        }
    }

    /// The path of a trustee of the epoch in the tree as it is by now.
    pub fn path(&self, key: &VerifyingKey<Approval>) -> ApprovalPath {
        let dealt = self.epoch.tree.path(key).unwrap();
        let until = self.state.replaced(&self.policy, LATER);
        let path = self
            .state
            .path_after(&self.policy, (&dealt, 0), (until, LATER));
        path.unwrap_or(dealt)
    }

    pub fn repair_of(&self, body: RepairBody, sponsor: usize) -> Record {
        Record::repair(body, &self.claimant).sponsored(&self.log, &self.epoch.trustees[sponsor])
    }

    /// What a trustee says on any request or repair, with its path in the tree as it is by now.
    pub fn verdict_on(&self, id: Digest, trustee: usize, verdict: Verdict) -> Record {
        let secret = &self.epoch.trustees[trustee];
        let key = secret.verifying_key();
        let (seq, _) = self.state.next_verdict(&id, &key).unwrap();
        let path = self.path(&key);
        let body = ApprovalBody { key, path, verdict };
        Record::approval(&self.log, (id, seq), body, secret)
    }

    pub fn closing(&self, repair: Digest, new: u64) -> Record {
        let (key, salt) = newcomer(new);
        Record::repaired((&self.log, repair), salt, &self.claimant, &key)
    }

    pub fn id(&self) -> Digest {
        self.request_body(0).id()
    }

    pub fn verdict(&self, trustee: usize, verdict: Verdict) -> Record {
        let secret = &self.epoch.trustees[trustee];
        let key = secret.verifying_key();
        let path = self.epoch.tree.path(&key).unwrap();
        let (seq, _) = self.state.next_verdict(&self.id(), &key).unwrap();
        Record::approval(
            &self.log,
            (self.id(), seq),
            ApprovalBody { key, path, verdict },
            secret,
        )
    }

    pub fn say(
        &mut self,
        trustee: usize,
        verdict: Verdict,
        time: Timestamp,
    ) -> Result<Effect, Invalid> {
        let record = self.verdict(trustee, verdict);
        self.put(&record, time)
    }

    pub fn veto(&self, agent: &SigningKey<AgentPolicy>) -> Record {
        Record::veto(&self.log, Subject::Request(self.id()), agent)
    }

    pub fn overriding(&self, agent: &SigningKey<AgentPolicy>, trustee: usize) -> Record {
        let secret = &self.epoch.trustees[trustee];
        let body = OverrideBody {
            agent: agent.verifying_key(),
            key: secret.verifying_key(),
        };
        Record::overriding(&self.log, self.id(), body, secret)
    }

    pub fn completion(&self) -> Record {
        let next = epoch(self.epoch.body.epoch + 1, 50).body;
        self.completion_of(CompleteBody {
            agent: self.heir.verifying_key(),
            commitment: None,
            next,
        })
    }

    pub fn completion_of(&self, body: CompleteBody) -> Record {
        let keys = CompletionKeys {
            recovery: &self.epoch.signing,
            claimant: &self.claimant,
            agent: &self.heir,
        };
        Record::complete((&self.log, self.id()), body, &keys, &mut rng(60))
    }
}

/// The key and salt that come into a leaf.
pub fn newcomer(number: u64) -> (SigningKey<Approval>, Salt) {
    (key(number), Salt([number as u8; 32]))
}

pub fn creation(owner: &SigningKey<AgentPolicy>) -> Record {
    Record::create_policy(&LOG, creation_body(owner), owner)
}

pub fn creation_body(owner: &SigningKey<AgentPolicy>) -> PolicyCreateBody {
    PolicyCreateBody {
        salt: Salt([9; 32]),
        agent: owner.verifying_key(),
        commitment: None,
        rule: 1,
    }
}

pub fn granting(agent: &SigningKey<AgentPolicy>, authorizations: Authorizations) -> Change {
    Change::Grant {
        agent: agent.verifying_key(),
        authorizations,
        commitment: None,
    }
}

pub fn id_of(record: &Record) -> Digest {
    match record.subject {
        Subject::Request(id) => id,
        _ => panic!("not about a request"),
    }
}

/// When the delay of a lane that became full at [`LATER`] is over.
pub fn over() -> Timestamp {
    LATER.after(DELAY)
}

pub fn just_before(time: Timestamp) -> Timestamp {
    Timestamp(time.0 - 1)
}
