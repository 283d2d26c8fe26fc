//! Keeping backups for others: what is taken, what is given out and to whom, what goes (R5, R13, G7,
//! G8, G10, G11, G13, G15).
#![allow(clippy::unwrap_used)]

mod trustee_support;

use kith_protocol::backup::{
    Draft, Recipients, Sealed, SlotKey, Supplement, Wallet, container, slot, supplement,
};
use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::did::LocalDid;
use kith_protocol::keys::role::{AgentPolicy, Approval};
use kith_protocol::keys::{DataKey, SigningKey, labels};
use kith_protocol::ledger::{
    ApprovalBody, Authorizations, Change, CompleteBody, CompletionKeys, Record, RequestBody,
    RequestKind, Subject, Verdict,
};
use kith_protocol::message::Body;
use kith_protocol::message::backup::{
    Audit, ChunkGet, ChunkPut, Extend, Get, KeyGet, Put, Stored, Wanted,
};
use kith_protocol::message::setup::Capability;
use kith_protocol::message::share::Authority;
use kith_protocol::message::words::Mismatch;
use kith_protocol::secret::SecretBytes;
use kith_protocol::time::Millis;
use kith_protocol::trustee::command::{Answer, Command};
use trustee_support::claimant::Claimant;
use trustee_support::home::{code, message};
use trustee_support::owner::Deal;
use trustee_support::world::World;
use trustee_support::{DELAY, LIFETIME, rng};

/// The delay is over, and the host has looked at the ledger since: it does so every five minutes.
const OVER: Millis = Millis::seconds(500);

/// A host that knows an owner, and what she backs up.
struct Case {
    world: World,
    deal: Deal,
    sealed: Sealed,
}

fn wallet(world: &World, bytes: usize) -> Wallet {
    Wallet {
        name: "Alice".into(),
        policy: world.owner.policy,
        descriptor: Blob(world.ledger.descriptor.to_bytes()),
        link_secret: SecretBytes::generate(&mut rng(300)),
        peers: Vec::new(),
        items: vec![kith_protocol::backup::Item {
            name: "note".into(),
            data: vec![7; bytes],
        }],
    }
}

fn back_up(world: &World, deal: &Deal, sequence: u64, agent: &SigningKey<AgentPolicy>) -> Sealed {
    keyed(world, deal, sequence, agent).0
}

/// The same with its data key.
fn keyed(
    world: &World,
    deal: &Deal,
    sequence: u64,
    agent: &SigningKey<AgentPolicy>,
) -> (Sealed, DataKey) {
    let draft = Draft {
        policy: world.owner.policy,
        epoch: deal.record.epoch,
        sequence,
        previous: Digest([0; 32]),
    };
    let recovery_key = deal.decrypt.public_key();
    let to = Recipients {
        recovery_key: &recovery_key,
        hosts: 1,
    };
    container::seal(
        &wallet(world, 60_000),
        draft,
        &to,
        agent,
        &mut rng(400 + sequence),
    )
    .unwrap()
}

/// An epoch whose record names this backup.
fn deal(world: &World, epoch: u32) -> Deal {
    let key = SigningKey::<Approval>::generate(&mut rng(200 + u64::from(epoch))).verifying_key();
    Deal::new(
        &world.owner.policy,
        epoch,
        &key,
        &mut rng(210 + u64::from(epoch)),
    )
}

fn case() -> Case {
    let mut world = World::new(1);
    world.enrol(Capability::BackupHost);
    let mut deal = deal(&world, 1);
    let sealed = back_up(&world, &deal, 1, &world.owner.agent);
    deal.record.backup_head = sealed.header.digest();
    Case {
        world,
        deal,
        sealed,
    }
}

