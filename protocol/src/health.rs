//! What an agent can say about its own health, from its rows alone, and whom to ask for the rest.
//!
//! The protocol judges what its rows show; the runtime adds what only the machine and the network
//! can tell (decision 0020). Nothing here is secret: it is shown to the agent's own person.
use crate::bytes::Digest;
use crate::did::Did;
use crate::ledger::Descriptor;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Stands for the program that is asked, at the beginning of a command: the agent does not know how
/// its person calls it, nor with which flags.
pub const SELF: &str = "@";

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Works, and should be looked at.
    Warning,
    /// Does not work.
    Failed,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Stable, for scripts: `keystore`, `witness:Walter`.
    pub id: String,
    /// How it came out.
    pub state: Verdict,
    /// What was found, in a sentence.
    pub finding: String,
    /// The command that helps. A leading [`SELF`] stands for this program with its flags.
    pub command: Option<String>,
    /// Whose machine the command is for, where it is not this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
}

impl Check {
    /// All is well.
    pub fn ok(id: impl Into<String>, finding: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            state: Verdict::Ok,
            finding: finding.into(),
            command: None,
            on: None,
        }
    }

    /// Something to look at, and the command that helps.
    pub fn warning(
        id: impl Into<String>,
        finding: impl Into<String>,
        command: impl Into<String>,
    ) -> Self {
        Self {
            state: Verdict::Warning,
            command: Some(command.into()),
            ..Self::ok(id, finding)
        }
    }

    /// Something that does not work, and the command that mends it.
    pub fn failed(
        id: impl Into<String>,
        finding: impl Into<String>,
        command: impl Into<String>,
    ) -> Self {
        Self {
            state: Verdict::Failed,
            ..Self::warning(id, finding, command)
        }
    }

    /// The same, its command being for this person's machine.
    #[must_use]
    pub fn on(self, whose: impl Into<String>) -> Self {
        Self {
            on: Some(whose.into()),
            ..self
        }
    }
}

/// What somebody is to this agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Keeps a share for this agent's owner.
    Trustee,
    /// Keeps her backup.
    Host,
    /// An owner this agent keeps something for.
    Owner,
}

/// Somebody who should be reachable.
#[derive(Clone, Debug)]
pub struct Contact {
    /// What this agent's person calls them.
    pub name: String,
    /// What they are.
    pub relation: Relation,
    /// Our DID, as they know it.
    pub ours: Did,
    /// Theirs, where there is one.
    pub theirs: Did,
}

/// A ledger this agent follows, operates or witnesses.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its id.
    pub log: Digest,
    /// Who operates and witnesses it.
    pub descriptor: Descriptor,
    /// Entries held here.
    pub have: u64,
    /// The newest certified head's time, as this agent knows it.
    pub head: Option<Timestamp>,
}

/// All that an agent can say.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// What its rows show.
    pub checks: Vec<Check>,
    /// Who should be reachable.
    pub contacts: Vec<Contact>,
    /// How many of the trustees among them are needed; zero where it does not matter.
    pub needed: usize,
    /// Which ledgers to ask.
    pub ledgers: Vec<Watched>,
    /// Further DIDs of ours that others know an address by.
    pub known_by: Vec<Did>,
}

impl Health {
    /// Adds a ledger, unless it is there already: an agent may follow the one it operates.
    pub fn watch(&mut self, watched: Watched) {
        if self.ledgers.iter().all(|known| known.log != watched.log) {
            self.ledgers.push(watched);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_an_object_of_a_few_words() {
        let check =
            Check::failed("quorum", "one witness answers", "trustee-agent run").on("Walter");
        let json = serde_json::to_value(&check).expect("a check is JSON");
        assert_eq!(json["state"], "failed");
        assert_eq!(json["on"], "Walter");
        let fine = serde_json::to_value(Check::ok("home", "it is yours alone")).expect("JSON");
        assert!(fine["command"].is_null() && fine.get("on").is_none());
    }

    #[test]
    fn a_failure_is_worse_than_a_warning() {
        assert!(Verdict::Failed > Verdict::Warning && Verdict::Warning > Verdict::Ok);
    }
}
