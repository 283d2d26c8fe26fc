//! What she changes after `protect` comes back with the rest, from real processes (R5; decision 0038).
use kith_protocol::bytes::Blob;
use kith_protocol::owner::command::{Answer, Command};
use kith_protocol::time::Millis;
use kith_tests::floor::Floor;
use kith_tests::scene::{PATIENCE, Scene, claim_is, hold, protected};
use owner_agent::demo::patience::{Seen, until};
use owner_agent::demo::people::Owner;
use owner_agent::demo::process::Process;
use owner_agent::demo::trouble::Trouble;

const FIRST: &[u8] = b"a note as it was when everything was protected";
const THEN: &[u8] = b"the same note, changed on the day before the loss";
const ADDED: &[u8] = b"a key that was added on that day";

/// R5, G5: nobody deals anew for it, and what was changed is there in both versions.
#[tokio::test]
async fn what_was_changed_after_the_last_protect_comes_back() {
    let floor = Floor::new();
    let outcome = play(&floor).await;
    floor.judge(outcome, &[FIRST, THEN, ADDED]);
}

async fn play(floor: &Floor) -> Result<(), Trouble> {
    let program = floor.programs.trustee.clone();
    let people = ["Bob", "Carol"].map(|name| (name, &*program));
    let scene = Scene::begin(floor, &people).await?;
    let alice = scene.owner().await?;
    protect(Owner::at(&alice)).await?;
    add(Owner::at(&alice), "note", THEN).await?;
    add(Owner::at(&alice), "key", ADDED).await?;
    kept(floor, &alice).await?;
    drop(alice);
    recovered(&scene).await
}

async fn protect(owner: Owner<'_>) -> Result<(), Trouble> {
    add(owner, "note", FIRST).await?;
    let protect = Command::Protect {
        threshold: 2,
        delay: Some(Millis::seconds(1)),
        lifetime: None,
        cool_down: None,
        override_threshold: None,
    };
    owner.ask(&protect).await?;
    protected(owner).await
}

async fn add(owner: Owner<'_>, name: &str, data: &[u8]) -> Result<(), Trouble> {
    let (name, data) = (name.to_owned(), Blob(data.to_vec()));
    owner.ask(&Command::SecretAdd { name, data }).await?;
    Ok(())
}

/// Until `backup show` says that the host has the changes; `status` says the same, and the host shows them.
async fn kept(floor: &Floor, alice: &Process) -> Result<(), Trouble> {
    let told = "Changed since: 2 items; kept by 1 of 1 hosts";
    until("the changes to be kept", PATIENCE, async || {
        let said = floor.output(alice.place(), ["backup", "show"]).await?;
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        Ok(match text.contains(told) {
            true => Seen::Done(()),
            false => Seen::NotYet(text),
        })
    })
    .await?;
    let status = floor.output(alice.place(), ["status"]).await?;
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    hold(status.contains(told), || status)?;
    let verify = floor.output(alice.place(), ["backup", "verify"]).await?;
    hold(verify.status.success(), || {
        String::from_utf8_lossy(&verify.stdout).into_owned()
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
    let (name, key) = (|| "note".to_owned(), "key".to_owned());
    let all = [
        found(&fresh, &Command::SecretShow { name: name() }).await,
        found(&fresh, &Command::SecretShowEarlier { name: name() }).await,
        found(&fresh, &Command::SecretShow { name: key }).await,
    ];
    hold(all == [THEN, FIRST, ADDED], || format!("{all:?}"))?;
    let status = ["recover", "status"];
    let said = scene.floor.output(fresh.place(), status).await?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    hold(text.contains("after the backup was made: 1 item;"), || text)
}

async fn found(fresh: &Process, command: &Command) -> Vec<u8> {
    match Owner::at(fresh).ask(command).await {
        Ok(Answer::Secret { data, .. }) => data.0,
        _ => Vec::new(),
    }
}
