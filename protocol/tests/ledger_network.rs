//! A log run by its state machines: operator, witnesses, reader; lost messages, crashes, villains
//! (L1, L2, G9, G11, G14, G15).
#![allow(clippy::unwrap_used)]
mod ledger_support;
#[path = "ledger_support/net.rs"]
mod net;

use kith_protocol::anchor::Anchor;
use kith_protocol::ledger::{Act, AppendOutcome, Ask, Query, Record};
use kith_protocol::limits;
use kith_protocol::message::ledger::CosignOutcome;
use kith_protocol::time::{Millis, Timestamp};
use ledger_support::*;
use net::*;

/// The first records of an owner on this log, in order.
fn records(net: &Net) -> Vec<Record> {
    let (mut world, created) = World::founded_on(net.log, 1);
    let dealt = world.dealt(&world.epoch.body);
    world.put(&dealt, START).unwrap();
    let mut body = world.request_body(0);
    body.expiry = net.now.after(LIFETIME);
    world.epoch.lane = body.lane.clone();
    let request = world.request_of(body, 0);
    vec![created, dealt, request]
}

/// Everything is committed, and whoever follows the log sees the same.
fn converges(net: &mut Net) {
    net.pass(Millis(700));
    let records = records(net);
    for (expected, record) in records.iter().enumerate() {
        assert_eq!(net.commit(record), expected as u64);
    }
    net.crash = None;
    let mut reader = Reader::of(&net.descriptor.clone());
    reader.follow(net);
    assert_eq!(reader.view.count(), records.len() as u64);
    for (index, record) in records.iter().enumerate() {
        assert_eq!(
            reader.view.find(&record.digest(&net.log)),
            Some(index as u64)
        );
    }
}

#[test]
fn records_are_committed_in_order_and_read_back() {
    converges(&mut Net::new());
}

#[test]
fn a_run_with_lost_messages_converges() {
    for seed in 0..20 {
        converges(&mut Net::losing(40, seed));
    }
}

/// G11: whichever step is cut off by a crash, before it is durable or after, the run converges.
#[test]
fn a_crash_at_any_step_converges() {
    let mut whole = Net::new();
    converges(&mut whole);
    for at in 1..=whole.steps {
        for how in [Crash::Before, Crash::After] {
            let mut net = Net::new();
            net.crash = Some((at, how));
            converges(&mut net);
        }
    }
}

/// A second head of the same size would be a fork, so the first is offered again byte for byte.
#[test]
fn after_a_crash_the_same_head_is_offered_again() {
    let mut net = Net::new();
    net.pass(Millis(700));
    let record = &records(&net)[0];
    net.append(record);
    net.down = vec![true; 3];
    net.pass(Millis(700));
    let first = net.offers.last().unwrap().clone();
    net.restart_operator();
    net.now = net.now.after(Millis::seconds(40));
    net.down = vec![false; 3];
    net.pass(Millis(700));
    let again = net
        .offers
        .iter()
        .rev()
        .find(|offer| offer.entries == first.entries)
        .unwrap();
    assert_eq!(again.note, first.note);
    assert_eq!(net.operator().size(), (1, Some(1)));
}

#[test]
fn one_dead_witness_stops_nothing_and_catches_up() {
    let mut net = Net::new();
    net.down[2] = true;
    converges(&mut net);
    assert_eq!(net.held_by(2), 0);
    net.down[2] = false;
    let (_, created) = World::founded_on(net.log, 99);
    net.commit(&created);
    net.pass(Millis::seconds(60));
    assert_eq!(net.held_by(2), 4);
}

#[test]
fn two_dead_witnesses_stop_the_log_and_nothing_is_committed() {
    let mut net = Net::new();
    net.pass(Millis(700));
    net.down = vec![false, true, true];
    let record = &records(&net)[0];
    net.append(record);
    net.pass(Millis::seconds(30));
    assert_eq!(net.append(record), Some(AppendOutcome::Pending));
    net.down = vec![false; 3];
    net.pass(Millis::seconds(60));
    assert_eq!(
        net.append(record),
        Some(AppendOutcome::Committed { index: 0 })
    );
}

