//! The frames of an export: how they are sealed, bound to their places, and read again.
use super::{ExportError, ImportError};
use crate::disk;
use crate::keystore::{self, Cost, KeystoreError, WalletKey};
use crate::passphrase::Passphrase;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use kith_protocol::bytes::Digest;
use kith_protocol::keys::labels;
use kith_protocol::limits;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const MAGIC: &[u8; 12] = b"kith export\n";
/// The version of this layout.
const FORMAT: u8 = 1;
const COUNT: usize = 8;
/// Everything before the first frame.
pub(super) const HEAD: usize = MAGIC.len() + 1 + COUNT + keystore::LENGTH;
const NONCE: usize = 24;
const TAG: usize = 16;
/// Bytes of the length in front of each frame.
const LENGTH: usize = 4;
/// The most that one frame holds: a row, and the length of its key.
const PLAIN: usize = 2 + limits::row::KEY + limits::row::VALUE;

/// Seals and opens the frames of one export.
struct Sealer {
    cipher: XChaCha20Poly1305,
    head: Digest,
}

impl Sealer {
    fn new(key: &WalletKey, head: &[u8]) -> Self {
        Self {
            cipher: key.cipher(),
            head: digest(head),
        }
    }

    /// The head says how many frames there are, so each is bound to that as well.
    fn bound(&self, place: u64) -> Vec<u8> {
        let label = labels::EXPORT_FRAME.as_bytes();
        [label, &self.head.0, &place.to_be_bytes()].concat()
    }

    fn seal(&self, place: u64, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE] = rand::random();
        let payload = Payload {
            msg: plain,
            aad: &self.bound(place),
        };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.expect("a frame is below every limit of the cipher");
        [&nonce[..], &sealed].concat()
    }

    fn open(&self, place: u64, frame: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = frame.split_at_checked(NONCE)?;
        let payload = Payload {
            msg: sealed,
            aad: &self.bound(place),
        };
        let opened = self.cipher.decrypt(&XNonce::try_from(nonce).ok()?, payload);
        opened.ok().map(Zeroizing::new)
    }
}

/// What a note keeps of an export, to know it again.
fn digest(head: &[u8]) -> Digest {
    Digest::of(labels::EXPORT_HEAD, &[head])
}

/// An export that is written. Until [`Written::finish`] its head is zeros, and nobody can open it: salt
/// and wrapped key are nowhere but in memory.
pub(super) struct Writer {
    path: PathBuf,
    out: BufWriter<File>,
    sealer: Sealer,
    head: Vec<u8>,
    place: u64,
}

impl Writer {
    /// Begins a new file, for its owner only; one that is there is left alone.
    pub(super) fn create(
        path: &Path,
        frames: u64,
        passphrase: &Passphrase,
        cost: Cost,
    ) -> Result<Self, ExportError> {
        let (key, wrapped) = keystore::draft(passphrase, cost)?;
        let head = [MAGIC, &[FORMAT][..], &frames.to_le_bytes(), &wrapped].concat();
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => ExportError::Exists(path.into()),
            _ => ExportError::file(path, source),
        };
        let mut options = OpenOptions::new();
        let options = options.write(true).create_new(true).mode(0o600);
        let mut out = BufWriter::new(options.open(path).map_err(failed)?);
        let blank = out.write_all(&[0; HEAD]);
        blank.map_err(|source| ExportError::file(path, source))?;
        Ok(Self {
            path: path.into(),
            out,
            sealer: Sealer::new(&key, &head),
            head,
            place: 0,
        })
    }

    /// The next frame.
    pub(super) fn write(&mut self, plain: &[u8]) -> Result<(), ExportError> {
        let frame = self.sealer.seal(self.place, plain);
        self.place += 1;
        let length = u32::try_from(frame.len()).expect("a frame holds one row");
        let written = self.out.write_all(&length.to_le_bytes());
        let written = written.and_then(|()| self.out.write_all(&frame));
        written.map_err(|source| ExportError::file(&self.path, source))
    }

    /// All of it but the head is durable.
    pub(super) fn settle(self) -> Result<Written, ExportError> {
        let Self {
            path, out, head, ..
        } = self;
        let settled = out.into_inner().map_err(io::IntoInnerError::into_error);
        let settled = settled.and_then(|file| {
            file.sync_all()?;
            disk::sync_dir_of(&path)?;
            Ok(file)
        });
        match settled {
            Ok(file) => Ok(Written { file, head }),
            Err(source) => Err(ExportError::file(&path, source)),
        }
    }
}

/// An export that lacks its head.
pub(super) struct Written {
    file: File,
    head: Vec<u8>,
}

