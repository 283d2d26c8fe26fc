//! Whoever asks to see what is protected shows that she has the passphrase (decision 0035).
//!
//! The agent runs unlocked for weeks; a screen left open for a minute must not be enough to carry a wallet off.
use crate::keystore::{self, KeystoreError};
use crate::passphrase::Passphrase;
use kith_protocol::bytes::{from_base64url, to_base64url};
use kith_protocol::error::CommandError;
use std::path::PathBuf;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

/// The header of the local API in which the passphrase stands, base64url.
pub(crate) const HEADER: &str = "kith-passphrase";

/// The exit code of what is locked.
const LOCKED: u8 = 4;

/// Checks passphrases against the keystore of the home.
pub(crate) struct Presence {
    keystore: PathBuf,
    /// One at a time: each check takes memory and a second, and many at once would take the machine.
    turn: Mutex<()>,
}

impl Presence {
    pub(crate) fn at(keystore: PathBuf) -> Self {
        Self {
            keystore,
            turn: Mutex::new(()),
        }
    }

    /// Whether this is the passphrase, as it stood in the header.
    ///
    /// # Errors
    /// [`CommandError`], exit 4, without one or with another.
    pub(crate) async fn check(&self, given: Option<&[u8]>) -> Result<(), CommandError> {
        let missing = "what is protected is shown only to who has the passphrase of this device";
        let given = given.ok_or_else(|| locked(missing))?;
        let passphrase = read(given).ok_or_else(|| locked("this is no passphrase"))?;
        let _turn = self.turn.lock().await;
        let path = self.keystore.clone();
        let opened =
            tokio::task::spawn_blocking(move || keystore::open(&path, &passphrase).map(drop));
        match opened.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error @ KeystoreError::WrongPassphrase)) => Err(locked(error)),
            Ok(Err(error)) => Err(CommandError::error(error.to_string())),
            Err(error) => Err(CommandError::error(error.to_string())),
        }
    }
}

/// What stands in the header for this passphrase.
pub(crate) fn written(passphrase: &Passphrase) -> Zeroizing<String> {
    Zeroizing::new(to_base64url(passphrase.as_bytes()))
}

fn read(header: &[u8]) -> Option<Passphrase> {
    let text = str::from_utf8(header).ok()?;
    Passphrase::new(Zeroizing::new(from_base64url(text).ok()?)).ok()
}

fn locked(message: impl ToString) -> CommandError {
    CommandError {
        message: message.to_string(),
        exit: LOCKED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keystore::Cost;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(Zeroizing::new(text.as_bytes().to_vec())).unwrap()
    }

    #[tokio::test]
    async fn only_the_passphrase_of_this_home_is_enough() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keystore");
        let cheap = Cost {
            memory_kib: 64,
            passes: 1,
            lanes: 1,
        };
        drop(keystore::create(&path, &passphrase("orbit"), cheap).unwrap());
        let presence = Presence::at(path);
        let check = async |text: Option<&str>| {
            let header = text.map(|text| written(&passphrase(text)));
            let header = header.as_ref().map(|header| header.as_bytes());
            presence.check(header).await.map_err(|error| error.exit)
        };
        assert_eq!(check(Some("orbit")).await, Ok(()));
        assert_eq!(check(Some("Orbit")).await, Err(LOCKED));
        assert_eq!(check(None).await, Err(LOCKED));
        let garbage = presence.check(Some(b"%%")).await;
        assert_eq!(garbage.unwrap_err().exit, LOCKED);
    }
}
