//! What was found true once: a memory for simulations, off everywhere else.
//!
//! A simulated world runs a dozen agents in one thread, and each of them decodes the same identifiers
//! from its rows and checks the same signatures again and again. These checks are pure: what was true
//! of some bytes is true of the same bytes. [`Known::remember`] keeps the positive answers until it is
//! dropped; nothing refused is ever kept, and no decision differs. Agents of people never turn it on:
//! there it would be memory that strangers fill.
use crate::bytes::Digest;
use sha2::{Digest as _, Sha256};
use std::cell::RefCell;
use std::collections::BTreeSet;

thread_local! {
    /// Digests of what was found true; nothing while nobody remembers.
    static MEMORY: RefCell<Option<BTreeSet<Digest>>> = const { RefCell::new(None) };
}

/// Remembers in this thread until it is dropped.
#[derive(Debug)]
#[must_use = "nothing is remembered once it is dropped"]
pub struct Known(());

impl Known {
    /// Begins to remember in this thread, with nothing.
    pub fn remember() -> Self {
        MEMORY.set(Some(BTreeSet::new()));
        Self(())
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        MEMORY.set(None);
    }
}

/// What was found true of some bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fact {
    /// They are an Ed25519 key that we take.
    SigningKey,
    /// They are a key, its signature and what it signed.
    Signature,
    /// They are an identifier that resolves.
    Did,
    /// They are a point of Ristretto255 that we take.
    Point,
}

/// Asks `check` unless the same `parts` passed it before. Parts stand with their lengths, so that no
/// two lists of parts are the same bytes.
///
/// # Errors
/// What `check` says.
pub(crate) fn once<E>(
    fact: Fact,
    parts: &[&[u8]],
    check: impl FnOnce() -> Result<(), E>,
) -> Result<(), E> {
    if !MEMORY.with_borrow(Option::is_some) {
        return check();
    }
    let name = name(fact, parts);
    let known = MEMORY.with_borrow(|memory| memory.as_ref().is_some_and(|set| set.contains(&name)));
    if known {
        return Ok(());
    }
    check()?;
    MEMORY.with_borrow_mut(|memory| memory.as_mut().map(|set| set.insert(name)));
    Ok(())
}

/// Notes what is true because we made it so: a signature that was just made fits its key and message.
pub(crate) fn note(fact: Fact, parts: &[&[u8]]) {
    let set = |memory: &mut Option<BTreeSet<Digest>>| {
        memory.as_mut().map(|set| set.insert(name(fact, parts)))
    };
    MEMORY.with_borrow_mut(set);
}

fn name(fact: Fact, parts: &[&[u8]]) -> Digest {
    let mut hash = Sha256::new();
    hash.update([fact as u8]);
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    Digest(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn asked(times: &Cell<u32>, part: &[u8], answer: Result<(), ()>) -> Result<(), ()> {
        once(Fact::Did, &[part], || {
            times.set(times.get() + 1);
            answer
        })
    }

    #[test]
    fn what_is_true_is_asked_once_and_what_is_not_each_time() {
        let times = Cell::new(0);
        let known = Known::remember();
        assert_eq!(
            [(); 2].map(|()| asked(&times, b"true", Ok(()))),
            [Ok(()); 2]
        );
        assert_eq!(times.get(), 1);
        assert_eq!(
            [(); 2].map(|()| asked(&times, b"false", Err(()))),
            [Err(()); 2]
        );
        assert_eq!(times.get(), 3);
        drop(known);
        assert_eq!(asked(&times, b"true", Err(())), Err(()));
    }

    #[test]
    fn a_fact_of_some_parts_is_none_of_others() {
        let _known = Known::remember();
        assert_eq!(
            once(Fact::Signature, &[b"ab", b"c"], || Ok::<_, ()>(())),
            Ok(())
        );
        assert_eq!(once(Fact::Signature, &[b"a", b"bc"], || Err(())), Err(()));
        assert_eq!(once(Fact::Did, &[b"ab", b"c"], || Err(())), Err(()));
    }

    #[test]
    fn an_agent_that_does_not_remember_asks_each_time() {
        let times = Cell::new(0);
        assert_eq!(
            [(); 2].map(|()| asked(&times, b"true", Ok(()))),
            [Ok(()); 2]
        );
        assert_eq!(times.get(), 2);
    }
}
