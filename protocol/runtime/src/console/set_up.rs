//! A new home: its directories and its keystore.
use super::{Console, Failure};
use crate::keystore::{self, Cost};
use serde_json::{Value, json};

impl Console {
    /// Makes the home with a new passphrase.
    ///
    /// # Errors
    /// When there is one already, nobody can be asked for a passphrase, or the disk refuses.
    pub fn create_home(&self) -> Result<(), Failure> {
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
        keystore::create(&self.home.keystore(), &passphrase, Cost::default())?;
        Ok(())
    }

    /// The answer of a command that set a home up.
    #[must_use]
    pub fn home_answer(&self) -> Value {
        json!({ "kind": "home", "home": self.home.dir() })
    }
}
