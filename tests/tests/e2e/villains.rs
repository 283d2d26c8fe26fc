//! Trustees who return what is not their share.
use kith_protocol::time::Millis;
use kith_tests::floor::Floor;
use kith_tests::scene::{Scene, ask_for_protection, claim_is, hold, protected, question, state_of};
use owner_agent::demo::people::Owner;
use owner_agent::demo::process::Process;
use owner_agent::demo::trouble::Trouble;

const KEY: (&str, &[u8]) = ("key.pem", b"-----BEGIN KEY----- of the villains' tale");
/// Whose shares do not fit: damaged, with swapped commitments, for another request.
const VILLAINS: [&str; 3] = ["Mallory", "Mordred", "Morgana"];
/// Approves and then never answers.
const SILENT: &str = "Silas";
/// Answers twice, differently.
const TWO_FACED: &str = "Janus";
const HONEST: &str = "Bob";

/// A share that does not fit is found before it is used, and its sender named; the recovery goes on
/// with the others and gives back exactly what was protected (R2, G5, G6). Nobody waits for one who
/// never answers, and whoever answers twice counts once. All of them sign what they send.
#[tokio::test]
async fn a_trustee_that_returns_a_bad_share_is_named_and_left_out() {
    let floor = Floor::new();
    let outcome = play(&floor).await;
    floor.judge(outcome, &[KEY.1]);
}

async fn play(floor: &Floor) -> Result<(), Trouble> {
    let villain = floor.villain();
    let trustee = floor.programs.trustee.clone();
    let false_ones = VILLAINS.into_iter().chain([SILENT, TWO_FACED]);
    let people: Vec<_> = false_ones
        .map(|name| (name, &*villain))
        .chain([(HONEST, &*trustee)])
        .collect();
    let scene = Scene::begin(floor, &people).await?;
    let owner = scene.owner().await?;
    ask_for_protection(Owner::at(&owner), KEY, 2, Millis::seconds(1)).await?;
    protected(Owner::at(&owner)).await?;
    drop(owner);
    let claimant = scene.claimant().await?;
    // The lane is full by the villains' own approvals, so theirs are the first shares that come.
    let mut requests = Vec::new();
    for name in VILLAINS.into_iter().chain([SILENT]) {
        let request = scene.meet(&claimant, name).await?;
        scene.approve(name, &request).await?;
    }
    for name in [TWO_FACED, HONEST] {
        requests.push((name, scene.meet(&claimant, name).await?));
    }
    all_are_named(&scene, &claimant).await?;
    for (name, request) in requests {
        scene.approve(name, &request).await?;
    }
    the_others_are_enough(&claimant).await?;
    question(&scene, &[&claimant]).await
}

async fn all_are_named(scene: &Scene<'_>, claimant: &Process) -> Result<(), Trouble> {
    let named = |view: &_| VILLAINS.map(|name| state_of(view, name)) == ["bad-share"; 3];
    let view = claim_is(Owner::at(claimant), "three bad shares", named).await?;
    hold(view.shares == 0, || format!("{view:?}"))?;
    let status = scene
        .floor
        .output(claimant.place(), ["recover", "status"])
        .await?;
    let said = String::from_utf8_lossy(&status.stdout).into_owned();
    let is_told = VILLAINS.iter().all(|name| said.contains(name)) && said.contains("bad share");
    hold(is_told && status.status.code() == Some(8), || {
        format!("{:?}: {said}", status.status)
    })
}

async fn the_others_are_enough(claimant: &Process) -> Result<(), Trouble> {
    let claimant = Owner::at(claimant);
    let view = claim_is(claimant, "the end", |view| view.state == "done").await?;
    let states = VILLAINS.map(|name| state_of(&view, name));
    hold(states == ["bad-share"; 3], || format!("{view:?}"))?;
    let others = [SILENT, TWO_FACED].map(|name| state_of(&view, name));
    hold(!others.contains(&"bad-share"), || format!("{view:?}"))?;
    let restored = claimant.secret(KEY.0).await?;
    hold(restored == KEY.1, || "other bytes came back".to_owned())
}
