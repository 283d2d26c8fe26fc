//! `status`: who relies on this trustee, and what waits for its person.
use super::{ask, unexpected};
use crate::show;
use kith_protocol::trustee::command::{Answer, Command};
use kith_runtime::console::{Console, Exit, Failure};

pub(super) async fn status(console: &Console, check: bool) -> Result<(), Failure> {
    let answer = ask(console, &Command::Status).await?;
    console.show_status(&show::answer(&answer), &answer).await?;
    let Answer::Status {
        waiting,
        invitations,
        conflicts,
        ..
    } = answer
    else {
        return Err(unexpected());
    };
    if check && let Some(conflict) = conflicts.iter().find(|conflict| conflict.proven) {
        return Err(Failure::shown(Exit::Unhealthy, conflict.sentence()));
    }
    if check && waiting + invitations > 0 {
        return Err(Failure::shown(Exit::Unhealthy, "something waits for you"));
    }
    Ok(())
}