/// A witness that missed more than fits into one page gets it in several.
#[test]
fn a_witness_far_behind_catches_up_page_by_page() {
    let mut net = Net::new();
    net.down[2] = true;
    net.pass(Millis(700));
    for owner in 200..400 {
        let (_, created) = World::founded_on(net.log, owner);
        let from = did(owner / 10);
        net.append_from(&from, &created);
    }
    net.pass(Millis::seconds(5));
    assert_eq!(net.operator().size(), (200, Some(200)));
    net.down[2] = false;
    net.offers.clear();
    let (_, created) = World::founded_on(net.log, 500);
    net.commit(&created);
    net.pass(Millis::seconds(60));
    assert_eq!(net.held_by(2), 201);
    let bytes = |entries: &[kith_protocol::bytes::Blob]| {
        entries
            .iter()
            .map(kith_protocol::bytes::Blob::len)
            .sum::<usize>()
    };
    assert!(
        net.offers
            .iter()
            .all(|offer| bytes(&offer.entries) <= limits::ledger::PAGE)
    );
    let mut reader = Reader::of(&net.descriptor.clone());
    let first = net.page(0);
    assert!(
        reader.read(net.now, &first).unwrap().more,
        "a reader too needs several pages"
    );
    assert!(!reader.view.is_complete() && reader.view.ledger_time().is_none());
    reader.follow(&mut net);
    assert_eq!(reader.view.count(), 201);
}

/// The operator is gone: its witnesses serve the last head whose certificate they were shown.
#[test]
fn witnesses_serve_readers_when_the_operator_is_down() {
    let mut net = Net::new();
    converges(&mut net);
    net.pass(Millis::seconds(301));
    let mut reader = Reader::of(&net.descriptor.clone());
    let page = net.page_of_witness(0, 0);
    let advance = reader.read(net.now, &page).unwrap();
    assert_eq!((advance.news.len(), advance.more), (3, false));
}

#[test]
fn an_idle_log_renews_its_head_every_half_of_the_largest_age() {
    let mut net = Net::new();
    net.pass(Millis::seconds(3_600));
    let page = net.page(0);
    let mut reader = Reader::of(&net.descriptor.clone());
    reader.read(net.now, &page).unwrap();
    let age = net.now.since(reader.view.head().unwrap().time);
    assert!(age <= Millis::seconds(301), "{age}");
    let offers = net.offers.len();
    assert!(offers <= 3 * 14, "an idle hour costs {offers} messages");
}

/// G7: a release looks at a chain fetched after the delay was over, so a reader can ask for a head
/// of that time.
#[test]
fn an_idle_log_makes_a_newer_head_when_asked() {
    let mut net = Net::new();
    net.pass(Millis::seconds(20));
    let mut reader = Reader::of(&net.descriptor.clone());
    reader.follow(&mut net);
    let wanted = net.now;
    assert!(reader.view.ledger_time().unwrap() < wanted);
    net.page_since(0, wanted);
    net.pass(Millis::seconds(1));
    reader.follow(&mut net);
    assert!(reader.view.ledger_time().unwrap() >= wanted);
    let offers = net.offers.len();
    net.page_since(0, wanted);
    net.page_since(0, Timestamp(u64::MAX));
    net.pass(Millis::seconds(1));
    assert_eq!(
        net.offers.len(),
        offers,
        "neither what there is nor what cannot be costs anything"
    );
}

