//! Where published test vectors stand: `KITH_VECTORS`, or `../shared/vectors` beside the workspace.
//!
//! Every crate whose tests read them includes this file, so that there is one place to look at and
//! one list for the summary of what a run left out.
use std::path::{Path, PathBuf};

/// The files that tests read.
pub(crate) const FILES: [&str; 7] = [
    "didcomm-spec/vectors.json",
    "frost-ristretto255/elements.json",
    "frost-ristretto255/repair-share.json",
    "frost-ristretto255/vectors-big-identifier.json",
    "frost-ristretto255/vectors.json",
    "frost-ristretto255/vectors_dkg.json",
    "ristretto255.json",
];

/// The folder with the vectors; it may be missing.
#[allow(
    clippy::disallowed_methods,
    reason = "a test may look at its surroundings, which the protocol must not"
)]
pub(crate) fn folder() -> PathBuf {
    std::env::var_os("KITH_VECTORS").map_or_else(beside_the_workspace, PathBuf::from)
}

fn beside_the_workspace() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut above = crate_folder.ancestors();
    let root = above.find(|folder| folder.join("rust-toolchain.toml").exists());
    root.unwrap_or(crate_folder).join("../shared/vectors")
}

/// One file of vectors, or `None` with a printed line where it is missing.
#[allow(dead_code, reason = "the summary of a run only lists what is missing")]
pub(crate) fn text(name: &str) -> Option<String> {
    assert!(
        FILES.contains(&name),
        "{name} is not in the list of vectors"
    );
    let path = folder().join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("SKIPPED: no vectors at {}", path.display());
    }
    text
}
