//! `recover`: everything back on a new device.
use super::initialise::shown_name;
use super::{ask, follow, present, tell, unexpected};
use crate::cli::{Recover, RecoverStart};
use crate::first;
use kith_protocol::owner::command::{Answer, Command, RecoverView};
use kith_runtime::console::{Console, Exit, Failure};

pub(super) async fn carry_out(console: &Console, task: Recover) -> Result<(), Failure> {
    match task {
        Recover::Start(task) => start(console, task).await,
        Recover::Invite { name } => invite(console, name).await,
        Recover::Words { name } => tell(console, &Command::RecoverWords { name }).await,
        Recover::Verify { name, heard } => verify(console, name, heard).await,
        Recover::Status { watch } => status(console, watch).await,
        Recover::AcceptOlder => tell(console, &Command::RecoverAcceptOlder).await,
        Recover::Abort => tell(console, &Command::RecoverAbort).await,
    }
}

async fn start(console: &Console, task: RecoverStart) -> Result<(), Failure> {
    let command = Command::RecoverStart {
        name: shown_name(&task.name)?,
        trustees: task
            .trustees
            .iter()
            .map(|name| name.trim().to_owned())
            .collect(),
        stolen: task.stolen,
    };
    match first::send_or_leave(console, &command).await? {
        Some(answer) => present(console, &answer),
        None => console.data(
            "This device is a claimant; nothing is restored yet.\n\
             Next:  owner-agent run   and, in another terminal,   owner-agent recover invite NAME",
            &console.home_answer(),
        ),
    }
    Ok(())
}

async fn invite(console: &Console, name: String) -> Result<(), Failure> {
    let answer = ask(console, &Command::RecoverInvite { name: name.clone() }).await?;
    console.say(&format!(
        "Call {name} first, on a number you both already use. Then send this link:"
    ));
    present(console, &answer);
    console.say(&format!(
        "When {name} has opened it, compare words:  owner-agent recover verify {name}"
    ));
    Ok(())
}

async fn verify(console: &Console, name: String, heard: Option<String>) -> Result<(), Failure> {
    let ask_words = Command::RecoverWords { name: name.clone() };
    let words = console.ask_patiently(&ask_words).await?;
    let Answer::Words(words) = words else {
        return Err(unexpected());
    };
    let words = console.compare_words(&name, (&words.say, &words.choices), heard)?;
    tell(console, &Command::RecoverVerify { name, words }).await
}

async fn status(console: &Console, watch: bool) -> Result<(), Failure> {
    let command = &Command::RecoverStatus;
    let answer = if watch {
        follow(console, command, is_over).await?
    } else {
        let answer = ask(console, command).await?;
        present(console, &answer);
        answer
    };
    match &answer {
        Answer::Recover(view) => outcome(view),
        _ => Err(unexpected()),
    }
}

fn is_over(answer: &Answer) -> bool {
    match answer {
        Answer::Recover(view) => {
            ["done", "vetoed", "ended", "conflict", "older"].contains(&view.state.as_str())
        }
        _ => true,
    }
}

/// The exit code of a state: done, stopped, missed, contradicted, or still pending.
fn outcome(view: &RecoverView) -> Result<(), Failure> {
    let (exit, message) = match view.state.as_str() {
        "done" => return Ok(()),
        "vetoed" => (Exit::Refused, "stopped by a device of the owner".to_owned()),
        "ended" => (
            Exit::Missed,
            "the request ended; start again with `recover start`".to_owned(),
        ),
        "older" => (Exit::Pending, view.problem.clone().unwrap_or_default()),
        "conflict" => (
            Exit::Unverified,
            "trustees name different ledgers or policies; nothing was used".to_owned(),
        ),
        _ => unfinished(view),
    };
    Err(Failure::shown(exit, message))
}

fn unfinished(view: &RecoverView) -> (Exit, String) {
    let bad = view
        .trustees
        .iter()
        .find(|trustee| trustee.state == "bad-share");
    match bad {
        Some(trustee) => (
            Exit::Unverified,
            format!(
                "{}'s share does not match and was not used; ask another trustee",
                trustee.name
            ),
        ),
        None => (
            Exit::Pending,
            "pending: people must act or time must pass; this can be closed and goes on".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::sample::recovery as view;

    #[test]
    fn every_end_of_a_recovery_has_its_exit_code() {
        assert!(outcome(&view("done", "share")).is_ok());
        let exit = |state, trustee| outcome(&view(state, trustee)).unwrap_err().exit;
        assert_eq!(exit("vetoed", "share"), Exit::Refused);
        assert_eq!(exit("ended", "share"), Exit::Missed);
        assert_eq!(exit("conflict", "conflict"), Exit::Unverified);
        assert_eq!(exit("waiting", "verified"), Exit::Pending);
        assert_eq!(exit("older", "share"), Exit::Pending);
    }

    #[test]
    fn a_bad_share_is_named_and_has_the_code_of_a_failed_verification() {
        let bad = outcome(&view("collecting", "bad-share")).unwrap_err();
        assert_eq!(bad.exit, Exit::Unverified);
        assert!(bad.message.contains("Carol"));
    }

    #[test]
    fn watching_stops_at_an_end_and_not_before() {
        for (state, over) in [
            ("gathering", false),
            ("dealing", false),
            ("done", true),
            ("vetoed", true),
            ("older", true),
        ] {
            assert_eq!(
                is_over(&Answer::Recover(view(state, "verified"))),
                over,
                "{state}"
            );
        }
    }
}
