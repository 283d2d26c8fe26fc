//! The largest messages there can be, really sealed: each fits into one envelope (C1, G15).
//!
//! Lengths are what counts here, so contents are any bytes wherever reading a message does not look
//! into them. Everybody has the longest identifier that an agent can make.

use kith_envelope::{open, seal};
use kith_protocol::backup::{BackupHeader, Draft, Slot, SlotKey};
use kith_protocol::bytes::{Blob, Digest, Nonce32, Salt};
use kith_protocol::did::{Did, Endpoint, LocalDid};
use kith_protocol::keys::role::{AgentPolicy, AgreementRole, ShareSealing};
use kith_protocol::keys::{
    AgreementKey, AgreementSecret, DataKey, RecoverySecret, SealedBox, Signature, SigningKey,
    VerifyingKey,
};
use kith_protocol::ledger::RecoveryPolicyBody;
use kith_protocol::limits;
use kith_protocol::message::setup::{Ack, Prekey};
use kith_protocol::message::share::{Authority, Commitments, Store};
use kith_protocol::message::{Body, Outgoing, Plaintext, alert, backup, ledger, recovery, share};
use kith_protocol::policy::{ApprovalPath, Bucket, LaneOpening};
use kith_protocol::time::{Millis, Timestamp};
use kith_protocol::vss::{Purpose, UnverifiedCommitment};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use std::sync::Arc;

/// The most hosts of one backup: two recovery keys have a slot for each.
const HOSTS: usize = limits::backup::SLOTS / 2;
/// The most prekeys that an owner takes from one trustee, and so the most that are worth telling.
const PREKEYS: u32 = 8;
/// The smallest entry: a veto in its record.
const SMALLEST_ENTRY: usize = 200;
const DIGEST: Digest = Digest([0xfb; 32]);
const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn longest(seed: u64) -> LocalDid {
    let address = format!("/{}", "a".repeat(limits::did::ADDRESS_BYTES - 1));
    let peer = "1".repeat(limits::did::PEER_ID_BYTES);
    let endpoint = Endpoint::new(peer, vec![address; limits::did::ADDRESSES]).expect("in bounds");
    LocalDid::generate(Some(&endpoint), &mut rng(seed))
}

fn blob(bytes: usize) -> Blob {
    Blob(vec![0xfb; bytes])
}

fn prekey(number: u32) -> Prekey {
    let sealing = AgreementSecret::generate(&mut rng(u64::from(number)));
    Prekey {
        number: u32::MAX - number,
        approval: SigningKey::generate(&mut rng(u64::from(number))).verifying_key(),
        sealing: sealing.public_key(),
    }
}

fn agent() -> SigningKey<AgentPolicy> {
    SigningKey::generate(&mut rng(50))
}

fn signature() -> Signature {
    agent().sign("label", b"message")
}

fn authority() -> Authority {
    let key: VerifyingKey<AgentPolicy> = agent().verifying_key();
    let signature = signature();
    Authority::Agent { key, signature }
}

/// A sealed pair of shares or a slot key: the longest is a pair, 67 bytes.
fn sealed<R: AgreementRole>() -> SealedBox<R> {
    let to: AgreementKey<R> = AgreementSecret::generate(&mut rng(51)).public_key();
    kith_protocol::keys::sealed_box::seal(&to, b"", &[7; 67], &mut rng(52)).expect("short enough")
}

/// Threshold 255: twice 255 points.
fn commitments() -> Commitments {
    fn points<P: Purpose>() -> UnverifiedCommitment<P> {
        let bytes = vec![0xfb; UnverifiedCommitment::<P>::MAX_LENGTH];
        UnverifiedCommitment::from_bytes(bytes).expect("as long as may be")
    }
    Commitments {
        decrypt: points(),
        sign: points(),
    }
}

