//! Agents move to other homes, and go on there, and only there.
use kith_protocol::bytes::Blob;
use kith_protocol::owner::command::Command;
use kith_protocol::time::Millis;
use kith_tests::floor::Floor;
use kith_tests::scene::{PATIENCE, Scene, VERBOSE, hold, question};
use owner_agent::demo::patience::{Seen, until};
use owner_agent::demo::people::Owner;
use owner_agent::demo::process::{Place, Process};
use owner_agent::demo::trouble::Trouble;
use std::fs;
use std::path::PathBuf;

const KEY: (&str, &[u8]) = (
    "key.pem",
    b"-----BEGIN KEY----- of an owner who bought another computer",
);

/// R17: the owner's agent goes on elsewhere with all it knows; the old home refuses everything until it is
/// taken back, and a second import of the same file is not possible.
#[tokio::test]
async fn an_owner_moves_and_goes_on_and_the_old_home_is_shut() {
    let floor = Floor::new();
    let outcome = owner_moves(&floor).await;
    floor.judge(outcome, &[KEY.1]);
}

/// R17, G1: a trustee's agent goes on elsewhere without the share; she is told, and deals it a new one.
#[tokio::test]
async fn a_trustee_moves_without_its_share_and_is_dealt_a_new_one() {
    let floor = Floor::new();
    let outcome = trustee_moves(&floor).await;
    floor.judge(outcome, &[KEY.1]);
}

async fn owner_moves(floor: &Floor) -> Result<(), Trouble> {
    let trustee = floor.programs.trustee.clone();
    let people = ["Bob", "Carol"].map(|name| (name, &*trustee));
    let scene = Scene::begin(floor, &people).await?;
    let alice = scene.owner().await?;
    protect(&alice).await?;
    let before = Owner::at(&alice).status().await?;
    let mover = Mover::of(floor, alice.place(), "alice.kith");
    // One that runs is not packed.
    mover
        .types(&mover.old, &["export", &mover.file()], (1, "runs"))
        .await?;
    stop(alice).await?;
    mover.leaves(&["export", &mover.file()]).await?;
    for line in [
        &["status"][..],
        &["run"],
        &["protect", "--threshold", "2"],
        &["export", "other"],
    ] {
        mover
            .types(&mover.old, line, (6, "take-back --unused"))
            .await?;
    }
    mover
        .types(&mover.old, &["doctor"], (5, "was exported from"))
        .await?;
    mover
        .types(&mover.old, &["take-back"], (2, "--unused"))
        .await?;
    // It was meant otherwise, and then again as before.
    mover
        .types(&mover.old, &["take-back", "--unused"], (0, "lives in"))
        .await?;
    hold(!mover.file.exists(), || "the file is there still".into())?;
    mover.leaves(&["export", &mover.file()]).await?;
    let alice = mover.arrives(&[VERBOSE]).await?;
    let status = Owner::at(&alice).status().await?;
    hold(status.live && status.text == before.text, || status.text)?;
    let item = Owner::at(&alice).secret(KEY.0).await?;
    hold(item == KEY.1, || "another item".into())?;
    deal(&alice, 2).await?;
    question(&scene, &[&alice]).await?;
    mover
        .types(&mover.old, &["run"], (6, "take-back --unused"))
        .await
}

async fn trustee_moves(floor: &Floor) -> Result<(), Trouble> {
    let program = floor.programs.trustee.clone();
    let people = ["Bob", "Carol", "Dan"].map(|name| (name, &*program));
    let mut scene = Scene::begin(floor, &people).await?;
    let alice = scene.owner().await?;
    protect(&alice).await?;
    let dan = scene.cast.trustees.pop();
    let dan = dan.ok_or_else(|| Trouble::Broken("nobody left".into()))?;
    let mover = Mover::of(floor, dan.place(), "dan.kith");
    stop(dan).await?;
    let line = ["export", &mover.file()];
    mover
        .types(&mover.old, &line, (2, "--leave-shares"))
        .await?;
    mover
        .leaves(&["export", &mover.file(), "--leave-shares"])
        .await?;
    let dan = mover.arrives(&[VERBOSE]).await?;
    until("Alice to be told", PATIENCE, async || {
        let list = floor.output(alice.place(), ["--json", "status"]).await?;
        let said = String::from_utf8_lossy(&list.stdout).into_owned();
        Ok(match said.contains("\"found\":\"gone\"") {
            true => Seen::Done(()),
            false => Seen::NotYet(said),
        })
    })
    .await?;
    deal(&alice, 2).await?;
    let said = floor
        .output(dan.place(), ["--json", "share", "list"])
        .await?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    hold(said.contains("\"epoch\":2"), || said)?;
    question(&scene, &[&alice]).await?;
    floor.question(dan.place()).await
}

