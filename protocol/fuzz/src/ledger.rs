//! What a ledger consists of, as bytes: records, entries, descriptors, notes, pages.
use crate::pinned::digest;
use kith_protocol::ledger::{Certified, Descriptor, Entry, Record, State, check};
use kith_protocol::time::Timestamp;

/// A record that is read has one spelling, and no record has an effect on an empty log unless it
/// begins a policy.
pub(crate) fn record(bytes: &[u8]) {
    let Ok(record) = Record::from_bytes(bytes) else {
        return;
    };
    assert_eq!(record.to_bytes(), bytes);
    let mut state = State::new(digest("log"));
    for time in [0, 1_000_000_000, u64::MAX] {
        if let Ok(effect) = check(&state, &record, Timestamp(time)) {
            state.apply(&effect);
            assert!(
                check(&state, &record, Timestamp(time)).is_err(),
                "admitted twice"
            );
        }
    }
}

/// The same for an entry and the record in it.
pub(crate) fn entry(bytes: &[u8]) {
    let Ok(entry) = Entry::from_bytes(bytes) else {
        return;
    };
    assert_eq!(entry.to_bytes(), bytes);
    if let Ok(inside) = entry.record() {
        assert_eq!(inside.to_bytes(), entry.record.0);
        record(&entry.record.0);
    }
}

/// A descriptor is followed by a note: one that is read has one spelling, and certifies no note but
/// one that its quorum signed, which nobody could here.
pub(crate) fn descriptor(bytes: &[u8]) {
    let (cut, rest) = bytes.split_at_checked(2).unwrap_or((&[0, 0], bytes));
    let cut = usize::from(u16::from_be_bytes([cut[0], cut[1]])).min(rest.len());
    let (described, note) = rest.split_at(cut);
    let Ok(descriptor) = Descriptor::from_bytes(described) else {
        return;
    };
    assert_eq!(descriptor.to_bytes(), described);
    let _ = (descriptor.hosts(), descriptor.assurance(), descriptor.id());
    if let Ok(certified) = Certified::verify(&descriptor, note) {
        assert_eq!(certified.checkpoint.origin, descriptor.origin);
        assert!(note.starts_with(certified.checkpoint.text().as_bytes()));
    }
}
