//! What a dealt secret is for, as types.

use core::fmt::Debug;
use core::hash::Hash;

use crate::keys::labels;

mod sealed {
    pub trait Sealed {}
}

/// The purpose of a dealt secret. Shares and commitments of two purposes never mix.
pub trait Purpose:
    sealed::Sealed + Copy + Ord + Hash + Debug + Send + Sync + Unpin + 'static
{
    /// The purpose's label, inside the digest of a commitment.
    const LABEL: &'static str;
    /// A short name for people.
    const NAME: &'static str;
}

/// The secret that opens backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decrypt {}

/// The secret that signs a recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sign {}

impl sealed::Sealed for Decrypt {}
impl sealed::Sealed for Sign {}

impl Purpose for Decrypt {
    const LABEL: &'static str = labels::PURPOSE_DECRYPT;
    const NAME: &'static str = "decrypt";
}

impl Purpose for Sign {
    const LABEL: &'static str = labels::PURPOSE_SIGN;
    const NAME: &'static str = "sign";
}
