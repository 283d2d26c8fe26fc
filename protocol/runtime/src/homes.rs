//! Where an agent lives: its home directory, its store, its keystore, its socket.
//!
//! Spec: `spec/storage.md`, "A home". A profile's home is `$XDG_DATA_HOME/<program>/<profile>/wallet`
//! and its socket `$XDG_RUNTIME_DIR/<program>/<profile>.sock`; `--home DIR` puts everything into
//! `DIR`. A unix socket's path has room for about 100 bytes: where it would be longer, the socket
//! is `kith-<16 hexadecimal digits of the home's path's SHA-256>/socket` in `$XDG_RUNTIME_DIR` or
//! the directory for temporary files, which both programs compute alike.
use crate::disk;
use etcetera::base_strategy::{BaseStrategy as _, Xdg};
use kith_protocol::limits;
use sha2::{Digest as _, Sha256};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};
use thiserror::Error;

/// One agent's place on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    dir: PathBuf,
    socket: PathBuf,
}

/// Why there is no home.
#[derive(Debug, Error)]
pub enum HomeError {
    /// A profile's name becomes part of paths.
    #[error("a profile's name has 1 to 64 letters, digits, dots, dashes and underscores: {0:?}")]
    ProfileName(String),
    /// The user has no home directory.
    #[error("there is no home directory for this user; use --home DIR")]
    NoUser,
    /// No place is left for a socket with a path this short.
    #[error("the path of the socket is too long: {0}; set XDG_RUNTIME_DIR to a shorter one")]
    SocketPath(PathBuf),
    /// The socket's directory belongs to someone else, who could pose as the agent.
    #[error("{0} is not this user's alone, so the socket in it is not trusted: chmod 700 {0}")]
    Foreign(PathBuf),
    /// The file system refuses.
    #[error("{path} cannot be used")]
    Io {
        /// Which directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Home {
    /// The home of a profile of `program` (`owner-agent`, `trustee-agent`).
    ///
    /// # Errors
    /// [`HomeError::ProfileName`], [`HomeError::NoUser`], [`HomeError::SocketPath`].
    pub fn of_profile(program: &str, profile: &str) -> Result<Self, HomeError> {
        let lawful = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let name_is_lawful = (1..=64).contains(&profile.len())
            && !profile.starts_with('.')
            && profile.bytes().all(lawful);
        if !name_is_lawful {
            return Err(HomeError::ProfileName(profile.into()));
        }
        let xdg = Xdg::new().map_err(|_| HomeError::NoUser)?;
        let dir = xdg.data_dir().join(program).join(profile).join("wallet");
        let socket = match xdg.runtime_dir() {
            Some(runtime) => runtime.join(program).join(format!("{profile}.sock")),
            None => dir.join("socket"),
        };
        Self::with_socket(dir, socket)
    }

    /// The home that `--home DIR` names; everything is inside it.
    ///
    /// # Errors
    /// [`HomeError::Io`] when the path is empty, [`HomeError::SocketPath`].
    pub fn at(dir: &Path) -> Result<Self, HomeError> {
        let dir = canonical(dir).map_err(|source| HomeError::Io {
            path: dir.into(),
            source,
        })?;
        let socket = dir.join("socket");
        Self::with_socket(dir, socket)
    }

    fn with_socket(dir: PathBuf, wished: PathBuf) -> Result<Self, HomeError> {
        let socket = if fits(&wished) {
            wished
        } else {
            short_socket(&dir)
        };
        if fits(&socket) {
            Ok(Self { dir, socket })
        } else {
            Err(HomeError::SocketPath(socket))
        }
    }

    /// The same home with its socket elsewhere, where `--socket` says.
    ///
    /// # Errors
    /// [`HomeError::SocketPath`] when the path is too long for a socket.
    pub fn with_socket_at(self, socket: PathBuf) -> Result<Self, HomeError> {
        if fits(&socket) {
            Ok(Self { socket, ..self })
        } else {
            Err(HomeError::SocketPath(socket))
        }
    }

    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file with the wrapped wallet encryption key.
    #[must_use]
    pub fn keystore(&self) -> PathBuf {
        self.dir.join("keystore")
    }

    /// The directory of the store.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.dir.join("store")
    }

    /// The unix socket of the local API.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Whether an agent was set up here.
    #[must_use]
    pub fn is_set_up(&self) -> bool {
        self.keystore().exists()
    }

    /// Makes the directories, for their owner only.
    ///
    /// # Errors
    /// [`HomeError::Io`], and [`HomeError::Foreign`] when the socket's directory is someone else's.
    pub fn prepare(&self) -> Result<(), HomeError> {
        for dir in [self.dir(), self.socket_dir()] {
            disk::private_dir(dir).map_err(|source| HomeError::Io {
                path: dir.into(),
                source,
            })?;
        }
        self.check_socket_dir()
    }

