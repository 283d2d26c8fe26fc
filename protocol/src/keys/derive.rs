//! HKDF-SHA256 (RFC 5869) with the label as part of the salt and framed context.

use hkdf::Hkdf;
use sha2::Sha256;

use crate::bytes::Digest;
use crate::secret::SecretBytes;

/// Derives `N` secret bytes from secret input, for one labelled use and one context.
///
/// The label is the salt and the context goes into the info, each part with its length in front
/// (through [`Digest::of`]), so neither two uses nor two contexts can meet.
///
/// # Panics
/// Never: `N` is far below HKDF's 8,160 bytes, checked when compiled.
#[must_use]
pub fn derive<const N: usize>(secret: &[u8], label: &str, context: &[&[u8]]) -> SecretBytes<N> {
    const { assert!(N <= 255 * 32, "HKDF-SHA256 gives at most 8,160 bytes") };
    let info = Digest::of(label, context);
    let hkdf = Hkdf::<Sha256>::new(Some(label.as_bytes()), secret);
    SecretBytes::filled_by(|out| {
        hkdf.expand(info.as_bytes(), out)
            .expect("the length was checked when compiled");
    })
}

/// Derives a key that sits beside another under the same parent, told apart by its label.
#[must_use]
pub fn derive_key(parent: &SecretBytes<32>, label: &str, context: &[&[u8]]) -> SecretBytes<32> {
    derive(parent.expose(), label, context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    fn parent() -> SecretBytes<32> {
        SecretBytes::new(&Zeroizing::new([9; 32]))
    }

    /// K9: the derivation is stated, and separate for each label and context.
    #[test]
    fn labels_and_contexts_separate_derived_keys() {
        let key = |label, context: &[&[u8]]| derive_key(&parent(), label, context);
        let one = key("kith/1/a", &[b"x", b"y"]);
        assert!(one.same_as(&key("kith/1/a", &[b"x", b"y"])));
        assert!(!one.same_as(&key("kith/1/b", &[b"x", b"y"])));
        assert!(!one.same_as(&key("kith/1/a", &[b"xy"])));
        assert!(!one.same_as(&key("kith/1/a", &[b"x", b"y", b""])));
    }

    /// K9: a changed derivation would lose every key derived before.
    #[test]
    fn the_derivation_is_pinned() {
        let key = derive_key(&parent(), "kith/1/a", &[b"x"]);
        assert_eq!(
            hex::encode(key.expose()),
            "f8516fef0ef7f5595746bc140f69b2fdb5999dd9fcc7b09f0fdff28b22ae84c5"
        );
    }
}