fn lane() -> LaneOpening {
    let year = Millis::seconds(365 * 86_400);
    LaneOpening {
        lane: 3,
        salt: Salt([0xfb; 32]),
        threshold: 255,
        delay: year,
        lifetime: year,
        cool_down: year,
        override_threshold: 255,
        decrypt_key: RecoverySecret::generate(&mut rng(53)).public_key(),
        sign_key: RecoverySecret::generate(&mut rng(54)).public_key(),
    }
}

fn path() -> ApprovalPath {
    ApprovalPath {
        salt: Salt([0xfb; 32]),
        position: 255,
        siblings: [DIGEST; 8],
    }
}

fn hosts() -> Vec<Did> {
    let host = |seed| longest(seed).did().clone();
    (100..).take(HOSTS).map(host).collect()
}

fn store() -> Store {
    let bucket = Bucket::try_from(13).expect("the last");
    Store {
        version: 255,
        source_did: longest(1).did().clone(),
        policy: DIGEST,
        tag: DIGEST,
        epoch: u32::MAX,
        commitments: commitments(),
        lane: lane(),
        record: RecoveryPolicyBody {
            epoch: u32::MAX,
            lanes: [DIGEST; 4],
            longest_delay: bucket,
            longest_lifetime: bucket,
            deal_digest: DIGEST,
            approval_root: DIGEST,
            backup_head: DIGEST,
        },
        path: path(),
        prekey: u32::MAX,
        sealed: sealed(),
        hosts: hosts(),
        refreshes: None,
        authority: authority(),
    }
}

fn release() -> recovery::Release {
    recovery::Release {
        request: DIGEST,
        epoch: u32::MAX,
        commitments: commitments(),
        sealed: sealed(),
        hosts: hosts(),
        prekeys: (0..PREKEYS).map(prekey).collect(),
        lodged: Some(lodged()),
        signature: signature(),
    }
}

fn lodged() -> share::Lodged {
    let number = (u64::MAX, Timestamp(u64::MAX));
    share::Lodged::sign(&DIGEST, (DIGEST, DIGEST), number, &agent())
}

fn challenge() -> recovery::Challenge {
    recovery::Challenge {
        label: "\u{1f511}".repeat(limits::message::LABEL),
        descriptor: blob(limits::ledger::DESCRIPTOR),
        policy: DIGEST,
        epoch: u32::MAX,
        lane: lane(),
        approval: prekey(0).approval,
        path: path(),
        commitment: DIGEST,
    }
}

fn put() -> backup::Put {
    backup::Put {
        policy: DIGEST,
        header: blob(limits::backup::HEADER),
        prekey: u32::MAX,
        slot_key: sealed::<ShareSealing>(),
        authority: authority(),
    }
}

fn extend() -> backup::Extend {
    backup::Extend {
        policy: DIGEST,
        base: DIGEST,
        header: blob(limits::backup::HEADER),
        authority: authority(),
    }
}

fn head() -> backup::Head {
    backup::Head {
        header: blob(limits::backup::HEADER),
        newest: Some(backup::Newest {
            backup: DIGEST,
            sequence: u64::MAX,
        }),
    }
}

fn page(entries: Vec<Blob>) -> ledger::Page {
    ledger::Page {
        log: DIGEST,
        note: blob(limits::ledger::NOTE),
        from: u64::MAX,
        entries,
        proof: vec![DIGEST; limits::ledger::PROOF],
    }
}

fn cosign(entries: Vec<Blob>) -> ledger::Cosign {
    ledger::Cosign {
        log: DIGEST,
        note: blob(limits::ledger::NOTE),
        certified: Some(blob(limits::ledger::NOTE)),
        from: u64::MAX,
        entries,
        proof: vec![DIGEST; limits::ledger::PROOF],
    }
}

fn plaintext(body: Body) -> (LocalDid, Plaintext) {
    let (from, to) = (longest(1), longest(2));
    let outgoing = Outgoing {
        id: "f".repeat(32),
        from: from.did().clone(),
        to: to.did().clone(),
        thid: Some("f".repeat(limits::envelope::ID_BYTES)),
        pthid: Some("f".repeat(limits::envelope::ID_BYTES)),
        expires: NOW.after(Millis::seconds(86_400)),
        body,
    };
    (from, outgoing.plaintext(NOW))
}

