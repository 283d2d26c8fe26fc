//! What a reader refuses (L2, G14), and what it survives (G11).
#![allow(clippy::unwrap_used)]
mod ledger_support;
#[path = "ledger_support/net.rs"]
mod net;

use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::ledger::{
    CertificateError, Checkpoint, CheckpointError, Descriptor, Entry, ExtendError, Hold, Invalid,
    Record, View, ViewError, conflicts,
};
use kith_protocol::message::ledger::Page;
use kith_protocol::record::Key;
use kith_protocol::time::{Millis, Timestamp};
use ledger_support::*;
use net::*;
use tlog_tiles::tlog;

/// A log with two entries, a reader of it that has none, and the page with both.
fn read_nothing() -> (Net, Reader, Page) {
    let mut net = Net::new();
    for owner in [1, 2] {
        net.commit(&World::founded_on(net.log, owner).1);
    }
    let page = net.page(0);
    let reader = Reader::of(&net.descriptor);
    (net, reader, page)
}

fn edited(page: &Page, edit: impl FnOnce(String) -> String) -> Page {
    let note = edit(String::from_utf8(page.note.0.clone()).unwrap());
    Page {
        note: Blob(note.into_bytes()),
        ..page.clone()
    }
}

/// The note without the lines that start with one of these names.
fn without(page: &Page, names: &[&str]) -> Page {
    edited(page, |note| {
        let kept = |line: &&str| {
            !names
                .iter()
                .any(|name| line.starts_with(&format!("— {name} ")))
        };
        note.lines()
            .filter(kept)
            .map(|line| format!("{line}\n"))
            .collect()
    })
}

fn refuses(error: impl Into<ViewError>, page: &Page, net: &Net) {
    let mut reader = Reader::of(&net.descriptor);
    assert_eq!(reader.read(net.now, page), Err(error.into()));
    assert_eq!(
        (reader.view.count(), reader.view.head()),
        (0, None),
        "nothing is believed"
    );
}

#[test]
fn a_good_page_is_believed() {
    let (net, mut reader, page) = read_nothing();
    let advance = reader.read(net.now, &page).unwrap();
    assert_eq!(advance.news.len(), 2);
    assert_eq!(reader.view.count(), 2);
    assert!(reader.view.is_current(net.now));
}

// --- certificates ---

#[test]
fn too_few_cosignatures_certify_nothing() {
    let (net, _, page) = read_nothing();
    for (names, have) in [
        (vec!["witness-0", "witness-1"], 1),
        (vec!["witness-0", "witness-1", "witness-2"], 0),
    ] {
        refuses(
            CertificateError::TooFew { have, needed: 2 },
            &without(&page, &names),
            &net,
        );
    }
    let mut reader = Reader::of(&net.descriptor);
    reader
        .read(net.now, &without(&page, &["witness-1"]))
        .unwrap();
}

#[test]
fn one_witness_counts_once_however_often_its_line_stands_there() {
    let (net, _, page) = read_nothing();
    let one = without(&page, &["witness-1", "witness-2"]);
    let twice = edited(&one, |note| {
        let line = note
            .lines()
            .find(|line| line.contains("witness-0"))
            .unwrap()
            .to_owned();
        format!("{note}{line}\n")
    });
    refuses(
        CertificateError::TooFew { have: 1, needed: 2 },
        &twice,
        &net,
    );
}

#[test]
fn a_head_without_its_operators_signature_is_refused() {
    let (net, _, page) = read_nothing();
    refuses(
        CertificateError::NotSigned,
        &without(&page, &["kith.example/log"]),
        &net,
    );
}

#[test]
fn a_line_of_a_stranger_counts_for_nothing() {
    let (net, _, page) = read_nothing();
    let one = without(&page, &["witness-1", "witness-2"]);
    let renamed = edited(&page, |note| note.replace("witness-1", "stranger"));
    let lines = String::from_utf8(renamed.note.0).unwrap();
    let line = lines
        .lines()
        .find(|line| line.contains("stranger"))
        .unwrap()
        .to_owned();
    let padded = edited(&one, |note| format!("{note}{line}\n"));
    refuses(
        CertificateError::TooFew { have: 1, needed: 2 },
        &padded,
        &net,
    );
}

