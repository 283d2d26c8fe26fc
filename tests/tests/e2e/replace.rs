//! A trustee leaves a real owner's agent, and the others bring everything back without it.
use kith_protocol::owner::command::{Answer, Command, ProtectView};
use kith_protocol::time::Millis;
use kith_protocol::trustee::command as trustee;
use kith_tests::floor::Floor;
use kith_tests::scene::{PATIENCE, Scene, claim_is, hold, protected, question};
use owner_agent::demo::patience::{Seen, until};
use owner_agent::demo::people::{Owner, Trustee};
use owner_agent::demo::process::Process;
use owner_agent::demo::trouble::Trouble;

const KEY: (&str, &[u8]) = (
    "key.pem",
    b"-----BEGIN KEY----- of an owner whose trustee moved away",
);

/// R6: who resigned is a trustee until the next epoch is in force, after its waiting time; then the one who
/// left holds nothing, and a recovery goes without it.
#[tokio::test]
async fn a_trustee_that_leaves_keeps_nothing_and_is_not_needed() {
    let floor = Floor::new();
    let outcome = play(&floor).await;
    floor.judge(outcome, &[KEY.1]);
}

async fn play(floor: &Floor) -> Result<(), Trouble> {
    let program = floor.programs.trustee.clone();
    let people = ["Bob", "Carol", "Dan"].map(|name| (name, &*program));
    let scene = Scene::begin(floor, &people).await?;
    let alice = scene.owner().await?;
    protect(Owner::at(&alice)).await?;
    resigned(&scene, &alice).await?;
    let said = floor
        .output(alice.place(), ["trustee", "remove", "Dan"])
        .await?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    hold(said.contains("Any 2 of 2 trustees"), || said)?;
    left(&scene, &alice).await?;
    refreshed(&scene, &alice).await?;
    question(&scene, &[&alice]).await?;
    drop(alice);
    recovered(&scene).await
}

/// The shortest spans, because a change waits for both, rounded up.
async fn protect(owner: Owner<'_>) -> Result<(), Trouble> {
    let add = Command::SecretAdd {
        name: KEY.0.to_owned(),
        data: kith_protocol::bytes::Blob(KEY.1.to_vec()),
    };
    owner.ask(&add).await?;
    let protect = Command::Protect {
        threshold: 2,
        delay: Some(Millis::seconds(1)),
        lifetime: Some(Millis::seconds(10)),
        cool_down: Some(Millis::seconds(1)),
        override_threshold: None,
    };
    owner.ask(&protect).await?;
    protected(owner).await
}

/// Dan says so, keeps the share, and Alice's screen names it.
async fn resigned(scene: &Scene<'_>, alice: &Process) -> Result<(), Trouble> {
    let resign = trustee::Command::Resign {
        name: "Alice".into(),
        at_once: false,
    };
    scene.trustee("Dan").ask(&resign).await?;
    until("Alice to be told", PATIENCE, async || {
        let state = state_of_dan(alice).await?;
        Ok(match state == "resigned" {
            true => Seen::Done(()),
            false => Seen::NotYet(state),
        })
    })
    .await?;
    let shares = shares(scene.trustee("Dan")).await?;
    hold(shares == 1, || format!("{shares} shares"))
}

async fn state_of_dan(alice: &Process) -> Result<String, Trouble> {
    let trustees = Owner::at(alice).trustees().await?;
    let dan = trustees.iter().find(|view| view.name == "Dan");
    Ok(dan.map(|view| view.state.clone()).unwrap_or_default())
}

/// Until Dan has deleted what it kept and is no trustee any more.
async fn left(scene: &Scene<'_>, alice: &Process) -> Result<(), Trouble> {
    until("Dan to have left", PATIENCE, async || {
        let state = state_of_dan(alice).await?;
        let shares = shares(scene.trustee("Dan")).await?;
        Ok(match state == "removed" && shares == 0 {
            true => Seen::Done(()),
            false => Seen::NotYet(format!("{state}, {shares} shares")),
        })
    })
    .await?;
    let ProtectView {
        epoch, receipts, ..
    } = Owner::at(alice).deal().await?;
    hold((epoch, receipts.len()) == (2, 2), || {
        format!("{epoch}, {receipts:?}")
    })
}

/// Both who stay hold a new share of the same secrets, and no old one; no host is asked for anything.
async fn refreshed(scene: &Scene<'_>, alice: &Process) -> Result<(), Trouble> {
    let said = scene
        .floor
        .output(alice.place(), ["share", "refresh"])
        .await?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    hold(said.contains("Any 2 of 2 trustees"), || said)?;
    until("the old shares to go", PATIENCE, async || {
        let bob = shares(scene.trustee("Bob")).await?;
        let carol = shares(scene.trustee("Carol")).await?;
        Ok(match (bob, carol) {
            (1, 1) => Seen::Done(()),
            _ => Seen::NotYet(format!("{bob} and {carol} shares")),
        })
    })
    .await?;
    let epoch = Owner::at(alice).deal().await?.epoch;
    hold(epoch == 3, || format!("epoch {epoch}"))?;
    backed_up(scene, alice).await
}

/// The backup of the first epoch is still that of the third, and its host shows all of it.
async fn backed_up(scene: &Scene<'_>, alice: &Process) -> Result<(), Trouble> {
    let verify = ["backup", "verify"];
    let said = scene.floor.output(alice.place(), verify).await?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    hold(said.status.success() && text.contains("has it"), || text)
}

async fn shares(trustee: Trustee<'_>) -> Result<usize, Trouble> {
    Ok(match trustee.ask(&trustee::Command::ShareList).await? {
        trustee::Answer::Shares { list } => list.len(),
        _ => usize::MAX,
    })
}

async fn recovered(scene: &Scene<'_>) -> Result<(), Trouble> {
    let fresh = scene.claimant().await?;
    for name in ["Bob", "Carol"] {
        let request = scene.meet(&fresh, name).await?;
        scene.approve(name, &request).await?;
    }
    claim_is(Owner::at(&fresh), "the recovery", |view| {
        view.state == "done"
    })
    .await?;
    let Answer::Secret { data, .. } = Owner::at(&fresh)
        .ask(&Command::SecretShow {
            name: KEY.0.to_owned(),
        })
        .await?
    else {
        return Err(Trouble::Broken("no item".into()));
    };
    hold(data.0 == KEY.1, || "another item".into())
}
