//! DIDComm v2 envelopes: the only form in which agents talk to each other (C1).
//!
//! [`seal`] and [`open`] wrap the `didcomm` crate in one profile, the one that other
//! implementations read: authcrypt with ECDH-1PU+A256KW and A256CBC-HS512 over X25519, one sender,
//! one recipient DID, no nested signature, no forward. Evidence is signed inside the body.
//!
//! The crate opens more than it should. What it lets through and [`open`] refuses: plaintext,
//! signed and anonymous messages; a `from` that is not the owner of the sender's key, a `to` that
//! is not the recipient; messages expired or from the future; critical headers it does not know;
//! points of low order; a member that stands twice in one object. Every refusal is a [`Refused`] with a stable code.
//!
//! **Replay is not refused here**: this crate has no memory. Agents keep the reply they gave to
//! each (sender, message id) and give the same reply again.
//!
//! **Tell strangers nothing.** Before decryption nobody is proven to have sent the message; to
//! answer such a refusal would let anybody test which identifiers live behind a network address.
//!
//! Everything is in memory and nothing waits: `didcomm` is asynchronous for the sake of its
//! resolvers only, and ours answer at once. It draws its own randomness, which is why this crate
//! stands outside `kith-protocol`.
//!
//! `didcomm` 0.4.1 pins `askar-crypto` 0.2 and with it curve25519-dalek 3 (RUSTSEC-2024-0344) and
//! ed25519-dalek 1 (RUSTSEC-2022-0093). The crate in `askar-crypto/` takes that name and re-exports
//! 0.3.7; a test reads the lock file and fails when the old ones come back. It also shows the text
//! that was decrypted, which `didcomm` does not.

mod inner;
mod open;
mod outer;
mod parties;
mod ready;
mod refused;
mod repeated;
mod seal;

pub use inner::check_times;
pub use open::{Opened, open};
pub use refused::Refused;
pub use seal::{SealError, seal};