async fn protect(alice: &Process) -> Result<(), Trouble> {
    let add = Command::SecretAdd {
        name: KEY.0.to_owned(),
        data: Blob(KEY.1.to_vec()),
    };
    Owner::at(alice).ask(&add).await?;
    deal(alice, 1).await
}

/// An epoch for all, by the command that her screen names. The shortest spans, because a change waits for
/// both.
async fn deal(alice: &Process, epoch: u32) -> Result<(), Trouble> {
    let protect = Command::Protect {
        threshold: 2,
        delay: Some(Millis::seconds(1)),
        lifetime: Some(Millis::seconds(10)),
        cool_down: Some(Millis::seconds(1)),
        override_threshold: None,
    };
    Owner::at(alice).ask(&protect).await?;
    until("the epoch", PATIENCE, async || {
        let deal = Owner::at(alice).deal().await?;
        let there = deal.epoch == epoch && deal.state == "protected" && deal.missing.is_empty();
        Ok(match there {
            true => Seen::Done(()),
            false => Seen::NotYet(format!("{deal:?}")),
        })
    })
    .await
}

async fn stop(mut process: Process) -> Result<(), Trouble> {
    process.kill().await
}

/// An agent on its way from one home to another.
struct Mover<'a> {
    floor: &'a Floor,
    old: Place,
    new: Place,
    file: PathBuf,
}

impl<'a> Mover<'a> {
    fn of(floor: &'a Floor, old: &Place, file: &str) -> Self {
        Self {
            floor,
            old: old.clone(),
            new: Place {
                home: old.home.with_extension("new"),
                ..old.clone()
            },
            file: floor.path().join(file),
        }
    }

    fn file(&self) -> String {
        self.file.to_string_lossy().into_owned()
    }

    /// Types this; it ends with this code and says this.
    async fn types(
        &self,
        place: &Place,
        line: &[&str],
        (code, words): (i32, &str),
    ) -> Result<(), Trouble> {
        let output = self.floor.output(place, line).await?;
        let said = [&output.stdout[..], &output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        let is_so = output.status.code() == Some(code) && said.contains(words);
        hold(is_so, || {
            format!("{line:?} {words:?}: {}: {said}", output.status)
        })
    }

    async fn leaves(&self, line: &[&str]) -> Result<(), Trouble> {
        self.types(&self.old, line, (0, "runs here no more"))
            .await?;
        // Nothing of it lies readable, and nobody but its owner can read it.
        let bytes =
            fs::read(&self.file).map_err(|error| Trouble::file("reading", &self.file, error))?;
        hold(
            !bytes.windows(KEY.1.len()).any(|part| part == KEY.1),
            || "the item lies in the file".into(),
        )
    }

    async fn arrives(&self, flags: &[&str]) -> Result<Process, Trouble> {
        let whole =
            fs::read(&self.file).map_err(|error| Trouble::file("reading", &self.file, error))?;
        let write = |bytes: &[u8]| {
            let written = fs::write(&self.file, bytes);
            written.map_err(|error| Trouble::file("writing", &self.file, error))
        };
        let line = ["import", &self.file()];
        write(&whole[..whole.len() - 1])?;
        self.types(&self.new, &line, (8, "cut off")).await?;
        write(&whole)?;
        self.types(&self.new, &line, (0, "lives in")).await?;
        hold(!self.file.exists(), || "it could be imported twice".into())?;
        self.types(&self.new, &line, (1, "has an agent already"))
            .await?;
        self.new.run(flags).await
    }
}
