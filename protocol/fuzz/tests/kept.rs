//! All that was kept, through the targets: seeds, what the fuzzer found worth keeping, and whatever
//! once broke something (G15).
use std::fs;
use std::path::{Path, PathBuf};

fn files(kind: &str, target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(kind)
        .join(target);
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
}

fn run_all(kind: &str) -> usize {
    let mut run = 0;
    for (name, target) in kith_fuzz::TARGETS {
        for file in files(kind, name) {
            let bytes = fs::read(&file).expect("a kept input");
            // Printed by the test's harness only when it fails: the file that does it.
            eprintln!("{}", file.display());
            target(&bytes);
            run += 1;
        }
    }
    run
}

#[test]
fn every_kept_input_passes_its_target() {
    assert!(run_all("corpus") > 100);
}

#[test]
fn what_once_broke_something_breaks_nothing_now() {
    run_all("regressions");
}

#[test]
fn every_target_has_seeds_and_every_folder_a_target() {
    for (name, _) in kith_fuzz::TARGETS {
        assert!(!files("corpus", name).is_empty(), "{name} has no seeds");
    }
    for kind in ["corpus", "regressions"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(kind);
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let name = entry.unwrap().file_name();
            let known = kith_fuzz::TARGETS.iter().any(|(target, _)| name == *target);
            assert!(
                known || name == ".gitkeep",
                "{kind}/{name:?} is of no target"
            );
        }
    }
}

#[test]
fn the_fuzzer_has_a_program_for_every_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/fuzz_targets");
    let programs = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut programs: Vec<_> = programs
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    programs.sort();
    assert!(
        programs
            .iter()
            .eq(kith_fuzz::TARGETS.iter().map(|(name, _)| name))
    );
}
