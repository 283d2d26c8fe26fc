//! One owner, five trustees, one host, one ledger: everything the samples show fits together, so
//! that a second implementation can check signatures, paths and digests across files.

use kith_protocol::backup::{
    BackupHeader, Draft, Item, Peer, PeerRole, Recipients, Sealed, Supplement, Wallet, container,
    supplement,
};
use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::did::LocalDid;
use kith_protocol::keys::role::{AgentPolicy, Approval, ClaimantSealing, ClaimantSigning};
use kith_protocol::keys::{AgreementSecret, DataKey, RecoverySecret, SigningKey};
use kith_protocol::ledger::{
    Descriptor, OperatorEntry, PolicyCreateBody, Record, RecoveryPolicyBody, RequestBody,
    RequestKind, WitnessEntry,
};
use kith_protocol::message::share::Commitments;
use kith_protocol::policy::{ApprovalPath, ApprovalTree, Bucket, LaneOpening};
use kith_protocol::secret::SecretBytes;
use kith_protocol::share_pair::SharePair;
use kith_protocol::time::{Millis, Timestamp};
use kith_protocol::vss::{Deal, Decrypt, Quorum, ShareIndex, Sign};

use crate::people::{agreement, digest, person, prekey, rng, salt, signing};

pub(crate) const EPOCH: u32 = 1;
pub(crate) const NOW: Timestamp = Timestamp(1_750_000_000_000);
pub(crate) const TRUSTEES: [&str; 5] = ["Bob", "Carol", "Dave", "Erin", "Frank"];
const DAY: u64 = 86_400;

pub(crate) struct Scene {
    pub(crate) descriptor: Descriptor,
    pub(crate) log: Digest,
    pub(crate) agent: SigningKey<AgentPolicy>,
    pub(crate) creation: Record,
    pub(crate) policy: Digest,
    pub(crate) pairs: Vec<SharePair>,
    pub(crate) commitments: Commitments,
    pub(crate) tag: Digest,
    pub(crate) lane: LaneOpening,
    pub(crate) record: RecoveryPolicyBody,
    pub(crate) backup: Sealed,
    /// What sealed it.
    pub(crate) data_key: DataKey,
    tree: ApprovalTree,
}

pub(crate) fn scene() -> Scene {
    let descriptor = descriptor();
    let log = descriptor.id();
    let agent: SigningKey<AgentPolicy> = signing("Alice's agent");
    let creation = creation(&log, &agent);
    let policy = creation.digest(&log);
    let (decrypt, sign) = (deal::<Decrypt>("decrypt"), deal::<Sign>("sign"));
    let commitments = Commitments {
        decrypt: decrypt.commitment.to_wire(),
        sign: sign.commitment.to_wire(),
    };
    let tag = commitments.digest(&policy, EPOCH);
    let lane = lane(&decrypt, &sign);
    let (backup, data_key) = backup(&descriptor, policy, &agent);
    let tree = ApprovalTree::plant(&approvals(), &leaves(), &mut rng("tree")).unwrap();
    Scene {
        record: record(&lane, tag, &tree, &backup),
        pairs: pairs(decrypt, sign),
        descriptor,
        log,
        agent,
        creation,
        policy,
        commitments,
        tag,
        lane,
        backup,
        data_key,
        tree,
    }
}

fn descriptor() -> Descriptor {
    let witness = |name: &str| WitnessEntry {
        name: format!("{name}.example"),
        key: signing(&format!("{name} cosigns")).verifying_key(),
        did: person(name).did().clone(),
    };
    Descriptor {
        origin: "kith.example/log".into(),
        operator: OperatorEntry {
            key: signing("operator").verifying_key(),
            did: person("operator").did().clone(),
        },
        witnesses: ["walter", "wanda", "wim"].map(witness).into(),
        quorum: 2,
        max_faulty: 0,
        single_operator: false,
        successors: Vec::new(),
        max_age: Millis::seconds(DAY),
        max_skew: Millis::seconds(300),
    }
}

fn creation(log: &Digest, agent: &SigningKey<AgentPolicy>) -> Record {
    let body = PolicyCreateBody {
        salt: salt("policy"),
        agent: agent.verifying_key(),
        commitment: None,
        rule: 1,
    };
    Record::create_policy(log, body, agent)
}

fn deal<P: kith_protocol::vss::Purpose>(name: &str) -> Deal<P> {
    let mut rng = rng(name);
    let secret = RecoverySecret::<P>::generate(&mut rng);
    let quorum = Quorum::new(3, 5).unwrap();
    secret.deal_at(quorum, &leaves(), &mut rng).unwrap()
}

fn lane(decrypt: &Deal<Decrypt>, sign: &Deal<Sign>) -> LaneOpening {
    LaneOpening {
        lane: 0,
        salt: salt("lane"),
        threshold: 3,
        delay: Millis::seconds(2 * DAY),
        lifetime: Millis::seconds(7 * DAY),
        cool_down: Millis::seconds(3 * DAY),
        override_threshold: 4,
        decrypt_key: (&decrypt.commitment).into(),
        sign_key: (&sign.commitment).into(),
    }
}

/// Where the trustees' shares and approval keys stand.
fn leaves() -> Vec<ShareIndex> {
    (1..=5).filter_map(ShareIndex::new).collect()
}

