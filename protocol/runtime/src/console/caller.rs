//! Commands to the running agent.
use super::{Console, Exit, Failure};
use crate::local_client::{ClientError, LocalClient};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::{Duration, Instant};

/// How long a person waits gladly for another agent's answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the agent is asked again meanwhile.
const PACE: Duration = Duration::from_millis(200);

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
}
