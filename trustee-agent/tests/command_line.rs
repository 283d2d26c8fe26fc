//! The program as a shell sees it: exit codes and streams, where no agent is needed.
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn trustee_agent(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trustee-agent"))
        .current_dir(directory)
        .args(["--home", "home"])
        .args(arguments)
        .env_remove("TRUSTEE_AGENT_PASSPHRASE_FILE")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

#[test]
fn a_name_and_a_passphrase_set_an_agent_up_once() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    std::fs::write(here.join("pass"), "orbit velvet candy").unwrap();
    let init = |name| {
        let arguments = ["--passphrase-file", "pass", "init", "--name", name];
        trustee_agent(here, &arguments).status.code()
    };
    assert_eq!(init(" \u{202e} "), Some(2));
    assert_eq!(init("Bob"), Some(0));
    assert_eq!(init("Mallory"), Some(1));
    let profile = std::fs::read_to_string(here.join("home/trustee.json")).unwrap();
    assert!(profile.contains("Bob") && !profile.contains("Mallory"));
}

#[test]
fn a_command_without_an_agent_exits_with_9_and_names_the_command_that_helps() {
    let directory = tempfile::tempdir().unwrap();
    let output = trustee_agent(directory.path(), &["request", "approve"]);
    assert_eq!(output.status.code(), Some(9));
    // It can be typed as it stands: the home that was chosen is named.
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("trustee-agent --home ") && said.contains(" init`"),
        "{said}"
    );
}

#[test]
fn a_ledger_without_witnesses_is_refused_unless_the_risk_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let create = |more: &[&str]| {
        let base: &[&str] = &["ledger", "create", "--origin", "example.org/log1"];
        trustee_agent(directory.path(), &[base, more].concat())
            .status
            .code()
    };
    assert_eq!(create(&[]), Some(2));
    assert_eq!(create(&["--accept-risk", "everything"]), Some(2));
    assert_eq!(create(&["--witness", "card", "--quorum", "2"]), Some(2));
    // Past the check of the numbers there is no agent to ask.
    assert_eq!(create(&["--accept-risk", "single-operator"]), Some(9));
}
