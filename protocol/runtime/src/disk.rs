//! Files that survive a power cut: written beside, synced, put in place, the directory synced.
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

/// Writes a new file, mode 0600, whole or not at all; it never replaces one.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = written_beside(path, bytes)?;
    // A link does not replace what is there, unlike a rename: of two creators one wins.
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    linked?;
    sync_dir(parent(path)?)
}

/// Writes a file, mode 0600, whole or not at all, in place of one of this name.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = written_beside(path, bytes)?;
    fs::rename(&beside, path)?;
    sync_dir(parent(path)?)
}

/// Whether a file can be written in a directory: by trying, because a file system that gave up after an
/// error may look writable.
pub(crate) fn try_writing(dir: &Path) -> io::Result<()> {
    fs::remove_file(written_beside(&dir.join("trial"), b"trial")?)
}

/// Removes a file for good, where there is one.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_dir(parent(path)?),
    }
}

fn written_beside(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let name = path
        .file_name()
        .ok_or(io::ErrorKind::InvalidInput)?
        .to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{:016x}", rand::random::<u64>()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(failed) = written {
        fs::remove_file(&beside)?;
        return Err(failed);
    }
    Ok(beside)
}

fn parent(path: &Path) -> io::Result<&Path> {
    path.parent()
        .ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

/// The directory that holds this name; an empty path is the present one.
fn named_in(path: &Path) -> &Path {
    let above = path.parent().filter(|above| *above != Path::new(""));
    above.unwrap_or(Path::new("."))
}

/// Makes the name of a file durable.
pub(crate) fn sync_dir_of(path: &Path) -> io::Result<()> {
    sync_dir(named_in(path))
}

/// Makes a directory's entries durable.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Reads a whole file of at most `limit` bytes; one byte more is kept, so that a longer file does
/// not pass for its beginning.
pub(crate) fn read_at_most(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(limit as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Makes a directory and its parents, for its owner only. An existing one is closed to others,
/// such as a copy that a backup program made; one with files in it that others could write is
/// refused, because what they put there would be trusted.
pub(crate) fn private_dir(dir: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = dir.ancestors().take_while(|dir| !dir.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    // Its name is as needful as what will be in it.
    for made in missing {
        sync_dir(named_in(made))?;
    }
    if is_private(dir)? {
        return Ok(());
    }
    if fs::metadata(dir)?.mode() & 0o022 != 0 && fs::read_dir(dir)?.next().is_some() {
        let told = format!(
            "others could write in {}: look through it, then chmod 700",
            dir.display()
        );
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, told));
    }
    fs::set_permissions(dir, Permissions::from_mode(0o700))
}

/// Whether only its owner can enter a directory. A symbolic link does not count: its target may
/// change.
pub(crate) fn is_private(dir: &Path) -> io::Result<bool> {
    let found = fs::symlink_metadata(dir)?;
    Ok(found.is_dir() && found.mode() & 0o077 == 0)
}

/// Who owns a file or directory.
pub(crate) fn owner(path: &Path) -> io::Result<u32> {
    Ok(fs::metadata(path)?.uid())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_a_file(dir: &Path, mode: u32) {
        fs::create_dir(dir).unwrap();
        fs::write(dir.join("file"), "").unwrap();
        fs::set_permissions(dir, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_directory_with_files_that_others_could_write_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let open = dir.path().join("open");
        with_a_file(&open, 0o770);
        assert_eq!(
            private_dir(&open).unwrap_err().kind(),
            io::ErrorKind::PermissionDenied
        );
        fs::remove_file(open.join("file")).unwrap();
        private_dir(&open).unwrap();
        assert!(is_private(&open).unwrap());
    }

    #[test]
    fn a_directory_that_others_could_read_is_closed() {
        let dir = tempfile::tempdir().unwrap();
        let readable = dir.path().join("readable");
        with_a_file(&readable, 0o755);
        private_dir(&readable).unwrap();
        assert!(is_private(&readable).unwrap());
    }

    #[test]
    fn a_new_directory_and_its_parents_are_its_owner_s_alone() {
        let dir = tempfile::tempdir().unwrap();
        private_dir(&dir.path().join("a/b")).unwrap();
        assert!(is_private(&dir.path().join("a")).unwrap());
        std::os::unix::fs::symlink(dir.path().join("a"), dir.path().join("link")).unwrap();
        assert!(!is_private(&dir.path().join("link")).unwrap());
    }

    #[test]
    fn a_longer_file_does_not_pass_for_its_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        write_new(&path, b"12345").unwrap();
        assert_eq!(read_at_most(&path, 5).unwrap(), b"12345");
        assert_eq!(read_at_most(&path, 3).unwrap(), b"1234");
        assert_eq!(
            write_new(&path, b"x").unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
    }
}
