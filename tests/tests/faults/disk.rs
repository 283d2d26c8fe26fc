//! Full and read-only disks under running agents: what they say, how they end, and what is there
//! afterwards. Each home that suffers lies on a file system of its own; where none can be mounted,
//! `left_out` says so.
use kith_protocol::bytes::Blob;
use kith_protocol::health::{Check, Verdict};
use kith_protocol::owner::command::{Answer, Command};
use kith_protocol::time::Millis;
use kith_protocol::trustee::command::{Answer as TrusteeAnswer, Command as TrusteeCommand};
use kith_runtime::local_client::ClientError;
use kith_tests::floor::Floor;
use kith_tests::scene::{Scene, VERBOSE, ask_for_protection, hold, protected};
use kith_tests::volume::{Kind, Volume, able};
use owner_agent::demo::patience::{MESSAGES, Seen, until};
use owner_agent::demo::people::{Owner, Trustee};
use owner_agent::demo::process::{Place, Process};
use owner_agent::demo::trouble::Trouble;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

const KEY: (&str, &[u8]) = (
    "key.pem",
    b"-----BEGIN KEY----- that a full disk does not lose",
);
const PEOPLE: [&str; 2] = ["Bob", "Carol"];
const FULL: &str = "the disk is full; make room and start again";
/// What an agent is told whose write was under way when the file system gave up.
const FAILED: &str = "the disk or its file system failed";
const READ_ONLY: &str = "the file system is read-only; make it writable and start again";
/// Bytes of an item: more than a store has written ahead, after a few of them.
const LARGE: usize = 300_000;
/// Items within which a full disk must show.
const ITEMS: u8 = 40;
/// Bytes at a time, the last of them one by one, until nothing more fits.
const FILLING: [usize; 3] = [1 << 20, 4096, 1];

/// What her agent acknowledged.
type Items = BTreeMap<String, Vec<u8>>;

fn volume_of(floor: &Floor, name: &str, kind: Kind) -> Volume {
    let home = floor.path().join("homes").join(name);
    Volume::at(kind, &home).unwrap_or_else(|why| panic!("{why}"))
}

/// Takes all the room that is left; the file gives it back.
fn fill(volume: &Volume) -> PathBuf {
    let path = volume.path().join("ballast");
    let mut file = File::create(&path).expect("a file");
    for bytes in FILLING {
        while file.write_all(&vec![1; bytes]).is_ok() && file.sync_all().is_ok() {}
    }
    path
}

/// Adds items until her agent gives up, which it must with these words; what it acknowledged before.
async fn add_until_refused(owner: Owner<'_>, words: &str) -> Result<Items, Trouble> {
    let mut kept = Items::from([(KEY.0.to_owned(), KEY.1.to_vec())]);
    for number in 0..ITEMS {
        let (name, data) = (format!("item {number}"), vec![number; LARGE]);
        let add = Command::SecretAdd {
            name: name.clone(),
            data: Blob(data.clone()),
        };
        match owner.ask(&add).await {
            Ok(_) => drop(kept.insert(name, data)),
            Err(Trouble::Agent {
                source: ClientError::Refused(said),
                ..
            }) => {
                let is_told = said.exit == 1 && is_said(&said.message, words);
                hold(is_told, || format!("it said: {said}"))?;
                return Ok(kept);
            }
            // Something of its own wanted to be written first.
            Err(Trouble::Agent {
                source: ClientError::NotRunning(_) | ClientError::Broken(_),
                ..
            }) => return Ok(kept),
            Err(other) => return Err(other),
        }
    }
    Err(Trouble::Broken(format!("{ITEMS} items on a full disk")))
}

/// All that was acknowledged, byte for byte; what was refused may be there whole, or not.
async fn all_is_there(owner: Owner<'_>, kept: &Items) -> Result<(), Trouble> {
    for (name, data) in kept {
        let found = owner.secret(name).await?;
        hold(found == *data, || format!("{name} has other bytes"))?;
    }
    let Answer::Secrets { list, .. } = owner.ask(&Command::SecretList).await? else {
        return Err(Trouble::Broken("items of another kind".to_owned()));
    };
    let more = list.iter().filter(|(name, _)| !kept.contains_key(name));
    hold(more.clone().count() <= 1, || {
        format!("never asked for: {list:?}")
    })
}

/// These words; or, under an agent that runs while its file system turns read-only, those of a write that was
/// under way.
fn is_said(text: &str, words: &str) -> bool {
    text.contains(words) || (words == READ_ONLY && text.contains(FAILED))
}