/// A head costs every witness a signature. Eight readers, a second apart, share one; whoever looks a
/// pace later has a new one made, or ledger time would stand still.
#[test]
fn readers_who_look_at_about_the_same_time_share_a_head() {
    let mut net = Net::new();
    net.pass(Millis::seconds(60));
    let mut readers: Vec<(Disk, Anchor)> = (0..8)
        .map(|_| {
            let mut disk = Disk::new();
            let mut anchor = Anchor::open(&disk).unwrap();
            run(&mut disk, net.now, |work| {
                anchor.adopt(work, &net.descriptor).unwrap()
            });
            (disk, anchor)
        })
        .collect();
    let pace = Millis::seconds(75);
    for round in 1..=3 {
        net.pass(pace);
        let (offers, begun) = (net.offers.len(), net.now);
        for (disk, anchor) in &mut readers {
            net.pass(Millis::seconds(1));
            let (log, now) = (net.log, net.now);
            let ((), step) = step(disk, now, |work| anchor.look(work, log));
            let [
                Query {
                    ask: Ask::Follow { have, since },
                    ..
                },
            ] = step.queries[..]
            else {
                panic!("a look is one question");
            };
            net.page_since(have, since);
        }
        net.pass(Millis::seconds(1));
        assert_eq!(
            net.offers.len(),
            offers + 3,
            "one head of three witnesses in round {round}"
        );
        let mut reader = Reader::of(&net.descriptor.clone());
        reader.follow(&mut net);
        assert!(reader.view.ledger_time().unwrap() >= begun);
    }
}

/// G9: whoever follows learns every record and what it does.
#[test]
fn a_reader_is_told_what_is_new() {
    let mut net = Net::new();
    converges(&mut net);
    let mut reader = Reader::of(&net.descriptor.clone());
    let page = net.page(0);
    let news = reader.read(net.now, &page).unwrap().news;
    let acts: Vec<_> = news
        .iter()
        .map(|news| &news.outcome.as_ref().unwrap().act)
        .collect();
    assert!(matches!(
        acts[..],
        [
            Act::Created { .. },
            Act::Dealt { .. },
            Act::Requested { .. }
        ]
    ));
    let again = net.page(3);
    assert!(reader.read(net.now, &again).unwrap().news.is_empty());
}

/// The machine itself: its clock jumps a year ahead and back. No record is stamped with a time that
/// no witness agrees to, and the log goes on.
#[test]
fn a_clock_that_jumps_ahead_and_back_stops_nothing_for_long() {
    let mut net = Net::new();
    net.pass(Millis(700));
    let right = net.now;
    net.now = right.after(Millis::seconds(365 * 86_400));
    net.refusing_clock = Some(right);
    let record = &records(&net)[0];
    net.append(record);
    net.pass(Millis::seconds(10));
    assert_eq!(
        net.operator().size(),
        (0, Some(0)),
        "no entry was made on the wrong clock"
    );
    net.now = right.after(Millis::seconds(10));
    net.refusing_clock = None;
    net.flights.clear();
    assert_eq!(net.commit(record), 0);
    let mut reader = Reader::of(&net.descriptor.clone());
    reader.follow(&mut net);
    assert!(reader.view.ledger_time().unwrap() <= net.now);
}

/// After a long silence the first head has no entries, so that their time is one that a quorum
/// agrees to.
#[test]
fn after_a_long_silence_records_wait_for_a_head_without_entries() {
    let mut net = Net::new();
    net.pass(Millis(700));
    net.now = net.now.after(Millis::seconds(86_400));
    net.restart_operator();
    let record = &records(&net)[0];
    net.append(record);
    net.offers.clear();
    net.pass(Millis(700));
    assert!(net.offers[0].entries.is_empty());
    assert_eq!(net.operator().size(), (1, Some(1)));
}

// --- appending ---

