//! Things to show to checkers in their own tests: that each can fail.
use crate::node::NodeId;
use crate::oracle::{Anchored, Oracle};
use crate::scenario::{Options, Scenario, plan::Plan};
use crate::story::Story;
use crate::world::World;
use kith_protocol::bytes::{Blob, Digest, Salt};
use kith_protocol::did::LocalDid;
use kith_protocol::keys::role::{
    AgentPolicy, Approval, ClaimantSealing, ClaimantSigning, ShareSealing,
};
use kith_protocol::keys::{
    AgreementSecret, RecoveryKey, RecoverySecret, SigningKey, VerifyingKey, labels,
};
use kith_protocol::ledger::{
    ApprovalBody, NO_PREV, Record, RecordBody, RecoveryPolicyBody, RequestBody, RequestKind,
    Subject, Verdict,
};
use kith_protocol::message::ledger::Page;
use kith_protocol::message::recovery::Release;
use kith_protocol::message::setup::Prekey;
use kith_protocol::message::share::{Authority, Commitments, Receipt, Store, Stored};
use kith_protocol::message::{Body, Outgoing, Received};
use kith_protocol::policy::{ApprovalPath, Bucket, LANES, LaneOpening};
use kith_protocol::share_pair::{SharePair, store_context};
use kith_protocol::time::{Millis, Timestamp};
use kith_protocol::vss::{Decrypt, Quorum, Sign};
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng as _;

fn rng() -> ChaCha12Rng {
    ChaCha12Rng::seed_from_u64(4)
}

fn path() -> ApprovalPath {
    ApprovalPath {
        salt: Salt([3; 32]),
        position: 0,
        siblings: [Digest([4; 32]); 8],
    }
}

fn lane(decrypt_key: RecoveryKey<Decrypt>, sign_key: RecoveryKey<Sign>) -> LaneOpening {
    LaneOpening {
        lane: 0,
        salt: Salt([5; 32]),
        threshold: 2,
        delay: Millis::seconds(600),
        lifetime: Millis::seconds(86_400),
        cool_down: Millis::seconds(60),
        override_threshold: 2,
        decrypt_key,
        sign_key,
    }
}

/// A share as an honest dealer sends it, and its receipt.
pub(super) fn receipt() -> (Received, Body) {
    let rng = &mut rng();
    let dealer = LocalDid::generate(None, rng);
    let trustee = LocalDid::generate(None, rng);
    let quorum = Quorum::new(2, 3).expect("two of three");
    let decrypt = RecoverySecret::<Decrypt>::generate(rng);
    let decrypt = decrypt.deal(quorum, rng).expect("a deal");
    let sign = RecoverySecret::<Sign>::generate(rng);
    let sign = sign.deal(quorum, rng).expect("a deal");
    let lane = lane(
        RecoveryKey::from(&decrypt.commitment),
        RecoveryKey::from(&sign.commitment),
    );
    let commitments = Commitments {
        decrypt: decrypt.commitment.to_wire(),
        sign: sign.commitment.to_wire(),
    };
    let (policy, epoch) = (Digest([6; 32]), 1);
    let tag = commitments.digest(&policy, epoch);
    let mut lanes = [Digest([0; 32]); LANES];
    lanes[0] = lane.commitment();
    let record = RecoveryPolicyBody {
        epoch,
        lanes,
        longest_delay: Bucket::holding(lane.delay).expect("short"),
        longest_lifetime: Bucket::holding(lane.lifetime).expect("short"),
        deal_digest: tag,
        approval_root: Digest([7; 32]),
        backup_head: Digest([8; 32]),
    };
    let pair = SharePair {
        decrypt: decrypt.shares.into_iter().next().expect("a share"),
        sign: sign.shares.into_iter().next().expect("a share"),
    };
    let sealing = AgreementSecret::<ShareSealing>::generate(rng);
    let context = store_context(&policy, epoch, &tag, trustee.did());
    let index = pair.index().get();
    let agent = SigningKey::<AgentPolicy>::generate(rng);
    let store = Store {
        version: 1,
        source_did: dealer.did().clone(),
        policy,
        tag,
        epoch,
        commitments,
        lane,
        record,
        path: path(),
        prekey: 0,
        sealed: pair
            .seal(&sealing.public_key(), &context, rng)
            .expect("a good key"),
        hosts: Vec::new(),
        refreshes: None,
        authority: Authority::Agent {
            key: agent.verifying_key(),
            signature: agent.sign(labels::STORE, b""),
        },
    };
    let receipt = Receipt {
        policy,
        epoch,
        deal: tag,
        index,
    };
    let stored = Stored {
        signature: trustee.sign_evidence(labels::RECEIPT, &receipt.signed_bytes()),
        receipt,
        next: Prekey {
            number: 1,
            approval: SigningKey::<Approval>::generate(rng).verifying_key(),
            sealing: sealing.public_key(),
        },
        spare: Vec::new(),
    };
    let asked = Received {
        from: dealer.did().clone(),
        to: trustee.did().clone(),
        id: "0123456789abcdef".into(),
        thid: None,
        pthid: None,
        body: Body::ShareStore(store),
    };
    (asked, Body::ShareStored(stored))
}

