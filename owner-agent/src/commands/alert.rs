//! `alert`: attempts to recover in her name.
use super::{PACE, ask, present, tell};
use crate::cli::Alert;
use kith_protocol::bytes::Digest;
use kith_protocol::owner::command::{Answer, Command};
use kith_runtime::console::{Console, Exit, Failure};
use std::time::{Duration, Instant};

/// How long a record may take until the ledger has answered; beyond it the agent goes on alone.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn carry_out(console: &Console, task: Alert) -> Result<(), Failure> {
    match task {
        Alert::List => tell(console, &Command::AlertList).await,
        Alert::Veto { id } => veto(console, id).await,
    }
}

async fn veto(console: &Console, id: String) -> Result<(), Failure> {
    let answer = ask(console, &Command::AlertVeto { id }).await?;
    let Answer::Offered { text, record } = answer else {
        present(console, &answer);
        return Ok(());
    };
    console.say(&text);
    let outcome = outcome(console, record).await?;
    present(console, &outcome);
    Ok(())
}

/// What the ledger says to a record, once it says something; a refusal is an error.
async fn outcome(console: &Console, record: Digest) -> Result<Answer, Failure> {
    let began = Instant::now();
    loop {
        match ask(console, &Command::RecordOutcome { record }).await {
            Err(failure) if failure.exit == Exit::Pending && began.elapsed() < PATIENCE => {
                tokio::time::sleep(PACE).await;
            }
            other => return other,
        }
    }
}
