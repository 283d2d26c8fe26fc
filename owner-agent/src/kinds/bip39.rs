//! BIP-39 phrases: every word stands in a list, and the last one carries a checksum.
use super::Finding;
use bip39::{Error, Mnemonic};
use zeroize::Zeroizing;

/// Lengths of a phrase, in words (BIP-39, "Generating the mnemonic").
const LENGTHS: [usize; 5] = [12, 15, 18, 21, 24];

/// The longest word of all lists, in bytes of UTF-8: with more of it, the text is prose.
const LONGEST_WORD: usize = 32;

pub(super) fn look(data: &[u8]) -> Option<Finding> {
    let words: Vec<&str> = str::from_utf8(data).ok()?.split_whitespace().collect();
    let worded = |word: &&str| word.len() <= LONGEST_WORD && word.chars().all(char::is_alphabetic);
    if !LENGTHS.contains(&words.len()) || !words.iter().all(worded) {
        return None;
    }
    let count = words.len();
    let phrase = Zeroizing::new(words.join(" "));
    match Mnemonic::parse(phrase.as_str()) {
        Ok(_) => Some(Ok(format!(
            "a wallet's phrase (BIP-39) of {count} words, and its checksum is right"
        ))),
        Err(error) if is_meant(&words) => Some(Err(wrong(&error))),
        // As many words as a phrase has, by chance.
        Err(_) => None,
    }
}

/// Words that may be wrong: with more of them it is a sentence that has as many words as a phrase.
const SLIPS: usize = 2;

/// Whether nearly all words stand in one list: a phrase with a slip of the pen, and not a sentence.
fn is_meant(words: &[&str]) -> bool {
    let known = |language: &bip39::Language| {
        let known = words
            .iter()
            .filter(|word| language.find_word(word).is_some());
        known.count() + SLIPS >= words.len()
    };
    bip39::Language::ALL.iter().any(known)
}

/// Which word, and not what it is.
fn wrong(error: &Error) -> String {
    match error {
        Error::UnknownWord(at) => format!("word {} stands in no list of BIP-39", at + 1),
        Error::InvalidChecksum => {
            "the checksum of the phrase is wrong: a word is another one, or two stand in the wrong order".into()
        }
        Error::BadWordCount(_) | Error::BadEntropyBitCount(_) | Error::AmbiguousLanguages(_) => {
            "it is no phrase that a wallet takes".into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The first vector of BIP-39 with 12 words of zero entropy, and one of 24.
    const TWELVE: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
    const OTHER: &str =
        "legal winner thank year wave sausage worth useful legal winner thank yellow";

    #[test]
    fn a_phrase_is_right_in_any_spacing() {
        for phrase in [TWELVE, OTHER, &OTHER.replace(' ', "\n")] {
            assert!(look(phrase.as_bytes()).unwrap().is_ok());
        }
    }

    #[test]
    fn a_wrong_word_is_named_by_its_place() {
        let slip = OTHER.replace("sausage", "sausages");
        let said = look(slip.as_bytes()).unwrap().unwrap_err();
        assert!(
            said.contains("word 6") && !said.contains("sausage"),
            "{said}"
        );
    }

    #[test]
    fn swapped_words_have_another_checksum() {
        let swapped = OTHER.replace("wave sausage", "sausage wave");
        let said = look(swapped.as_bytes()).unwrap().unwrap_err();
        assert!(said.contains("checksum"), "{said}");
    }

    #[test]
    fn twelve_words_of_a_letter_are_no_phrase() {
        let letter = "Dear Bob please call me back tonight about the trip to Rome";
        assert_eq!(letter.split(' ').count(), 12);
        assert!(look(letter.as_bytes()).is_none());
        let garden = "you can find the key under the old garden house you know";
        assert_eq!(garden.split(' ').count(), 12);
        assert!(look(garden.as_bytes()).is_none());
        assert!(look(b"abandon about").is_none());
    }
}
