//! The home as the machine shows it, whether an agent runs or not.
use crate::homes::Home;
use crate::keystore::{self, KeystoreError};
use crate::{disk, lock};
use kith_protocol::health::Check;
use rustix::fs::statvfs;
use rustix::process::geteuid;
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

/// Free bytes below which the next deal may fail: a wallet of 16 MiB, sealed, and its backup.
const NEEDED: u64 = 64 << 20;
/// Free bytes below which it is time to make room.
const COMFORTABLE: u64 = 256 << 20;

/// The findings; nothing more is looked at where nothing is set up.
pub(crate) fn check(home: &Home, begin: &str) -> Vec<Check> {
    let place = directory(home, begin);
    if !home.dir().exists() || (!home.is_set_up() && !home.store().exists()) {
        return vec![place];
    }
    vec![place, keystore(home, begin), store(home), space(home.dir())]
}

fn directory(home: &Home, begin: &str) -> Check {
    let dir = home.dir();
    let shown = dir.display();
    if !dir.exists() || (!home.is_set_up() && !home.store().exists()) {
        return Check::failed("home", format!("nothing is set up in {shown}"), begin);
    }
    match ours_alone(dir) {
        Ok(None) => Check::ok("home", format!("{shown} is this user's alone")),
        Ok(Some(why)) => failed_for("home", dir, why, 700),
        Err(error) => Check::failed(
            "home",
            format!("{shown}: {error}"),
            format!("ls -ld {shown}"),
        ),
    }
}

/// What is wrong with who may enter or read this.
#[derive(Clone, Copy)]
enum Open {
    ToOthers,
    Foreign,
}

fn ours_alone(path: &Path) -> io::Result<Option<Open>> {
    let found = fs::symlink_metadata(path)?;
    if found.uid() != geteuid().as_raw() {
        return Ok(Some(Open::Foreign));
    }
    let is_open = found.mode() & 0o077 != 0 && !found.is_symlink();
    Ok(is_open.then_some(Open::ToOthers))
}

fn failed_for(id: &str, path: &Path, why: Open, mode: u32) -> Check {
    let path = path.display();
    match why {
        Open::ToOthers => Check::failed(
            id,
            format!("others on this machine can open {path}"),
            format!("chmod {mode} {path}"),
        ),
        Open::Foreign => Check::failed(
            id,
            format!("{path} belongs to another user"),
            format!("sudo chown -R \"$(id -un)\" {path}"),
        ),
    }
}

fn keystore(home: &Home, begin: &str) -> Check {
    let path = home.keystore();
    let shown = path.display();
    let copy = format!("cp -a COPY-OF-THE-HOME/keystore {shown}");
    match keystore::inspect(&path) {
        Ok(()) => match ours_alone(&path) {
            Ok(None) => Check::ok("keystore", "there, whole, and this user's alone"),
            Ok(Some(why)) => failed_for("keystore", &path, why, 600),
            Err(error) => Check::failed("keystore", error.to_string(), format!("ls -l {shown}")),
        },
        Err(KeystoreError::Missing(_)) => Check::failed(
            "keystore",
            format!(
                "{shown} is gone, and nothing opens the store without it. Put it back from a copy of \
                 this home; without one, begin in a new home: {}",
                begin.replacen("@ ", "", 1)
            ),
            copy,
        ),
        Err(error @ KeystoreError::Io { .. }) => {
            let chmod = format!("chmod 600 {shown}");
            Check::failed("keystore", format!("{error}: {}", cause(&error)), chmod)
        }
        Err(error) => Check::failed("keystore", error.to_string(), copy),
    }
}

fn cause(error: &dyn std::error::Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

fn store(home: &Home) -> Check {
    let path = home.store();
    let shown = path.display();
    if !path.exists() {
        return Check::ok("store", "empty yet: the first `run` makes it");
    }
    match ours_alone(&path) {
        Ok(None) => {}
        Ok(Some(why)) => return failed_for("store", &path, why, 700),
        Err(error) => {
            return Check::failed("store", error.to_string(), format!("ls -ld {shown}"));
        }
    }
    match lock::holder(&path) {
        Ok(Some(by)) => Check::ok("store", format!("in use by {by}")),
        Ok(None) => Check::ok("store", "free: no agent uses it"),
        Err(error) => Check::failed(
            "store",
            format!("{shown} cannot be used: {error}"),
            format!("chmod -R u+rwX {shown}"),
        ),
    }
}

fn space(dir: &Path) -> Check {
    let look = format!("df -h {}", dir.display());
    match disk::try_writing(dir) {
        Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => {
            let finding = "the file system is read-only: an agent that cannot write stops";
            return Check::failed(
                "disk",
                finding,
                format!("findmnt --target {}", dir.display()),
            );
        }
        // Too little room is told below; a directory of somebody else's, above.
        _ => {}
    }
    match statvfs(dir) {
        Ok(found) => room(found.f_bavail.saturating_mul(found.f_frsize), look),
        Err(error) => Check::warning(
            "disk",
            format!("its free space is not known: {error}"),
            look,
        ),
    }
}

fn room(free: u64, look: String) -> Check {
    let finding = format!("{} MiB are free", free >> 20);
    match free {
        0..NEEDED => {
            let finding = format!("{finding}: an agent that cannot write stops; make room");
            Check::failed("disk", finding, look)
        }
        NEEDED..COMFORTABLE => Check::warning("disk", format!("only {finding}"), look),
        _ => Check::ok("disk", finding),
    }
}

/// What lies where the socket should be, when no agent answers there.
pub(crate) fn socket(home: &Home) -> Check {
    let path = home.socket();
    let shown = path.display();
    let run = "@ run";
    let holder = lock::holder(&home.store()).ok().flatten();
    if let Some(by) = holder {
        let told = by.pid().map_or_else(
            || format!("fuser {}", home.store().join("lock").display()),
            |pid| format!("kill {pid}"),
        );
        let finding = format!(
            "{by} uses this home and does not answer on {shown}: it was started with another --socket, \
             or it hangs; stop it and start it anew"
        );
        return Check::failed("agent", finding, told);
    }
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => Check::failed(
            "agent",
            format!(
                "no agent runs; the last one ended without removing {shown}, which the next one replaces"
            ),
            run,
        ),
        Ok(_) => Check::failed(
            "agent",
            format!("no agent runs, and none can: {shown} is in the way and is no socket"),
            format!("mv {shown} {shown}.old"),
        ),
        Err(_) => Check::failed("agent", "no agent runs: nobody can reach this one", run),
    }
}

/// The directory of the socket is not this user's alone.
pub(crate) fn foreign_socket(home: &Home) -> Check {
    let dir = home.socket().parent().unwrap_or(home.dir());
    let why = match disk::owner(dir) {
        Ok(owner) if owner == geteuid().as_raw() => Open::ToOthers,
        _ => Open::Foreign,
    };
    let Check {
        finding, command, ..
    } = failed_for("agent", dir, why, 700);
    let finding = format!("the agent's socket is not talked to: {finding}");
    Check::failed("agent", finding, command.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_protocol::health::Verdict;

    #[test]
    fn a_disk_that_is_nearly_full_is_told_before_it_is() {
        let state = |free| room(free, "df".into()).state;
        assert_eq!(state(1 << 20), Verdict::Failed);
        assert_eq!(state(100 << 20), Verdict::Warning);
        assert_eq!(state(1 << 40), Verdict::Ok);
    }
}
