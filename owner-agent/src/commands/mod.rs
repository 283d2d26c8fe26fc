//! The commands: each asks the running agent and shows the answer.
mod alert;
mod backup;
mod initialise;
mod protect;
mod recover;
mod secret;
mod serve;
mod status;
mod trustee;

pub(crate) use protect::warnings;
pub(crate) use secret::read as read_secret;

use crate::cli::{Cli, Record, Share, Task};
use crate::{demo, first, show};
use kith_protocol::owner::OwnerAgent;
use kith_protocol::owner::command::{Answer, Command};
use kith_runtime::console::exit::EXIT_CODES;
use kith_runtime::console::{Console, Exit, Failure};
use std::time::Duration;

/// How often a waiting command asks the agent again: below what a person notices.
const PACE: Duration = Duration::from_millis(300);

/// What begins in a home where nothing is set up.
const BEGIN: &str = "@ init --name NAME --ledger FILE";

/// Carries out what the person asked for.
///
/// # Errors
/// [`Failure`], with the sentence to show and the exit code.
pub async fn carry_out(cli: Cli) -> Result<(), Failure> {
    let console = Console::new("owner-agent", cli.global.choice())?;
    let done = route(&console, cli).await;
    done.map_err(|failure| console.spelt_failure(failure))
}

async fn route(console: &Console, cli: Cli) -> Result<(), Failure> {
    if needs_a_home(&cli.task) {
        console.lives_here()?;
    }
    if asks_an_agent(&cli.task) {
        first::settle(console).await;
    }
    match cli.task {
        Task::Demo(options) => demo::command(console.screen, options).await,
        Task::Init(init) => initialise::initialise(console, init).await,
        Task::Run(run) => serve::serve(console, run, cli.global.verbose).await,
        Task::Status { check, watch } => status::status(console, check, watch).await,
        Task::Doctor => console.doctor(BEGIN, OwnerAgent::open).await,
        Task::Trustee(task) => trustee::trustee(console, task).await,
        Task::Host(task) => trustee::host(console, task).await,
        Task::Secret(task) => secret::carry_out(console, task).await,
        Task::Protect(task) => protect::protect(console, task).await,
        Task::Backup(task) => backup::carry_out(console, task).await,
        Task::Share(Share::Refresh { no_wait }) => protect::refresh(console, no_wait).await,
        Task::Alert(task) => alert::carry_out(console, task).await,
        Task::Recover(task) => recover::carry_out(console, task).await,
        Task::Record(Record::List) => tell(console, &Command::RecordList).await,
        Task::Export { file } => console.export(&file, first::FILES, |_| Ok(())),
        Task::Import { file } => console.import(&file, first::FILES, OwnerAgent::open),
        Task::TakeBack { unused } => console.take_back(unused),
        Task::ExitCodes => {
            console.screen.text(EXIT_CODES);
            Ok(())
        }
    }
}

/// Whether it is for an agent that runs already.
fn asks_an_agent(task: &Task) -> bool {
    !matches!(
        task,
        Task::Demo(_)
            | Task::Init(_)
            | Task::Run(_)
            | Task::Doctor
            | Task::Export { .. }
            | Task::Import { .. }
            | Task::TakeBack { .. }
            | Task::ExitCodes
    )
}

/// Whether it is of no use where the agent has left, or has not arrived.
fn needs_a_home(task: &Task) -> bool {
    !matches!(
        task,
        Task::Demo(_)
            | Task::Doctor
            | Task::Import { .. }
            | Task::TakeBack { .. }
            | Task::ExitCodes
    )
}

/// Asks the running agent.
async fn ask(console: &Console, command: &Command) -> Result<Answer, Failure> {
    console.ask(command).await
}

/// Asks the running agent and shows the answer.
async fn tell(console: &Console, command: &Command) -> Result<(), Failure> {
    let answer = ask(console, command).await?;
    if let Answer::Mismatch { text } = answer {
        return Err(Failure::new(Exit::Unverified, text));
    }
    present(console, &answer);
    Ok(())
}

fn present(console: &Console, answer: &Answer) {
    console.data(&show::answer(answer), answer);
}

/// Asks again and again, showing each answer that differs from the one before, until one is
/// `over`.
async fn follow(
    console: &Console,
    command: &Command,
    over: impl Fn(&Answer) -> bool,
) -> Result<Answer, Failure> {
    let mut last = None;
    loop {
        let answer = ask(console, command).await?;
        if last.as_ref() != Some(&answer) {
            present(console, &answer);
        }
        if over(&answer) {
            return Ok(answer);
        }
        last = Some(answer);
        tokio::time::sleep(PACE).await;
    }
}

/// An answer of another kind than the command has: agent and command line differ in version.
fn unexpected() -> Failure {
    Failure::error("the running agent is of another version; restart it with `owner-agent run`")
}
