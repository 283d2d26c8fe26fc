//! The traits of the same name, and one thing more: whoever asks can read the text that was
//! decrypted, which `didcomm` parses and drops.

use crate::Error;
use crate::buffer::{ResizeBuffer, SecretBytes};
use askar_crypto_current::encrypt as current;
use std::cell::RefCell;

pub use current::{KeyAeadMeta, KeyAeadParams};

thread_local! {
    /// `Some` while somebody asks. On this thread alone: what others decrypt meanwhile is not hers.
    static KEPT: RefCell<Option<SecretBytes>> = const { RefCell::new(None) };
}

/// Runs `work`, and hands over the content that was decrypted last in it, if any was.
///
/// # Security
/// The text is a copy that is wiped when it is dropped. Nothing is kept outside of `work`, no key
/// ever, and no content whose tag was wrong. A call within `work` ends what the outer one keeps.
pub fn keeping<T>(work: impl FnOnce() -> T) -> (T, Option<SecretBytes>) {
    let asked = Asked::new();
    let done = work();
    (done, asked.content())
}

/// Ends the keeping also where `work` panics.
struct Asked;

impl Asked {
    fn new() -> Self {
        KEPT.replace(Some(SecretBytes::default()));
        Self
    }

    fn content(self) -> Option<SecretBytes> {
        KEPT.take().filter(|content| !content.is_empty())
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        drop(KEPT.take());
    }
}

fn keep(content: &[u8]) {
    KEPT.with_borrow_mut(|kept| {
        if let Some(kept) = kept {
            *kept = SecretBytes::from_slice(content);
        }
    });
}

/// What `didcomm` encrypts and decrypts with: the four methods of the trait that it stands for.
pub trait KeyAeadInPlace {
    /// Encrypts in place, appends the tag, and returns the length without it.
    ///
    /// # Errors
    /// A nonce of another length, or a buffer that cannot grow.
    fn encrypt_in_place(
        &self,
        buffer: &mut dyn ResizeBuffer,
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<usize, Error>;

    /// Checks the tag at the end and decrypts in place.
    ///
    /// # Errors
    /// A wrong tag, or a nonce of another length.
    fn decrypt_in_place(
        &self,
        buffer: &mut dyn ResizeBuffer,
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<(), Error>;

    /// Lengths of nonce and tag.
    fn aead_params(&self) -> KeyAeadParams;

    /// By how much a content of this length grows.
    fn aead_padding(&self, content: usize) -> usize;
}

impl<K: current::KeyAeadInPlace + ?Sized> KeyAeadInPlace for K {
    fn encrypt_in_place(
        &self,
        buffer: &mut dyn ResizeBuffer,
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<usize, Error> {
        current::KeyAeadInPlace::encrypt_in_place(self, buffer, nonce, aad)
    }

    fn decrypt_in_place(
        &self,
        buffer: &mut dyn ResizeBuffer,
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<(), Error> {
        current::KeyAeadInPlace::decrypt_in_place(self, buffer, nonce, aad)?;
        // Key wrap has no nonce, and what it decrypts is a key.
        if !nonce.is_empty() {
            keep(buffer.as_ref());
        }
        Ok(())
    }

    fn aead_params(&self) -> KeyAeadParams {
        current::KeyAeadInPlace::aead_params(self)
    }

    fn aead_padding(&self, content: usize) -> usize {
        current::KeyAeadInPlace::aead_padding(self, content)
    }
}
