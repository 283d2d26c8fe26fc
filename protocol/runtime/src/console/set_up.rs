//! A new home: its directories and its keystore.
use super::{Console, Exit, Failure};
use crate::homes::Home;
use crate::keystore::{self, Cost};
use serde_json::{Value, json};

impl Console {
    /// Makes the home with a new passphrase. `fill` writes what else belongs into it, before the
    /// keystore, whose presence says that all is there.
    ///
    /// # Errors
    /// When there is one already, nobody can be asked for a passphrase, or the disk refuses.
    pub fn create_home(
        &self,
        fill: impl FnOnce(&Home) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if self.home.is_set_up() {
            let dir = self.home.dir().display();
            let message = format!(
                "{dir} is set up already; start it with `{} run`",
                self.program
            );
            return Err(Failure::error(message));
        }
        let passphrase = self.person.new_passphrase(|made| {
            self.screen.warn(&format!(
                "write this passphrase down now; it unlocks this device only and cannot be \
                 recovered:\n\n    {made}\n"
            ));
        })?;
        self.home.prepare()?;
        fill(&self.home)?;
        keystore::create(&self.home.keystore(), &passphrase, Cost::default())?;
        Ok(())
    }

    /// Nothing was set up yet: the commands to begin with.
    #[must_use]
    pub fn not_set_up(&self, exit: Exit) -> Failure {
        let dir = self.home.dir().display();
        let begin = match self.program {
            "owner-agent" => {
                "`owner-agent init`, or, to get a lost identity back, `owner-agent recover start`"
            }
            _ => "`trustee-agent init`",
        };
        Failure::new(
            exit,
            format!("nothing is set up in {dir}; begin with {begin}"),
        )
    }

    /// The answer of a command that set a home up.
    #[must_use]
    pub fn home_answer(&self) -> Value {
        json!({ "kind": "home", "home": self.home.dir() })
    }
}