impl Written {
    /// By what it is known again.
    pub(super) fn digest(&self) -> Digest {
        digest(&self.head)
    }

    /// From here on whoever has the passphrase can open it.
    pub(super) fn finish(self) -> io::Result<()> {
        self.file.write_all_at(&self.head, 0)?;
        self.file.sync_all()
    }
}

/// Whether this file is the export with this digest, or one that was never finished.
pub(super) fn is_of(path: &Path, known: &Digest) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(digest(&head) == *known || is_blank(&head))
}

fn is_blank(head: &[u8]) -> bool {
    head.len() == HEAD && head.iter().all(|byte| *byte == 0)
}

/// An export that is read: hostile until each frame has opened in its place.
pub(super) struct Reader {
    path: PathBuf,
    from: BufReader<File>,
    sealer: Sealer,
    frames: u64,
    place: u64,
}

impl Reader {
    /// Opens a file with its passphrase.
    pub(super) fn open(path: &Path, passphrase: &Passphrase) -> Result<Self, ImportError> {
        let failed = |source| ImportError::file(path, source);
        let mut from = BufReader::new(File::open(path).map_err(failed)?);
        let mut head = Vec::new();
        let read = from.by_ref().take(HEAD as u64).read_to_end(&mut head);
        read.map_err(failed)?;
        let (frames, wrapped) = taken_apart(&head, path)?;
        // Frames that cannot be in a file of this length are not waited for.
        let here = from.seek(SeekFrom::End(0)).map_err(failed)?;
        let least = (LENGTH + NONCE + TAG) as u64;
        if frames.checked_mul(least).is_none_or(|all| all > here) {
            return Err(ImportError::Cut(path.into()));
        }
        from.seek(SeekFrom::Start(HEAD as u64)).map_err(failed)?;
        let key =
            keystore::open_within(wrapped, passphrase, path).map_err(|error| match error {
                KeystoreError::WrongPassphrase | KeystoreError::OutOfMemory => error.into(),
                _ => ImportError::Damaged(path.into()),
            })?;
        Ok(Self {
            path: path.into(),
            from,
            sealer: Sealer::new(&key, &head),
            frames,
            place: 0,
        })
    }

    /// The next frame; nothing after the last, when nothing follows it.
    pub(super) fn read(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, ImportError> {
        if self.place == self.frames {
            return self.end();
        }
        let mut length = [0; LENGTH];
        self.fill(&mut length)?;
        let length = u32::from_le_bytes(length) as usize;
        let damaged = || ImportError::Damaged(self.path.clone());
        if !(NONCE + TAG..=NONCE + TAG + PLAIN).contains(&length) {
            return Err(damaged());
        }
        let mut frame = vec![0; length];
        self.fill(&mut frame)?;
        let plain = self.sealer.open(self.place, &frame);
        let plain = plain.ok_or_else(|| ImportError::Damaged(self.path.clone()))?;
        self.place += 1;
        Ok(Some(plain))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), ImportError> {
        let read = self.from.read_exact(bytes);
        read.map_err(|source| match source.kind() {
            io::ErrorKind::UnexpectedEof => ImportError::Cut(self.path.clone()),
            _ => ImportError::file(&self.path, source),
        })
    }

    fn end<T>(&mut self) -> Result<Option<T>, ImportError> {
        let mut more = [0];
        match self.from.read(&mut more) {
            Ok(0) => Ok(None),
            Ok(_) => Err(ImportError::Damaged(self.path.clone())),
            Err(source) => Err(ImportError::file(&self.path, source)),
        }
    }
}

/// How many frames, and the wrapped key.
fn taken_apart<'h>(head: &'h [u8], path: &Path) -> Result<(u64, &'h [u8]), ImportError> {
    if is_blank(head) {
        return Err(ImportError::Unfinished(path.into()));
    }
    let rest = head.strip_prefix(MAGIC);
    let rest = rest.ok_or_else(|| ImportError::NoExport(path.into()))?;
    let cut = || ImportError::Cut(path.into());
    let (&format, rest) = rest.split_first().ok_or_else(cut)?;
    if format != FORMAT {
        return Err(ImportError::UnknownFormat {
            path: path.into(),
            found: format,
        });
    }
    let (count, wrapped) = rest.split_first_chunk::<COUNT>().ok_or_else(cut)?;
    if wrapped.len() != keystore::LENGTH {
        return Err(cut());
    }
    Ok((u64::from_le_bytes(*count), wrapped))
}

#[cfg(test)]
#[path = "frames_tests.rs"]
mod tests;
