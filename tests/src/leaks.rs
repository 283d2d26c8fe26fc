//! The search for what must be in no log and in no home.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of a secret that are looked for: no accident has so many.
const ENOUGH: usize = 24;

/// Searches every file below a directory that tests with real processes have left.
///
/// Nowhere may a passphrase or a secret stand in clear, and in no log a link of an invitation.
/// The files in `passphrases` are what they are; those in `secrets` are what was protected.
///
/// # Panics
/// When one does, with the file's name.
pub fn none_below(directory: &Path, secrets: &[&[u8]]) {
    let all = files(directory);
    let inside = |folder: &str| {
        let folder = folder.to_owned();
        move |path: &&PathBuf| path.iter().any(|part| part == &*folder)
    };
    let passphrases = all.iter().filter(inside("passphrases"));
    let mut needles: Vec<Vec<u8>> = passphrases
        .map(|path| fs::read(path).expect("a passphrase"))
        .collect();
    assert!(!needles.is_empty(), "nothing was run here");
    needles.extend(secrets.iter().flat_map(|secret| spellings(secret)));
    let is_open = |path: &&PathBuf| !inside("passphrases")(path) && !inside("secrets")(path);
    for path in all.iter().filter(is_open) {
        let mut needles = needles.clone();
        if inside("logs")(&path) {
            needles.push(b"_oob=".to_vec());
        }
        let bytes = fs::read(path).expect("a file of the test");
        let found = first_of(&needles, &bytes);
        assert!(found.is_none(), "{}: {found:?}", path.display());
    }
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

/// How the beginning of a secret looks as it is, in hexadecimal, and in base64url.
fn spellings(secret: &[u8]) -> [Vec<u8>; 3] {
    assert!(secret.len() >= ENOUGH, "too short to be told from chance");
    let begin = &secret[..ENOUGH];
    let hexadecimal = hex::encode(begin).into_bytes();
    [
        begin.to_vec(),
        hexadecimal,
        URL_SAFE_NO_PAD.encode(begin).into_bytes(),
    ]
}

/// The first of the needles that stands in the haystack, and where.
fn first_of(needles: &[Vec<u8>], haystack: &[u8]) -> Option<(String, usize)> {
    let mut begins = [false; 256];
    needles
        .iter()
        .for_each(|needle| begins[usize::from(needle[0])] = true);
    for (at, byte) in haystack.iter().enumerate() {
        if !begins[usize::from(*byte)] {
            continue;
        }
        let found = needles
            .iter()
            .find(|needle| haystack[at..].starts_with(needle));
        if let Some(needle) = found {
            return Some((String::from_utf8_lossy(needle).into_owned(), at));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"what nobody may read, ever, at all";

    fn directory(log: &[u8]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (folder, text) in [
            ("passphrases", &b"correct horse battery"[..]),
            ("logs", log),
        ] {
            fs::create_dir(directory.path().join(folder)).unwrap();
            fs::write(directory.path().join(folder).join("bob"), text).unwrap();
        }
        directory
    }

    fn is_caught(log: &[u8]) -> bool {
        let directory = directory(log);
        let search = || none_below(directory.path(), &[SECRET]);
        std::panic::catch_unwind(search).is_err()
    }

    #[test]
    fn a_leak_is_found_in_every_spelling_and_talk_about_it_is_none() {
        let hexadecimal = hex::encode(SECRET);
        let leaks = [
            &b"unlocked with correct horse battery!"[..],
            b"https://kith.example/i?_oob=eyJ",
            SECRET,
            hexadecimal.as_bytes(),
            URL_SAFE_NO_PAD.encode(SECRET).as_bytes(),
        ]
        .map(is_caught);
        assert_eq!(leaks, [true; 5]);
        assert!(!is_caught(b"the passphrase is right; the secret is kept"));
    }
}