#[test]
fn a_head_whose_text_was_changed_is_refused() {
    let (net, _, page) = read_nothing();
    let time = format!("kith-time {}", BEGIN.0);
    for (from, to) in [
        ("\n2\n", "\n3\n"),
        (&time[..16], "kith-time 170001"),
        ("log\n2", "lag\n2"),
    ] {
        let changed = edited(&page, |note| note.replacen(from, to, 1));
        assert_ne!(changed, page, "{from}");
        let mut reader = Reader::of(&net.descriptor);
        assert!(
            matches!(
                reader.read(net.now, &changed),
                Err(ViewError::Certificate(_))
            ),
            "{from}"
        );
    }
}

#[test]
fn every_flipped_bit_of_a_note_is_caught_or_costs_a_line() {
    let (net, _, page) = read_nothing();
    let plain = Reader::of(&net.descriptor);
    for byte in 0..page.note.len() {
        let mut note = page.note.clone();
        note.0[byte] ^= 1;
        let changed = Page {
            note,
            ..page.clone()
        };
        let mut reader = Reader {
            disk: plain.disk.clone(),
            view: plain.view.clone(),
        };
        if reader.read(net.now, &changed).is_ok() {
            assert_eq!(
                reader.view.head().unwrap().root,
                head_of(&net, &page).root,
                "byte {byte}"
            );
        }
    }
}

fn head_of(net: &Net, page: &Page) -> Checkpoint {
    kith_protocol::ledger::Certified::verify(&net.descriptor, &page.note.0)
        .unwrap()
        .checkpoint
}

#[test]
fn hostile_notes_are_bounded() {
    let (net, _, page) = read_nothing();
    let long = edited(&page, |note| note + &"— a b\n".repeat(1_000));
    assert!(matches!(
        Reader::of(&net.descriptor).read(net.now, &long),
        Err(ViewError::Certificate(CertificateError::Checkpoint(
            CheckpointError::TooLong(_)
        )))
    ));
    for text in ["", "\n\n", "a\n\n— a b\n", "\u{0}"] {
        let odd = edited(&page, |_| text.into());
        let refused = Reader::of(&net.descriptor).read(net.now, &odd);
        assert!(
            matches!(refused, Err(ViewError::Certificate(_))),
            "{text:?}"
        );
    }
}

/// Who hands out a changed descriptor hands out another log: its id is the digest of all of it.
#[test]
fn a_tampered_descriptor_is_another_log() {
    let (net, _, page) = read_nothing();
    let changes: [fn(&mut Descriptor); 4] = [
        |descriptor| descriptor.quorum = 3,
        |descriptor| descriptor.witnesses[0].key = key(99).verifying_key(),
        |descriptor| descriptor.max_age = Millis::seconds(601),
        |descriptor| descriptor.operator.key = key(99).verifying_key(),
    ];
    for change in changes {
        let mut descriptor = net.descriptor.clone();
        change(&mut descriptor);
        assert_ne!(descriptor.id(), net.log);
        let mut reader = Reader::of(&descriptor);
        assert_eq!(reader.read(net.now, &page), Err(ViewError::WrongLog));
        let relabelled = Page {
            log: descriptor.id(),
            ..page.clone()
        };
        if let Ok(advance) = reader.read(net.now, &relabelled) {
            assert!(
                advance
                    .news
                    .iter()
                    .all(|news| news.outcome == Err(Invalid::BadSignature))
            );
        }
    }
}

// --- entries ---

