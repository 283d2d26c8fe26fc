//! The workspace as files: where it is, and what stands in it.
use std::fs;
use std::path::{Path, PathBuf};

/// The folder with the workspace's manifest.
///
/// # Panics
/// When this crate was moved out of it.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate stands in the workspace")
}

/// One text file of the workspace.
pub struct File {
    /// Its path from the root, with forward slashes.
    pub path: String,
    /// What it says.
    pub text: String,
}

impl File {
    /// Its name without folders.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path
            .rsplit_once('/')
            .map_or(self.path.as_str(), |(_, name)| name)
    }

    /// Whether it is Rust.
    #[must_use]
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether it is prose.
    #[must_use]
    pub fn is_markdown(&self) -> bool {
        self.path.ends_with(".md")
    }
}

/// Every text file, in order of their paths; build products, version control and other hidden
/// folders are left out, but for those that hold settings.
///
/// # Panics
/// When the workspace cannot be read.
#[must_use]
pub fn files() -> Vec<File> {
    let mut paths = Vec::new();
    walk(root(), &mut paths);
    paths.sort();
    paths.iter().filter_map(|path| read(path)).collect()
}

/// The text of one file.
///
/// # Panics
/// When it is missing.
#[must_use]
pub fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the workspace") {
        let path = entry.expect("an entry of the workspace").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name == "target" || (name.starts_with('.') && name != ".ci" && name != ".config") {
            continue;
        }
        if path.is_dir() {
            walk(&path, paths);
        } else {
            paths.push(path);
        }
    }
}

/// Nothing for a file that is no text.
fn read(path: &Path) -> Option<File> {
    let text = fs::read_to_string(path).ok()?;
    let path = path.strip_prefix(root()).ok()?;
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    Some(File {
        path: parts.join("/"),
        text,
    })
}
