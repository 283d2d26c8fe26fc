//! `alert`: attempts to recover in her name.
use super::tell;
use crate::cli::Alert;
use kith_protocol::owner::command::Command;
use kith_runtime::console::{Console, Failure};

pub(super) async fn carry_out(console: &Console, task: Alert) -> Result<(), Failure> {
    match task {
        Alert::List => tell(console, &Command::AlertList).await,
        Alert::Veto { id } => tell(console, &Command::AlertVeto { id }).await,
    }
}
