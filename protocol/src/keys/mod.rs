//! The keys of the network, each with one purpose and a type of its own.
//!
//! Three layers (Aries RFC 0051, 5.1), told apart by type, each protecting only the next:
//! 1. [`recovery::RecoverySecret`]: the two dealt secrets. They live as shares; in memory only
//!    while they are dealt or used.
//! 2. [`layers::KeyEncryptingKey`]: agreed or derived, wraps data keys and nothing else.
//! 3. [`layers::DataKey`]: seals content.
//!
//! Beside them stand the signing and agreement keys of agents, one marker type per role
//! ([`role`]). Every published key and signature carries a [`suite`] byte.

pub mod agreement;
pub mod derive;
pub mod labels;
pub mod layers;
pub mod recovery;
pub mod role;
mod schnorr;
pub mod sealed_box;
pub mod signature;
pub mod signing;
pub mod suite;

pub use agreement::{AgreementKey, AgreementSecret};
pub use layers::{DataKey, KeyEncryptingKey};
pub use recovery::{RecoveryKey, RecoverySecret};
pub use sealed_box::SealedBox;
pub use signature::{BadSignature, Signature};
pub use signing::{SigningKey, VerifyingKey};
pub use suite::{KeyError, Suite};