fn put_of(world: &World, sealed: &Sealed) -> Put {
    let prekey = &world.owner.prekeys[0];
    let backup = sealed.header.digest();
    let slot_key = sealed.slot_keys[0]
        .seal(&prekey.sealing, &slot::put_context(&backup), &mut rng(500))
        .unwrap();
    let agent = &world.owner.agent;
    let mut put = Put {
        policy: world.owner.policy,
        header: Blob(sealed.header.to_bytes()),
        prekey: prekey.number,
        slot_key,
        authority: Authority::Agent {
            key: agent.verifying_key(),
            signature: agent.sign("none", &[]),
        },
    };
    sign(world, &mut put);
    put
}

fn sign(world: &World, put: &mut Put) {
    let signature = world
        .owner
        .agent
        .sign(labels::BACKUP_PUT, &put.signed_bytes());
    put.authority = Authority::Agent {
        key: world.owner.agent.verifying_key(),
        signature,
    };
}

fn chunk(sealed: &Sealed, index: usize) -> Body {
    let data = Blob(sealed.chunks[index].clone());
    Body::BackupChunkPut(ChunkPut {
        backup: sealed.header.digest(),
        index: index as u32,
        data,
    })
}

fn wanted(body: &Body) -> u32 {
    match body {
        Body::BackupWanted(Wanted { index, .. }) => *index,
        other => panic!("{}", other.typ()),
    }
}

/// Puts all of a backup; the receipt.
fn keep(world: &mut World, sealed: &Sealed) -> Stored {
    let put = put_of(world, sealed);
    let mut reply = world.tell(Body::BackupPut(put));
    for index in 0..sealed.chunks.len() {
        assert_eq!(wanted(&reply), index as u32);
        reply = world.tell(chunk(sealed, index));
    }
    let Body::BackupStored(stored) = reply else {
        panic!()
    };
    world.owner.prekeys.remove(0);
    if world
        .owner
        .prekeys
        .iter()
        .all(|prekey| prekey.number != stored.next.number)
    {
        world.owner.prekeys.push(stored.next.clone());
    }
    stored
}

fn backups(world: &mut World) -> usize {
    let Ok(Answer::Status { backups, .. }) = world.command(Command::Status) else {
        panic!()
    };
    backups
}

/// A request on the ledger, the lane full: the host had no part in it.
fn asked(case: &mut Case) -> (Claimant, RequestBody) {
    let world = &mut case.world;
    world
        .owner
        .anchor(&case.deal, &mut world.ledger, world.trustee.now);
    let (log, now) = (world.ledger.log(), world.trustee.now);
    let claimant = Claimant::new(900, now.after(LIFETIME));
    let sponsor = case.deal.others[0].verifying_key();
    let body = RequestBody {
        log,
        policy: world.owner.policy,
        epoch: 1,
        lane: case.deal.lane.clone(),
        kind: RequestKind::Lost,
        signing: claimant.signing.verifying_key(),
        sealing: claimant.sealing.public_key(),
        expiry: claimant.expiry,
        sponsor,
        path: case.deal.tree.path(&sponsor).unwrap(),
    };
    let record =
        Record::request(body.clone(), &claimant.signing).sponsored(&log, &case.deal.others[0]);
    world.ledger.admit(&record, now);
    for secret in &case.deal.others {
        let key = secret.verifying_key();
        let path = case.deal.tree.path(&key).unwrap();
        let verdict = ApprovalBody {
            key,
            path,
            verdict: Verdict::Approve,
        };
        world.ledger.admit(
            &Record::approval(&log, (body.id(), 0), verdict, secret),
            now,
        );
    }
    (claimant, body)
}

/// A message of the claimant, whom the host does not know.
fn from_claimant(world: &mut World, claimant: &Claimant, body: Body) -> Body {
    let id = world.fresh_id();
    let to = world.owner.trustee.clone().unwrap();
    world.deliver(&message(claimant.did.did(), &to, &format!("c{id}"), body))
}

/// The three questions a claimant asks.
fn questions(world: &World, backup: Digest, request: Digest) -> [Body; 3] {
    [
        Body::BackupGet(Get {
            policy: world.owner.policy,
            request,
            before: None,
            named: None,
        }),
        Body::BackupChunkGet(ChunkGet {
            backup,
            request,
            index: 0,
        }),
        Body::BackupKeyGet(KeyGet { backup, request }),
    ]
}