#[test]
fn a_repeated_record_is_harmless() {
    let mut net = Net::new();
    net.pass(Millis(700));
    let record = &records(&net)[0];
    assert_eq!(net.append(record), Some(AppendOutcome::Pending));
    assert_eq!(net.append(record), Some(AppendOutcome::Pending));
    net.pass(Millis(700));
    for _ in 0..3 {
        assert_eq!(
            net.append(record),
            Some(AppendOutcome::Committed { index: 0 })
        );
    }
    assert_eq!(net.operator().size(), (1, Some(1)));
}

#[test]
fn a_record_without_effect_is_refused_with_its_reason() {
    let mut net = Net::new();
    net.pass(Millis(700));
    let all = records(&net);
    let refused = |outcome| match outcome {
        Some(AppendOutcome::Refused { code, .. }) => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(net.append(&all[1])), "e.p.ledger.unknown-policy");
    let mut forged = all[0].clone();
    forged.signatures = vec![kith_protocol::ledger::Endorsement::Agent {
        key: key(1).verifying_key(),
        signature: key::<kith_protocol::keys::role::AgentPolicy>(9).sign("x", b"y"),
    }];
    assert_eq!(refused(net.append(&forged)), "e.p.ledger.bad-signature");
}

/// G15: whatever arrives as a record and is none is refused by its form, and costs nothing.
#[test]
fn bytes_that_are_no_record_are_refused_by_the_operator() {
    let mut net = Net::new();
    net.pass(Millis(700));
    let good = records(&net)[0].to_bytes();
    let mut kind = good.clone();
    assert_eq!(kind[35], 10);
    kind[35] = 99;
    let hostile = [
        Vec::new(),
        kind,
        [&good[..], &[0]].concat(),
        [&good[..2], &[0x80, 0], &good[3..]].concat(),
        vec![1; limits::ledger::RECORD + 1],
    ];
    for bytes in hostile {
        match net.append_bytes(&did(150), bytes) {
            Some(AppendOutcome::Refused { code, .. }) => assert_eq!(code, "e.p.ledger.malformed"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(net.operator().size().0, 0);
}

/// What waits is taken into account: the second record builds on the first before it is published.
#[test]
fn records_that_build_on_each_other_share_a_head() {
    let mut net = Net::new();
    net.pass(Millis(700));
    let all = records(&net);
    for record in &all {
        assert_eq!(net.append(record), Some(AppendOutcome::Pending));
    }
    net.offers.clear();
    net.pass(Millis(700));
    assert_eq!(net.operator().size(), (3, Some(3)));
    assert_eq!(net.offers.len(), 3, "one offer to each witness");
}

/// G15: one sender cannot fill the queue, nor create policies without end.
#[test]
fn a_senders_quota_is_kept() {
    let mut net = Net::new();
    net.pass(Millis(700));
    let sender = did(77);
    let codes: Vec<_> = (300..320)
        .filter_map(
            |owner| match net.append_from(&sender, &World::founded_on(net.log, owner).1) {
                Some(AppendOutcome::Refused { code, .. }) => Some(code),
                _ => None,
            },
        )
        .collect();
    assert_eq!(codes, vec!["e.p.ledger.creation-quota"; 4]);
    let other = World::founded_on(net.log, 330).1;
    assert_eq!(
        net.append_from(&did(78), &other),
        Some(AppendOutcome::Pending),
        "others are served"
    );
    net.pass(Millis::seconds(3_600));
    let later = World::founded_on(net.log, 331).1;
    assert_eq!(
        net.append_from(&sender, &later),
        Some(AppendOutcome::Pending)
    );
}

#[test]
fn a_sender_has_at_most_64_records_waiting() {
    let mut net = Net::new();
    net.pass(Millis(700));
    net.down = vec![true; 3];
    let (mut world, created) = World::founded_on(net.log, 1);
    net.append(&created);
    let mut outcomes = Vec::new();
    for seed in 0..70 {
        let agent = key(1_000 + seed);
        let granted = world.grant(&agent, kith_protocol::ledger::Authorizations::PROVE);
        world.put(&granted, START).unwrap();
        outcomes.push(net.append(&granted));
        let revoked = world.revoke(&agent, &world.owner);
        world.put(&revoked, START).unwrap();
        outcomes.push(net.append(&revoked));
    }
    let waiting = outcomes
        .iter()
        .filter(|outcome| **outcome == Some(AppendOutcome::Pending))
        .count();
    assert_eq!(waiting, 63);
}

/// A record that was lawful when it came and is not when its head is made has no place in the log.
#[test]
fn a_record_that_time_overtakes_is_dropped_and_its_sender_told() {
    let mut net = Net::new();
    net.pass(Millis(700));
    let all = records(&net);
    net.commit(&all[0]);
    net.commit(&all[1]);
    net.append(&all[2]);
    net.now = net.now.after(LIFETIME);
    net.pass(Millis(700));
    let Some(AppendOutcome::Refused { code, .. }) = net.append(&all[2]) else {
        panic!()
    };
    assert_eq!(code, "e.p.ledger.expired");
}

#[test]
fn a_log_of_a_single_operator_certifies_itself() {
    let mut descriptor = descriptor();
    (
        descriptor.witnesses,
        descriptor.quorum,
        descriptor.single_operator,
    ) = (vec![], 0, true);
    let mut net = Net::with(descriptor);
    converges(&mut net);
    assert!(net.offers.is_empty());
}

// --- witnesses ---

/// G14: a witness that would sign two heads of one size refuses, and keeps both.
#[test]
fn a_witness_signs_no_second_head_of_the_same_size() {
    let (mut net, mut twin) = twins();
    let theirs = twin.offers.last().unwrap().clone();
    let answer = net.offer(0, theirs).unwrap();
    assert_eq!(code(&answer.outcome), "e.p.ledger.witness.fork");
    let conflicts = kith_protocol::ledger::conflicts(&net.witness_disks[0]).unwrap();
    assert!(conflicts[0].proven && conflicts[0].ours != conflicts[0].theirs);
    let _ = &mut twin;
}

#[test]
fn a_witness_signs_no_longer_head_of_another_history() {
    let (mut net, mut twin) = twins();
    let (_, more) = World::founded_on(net.log, 90);
    twin.commit(&more);
    let theirs = twin.offers.last().unwrap().clone();
    assert_eq!(theirs.from, 1);
    let answer = net.offer(0, theirs).unwrap();
    assert_eq!(code(&answer.outcome), "e.p.ledger.witness.fork");
    assert_eq!(net.held_by(0), 1);
}

#[test]
fn a_witness_signs_no_smaller_head() {
    let mut net = Net::new();
    net.pass(Millis(700));
    let empty = net.offers.last().unwrap().clone();
    net.commit(&records(&net)[0].clone());
    let answer = net.offer(0, empty).unwrap();
    // Its time is earlier too; both are the same lie.
    assert_eq!(code(&answer.outcome), "e.p.ledger.witness.time-backwards");
}

#[test]
fn a_witness_signs_no_head_from_the_future() {
    let mut net = Net::new();
    net.pass(Millis(700));
    let offer = net.offers.last().unwrap().clone();
    net.now = Timestamp(BEGIN.0 - 10_000);
    let answer = net.offer(0, offer).unwrap();
    assert_eq!(code(&answer.outcome), "e.p.ledger.witness.ahead");
}

#[test]
fn a_witness_signs_the_same_head_again() {
    let mut net = Net::new();
    net.commit(&records(&net)[0].clone());
    let offer = net.offers.last().unwrap().clone();
    for _ in 0..2 {
        let answer = net.offer(0, offer.clone()).unwrap();
        assert!(matches!(answer.outcome, CosignOutcome::Signed { .. }));
    }
}

#[test]
fn a_witness_takes_no_entries_that_do_not_lead_to_the_head() {
    let mut net = Net::new();
    net.down = vec![true; 3];
    let record = &records(&net)[0];
    net.append(record);
    net.pass(Millis(700));
    net.down = vec![false; 3];
    net.pass(Millis::seconds(20));
    let good = net
        .offers
        .iter()
        .find(|offer| offer.entries.len() == 1)
        .unwrap()
        .clone();
    let mut fresh = Net::new();
    let mut without = good.clone();
    without.entries.clear();
    assert!(matches!(
        fresh.offer(0, without).unwrap().outcome,
        CosignOutcome::Behind
    ));
    let mut garbled = good.clone();
    garbled.entries[0].0.push(0);
    assert_eq!(
        code(&fresh.offer(0, garbled).unwrap().outcome),
        "e.p.ledger.witness.entries"
    );
    let mut changed = good.clone();
    let mut entry = kith_protocol::ledger::Entry::from_bytes(&changed.entries[0].0).unwrap();
    entry.record.0[5] ^= 1;
    changed.entries[0] = entry.to_bytes().into();
    assert_eq!(
        code(&fresh.offer(0, changed).unwrap().outcome),
        "e.p.ledger.witness.fork"
    );
    let mut gap = good.clone();
    gap.from = 1;
    assert!(matches!(
        fresh.offer(0, gap).unwrap().outcome,
        CosignOutcome::Behind
    ));
    assert_eq!(fresh.held_by(0), 0);
    assert!(matches!(
        fresh.offer(0, good).unwrap().outcome,
        CosignOutcome::Signed { .. }
    ));
}

#[test]
fn a_witness_answers_its_logs_operator_only() {
    let mut net = Net::new();
    net.pass(Millis(700));
    let offer = net.offers.last().unwrap().clone();
    let message = received(
        did(66),
        did(67),
        kith_protocol::message::Body::LedgerCosign(offer.clone()),
    );
    let log = net.log;
    let mut witnesses = kith_protocol::ledger::Witnesses::default();
    let disk = net.witness_disks[0].clone();
    let (answer, made) = step(&disk, net.now, |work| {
        witnesses
            .open(work, &log)
            .unwrap()
            .unwrap()
            .on_cosign(work, &message, &offer)
    });
    assert!(answer.is_err() && made.writes.is_empty());
}

#[test]
fn a_witness_serves_only_logs_whose_descriptor_names_it() {
    let mut disk = Disk::new();
    let refused = run(&mut disk, BEGIN, |work| {
        kith_protocol::ledger::Witness::adopt(work, &descriptor(), key(5))
            .err()
            .unwrap()
    });
    assert_eq!(refused, kith_protocol::ledger::WitnessError::NotNamed);
    assert!(disk.is_empty());
}

#[test]
fn an_operator_creates_only_its_own_log_and_only_one() {
    let mut disk = Disk::new();
    let created = |disk: &mut Disk, secret| {
        run(disk, BEGIN, |work| {
            kith_protocol::ledger::Operator::create(work, &descriptor(), key(secret)).err()
        })
    };
    assert_eq!(
        created(&mut disk, 5),
        Some(kith_protocol::ledger::CreateError::WrongKey)
    );
    assert_eq!(created(&mut disk, 100), None);
    assert_eq!(
        created(&mut disk, 100),
        Some(kith_protocol::ledger::CreateError::Exists)
    );
}

/// Two logs of the same keys with different first records: an operator that lies, and witnesses
/// that help it.
fn twins() -> (Net, Net) {
    let (mut net, mut twin) = (Net::new(), Net::new());
    let (ours, theirs) = (
        World::founded_on(net.log, 1).1,
        World::founded_on(net.log, 2).1,
    );
    net.commit(&ours);
    twin.commit(&theirs);
    assert_eq!(net.now, twin.now);
    (net, twin)
}

fn code(outcome: &CosignOutcome) -> &str {
    match outcome {
        CosignOutcome::Refused { code, .. } => code,
        other => panic!("{other:?}"),
    }
}
