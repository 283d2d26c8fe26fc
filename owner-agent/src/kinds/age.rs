//! Identity files of age: a line per key, in Bech32 with its checksum (C2SP age, "The X25519 recipient type").
use super::Finding;

/// How a secret key begins, of whichever recipient type.
const SECRET: &str = "AGE-SECRET-KEY-";
/// The same of a plugin's.
const PLUGIN: &str = "AGE-PLUGIN-";

pub(super) fn look(data: &[u8]) -> Option<Finding> {
    let text = str::from_utf8(data).ok()?;
    let mut lines = text.lines().enumerate();
    let is_key = |line: &str| line.starts_with(SECRET) || line.starts_with(PLUGIN);
    let keys: Vec<(usize, &str)> = lines.by_ref().filter(|(_, line)| is_key(line)).collect();
    if keys.is_empty() {
        return None;
    }
    for (at, key) in &keys {
        // A plugin's key may be longer than a checksum is good for.
        if key.starts_with(SECRET) && bech32::decode(key.trim_end()).is_err() {
            return Some(Err(format!(
                "the key in line {} of this age file is damaged or cut off",
                at + 1
            )));
        }
    }
    Some(Ok(match keys.len() {
        1 => "an age key, and its checksum is right".into(),
        many => format!("{many} age keys, and their checksums are right"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bech32::{Bech32, Hrp};

    fn key(byte: u8) -> String {
        let hrp = Hrp::parse("AGE-SECRET-KEY-").unwrap();
        bech32::encode_upper::<Bech32>(hrp, &[byte; 32]).unwrap()
    }

    #[test]
    fn an_identity_file_is_recognised_and_counted() {
        let one = format!("# created: today\n# public key: age1…\n{}\n", key(1));
        assert!(
            look(one.as_bytes())
                .unwrap()
                .unwrap()
                .contains("an age key")
        );
        let two = format!("{}\n{}\n", key(1), key(2));
        assert!(
            look(two.as_bytes())
                .unwrap()
                .unwrap()
                .contains("2 age keys")
        );
    }

    #[test]
    fn a_mistyped_or_cut_key_is_named_by_its_line() {
        let whole = key(1);
        let cut = &whole[..whole.len() - 3];
        let mut other = whole.clone();
        other.replace_range(20..21, if &whole[20..21] == "Q" { "P" } else { "Q" });
        for broken in [cut, &other] {
            let said = look(format!("# mine\n{broken}\n").as_bytes()).unwrap();
            let said = said.unwrap_err();
            assert!(said.contains("line 2") && !said.contains(broken), "{said}");
        }
        assert!(look(b"age1publickey").is_none());
    }
}