/// A request.
pub(super) fn request() -> RequestBody {
    let rng = &mut rng();
    RequestBody {
        log: Digest([1; 32]),
        policy: Digest([6; 32]),
        epoch: 1,
        lane: lane(
            RecoverySecret::<Decrypt>::generate(rng).public_key(),
            RecoverySecret::<Sign>::generate(rng).public_key(),
        ),
        kind: RequestKind::Lost,
        signing: SigningKey::<ClaimantSigning>::generate(rng).verifying_key(),
        sealing: AgreementSecret::<ClaimantSealing>::generate(rng).public_key(),
        expiry: Timestamp(1_000_000),
        sponsor: SigningKey::<Approval>::generate(rng).verifying_key(),
        path: path(),
    }
}

/// The same request with another claimant's keys.
pub(super) fn other_keys(body: &RequestBody) -> RequestBody {
    let rng = &mut ChaCha12Rng::seed_from_u64(5);
    RequestBody {
        signing: SigningKey::<ClaimantSigning>::generate(rng).verifying_key(),
        sealing: AgreementSecret::<ClaimantSealing>::generate(rng).public_key(),
        ..body.clone()
    }
}

/// Some agent's key.
pub(super) fn agent() -> VerifyingKey<AgentPolicy> {
    SigningKey::<AgentPolicy>::generate(&mut rng()).verifying_key()
}

/// A ledger on which this deal is in force.
pub(super) fn ledger_of_deal(record: &RecoveryPolicyBody) -> Oracle {
    let mut ledger = Oracle::default();
    ledger.comes_into_force(record);
    ledger
}

/// A ledger on which this request stands.
pub(super) fn ledger_with(body: &RequestBody) -> Oracle {
    let mut ledger = Oracle::default();
    ledger.epoch = Some(body.epoch);
    ledger.ask(body);
    ledger
}

/// A record about a request, as the ledger shows it.
pub(super) fn anchored(request: Digest, body: RecordBody) -> Anchored {
    let record = Record {
        subject: Subject::Request(request),
        seq: 0,
        prev: NO_PREV,
        body,
        signatures: Vec::new(),
    };
    Anchored {
        kind: record.kind().name(),
        record,
        time: Timestamp(0),
        new_epoch: false,
        by_the_dead: false,
    }
}

/// A trustee says yes to a request at this time; every entry takes a place.
pub(super) fn approve(ledger: &mut Oracle, body: &RequestBody, time: Timestamp) {
    for _ in 0..body.lane.threshold {
        let key =
            SigningKey::<Approval>::generate(&mut ChaCha12Rng::seed_from_u64(100 + ledger.size()));
        let verdict = ApprovalBody {
            key: key.verifying_key(),
            path: path(),
            verdict: Verdict::Stolen,
        };
        admit(ledger, body.id(), RecordBody::Approval(verdict), time);
    }
}

/// A record about a request is admitted.
pub(super) fn admit(ledger: &mut Oracle, request: Digest, body: RecordBody, time: Timestamp) {
    ledger.take(anchored(request, body).record, time);
}

/// A page that shows so many entries, whatever they say.
pub(super) fn page(entries: u64) -> Page {
    Page {
        log: Digest([1; 32]),
        note: Blob(Vec::new()),
        from: 0,
        entries: (0..entries).map(|_| Blob(Vec::new())).collect(),
        proof: Vec::new(),
    }
}

/// The release of a share for this request.
pub(super) fn release(body: &RequestBody) -> Outgoing {
    let rng = &mut rng();
    let trustee = LocalDid::generate(None, rng);
    let claimant = LocalDid::generate(None, rng);
    let (asked, _) = receipt();
    let Body::ShareStore(store) = asked.body else {
        unreachable!("a sample of a receipt answers a share")
    };
    let pair = crate::villains::sample_pair();
    let sealed = pair
        .seal(&body.sealing, &Digest([2; 32]), rng)
        .expect("a good key");
    Outgoing {
        id: "fedcba9876543210".into(),
        from: trustee.did().clone(),
        to: claimant.did().clone(),
        thid: None,
        pthid: None,
        expires: Timestamp(u64::MAX),
        body: Body::RecoveryRelease(Release {
            request: body.id(),
            epoch: body.epoch,
            commitments: store.commitments,
            sealed,
            hosts: Vec::new(),
            prekeys: Vec::new(),
            lodged: None,
            signature: trustee.sign_evidence(labels::RELEASE, b""),
        }),
    }
}

/// The owner's agent in [`protected`].
pub(super) const OWNER: NodeId = NodeId(0);

/// A world in which somebody has protected herself with so many trustees.
pub(super) fn protected(trustees: usize) -> World {
    let text = format!(
        "about = \"one protects herself\"\n[cast]\ntrustees = {trustees}\n[weather]\nloss = 0\n\
         [[story]]\nact = \"protect\"\n"
    );
    let scenario = Scenario::read("protected", &text).expect("a scenario");
    let mut story = Story::new(3, Plan::draw(&scenario, 3), Options::default());
    story.play();
    let world = story.into_world();
    assert_eq!(world.broken, None);
    world
}
