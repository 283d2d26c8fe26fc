//! G14: one history. What the log shows at a place it shows to everybody, for ever.
use crate::oracle::{Anchored, Oracle};
use kith_protocol::message::ledger::Page;

/// Compares a page that an agent is shown with all that anybody was shown before.
///
/// # Errors
/// The guarantee, and where the log contradicts itself.
pub(super) fn read(
    ledger: &mut Oracle,
    page: &Page,
) -> Result<Vec<Anchored>, (&'static str, String)> {
    ledger.read(page).map_err(|what| ("G14 one history", what))
}
