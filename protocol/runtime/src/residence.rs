//! Whether the agent of a home lives there: it may have left for another machine, or not have arrived.
//!
//! Spec: `spec/storage.md`, "An export"; decision 0039. Two small files beside the keystore say so. One
//! that cannot be read counts as said: an agent that lives twice contradicts itself before everyone.
use crate::disk;
use crate::homes::Home;
use kith_protocol::bytes::Digest;
use kith_protocol::limits;
use kith_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// There once the agent was exported, durable before the file can be opened by anyone.
const DEPARTED: &str = "exported";
/// There while an import fills the home; the keystore, written last, outdoes it.
const ARRIVING: &str = "importing";
const VERSION: u8 = 1;

/// Where the agent of a home is.
#[derive(Debug)]
pub(crate) enum Residence {
    /// Here, if anywhere.
    Here,
    /// It was exported.
    Departed(Departed),
    /// An import began and did not end.
    Arriving,
}

/// What is known of an export from this home.
#[derive(Debug)]
pub(crate) struct Departed(Option<Note>);

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    v: u8,
    file: PathBuf,
    head: Digest,
    at: Timestamp,
}

impl Residence {
    /// What the files of the home say.
    pub(crate) fn of(home: &Home) -> Self {
        if is_there(home, DEPARTED) {
            return Self::Departed(Departed(Note::of(home)));
        }
        match is_there(home, ARRIVING) && !home.is_set_up() {
            true => Self::Arriving,
            false => Self::Here,
        }
    }
}

impl Note {
    /// What the note says, where it can be read.
    fn of(home: &Home) -> Option<Self> {
        let path = home.dir().join(DEPARTED);
        let bytes = disk::read_at_most(&path, limits::store::DEPARTED).ok()?;
        let note: Self = serde_json::from_slice(&bytes).ok()?;
        (note.v == VERSION).then_some(note)
    }
}

/// Whether there is such a file, whatever it is. In a directory that cannot even be entered there may be one;
/// but then nobody opens the keystore in it either, and is told why.
fn is_there(home: &Home, name: &str) -> bool {
    fs::symlink_metadata(home.dir().join(name)).is_ok()
}

impl Departed {
    /// What happened, what it means, which command helps.
    pub(crate) fn sentence(&self, home: &Home, program: &str) -> String {
        let dir = home.dir().display();
        let whither = match &self.0 {
            Some(note) => format!(
                "was exported from {dir} on {} to {}",
                crate::console::spans::utc(note.at),
                note.file.display()
            ),
            None => format!("was exported from {dir}"),
        };
        format!(
            "this agent {whither}, and lives wherever that was imported; it runs here no more, because \
             two of one would contradict each other. If it was imported nowhere, and no copy of the file is \
             left: {program} take-back --unused"
        )
    }

    /// The file it was exported to, as far as it is known, and the digest of its head.
    pub(crate) fn file(&self) -> Option<(&Path, &Digest)> {
        self.0.as_ref().map(|note| (&*note.file, &note.head))
    }
}

/// Says, durable, that the agent leaves by this file.
pub(crate) fn depart(home: &Home, file: &Path, head: Digest) -> io::Result<()> {
    let note = Note {
        v: VERSION,
        file: file.into(),
        head,
        at: crate::clock::now(),
    };
    let bytes = serde_json::to_vec(&note).map_err(io::Error::other)?;
    home.keep(DEPARTED, &bytes)
}

/// It lives here again.
pub(crate) fn stay(home: &Home) -> io::Result<()> {
    home.forget(DEPARTED)
}

/// Says, durable, that an import fills this home.
pub(crate) fn arrive(home: &Home) -> io::Result<()> {
    home.keep(ARRIVING, b"")
}

/// The import is over.
pub(crate) fn arrived(home: &Home) -> io::Result<()> {
    home.forget(ARRIVING)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Home) {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path()).unwrap();
        (dir, home)
    }

    #[test]
    fn a_home_says_that_its_agent_left_until_it_is_taken_back() {
        let (_dir, home) = home();
        assert!(matches!(Residence::of(&home), Residence::Here));
        depart(&home, Path::new("/stick/alice"), Digest([3; 32])).unwrap();
        let Residence::Departed(departed) = Residence::of(&home) else {
            panic!("it left");
        };
        assert_eq!(departed.file().unwrap().0, Path::new("/stick/alice"));
        let said = departed.sentence(&home, "owner-agent");
        assert!(said.contains("/stick/alice") && said.contains("take-back --unused"));
        stay(&home).unwrap();
        assert!(matches!(Residence::of(&home), Residence::Here));
    }

    #[test]
    fn a_note_that_cannot_be_read_says_the_same() {
        let (_dir, home) = home();
        let path = home.dir().join(DEPARTED);
        fs::write(&path, "{").unwrap();
        assert!(matches!(
            Residence::of(&home),
            Residence::Departed(Departed(None))
        ));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(matches!(
            Residence::of(&home),
            Residence::Departed(Departed(None))
        ));
    }

    #[test]
    fn an_import_that_did_not_end_is_seen_until_there_is_a_keystore() {
        let (_dir, home) = home();
        arrive(&home).unwrap();
        assert!(matches!(Residence::of(&home), Residence::Arriving));
        fs::write(home.keystore(), "whole").unwrap();
        assert!(matches!(Residence::of(&home), Residence::Here));
    }
}
