//! Private keys of OpenSSH (PROTOCOL.key) and in PEM (RFC 7468): whether such a file is whole.
use super::Finding;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN ";
const KEY: &str = "PRIVATE KEY";
const DASHES: &str = "-----";
const OPENSSH: &str = "OPENSSH PRIVATE KEY";
const MAGIC: &[u8] = b"openssh-key-v1\0";

pub(super) fn look(data: &[u8]) -> Option<Finding> {
    let text = str::from_utf8(data).ok()?.trim();
    let rest = text.strip_prefix(BEGIN)?;
    let (label, rest) = rest.split_once(DASHES)?;
    if !label.ends_with(KEY) || label.contains('\n') {
        return None;
    }
    let cut = || "the key is cut off: its last line is missing".to_owned();
    let end = format!("-----END {label}-----");
    let Some(armoured) = rest.strip_suffix(&*end) else {
        return Some(Err(cut()));
    };
    let Some(bytes) = unarmoured(armoured) else {
        return Some(Err("the key is damaged: a line of it is no base64".into()));
    };
    Some(match label {
        OPENSSH => openssh(&bytes).ok_or_else(|| "the key is damaged or cut off".to_owned()),
        _ => Ok(format!("a private key ({})", label.to_lowercase())),
    })
}

/// The bytes; headers such as `DEK-Info` of older files stand in front of an empty line.
fn unarmoured(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let body = match text.trim_start().split_once("\n\n") {
        Some((headers, body)) if headers.contains(':') => body,
        _ => text,
    };
    let joined: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
    let bytes = STANDARD.decode(joined.as_bytes()).ok()?;
    Some(Zeroizing::new(bytes)).filter(|bytes| !bytes.is_empty())
}

/// Walks the fields up to the end: cipher, derivation, its options, how many keys, their public halves, the rest.
fn openssh(bytes: &[u8]) -> Option<String> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (cipher, rest) = string(rest)?;
    let (_kdf, rest) = string(rest)?;
    let (_options, rest) = string(rest)?;
    let (count, mut rest) = number(rest)?;
    let mut algorithm = "";
    // Each takes at least four bytes of what is there, so a hostile count ends by itself.
    for _ in 0..count {
        let (public, after) = string(rest)?;
        algorithm = str::from_utf8(string(public)?.0).ok()?;
        rest = after;
    }
    let (private, after) = string(rest)?;
    let sealed = cipher != b"none";
    let is_whole = after.is_empty() && (sealed || checks(private));
    is_whole.then(|| {
        let locked = match sealed {
            true => "it opens with its own passphrase, which you need as well",
            false => "not protected by a passphrase of its own",
        };
        format!("an OpenSSH key ({}), {locked}", printable(algorithm))
    })
}

/// A key that is not sealed begins with the same random number twice.
fn checks(private: &[u8]) -> bool {
    let twice = number(private).and_then(|(one, rest)| Some((one, number(rest)?.0)));
    twice.is_some_and(|(one, other)| one == other)
}

fn printable(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_graphic)
        .take(40)
        .collect()
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*number), rest))
}

fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = number(bytes)?;
    rest.split_at_checked(length as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(out: &mut Vec<u8>, bytes: &[u8]) {
        out.extend((bytes.len() as u32).to_be_bytes());
        out.extend(bytes);
    }

    fn blob(cipher: &str) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        for part in [cipher, "none", ""] {
            field(&mut out, part.as_bytes());
        }
        out.extend(1_u32.to_be_bytes());
        let mut public = Vec::new();
        field(&mut public, b"ssh-ed25519");
        field(&mut public, &[7; 32]);
        field(&mut out, &public);
        let private = [&[1, 2, 3, 4, 1, 2, 3, 4][..], &[9; 40]].concat();
        field(&mut out, &private);
        out
    }

    fn armour(label: &str, bytes: &[u8]) -> String {
        let body = STANDARD.encode(bytes);
        let lines: Vec<&str> = body
            .as_bytes()
            .chunks(70)
            .map(|line| str::from_utf8(line).unwrap())
            .collect();
        format!(
            "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
            lines.join("\n")
        )
    }

    #[test]
    fn an_openssh_key_is_told_with_its_algorithm_and_whether_it_is_locked() {
        let open = look(armour(OPENSSH, &blob("none")).as_bytes())
            .unwrap()
            .unwrap();
        assert!(
            open.contains("ssh-ed25519") && open.contains("not protected"),
            "{open}"
        );
        let sealed = look(armour(OPENSSH, &blob("aes256-ctr")).as_bytes())
            .unwrap()
            .unwrap();
        assert!(sealed.contains("its own passphrase"), "{sealed}");
    }

    #[test]
    fn a_key_that_is_cut_anywhere_is_not_whole() {
        let whole = blob("none");
        for length in 0..whole.len() {
            let cut = armour(OPENSSH, &whole[..length]);
            assert!(look(cut.as_bytes()).unwrap().is_err(), "{length}");
        }
        let file = armour(OPENSSH, &whole);
        let half = &file[..file.len() / 2];
        assert!(
            look(half.as_bytes())
                .unwrap()
                .unwrap_err()
                .contains("cut off")
        );
        let other = [&whole[..whole.len() - 45], &[9; 45]].concat();
        assert!(look(armour(OPENSSH, &other).as_bytes()).unwrap().is_err());
    }

    #[test]
    fn a_count_of_keys_that_is_not_there_ends() {
        let mut hostile = MAGIC.to_vec();
        for part in ["none", "none", ""] {
            field(&mut hostile, part.as_bytes());
        }
        hostile.extend(u32::MAX.to_be_bytes());
        assert!(look(armour(OPENSSH, &hostile).as_bytes()).unwrap().is_err());
    }

    #[test]
    fn keys_in_pem_are_told_and_certificates_are_not() {
        let rsa = armour("RSA PRIVATE KEY", &[1; 100]);
        assert!(
            look(rsa.as_bytes())
                .unwrap()
                .unwrap()
                .contains("rsa private key")
        );
        let headers = rsa.replacen(
            '\n',
            "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
            1,
        );
        assert!(look(headers.as_bytes()).unwrap().is_ok());
        let damaged = rsa.replace("AQEB", "A%%B");
        assert!(
            look(damaged.as_bytes())
                .unwrap()
                .unwrap_err()
                .contains("base64")
        );
        assert!(look(armour("CERTIFICATE", &[1; 10]).as_bytes()).is_none());
        assert!(look(b"-----BEGIN PGP").is_none());
    }
}
