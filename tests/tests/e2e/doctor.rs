//! `doctor` of both programs, and everything it must find.
use kith_protocol::health::{Check, Verdict};
use kith_protocol::time::Millis;
use kith_tests::floor::Floor;
use kith_tests::scene::{Scene, ask_for_protection, hold, protected};
use owner_agent::demo::people::Owner;
use owner_agent::demo::process::{Place, Process};
use owner_agent::demo::trouble::Trouble;
use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

const KEY: (&str, &[u8]) = ("key.pem", b"-----BEGIN KEY----- that doctor never shows");
const PEOPLE: [&str; 2] = ["Bob", "Carol"];
const ORIGIN: &str = "kith.example/demo";

/// What `doctor` finds in a home: exit code 5 with a failure, else 0.
async fn examine(floor: &Floor, place: &Place) -> Result<Vec<Check>, Trouble> {
    let output = floor.output(place, ["--json", "doctor"]).await?;
    let said: Result<Value, _> = serde_json::from_slice(&output.stdout);
    let checks = said.map(|said| serde_json::from_value(said["checks"].clone()));
    let Ok(Ok(checks)) = checks else {
        let talk = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Trouble::Broken(format!("no findings: {talk}")));
    };
    let checks: Vec<Check> = checks;
    let failed = checks.iter().any(|check| check.state == Verdict::Failed);
    let code = if failed { 5 } else { 0 };
    hold(output.status.code() == Some(code), || {
        format!("{}: {checks:#?}", output.status)
    })?;
    Ok(checks)
}

/// The finding of this id came out so and says this; its command.
fn finding(checks: &[Check], id: &str, (state, word): (Verdict, &str)) -> Result<String, Trouble> {
    let mut found = checks.iter().filter(|check| check.id == id);
    let fits = |check: &&Check| check.state == state && check.finding.contains(word);
    match found.find(fits) {
        Some(check) => Ok(check.command.clone().unwrap_or_default()),
        None => Err(Trouble::Broken(format!(
            "no {id} {state:?} {word:?}: {checks:#?}"
        ))),
    }
}

fn healthy(checks: &[Check], ids: &[&str]) -> Result<(), Trouble> {
    ids.iter()
        .try_for_each(|id| finding(checks, id, (Verdict::Ok, "")).map(drop))
}

/// Runs the command that was printed, as its reader would.
fn obey(command: &str) {
    let status = Command::new("sh").args(["-c", command]).status();
    assert!(status.expect("a shell").success(), "{command}");
}

/// A home's faults are found one by one, with an agent and without, in both programs; each command
/// that is printed mends what it was printed for (G11).
#[tokio::test]
async fn doctor_finds_what_is_wrong_with_a_home_and_its_command_mends_it() {
    let floor = Floor::new();
    let outcome = homes(&floor).await;
    floor.judge(outcome, &[]);
}

async fn homes(floor: &Floor) -> Result<(), Trouble> {
    let alice = Place::new(floor.path(), "Alice", &floor.programs.owner)?;
    let bob = Place::new(floor.path(), "Bob", &floor.programs.trustee)?;
    for (place, program) in [(&alice, "owner-agent"), (&bob, "trustee-agent")] {
        let checks = examine(floor, place).await?;
        let begin = finding(&checks, "home", (Verdict::Failed, "nothing is set up"))?;
        let exact = format!("{program} --home {} init --name", place.home.display());
        hold(begin.starts_with(&exact), || begin.clone())?;
    }
    let start = ["recover", "start", "--name", "Alice", "--trustees", "Bob"];
    alice.command(start).await?;
    bob.command(["init", "--name", "Bob"]).await?;
    for place in [&alice, &bob] {
        running_and_killed(floor, place).await?;
        open_to_others(floor, place).await?;
        in_the_way(floor, place).await?;
    }
    for (place, other) in [(&alice, &bob), (&bob, &alice)] {
        damaged(floor, place, other).await?;
    }
    Ok(())
}