#[test]
fn reordered_truncated_and_invented_entries_are_refused() {
    let (net, _, page) = read_nothing();
    let does_not_follow = ExtendError::DoesNotFollow;
    let invented = World::founded_on(net.log, 3).1;
    let time = Entry::from_bytes(&page.entries[1].0).unwrap().time;
    let invented = Blob(
        Entry {
            time,
            record: Blob(invented.to_bytes()),
        }
        .to_bytes(),
    );
    let with = |change: &dyn Fn(&mut Page)| {
        let mut other = page.clone();
        change(&mut other);
        other
    };
    refuses(
        does_not_follow,
        &with(&|page| page.entries[1] = invented.clone()),
        &net,
    );
    refuses(
        does_not_follow,
        &with(&|page| {
            page.entries.pop();
        }),
        &net,
    );
    refuses(
        ExtendError::TooMany,
        &with(&|page| page.entries.push(invented.clone())),
        &net,
    );
    refuses(
        ExtendError::OutOfStep { held: 0 },
        &with(&|page| page.entries.clear()),
        &net,
    );
    refuses(
        ExtendError::OutOfStep { held: 0 },
        &with(&|page| page.from = 1),
        &net,
    );
    let swapped = with(&|page| page.entries.swap(0, 1));
    refuses(ExtendError::Time { index: 1 }, &swapped, &net);
}

#[test]
fn every_flipped_byte_of_an_entry_is_caught() {
    let (net, _, page) = read_nothing();
    let plain = Reader::of(&net.descriptor);
    for byte in 0..page.entries[0].len() {
        let mut changed = page.clone();
        changed.entries[0].0[byte] ^= 0x10;
        let mut reader = Reader {
            disk: plain.disk.clone(),
            view: plain.view.clone(),
        };
        assert!(
            matches!(reader.read(net.now, &changed), Err(ViewError::Page(_))),
            "byte {byte}"
        );
    }
}

#[test]
fn a_page_beyond_its_bound_is_refused() {
    let (net, _, page) = read_nothing();
    let mut large = page.clone();
    large.entries = vec![Blob(vec![0; 1_000]); 26];
    refuses(ExtendError::TooMany, &large, &net);
}

#[test]
fn a_part_of_the_entries_is_believed_only_with_its_proof() {
    let mut net = Net::new();
    for owner in 1..=5 {
        net.commit(&World::founded_on(net.log, owner).1);
    }
    let page = net.page(0);
    let part = |count: usize, proof: Vec<Digest>| {
        let entries = page.entries[..count].to_vec();
        Page {
            entries,
            proof,
            ..page.clone()
        }
    };
    let forged = forged_log(
        &page
            .entries
            .iter()
            .map(|entry| entry.0.clone())
            .collect::<Vec<_>>(),
    );
    let proof: Vec<Digest> = tlog::prove_tree(5, 3, &forged)
        .unwrap()
        .iter()
        .map(|hash| Digest(hash.0))
        .collect();
    refuses(ExtendError::DoesNotFollow, &part(3, vec![]), &net);
    refuses(ExtendError::DoesNotFollow, &part(2, proof.clone()), &net);
    let mut reader = Reader::of(&net.descriptor);
    let advance = reader.read(net.now, &part(3, proof)).unwrap();
    assert_eq!((advance.news.len(), advance.more), (3, true));
    assert_eq!(reader.view.ledger_time(), None, "it says nothing about now");
    assert_eq!(
        reader.view.release_allowed(&Digest([0; 32]), net.now),
        Err(Hold::Stale)
    );
    // It stopped there: it opens with what it has, and reads on.
    reader.view = View::open(&reader.disk, &net.log).unwrap().unwrap();
    reader.follow(&mut net);
    assert_eq!(reader.view.count(), 5);
}

// --- heads ---

#[test]
fn a_rollback_is_refused() {
    let mut net = Net::new();
    net.commit(&World::founded_on(net.log, 1).1);
    let old = net.page(0);
    net.commit(&World::founded_on(net.log, 2).1);
    let mut reader = Reader::of(&net.descriptor);
    reader.follow(&mut net);
    assert_eq!(reader.read(net.now, &old), Err(ViewError::Rollback));
    assert_eq!(reader.view.count(), 2);
}