/// The process ends by itself, exit code 1, with these words in its log.
async fn gives_up(process: &mut Process, words: &str) -> Result<(), Trouble> {
    let name = process.name().to_owned();
    let ended = until(
        "the end of an agent that cannot write",
        MESSAGES,
        async || {
            Ok(match process.alive() {
                Ok(()) => Seen::NotYet("it runs".to_owned()),
                Err(ended) => Seen::Done(ended.to_string()),
            })
        },
    );
    let ended = ended.await?;
    let is_told = ended.contains("exit status: 1") && is_said(&ended, words);
    hold(is_told, || format!("{name}: {ended}"))
}

/// Started where it cannot write, it says so, or does without.
async fn starts_or_says(place: &Place, words: &str) -> Result<(), Trouble> {
    let apart = Place {
        log: place.log.with_extension("again.log"),
        ..place.clone()
    };
    match apart.run([VERBOSE]).await {
        Ok(mut process) => process.kill().await,
        Err(Trouble::Process { reason, log, .. }) => {
            let log = log.unwrap_or_default();
            let is_told = reason.contains("exit status: 1") && log.contains(words);
            hold(is_told, || format!("{}: {reason}: {log}", place.name))
        }
        Err(other) => Err(other),
    }
}

/// `doctor` finds the disk, says this, and names the command that helps.
async fn doctor_finds(
    floor: &Floor,
    place: &Place,
    (words, command): (&str, &str),
) -> Result<(), Trouble> {
    let output = floor.output(place, ["--json", "doctor"]).await?;
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let checks: Vec<Check> = serde_json::from_value(said["checks"].clone()).expect("findings");
    let is_found = checks.iter().any(|check| {
        let named = check.command.as_deref().unwrap_or_default();
        check.id == "disk"
            && check.state == Verdict::Failed
            && check.finding.contains(words)
            && named.contains(command)
    });
    let mends = |check: &Check| {
        check
            .command
            .as_deref()
            .is_some_and(|it| it.starts_with("cp "))
    };
    hold(is_found && !checks.iter().any(mends), || {
        format!("{}: {checks:#?}", place.name)
    })?;
    hold(output.status.code() == Some(5), || {
        output.status.to_string()
    })
}

/// Trustees, and Alice with an item of hers; she has asked nobody for protection yet.
async fn household(floor: &Floor) -> Result<(Scene<'_>, Process), Trouble> {
    let trustee = floor.programs.trustee.clone();
    let people = PEOPLE.map(|name| (name, &*trustee));
    let scene = Scene::begin(floor, &people).await?;
    let owner = scene.owner().await?;
    Ok((scene, owner))
}

async fn share_of(trustee: Trustee<'_>) -> Result<Option<u32>, Trouble> {
    let TrusteeAnswer::Shares { list } = trustee.ask(&TrusteeCommand::ShareList).await? else {
        return Err(Trouble::Broken("shares of another kind".to_owned()));
    };
    Ok(list.iter().map(|share| share.epoch).max())
}

/// G11: an owner's and a trustee's agent whose disk is full say so, to whoever asks, in the log and in
/// `doctor`, and end with exit code 1; nothing that they acknowledged is lost, and after room was made
/// a deal that waited for the trustee comes to its end.
#[tokio::test]
async fn a_full_disk_is_told_and_loses_nothing_and_after_room_is_made_the_agent_goes_on() {
    if able().is_err() {
        return;
    }
    let floor = Floor::new();
    let alice = volume_of(&floor, "alice", Kind::Ext4);
    let bob = volume_of(&floor, "bob", Kind::Xfs);
    let outcome = full(&floor, (&alice, &bob)).await;
    floor.judge(outcome, &[KEY.1]);
}

async fn full(floor: &Floor, (alice, bob): (&Volume, &Volume)) -> Result<(), Trouble> {
    let (mut scene, mut owner) = household(floor).await?;
    let ballast = fill(bob);
    ask_for_protection(Owner::at(&owner), KEY, 2, Millis::seconds(1)).await?;
    gives_up(&mut scene.cast.trustees[0], FULL).await?;
    let place = scene.cast.trustees[0].place().clone();
    starts_or_says(&place, FULL).await?;
    doctor_finds(floor, &place, ("make room", "df -h")).await?;
    let deal = Owner::at(&owner).deal().await?;
    hold(!deal.receipts.contains(&place.name), || format!("{deal:?}"))?;
    remove(&ballast);
    scene.cast.trustees[0] = place.run([VERBOSE]).await?;
    protected(Owner::at(&owner)).await?;
    let share = share_of(scene.trustee("Bob")).await?;
    hold(share == Some(1), || format!("{share:?}"))?;
    full_owner(floor, &mut owner, alice).await
}

