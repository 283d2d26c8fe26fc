//! Comparing words: this person reads some out, hears others, and picks what was heard. Picked,
//! not confirmed: a yes is said too easily (B8).
use super::{Console, Failure};

/// How the command is told that what was heard is none of the choices.
const NONE: &str = "none";

impl Console {
    /// Shows what to say to `other` and asks what was heard; `heard` answers ahead.
    ///
    /// # Errors
    /// [`super::Exit::Usage`] when nobody can be asked and `--heard` is missing.
    pub fn compare_words(
        &self,
        other: &str,
        (say, choices): (&str, &[String]),
        heard: Option<String>,
    ) -> Result<String, Failure> {
        if let Some(heard) = heard {
            return Ok(heard);
        }
        self.screen
            .say(&format!("Read these words to {other}:   {say}"));
        let question = format!("Which words did {other} read to you?");
        let picked = self.person.pick(&question, choices, "--heard")?;
        Ok(picked.map_or_else(|| NONE.to_owned(), |place| choices[place].clone()))
    }
}

/// What to say and what may be heard, as text.
#[must_use]
pub fn words(say: &str, choices: &[String]) -> String {
    let mut text = format!("You say:    {say}\nYou hear one of:");
    for choice in choices {
        text.push_str("\n    ");
        text.push_str(choice);
    }
    text
}
