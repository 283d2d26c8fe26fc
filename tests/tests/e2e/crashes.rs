//! Agents that die between any two steps, and come back on the same home.
use kith_protocol::time::Millis;
use kith_tests::floor::Floor;
use kith_tests::scene::{Scene, ask_for_protection, claim_is, dies_and_returns, hold, protected};
use owner_agent::demo::people::Owner;
use owner_agent::demo::process::Process;
use owner_agent::demo::trouble::Trouble;
use std::fs;

const KEY: (&str, &[u8]) = ("key.pem", b"-----BEGIN KEY----- that outlives power cuts");
const TRUSTEES: [&str; 3] = ["Bob", "Carol", "Dan"];

/// What an agent acknowledged survives kill -9 (G11): a deal that was asked for is finished after
/// the owner, a trustee and the host died at once; words that were compared and an approval that was
/// given count after their agents died; a claim goes on while the host of ledger and backup and the
/// claimant itself die. Nobody asks twice, and the recovery ends as if nothing had happened (G5, R6).
#[tokio::test]
async fn an_agent_killed_at_any_moment_goes_on_where_it_was() {
    let floor = Floor::new();
    let outcome = play(&floor).await;
    floor.judge(outcome, &[KEY.1]);
}

async fn play(floor: &Floor) -> Result<(), Trouble> {
    let trustee = floor.programs.trustee.clone();
    let people = TRUSTEES.map(|name| (name, &*trustee));
    let mut scene = Scene::begin(floor, &people).await?;
    let mut owner = scene.owner().await?;
    ask_for_protection(Owner::at(&owner), KEY, 2, Millis::seconds(1)).await?;
    dies_and_returns(&mut owner, &[]).await?;
    scene.trustee_dies_and_returns("Bob").await?;
    scene.host_dies_and_returns().await?;
    protected(Owner::at(&owner)).await?;
    is_lost(owner).await?;
    recover(&mut scene).await
}

async fn is_lost(mut owner: Process) -> Result<(), Trouble> {
    owner.kill().await?;
    let home = &owner.place().home;
    fs::remove_dir_all(home).map_err(|error| Trouble::file("deleting", home, error))
}

async fn recover(scene: &mut Scene<'_>) -> Result<(), Trouble> {
    let mut claimant = scene.claimant().await?;
    let of_bob = scene.meet(&claimant, "Bob").await?;
    dies_and_returns(&mut claimant, &[]).await?;
    scene.approve("Bob", &of_bob).await?;
    scene.trustee_dies_and_returns("Bob").await?;
    let of_carol = scene.meet(&claimant, "Carol").await?;
    scene.trustee_dies_and_returns("Carol").await?;
    scene.approve("Carol", &of_carol).await?;
    scene.host_dies_and_returns().await?;
    claim_is(Owner::at(&claimant), "a share", |view| {
        view.shares > 0 || view.state == "done"
    })
    .await?;
    dies_and_returns(&mut claimant, &[]).await?;
    claim_is(Owner::at(&claimant), "the end", |view| view.state == "done").await?;
    let restored = Owner::at(&claimant).secret(KEY.0).await?;
    hold(restored == KEY.1, || "other bytes came back".to_owned())
}
