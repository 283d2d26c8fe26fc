//! Everybody who signs: two owners, few keys, so that they meet.
use crate::pinned::{digest, rng};
use kith_protocol::bytes::Salt;
use kith_protocol::keys::role::{AgentPolicy, Approval, ClaimantSealing, ClaimantSigning};
use kith_protocol::keys::{AgreementSecret, RecoverySecret, SigningKey};
use kith_protocol::ledger::RecoveryPolicyBody;
use kith_protocol::policy::{ApprovalTree, Bucket, LaneOpening, seats};
use kith_protocol::time::Millis;
use kith_protocol::vss::{Decrypt, Sign};
use std::sync::LazyLock;

pub(super) const DELAY: Millis = Millis::seconds(1_000);
pub(super) const LIFETIME: Millis = Millis::seconds(5_000);
pub(super) const COOL_DOWN: Millis = Millis::seconds(600);
/// Of three.
pub(super) const THRESHOLD: u8 = 2;
pub(super) const OVERRIDE: u8 = 2;
const TRUSTEES: usize = 3;
const EPOCHS: u32 = 4;

/// An epoch, as its dealer knows it.
pub(super) struct Epoch {
    pub(super) trustees: Vec<SigningKey<Approval>>,
    pub(super) tree: ApprovalTree,
    pub(super) lane: LaneOpening,
    pub(super) signing: RecoverySecret<Sign>,
    pub(super) body: RecoveryPolicyBody,
}

/// An owner: her agents, a thief's among them, and two epochs of each number.
pub(super) struct Owner {
    pub(super) agents: Vec<SigningKey<AgentPolicy>>,
    pub(super) epochs: Vec<Epoch>,
}

/// Somebody who says she is the owner.
pub(super) struct Claimant {
    pub(super) signing: SigningKey<ClaimantSigning>,
    pub(super) sealing: AgreementSecret<ClaimantSealing>,
}

/// Keys that come into leaves, with their salts' bytes.
pub(super) static NEWCOMERS: LazyLock<[SigningKey<Approval>; 3]> =
    LazyLock::new(|| [5_000, 5_001, 5_002].map(|seed| SigningKey::generate(&mut rng(seed))));

pub(super) static OWNERS: LazyLock<[Owner; 2]> = LazyLock::new(|| [owner(0), owner(1)]);
pub(super) static CLAIMANTS: LazyLock<[Claimant; 2]> = LazyLock::new(|| [claimant(0), claimant(1)]);

fn owner(number: u64) -> Owner {
    let agent = |at| SigningKey::generate(&mut rng(1_000 + 100 * number + at));
    let epoch = |at: u32| epoch(1 + at / 2, 2_000 + 100 * number + u64::from(at));
    Owner {
        agents: (0..5).map(agent).collect(),
        epochs: (0..2 * EPOCHS).map(epoch).collect(),
    }
}

fn claimant(number: u64) -> Claimant {
    let mut rng = rng(3_000 + number);
    Claimant {
        signing: SigningKey::generate(&mut rng),
        sealing: AgreementSecret::generate(&mut rng),
    }
}

fn epoch(number: u32, seed: u64) -> Epoch {
    let mut rng = rng(seed);
    let trustees: Vec<SigningKey<Approval>> = (0..TRUSTEES)
        .map(|_| SigningKey::generate(&mut rng))
        .collect();
    let keys: Vec<_> = trustees.iter().map(SigningKey::verifying_key).collect();
    let tree = ApprovalTree::plant(&keys, &seats(TRUSTEES as u8, &mut rng), &mut rng)
        .expect("three trustees");
    let signing = RecoverySecret::<Sign>::generate(&mut rng);
    let lane = LaneOpening {
        lane: 0,
        salt: Salt::random(&mut rng),
        threshold: THRESHOLD,
        delay: DELAY,
        lifetime: LIFETIME,
        cool_down: COOL_DOWN,
        override_threshold: OVERRIDE,
        decrypt_key: RecoverySecret::<Decrypt>::generate(&mut rng).public_key(),
        sign_key: signing.public_key(),
    };
    let body = RecoveryPolicyBody {
        epoch: number,
        lanes: [lane.commitment(), digest("1"), digest("2"), digest("3")],
        longest_delay: Bucket::holding(DELAY).expect("a bucket"),
        longest_lifetime: Bucket::holding(LIFETIME).expect("a bucket"),
        deal_digest: digest("deal"),
        approval_root: tree.root(),
        backup_head: digest(&format!("backup {seed}")),
    };
    Epoch {
        trustees,
        tree,
        lane,
        signing,
        body,
    }
}

/// The epoch with this body.
pub(super) fn epoch_of(body: &RecoveryPolicyBody) -> &'static Epoch {
    let mut all = OWNERS.iter().flat_map(|owner| &owner.epochs);
    all.find(|epoch| epoch.body == *body)
        .expect("nobody else deals here")
}
