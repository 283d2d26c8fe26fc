//! Byte strings to look for, and the search for all of them at once.
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::HashMap;

/// Bytes of a secret that are looked for: no accident has so many.
pub const ENOUGH: usize = 24;
/// Bytes by which a needle is found again; the shortest has as many.
const START: usize = 8;

/// What is looked for.
pub struct Needles {
    needles: Vec<(String, Vec<u8>)>,
    by_start: HashMap<[u8; START], Vec<usize>>,
    /// Which pairs of bytes begin a needle: nearly every place of a file is passed over by it.
    begins: Vec<bool>,
}

impl Default for Needles {
    fn default() -> Self {
        Self {
            needles: Vec::new(),
            by_start: HashMap::new(),
            begins: vec![false; 1 << 16],
        }
    }
}

impl Needles {
    /// Looks for these bytes as they are.
    ///
    /// # Panics
    /// When they are too short to be told from chance.
    pub fn add(&mut self, what: &str, needle: Vec<u8>) {
        let start = needle.first_chunk().expect("a needle of eight bytes");
        self.begins[pair(&needle)] = true;
        let place = self.needles.len();
        self.by_start.entry(*start).or_default().push(place);
        self.needles.push((what.to_owned(), needle));
    }

    /// Looks for the beginning of a secret in every spelling in which a program might print it.
    ///
    /// # Panics
    /// When it is too short to be told from chance.
    pub fn add_secret(&mut self, what: &str, secret: &[u8]) {
        assert!(
            secret.len() >= ENOUGH,
            "{what} is too short to be told from chance"
        );
        for needle in spellings(&secret[..ENOUGH]) {
            self.add(what, needle);
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.needles.len()
    }

    /// The first of them that stands in the haystack: what it is, and where.
    #[must_use]
    pub fn first_in(&self, haystack: &[u8]) -> Option<(&str, usize)> {
        for (at, window) in haystack.windows(START).enumerate() {
            if !self.begins[pair(window)] {
                continue;
            }
            let places = window
                .first_chunk()
                .and_then(|start| self.by_start.get(start));
            let found = places
                .into_iter()
                .flatten()
                .find(|place| haystack[at..].starts_with(&self.needles[**place].1));
            if let Some(place) = found {
                return Some((&self.needles[*place].0, at));
            }
        }
        None
    }
}

fn pair(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// As it is; in hexadecimal of both cases; as Rust prints a list of bytes; and in both alphabets of
/// base64, wherever in a longer text it begins.
fn spellings(secret: &[u8]) -> Vec<Vec<u8>> {
    let list: Vec<String> = secret.iter().map(u8::to_string).collect();
    let mut all = vec![
        secret.to_vec(),
        hex::encode(secret).into_bytes(),
        hex::encode_upper(secret).into_bytes(),
        list.join(", ").into_bytes(),
        list.join(",").into_bytes(),
    ];
    for shift in 0..3 {
        all.push(inside(shift, secret, |bytes| STANDARD_NO_PAD.encode(bytes)));
        all.push(inside(shift, secret, |bytes| URL_SAFE_NO_PAD.encode(bytes)));
    }
    all
}

/// The characters of base64 that depend on the secret alone when `shift` other bytes stand before it.
fn inside(shift: usize, secret: &[u8], encode: impl Fn(&[u8]) -> String) -> Vec<u8> {
    let text = encode(&[&vec![0; shift][..], secret].concat());
    let (first, end) = ((8 * shift).div_ceil(6), 8 * (shift + secret.len()) / 6);
    text.as_bytes()[first..end].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"what nobody may read, ever, at all";

    fn is_found(haystack: &[u8]) -> bool {
        let mut needles = Needles::default();
        needles.add_secret("the secret", SECRET);
        needles.first_in(haystack).is_some()
    }

    #[test]
    fn a_secret_is_found_in_every_spelling() {
        let list = format!("{SECRET:?}");
        let texts = [
            String::from_utf8_lossy(SECRET).into_owned(),
            hex::encode(SECRET),
            hex::encode_upper(SECRET),
            list.clone(),
            list.replace(' ', ""),
        ];
        for text in texts {
            assert!(is_found(format!("told: {text}!").as_bytes()), "{text}");
        }
        assert!(!is_found(
            b"told: nothing that matters, and a lot of it, again and again"
        ));
    }

    #[test]
    fn a_secret_inside_a_longer_base64_is_found_wherever_it_begins() {
        for before in ["", "a", "ab", "abc"] {
            let whole = [before.as_bytes(), SECRET, b"and more"].concat();
            assert!(is_found(STANDARD_NO_PAD.encode(&whole).as_bytes()));
            assert!(is_found(URL_SAFE_NO_PAD.encode(&whole).as_bytes()));
        }
    }
}
