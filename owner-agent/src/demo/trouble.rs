//! Why a demo or a test with real processes did not go on.
use kith_runtime::console::Exit;
use kith_runtime::local_client::ClientError;
use std::io;
use std::path::Path;
use thiserror::Error;

/// What went wrong, and which exit code it has.
#[derive(Debug, Error)]
pub enum Trouble {
    /// A process did not do what it was started for.
    #[error("{name}: {reason}{}", .log.as_deref().map(quoted).unwrap_or_default())]
    Process {
        /// Which one.
        name: String,
        /// What it did.
        reason: String,
        /// The end of its log.
        log: Option<String>,
    },
    /// An agent refused what a person asked for.
    #[error("{name}'s agent: {source}")]
    Agent {
        /// Whose.
        name: String,
        /// What it says.
        source: ClientError,
    },
    /// Something did not happen in time.
    #[error("{what} did not happen within {seconds} s; last seen: {seen}")]
    Late {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
        /// What was seen instead.
        seen: String,
    },
    /// What must hold does not.
    #[error("{0}")]
    Broken(String),
    /// The machine refuses.
    #[error("{what}: {source}")]
    Machine {
        /// What was tried.
        what: String,
        /// What the system says.
        source: io::Error,
    },
}

fn quoted(log: &str) -> String {
    let lines = log.lines().map(|line| format!("\n    | {line}"));
    format!("\n  the end of its log:{}", lines.collect::<String>())
}

impl Trouble {
    /// The system's refusal to do `what` with `path`.
    pub fn file(what: &str, path: &Path, source: io::Error) -> Self {
        Self::Machine {
            what: format!("{what} {}", path.display()),
            source,
        }
    }

    /// Whose log bears on it, where the error itself does not show it.
    #[must_use]
    pub fn whose(&self) -> Option<&str> {
        match self {
            Self::Agent { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The exit code: 7 for a threshold or deadline, 8 for what did not verify, else 1.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Late { .. } => Exit::Missed,
            Self::Broken(_) => Exit::Unverified,
            Self::Agent { source, .. } => match Exit::from_code(source.exit()) {
                exit @ (Exit::Missed | Exit::Unverified) => exit,
                _ => Exit::Error,
            },
            Self::Process { .. } | Self::Machine { .. } => Exit::Error,
        }
    }
}