async fn running_and_killed(floor: &Floor, place: &Place) -> Result<(), Trouble> {
    let checks = examine(floor, place).await?;
    finding(&checks, "agent", (Verdict::Failed, "no agent runs"))?;
    let mut process = place.run::<[&str; 0]>([]).await?;
    let checks = examine(floor, place).await?;
    healthy(
        &checks,
        &[
            "home",
            "keystore",
            "disk",
            "agent",
            "rows",
            "addresses",
            "clock-jump",
        ],
    )?;
    finding(&checks, "store", (Verdict::Ok, "in use by process"))?;
    process.kill().await?;
    let checks = examine(floor, place).await?;
    let run = finding(
        &checks,
        "agent",
        (Verdict::Failed, "the last one ended without"),
    )?;
    let home = place.home.display().to_string();
    hold(run.contains(&home) && run.ends_with(" run"), || run.clone())?;
    finding(&checks, "rows", (Verdict::Ok, "can be read")).map(drop)
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("our own file");
}

async fn open_to_others(floor: &Floor, place: &Place) -> Result<(), Trouble> {
    for (id, path) in [
        ("home", place.home.clone()),
        ("keystore", place.home.join("keystore")),
        ("store", place.home.join("store")),
    ] {
        set_mode(&path, 0o755);
        let checks = examine(floor, place).await?;
        obey(&finding(
            &checks,
            id,
            (Verdict::Failed, "others on this machine"),
        )?);
        healthy(&examine(floor, place).await?, &[id])?;
    }
    Ok(())
}

async fn in_the_way(floor: &Floor, place: &Place) -> Result<(), Trouble> {
    let socket = place.home()?.socket().to_owned();
    let _ = fs::remove_file(&socket);
    fs::write(&socket, "no socket").expect("our own home");
    let checks = examine(floor, place).await?;
    obey(&finding(&checks, "agent", (Verdict::Failed, "in the way"))?);
    let checks = examine(floor, place).await?;
    finding(
        &checks,
        "agent",
        (Verdict::Failed, "nobody can reach this one"),
    )
    .map(drop)
}

async fn damaged(floor: &Floor, place: &Place, other: &Place) -> Result<(), Trouble> {
    let (keystore, store) = (place.home.join("keystore"), place.home.join("store"));
    let whole = fs::read(&keystore).expect("a keystore");
    let mut bytes = whole.clone();
    bytes[40] ^= 1;
    fs::write(&keystore, &bytes).expect("our own home");
    let checks = examine(floor, place).await?;
    finding(&checks, "keystore", (Verdict::Failed, "is damaged"))?;
    fs::remove_file(&keystore).expect("our own home");
    let checks = examine(floor, place).await?;
    finding(&checks, "keystore", (Verdict::Failed, "is gone"))?;
    fs::write(&keystore, &whole).expect("our own home");
    set_mode(&keystore, 0o600);
    let aside = place.home.join("aside");
    fs::rename(&store, &aside).expect("our own home");
    obey(&format!(
        "cp -a {} {}",
        other.home.join("store").display(),
        store.display()
    ));
    let checks = examine(floor, place).await?;
    finding(
        &checks,
        "rows",
        (Verdict::Failed, "not made with this keystore"),
    )?;
    fs::remove_dir_all(&store).expect("our own home");
    fs::rename(&aside, &store).expect("our own home");
    let mistaken = Place {
        passphrase: other.passphrase.clone(),
        ..place.clone()
    };
    let checks = examine(floor, &mistaken).await?;
    finding(&checks, "passphrase", (Verdict::Failed, "wrong passphrase")).map(drop)
}

/// A trustee, a witness and the operator go one after the other: each is named by those who need it,
/// with what it means and whose machine the command is for; an agent that moved is told that nobody
/// finds it (R5, G14).
#[tokio::test]
async fn doctor_names_who_does_not_answer_and_what_it_means() {
    let floor = Floor::new();
    let outcome = network(&floor).await;
    floor.judge(outcome, &[KEY.1]);
}

