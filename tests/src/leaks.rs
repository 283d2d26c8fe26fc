//! The search for what must be in no log, in no output and in no home.
//!
//! Everything that a test with real processes has left is searched for everything that its homes
//! keep and nobody else may see: passphrases, wallet encryption keys, keys, shares, what was
//! protected. What commands print and what the local API answers is kept beside the logs.
use crate::keeps;
use crate::needles::{ENOUGH, Needles};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// What the links of invitations and requests have in common.
const LINK: &[u8] = b"_oob=";

/// Searches every file below a directory that tests with real processes have left. Every process must
/// have been told to end.
///
/// Nowhere may a secret stand in clear, and in no log a link. The files in `passphrases` are what they
/// are, and open the homes of the same name beside them; those in `secrets` are what was protected. In
/// `answers` an item may stand where it was asked for.
///
/// # Panics
/// When one does, with the file's name and what stands there.
pub fn none_below(directory: &Path, secrets: &[&[u8]]) {
    let all = files(directory);
    let mut needles = kept(&all);
    assert!(needles.count() > 0, "nothing was run here");
    for secret in secrets {
        needles.add_secret("what was protected", secret);
    }
    // Opening the stores may have made files of its own.
    let all = files(directory);
    let is_open = |path: &&PathBuf| !is_in("passphrases", path) && !is_in("secrets", path);
    for path in all.iter().filter(is_open) {
        let bytes = fs::read(path).expect("a file of the test");
        let bytes = match is_in("answers", path) {
            true => without_items(&bytes),
            false => bytes,
        };
        let found = needles.first_in(&bytes);
        assert!(found.is_none(), "{}: {found:?}", path.display());
        let link = is_in("logs", path) && bytes.windows(LINK.len()).any(|part| part == LINK);
        assert!(!link, "{}: a link", path.display());
    }
}

/// Answers, a line each, without the items in those that show one.
fn without_items(answers: &[u8]) -> Vec<u8> {
    let lines = answers.split(|byte| *byte == b'\n');
    let left = lines.map(|line| without_item(line).unwrap_or_else(|| line.to_vec()));
    left.collect::<Vec<_>>().join(&b'\n')
}

/// Nothing for a line that shows none.
fn without_item(line: &[u8]) -> Option<Vec<u8>> {
    let mut said: Value = serde_json::from_slice(line).ok()?;
    let answer = said.get_mut("answer")?.as_object_mut()?;
    let shows = answer.get("kind").is_some_and(|kind| kind == "secret");
    shows.then(|| answer.remove("data"))?;
    Some(said.to_string().into_bytes())
}

/// Every passphrase, and all that the home of its name keeps.
fn kept(all: &[PathBuf]) -> Needles {
    let mut needles = Needles::default();
    for path in all.iter().filter(|path| is_in("passphrases", path)) {
        let passphrase = fs::read(path).expect("a passphrase");
        match passphrase.len() {
            0..ENOUGH => needles.add("a passphrase", passphrase.clone()),
            _ => needles.add_secret("a passphrase", &passphrase),
        }
        for (what, secret) in keeps::secrets(&home(path), &passphrase) {
            needles.add_secret(what, &secret);
        }
    }
    needles
}

/// The home that a passphrase opens.
fn home(passphrase: &Path) -> PathBuf {
    let above = passphrase
        .ancestors()
        .nth(2)
        .expect("a folder of passphrases");
    above
        .join("homes")
        .join(passphrase.file_name().unwrap_or_default())
}

fn is_in(folder: &str, path: &Path) -> bool {
    path.iter().any(|part| part == folder)
}

/// Every file below a directory.
#[must_use]
pub fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let (path, kind) = (entry.path(), entry.file_type());
        if kind.as_ref().is_ok_and(fs::FileType::is_dir) {
            found.extend(files(&path));
        } else if kind.is_ok_and(|kind| kind.is_file()) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"what nobody may read, ever, at all";

    fn is_caught(folder: &str, text: &[u8]) -> bool {
        let directory = tempfile::tempdir().unwrap();
        for (folder, text) in [
            ("passphrases", &b"correct horse battery"[..]),
            (folder, text),
        ] {
            fs::create_dir(directory.path().join(folder)).unwrap();
            fs::write(directory.path().join(folder).join("bob"), text).unwrap();
        }
        let search = || none_below(directory.path(), &[SECRET]);
        std::panic::catch_unwind(search).is_err()
    }

    #[test]
    fn a_key_that_only_the_home_knows_is_found_in_a_log() {
        let directory = tempfile::tempdir().unwrap();
        let below = |folder: &str| {
            let folder = directory.path().join(folder);
            fs::create_dir_all(&folder).unwrap();
            folder.join("bob")
        };
        let (passphrase, home, log) = (below("passphrases"), below("homes"), below("logs"));
        fs::write(&passphrase, "correct horse battery").unwrap();
        fs::create_dir(&home).unwrap();
        let cost = kith_runtime::keystore::Cost {
            memory_kib: 64,
            passes: 1,
            lanes: 1,
        };
        let typed = kith_runtime::passphrase::Passphrase::from_file(&passphrase).unwrap();
        kith_runtime::keystore::create(&home.join("keystore"), &typed, cost).unwrap();
        none_below(directory.path(), &[]);
        let (what, key) = keeps::secrets(&home, b"correct horse battery").remove(0);
        fs::write(&log, format!("{what} is {}", hex::encode_upper(key))).unwrap();
        let search = || none_below(directory.path(), &[]);
        assert!(std::panic::catch_unwind(search).is_err());
    }

    #[test]
    fn a_leak_is_found_and_talk_about_it_is_none() {
        let hexadecimal = hex::encode(SECRET);
        let leaks = [
            &b"unlocked with correct horse battery!"[..],
            b"https://kith.example/i?_oob=eyJ",
            SECRET,
            hexadecimal.as_bytes(),
        ]
        .map(|leak| is_caught("logs", leak));
        assert_eq!(leaks, [true; 4]);
        let talk = b"the passphrase is right; the secret is kept";
        assert!(!is_caught("logs", talk));
    }

    #[test]
    fn an_answer_may_hold_a_link_and_the_item_that_it_shows_and_no_other_secret() {
        let item = hex::encode(SECRET);
        let shown = |kind: &str, name: &str| {
            format!(r#"{{"v":1,"answer":{{"kind":"{kind}","name":"{name}","data":"{item}"}}}}"#)
        };
        let caught = |lines: &[&str]| is_caught("answers", lines.join("\n").as_bytes());
        let link = r#"{"answer":{"kind":"link","link":"https://kith.example/i?_oob=eyJ"}}"#;
        assert!(!caught(&["Sent.", link, &shown("secret", "note.txt")]));
        assert!(caught(&[link, &shown("done", "note.txt")]));
        assert!(caught(&[link, &shown("secret", &item)]));
        assert!(caught(&[
            &shown("secret", "a"),
            "Added correct horse battery"
        ]));
    }
}
