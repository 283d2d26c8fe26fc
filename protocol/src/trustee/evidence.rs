//! Signing what must be shown to others one day, with the key of the connection it travels on.
use crate::agent::Work;
use crate::did::{Did, LocalDid};
use crate::error::Damage;
use crate::keys::Signature;
use crate::record::{self, Key, Row};

/// Signs with the key of one of our DIDs.
///
/// # Errors
/// [`Damage`] when the DID's row is missing or cannot be read: a connection is never remembered
/// without its keys.
pub(crate) fn sign(
    work: &Work<'_>,
    ours: &Did,
    label: &str,
    bytes: &[u8],
) -> Result<Signature, Damage> {
    let id = ours.as_str().as_bytes();
    let local = record::load::<LocalDid>(work, id)?;
    let local = local.ok_or_else(|| Damage {
        key: Key::new(LocalDid::SPACE, id),
    })?;
    Ok(local.signing().sign(label, bytes))
}
