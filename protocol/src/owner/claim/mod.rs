//! Recovering as a claimant: a fresh agent with nothing but the names of trustees.
//!
//! What one trustee says about log, policy, epoch and lane is provisional. No release is used,
//! nothing is dealt and nothing completed before the lane's number of trustees whose words were
//! compared agree on one request.
pub(crate) mod collect;
pub(crate) mod complete;
pub(crate) mod connect;
pub(crate) mod fetch;
pub(crate) mod later;
pub(crate) mod restore;
pub(crate) mod row;
pub(crate) mod status;
pub(crate) mod talk;