/// R5: chunk by chunk, then the receipt.
#[test]
fn a_backup_is_taken_in_chunk_by_chunk() {
    let Case {
        mut world, sealed, ..
    } = case();
    assert!(sealed.chunks.len() > 2);
    let stored = keep(&mut world, &sealed);
    let key = world.owner.trustee.clone().unwrap().evidence_key();
    let backup = sealed.header.digest();
    key.verify(
        labels::BACKUP_RECEIPT,
        &Stored::signed_bytes(&backup),
        &stored.signature,
    )
    .unwrap();
    assert_eq!(stored.backup, backup);
    assert_eq!(backups(&mut world), 1);
}

/// G11: any chunk may come twice, or too early, and a crash is nothing.
#[test]
fn a_backup_goes_on_after_a_crash_at_any_point() {
    let Case {
        mut world, sealed, ..
    } = case();
    world.trustee.forgetful = true;
    let put = Body::BackupPut(put_of(&world, &sealed));
    assert_eq!(wanted(&world.tell(put.clone())), 0);
    assert_eq!(wanted(&world.tell(chunk(&sealed, 2))), 0, "too early");
    assert_eq!(wanted(&world.tell(chunk(&sealed, 0))), 1);
    assert_eq!(wanted(&world.tell(chunk(&sealed, 0))), 1, "twice");
    assert_eq!(wanted(&world.tell(put)), 1, "begun anew");
    assert_eq!(wanted(&world.tell(chunk(&sealed, 1))), 2);
    let first = world.tell(chunk(&sealed, 2));
    assert!(matches!(first, Body::BackupStored(_)));
    assert_eq!(world.tell(chunk(&sealed, 2)), first);
}

#[test]
fn a_chunk_that_the_header_does_not_name_is_refused() {
    let Case {
        mut world, sealed, ..
    } = case();
    let put = put_of(&world, &sealed);
    world.tell(Body::BackupPut(put));
    let backup = sealed.header.digest();
    let mut data = sealed.chunks[0].clone();
    data[100] ^= 1;
    let bad = Body::BackupChunkPut(ChunkPut {
        backup,
        index: 0,
        data: Blob(data),
    });
    assert_eq!(code(&world.tell(bad)), "e.m.trust.crypto.chunk-mismatch");
    assert_eq!(wanted(&world.tell(chunk(&sealed, 0))), 1);
}

#[test]
fn a_chunk_of_nothing_or_from_nobody_is_refused() {
    let Case {
        mut world, sealed, ..
    } = case();
    assert_eq!(
        code(&world.tell(chunk(&sealed, 0))),
        "e.p.req.unknown-backup"
    );
    let put = put_of(&world, &sealed);
    world.tell(Body::BackupPut(put));
    let stranger = LocalDid::generate_did_key(&mut rng(60));
    let to = world.owner.trustee.clone().unwrap();
    let refused = world.deliver(&message(stranger.did(), &to, "5a", chunk(&sealed, 0)));
    assert_eq!(code(&refused), "e.p.req.unknown-backup");
}

/// Its owner may look whether it is there, without a request; nobody else learns even that.
#[test]
fn a_chunk_is_shown_to_the_owner_who_put_it_and_to_nobody_else() {
    let Case {
        mut world, sealed, ..
    } = case();
    let put = put_of(&world, &sealed);
    world.tell(Body::BackupPut(put));
    let backup = sealed.header.digest();
    let audit = |index| Body::BackupAudit(Audit { backup, index });
    assert_eq!(code(&world.tell(audit(0))), "e.p.req.unknown-backup");
    world.tell(chunk(&sealed, 0));
    let Body::BackupChunk(shown) = world.tell(audit(0)) else {
        panic!()
    };
    assert_eq!((shown.index, &shown.data.0), (0, &sealed.chunks[0]));
    assert_eq!(code(&world.tell(audit(9_999))), "e.p.req.unknown-backup");
    let stranger = LocalDid::generate_did_key(&mut rng(60));
    let to = world.owner.trustee.clone().unwrap();
    let refused = world.deliver(&message(stranger.did(), &to, "5b", audit(0)));
    assert_eq!(code(&refused), "e.p.req.unknown-backup");
}