async fn network(floor: &Floor) -> Result<(), Trouble> {
    let trustee = floor.programs.trustee.clone();
    let people = PEOPLE.map(|name| (name, &*trustee));
    let mut scene = Scene::begin(floor, &people).await?;
    let owner = scene.owner().await?;
    ask_for_protection(Owner::at(&owner), KEY, 2, Millis::seconds(1)).await?;
    protected(Owner::at(&owner)).await?;
    everyone_is_well(&scene, &owner).await?;
    a_trustee_leaves(&mut scene, &owner).await?;
    the_witness_leaves(&mut scene, &owner).await?;
    the_operator_leaves(&mut scene, &owner).await
}

async fn everyone_is_well(scene: &Scene<'_>, owner: &Process) -> Result<(), Trouble> {
    let floor = scene.floor;
    let (operator, quorum) = (format!("operator:{ORIGIN}"), format!("quorum:{ORIGIN}"));
    let ledger = [
        &*operator,
        &*quorum,
        "witness:Walter",
        "clock",
        "rows",
        "addresses",
    ];
    let checks = examine(floor, owner.place()).await?;
    healthy(&checks, &ledger)?;
    healthy(
        &checks,
        &[
            "trustee:Bob",
            "trustee:Carol",
            "host:Harbour",
            "trustees",
            "policy",
            "forks",
        ],
    )?;
    finding(
        &checks,
        "witness:Walter",
        (Verdict::Ok, "cosigned the newest head"),
    )?;
    let bob = examine(floor, scene.cast.trustee("Bob").place()).await?;
    healthy(&bob, &ledger)?;
    healthy(&bob, &["owner:Alice", "shares"])?;
    let host = examine(floor, scene.cast.host.place()).await?;
    healthy(&host, &ledger)?;
    healthy(&host, &[&format!("operated:{ORIGIN}")])?;
    let walter = examine(floor, scene.cast.witnesses[0].place()).await?;
    healthy(&walter, &[&*format!("witnessed:{ORIGIN}"), &operator])
}

async fn a_trustee_leaves(scene: &mut Scene<'_>, owner: &Process) -> Result<(), Trouble> {
    let floor = scene.floor;
    let carol = &mut scene.cast.trustees[1];
    carol.kill().await?;
    let checks = examine(floor, owner.place()).await?;
    let run = finding(
        &checks,
        "trustee:Carol",
        (Verdict::Warning, "does not answer"),
    )?;
    hold(run == "trustee-agent run", || run.clone())?;
    finding(
        &checks,
        "trustees",
        (Verdict::Failed, "1 trustees answer now, 2 are needed"),
    )?;
    let place = carol.place().clone();
    *carol = place.run(["--listen", "/ip4/127.0.0.1/tcp/0"]).await?;
    let checks = examine(floor, &place).await?;
    let back = finding(
        &checks,
        "addresses",
        (Verdict::Failed, "they cannot reach it"),
    )?;
    hold(back.contains("run --listen /ip4/127.0.0.1/tcp/"), || {
        back.clone()
    })
}

async fn the_witness_leaves(scene: &mut Scene<'_>, owner: &Process) -> Result<(), Trouble> {
    let floor = scene.floor;
    scene.cast.witnesses[0].kill().await?;
    for place in [
        owner.place(),
        scene.cast.host.place(),
        scene.cast.trustee("Bob").place(),
    ] {
        let checks = examine(floor, place).await?;
        finding(
            &checks,
            "witness:Walter",
            (Verdict::Warning, "does not answer"),
        )?;
        let quorum = format!("quorum:{ORIGIN}");
        finding(
            &checks,
            &quorum,
            (Verdict::Failed, "0 of 1 witnesses answer"),
        )?;
    }
    Ok(())
}

async fn the_operator_leaves(scene: &mut Scene<'_>, owner: &Process) -> Result<(), Trouble> {
    let floor = scene.floor;
    scene.cast.host.kill().await?;
    for place in [owner.place(), scene.cast.trustee("Bob").place()] {
        let checks = examine(floor, place).await?;
        let operator = format!("operator:{ORIGIN}");
        finding(&checks, &operator, (Verdict::Failed, "a veto neither"))?;
    }
    let checks = examine(floor, owner.place()).await?;
    finding(
        &checks,
        "host:Harbour",
        (Verdict::Warning, "does not answer"),
    )
    .map(drop)
}
