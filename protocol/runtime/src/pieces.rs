//! How a row lies in sled: sealed as a whole, then cut into pieces.
//!
//! sled 0.34 writes a page of more than a quarter of a segment into a file of its own, which
//! neither its `flush` nor a sync of its `db` file makes durable. Rows of backup chunks would make
//! such pages, so nothing longer than [`kith_protocol::limits::store::PIECE`] is put under one key.
//!
//! ```text
//! key            pieces u16 | nonce 24 | sealed value, first part
//! 0xff key n     further parts, n = 1, 2 ... as u16 big endian
//! ```
//! No space has the number 0xff, so that a scan of rows never meets a part. The sealed value's
//! associated data are [`FORMAT`], the number of pieces and the key: a value moved to another key,
//! cut or lengthened does not open.
use crate::keystore::WalletKey;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use kith_protocol::keys::labels;
use kith_protocol::limits;
use zeroize::Zeroizing;

/// The version of this layout.
pub(crate) const FORMAT: u8 = 1;
const NONCE: usize = 24;
const HEADER: usize = 2 + NONCE;
const TAG: usize = 16;
const PART: u8 = 0xff;

/// Seals rows and opens them.
pub(crate) struct Sealer(XChaCha20Poly1305);

impl Sealer {
    pub(crate) fn new(key: &WalletKey) -> Self {
        Self(key.cipher())
    }

    /// A row's value as the pieces to store, the first under the row's own key.
    pub(crate) fn seal(&self, key: &[u8], value: &[u8]) -> Vec<Vec<u8>> {
        let count = (HEADER + value.len() + TAG).div_ceil(limits::store::PIECE);
        let count = u16::try_from(count).expect("a row has at most 1 MiB");
        let nonce: [u8; NONCE] = rand::random();
        let mut whole = count.to_be_bytes().to_vec();
        whole.extend_from_slice(&nonce);
        let sealed = self
            .0
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: value,
                    aad: &bound(count, key),
                },
            )
            .expect("a row is below every limit of the cipher");
        whole.extend_from_slice(&sealed);
        whole
            .chunks(limits::store::PIECE)
            .map(<[u8]>::to_vec)
            .collect()
    }

    /// The value from its pieces put together; nothing when they are not what was sealed.
    pub(crate) fn open(&self, key: &[u8], whole: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = whole.get(2..)?.split_at_checked(NONCE)?;
        let payload = Payload {
            msg: sealed,
            aad: &bound(count(whole)?, key),
        };
        self.0
            .decrypt(&XNonce::try_from(nonce).ok()?, payload)
            .ok()
            .map(Zeroizing::new)
    }
}

/// How many pieces a row has, by its first one.
pub(crate) fn count(first: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(first.get(..2)?.try_into().ok()?))
}

/// The key of a further piece.
pub(crate) fn part_key(key: &[u8], number: u16) -> Vec<u8> {
    [&[PART], key, &number.to_be_bytes()].concat()
}

/// Whether a key is that of a further piece.
pub(crate) fn is_part(key: &[u8]) -> bool {
    key.first() == Some(&PART)
}

fn bound(count: u16, key: &[u8]) -> Vec<u8> {
    let label = labels::STORED_ROW.as_bytes();
    [label, &[FORMAT], &count.to_be_bytes(), key].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer() -> Sealer {
        Sealer::new(&WalletKey::from_bytes([7; 32]))
    }

    #[test]
    fn a_value_of_every_size_class_comes_back_from_small_pieces() {
        for length in [
            0,
            1,
            limits::store::PIECE - HEADER - TAG,
            limits::store::PIECE - HEADER - TAG + 1,
            limits::store::PIECE,
            1 << 20,
        ] {
            let value = vec![3; length];
            let pieces = sealer().seal(b"key", &value);
            assert!(
                pieces
                    .iter()
                    .all(|piece| piece.len() <= limits::store::PIECE)
            );
            assert_eq!(usize::from(count(&pieces[0]).unwrap()), pieces.len());
            assert_eq!(*sealer().open(b"key", &pieces.concat()).unwrap(), value);
        }
    }

    #[test]
    fn a_value_opens_under_its_own_key_only() {
        let whole = sealer().seal(b"key", b"value").concat();
        assert!(sealer().open(b"kex", &whole).is_none());
        let other = Sealer::new(&WalletKey::from_bytes([8; 32]));
        assert!(other.open(b"key", &whole).is_none());
    }

    #[test]
    fn every_flipped_byte_and_every_cut_is_noticed() {
        let whole = sealer().seal(b"key", b"value").concat();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            assert!(sealer().open(b"key", &bytes).is_none(), "byte {at}");
            assert!(sealer().open(b"key", &whole[..at]).is_none(), "cut {at}");
        }
    }

    #[test]
    fn the_same_value_is_never_sealed_to_the_same_bytes() {
        assert_ne!(
            sealer().seal(b"key", b"value"),
            sealer().seal(b"key", b"value")
        );
    }

    #[test]
    fn parts_of_different_rows_have_different_keys() {
        assert_ne!(part_key(b"a", 1), part_key(b"a", 2));
        assert_ne!(part_key(b"a\0\x01", 1), part_key(b"a", 1));
        assert!(is_part(&part_key(b"a", 1)) && !is_part(b"\x5aa"));
    }
}