/// Each rule of a put refuses on its own.
#[test]
fn each_rule_of_a_put_refuses_on_its_own() {
    type Breakage = fn(&mut Put, &World);
    let cases: &[(&str, Breakage)] = &[
        ("e.m.req.wrong-connection", |put, _| {
            put.policy = Digest([1; 32])
        }),
        ("e.p.msg.malformed", |put, _| put.header.0[40] ^= 1),
        ("e.p.req.unknown-prekey", |put, _| put.prekey = 9),
        ("e.m.trust.crypto.slot-key", |put, _| put.prekey = 1),
        ("e.p.trust.bad-signature", |put, world| {
            let deal = deal(world, 1);
            let other = SigningKey::<AgentPolicy>::generate(&mut rng(61));
            put.header = Blob(back_up(world, &deal, 1, &other).header.to_bytes());
        }),
        ("e.p.trust.bad-signature", |put, world| {
            let mut other = World::new(5);
            other.owner.policy = Digest([9; 32]);
            let deal = deal(&other, 1);
            put.header = Blob(
                back_up(&other, &deal, 1, &world.owner.agent)
                    .header
                    .to_bytes(),
            );
        }),
    ];
    for (number, (expected, change)) in cases.iter().enumerate() {
        let Case {
            mut world, sealed, ..
        } = case();
        let mut put = put_of(&world, &sealed);
        change(&mut put, &world);
        sign(&world, &mut put);
        assert_eq!(
            code(&world.tell(Body::BackupPut(put))),
            *expected,
            "case {number}"
        );
        assert_eq!(backups(&mut world), 0);
    }
}

#[test]
fn a_put_that_the_agent_did_not_sign_is_refused() {
    let Case {
        mut world, sealed, ..
    } = case();
    let mut put = put_of(&world, &sealed);
    put.prekey = 1;
    assert_eq!(
        code(&world.tell(Body::BackupPut(put))),
        "e.p.trust.bad-signature"
    );
}

#[test]
fn a_trustee_that_did_not_agree_to_it_keeps_no_backup() {
    let mut world = World::enrolled(1);
    let deal = deal(&world, 1);
    let sealed = back_up(&world, &deal, 1, &world.owner.agent);
    let put = put_of(&world, &sealed);
    assert_eq!(
        code(&world.tell(Body::BackupPut(put))),
        "e.p.req.not-a-trustee"
    );
}

/// G10: once a backup is kept, a word from the owner's device ends nothing.
#[test]
fn a_word_ends_no_connection_with_a_backup() {
    let Case {
        mut world, sealed, ..
    } = case();
    keep(&mut world, &sealed);
    let refused = world.tell(Body::WordsMismatch(Mismatch {}));
    assert_eq!(code(&refused), "e.p.req.out-of-order");
    assert_eq!(world.owner_state(), "verified");
}

/// R13, G7: nothing is given out before the lane is full, the delay over and no veto standing.
#[test]
fn a_backup_is_given_out_on_ledger_evidence_only() {
    let mut case = case();
    keep(&mut case.world, &case.sealed);
    let backup = case.sealed.header.digest();
    let claimant = case.world.claimant(900);
    for question in questions(&case.world, backup, Digest([1; 32])) {
        assert_eq!(
            code(&from_claimant(&mut case.world, &claimant, question)),
            "e.p.trust.not-approved"
        );
    }
    let (claimant, body) = asked(&mut case);
    let world = &mut case.world;
    world.jump(OVER);
    let question = questions(world, backup, body.id());
    for question in question {
        assert!(!matches!(
            from_claimant(world, &claimant, question),
            Body::Problem(_)
        ));
    }
}

