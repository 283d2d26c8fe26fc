//! `init`: a home, and an identity on a ledger.
use super::present;
use crate::cli::Init;
use crate::first;
use kith_protocol::message::invitation::clean_label;
use kith_protocol::owner::command::Command;
use kith_runtime::console::{Console, Exit, Failure};

pub(super) async fn initialise(console: &Console, init: Init) -> Result<(), Failure> {
    let name = shown_name(&init.name)?;
    let ledger = console.text_of_file(&init.ledger)?;
    let command = Command::Init { name, ledger };
    match first::send_or_leave(console, &command).await? {
        Some(answer) => present(console, &answer),
        None => console.data(
            &format!(
                "Set up in {}.\nNext:  owner-agent run   creates the identity and serves it",
                console.home.dir().display()
            ),
            &console.home_answer(),
        ),
    }
    Ok(())
}

/// A name that others can be shown.
pub(super) fn shown_name(name: &str) -> Result<String, Failure> {
    let name = clean_label(name);
    if name.is_empty() {
        return Err(Failure::new(Exit::Usage, "--name is empty"));
    }
    Ok(name)
}
