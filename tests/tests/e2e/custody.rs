//! Trustees prove to a real owner's agent that they hold their shares.
use kith_protocol::owner::command::{Answer, Command};
use kith_protocol::time::Millis;
use kith_tests::floor::Floor;
use kith_tests::scene::{PATIENCE, Scene, ask_for_protection, hold, protected, question};
use owner_agent::demo::patience::{Seen, until};
use owner_agent::demo::people::Owner;
use owner_agent::demo::trouble::Trouble;

const KEY: (&str, &[u8]) = (
    "key.pem",
    b"-----BEGIN KEY----- of an owner who looks at her screen",
);
const TRUSTEES: [&str; 2] = ["Bob", "Carol"];

/// R14, B1: soon after the protection `status` shows a fresh proof of every trustee, in words and as JSON.
#[tokio::test]
async fn status_shows_that_every_trustee_has_proved_its_share() {
    let floor = Floor::new();
    let outcome = play(&floor).await;
    floor.judge(outcome, &[KEY.1]);
}

async fn play(floor: &Floor) -> Result<(), Trouble> {
    let trustee = floor.programs.trustee.clone();
    let people = TRUSTEES.map(|name| (name, &*trustee));
    let scene = Scene::begin(floor, &people).await?;
    let owner = scene.owner().await?;
    ask_for_protection(Owner::at(&owner), KEY, 2, Millis::seconds(1)).await?;
    protected(Owner::at(&owner)).await?;
    proved(Owner::at(&owner)).await?;
    let said = floor.output(owner.place(), ["status"]).await?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let shown = said.matches("(1 of 1 rounds)").count();
    hold(shown == TRUSTEES.len(), || said)?;
    let told = floor.output(owner.place(), ["--json", "status"]).await?;
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let held = told.matches("\"found\":\"held\"").count();
    hold(held == TRUSTEES.len(), || told)?;
    question(&scene, &[&owner]).await
}

async fn proved(owner: Owner<'_>) -> Result<(), Trouble> {
    until("a proof of every trustee", PATIENCE, async || {
        let Answer::Status { trustees, .. } = owner.ask(&Command::Status).await? else {
            return Ok(Seen::NotYet("another answer".into()));
        };
        let states = trustees.iter().filter_map(|view| view.custody.as_ref());
        let held = states.filter(|custody| custody.state == "held").count();
        Ok(match held == TRUSTEES.len() {
            true => Seen::Done(()),
            false => Seen::NotYet(format!("{trustees:?}")),
        })
    })
    .await
}
