//! What both programs share at the terminal: exit codes, what goes to which stream, questions to
//! the person, spans of time and tables as people read and write them.
//!
//! Spec: ARCHITECTURE.md, "The programs".
mod caller;
mod doctor;
pub mod exit;
pub mod globals;
mod input;
pub(crate) mod moving;
pub mod person;
pub mod screen;
mod serve;
mod set_up;
pub mod spans;
mod spelling;
pub mod table;
pub mod words;

pub use exit::{Exit, Failure};
pub use globals::Globals;
pub use person::Person;
pub use screen::Screen;
pub use serve::Serve;

use crate::homes::Home;
use std::path::PathBuf;

/// Which agent is meant, and how its person wants to be talked to: the flags of every command.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// `--home`.
    pub home: Option<PathBuf>,
    /// `--profile`.
    pub profile: String,
    /// `--socket`.
    pub socket: Option<PathBuf>,
    /// `--json` and `--quiet`.
    pub screen: Screen,
    /// `--no-input`.
    pub no_input: bool,
    /// `--passphrase-file`.
    pub passphrase_file: Option<PathBuf>,
}

/// A person's place at one agent: its home, the screen, and the person.
#[derive(Clone, Debug)]
pub struct Console {
    /// `owner-agent` or `trustee-agent`.
    pub program: &'static str,
    /// How this agent's commands begin: the program, and its home if it is not the usual one.
    pub invocation: String,
    /// The agent's home.
    pub home: Home,
    /// Where things are shown.
    pub screen: Screen,
    /// Who answers questions.
    pub person: Person,
}

impl Console {
    /// The console that these flags choose.
    ///
    /// # Errors
    /// When there can be no such home.
    pub fn new(program: &'static str, choice: Choice) -> Result<Self, Failure> {
        let home = match &choice.home {
            Some(dir) => Home::at(dir)?,
            None => Home::of_profile(program, &choice.profile)?,
        };
        Ok(Self {
            program,
            invocation: spelling::invocation(program, &choice),
            home: match choice.socket {
                Some(socket) => home.with_socket_at(socket)?,
                None => home,
            },
            screen: choice.screen,
            person: Person::new(choice.no_input, choice.passphrase_file),
        })
    }
}
