//! A small file system of its own on a loop device, whose power can be cut.
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// What is run to make, mount and cut one.
const TOOLS: [&str; 6] = [
    "losetup",
    "mount",
    "umount",
    "mkfs.ext4",
    "mkfs.xfs",
    "xfs_io",
];
/// Tries to unmount: a process that was killed may hold its files for a moment.
const UNMOUNTS: u32 = 100;

/// Which file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// ext4.
    Ext4,
    /// xfs.
    Xfs,
}

/// Both.
pub const KINDS: [Kind; 2] = [Kind::Ext4, Kind::Xfs];

/// Why no file system can be mounted here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unable {
    /// Not the right: not root, or a container that may not mount.
    NoRight(String),
    /// The right, but a tool is not installed.
    NoTool(&'static str),
}

impl Kind {
    /// What `mount` calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ext4 => "ext4",
            Self::Xfs => "xfs",
        }
    }

    /// As small as it can be made; xfs has a least size.
    fn bytes(self) -> u64 {
        match self {
            Self::Ext4 => 256 << 20,
            Self::Xfs => 320 << 20,
        }
    }
}

/// Whether power can be cut on this machine: by trying.
///
/// # Errors
/// [`Unable`].
pub fn able() -> Result<(), Unable> {
    // The owner of our own process, without asking libc.
    let root = fs::metadata("/proc/self").is_ok_and(|found| found.uid() == 0);
    if !root {
        return Err(Unable::NoRight("only root may mount".to_owned()));
    }
    for tool in TOOLS {
        if !is_installed(tool) {
            return Err(Unable::NoTool(tool));
        }
    }
    for kind in KINDS {
        drop(Volume::new(kind).map_err(Unable::NoRight)?);
    }
    Ok(())
}

fn is_installed(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(tool).is_file())
}

/// A file system. It is unmounted and its device freed when this goes, also while a test panics.
pub struct Volume {
    kind: Kind,
    device: Option<String>,
    mount: PathBuf,
    is_mounted: bool,
    /// Where the image lies, and by default the mount.
    directory: TempDir,
}

impl Volume {
    /// A new one, mounted in a temporary directory.
    ///
    /// # Errors
    /// What the tool that failed says.
    pub fn new(kind: Kind) -> Result<Self, String> {
        let directory = tempfile::Builder::new().prefix("kith-volume-").tempdir();
        let directory = directory.map_err(|error| error.to_string())?;
        let mount = directory.path().join("mount");
        Self::on(kind, directory, mount)
    }

    /// A new one, mounted at this path.
    ///
    /// # Errors
    /// What the tool that failed says.
    pub fn at(kind: Kind, mount: &Path) -> Result<Self, String> {
        let directory = tempfile::Builder::new().prefix("kith-volume-").tempdir();
        let directory = directory.map_err(|error| error.to_string())?;
        Self::on(kind, directory, mount.to_owned())
    }

    fn on(kind: Kind, directory: TempDir, mount: PathBuf) -> Result<Self, String> {
        let failed = |error: std::io::Error| error.to_string();
        fs::create_dir_all(&mount).map_err(failed)?;
        let image = directory.path().join("image");
        let file = fs::File::create(&image).map_err(failed)?;
        file.set_len(kind.bytes()).map_err(failed)?;
        let image = image.to_string_lossy().into_owned();
        let quiet: &[&str] = match kind {
            Kind::Ext4 => &["-q", "-F", &image],
            Kind::Xfs => &["-q", "-f", &image],
        };
        run(&format!("mkfs.{}", kind.name()), quiet)?;
        let device = run("losetup", &["--find", "--show", &image])?;
        let mut volume = Self {
            kind,
            device: Some(device.trim().to_owned()),
            mount,
            is_mounted: false,
            directory,
        };
        volume.mount()?;
        Ok(volume)
    }

    /// Where it is mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.mount
    }

    /// Cuts the power: from here on nothing reaches the disk, not even what the journal holds in
    /// memory. The same call for both kinds.
    ///
    /// # Errors
    /// What the tool says.
    pub fn cut(&self) -> Result<(), String> {
        let mount = self.mount.to_string_lossy();
        run("xfs_io", &["-x", "-c", "shutdown", &mount]).map(drop)
    }

    /// After a cut, or to begin with what is on the disk: unmounts and mounts again, with the
    /// replay of the journal.
    ///
    /// # Errors
    /// What the tool says; files that are still open keep it busy.
    pub fn mount_again(&mut self) -> Result<(), String> {
        self.unmount()?;
        self.mount()
    }

    /// Mounts it anew, to be read only, or to be written again.
    ///
    /// # Errors
    /// What the tool says.
    pub fn set_read_only(&self, is_read_only: bool) -> Result<(), String> {
        let options = if is_read_only {
            "remount,ro"
        } else {
            "remount,rw"
        };
        let mount = self.mount.to_string_lossy();
        run("mount", &["-o", options, &mount]).map(drop)
    }

    /// What ext4 does by itself after an error: from here on nothing can be written, though files are
    /// open for it. Mounted again, it can.
    ///
    /// # Errors
    /// What the tool says; xfs knows no such thing.
    pub fn give_up_writing(&self) -> Result<(), String> {
        let mount = self.mount.to_string_lossy();
        run("mount", &["-o", "remount,abort", &mount]).map(drop)
    }

    fn mount(&mut self) -> Result<(), String> {
        let device = self.device.clone().unwrap_or_default();
        let mount = self.mount.to_string_lossy();
        run("mount", &["-t", self.kind.name(), &device, &mount])?;
        self.is_mounted = true;
        Ok(())
    }

    fn unmount(&mut self) -> Result<(), String> {
        let mount = self.mount.to_string_lossy().into_owned();
        let mut last = String::new();
        for _ in 0..UNMOUNTS {
            match run("umount", &[&mount]) {
                Ok(_) => {
                    self.is_mounted = false;
                    return Ok(());
                }
                Err(why) => last = why,
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Err(last)
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let mount = self.mount.to_string_lossy().into_owned();
        if self.is_mounted && self.unmount().is_err() {
            // Whoever still has a file open keeps the rest, not the name.
            drop(run("umount", &["--lazy", &mount]));
        }
        if let Some(device) = &self.device {
            drop(run("losetup", &["--detach", device]));
        }
        debug_assert!(self.directory.path().exists());
    }
}

/// What a tool prints.
fn run(tool: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(tool)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{tool}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{tool} {arguments:?}: {}", said.trim()))
}