#[test]
fn an_earlier_head_of_the_same_size_is_refused() {
    let mut net = Net::new();
    net.commit(&World::founded_on(net.log, 1).1);
    let old = net.page(0);
    net.pass(Millis::seconds(301));
    let mut reader = Reader::of(&net.descriptor);
    reader.follow(&mut net);
    assert_eq!(reader.read(net.now, &old), Err(ViewError::Rollback));
}

/// G14: two conflicting certified heads are kept as proof.
#[test]
fn a_fork_of_the_same_size_is_proof() {
    let (mut net, mut twin) = (Net::new(), Net::new());
    net.commit(&World::founded_on(net.log, 1).1);
    twin.commit(&World::founded_on(net.log, 2).1);
    let mut reader = Reader::of(&net.descriptor);
    reader.follow(&mut net);
    let theirs = twin.page(0);
    assert_eq!(reader.read(net.now, &theirs), Err(ViewError::Conflict));
    let kept = conflicts(&reader.disk).unwrap();
    assert!(kept[0].proven);
    for note in [&kept[0].ours, &kept[0].theirs] {
        kith_protocol::ledger::Certified::verify(&net.descriptor, &note.0).unwrap();
    }
}

#[test]
fn a_longer_fork_is_refused_and_kept_as_a_suspicion() {
    let (mut net, mut twin) = (Net::new(), Net::new());
    net.commit(&World::founded_on(net.log, 1).1);
    twin.commit(&World::founded_on(net.log, 2).1);
    twin.commit(&World::founded_on(net.log, 3).1);
    let mut reader = Reader::of(&net.descriptor);
    reader.follow(&mut net);
    let theirs = twin.page(1);
    assert_eq!(
        reader.read(twin.now, &theirs),
        Err(ViewError::Page(ExtendError::DoesNotFollow))
    );
    assert!(
        !conflicts(&reader.disk).unwrap()[0].proven,
        "a host that lies about entries looks the same"
    );
    assert_eq!(reader.view.count(), 1);
}

/// A reader that has not yet all entries under the head it remembers holds the log to that head.
#[test]
fn a_fork_during_catching_up_is_proof() {
    let (mut net, mut twin) = (Net::new(), Net::new());
    for log in [&mut net, &mut twin] {
        log.pass(Millis(700));
        for owner in 200..320 {
            log.append_from(&did(owner / 10), &World::founded_on(log.log, owner).1);
        }
        log.pass(Millis::seconds(5));
    }
    net.commit(&World::founded_on(net.log, 1).1);
    twin.commit(&World::founded_on(net.log, 2).1);
    twin.commit(&World::founded_on(net.log, 3).1);
    let mut reader = Reader::of(&net.descriptor);
    let page = net.page(0);
    assert!(reader.read(net.now, &page).unwrap().more);
    let held = reader.view.count();
    assert!(held < 121);
    let theirs = twin.page(held);
    assert_eq!(reader.read(twin.now, &theirs), Err(ViewError::Conflict));
    assert!(conflicts(&reader.disk).unwrap()[0].proven);
    assert_eq!(reader.view.count(), held);
    reader.follow(&mut net);
    assert_eq!(reader.view.count(), 121);
}

#[test]
fn a_head_too_old_or_ahead_is_refused() {
    let (net, _, page) = read_nothing();
    let head = head_of(&net, &page).time;
    let read = |now| Reader::of(&net.descriptor).read(now, &page).map(|_| ());
    let (age, skew) = (net.descriptor.max_age, net.descriptor.max_skew);
    assert_eq!(
        read(Timestamp(head.after(age).0 + 1)),
        Err(ViewError::Stale)
    );
    assert_eq!(read(head.after(age)), Ok(()));
    assert_eq!(read(Timestamp(head.0 - skew.0 - 1)), Err(ViewError::Ahead));
    assert_eq!(read(Timestamp(head.0 - skew.0)), Ok(()));
}

