//! What people already have: which kind of secret a file is, and whether it is whole.
//!
//! A phrase with a wrong word or half a key protected for years is found out on the worst day; so it is said
//! when it is added. Nothing of the bytes goes into what is said.
mod age;
mod bip39;
mod passwords;
mod ssh;

use clap::ValueEnum;

/// A kind of secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A private key of OpenSSH, or in PEM
    Ssh,
    /// An identity file of age
    Age,
    /// The words of a wallet (BIP-39)
    Bip39,
    /// What a password manager exported
    Passwords,
    /// Anything, as it is
    File,
}

/// What the bytes are, in a few words; or why they are not whole.
type Finding = Result<String, String>;

/// Looks at bytes: nothing where they are not of this kind.
type Look = fn(&[u8]) -> Option<Finding>;

const LOOKS: [(Kind, Look); 4] = [
    (Kind::Ssh, ssh::look),
    (Kind::Age, age::look),
    (Kind::Bip39, bip39::look),
    (Kind::Passwords, passwords::look),
];

/// Says what `data` is, in a sentence; nothing of a file that is just a file.
///
/// # Errors
/// A sentence, when it is not whole or not of the kind that is insisted on.
pub(crate) fn recognise(data: &[u8], insisted: Option<Kind>) -> Result<Option<String>, String> {
    if insisted == Some(Kind::File) {
        return Ok(None);
    }
    for (kind, look) in LOOKS {
        if insisted.is_some_and(|insisted| insisted != kind) {
            continue;
        }
        if let Some(found) = look(data) {
            return found.map(Some);
        }
    }
    match insisted {
        Some(kind) => Err(format!("this is no {}", name(kind))),
        None => Ok(None),
    }
}

const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Ssh => "private key of OpenSSH, and none in PEM",
        Kind::Age => "identity file of age",
        Kind::Bip39 => "phrase of 12, 15, 18, 21 or 24 words",
        Kind::Passwords => "export of a password manager that is known here",
        Kind::File => "file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZEROS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    #[test]
    fn a_note_is_just_a_file_and_no_kind_that_is_insisted_on() {
        let note = b"the key is under the mat";
        assert_eq!(recognise(note, None), Ok(None));
        for kind in [Kind::Ssh, Kind::Age, Kind::Bip39, Kind::Passwords] {
            assert!(
                recognise(note, Some(kind))
                    .unwrap_err()
                    .contains(name(kind))
            );
        }
        assert_eq!(recognise(note, Some(Kind::File)), Ok(None));
    }

    #[test]
    fn a_broken_secret_is_refused_unless_it_is_to_be_kept_as_it_is() {
        let broken = ZEROS.replace("about", "abandon");
        assert!(recognise(broken.as_bytes(), None).is_err());
        assert_eq!(recognise(broken.as_bytes(), Some(Kind::File)), Ok(None));
        let found = recognise(ZEROS.as_bytes(), None).unwrap().unwrap();
        assert!(found.contains("12 words"), "{found}");
    }

    #[test]
    fn bytes_that_are_no_text_are_just_a_file() {
        assert_eq!(recognise(&[0xff, 0, 0x9a], None), Ok(None));
        assert_eq!(recognise(&[], None), Ok(None));
    }
}
