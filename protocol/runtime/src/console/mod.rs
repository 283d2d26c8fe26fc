//! What both programs share at the terminal: exit codes, what goes to which stream, questions to
//! the person, spans of time and tables as people read and write them.
//!
//! Spec: ARCHITECTURE.md, "The programs".
mod caller;
mod doctor;
pub mod exit;
mod input;
pub mod person;
pub mod screen;
mod serve;
mod set_up;
pub mod spans;
pub mod table;
pub mod words;

pub use exit::{Exit, Failure};
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
            invocation: invocation(program, &choice),
            home: match choice.socket {
                Some(socket) => home.with_socket_at(socket)?,
                None => home,
            },
            screen: choice.screen,
            person: Person::new(choice.no_input, choice.passphrase_file),
        })
    }
}

fn invocation(program: &str, choice: &Choice) -> String {
    let mut words = vec![program.to_owned()];
    match &choice.home {
        Some(dir) => words.extend(["--home".to_owned(), quoted(&dir.to_string_lossy())]),
        None if !["", "default"].contains(&choice.profile.as_str()) => {
            words.extend(["--profile".to_owned(), choice.profile.clone()]);
        }
        None => {}
    }
    if let Some(socket) = &choice.socket {
        words.extend(["--socket".to_owned(), quoted(&socket.to_string_lossy())]);
    }
    words.join(" ")
}

/// As a shell takes it for one word.
fn quoted(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%,".contains(&byte);
    match path.bytes().all(plain) {
        true => path.to_owned(),
        false => format!("'{}'", path.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_is_suggested_can_be_typed_as_it_stands() {
        let at = |home: &str| Choice {
            home: Some(home.into()),
            ..Choice::default()
        };
        let shown = |choice| invocation("owner-agent", &choice);
        assert_eq!(shown(Choice::default()), "owner-agent");
        assert_eq!(shown(at("/tmp/x")), "owner-agent --home /tmp/x");
        assert_eq!(shown(at("a b's")), r"owner-agent --home 'a b'\''s'");
        let profile = Choice {
            profile: "work".into(),
            ..Choice::default()
        };
        assert_eq!(shown(profile), "owner-agent --profile work");
    }
}