#[test]
fn a_view_that_was_not_renewed_allows_no_release() {
    let (net, mut reader, page) = read_nothing();
    reader.read(net.now, &page).unwrap();
    let head = reader.view.ledger_time().unwrap();
    let request = Digest([1; 32]);
    assert_eq!(
        reader.view.release_allowed(&request, net.now),
        Err(Hold::NotAnchored)
    );
    let late = Timestamp(head.after(net.descriptor.max_age).0 + 1);
    assert_eq!(
        reader.view.release_allowed(&request, late),
        Err(Hold::Stale)
    );
}

#[test]
fn an_answer_that_comes_twice_or_late_brings_nothing_new() {
    let (net, mut reader, page) = read_nothing();
    reader.read(net.now, &page).unwrap();
    let again = reader.read(net.now, &page).unwrap();
    assert_eq!((again.news.len(), again.more), (0, false));
}

// --- what only a lying operator can publish ---

struct Forged(Vec<tlog::Hash>);

impl tlog::HashReader for Forged {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok(indexes
            .iter()
            .map(|index| self.0[usize::try_from(*index).unwrap()])
            .collect())
    }
}

fn forged_log(entries: &[Vec<u8>]) -> Forged {
    let mut forged = Forged(Vec::new());
    for (index, entry) in (0..).zip(entries) {
        let hashes = tlog::stored_hashes(index, entry, &forged).unwrap();
        forged.0.extend(hashes);
    }
    forged
}

/// A log of a single operator who signs whatever it likes, and the page with all of it.
fn forged(entries: &[(u64, Vec<u8>)], time: u64) -> (Descriptor, Page) {
    let mut descriptor = descriptor();
    (
        descriptor.witnesses,
        descriptor.quorum,
        descriptor.single_operator,
    ) = (vec![], 0, true);
    let leaf = |(time, record): &(u64, Vec<u8>)| {
        Entry {
            time: Timestamp(*time),
            record: Blob(record.clone()),
        }
        .to_bytes()
    };
    let leaves: Vec<Vec<u8>> = entries.iter().map(leaf).collect();
    let size = leaves.len() as u64;
    let root = Digest(tlog::tree_hash(size, &forged_log(&leaves)).unwrap().0);
    let checkpoint = Checkpoint {
        origin: descriptor.origin.clone(),
        size,
        root,
        time: Timestamp(time),
    };
    let page = Page {
        log: descriptor.id(),
        note: Blob(checkpoint.sign(&key(100))),
        from: 0,
        entries: leaves.into_iter().map(Blob).collect(),
        proof: vec![],
    };
    (descriptor, page)
}

#[test]
fn entry_times_that_run_backwards_or_past_the_head_are_refused() {
    let record = |owner| World::founded_on(LOG, owner).1.to_bytes();
    for (times, index) in [([5, 4], 1), ([5, 11], 1), ([11, 11], 0)] {
        let entries = [(times[0], record(1)), (times[1], record(2))];
        let (descriptor, page) = forged(&entries, 10);
        let refused = Reader::of(&descriptor).read(Timestamp(10), &page);
        assert_eq!(refused, Err(ViewError::Page(ExtendError::Time { index })));
    }
}

/// A new entry cannot be older than a head under which it was not: delays would run out early.
#[test]
fn an_entry_older_than_the_last_head_is_refused() {
    let record = |owner| World::founded_on(LOG, owner).1.to_bytes();
    let (descriptor, first) = forged(&[(5, record(1))], 10);
    let (_, mut second) = forged(&[(5, record(1)), (9, record(2))], 12);
    let mut reader = Reader::of(&descriptor);
    reader.read(Timestamp(10), &first).unwrap();
    (second.from, second.entries) = (1, second.entries.split_off(1));
    let refused = reader.read(Timestamp(12), &second);
    assert_eq!(
        refused,
        Err(ViewError::Page(ExtendError::Time { index: 1 }))
    );
}

