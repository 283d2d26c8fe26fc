//! The patch that puts a maintained `askar-crypto` under `didcomm` is in effect.

use std::path::Path;

fn locked() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    let lock = std::fs::read_to_string(path).expect("the workspace has a lock file");
    let field = |block: &str, name: &str| {
        let line = block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""));
        line.and_then(|value| value.strip_suffix('"'))
            .map(str::to_owned)
    };
    let package = |block| Some((field(block, "name")?, field(block, "version")?));
    lock.split("[[package]]").filter_map(package).collect()
}

/// RUSTSEC-2024-0344 (curve25519-dalek 3), RUSTSEC-2022-0093 (ed25519-dalek 1).
#[test]
fn the_vulnerable_curve_crates_are_not_in_the_tree() {
    let locked = locked();
    let has = |name: &str, version: &str| {
        locked
            .iter()
            .any(|(n, v)| n == name && v.starts_with(version))
    };
    assert!(has("didcomm", "0.4.1") && has("askar-crypto", "0.2.99"));
    assert!(has("askar-crypto", "0.3.7"));
    assert!(!has("curve25519-dalek", "3.") && !has("ed25519-dalek", "1."));
}