async fn full_owner(floor: &Floor, owner: &mut Process, alice: &Volume) -> Result<(), Trouble> {
    let place = owner.place().clone();
    let ballast = fill(alice);
    let kept = add_until_refused(Owner::at(owner), FULL).await?;
    gives_up(owner, FULL).await?;
    starts_or_says(&place, FULL).await?;
    doctor_finds(floor, &place, ("make room", "df -h")).await?;
    remove(&ballast);
    *owner = place.run([VERBOSE]).await?;
    goes_on(Owner::at(owner), &kept).await
}

fn remove(ballast: &Path) {
    fs::remove_file(ballast).expect("our own file");
}

/// All is there, the epoch is in force, and another item is taken.
async fn goes_on(owner: Owner<'_>, kept: &Items) -> Result<(), Trouble> {
    all_is_there(owner, kept).await?;
    protected(owner).await?;
    let name = "afterwards".to_owned();
    let data = Blob(b"an item that fits again".to_vec());
    owner.ask(&Command::SecretAdd { name, data }).await?;
    let found = owner.secret("afterwards").await?;
    hold(found == b"an item that fits again", || {
        "other bytes".to_owned()
    })
}

/// G11: the same where the file system turns read-only under running agents, as ext4 does after an
/// error, and where it is read-only from the start.
#[tokio::test]
async fn a_read_only_disk_is_told_and_loses_nothing_and_writable_again_the_agent_goes_on() {
    if able().is_err() {
        return;
    }
    let floor = Floor::new();
    let mut alice = volume_of(&floor, "alice", Kind::Ext4);
    let mut bob = volume_of(&floor, "bob", Kind::Ext4);
    let outcome = read_only(&floor, (&mut alice, &mut bob)).await;
    floor.judge(outcome, &[KEY.1]);
}

async fn read_only(floor: &Floor, (alice, bob): (&mut Volume, &mut Volume)) -> Result<(), Trouble> {
    let (mut scene, mut owner) = household(floor).await?;
    bob.give_up_writing().map_err(Trouble::Broken)?;
    ask_for_protection(Owner::at(&owner), KEY, 2, Millis::seconds(1)).await?;
    gives_up(&mut scene.cast.trustees[0], READ_ONLY).await?;
    let place = scene.cast.trustees[0].place().clone();
    cannot_start(floor, &place, bob).await?;
    scene.cast.trustees[0] = place.run([VERBOSE]).await?;
    protected(Owner::at(&owner)).await?;
    alice.give_up_writing().map_err(Trouble::Broken)?;
    let kept = add_until_refused(Owner::at(&owner), READ_ONLY).await?;
    gives_up(&mut owner, READ_ONLY).await?;
    let place = owner.place().clone();
    cannot_start(floor, &place, alice).await?;
    owner = place.run([VERBOSE]).await?;
    goes_on(Owner::at(&owner), &kept).await
}

/// Where the file system gave up, and where it is mounted read-only: `run` says so and ends, `init`
/// does, `doctor` finds it. It is writable afterwards.
async fn cannot_start(floor: &Floor, place: &Place, volume: &mut Volume) -> Result<(), Trouble> {
    is_refused(floor, place).await?;
    volume.mount_again().map_err(Trouble::Broken)?;
    volume.set_read_only(true).map_err(Trouble::Broken)?;
    is_refused(floor, place).await?;
    let elsewhere = Place {
        home: place.home.join("another"),
        ..place.clone()
    };
    let init: &[&str] = match &*place.name {
        "Bob" => &["init", "--name", "Bob"],
        _ => &["recover", "start", "--name", "Alice", "--trustees", "Bob"],
    };
    says(floor, &elsewhere, (init, 1, READ_ONLY)).await?;
    volume.set_read_only(false).map_err(Trouble::Broken)
}

async fn is_refused(floor: &Floor, place: &Place) -> Result<(), Trouble> {
    says(floor, place, (&["run"], 1, READ_ONLY)).await?;
    says(floor, place, (&["status"], 9, "no agent is running")).await?;
    doctor_finds(floor, place, ("read-only", "findmnt --target")).await
}

/// A command ends with this code and says this.
async fn says(
    floor: &Floor,
    place: &Place,
    (line, code, words): (&[&str], i32, &str),
) -> Result<(), Trouble> {
    let output = floor.output(place, line).await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let is_told = output.status.code() == Some(code) && said.contains(words);
    hold(is_told, || {
        format!("{} {line:?}: {}: {said}", place.name, output.status)
    })
}
