//! The main job as `owner-agent demo` does it, with real processes.
use kith_tests::floor::Floor;
use owner_agent::demo::trouble::Trouble;
use serde_json::Value;
use std::path::Path;
use std::process::{Output, Stdio};

/// Bytes that are no text in any encoding a program might guess: about 1 MiB, many chunks of a
/// backup, and no multiple of one.
fn binary() -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let bytes = (0..(1 << 20) + 7).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    bytes.collect()
}

const NOTE: &[u8] = b"The spare key is under the third flower pot.";

/// Two of four trustees are enough; two are killed, with the owner.
async fn demo(floor: &Floor) -> Result<Output, Trouble> {
    let secrets = floor.path().join("secrets");
    std::fs::create_dir(&secrets).expect("a directory");
    let (image, note) = (secrets.join("image.raw"), secrets.join("note.txt"));
    std::fs::write(&image, binary()).expect("a file");
    std::fs::write(&note, NOTE).expect("a file");
    let path = |path: &Path| path.to_str().expect("a plain path").to_owned();
    let mut command = tokio::process::Command::new(&floor.programs.owner);
    command
        .args(["demo", "--json", "--threshold", "2", "--trustees", "4"])
        .args(["--kill", "2", "--delay", "1"])
        .args(["--secret", &path(&image), "--secret", &path(&note)])
        .args([
            "--keep",
            &path(&floor.path().join("demo")),
            "--keep-answers",
        ])
        .args(["--trustee-agent", &path(&floor.programs.trustee)])
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = command.output().await.expect("the program starts");
    floor.keep(&output)?;
    Ok(output)
}

fn kinds(report: &Value) -> Vec<&str> {
    let records = report["ledger_records"].as_array().expect("a list");
    let indices: Vec<u64> = records
        .iter()
        .map(|record| record["index"].as_u64().expect("a number"))
        .collect();
    assert!(indices.is_sorted_by(|one, next| one < next), "{indices:?}");
    let kinds = records
        .iter()
        .map(|record| record["kind"].as_str().expect("a text"));
    kinds.collect()
}

fn refusers(report: &Value) -> Vec<&str> {
    let refusals = report["old_agent_refusals"].as_array().expect("a list");
    let by = refusals
        .iter()
        .map(|refusal| refusal["by"].as_str().expect("a text"));
    by.collect()
}

/// Exactly what was protected comes back from a threshold of trustees (G5, R7), through shares and
/// an encrypted backup and nothing else (K2, K3, K8), for a request whose approvals stand on the
/// ledger before its completion (R13). Afterwards the old device has no power (G13) and a new set
/// of shares is active (R11). No log or store shows a secret.
#[tokio::test]
async fn the_main_job_gives_every_file_back_after_the_owner_and_two_trustees_are_gone() {
    let floor = Floor::new();
    let output = demo(&floor).await;
    let (said, outcome) = match output {
        Ok(output) if output.status.success() => (output.stdout, Ok(())),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            (Vec::new(), Err(Trouble::Broken(said)))
        }
        Err(trouble) => (Vec::new(), Err(trouble)),
    };
    floor.judge(outcome, &[&binary(), NOTE]);
    let report: Value = serde_json::from_slice(&said).expect("one JSON object and nothing else");
    for held in ["recovered", "bytes_equal", "old_agent_revoked"] {
        assert_eq!(report[held], true, "{held}: {report:#}");
    }
    assert_eq!(report["threshold"], 2);
    assert_eq!(report["trustees"], 4);
    assert_eq!(report["trustees_killed"], 2);
    assert_eq!(report["new_epoch"], 2);
    assert_eq!(report["may_lose"], 0);
    assert_eq!(report["missing"].as_array().unwrap().len(), 2);
    assert_eq!(report["items"][0]["bytes"], binary().len());
    assert_eq!(
        kinds(&report),
        [
            "policy-create",
            "recovery-policy",
            "request",
            "approval",
            "approval",
            "complete"
        ]
    );
    // Not its own agent, which a thief can change, but everyone else refuses it.
    let refusers = refusers(&report);
    for who in ["Bob", "Carol", "the ledger"] {
        assert!(refusers.contains(&who), "{who}: {refusers:?}");
    }
    assert!(report["timings_ms"]["total"].as_u64().unwrap() > 1_000);
}
