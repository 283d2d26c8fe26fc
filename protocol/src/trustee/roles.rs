//! The other roles any trustee agent can play: operating a ledger, witnessing one.
use crate::agent::Work;
use crate::error::{CommandError, Damage, Halt, Refusal, Stop};
use crate::message::{Body, Received};
use crate::record::Records;
use crate::time::Timestamp;
use crate::trustee::command::{Answer, Command};

/// Operator and witness, as far as this agent is either.
pub(super) struct Roles;

impl Roles {
    /// Rebuilds them from the rows.
    pub(super) fn open(_records: &dyn Records) -> Result<Self, Damage> {
        Ok(Self)
    }

    /// A message of the ledger protocol.
    pub(super) fn delivered(
        &mut self,
        _work: &mut Work<'_>,
        _message: &Received,
    ) -> Result<Body, Halt> {
        Err(Refusal::new(
            "e.p.ledger.no-operator",
            "no ledger is operated or witnessed here",
        )
        .into())
    }

    /// A command of the ledger roles.
    pub(super) fn command(
        &mut self,
        _work: &mut Work<'_>,
        _command: &Command,
    ) -> Result<Answer, Stop> {
        Err(CommandError::error("no ledger is operated or witnessed here").into())
    }

    /// Ledgers operated or witnessed here.
    pub(super) fn ledgers(&self) -> usize {
        0
    }

    /// What time has made due.
    pub(super) fn tick(&mut self, _work: &mut Work<'_>) -> Result<(), Damage> {
        Ok(())
    }

    /// When it wants to be woken.
    pub(super) fn deadline(&self, _records: &dyn Records) -> Result<Option<Timestamp>, Damage> {
        Ok(None)
    }
}