#[test]
fn the_waiting_period_holds_for_backups_too() {
    let mut case = case();
    keep(&mut case.world, &case.sealed);
    let backup = case.sealed.header.digest();
    let (claimant, body) = asked(&mut case);
    let world = &mut case.world;
    for question in questions(world, backup, body.id()) {
        from_claimant(world, &claimant, question.clone());
        assert_eq!(
            code(&from_claimant(world, &claimant, question)),
            "e.m.req.time.waiting-period"
        );
    }
    let veto = Record::veto(
        &world.ledger.log(),
        Subject::Request(body.id()),
        &world.owner.agent,
    );
    world.ledger.admit(&veto, world.trustee.now);
    world.jump(Millis(DELAY.0 + 1_000));
    for question in questions(world, backup, body.id()) {
        assert_eq!(
            code(&from_claimant(world, &claimant, question)),
            "e.p.trust.vetoed"
        );
    }
}

#[test]
fn nothing_is_given_out_after_the_request_has_ended() {
    let mut case = case();
    keep(&mut case.world, &case.sealed);
    let backup = case.sealed.header.digest();
    let (claimant, body) = asked(&mut case);
    let world = &mut case.world;
    world.jump(Millis(DELAY.0 + LIFETIME.0 + 1_000));
    for question in questions(world, backup, body.id()) {
        assert_eq!(
            code(&from_claimant(world, &claimant, question)),
            "e.p.req.time.expired"
        );
    }
}

/// G8: the whole way of a claimant: header, chunks, the host's key, and the wallet opens.
#[test]
fn a_claimant_with_evidence_gets_everything_and_nobody_else_can_use_it() {
    let mut case = case();
    keep(&mut case.world, &case.sealed);
    let (claimant, body) = asked(&mut case);
    let world = &mut case.world;
    world.jump(OVER);
    let backup = case.sealed.header.digest();
    let get = Get {
        policy: world.owner.policy,
        request: body.id(),
        before: None,
        named: None,
    };
    let Body::BackupHead(head) = from_claimant(world, &claimant, Body::BackupGet(get)) else {
        panic!()
    };
    let header = kith_protocol::backup::BackupHeader::read(&head.header.0).unwrap();
    let mut chunks = Vec::new();
    for index in 0..header.chunks.len() as u32 {
        let get = ChunkGet {
            backup,
            request: body.id(),
            index,
        };
        let Body::BackupChunk(chunk) = from_claimant(world, &claimant, Body::BackupChunkGet(get))
        else {
            panic!()
        };
        chunks.push(chunk.data.0);
    }
    let get = Body::BackupKeyGet(KeyGet {
        backup,
        request: body.id(),
    });
    let Body::BackupKey(key) = from_claimant(world, &claimant, get) else {
        panic!()
    };
    let context = slot::release_context(&backup, &body.id());
    let slot_key = SlotKey::open(&claimant.sealing, &context, &key.sealed).unwrap();
    let wallet = container::unseal(&header, &chunks, &case.deal.decrypt, &slot_key).unwrap();
    assert_eq!(wallet.items[0].data, vec![7; 60_000]);
    let other = world.claimant(901);
    assert!(SlotKey::open(&other.sealing, &context, &key.sealed).is_err());
}

/// G10: what a thief's agent puts, even with a change of its own waiting, hides nothing.
#[test]
fn the_active_epochs_backup_is_given_out_before_any_newer_one() {
    let mut case = case();
    keep(&mut case.world, &case.sealed);
    let (claimant, body) = asked(&mut case);
    let world = &mut case.world;
    let next = deal(world, 2);
    let mut newest = None;
    for sequence in 2..6 {
        let sealed = back_up(world, &next, sequence, &world.owner.agent);
        keep(world, &sealed);
        newest = Some(sealed.header.digest());
        world.pass(Millis(5));
    }
    let mut waiting = deal(world, 2);
    waiting.record.backup_head = newest.unwrap();
    world
        .owner
        .anchor(&waiting, &mut world.ledger, world.trustee.now);
    world.jump(OVER);
    let get = Get {
        policy: world.owner.policy,
        request: body.id(),
        before: None,
        named: None,
    };
    let Body::BackupHead(head) = from_claimant(world, &claimant, Body::BackupGet(get.clone()))
    else {
        panic!()
    };
    assert_eq!(head.header.0, case.sealed.header.to_bytes());
    let earlier = Get {
        before: Some(1),
        ..get
    };
    assert_eq!(
        code(&from_claimant(world, &claimant, Body::BackupGet(earlier))),
        "e.p.req.unknown-backup"
    );
}

