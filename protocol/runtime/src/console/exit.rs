//! The exit codes, the same in both programs.
use crate::homes::HomeError;
use crate::keystore::KeystoreError;
use crate::passphrase::PassphraseError;
use crate::process::RunError;
use crate::told::{chain, system};
use std::process::ExitCode;
use thiserror::Error;

/// What `help exit-codes` prints.
pub const EXIT_CODES: &str = "\
Exit codes, the same in owner-agent and trustee-agent:
    0  done
    1  error
    2  wrong usage, or --no-input and a flag is missing
    3  pending: a person must act first
    4  locked: the passphrase is needed or wrong
    5  not healthy (status --check)
    6  refused or vetoed
    7  threshold or deadline missed
    8  verification failed: words do not match, a bad share, a record that does not fit
    9  the agent is not running
  130  interrupted";

/// How a command ended, other than well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Anything without a code of its own.
    Error = 1,
    /// Wrong usage.
    Usage = 2,
    /// A person must act first.
    Pending = 3,
    /// The passphrase is needed or wrong.
    Locked = 4,
    /// `--check` found something.
    Unhealthy = 5,
    /// Refused or vetoed.
    Refused = 6,
    /// Threshold or deadline missed.
    Missed = 7,
    /// Words, a share or a record do not match.
    Unverified = 8,
    /// No agent answers on the socket.
    NotRunning = 9,
    /// The person pressed Ctrl-C.
    Interrupted = 130,
}

impl Exit {
    const ALL: [Self; 10] = [
        Self::Error,
        Self::Usage,
        Self::Pending,
        Self::Locked,
        Self::Unhealthy,
        Self::Refused,
        Self::Missed,
        Self::Unverified,
        Self::NotRunning,
        Self::Interrupted,
    ];

    /// The number the shell sees.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The meaning of a number that came over the local API; [`Exit::Error`] for an unknown one.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        let named = Self::ALL.into_iter().find(|exit| exit.code() == code);
        named.unwrap_or(Self::Error)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command failed: for the person in a sentence, for a script in a number.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What happened, and which command or flag helps.
    pub message: String,
    /// Whether the command's data says it all already: under `--json` no second object follows.
    pub shown: bool,
}

impl Failure {
    /// A failure with this code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            shown: false,
        }
    }

    /// A failure that the data already on standard output shows.
    pub fn shown(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            shown: true,
            ..Self::new(exit, message)
        }
    }

    /// A plain error.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Exit::Error, message)
    }

    /// `--no-input` was given and this flag was not.
    #[must_use]
    pub fn missing_flag(flag: &str, what_for: &str) -> Self {
        let message = format!("--no-input asks nothing, and {flag} is missing: {what_for}");
        Self::new(Exit::Usage, message)
    }

    /// A file could not be read or written.
    pub fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::error(format!("{}: {}", path.display(), system(error)))
    }
}

impl From<HomeError> for Failure {
    fn from(error: HomeError) -> Self {
        let exit = match error {
            HomeError::ProfileName(_) => Exit::Usage,
            _ => Exit::Error,
        };
        Self::new(exit, chain(&error))
    }
}

impl From<KeystoreError> for Failure {
    fn from(error: KeystoreError) -> Self {
        let exit = match error {
            KeystoreError::WrongPassphrase => Exit::Locked,
            _ => Exit::Error,
        };
        Self::new(exit, chain(&error))
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        Self::new(Exit::from_code(error.exit()), chain(&error))
    }
}

impl From<PassphraseError> for Failure {
    fn from(error: PassphraseError) -> Self {
        Self::new(Exit::Locked, chain(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_survives_the_local_api() {
        for exit in Exit::ALL {
            assert_eq!(Exit::from_code(exit.code()), exit);
        }
        assert_eq!(Exit::from_code(77), Exit::Error);
    }

    #[test]
    fn the_help_page_lists_every_exit_code() {
        for exit in Exit::ALL {
            let start = format!("{:>5}  ", exit.code());
            assert!(
                EXIT_CODES.lines().any(|line| line.starts_with(&start)),
                "{exit:?}"
            );
        }
    }

    #[test]
    fn a_wrong_passphrase_is_locked_and_a_bad_profile_is_wrong_usage() {
        assert_eq!(
            Failure::from(KeystoreError::WrongPassphrase).exit,
            Exit::Locked
        );
        let bad = HomeError::ProfileName("..".into());
        assert_eq!(Failure::from(bad).exit, Exit::Usage);
    }
}
