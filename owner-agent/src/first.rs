//! The file `first-command.json` in the home: what `init` or `recover start` asked for before any
//! agent ran. `run` carries it out once it serves. Only `run` owns the store, so nothing else could.
//! No secret is in it.
use kith_protocol::owner::command::{Answer, Command};
use kith_runtime::console::{Console, Failure};
use kith_runtime::homes::Home;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

const FILE: &str = "first-command.json";
/// What goes along when the agent moves.
pub(crate) const FILES: &[&str] = &[FILE];
/// How long a command waits for what was left to be carried out: a step and a flush.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it looks.
const PACE: Duration = Duration::from_millis(20);

/// Sends the command to the running agent, or sets the home up and leaves it for `run`; `None`
/// says that it was left.
pub(crate) async fn send_or_leave(
    console: &Console,
    command: &Command,
) -> Result<Option<Answer>, Failure> {
    if console.is_running().await {
        let answer = console.ask(command).await?;
        forget(&console.home)?;
        return Ok(Some(answer));
    }
    if !console.home.is_set_up() {
        console.create_home(|home| leave(home, command))?;
        return Ok(None);
    }
    if console.home.store().exists() {
        let dir = console.home.dir().display();
        return Err(Failure::error(format!(
            "{dir} is set up already; start it with `owner-agent run`, then repeat this"
        )));
    }
    leave(&console.home, command)?;
    Ok(None)
}

/// Carries out what was left, once the agent serves.
///
/// # Errors
/// What the agent says; what was left stays for the next start.
pub(crate) async fn deliver(console: &Console) -> Result<Option<Answer>, Failure> {
    let Some(command) = left(&console.home)? else {
        return Ok(None);
    };
    if !is_empty(console).await? {
        // It was carried out, and the process died before it was forgotten.
        forget(&console.home)?;
        return Ok(None);
    }
    let answer = console.ask(&command).await?;
    forget(&console.home)?;
    Ok(Some(answer))
}

/// Lets a running agent carry out what was left for it: it answers before it has done so, and would say that
/// there is no identity. Where it cannot be carried out the command goes on after a moment, and the agent
/// says what is missing.
pub(crate) async fn settle(console: &Console) {
    if path(&console.home).exists() && console.is_running().await {
        // Time that ran out is no failure here.
        let _ = tokio::time::timeout(PATIENCE, carried_out(&console.home)).await;
    }
}

async fn carried_out(home: &Home) {
    while path(home).exists() {
        tokio::time::sleep(PACE).await;
    }
}

/// Whether there is neither an identity nor a recovery: `init` and `recover start` make one.
async fn is_empty(console: &Console) -> Result<bool, Failure> {
    match console.ask(&Command::Status).await? {
        Answer::Status { state, .. } => Ok(state == "empty"),
        other => Err(Failure::error(format!("no status: {other:?}"))),
    }
}

fn path(home: &Home) -> PathBuf {
    home.dir().join(FILE)
}

fn leave(home: &Home, command: &Command) -> Result<(), Failure> {
    let path = path(home);
    let json = serde_json::to_vec(command).expect("commands are JSON on the local API");
    let kept = home.keep(FILE, &json);
    kept.map_err(|error| Failure::file(&path, &error))
}

fn left(home: &Home) -> Result<Option<Command>, Failure> {
    let path = path(home);
    let json = match fs::read(&path) {
        Ok(json) => json,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::file(&path, &error)),
    };
    let command = serde_json::from_slice(&json);
    command.map(Some).map_err(|_| {
        let path = path.display();
        Failure::error(format!(
            "{path} is damaged; delete it and repeat the command"
        ))
    })
}

fn forget(home: &Home) -> Result<(), Failure> {
    let path = path(home);
    let forgotten = home.forget(FILE);
    forgotten.map_err(|error| Failure::file(&path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{Future as _, poll_fn};
    use std::pin::pin;
    use std::task::Poll;

    fn home() -> (tempfile::TempDir, Home) {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path()).unwrap();
        (dir, home)
    }

    #[test]
    fn what_was_left_is_found_until_it_is_forgotten() {
        let (_dir, home) = home();
        assert_eq!(left(&home).unwrap(), None);
        let command = Command::RecoverStart {
            name: "Alice".into(),
            trustees: vec!["Bob".into()],
            stolen: false,
        };
        leave(&home, &command).unwrap();
        assert_eq!(left(&home).unwrap(), Some(command));
        forget(&home).unwrap();
        forget(&home).unwrap();
        assert_eq!(left(&home).unwrap(), None);
    }

    #[tokio::test]
    async fn a_command_waits_for_what_was_left_and_no_longer() {
        let (_dir, home) = home();
        leave(&home, &Command::Status).unwrap();
        let mut waiting = pin!(carried_out(&home));
        let pending = poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context).is_pending()));
        assert!(pending.await, "the agent has not carried it out");
        forget(&home).unwrap();
        waiting.await;
    }

    #[test]
    fn a_damaged_file_is_named() {
        let (_dir, home) = home();
        fs::write(path(&home), "{").unwrap();
        let damaged = left(&home).unwrap_err();
        assert!(damaged.message.contains("first-command.json"));
    }
}