/// G15: one author's unanchored backups replace each other; their chunks go with them.
#[test]
fn backups_of_one_owner_are_bounded() {
    let Case {
        mut world,
        deal,
        sealed,
    } = case();
    keep(&mut world, &sealed);
    world
        .owner
        .anchor(&deal, &mut world.ledger, world.trustee.now);
    world.pass(Millis::seconds(500));
    let mut rows = Vec::new();
    for sequence in 2..8 {
        let sealed = back_up(&world, &deal, sequence, &world.owner.agent);
        keep(&mut world, &sealed);
        world.pass(Millis(5));
        rows.push(
            world
                .trustee
                .rows
                .keys()
                .filter(|key| matches!(key.as_bytes()[0], 42 | 50 | 51))
                .count(),
        );
    }
    assert_eq!(backups(&mut world), 3, "the anchored one, and two");
    assert_eq!(rows[3], rows[5], "nothing of those replaced stays behind");
}

/// G13: after a recovery the new agent's backup is what counts; earlier epochs' go.
#[test]
fn a_claimants_backup_is_kept_and_counts_after_the_completion() {
    let mut case = case();
    keep(&mut case.world, &case.sealed);
    let (claimant, body) = asked(&mut case);
    let world = &mut case.world;
    world.jump(OVER);
    let agent = SigningKey::<AgentPolicy>::generate(&mut rng(70));
    let mut next = deal(world, 2);
    let sealed = back_up(world, &next, 2, &agent);
    next.record.backup_head = sealed.header.digest();
    let mut put = put_of(world, &sealed);
    let signature = claimant
        .signing
        .sign(labels::BACKUP_PUT, &put.signed_bytes());
    put.authority = Authority::Claimant {
        request: body.id(),
        signature,
    };
    let mut reply = from_claimant(world, &claimant, Body::BackupPut(put));
    for index in 0..sealed.chunks.len() {
        assert_eq!(wanted(&reply), index as u32);
        reply = from_claimant(world, &claimant, chunk(&sealed, index));
    }
    assert!(matches!(reply, Body::BackupStored(_)));
    assert_eq!(backups(world), 2);
    let complete = CompleteBody {
        agent: agent.verifying_key(),
        commitment: None,
        next: next.record.clone(),
    };
    let keys = CompletionKeys {
        recovery: &case.deal.sign,
        claimant: &claimant.signing,
        agent: &agent,
    };
    let record = Record::complete(
        (&world.ledger.log(), body.id()),
        complete,
        &keys,
        &mut rng(71),
    );
    world.ledger.admit(&record, world.trustee.now);
    world.pass(Millis::seconds(500));
    assert_eq!(backups(world), 1);
    // The old device, or a thief's copy of it.
    let old = back_up(world, &next, 3, &world.owner.agent);
    let put = put_of(world, &old);
    assert_eq!(code(&world.tell(Body::BackupPut(put))), "e.p.trust.revoked");
}

