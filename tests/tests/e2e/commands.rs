//! What commands say and return where no agent answers, or not the right one.
use kith_tests::floor::Floor;
use kith_tests::scene::hold;
use owner_agent::demo::process::{Place, Process};
use owner_agent::demo::trouble::Trouble;
use std::fs;

/// Exit code 9 and the command that helps where no agent runs, 4 for a wrong passphrase, 2 for wrong
/// usage; a second process never touches the store of a running one (G11), and a passphrase that is
/// typed wrongly is nowhere repeated (K2).
#[tokio::test]
async fn commands_where_no_agent_runs_exit_with_9_and_say_what_to_do() {
    let floor = Floor::new();
    let outcome = play(&floor).await;
    floor.judge(outcome, &[]);
}

async fn play(floor: &Floor) -> Result<(), Trouble> {
    let alice = Place::new(floor.path(), "Alice", &floor.programs.owner)?;
    let bob = Place::new(floor.path(), "Bob", &floor.programs.trustee)?;
    nothing_is_set_up(floor, (&alice, &bob)).await?;
    usage(floor, (&alice, &bob)).await?;
    alice
        .command(["recover", "start", "--name", "Alice", "--trustees", "Bob"])
        .await?;
    bob.command(["init", "--name", "Bob"]).await?;
    no_agent_runs(floor, (&alice, &bob)).await?;
    wrong_passphrase(floor, &bob).await?;
    let running = bob.run::<[&str; 0]>([]).await?;
    second_process(floor, &running).await
}

/// The command ends with this code, and says all of this on standard error.
async fn expect(
    floor: &Floor,
    place: &Place,
    line: &str,
    (code, words): (i32, &[&str]),
) -> Result<(), Trouble> {
    let output = floor.output(place, line.split(' ')).await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let is_said = words.iter().all(|word| said.contains(word));
    hold(output.status.code() == Some(code) && is_said, || {
        format!("{} {line}: {}: {said}", place.name, output.status)
    })
}

async fn nothing_is_set_up(floor: &Floor, (alice, bob): (&Place, &Place)) -> Result<(), Trouble> {
    let both = ["owner-agent --home ", " init`", " recover start`"];
    for line in ["status", "trustee list", "recover status", "alert list"] {
        expect(floor, alice, line, (9, &both)).await?;
    }
    expect(
        floor,
        bob,
        "status",
        (9, &["trustee-agent --home ", " init`"]),
    )
    .await?;
    expect(floor, bob, "run", (1, &["trustee-agent --home ", " init`"])).await
}

async fn usage(floor: &Floor, (alice, bob): (&Place, &Place)) -> Result<(), Trouble> {
    let lines = [
        ("protect --threshold 1", "--threshold"),
        ("protect", "--threshold"),
        ("recover start --name Alice", "--trustees"),
        ("trustee", "Usage"),
        ("conjure", "conjure"),
        ("demo --kill 4", "3 are needed"),
    ];
    for (line, word) in lines {
        expect(floor, alice, line, (2, &[word])).await?;
    }
    expect(floor, bob, "ledger create", (2, &["Usage"])).await
}

async fn no_agent_runs(floor: &Floor, (alice, bob): (&Place, &Place)) -> Result<(), Trouble> {
    for line in ["status", "recover invite Bob", "secret list", "record list"] {
        expect(floor, alice, line, (9, &["owner-agent --home ", " run`"])).await?;
    }
    for line in ["status", "request list", "owner list"] {
        expect(floor, bob, line, (9, &["trustee-agent --home ", " run`"])).await?;
    }
    Ok(())
}

async fn wrong_passphrase(floor: &Floor, bob: &Place) -> Result<(), Trouble> {
    let wrong = bob.passphrase.with_file_name("wrong");
    fs::write(&wrong, "what Bob types by mistake")
        .map_err(|error| Trouble::file("writing", &wrong, error))?;
    let mistaken = Place {
        passphrase: wrong,
        ..bob.clone()
    };
    expect(floor, &mistaken, "run", (4, &["passphrase"])).await
}

async fn second_process(floor: &Floor, running: &Process) -> Result<(), Trouble> {
    expect(
        floor,
        running.place(),
        "run",
        (1, &["in use by process", "stop it first"]),
    )
    .await?;
    let status = floor.output(running.place(), ["status"]).await?;
    hold(status.status.success(), || {
        "the first process does not answer any more".to_owned()
    })
}