    /// Keeps a small file beside the keystore, whole and durable: what a command acknowledged to its
    /// person outlives a power cut as what the store holds does (G11).
    ///
    /// # Errors
    /// What the system says.
    pub fn keep(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        disk::replace(&self.dir.join(name), bytes)
    }

    /// Forgets it, for good; one that is not there is forgotten.
    ///
    /// # Errors
    /// What the system says.
    pub fn forget(&self, name: &str) -> io::Result<()> {
        disk::remove(&self.dir.join(name))
    }

    /// Whether the socket's directory is this user's alone. A client checks it before it talks:
    /// in a shared directory for temporary files anyone could have made it first, to be sent the
    /// commands.
    ///
    /// # Errors
    /// [`HomeError::Foreign`], and [`HomeError::Io`] when there is no home or no such directory.
    pub fn check_socket_dir(&self) -> Result<(), HomeError> {
        let dir = self.socket_dir();
        let failed = |source| HomeError::Io {
            path: dir.into(),
            source,
        };
        let private = disk::is_private(dir).map_err(failed)?;
        let owner = disk::owner(&self.dir).map_err(failed)?;
        if private && disk::owner(dir).map_err(failed)? == owner {
            return Ok(());
        }
        Err(HomeError::Foreign(dir.into()))
    }

    fn socket_dir(&self) -> &Path {
        self.socket.parent().unwrap_or(&self.dir)
    }
}

/// One directory has one spelling, whether it is there yet or not, because the digest of a long path
/// names a socket.
fn canonical(dir: &Path) -> io::Result<PathBuf> {
    let whole = std::path::absolute(dir)?;
    let real = whole.ancestors().find_map(|upper| {
        let rest = whole.strip_prefix(upper).ok()?;
        fs::canonicalize(upper).ok().map(|upper| {
            if rest == Path::new("") {
                upper
            } else {
                upper.join(rest)
            }
        })
    });
    Ok(real.unwrap_or(whole))
}

fn fits(socket: &Path) -> bool {
    socket.as_os_str().len() <= limits::local::SOCKET_PATH
}

fn short_socket(dir: &Path) -> PathBuf {
    let digest = Sha256::digest(dir.as_os_str().as_bytes());
    let runtime = env::var_os("XDG_RUNTIME_DIR")
        .map(PathBuf::from)
        .filter(|dir| dir.is_absolute());
    let base = runtime.unwrap_or_else(env::temp_dir);
    base.join(format!("kith-{}", hex::encode(&digest[..8])))
        .join("socket")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn everything_is_inside_a_named_home() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(&dir.path().join("alice")).unwrap();
        for path in [home.keystore(), home.store(), home.socket().into()] {
            assert_eq!(path.parent().unwrap(), home.dir());
        }
        assert!(!home.is_set_up());
        home.prepare().unwrap();
        assert_eq!(
            fs::metadata(home.dir()).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }

    #[test]
    fn a_home_with_a_long_path_has_a_socket_elsewhere_that_both_sides_find() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("x".repeat(60)).join("y".repeat(60));
        let home = Home::at(&deep).unwrap();
        assert!(home.socket().as_os_str().len() <= limits::local::SOCKET_PATH);
        assert!(!home.socket().starts_with(home.dir()));
        home.prepare().unwrap();
        assert_eq!(Home::at(&deep).unwrap().socket(), home.socket());
        assert_ne!(Home::at(dir.path()).unwrap().socket(), home.socket());
        fs::remove_dir(home.socket().parent().unwrap()).unwrap();
    }

    #[test]
    fn a_home_has_the_same_path_before_and_after_it_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path(), &link).unwrap();
        let before = Home::at(&link.join("a/b")).unwrap();
        before.prepare().unwrap();
        assert_eq!(Home::at(&link.join("a/b")).unwrap(), before);
        assert_eq!(Home::at(&dir.path().join("a/b")).unwrap(), before);
    }

    #[test]
    fn a_socket_directory_that_others_can_enter_is_not_talked_to() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(&dir.path().join("home")).unwrap();
        home.prepare().unwrap();
        home.check_socket_dir().unwrap();
        fs::set_permissions(home.dir(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(
            home.check_socket_dir(),
            Err(HomeError::Foreign(_))
        ));
    }

    #[test]
    fn a_profile_s_name_cannot_leave_its_directory() {
        for name in ["", "..", ".hidden", "a/b", "a\0b", "ä", &"x".repeat(65)] {
            let refused = Home::of_profile("owner-agent", name);
            assert!(
                matches!(refused, Err(HomeError::ProfileName(_))),
                "{name:?}"
            );
        }
    }

    #[test]
    fn a_profile_lives_under_its_program() {
        let home = Home::of_profile("owner-agent", "default").unwrap();
        assert!(home.dir().ends_with("owner-agent/default/wallet"));
    }
}
