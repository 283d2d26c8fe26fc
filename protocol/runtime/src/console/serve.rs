//! `run`: the agent in the foreground, from the flags of a command line.
use super::{Console, Exit, Failure};
use crate::local_client::LocalClient;
use crate::{log, process};
use kith_protocol::agent::Agent;
use kith_protocol::error::Damage;
use kith_protocol::record::Records;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Read as _};
use std::time::Duration;
use std::{env, thread};
use tokio::runtime::Handle;

/// How often it is looked whether the agent is ready.
const PACE: Duration = Duration::from_millis(50);

/// How an agent runs: the flags of `run`.
#[derive(Clone, Debug, Default)]
pub struct Serve {
    /// `--listen`.
    pub listen: Option<String>,
    /// `--announce`.
    pub announce: Vec<String>,
    /// `--stop-with-input`.
    pub stop_with_input: bool,
    /// How many `-v`.
    pub verbose: u8,
    /// `--log-json`.
    pub log_json: bool,
}

impl Console {
    /// Runs the agent that `open` makes of its rows, until it is told to stop.
    ///
    /// # Errors
    /// When nothing is set up here, the passphrase is missing or wrong, or the agent ends by itself.
    pub async fn serve<G, O>(&self, serve: Serve, open: O) -> Result<(), Failure>
    where
        O: FnOnce(&dyn Records) -> Result<G, Damage>,
        G: Agent + Send + 'static,
        G::Command: DeserializeOwned + Send + 'static,
        G::Answer: Serialize + Send + 'static,
    {
        if !self.home.is_set_up() {
            return Err(self.not_set_up(Exit::Error));
        }
        log::start(self.filter(serve.verbose).as_deref(), serve.log_json);
        let passphrase = self.person.passphrase()?;
        if serve.stop_with_input {
            self.stop_with_input();
        }
        let config = process::Config {
            home: self.home.clone(),
            listen: serve.listen,
            announce: serve.announce,
        };
        Ok(process::run(config, passphrase, open).await?)
    }

    /// Waits until the agent of this process serves. The caller ends the wait when it never will.
    pub async fn ready(&self) {
        while !self.is_running().await {
            tokio::time::sleep(PACE).await;
        }
    }

    fn filter(&self, verbose: u8) -> Option<String> {
        match (verbose, self.screen.quiet) {
            (_, true) => Some("error".to_owned()),
            (0, false) => env::var("RUST_LOG").ok(),
            (1, false) => Some("info,kith_runtime=debug,kith_protocol=debug".to_owned()),
            (_, false) => Some("debug".to_owned()),
        }
    }

    /// Stops the agent when standard input ends, however the program at its other end did.
    fn stop_with_input(&self) {
        let (home, handle) = (self.home.clone(), Handle::current());
        // A thread of its own, because a blocked read would hold up the end of the executor.
        thread::spawn(move || {
            let mut dropped = [0; 64];
            while io::stdin().read(&mut dropped).is_ok_and(|count| count > 0) {}
            let client = LocalClient::of(&home);
            let stopped = client.map(|client| handle.block_on(client.stop()));
            if !matches!(stopped, Ok(Ok(()))) {
                std::process::exit(Exit::Error.code().into());
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::Choice;

    struct Never;

    impl Agent for Never {
        type Command = ();
        type Answer = ();

        fn step(
            &mut self,
            _: kith_protocol::time::Timestamp,
            _: kith_protocol::agent::Input<()>,
            _: kith_protocol::agent::Context<'_>,
        ) -> Result<kith_protocol::agent::Step<()>, Damage> {
            Ok(kith_protocol::agent::Step::default())
        }

        fn deadline(
            &self,
            _: &dyn Records,
        ) -> Result<Option<kith_protocol::time::Timestamp>, Damage> {
            Ok(None)
        }

        fn pending(&self, _: &dyn Records) -> Result<Vec<kith_protocol::agent::Event>, Damage> {
            Ok(Vec::new())
        }
    }

    #[tokio::test]
    async fn where_nothing_is_set_up_nothing_runs() {
        let dir = tempfile::tempdir().unwrap();
        let choice = Choice {
            home: Some(dir.path().join("home")),
            no_input: true,
            ..Choice::default()
        };
        let console = Console::new("owner-agent", choice).unwrap();
        let ran = console.serve(Serve::default(), |_| Ok(Never)).await;
        assert!(ran.unwrap_err().message.contains("owner-agent init"));
        assert!(!dir.path().join("home").exists());
    }
}
