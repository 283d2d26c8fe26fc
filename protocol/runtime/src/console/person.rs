//! Questions to the person at the terminal.
use super::{Exit, Failure};
use crate::passphrase::Passphrase;
use dialoguer::{Password, Select};
use std::io::{IsTerminal as _, stderr, stdin};
use std::path::PathBuf;
use zeroize::{Zeroize as _, Zeroizing};

/// The passphrase's words when the person leaves it to us: as many bits as a sealed backup
/// deserves, 8 a word.
const GENERATED_WORDS: usize = 10;

/// Who answers questions, and what was answered ahead by flags.
#[derive(Clone, Debug)]
pub struct Person {
    /// Whether anyone may be asked: not with `--no-input`, and not without a terminal.
    asks: bool,
    passphrase_file: Option<PathBuf>,
}

impl Person {
    /// The person behind these flags.
    #[must_use]
    pub fn new(no_input: bool, passphrase_file: Option<PathBuf>) -> Self {
        let asks = !no_input && stdin().is_terminal() && stderr().is_terminal();
        Self {
            asks,
            passphrase_file,
        }
    }

    /// The file with the passphrase, if one was named.
    pub(crate) fn passphrase_file(&self) -> Option<&std::path::Path> {
        self.passphrase_file.as_deref()
    }

    /// Whether questions are possible.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.asks
    }

    /// The passphrase of a home that exists.
    ///
    /// # Errors
    /// [`Exit::Usage`] when nobody can be asked, [`Exit::Locked`] when there is none in the file.
    pub fn passphrase(&self) -> Result<Passphrase, Failure> {
        if let Some(path) = &self.passphrase_file {
            return Ok(Passphrase::from_file(path)?);
        }
        self.need_terminal("--passphrase-file", "the passphrase of this home")?;
        let typed = Password::new().with_prompt("Passphrase").interact();
        Ok(Passphrase::new(bytes(typed.map_err(unanswered)?))?)
    }

    /// A passphrase for a new home, typed twice or, left empty, made from random words; `show`
    /// is told the made one.
    ///
    /// # Errors
    /// As [`Person::passphrase`].
    pub fn new_passphrase(&self, show: impl FnOnce(&str)) -> Result<Passphrase, Failure> {
        if let Some(path) = &self.passphrase_file {
            return Ok(Passphrase::from_file(path)?);
        }
        self.need_terminal("--passphrase-file", "a passphrase for the new home")?;
        let typed = Password::new()
            .with_prompt("Passphrase (leave empty to make a strong one)")
            .with_confirmation("Once more", "These differ; try again")
            .allow_empty_password(true)
            .interact();
        let typed = bytes(typed.map_err(unanswered)?);
        if !typed.is_empty() {
            return Ok(Passphrase::new(typed)?);
        }
        let made = generated();
        show(&made);
        Ok(Passphrase::new(Zeroizing::new(made.as_bytes().to_vec()))?)
    }

    /// One of `choices`, none of them preselected, because the first would be picked in a hurry; `None` for none of these.
    ///
    /// # Errors
    /// [`Exit::Usage`] when nobody can be asked; `flag` is named as what answers ahead.
    pub fn pick(
        &self,
        question: &str,
        choices: &[String],
        flag: &str,
    ) -> Result<Option<usize>, Failure> {
        self.need_terminal(flag, question)?;
        let mut items: Vec<&str> = choices.iter().map(String::as_str).collect();
        items.push("none of these");
        let prompt = format!("{question} Choose with the arrow keys and Enter");
        let picked = Select::new().with_prompt(prompt).items(&items).interact();
        let picked = picked.map_err(unanswered)?;
        Ok((picked < choices.len()).then_some(picked))
    }

    fn need_terminal(&self, flag: &str, what_for: &str) -> Result<(), Failure> {
        if self.asks {
            return Ok(());
        }
        Err(Failure::missing_flag(flag, what_for))
    }
}

fn bytes(typed: String) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(typed.into_bytes())
}

fn generated() -> Zeroizing<String> {
    let mut random: [u8; GENERATED_WORDS] = rand::random();
    let words = Zeroizing::new(pgp_words::to_words(&random).join("-").to_lowercase());
    random.zeroize();
    words
}

fn unanswered(_: dialoguer::Error) -> Failure {
    Failure::new(Exit::Interrupted, "the question was not answered")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_asked_with_no_input_and_the_missing_flag_is_named() {
        let person = Person::new(true, None);
        let Err(refused) = person.passphrase() else {
            panic!("a passphrase from nobody")
        };
        assert_eq!(refused.exit, Exit::Usage);
        assert!(refused.message.contains("--passphrase-file"));
        let refused = person.pick("Which words?", &[], "--heard").unwrap_err();
        assert!(refused.message.contains("--heard"));
    }

    #[test]
    fn a_made_passphrase_has_ten_words() {
        assert_eq!(generated().split('-').count(), GENERATED_WORDS);
        assert_ne!(*generated(), *generated());
    }
}
