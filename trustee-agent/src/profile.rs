//! The file `trustee.json` in the home: what this trustee is called. No secret is in it.
use kith_protocol::message::invitation::clean_label;
use kith_runtime::console::{Console, Exit, Failure};
use kith_runtime::homes::Home;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

const VERSION: u8 = 1;
const FILE: &str = "trustee.json";
/// What goes along when the agent moves.
pub(crate) const FILES: &[&str] = &[FILE];

/// What a trustee is called.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Profile {
    v: u8,
    /// The name that owners see.
    pub(crate) name: String,
}

impl Profile {
    /// A name as a person typed it.
    ///
    /// # Errors
    /// [`Exit::Usage`] when nothing that can be shown is left of it.
    pub(crate) fn new(name: &str) -> Result<Self, Failure> {
        let name = clean_label(name);
        if name.is_empty() {
            return Err(Failure::new(Exit::Usage, "--name is empty"));
        }
        Ok(Self { v: VERSION, name })
    }

    pub(crate) fn save(&self, home: &Home) -> Result<(), Failure> {
        let path = path(home);
        let json = serde_json::to_vec(self).expect("a name is always JSON");
        let kept = home.keep(FILE, &json);
        kept.map_err(|error| Failure::file(&path, &error))
    }

    pub(crate) fn load(console: &Console) -> Result<Self, Failure> {
        let path = path(&console.home);
        let json = fs::read(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => console.not_set_up(Exit::Error),
            _ => Failure::file(&path, &error),
        })?;
        let read: Result<Self, _> = serde_json::from_slice(&json);
        match read {
            Ok(profile) if profile.v == VERSION => Ok(profile),
            _ => Err(Failure::error(format!(
                "{} is damaged or of a later version",
                path.display()
            ))),
        }
    }
}

fn path(home: &Home) -> PathBuf {
    home.dir().join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_without_what_could_disguise_it() {
        assert_eq!(Profile::new(" Bob\u{202e} ").unwrap().name, "Bob");
        assert_eq!(Profile::new("\u{200b}\n").unwrap_err().exit, Exit::Usage);
    }
}
