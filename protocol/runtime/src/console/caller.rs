//! Commands to the running agent.
use super::{Console, Exit, Failure};
use crate::local_client::{ClientError, Health, LocalClient};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a person waits gladly for another agent's answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the agent is asked again meanwhile.
const PACE: Duration = Duration::from_millis(200);

/// An agent's status and what only its process knows.
#[derive(Serialize)]
struct Status<'a, A> {
    #[serde(flatten)]
    answer: &'a A,
    refused: BTreeMap<String, u64>,
}

/// Nothing where nothing was refused: most agents never meet a stranger.
fn sentence(refused: &BTreeMap<String, u64>) -> String {
    match refused
        .values()
        .fold(0, |sum: u64, more| sum.saturating_add(*more))
    {
        0 => String::new(),
        sum => format!(
            "\nRefused since the start: {sum} messages and connections, most of them of strangers \
             (by reason: --json status)."
        ),
    }
}

impl Console {
    /// Sends a command to the running agent.
    ///
    /// # Errors
    /// [`Exit::NotRunning`] when no agent answers, else what the agent says.
    pub async fn ask<C: Serialize, A: DeserializeOwned>(&self, command: &C) -> Result<A, Failure> {
        let client = LocalClient::of(&self.home).map_err(|error| self.failed(&error))?;
        let answer = client.command(command).await;
        answer.map_err(|error| self.failed(&error))
    }

    /// As [`Console::ask`], of a command that shows what is protected: its person gives the passphrase again.
    ///
    /// # Errors
    /// As [`Console::ask`]; [`Exit::Locked`] for a wrong passphrase.
    pub async fn ask_with_passphrase<C: Serialize, A: DeserializeOwned>(
        &self,
        command: &C,
    ) -> Result<A, Failure> {
        let client = LocalClient::of(&self.home).map_err(|error| self.failed(&error))?;
        client.health().await.map_err(|error| self.failed(&error))?;
        let client = client.of_whoever_has(&self.person.passphrase()?);
        let answer = client.command(command).await;
        answer.map_err(|error| self.failed(&error))
    }

    /// As [`Console::ask`], and again for a few seconds while the agent says that someone else's
    /// agent must answer first.
    ///
    /// # Errors
    /// As [`Console::ask`]; [`Exit::Pending`] when it is still so.
    pub async fn ask_patiently<C: Serialize, A: DeserializeOwned>(
        &self,
        command: &C,
    ) -> Result<A, Failure> {
        let began = Instant::now();
        loop {
            match self.ask(command).await {
                Err(failure) if failure.exit == Exit::Pending && began.elapsed() < PATIENCE => {
                    tokio::time::sleep(PACE).await;
                }
                other => return other,
            }
        }
    }

    /// Shows an agent's status, and what it refused since it started: in sum for people, by reason
    /// code under `--json`.
    ///
    /// # Errors
    /// [`Exit::NotRunning`] when the agent stopped meanwhile.
    pub async fn show_status(&self, text: &str, answer: &impl Serialize) -> Result<(), Failure> {
        let client = LocalClient::of(&self.home).map_err(|error| self.failed(&error))?;
        let health = client.health().await.map_err(|error| self.failed(&error))?;
        let Health { refused, .. } = health;
        let text = format!("{text}{}", sentence(&refused));
        self.data(&text, &Status { answer, refused });
        Ok(())
    }

    /// Whether an agent answers on the socket.
    pub async fn is_running(&self) -> bool {
        match LocalClient::of(&self.home) {
            Ok(client) => client.health().await.is_ok(),
            Err(_) => false,
        }
    }

    fn failed(&self, error: &ClientError) -> Failure {
        match error {
            ClientError::NotRunning(_) => self.not_running(),
            other => Failure::new(Exit::from_code(other.exit()), other.to_string()),
        }
    }

    /// What to say when no agent answers: the command that helps.
    fn not_running(&self) -> Failure {
        if !self.home.is_set_up() {
            return self.not_set_up(Exit::NotRunning);
        }
        let (dir, program) = (self.home.dir().display(), self.program);
        let message = format!("no agent is running for {dir}; start it with `{program} run`");
        Failure::new(Exit::NotRunning, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::Choice;
    use serde_json::json;

    #[tokio::test]
    async fn where_nothing_runs_the_command_that_helps_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let choice = Choice {
            home: Some(dir.path().join("home")),
            ..Choice::default()
        };
        let console = Console::new("owner-agent", choice).unwrap();
        let asked: Result<String, Failure> = console.ask(&json!("x")).await;
        let failure = asked.unwrap_err();
        assert_eq!(failure.exit, Exit::NotRunning);
        assert!(failure.message.contains("owner-agent init"));
        assert!(!console.is_running().await);
    }

    #[test]
    fn a_status_tells_how_much_was_refused_and_why() {
        let refused = BTreeMap::from([("a".to_owned(), 2), ("b".to_owned(), 3)]);
        assert!(sentence(&refused).contains("5 messages and connections"));
        assert_eq!(sentence(&BTreeMap::new()), "");
        let answer = BTreeMap::from([("kind", "status")]);
        let json = serde_json::to_value(Status {
            answer: &answer,
            refused,
        });
        let expected = serde_json::json!({ "kind": "status", "refused": { "a": 2, "b": 3 } });
        assert_eq!(json.unwrap(), expected);
    }
}