/// Whoever includes it: a record that the rule refuses has no effect, and every reader says so.
#[test]
fn an_included_record_without_effect_is_reported_and_changes_nothing() {
    let mut single = descriptor();
    (single.witnesses, single.quorum, single.single_operator) = (vec![], 0, true);
    let log = single.id();
    let (world, created) = World::founded_on(log, 1);
    let other = World::founded_on(LOG, 2).1;
    let entries = [
        (5, b"no record".to_vec()),
        (5, other.to_bytes()),
        (5, created.to_bytes()),
        (6, created.to_bytes()),
    ];
    let (descriptor, page) = forged(&entries, 10);
    let mut reader = Reader::of(&descriptor);
    let news = reader.read(Timestamp(10), &page).unwrap().news;
    let outcomes: Vec<_> = news
        .iter()
        .map(|news| news.outcome.as_ref().map(|_| ()))
        .collect();
    let expected = [
        Err(&Invalid::Malformed),
        Err(&Invalid::BadSignature),
        Ok(()),
        Err(&Invalid::PolicyExists),
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(news[0].about, None);
    assert_eq!(reader.view.find(&created.digest(&log)), Some(2));
    assert!(reader.view.state().knows_policy(&world.policy));
    let reopened = View::open(&reader.disk, &log).unwrap().unwrap();
    assert_eq!(reopened.state(), reader.view.state());
    assert_eq!(reopened.find(&created.digest(&log)), Some(2));
}

// --- the disk ---

/// G11: a view comes back from its rows.
#[test]
fn a_view_comes_back_from_its_rows() {
    let (net, mut reader, page) = read_nothing();
    reader.read(net.now, &page).unwrap();
    let reopened = View::open(&reader.disk, &net.log).unwrap().unwrap();
    assert_eq!(reopened.state(), reader.view.state());
    assert_eq!((reopened.count(), reopened.head()), (2, reader.view.head()));
    assert!(
        View::open(&reader.disk, &Digest([1; 32]))
            .unwrap()
            .is_none()
    );
}

/// G11: a corrupted or lost row is refused and named, never read as something else.
#[test]
fn a_damaged_row_is_named() {
    let (net, mut reader, page) = read_nothing();
    reader.read(net.now, &page).unwrap();
    let keys: Vec<Key> = reader.disk.keys().cloned().collect();
    assert_eq!(keys.len(), 3);
    for key in &keys {
        let mut flipped = reader.disk.clone();
        let row = flipped.get_mut(key).unwrap();
        let middle = row.len() / 2;
        row[middle] ^= 1;
        assert!(View::open(&flipped, &net.log).is_err());
        let mut lost = reader.disk.clone();
        lost.remove(key);
        assert!(View::open(&lost, &net.log).is_err() || key == &keys[0]);
    }
}

/// A step that never became durable leaves a view in memory that is ahead of the disk.
#[test]
fn a_view_follows_the_disk_when_a_step_was_lost() {
    let (net, mut reader, page) = read_nothing();
    let (advance, lost) = step(&reader.disk, net.now, |work| {
        reader.view.advance(work, &page).unwrap()
    });
    drop(lost);
    assert_eq!((advance.news.len(), reader.view.count()), (2, 2));
    reader.view.refresh(&reader.disk).unwrap();
    assert_eq!(reader.view.count(), 0);
    assert_eq!(reader.read(net.now, &page).unwrap().news.len(), 2);
}

#[test]
fn the_questions_name_every_host_with_the_operator_first() {
    let (net, reader, _) = read_nothing();
    let record: Record = World::founded_on(net.log, 9).1;
    for query in [
        reader.view.follow(Timestamp(5)),
        reader.view.append(&record),
    ] {
        assert_eq!(query.log, net.log);
        assert_eq!(query.hosts.len(), 4);
        assert_eq!(query.hosts[0], net.descriptor.operator.did);
    }
}
