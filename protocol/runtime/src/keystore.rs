//! The file `keystore`: the wallet encryption key, wrapped under a key that argon2id derives from
//! the passphrase. Losing the passphrase loses this device's copy, nothing else.
//!
//! ```text
//! version 1 | memory KiB u32 | passes u32 | lanes u32 | salt 16 | nonce 24 | wrapped key 48 | SHA-256 32
//! ```
//! Integers are little endian. The parameters are bound to the wrapped key as associated data; the
//! digest at the end tells a damaged file from a wrong passphrase and protects nothing.
use crate::disk;
use crate::passphrase::Passphrase;
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use kith_protocol::limits;
use rand::Rng as _;
use sha2::{Digest as _, Sha256};
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;
use zeroize::{Zeroize as _, Zeroizing};

const VERSION: u8 = 1;
const SALT: usize = 16;
const NONCE: usize = 24;
const WRAPPED: usize = 32 + 16;
const DIGEST: usize = 32;
/// Version, three parameters and the salt: what the wrapped key is bound to.
const HEADER: usize = 1 + 3 * 4 + SALT;
pub(crate) const LENGTH: usize = HEADER + NONCE + WRAPPED + DIGEST;

/// The key under which the store seals every value.
///
/// # Security
/// 32 random bytes, wiped when dropped; on disk only wrapped.
pub struct WalletKey(Zeroizing<[u8; 32]>);

impl WalletKey {
    fn random() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::rng().fill_bytes(&mut *bytes);
        Self(bytes)
    }

    /// A key from elsewhere, for tests of the store.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

/// What deriving the wrapping key costs: argon2id's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for Cost {
    /// 64 MiB and three passes: RFC 9106's second recommendation, with one lane.
    fn default() -> Self {
        Self {
            memory_kib: 64 * 1024,
            passes: 3,
            lanes: 1,
        }
    }
}

/// Why there is no key.
#[derive(Debug, Error)]
pub enum KeystoreError {
    /// No such file: nothing was set up here.
    #[error("there is no keystore at {0}: nothing was set up here")]
    Missing(PathBuf),
    /// A file is there already; it is never overwritten.
    #[error("there is a keystore at {0} already")]
    Exists(PathBuf),
    /// The file is whole and the passphrase does not open it.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// The file is not what was written.
    #[error("the keystore {0} is damaged")]
    Damaged(PathBuf),
    /// Written by a later version.
    #[error("the keystore {path} has version {found}, this program knows {VERSION}")]
    UnknownVersion {
        /// Which file.
        path: PathBuf,
        /// Its version byte.
        found: u8,
    },
    /// The memory that the parameters ask for cannot be had.
    #[error("not enough memory to derive the key")]
    OutOfMemory,
    /// The file system refuses.
    #[error("the keystore {path} cannot be read or written")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Makes a new key and writes the file, readable by its owner only.
///
/// # Errors
/// [`KeystoreError::Exists`] when there is one, [`KeystoreError::Io`] when it cannot be written.
pub fn create(
    path: &Path,
    passphrase: &Passphrase,
    cost: Cost,
) -> Result<WalletKey, KeystoreError> {
    if path.exists() {
        return Err(KeystoreError::Exists(path.into()));
    }
    let (key, bytes) = draft(passphrase, cost)?;
    place(path, &bytes)?;
    Ok(key)
}

/// A new key, and the bytes of its file, which is nowhere yet.
pub(crate) fn draft(
    passphrase: &Passphrase,
    cost: Cost,
) -> Result<(WalletKey, Vec<u8>), KeystoreError> {
    let key = WalletKey::random();
    let bytes = wrap(&key, passphrase, cost)?;
    Ok((key, bytes))
}

/// Puts the file of a drafted key in its place, whole and durable.
pub(crate) fn place(path: &Path, bytes: &[u8]) -> Result<(), KeystoreError> {
    disk::write_new(path, bytes).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeystoreError::Exists(path.into()),
        _ => KeystoreError::Io {
            path: path.into(),
            source,
        },
    })
}

