//! Errors in one line.
use std::error::Error;
use std::io;

/// An error with its sources, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let told = match inner.downcast_ref::<io::Error>() {
            Some(cause) => system(cause),
            None => inner.to_string(),
        };
        text.push_str(&format!(": {told}"));
        source = inner.source();
    }
    text
}

/// What the system says, in words for what a person can mend.
pub(crate) fn system(error: &io::Error) -> String {
    let told = mendable(error).or_else(|| failing(error));
    told.map_or_else(|| error.to_string(), str::to_owned)
}

/// Whether the disk is sound and takes nothing.
pub(crate) fn is_about_room(error: &io::Error) -> bool {
    mendable(error).is_some()
}

fn mendable(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some("the disk is full; make room and start again")
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            Some("the file system is read-only; make it writable and start again")
        }
        _ => None,
    }
}

/// EIO, for which the standard library has no kind; the same number on every Unix.
const IO_ERROR: i32 = 5;

/// A write that is under way while a file system gives up ends so, too.
fn failing(error: &io::Error) -> Option<&'static str> {
    let is_failing = error.raw_os_error() == Some(IO_ERROR);
    is_failing.then_some(
        "the disk or its file system failed; what the system's log says of it must be mended before the next start",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::homes::HomeError;

    #[test]
    fn a_disk_that_takes_nothing_is_told_in_words_wherever_it_shows() {
        let told = |kind: io::ErrorKind| {
            let (path, source) = ("a home".into(), kind.into());
            chain(&HomeError::Io { path, source })
        };
        assert!(told(io::ErrorKind::StorageFull).ends_with("make room and start again"));
        let read_only = told(io::ErrorKind::ReadOnlyFilesystem);
        assert!(read_only.ends_with("make it writable and start again"));
        assert!(!told(io::ErrorKind::NotFound).contains("start again"));
        let failed = system(&io::Error::from_raw_os_error(IO_ERROR));
        assert!(failed.starts_with("the disk or its file system failed"));
    }
}
