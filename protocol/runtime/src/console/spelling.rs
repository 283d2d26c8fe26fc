//! Commands that are suggested, as this person can type them.
//!
//! Messages name commands by the program alone. Whoever chose a home by a flag would be sent to
//! another one by that, or told to set one up.
use super::globals::variable;
use super::{Choice, Console, Failure};
use serde::Serialize;
use std::env;
use std::ffi::OsStr;

impl Console {
    /// [`super::Screen::data`], with commands as they must be typed.
    pub fn data(&self, text: &str, answer: &impl Serialize) {
        self.screen.data(&self.spelt(text), answer);
    }

    /// [`super::Screen::say`], with commands as they must be typed.
    pub fn say(&self, text: &str) {
        self.screen.say(&self.spelt(text));
    }

    /// [`super::Screen::warn`], with commands as they must be typed.
    pub fn warn(&self, text: &str) {
        self.screen.warn(&self.spelt(text));
    }

    /// The failure, with commands as they must be typed.
    #[must_use]
    pub fn spelt_failure(&self, failure: Failure) -> Failure {
        let message = self.spelt(&failure.message);
        Failure { message, ..failure }
    }

    fn spelt(&self, text: &str) -> String {
        let plain = format!("{} ", self.program);
        text.replace(&plain, &format!("{} ", self.invocation))
    }
}

/// How a command of this agent begins: with the flags that chose it, unless the environment did.
pub(super) fn invocation(program: &str, choice: &Choice) -> String {
    invocation_in(program, choice, |name| env::var_os(name))
}

fn invocation_in<V: AsRef<OsStr>>(
    program: &str,
    choice: &Choice,
    environment: impl Fn(&str) -> Option<V>,
) -> String {
    let prefix = variable(program);
    let set = |flag: &str, value: &OsStr| {
        let known = environment(&format!("{prefix}_{flag}"));
        known.is_some_and(|known| known.as_ref() == value)
    };
    let mut words = vec![program.to_owned()];
    match &choice.home {
        Some(dir) if set("HOME", dir.as_os_str()) => {}
        Some(dir) => words.extend(["--home".to_owned(), quoted(&dir.to_string_lossy())]),
        None if ["", "default"].contains(&choice.profile.as_str()) => {}
        None if set("PROFILE", choice.profile.as_ref()) => {}
        None => words.extend(["--profile".to_owned(), quoted(&choice.profile)]),
    }
    if let Some(socket) = &choice.socket
        && !set("SOCKET", socket.as_os_str())
    {
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

    fn at(home: &str) -> Choice {
        Choice {
            home: Some(home.into()),
            ..Choice::default()
        }
    }

    fn shown(choice: &Choice) -> String {
        invocation_in("owner-agent", choice, |_| None::<&str>)
    }

    #[test]
    fn a_command_that_is_suggested_can_be_typed_as_it_stands() {
        assert_eq!(shown(&Choice::default()), "owner-agent");
        assert_eq!(shown(&at("/tmp/x")), "owner-agent --home /tmp/x");
        assert_eq!(shown(&at("a b's")), r"owner-agent --home 'a b'\''s'");
        let profile = Choice {
            profile: "work".into(),
            ..Choice::default()
        };
        assert_eq!(shown(&profile), "owner-agent --profile work");
    }

    #[test]
    fn what_the_environment_says_is_not_said_again() {
        let alice = |name: &str| (name == "OWNER_AGENT_HOME").then_some("Alice");
        let shown = |home| invocation_in("owner-agent", &at(home), alice);
        assert_eq!(shown("Alice"), "owner-agent");
        assert_eq!(shown("Bob"), "owner-agent --home Bob");
    }

    #[test]
    fn a_message_names_the_agent_that_was_asked_and_no_other() {
        let console = Console::new("owner-agent", at("Bob")).unwrap();
        let text = "start it with `owner-agent run`; Bob:  trustee-agent run";
        let spelt = console.spelt_failure(Failure::error(text)).message;
        assert_eq!(
            spelt,
            "start it with `owner-agent --home Bob run`; Bob:  trustee-agent run"
        );
    }
}
