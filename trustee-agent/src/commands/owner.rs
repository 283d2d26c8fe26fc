//! `owner`: the people who trust this one.
use super::{tell, unexpected};
use crate::cli::Owner;
use kith_protocol::trustee::command::{Answer, Command};
use kith_runtime::console::{Console, Failure};

pub(super) async fn carry_out(console: &Console, task: Owner) -> Result<(), Failure> {
    match task {
        Owner::List => tell(console, &Command::OwnerList).await,
        Owner::Words { name } => tell(console, &Command::OwnerWords { name }).await,
        Owner::Verify { name, heard } => verify(console, name, heard).await,
    }
}

async fn verify(console: &Console, name: String, heard: Option<String>) -> Result<(), Failure> {
    let ask_words = Command::OwnerWords { name: name.clone() };
    let words = console.ask_patiently(&ask_words).await?;
    let Answer::Words(words) = words else {
        return Err(unexpected());
    };
    let words = console.compare_words(&name, (&words.say, &words.choices), heard)?;
    tell(console, &Command::OwnerVerify { name, words }).await
}
