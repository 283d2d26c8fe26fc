//! The two programs: found beside the one that runs, or built with the same cargo and profile.
use super::trouble::Trouble;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the workspace was when this program was built.
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Paths of both programs.
#[derive(Clone, Debug)]
pub struct Programs {
    /// `owner-agent`.
    pub owner: PathBuf,
    /// `trustee-agent`.
    pub trustee: PathBuf,
}

impl Programs {
    /// The running program and its sibling. Under `cargo run` the sibling is built anew where its
    /// sources changed, else it is built only where it is missing.
    ///
    /// # Errors
    /// [`Trouble`] when it is missing and cannot be built.
    pub fn beside_this_one(tell: impl Fn(&str)) -> Result<Self, Trouble> {
        Self::beside(&own_path()?, env::var_os("CARGO"), tell)
    }

    /// The running program and a trustee-agent that was built already.
    ///
    /// # Errors
    /// [`Trouble`] when there is none at that path.
    pub fn given(trustee: &Path) -> Result<Self, Trouble> {
        let found = trustee.canonicalize();
        Ok(Self {
            owner: own_path()?,
            trustee: found.map_err(|error| Trouble::file("finding", trustee, error))?,
        })
    }

    /// `owner` and its sibling, built with `cargo` where that is needed.
    ///
    /// # Errors
    /// [`Trouble`] when it is missing and cannot be built.
    pub fn beside(
        owner: &Path,
        cargo: Option<OsString>,
        tell: impl Fn(&str),
    ) -> Result<Self, Trouble> {
        let directory = program_directory(owner);
        let trustee = directory.join(format!("trustee-agent{}", env::consts::EXE_SUFFIX));
        if cargo.is_some() || !trustee.exists() {
            tell("building trustee-agent with cargo, if it is not up to date");
            let cargo = cargo.unwrap_or_else(|| "cargo".into());
            build(&directory, cargo, &["trustee-agent"])?;
        }
        if !trustee.exists() {
            return Err(not_built(&trustee, "cargo put it elsewhere"));
        }
        Ok(Self {
            owner: owner.to_owned(),
            trustee,
        })
    }

    /// Both programs, up to date, for a test that runs: cargo builds programs of other packages
    /// for no test.
    ///
    /// # Errors
    /// [`Trouble`] when they cannot be built.
    pub fn for_this_test() -> Result<Self, Trouble> {
        let directory = program_directory(&own_path()?);
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        build(&directory, cargo, &["owner-agent", "trustee-agent"])?;
        let program = |name: &str| directory.join(format!("{name}{}", env::consts::EXE_SUFFIX));
        Ok(Self {
            owner: program("owner-agent"),
            trustee: program("trustee-agent"),
        })
    }
}

fn own_path() -> Result<PathBuf, Trouble> {
    env::current_exe().map_err(|source| Trouble::Machine {
        what: "finding this program".to_owned(),
        source,
    })
}

/// Tests run from `deps`, one below the programs.
fn program_directory(program: &Path) -> PathBuf {
    let directory = program.parent().unwrap_or(Path::new("."));
    let above = directory.parent().filter(|_| directory.ends_with("deps"));
    above.unwrap_or(directory).to_owned()
}

/// Builds with cargo's own progress on standard error. No package is named, so that cargo
/// resolves the same features as it did for this program and compiles nothing twice.
fn build(directory: &Path, cargo: OsString, programs: &[&str]) -> Result<(), Trouble> {
    let target = directory.parent().unwrap_or(directory);
    let mut command = Command::new(cargo);
    command
        .current_dir(WORKSPACE)
        .args(["build", "--profile", profile(directory)])
        .args(programs.iter().flat_map(|program| ["--bin", program]))
        .arg("--target-dir")
        .arg(target)
        .stdout(Stdio::null());
    let variables = env::vars_os().map(|(variable, _)| variable);
    for variable in variables.filter(|variable| is_ours_alone(&variable.to_string_lossy())) {
        command.env_remove(variable);
    }
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(not_built(directory, &format!("cargo ended with {status}"))),
        Err(error) => Err(not_built(
            directory,
            &format!("cargo does not start: {error}"),
        )),
    }
}

/// What `cargo run` and `cargo test` set for this program's package. Build scripts watch these:
/// passed on, they would make cargo compile half of the libraries anew.
fn is_ours_alone(variable: &str) -> bool {
    let starts = [
        "CARGO_BIN_",
        "CARGO_CRATE_NAME",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
        "CARGO_PRIMARY_PACKAGE",
        "OUT_DIR",
    ];
    starts.iter().any(|start| variable.starts_with(start))
}

/// Cargo names the directory after the profile, save one.
fn profile(directory: &Path) -> &str {
    match directory.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    }
}

fn not_built(place: &Path, reason: &str) -> Trouble {
    Trouble::Process {
        name: "cargo".to_owned(),
        reason: format!(
            "what is needed is not at {} and was not built: {reason}. Build both programs with \
             `cargo build --release` and try again",
            place.display()
        ),
        log: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_read_from_the_directory() {
        assert_eq!(profile(Path::new("/x/target/debug")), "dev");
        assert_eq!(profile(Path::new("/x/target/release")), "release");
        assert_eq!(profile(Path::new("/x/target/bench-like")), "bench-like");
    }

    #[test]
    fn cargo_keeps_its_settings_and_not_the_name_of_our_package() {
        for kept in [
            "CARGO_HOME",
            "CARGO_NET_OFFLINE",
            "CARGO_BUILD_JOBS",
            "PATH",
        ] {
            assert!(!is_ours_alone(kept), "{kept}");
        }
        for dropped in [
            "CARGO_PKG_NAME",
            "CARGO_MANIFEST_DIR",
            "CARGO_BIN_EXE_owner-agent",
        ] {
            assert!(is_ours_alone(dropped), "{dropped}");
        }
    }

    #[test]
    fn a_test_finds_the_programs_one_above_it() {
        let test = Path::new("/x/target/debug/deps/e2e-123");
        assert_eq!(program_directory(test), Path::new("/x/target/debug"));
    }

    #[test]
    fn a_sibling_that_is_there_is_not_built() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("trustee-agent"), "").unwrap();
        let found = Programs::beside(&dir.path().join("owner-agent"), None, |_| {}).unwrap();
        assert_eq!(found.trustee, dir.path().join("trustee-agent"));
    }

    #[test]
    fn a_cargo_that_does_not_start_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let cargo = Some("/nowhere/cargo".into());
        let failed = Programs::beside(&dir.path().join("owner-agent"), cargo, |_| {});
        assert!(failed.unwrap_err().to_string().contains("does not start"));
    }
}
