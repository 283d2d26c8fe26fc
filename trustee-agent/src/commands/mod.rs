//! The commands: each asks the running agent and shows the answer.
mod doctor;
mod initialise;
mod invitation;
mod ledger;
mod moving;
mod owner;
mod request;
mod serve;
mod status;
mod which;

use crate::cli::{Cli, Share, Task};
use crate::show;
use kith_protocol::trustee::command::{Answer, Command};
use kith_runtime::console::exit::EXIT_CODES;
use kith_runtime::console::{Console, Exit, Failure};

/// Carries out what the person asked for.
///
/// # Errors
/// [`Failure`], with the sentence to show and the exit code.
pub async fn carry_out(cli: Cli) -> Result<(), Failure> {
    let console = Console::new("trustee-agent", cli.global.choice())?;
    let done = route(&console, cli).await;
    done.map_err(|failure| console.spelt_failure(failure))
}

async fn route(console: &Console, cli: Cli) -> Result<(), Failure> {
    if needs_a_home(&cli.task) {
        console.lives_here()?;
    }
    match cli.task {
        Task::Init { name } => initialise::initialise(console, &name),
        Task::Run(run) => serve::serve(console, run, cli.global.verbose).await,
        Task::Status { check } => status::status(console, check).await,
        Task::Doctor => doctor::doctor(console).await,
        Task::Invitation(task) => invitation::carry_out(console, task).await,
        Task::Owner(task) => owner::carry_out(console, task).await,
        Task::Resign { owner, at_once } => {
            let name = owner;
            tell(console, &Command::Resign { name, at_once }).await
        }
        Task::Share(Share::List) => tell(console, &Command::ShareList).await,
        Task::Request(task) => request::carry_out(console, task).await,
        Task::History => tell(console, &Command::History).await,
        Task::Ledger(task) => ledger::carry_out(console, task).await,
        Task::Witness(task) => ledger::witness(console, task).await,
        Task::Export { file, leave_shares } => moving::export(console, &file, leave_shares),
        Task::Import { file } => moving::import(console, &file),
        Task::TakeBack { unused } => console.take_back(unused),
        Task::ExitCodes => {
            console.screen.text(EXIT_CODES);
            Ok(())
        }
    }
}

/// Whether it is of no use where the agent has left, or has not arrived.
fn needs_a_home(task: &Task) -> bool {
    !matches!(
        task,
        Task::Doctor | Task::Import { .. } | Task::TakeBack { .. } | Task::ExitCodes
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

/// An answer of another kind than the command has: agent and command line differ in version.
fn unexpected() -> Failure {
    Failure::error("the running agent is of another version; restart it with `trustee-agent run`")
}
