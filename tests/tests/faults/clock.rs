//! Wall clocks that jump by years under running agents, and at which agents start.
use kith_protocol::bytes::Blob;
use kith_protocol::health::{Check, Verdict};
use kith_protocol::owner::command::Command;
use kith_protocol::time::Millis;
use kith_tests::floor::Floor;
use kith_tests::scene::{Scene, ask_for_protection, claim_is, hold, protected};
use owner_agent::demo::people::Owner;
use owner_agent::demo::process::{Place, Process};
use owner_agent::demo::trouble::Trouble;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

const KEY: (&str, &[u8]) = ("key.pem", b"-----BEGIN KEY----- that no clock gives away");
const YEARS: i64 = 10 * 365 * 86_400_000;
/// Longer than any test.
const AN_HOUR: Millis = Millis::seconds(3600);

/// The program whose clock can be set; which it plays, its name says.
fn astray(floor: &Floor, plays: &str) -> PathBuf {
    let program = floor.villain().with_file_name("astray");
    let link = floor.path().join(format!("{plays}-astray"));
    symlink(program, &link).expect("our own directory");
    link
}

/// So many milliseconds off, from here on.
fn set_clock(place: &Place, offset: i64) {
    let beside = place.home.with_added_extension("clock.new");
    fs::write(&beside, offset.to_string()).expect("our own directory");
    let file = place.home.with_added_extension("clock");
    fs::rename(beside, file).expect("our own directory");
}

async fn doctor(floor: &Floor, place: &Place) -> Result<Vec<Check>, Trouble> {
    let output = floor.output(place, ["--json", "doctor"]).await?;
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    Ok(serde_json::from_value(said["checks"].clone()).expect("findings"))
}

/// `doctor` has one of these findings, with the command that sets a clock right.
fn names_the_clock(checks: &[Check], (id, words): (&str, &str)) -> Result<(), Trouble> {
    let found = checks.iter().any(|check| {
        check.id == id
            && check.state != Verdict::Ok
            && check.finding.contains(words)
            && check.command.as_deref() == Some("timedatectl set-ntp true")
    });
    hold(found, || format!("{words:?} not in {checks:#?}"))
}

/// G7, G11: a trustee's clock jumps ten years ahead while a delay runs, the agent is started so, and
/// with a clock ten years behind. No share leaves, nothing that was approved is forgotten, `doctor`
/// names the clock; with the right one everyone is served again.
#[tokio::test]
async fn a_clock_that_jumps_by_years_lets_no_share_go_early() {
    let floor = Floor::new();
    let outcome = early(&floor).await;
    floor.judge(outcome, &[KEY.1]);
}

async fn early(floor: &Floor) -> Result<(), Trouble> {
    let (bob, carol) = (astray(floor, "trustee"), floor.programs.trustee.clone());
    let people: [(&str, &Path); 2] = [("Bob", &bob), ("Carol", &carol)];
    let mut scene = Scene::begin(floor, &people).await?;
    let owner = scene.owner().await?;
    ask_for_protection(Owner::at(&owner), KEY, 2, AN_HOUR).await?;
    protected(Owner::at(&owner)).await?;
    let claimant = scene.claimant().await?;
    let mut request = String::new();
    for name in ["Carol", "Bob"] {
        request = scene.meet(&claimant, name).await?;
        scene.approve(name, &request).await?;
    }
    claim_is(Owner::at(&claimant), "the delay", |view| {
        view.state == "waiting"
    })
    .await?;
    let place = scene.cast.trustee("Bob").place().clone();
    set_clock(&place, YEARS);
    let checks = doctor(floor, &place).await?;
    names_the_clock(&checks, ("clock-jump", "forward by 36"))?;
    is_held(&scene, &request).await?;
    for offset in [YEARS, -YEARS] {
        set_clock(&place, offset);
        scene.trustee_dies_and_returns("Bob").await?;
        let checks = doctor(floor, &place).await?;
        names_the_clock(&checks, ("clock", "answered with times so far from"))?;
        is_held(&scene, &request).await?;
    }
    set_clock(&place, 0);
    is_held(&scene, &request).await?;
    let view = Owner::at(&claimant).recovery().await?;
    hold(view.shares == 0 && view.state == "waiting", || {
        format!("{view:?}")
    })?;
    let checks = doctor(floor, owner.place()).await?;
    let served = |check: &Check| check.id == "trustee:Bob" && check.state == Verdict::Ok;
    hold(checks.iter().any(served), || format!("{checks:#?}"))
}

/// Approved, and nothing more.
async fn is_held(scene: &Scene<'_>, request: &str) -> Result<(), Trouble> {
    let view = scene.trustee("Bob").request(request).await?;
    hold(view.state == "approved", || format!("{view:?}"))
}

/// G11: an owner whose clock jumped ten years ahead deals to nobody, because nobody believes her
/// messages; nothing of it is forgotten, and with the right clock it comes to its end. A trustee whose
/// clock was ten years behind when its person approved releases in time when it is right again.
#[tokio::test]
async fn a_clock_that_jumps_by_years_and_comes_back_ends_nothing_and_delays_nothing() {
    let floor = Floor::new();
    let outcome = comes_back(&floor).await;
    floor.judge(outcome, &[KEY.1]);
}

async fn comes_back(floor: &Floor) -> Result<(), Trouble> {
    let (alice, bob) = (astray(floor, "owner"), astray(floor, "trustee"));
    let people: [(&str, &Path); 2] = [("Bob", &bob), ("Carol", &floor.programs.trustee)];
    let mut scene = Scene::begin(floor, &people).await?;
    let owner = scene.owner_by(&alice).await?;
    set_clock(owner.place(), YEARS);
    ask_for_protection(Owner::at(&owner), KEY, 2, Millis::seconds(1)).await?;
    let checks = doctor(floor, owner.place()).await?;
    names_the_clock(&checks, ("clock-jump", "forward by 36"))?;
    let deal = Owner::at(&owner).deal().await?;
    hold(deal.receipts.is_empty(), || format!("{deal:?}"))?;
    set_clock(owner.place(), 0);
    protected(Owner::at(&owner)).await?;
    let (name, data) = (
        "afterwards".to_owned(),
        Blob(b"kept by the right clock".to_vec()),
    );
    Owner::at(&owner)
        .ask(&Command::SecretAdd { name, data })
        .await?;
    drop(owner);
    recover(&mut scene).await
}

async fn recover(scene: &mut Scene<'_>) -> Result<(), Trouble> {
    let claimant: Process = scene.claimant().await?;
    let mut requests = Vec::new();
    for name in ["Carol", "Bob"] {
        requests.push((name, scene.meet(&claimant, name).await?));
    }
    let place = scene.cast.trustee("Bob").place().clone();
    set_clock(&place, -YEARS);
    for (name, request) in &requests {
        scene.approve(name, request).await?;
    }
    is_held(scene, &requests[1].1).await?;
    set_clock(&place, 0);
    claim_is(Owner::at(&claimant), "the end", |view| view.state == "done").await?;
    let restored = Owner::at(&claimant).secret(KEY.0).await?;
    hold(restored == KEY.1, || "other bytes came back".to_owned())
}
