//! What targets measure hostile bytes against: keys and things that are the same in every run.
use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::did::LocalDid;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

/// Randomness that comes from a number.
pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// Somebody.
pub(crate) fn person(seed: u64) -> LocalDid {
    LocalDid::generate(None, &mut rng(seed))
}

pub(crate) fn digest(name: &str) -> Digest {
    Digest::of("fuzz", &[name.as_bytes()])
}

pub(crate) fn blob(text: &str) -> Blob {
    Blob(text.as_bytes().to_vec())
}
