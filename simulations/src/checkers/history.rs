//! G14: one history. What the log shows at a place it shows to everybody, for ever.
use crate::oracle::{Anchored, Oracle};
use kith_protocol::message::ledger::Page;

const NAME: &str = "G14 one history";

/// Compares a page that an agent is shown with all that anybody was shown before.
///
/// # Errors
/// The guarantee, and where the log contradicts itself.
pub(super) fn read(ledger: &mut Oracle, page: &Page) -> Result<(), (&'static str, String)> {
    ledger.read(page).map_err(|what| (NAME, what))
}

/// The next entry that nobody had seen before.
///
/// # Errors
/// The guarantee, for an entry that is none.
pub(super) fn next(ledger: &mut Oracle) -> Result<Option<Anchored>, (&'static str, String)> {
    ledger.advance().map_err(|what| (NAME, what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_protocol::bytes::{Blob, Digest};

    fn page(entry: &[u8]) -> Page {
        Page {
            log: Digest([1; 32]),
            note: Blob(Vec::new()),
            from: 3,
            entries: vec![Blob(entry.to_vec())],
            proof: Vec::new(),
        }
    }

    #[test]
    fn two_entries_at_one_place_are_seen() {
        let mut ledger = Oracle::default();
        assert_eq!(read(&mut ledger, &page(b"one")), Ok(()));
        assert_eq!(read(&mut ledger, &page(b"one")), Ok(()));
        let seen = read(&mut ledger, &page(b"other"));
        assert_eq!(seen.map_err(|(name, _)| name), Err(NAME));
    }

    #[test]
    fn an_entry_that_is_none_is_seen() {
        let mut ledger = Oracle::default();
        let bad = Page {
            from: 0,
            ..page(b"x")
        };
        assert_eq!(read(&mut ledger, &bad), Ok(()));
        assert!(next(&mut ledger).is_err());
    }
}