/// Seals, opens at the other end, and compares.
fn assert_fits(body: Body) {
    let (from, message) = plaintext(body);
    let bytes = seal(&message, &from).unwrap_or_else(|error| panic!("{}: {error}", message.typ));
    let to = Arc::new(longest(2));
    let find = |did: &Did| (did == to.did()).then(|| to.clone());
    let opened = open(&bytes, &find, NOW.seconds()).expect("opens");
    assert_eq!(opened.message, message);
}

/// R2, C1: a deal to as many trustees as there can be, all of whom must come together again.
#[test]
fn a_deal_with_a_threshold_of_255_fits_into_one_message() {
    assert_fits(Body::ShareStore(store()));
    assert_fits(Body::RecoveryRelease(release()));
}

#[test]
fn the_longest_challenge_fits_into_one_message() {
    assert_fits(Body::RecoveryChallenge(challenge()));
    assert_fits(Body::SetupAck(Ack {
        nonce: Nonce32([0xfb; 32]),
        descriptor: blob(limits::ledger::DESCRIPTOR),
    }));
}

/// K3: the largest wallet, to the largest number of hosts.
#[test]
fn the_largest_header_and_the_largest_chunk_fit_into_one_message() {
    assert_fits(Body::BackupPut(put()));
    assert_fits(Body::BackupExtend(extend()));
    assert_fits(Body::BackupHead(head()));
    let (backup, index) = (DIGEST, u32::MAX);
    let data = || blob(limits::backup::CHUNK);
    let put = backup::ChunkPut {
        backup,
        index,
        data: data(),
    };
    assert_fits(Body::BackupChunkPut(put));
    let data = data();
    assert_fits(Body::BackupChunk(backup::Chunk { index, data }));
}

/// L1: many small entries weigh more than few large ones, because each has quotes and a comma.
#[test]
fn the_largest_page_and_the_largest_offer_fit_into_one_message() {
    let small = vec![blob(SMALLEST_ENTRY); limits::ledger::PAGE / SMALLEST_ENTRY];
    let one = vec![blob(limits::ledger::PAGE)];
    for entries in [small, one] {
        assert_fits(Body::LedgerPage(page(entries.clone())));
        assert_fits(Body::LedgerCosign(cosign(entries)));
    }
}

#[test]
fn the_largest_record_fits_into_every_message_that_carries_one() {
    let record = || blob(limits::ledger::RECORD);
    let log = DIGEST;
    assert_fits(Body::LedgerAppend(ledger::Append {
        log,
        record: record(),
    }));
    assert_fits(Body::AlertVeto(alert::Veto {
        log,
        record: record(),
    }));
    assert_fits(Body::RecoveryRequest(recovery::Request {
        record: record(),
        nonce: Nonce32([0xfb; 32]),
    }));
}

/// The bound of a header is not below what a lawful one has.
#[test]
fn a_header_with_every_slot_and_every_chunk_is_read() {
    let mut rng = rng(60);
    let recovery = RecoverySecret::generate(&mut rng).public_key();
    let data_key = DataKey::generate(&mut rng);
    let slots = (0..limits::backup::SLOTS).map(|_| {
        let host = SlotKey::generate(&mut rng);
        Slot::wrap(&data_key, &recovery, &host, &mut rng)
    });
    let draft = Draft {
        policy: DIGEST,
        epoch: u32::MAX,
        sequence: u64::MAX,
        previous: DIGEST,
    };
    let chunks = vec![Vec::new(); limits::backup::CHUNKS];
    let largest = BackupHeader::sign(draft, slots.collect(), &chunks, &agent());
    assert!(largest.to_bytes().len() <= limits::backup::HEADER);
    assert_eq!(BackupHeader::read(&largest.to_bytes()), Ok(largest));
}
