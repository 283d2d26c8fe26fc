//! `doctor`: what is wrong here, and the command that helps.
use super::{Console, Exit, Failure, moving};
use crate::doctor::{home, rows};
use crate::keystore;
use crate::local_client::{ClientError, LocalClient};
use crate::passphrase::Passphrase;
use crate::store::{Store, StoreError};
use kith_protocol::agent::Agent;
use kith_protocol::error::Damage;
use kith_protocol::health::{Check, SELF, Verdict};
use kith_protocol::record::Records;
use serde_json::json;
use std::time::{Duration, Instant};

/// How long the rows of a store may be read where nobody waits for it.
const READING: Duration = Duration::from_secs(300);

impl Console {
    /// Looks at everything, shows it numbered, and fails when something does not work.
    ///
    /// # Errors
    /// [`Exit::Unhealthy`].
    pub async fn doctor<G, O>(&self, begin: &str, open: O) -> Result<(), Failure>
    where
        O: FnOnce(&dyn Records) -> Result<G, Damage>,
        G: Agent,
    {
        let mut checks = home::check(&self.home, begin);
        let is_away = moving::away(&self.home, self.program);
        if is_away.is_some() {
            checks = is_away.into_iter().collect();
        } else if self.home.is_set_up() || self.home.store().exists() {
            match self.of_the_agent().await {
                Ok(found) => checks.extend(found),
                Err(without) => {
                    checks.push(without);
                    checks.extend(self.of_the_store(open));
                }
            }
        }
        let checks: Vec<Check> = checks
            .into_iter()
            .map(|check| self.runnable(check))
            .collect();
        self.show(&checks);
        verdict(&checks)
    }

    /// What the running agent finds; why there is none, otherwise.
    async fn of_the_agent(&self) -> Result<Vec<Check>, Check> {
        let client = match LocalClient::of(&self.home) {
            Ok(client) => client,
            Err(ClientError::NotRunning(_)) => return Err(home::socket(&self.home)),
            Err(_) => return Err(home::foreign_socket(&self.home)),
        };
        if !self.screen.json {
            self.screen.say("asking the agent, and everyone it knows …");
        }
        match client.doctor().await {
            Ok(found) => {
                let runs = Check::ok("agent", "an agent runs and answers");
                Ok(std::iter::once(runs).chain(found).collect())
            }
            Err(ClientError::NotRunning(_)) => Err(home::socket(&self.home)),
            Err(error) => Err(Check::failed(
                "agent",
                format!("the agent was asked and gave no answer ({error}); its log says why"),
                "@ run",
            )),
        }
    }

    /// What the store shows where no agent has it. It is opened with the passphrase if that was
    /// given; nobody is asked for it, because most of what is wrong shows without.
    fn of_the_store<G, O>(&self, open: O) -> Vec<Check>
    where
        O: FnOnce(&dyn Records) -> Result<G, Damage>,
        G: Agent,
    {
        let Some(file) = self.person.passphrase_file() else {
            return vec![Check::warning(
                "rows",
                "the rows of the store were not looked at: that needs the passphrase",
                "@ doctor --passphrase-file FILE",
            )];
        };
        if !self.home.store().exists() {
            return Vec::new();
        }
        let opened = Passphrase::from_file(file)
            .map_err(Failure::from)
            .and_then(|passphrase| Ok(keystore::open(&self.home.keystore(), &passphrase)?));
        let key = match opened {
            Ok(key) => key,
            Err(failure) => {
                let command = "@ doctor --passphrase-file FILE";
                return vec![Check::failed("passphrase", failure.message, command)];
            }
        };
        match Store::open(&self.home.store(), &key) {
            Ok(store) => recorded(&store, open),
            Err(error) => {
                let command = match &error {
                    // A copy would not be written either.
                    StoreError::Unwritable { .. } => format!("df -h {}", self.home.dir().display()),
                    _ => "cp -a COPY-OF-THE-HOME HOME".to_owned(),
                };
                let failure = Failure::from(crate::process::RunError::from(error));
                vec![Check::failed("rows", failure.message, command)]
            }
        }
    }

    /// With this program and its flags where a command is for this agent.
    fn runnable(&self, check: Check) -> Check {
        let command = check
            .command
            .map(|command| match command.strip_prefix(SELF) {
                Some(rest) => format!("{}{rest}", self.invocation),
                None => command,
            });
        Check { command, ..check }
    }

    fn show(&self, checks: &[Check]) {
        if self.screen.json {
            self.screen.object(&json!({ "v": 1, "checks": checks }));
            return;
        }
        let lines: Vec<String> = (1..)
            .zip(checks)
            .map(|(number, check)| line(number, check))
            .collect();
        self.screen.text(&lines.join("\n"));
    }
}

/// What the rows say, once all of them can be read.
fn recorded<G, O>(store: &Store, open: O) -> Vec<Check>
where
    O: FnOnce(&dyn Records) -> Result<G, Damage>,
    G: Agent,
{
    let examined = store.examine(Instant::now() + READING);
    let mut checks = vec![rows(&examined)];
    if examined.damaged.is_empty() {
        let health = open(store).and_then(|agent| agent.health(crate::clock::now(), store));
        match health {
            Ok(health) => checks.extend(health.checks),
            Err(damage) => checks.push(Check::failed(
                "records",
                damage.to_string(),
                "cp -a COPY-OF-THE-HOME HOME",
            )),
        }
    }
    checks
}

/// A sign and a word: neither colour nor the sign alone carries the meaning.
fn line(number: usize, check: &Check) -> String {
    let mark = match check.state {
        Verdict::Ok => "✓ ok     ",
        Verdict::Warning => "! warning",
        Verdict::Failed => "✗ failed ",
    };
    let first = format!("{number:>2} {mark}  {}: {}", check.id, check.finding);
    let Some(command) = &check.command else {
        return first;
    };
    let whose = check
        .on
        .as_ref()
        .map(|whose| format!("on the machine of {whose}:  "));
    format!("{first}\n{:14}→ {}{command}", "", whose.unwrap_or_default())
}

fn verdict(checks: &[Check]) -> Result<(), Failure> {
    let failed = checks.iter().filter(|check| check.state == Verdict::Failed);
    match failed.count() {
        0 => Ok(()),
        count => Err(Failure::shown(
            Exit::Unhealthy,
            format!("{count} of {} checks failed", checks.len()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_so_in_a_word_and_ends_with_the_command() {
        let failed = Check::failed("agent", "no agent runs", "owner-agent run");
        let shown = line(3, &failed);
        assert!(shown.starts_with(" 3 ✗ failed "), "{shown}");
        assert!(shown.ends_with("→ owner-agent run"), "{shown}");
        let elsewhere = line(4, &failed.clone().on("Bob"));
        assert!(elsewhere.ends_with("on the machine of Bob:  owner-agent run"));
    }

    #[test]
    fn one_failure_is_enough_to_be_unhealthy_and_a_warning_is_not() {
        let warning = Check::warning("disk", "little is free", "df");
        assert!(verdict(std::slice::from_ref(&warning)).is_ok());
        let unhealthy = verdict(&[warning, Check::failed("home", "x", "y")]);
        assert_eq!(unhealthy.unwrap_err().exit, Exit::Unhealthy);
    }
}
