//! The passphrase that unlocks an agent's home on this machine.
use kith_protocol::limits;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use thiserror::Error;
use zeroize::Zeroizing;

/// A passphrase, its bytes taken as they are.
///
/// # Security
/// Wiped when dropped; never from an argument or the environment, where other processes read it.
pub struct Passphrase(Zeroizing<Vec<u8>>);

/// Why there is no passphrase.
#[derive(Debug, Error)]
pub enum PassphraseError {
    /// Nothing was given.
    #[error("the passphrase is empty")]
    Empty,
    /// More than [`kith_protocol::limits::local::PASSPHRASE`] bytes: surely the wrong file.
    #[error(
        "the passphrase is longer than {} bytes: is it the right file?",
        limits::local::PASSPHRASE
    )]
    TooLong,
    /// The file cannot be read.
    #[error("the passphrase cannot be read from {from}")]
    Unreadable {
        /// Which file, `-` for standard input.
        from: String,
        /// What the system says.
        source: io::Error,
    },
}

impl Passphrase {
    /// A passphrase that a person typed.
    ///
    /// # Errors
    /// [`PassphraseError::Empty`] and [`PassphraseError::TooLong`].
    pub fn new(bytes: Zeroizing<Vec<u8>>) -> Result<Self, PassphraseError> {
        match bytes.len() {
            0 => Err(PassphraseError::Empty),
            1..=limits::local::PASSPHRASE => Ok(Self(bytes)),
            _ => Err(PassphraseError::TooLong),
        }
    }

    /// Reads `--passphrase-file`: a path, or `-` for standard input. One newline at the end does
    /// not count, because editors add it.
    ///
    /// # Errors
    /// [`PassphraseError`] when the file cannot be read or holds no passphrase.
    pub fn from_file(path: &Path) -> Result<Self, PassphraseError> {
        let from = path.display().to_string();
        let read = if from == "-" {
            Self::from_reader(io::stdin().lock())
        } else {
            File::open(path).and_then(Self::from_reader)
        };
        Self::new(read.map_err(|source| PassphraseError::Unreadable { from, source })?)
    }

    fn from_reader(reader: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
        // Room for one byte too many and a newline: the buffer never grows and leaves no copy.
        let room = limits::local::PASSPHRASE + 3;
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        reader.take(room as u64).read_to_end(&mut bytes)?;
        for end in [b'\n', b'\r'] {
            if bytes.last() == Some(&end) {
                bytes.pop();
            }
        }
        Ok(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<u8> {
        Passphrase::from_reader(text).unwrap().to_vec()
    }

    #[test]
    fn one_newline_at_the_end_does_not_count() {
        assert_eq!(read(b"orbit velvet\n"), b"orbit velvet");
        assert_eq!(read(b"orbit velvet\r\n"), b"orbit velvet");
        assert_eq!(read(b"orbit velvet"), b"orbit velvet");
        assert_eq!(read(b" orbit\n\n"), b" orbit\n");
    }

    #[test]
    fn an_empty_file_holds_no_passphrase() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "\n").unwrap();
        assert!(matches!(
            Passphrase::from_file(file.path()),
            Err(PassphraseError::Empty)
        ));
    }

    #[test]
    fn a_file_that_is_no_passphrase_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), vec![b'x'; limits::local::PASSPHRASE + 1]).unwrap();
        assert!(matches!(
            Passphrase::from_file(file.path()),
            Err(PassphraseError::TooLong)
        ));
        std::fs::write(file.path(), vec![b'x'; 1 << 20]).unwrap();
        assert!(matches!(
            Passphrase::from_file(file.path()),
            Err(PassphraseError::TooLong)
        ));
    }

    #[test]
    fn a_missing_file_is_named() {
        let Err(missing) = Passphrase::from_file(Path::new("/nowhere/at/all")) else {
            panic!("a passphrase from nowhere")
        };
        assert!(missing.to_string().contains("/nowhere/at/all"));
    }
}
