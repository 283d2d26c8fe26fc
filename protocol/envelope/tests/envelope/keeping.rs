//! What the stand-in for `askar-crypto` hands over of a decryption, and what never.

use askar_crypto::alg::aes::{A256CbcHs512, A256Kw, AesKey};
use askar_crypto::buffer::SecretBytes;
use askar_crypto::encrypt::{KeyAeadInPlace as _, keeping};
use askar_crypto::repr::KeySecretBytes as _;

const IV: [u8; 16] = [7; 16];
const TEXT: &str = "what stands inside";

fn content_key() -> AesKey<A256CbcHs512> {
    AesKey::from_secret_bytes(&[1; 64]).expect("a key")
}

fn sealed() -> SecretBytes {
    let mut content = SecretBytes::from(TEXT);
    let sealed = content_key().encrypt_in_place(&mut content, &IV, &[]);
    sealed.expect("encrypts");
    content
}

fn open(mut content: SecretBytes) -> bool {
    let opened = content_key().decrypt_in_place(&mut content, &IV, &[]);
    opened.is_ok()
}

#[test]
fn a_text_is_kept_for_whoever_asks_and_for_nobody_else() {
    assert!(open(sealed()));
    assert!(keeping(|| ()).1.is_none(), "from before");
    let (opened, content) = keeping(|| open(sealed()));
    assert!(opened);
    assert_eq!(content.expect("kept").as_opt_str(), Some(TEXT));
    let (elsewhere, content) = keeping(|| std::thread::spawn(|| open(sealed())).join());
    assert!(elsewhere.expect("joined"));
    assert!(content.is_none(), "from another thread");
}

#[test]
fn nothing_is_kept_of_a_content_that_was_altered() {
    let mut altered = sealed();
    altered.as_mut()[0] ^= 1;
    let (opened, content) = keeping(|| open(altered));
    assert!(!opened);
    assert!(content.is_none());
}

#[test]
fn a_key_that_was_unwrapped_is_not_kept() {
    let wrapping = AesKey::<A256Kw>::from_secret_bytes(&[2; 32]).expect("a key");
    let mut key = SecretBytes::from(&[1; 64][..]);
    let wrapped = wrapping.encrypt_in_place(&mut key, &[], &[]);
    wrapped.expect("wraps");
    let (unwrapped, content) = keeping(|| wrapping.decrypt_in_place(&mut key, &[], &[]));
    unwrapped.expect("unwraps");
    assert!(content.is_none());
}