/// G13: what a claimant put goes when the request ends without completing.
#[test]
fn a_backup_of_a_request_that_ended_is_dropped() {
    let mut case = case();
    keep(&mut case.world, &case.sealed);
    let (claimant, body) = asked(&mut case);
    let world = &mut case.world;
    world.jump(OVER);
    let agent = SigningKey::<AgentPolicy>::generate(&mut rng(70));
    let next = deal(world, 2);
    let sealed = back_up(world, &next, 2, &agent);
    let mut put = put_of(world, &sealed);
    let signature = claimant
        .signing
        .sign(labels::BACKUP_PUT, &put.signed_bytes());
    put.authority = Authority::Claimant {
        request: body.id(),
        signature,
    };
    assert_eq!(
        wanted(&from_claimant(world, &claimant, Body::BackupPut(put))),
        0
    );
    assert_eq!(backups(world), 2);
    world.jump(Millis(DELAY.0 + LIFETIME.0));
    world.jump(Millis::seconds(500));
    assert_eq!(backups(world), 1);
}

/// G10: a revoked agent's backups go, but for the one the ledger names.
#[test]
fn a_revoked_agents_backups_go_but_for_the_anchored_one() {
    let Case {
        mut world,
        deal,
        sealed,
    } = case();
    keep(&mut world, &sealed);
    world
        .owner
        .anchor(&deal, &mut world.ledger, world.trustee.now);
    let newer = back_up(&world, &deal, 2, &world.owner.agent);
    keep(&mut world, &newer);
    let second = SigningKey::<AgentPolicy>::generate(&mut rng(80));
    let log = world.ledger.log();
    let grant = Change::Grant {
        agent: second.verifying_key(),
        authorizations: Authorizations::ALL,
        commitment: None,
    };
    let link = world.ledger.state.next_link(&world.owner.policy).unwrap();
    world.ledger.admit(
        &Record::update_policy(&log, link, grant, &world.owner.agent),
        world.trustee.now,
    );
    world.jump(Millis::seconds(2 * 86_400));
    let revoke = Change::Revoke {
        agent: world.owner.agent.verifying_key(),
    };
    let link = world.ledger.state.next_link(&world.owner.policy).unwrap();
    world.ledger.admit(
        &Record::update_policy(&log, link, revoke, &second),
        world.trustee.now,
    );
    world.jump(Millis::seconds(500));
    assert_eq!(backups(&mut world), 1);
}

/// An anchored backup that is here, with what supplements it.
fn supplemented() -> (Case, DataKey) {
    let mut case = case();
    let agent = &case.world.owner.agent;
    let (sealed, key) = keyed(&case.world, &case.deal, 1, agent);
    case.sealed = sealed;
    keep(&mut case.world, &case.sealed);
    (case, key)
}

fn anchor(case: &mut Case) {
    let world = &mut case.world;
    world
        .owner
        .anchor(&case.deal, &mut world.ledger, world.trustee.now);
    world.jump(OVER);
}

/// A supplement with this number, sealed under this key.
fn later(case: &Case, key: &DataKey, sequence: u64) -> Sealed {
    let (world, base) = (&case.world, &case.sealed.header);
    let changes = Supplement {
        base: base.digest(),
        made: world.trustee.now,
        items: Vec::new(),
        removed: vec!["note".into()],
    };
    let draft = Draft {
        sequence,
        ..base.draft.clone()
    };
    let keys = (key, &world.owner.agent);
    let sealed = supplement::seal(&changes, (draft, base), keys, &mut rng(sequence));
    let (header, chunks) = sealed.unwrap();
    Sealed {
        header,
        chunks,
        slot_keys: Vec::new(),
    }
}

fn extend(case: &Case, sealed: &Sealed) -> Extend {
    let agent = &case.world.owner.agent;
    let sign = |signed: &[u8]| Authority::Agent {
        key: agent.verifying_key(),
        signature: agent.sign(labels::BACKUP_EXTEND, signed),
    };
    let unsigned = Extend {
        policy: case.world.owner.policy,
        base: case.sealed.header.digest(),
        header: Blob(sealed.header.to_bytes()),
        authority: sign(b""),
    };
    Extend {
        authority: sign(&unsigned.signed_bytes()),
        ..unsigned
    }
}

