//! A trustee agent among a scripted owner, a scripted claimant, other trustees that exist as keys
//! only, and a ledger of one operator.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

pub mod claimant;
pub mod home;
pub mod ledger;
pub mod owner;
pub mod world;

use kith_protocol::time::Millis;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

pub const DELAY: Millis = Millis::seconds(100);
pub const LIFETIME: Millis = Millis::seconds(1_000);
pub const COOL_DOWN: Millis = Millis::seconds(10);

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}