/// Whether the file is there and whole, as far as can be told without the passphrase.
///
/// # Errors
/// [`KeystoreError`], each occasion its own.
pub fn inspect(path: &Path) -> Result<(), KeystoreError> {
    let bytes = read(path)?;
    let (header, _) = taken_apart(&bytes, path)?;
    let sane = read_cost(header).map(drop);
    sane.ok_or_else(|| KeystoreError::Damaged(path.into()))
}

/// Opens the file with the passphrase.
///
/// # Errors
/// [`KeystoreError`], each occasion its own.
pub fn open(path: &Path, passphrase: &Passphrase) -> Result<WalletKey, KeystoreError> {
    let bytes = read(path)?;
    unwrap(&bytes, passphrase, path)
}

/// Opens what [`draft`] made and another file holds; `path` is what errors name.
pub(crate) fn open_within(
    bytes: &[u8],
    passphrase: &Passphrase,
    path: &Path,
) -> Result<WalletKey, KeystoreError> {
    unwrap(&of_this_version(bytes.to_vec(), path)?, passphrase, path)
}

/// The bytes of a file of this version.
fn read(path: &Path) -> Result<Vec<u8>, KeystoreError> {
    let bytes = disk::read_at_most(path, LENGTH).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => KeystoreError::Missing(path.into()),
        _ => KeystoreError::Io {
            path: path.into(),
            source,
        },
    })?;
    of_this_version(bytes, path)
}

fn of_this_version(bytes: Vec<u8>, path: &Path) -> Result<Vec<u8>, KeystoreError> {
    match bytes.first() {
        Some(&VERSION) => Ok(bytes),
        Some(&found) => Err(KeystoreError::UnknownVersion {
            path: path.into(),
            found,
        }),
        None => Err(KeystoreError::Damaged(path.into())),
    }
}

fn wrap(key: &WalletKey, passphrase: &Passphrase, cost: Cost) -> Result<Vec<u8>, KeystoreError> {
    let mut bytes = header(cost);
    let nonce: [u8; NONCE] = rand::random();
    let wrapped = wrapping_key(cost, &bytes[HEADER - SALT..], passphrase)?
        .cipher()
        .encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: &*key.0,
                aad: &bytes,
            },
        )
        .expect("32 bytes are below every limit of the cipher");
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(&wrapped);
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    Ok(bytes)
}

fn header(cost: Cost) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    for number in [cost.memory_kib, cost.passes, cost.lanes] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(&rand::random::<[u8; SALT]>());
    bytes
}

/// The header and the rest, once the digest says that both are as they were written.
fn taken_apart<'b>(bytes: &'b [u8], path: &Path) -> Result<(&'b [u8], &'b [u8]), KeystoreError> {
    let damaged = || KeystoreError::Damaged(path.into());
    let (body, digest) = bytes
        .split_at_checked(LENGTH - DIGEST)
        .ok_or_else(damaged)?;
    if digest.len() != DIGEST || Sha256::digest(body).as_slice() != digest {
        return Err(damaged());
    }
    Ok(body.split_at(HEADER))
}

fn unwrap(bytes: &[u8], passphrase: &Passphrase, path: &Path) -> Result<WalletKey, KeystoreError> {
    let damaged = || KeystoreError::Damaged(path.into());
    let (header, rest) = taken_apart(bytes, path)?;
    let (nonce, wrapped) = rest.split_at(NONCE);
    let cost = read_cost(header).ok_or_else(damaged)?;
    let mut key = wrapping_key(cost, &header[HEADER - SALT..], passphrase)?
        .cipher()
        .decrypt(
            &XNonce::try_from(nonce).map_err(|_| damaged())?,
            Payload {
                msg: wrapped,
                aad: header,
            },
        )
        .map_err(|_| KeystoreError::WrongPassphrase)?;
    let taken = <[u8; 32]>::try_from(key.as_slice()).map(WalletKey::from_bytes);
    key.zeroize();
    taken.map_err(|_| damaged())
}

