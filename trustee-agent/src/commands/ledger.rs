//! `ledger` and `witness`: operating a log of records, and vouching for someone's.
use super::{ask, present, tell};
use crate::cli::{Ledger, LedgerCreate, Risk, Witness};
use kith_protocol::trustee::command::{Answer, Command};
use kith_runtime::console::{Console, Exit, Failure};
use std::path::Path;

pub(super) async fn carry_out(console: &Console, task: Ledger) -> Result<(), Failure> {
    match task {
        Ledger::Create(create) => begin(console, create).await,
        Ledger::Show => show(console, &Command::LedgerShow).await,
        Ledger::Status => tell(console, &Command::LedgerStatus).await,
    }
}

pub(super) async fn witness(console: &Console, task: Witness) -> Result<(), Failure> {
    match task {
        Witness::Card => tell(console, &Command::WitnessCard).await,
        Witness::Adopt { descriptor } => {
            let descriptor = console.text_of_file(&descriptor)?;
            tell(console, &Command::WitnessAdopt { descriptor }).await
        }
    }
}

async fn begin(console: &Console, create: LedgerCreate) -> Result<(), Failure> {
    let (command, warning) = command(console, create)?;
    if let Some(warning) = warning {
        console.warn(&warning);
    }
    show(console, &command).await
}

/// Shows a descriptor so that `> FILE` catches it alone: what it stands for goes to the talk.
async fn show(console: &Console, command: &Command) -> Result<(), Failure> {
    let answer = ask(console, command).await?;
    present(console, &answer);
    if let Answer::Descriptor { strength, .. } = &answer {
        console.say(strength);
    }
    Ok(())
}

/// Checks the numbers before the agent is asked, and says what they stand for.
fn command(console: &Console, create: LedgerCreate) -> Result<(Command, Option<String>), Failure> {
    let count = u8::try_from(create.witnesses.len())
        .map_err(|_| usage("more witnesses than a ledger can have"))?;
    let single_operator = create.accept_risk == Some(Risk::SingleOperator);
    if count == 0 && !single_operator {
        return Err(usage(
            "a ledger without witnesses can be rewritten by its operator and nobody would see it: \
             name witnesses with --witness CARD, or take it with --accept-risk=single-operator",
        ));
    }
    let quorum = create.quorum.unwrap_or(majority(count));
    if quorum > count || (count > 0 && quorum == 0) {
        return Err(usage(&format!(
            "a quorum of {quorum} does not fit {count} witnesses"
        )));
    }
    let command = Command::LedgerCreate {
        origin: create.origin,
        witnesses: cards(console, create.witnesses)?,
        quorum,
        max_age: create.max_age,
        single_operator,
    };
    Ok((command, warning(count, quorum)))
}

fn majority(count: u8) -> u8 {
    if count == 0 { 0 } else { count / 2 + 1 }
}

fn warning(count: u8, quorum: u8) -> Option<String> {
    (u16::from(quorum) * 2 <= u16::from(count)).then(|| {
        format!("with a quorum of {quorum} of {count}, two histories can be certified side by side")
    })
}

/// Cards as given, or from files.
fn cards(console: &Console, given: Vec<String>) -> Result<Vec<String>, Failure> {
    let card = |card: String| match Path::new(&card).is_file() {
        true => console.text_of_file(Path::new(&card)),
        false => Ok(card),
    };
    given.into_iter().map(card).collect()
}

fn usage(message: &str) -> Failure {
    Failure::new(Exit::Usage, message)
}