fn seat(name: &str) -> ShareIndex {
    let place = TRUSTEES.iter().position(|trustee| *trustee == name);
    leaves()[place.expect("a trustee")]
}

fn approvals() -> Vec<kith_protocol::keys::VerifyingKey<Approval>> {
    TRUSTEES.map(|name| prekey(name, 0).approval).into()
}

fn record(
    lane: &LaneOpening,
    deal_digest: Digest,
    tree: &ApprovalTree,
    backup: &Sealed,
) -> RecoveryPolicyBody {
    RecoveryPolicyBody {
        epoch: EPOCH,
        lanes: [
            lane.commitment(),
            digest("no lane 1"),
            digest("no lane 2"),
            digest("no lane 3"),
        ],
        longest_delay: Bucket::holding(lane.delay).unwrap(),
        longest_lifetime: Bucket::holding(lane.lifetime).unwrap(),
        deal_digest,
        approval_root: tree.root(),
        backup_head: backup.header.digest(),
    }
}

fn pairs(decrypt: Deal<Decrypt>, sign: Deal<Sign>) -> Vec<SharePair> {
    let both = decrypt.shares.into_iter().zip(sign.shares);
    both.map(|(decrypt, sign)| SharePair { decrypt, sign })
        .collect()
}

/// What is protected: two trustees, one host, two items.
pub(crate) fn wallet(descriptor: &Descriptor, policy: Digest) -> Wallet {
    let peer = |name: &str, role| Peer {
        name: name.into(),
        role,
        accepted: false,
        share: (role == PeerRole::Trustee).then(|| seat(name)),
        did: person(name).did().clone(),
        approval: (role == PeerRole::Trustee).then(|| prekey(name, 0).approval),
        prekeys: vec![prekey(name, 1)],
    };
    let item = |name: &str, data: &[u8]| Item {
        name: name.into(),
        data: data.to_vec(),
    };
    Wallet {
        name: "Alice".into(),
        policy,
        descriptor: Blob(descriptor.to_bytes()),
        link_secret: SecretBytes::generate(&mut rng("link secret")),
        peers: vec![
            peer("Bob", PeerRole::Trustee),
            peer("Carol", PeerRole::Trustee),
            peer("Heidi", PeerRole::Host),
        ],
        items: vec![
            item("note", "Grüße an alle".as_bytes()),
            item("key", &digest("a protected key").0),
        ],
    }
}

fn backup(
    descriptor: &Descriptor,
    policy: Digest,
    agent: &SigningKey<AgentPolicy>,
) -> (Sealed, DataKey) {
    let draft = Draft {
        policy,
        epoch: EPOCH,
        sequence: 1,
        previous: Digest([0; 32]),
    };
    let recovery_key = RecoverySecret::<Decrypt>::generate(&mut rng("decrypt")).public_key();
    let to = Recipients {
        recovery_key: &recovery_key,
        hosts: 1,
    };
    let wallet = wallet(descriptor, policy);
    container::seal(&wallet, draft, &to, agent, &mut rng("backup")).unwrap()
}

/// What she changed since the backup was made, sealed.
pub(crate) struct Later {
    pub(crate) header: BackupHeader,
    pub(crate) chunks: Vec<Vec<u8>>,
}

/// The same, open.
pub(crate) fn changes(base: Digest) -> Supplement {
    Supplement {
        base,
        made: NOW,
        items: vec![Item {
            name: "notes".into(),
            data: b"changed since".to_vec(),
        }],
        removed: vec!["old key".into()],
    }
}

impl Scene {
    pub(crate) fn supplement(&self) -> Later {
        let base = &self.backup.header;
        let draft = Draft {
            policy: self.policy,
            epoch: EPOCH,
            sequence: 2,
            previous: base.digest(),
        };
        let keys = (&self.data_key, &self.agent);
        let rng = &mut rng("supplement");
        let changes = changes(base.digest());
        let (header, chunks) = supplement::seal(&changes, (draft, base), keys, rng).unwrap();
        Later { header, chunks }
    }

    pub(crate) fn owner(&self) -> LocalDid {
        person("Alice")
    }

    pub(crate) fn trustee(&self) -> LocalDid {
        person("Bob")
    }

    pub(crate) fn claimant(&self) -> SigningKey<ClaimantSigning> {
        signing("claimant")
    }

    pub(crate) fn claimant_sealing(&self) -> AgreementSecret<ClaimantSealing> {
        agreement("claimant")
    }

    /// Where Bob stands in the approval root.
    pub(crate) fn path(&self) -> ApprovalPath {
        self.tree.path(&prekey("Bob", 0).approval).unwrap()
    }

    /// The claimant's request, with Bob as the sponsor that it names.
    pub(crate) fn request(&self) -> RequestBody {
        RequestBody {
            log: self.log,
            policy: self.policy,
            epoch: EPOCH,
            lane: self.lane.clone(),
            kind: RequestKind::Lost,
            signing: self.claimant().verifying_key(),
            sealing: self.claimant_sealing().public_key(),
            expiry: NOW.after(self.lane.lifetime),
            sponsor: prekey("Bob", 0).approval,
            path: self.path(),
        }
    }
}