fn read_cost(header: &[u8]) -> Option<Cost> {
    let number = |at: usize| {
        let bytes = header.get(1 + 4 * at..5 + 4 * at)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    let cost = Cost {
        memory_kib: number(0)?,
        passes: number(1)?,
        lanes: number(2)?,
    };
    let sane = cost.memory_kib <= limits::store::KEYSTORE_KIB
        && cost.passes <= limits::store::KEYSTORE_PASSES
        && cost.lanes <= limits::store::KEYSTORE_LANES;
    sane.then_some(cost)
}

fn wrapping_key(
    cost: Cost,
    salt: &[u8],
    passphrase: &Passphrase,
) -> Result<WalletKey, KeystoreError> {
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32))
        .map_err(|_| KeystoreError::OutOfMemory)?;
    let mut bytes = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut *bytes)
        .map_err(|_| KeystoreError::OutOfMemory)?;
    Ok(WalletKey(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    const CHEAP: Cost = Cost {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(Zeroizing::new(text.as_bytes().to_vec())).unwrap()
    }

    fn made() -> (tempfile::TempDir, PathBuf, WalletKey) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keystore");
        let key = create(&path, &passphrase("orbit"), CHEAP).unwrap();
        (dir, path, key)
    }

    #[test]
    fn the_right_passphrase_gives_the_same_key_back() {
        let (_dir, path, key) = made();
        assert_eq!(*open(&path, &passphrase("orbit")).unwrap().0, *key.0);
    }

    #[test]
    fn a_wrong_passphrase_is_told_apart_from_a_damaged_file() {
        let (_dir, path, _) = made();
        let wrong = open(&path, &passphrase("Orbit"));
        assert!(matches!(wrong, Err(KeystoreError::WrongPassphrase)));
    }

    #[test]
    fn every_flipped_byte_is_noticed() {
        let (_dir, path, _) = made();
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&path, &bytes).unwrap();
            match open(&path, &passphrase("orbit")) {
                Err(KeystoreError::UnknownVersion { .. }) if at == 0 => {}
                Err(KeystoreError::Damaged(named)) => assert_eq!(named, path),
                _ => panic!("byte {at} flipped and not noticed"),
            }
        }
    }

    #[test]
    fn a_cut_or_longer_file_is_damaged() {
        let (_dir, path, _) = made();
        let whole = fs::read(&path).unwrap();
        let longer = [&whole[..], &[0]].concat();
        for bytes in [&whole[..0], &whole[..1], &whole[..whole.len() - 1], &longer] {
            fs::write(&path, bytes).unwrap();
            let opened = open(&path, &passphrase("orbit"));
            assert!(matches!(
                opened,
                Err(KeystoreError::Damaged(_) | KeystoreError::Io { .. })
            ));
        }
    }

    #[test]
    fn a_file_that_asks_for_all_memory_is_refused_before_any_is_taken() {
        let greedy = header(Cost {
            memory_kib: u32::MAX,
            passes: 1,
            lanes: 1,
        });
        assert_eq!(read_cost(&greedy), None);
        let endless = header(Cost {
            memory_kib: 64,
            passes: u32::MAX,
            lanes: 1,
        });
        assert_eq!(read_cost(&endless), None);
        assert_eq!(read_cost(&header(Cost::default())), Some(Cost::default()));
    }

    #[test]
    fn an_existing_keystore_is_never_overwritten() {
        let (_dir, path, key) = made();
        let again = create(&path, &passphrase("other"), CHEAP);
        assert!(matches!(again, Err(KeystoreError::Exists(named)) if named == path));
        assert_eq!(*open(&path, &passphrase("orbit")).unwrap().0, *key.0);
    }

    #[test]
    fn a_missing_keystore_says_that_nothing_was_set_up() {
        let opened = open(Path::new("/nowhere/keystore"), &passphrase("orbit"));
        assert!(matches!(opened, Err(KeystoreError::Missing(_))));
    }

    #[test]
    fn only_its_owner_can_read_the_file_and_nothing_else_is_left() {
        let (dir, path, _) = made();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
