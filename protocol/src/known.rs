//! What was found true once: a memory for simulations, off everywhere else.
//!
//! A simulated world runs a dozen agents in one thread, and each of them decodes the same identifiers
//! from its rows and checks the same signatures again and again. These checks are pure: what was true
//! of some bytes is true of the same bytes. [`Known::remember`] keeps the positive answers until it is
//! dropped; nothing refused is ever kept, and no decision differs. So it is with what is computed from
//! the same bytes: public halves and signatures. Agents of people never turn it on:
//! there it would be memory that strangers fill.
use crate::bytes::Digest;
use sha2::{Digest as _, Sha256};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What a thread remembers.
///
/// # Security
/// Holds keys of simulated agents, which come from a seed that everybody may know.
#[derive(Default)]
struct Memory {
    /// Digests of what was found true of several parts.
    facts: BTreeSet<Digest>,
    /// What was found true of one part. Those are short, and compared faster than hashed.
    single: BTreeMap<Fact, BTreeSet<Vec<u8>>>,
    /// Signing keys with their public halves, by seed.
    signing: BTreeMap<[u8; 32], ed25519_dalek::SigningKey>,
    /// Public halves of agreement keys, by secret.
    agreement: BTreeMap<[u8; 32], [u8; 32]>,
    /// Signatures that were made, by digest of key and message.
    signatures: BTreeMap<Digest, [u8; 64]>,
}

thread_local! {
    /// Nothing while nobody remembers.
    static MEMORY: RefCell<Option<Memory>> = const { RefCell::new(None) };
}

/// Remembers in this thread until it is dropped.
#[derive(Debug)]
#[must_use = "nothing is remembered once it is dropped"]
pub struct Known(());

impl Known {
    /// Begins to remember in this thread, with nothing.
    pub fn remember() -> Self {
        MEMORY.set(Some(Memory::default()));
        Self(())
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        MEMORY.set(None);
    }
}

/// What was found true of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fact {
    /// They are an Ed25519 key that we take.
    SigningKey,
    /// They are a key, its signature and what it signed.
    Signature,
    /// They are a key and what it signed.
    Made,
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
    if !is_on() {
        return check();
    }
    if let [part] = parts {
        return once_of_one(fact, part, check);
    }
    let name = name(fact, parts);
    if recall(|memory| memory.facts.get(&name).copied()).is_some() {
        return Ok(());
    }
    check()?;
    keep(|memory| memory.facts.insert(name));
    Ok(())
}

fn once_of_one<E>(fact: Fact, part: &[u8], check: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
    let single = |memory: &Memory| memory.single.get(&fact).map(|known| known.contains(part));
    if recall(single) != Some(true) {
        check()?;
        note(fact, part);
    }
    Ok(())
}

/// Notes what is true because we made it so.
pub(crate) fn note(fact: Fact, part: &[u8]) {
    keep(|memory| {
        let known = memory.single.entry(fact).or_default();
        known.insert(part.to_vec())
    });
}

/// The signing key of a seed with its public half, which costs a multiplication.
pub(crate) fn signing_key(
    seed: &[u8; 32],
    make: impl FnOnce() -> ed25519_dalek::SigningKey,
) -> ed25519_dalek::SigningKey {
    let known = recall(|memory| memory.signing.get(seed).cloned());
    known.unwrap_or_else(|| {
        let key = make();
        keep(|memory| memory.signing.insert(*seed, key.clone()));
        note(Fact::SigningKey, key.verifying_key().as_bytes());
        key
    })
}

/// The public half of an agreement key.
pub(crate) fn agreement_key(secret: &[u8; 32], make: impl FnOnce() -> [u8; 32]) -> [u8; 32] {
    let known = recall(|memory| memory.agreement.get(secret).copied());
    known.unwrap_or_else(|| {
        let public = make();
        keep(|memory| memory.agreement.insert(*secret, public));
        public
    })
}

/// The signature of a key under a message, made once: it is the same each time, and fits.
pub(crate) fn signature(
    public: &[u8; 32],
    message: &[u8],
    make: impl FnOnce() -> [u8; 64],
) -> [u8; 64] {
    if !is_on() {
        return make();
    }
    let made = name(Fact::Made, &[public, message]);
    let known = recall(|memory| memory.signatures.get(&made).copied());
    known.unwrap_or_else(|| {
        let signature = make();
        let fits = name(Fact::Signature, &[public, &signature, message]);
        keep(|memory| memory.facts.insert(fits));
        keep(|memory| memory.signatures.insert(made, signature));
        signature
    })
}

fn is_on() -> bool {
    MEMORY.with_borrow(Option::is_some)
}

fn recall<T>(look: impl FnOnce(&Memory) -> Option<T>) -> Option<T> {
    MEMORY.with_borrow(|memory| memory.as_ref().and_then(look))
}

fn keep<T>(put: impl FnOnce(&mut Memory) -> T) {
    MEMORY.with_borrow_mut(|memory| {
        memory.as_mut().map(put);
    });
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
    fn a_signature_is_made_once_for_each_key_and_message() {
        let _known = Known::remember();
        let made =
            |public: u8, message: &[u8], last| signature(&[public; 32], message, || [last; 64])[0];
        assert_eq!([made(1, b"a", 1), made(1, b"a", 2)], [1, 1]);
        assert_eq!([made(1, b"b", 3), made(2, b"a", 4)], [3, 4]);
    }

    #[test]
    fn an_agent_that_does_not_remember_asks_each_time() {
        let times = Cell::new(0);
        assert_eq!(
            [(); 2].map(|()| asked(&times, b"true", Ok(()))),
            [Ok(()); 2]
        );
        assert_eq!(times.get(), 2);
        let public = [1, 2].map(|byte| agreement_key(&[9; 32], || [byte; 32])[0]);
        assert_eq!(public, [1, 2]);
        let made = [1, 2].map(|byte| signature(&[9; 32], b"a", || [byte; 64])[0]);
        assert_eq!(made, [1, 2]);
    }
}