/// What it is told, up to the receipt.
fn push(case: &mut Case, sealed: &Sealed) -> Body {
    let extend = extend(case, sealed);
    let mut reply = case.world.tell(Body::BackupExtend(extend));
    while let Body::BackupWanted(wanted) = &reply {
        let chunk = chunk(sealed, wanted.index as usize);
        reply = case.world.tell(chunk);
    }
    reply
}

/// Decision 0038: for the backup in force, newer than what is here, and one beside it at most.
#[test]
fn a_supplement_is_kept_for_the_anchored_backup_alone() {
    let (mut case, key) = supplemented();
    let second = later(&case, &key, 2);
    let early = push(&mut case, &second);
    assert_eq!(code(&early), "e.m.trust.ledger-behind");
    anchor(&mut case);
    for (sequence, kept) in [(4, true), (3, false), (4, true), (5, true)] {
        let sealed = later(&case, &key, sequence);
        match push(&mut case, &sealed) {
            Body::BackupStored(_) => assert!(kept, "{sequence}"),
            refused => assert_eq!(code(&refused), "e.m.req.older-backup", "{sequence}"),
        }
        assert_eq!(backups(&mut case.world), 2);
    }
    let (_, other) = keyed(&case.world, &case.deal, 9, &case.world.owner.agent);
    let mut foreign = later(&case, &other, 6);
    foreign.header.draft.epoch += 1;
    let refused = push(&mut case, &foreign);
    assert_eq!(code(&refused), "e.p.msg.malformed");
}

/// One rule broken, all else as it should be.
#[test]
fn each_rule_of_a_supplement_refuses_on_its_own() {
    let (mut case, key) = supplemented();
    anchor(&mut case);
    let lawful = later(&case, &key, 2);
    let mut unsigned = extend(&case, &lawful);
    unsigned.base = Digest([7; 32]);
    let refused = case.world.tell(Body::BackupExtend(unsigned));
    assert_eq!(code(&refused), "e.p.trust.bad-signature");
    // The number of a backup itself.
    let first = later(&case, &key, 1);
    let refused = push(&mut case, &first);
    assert_eq!(code(&refused), "e.p.msg.malformed");
    // Signed by an agent that puts nothing.
    let mut stranger = World::new(1).owner;
    stranger.agent = SigningKey::generate(&mut rng(77));
    let own = core::mem::replace(&mut case.world.owner.agent, stranger.agent);
    let foreign = later(&case, &key, 3);
    case.world.owner.agent = own;
    let refused = push(&mut case, &foreign);
    assert_eq!(code(&refused), "e.p.trust.bad-signature");
    assert_eq!(backups(&mut case.world), 1);
}

/// R13: it comes with its backup, to the same claimant on the same evidence, and has no key of its own.
#[test]
fn a_supplement_is_given_out_as_its_backup_is() {
    let (mut case, key) = supplemented();
    let (claimant, body) = asked(&mut case);
    let sealed = later(&case, &key, 2);
    let (backup, request) = (sealed.header.digest(), body.id());
    let get = |named| {
        Body::BackupGet(Get {
            policy: body.policy,
            request,
            before: None,
            named,
        })
    };
    let early = from_claimant(&mut case.world, &claimant, get(Some(backup)));
    assert_eq!(code(&early), "e.p.trust.not-approved");
    case.world.jump(OVER);
    push(&mut case, &sealed);
    let Body::BackupHead(head) = from_claimant(&mut case.world, &claimant, get(None)) else {
        panic!()
    };
    assert_eq!(head.header.0, case.sealed.header.to_bytes());
    assert_eq!(head.newest.unwrap().backup, backup);
    let Body::BackupHead(head) = from_claimant(&mut case.world, &claimant, get(Some(backup)))
    else {
        panic!()
    };
    assert_eq!(head.header.0, sealed.header.to_bytes());
    let get = Body::BackupKeyGet(KeyGet { backup, request });
    let key = from_claimant(&mut case.world, &claimant, get);
    assert_eq!(code(&key), "e.p.req.unknown-backup");
}
