//! The program as a shell sees it: exit codes and streams, where no agent is needed.
use serde_json::Value;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

fn owner_agent(home: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_owner-agent"))
        .arg("--home")
        .arg(home.path().join("home"))
        .args(arguments)
        .env_remove("OWNER_AGENT_PASSPHRASE_FILE")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

fn home() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

fn object(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("one object and nothing else")
}

#[test]
fn a_command_without_an_agent_exits_with_9_and_names_the_command_that_helps() {
    let output = owner_agent(&home(), &["status"]);
    assert_eq!(output.status.code(), Some(9));
    assert!(output.stdout.is_empty());
    // It can be typed as it stands: the home that was chosen is named.
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("owner-agent --home ") && said.contains(" init`"),
        "{said}"
    );
}

/// A veto must not fail at the first try, one time in 64, because of how its id happens to begin.
#[test]
fn an_attempt_whose_id_begins_with_a_hyphen_can_be_vetoed() {
    let output = owner_agent(&home(), &["alert", "veto", "-1kysR7_JKS1"]);
    // Understood: it is the agent that is missing.
    assert_eq!(output.status.code(), Some(9));
}

#[test]
fn an_error_is_an_object_with_its_exit_code_under_json() {
    let output = owner_agent(&home(), &["--json", "secret", "list"]);
    let error = &object(&output)["error"];
    assert_eq!(error["exit"], 9);
    assert!(error["message"].as_str().unwrap().contains("init"));
}

#[test]
fn wrong_usage_and_a_missing_answer_exit_with_2() {
    for arguments in [
        &["protect"][..],
        &["no-such-command"],
        &["recover", "start", "--name", "Alice"],
        &["demo", "--threshold", "1"],
    ] {
        let code = owner_agent(&home(), arguments).status.code();
        assert_eq!(code, Some(2), "{arguments:?}");
    }
    let home = home();
    let start = [
        "--no-input",
        "recover",
        "start",
        "--name",
        "Alice",
        "--trustees",
        "Bob",
    ];
    let output = owner_agent(&home, &start);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--passphrase-file"));
    assert!(!home.path().join("home").exists());
}

#[test]
fn a_wrong_passphrase_exits_with_4() {
    let home = home();
    let file = |name: &str| {
        let path = home.path().join(name);
        std::fs::write(&path, name).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (right, wrong) = (file("right"), file("wrong"));
    let start = ["recover", "start", "--name", "Alice", "--trustees", "Bob"];
    let set_up = owner_agent(
        &home,
        &[&["--passphrase-file", &right], &start[..]].concat(),
    );
    assert_eq!(set_up.status.code(), Some(0));
    let locked = owner_agent(&home, &["--passphrase-file", &wrong, "run"]);
    assert_eq!(locked.status.code(), Some(4));
}

#[test]
fn the_exit_codes_have_a_help_page() {
    let output = owner_agent(&home(), &["help", "exit-codes"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("  9  the agent is not running"));
}

#[test]
fn a_demo_that_fails_names_the_step_in_one_object() {
    let arguments = ["--json", "--quiet", "demo", "--trustee-agent", "/bin/false"];
    let output = owner_agent(&home(), &arguments);
    assert_eq!(output.status.code(), Some(1));
    let report = object(&output);
    assert_eq!(report["recovered"], false);
    assert!(
        report["failed_step"]
            .as_str()
            .unwrap()
            .starts_with("starting")
    );
    assert_eq!(report["error"]["exit"], 1);
}
