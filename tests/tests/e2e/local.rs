//! What is wrong on this machine before an agent serves anybody: each is told in a sentence, with its
//! exit code, and nothing is touched.
use kith_tests::floor::Floor;
use kith_tests::scene::hold;
use owner_agent::demo::process::Place;
use owner_agent::demo::trouble::Trouble;
use serde_json::Value;
use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Both programs say what is wrong with a passphrase (K4), a home, a store, a socket or a port, and
/// the home that they refused works as before once it is mended (G11).
#[tokio::test]
async fn what_is_wrong_on_this_machine_is_told_and_nothing_is_touched() {
    let floor = Floor::new();
    let outcome = play(&floor).await;
    floor.judge(outcome, &[]);
}

async fn play(floor: &Floor) -> Result<(), Trouble> {
    let alice = Place::new(floor.path(), "Alice", &floor.programs.owner)?;
    let bob = Place::new(floor.path(), "Bob", &floor.programs.trustee)?;
    let start = ["recover", "start", "--name", "Alice", "--trustees", "Bob"];
    alice.command(start).await?;
    bob.command(["init", "--name", "Bob"]).await?;
    for place in [&alice, &bob] {
        // The first run makes the store.
        drop(place.run::<[&str; 0]>([]).await?);
        passphrases(floor, place).await?;
        no_passphrase(floor, place)?;
        home_of_others(floor, place).await?;
        socket(floor, place).await?;
        port(floor, place).await?;
    }
    foreign_store(floor, (&alice, &bob)).await?;
    for place in [&alice, &bob] {
        let running = place.run(["--log-json"]).await?;
        hold(is_logged(place, "listening"), || {
            format!("no {}", place.log.display())
        })?;
        hold(running.client().health().await.is_ok(), || {
            format!("{} does not serve any more", place.name)
        })?;
    }
    Ok(())
}

/// Whether a line of the log is an object with this message.
fn is_logged(place: &Place, message: &str) -> bool {
    let log = fs::read_to_string(&place.log).unwrap_or_default();
    let mut objects = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    objects.any(|line| line["message"] == message && line["level"] == "INFO")
}

/// `run` with these flags ends with this code and says this.
async fn refused(
    floor: &Floor,
    (place, flags): (&Place, &[&str]),
    (code, words): (i32, &str),
) -> Result<(), Trouble> {
    let line = [&["run"], flags].concat();
    let output = floor.output(place, line).await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    hold(
        output.status.code() == Some(code) && said.contains(words),
        || format!("{} {words:?}: {}: {said}", place.name, output.status),
    )
}

fn with_passphrase(place: &Place, passphrase: PathBuf) -> Place {
    Place {
        passphrase,
        ..place.clone()
    }
}

async fn passphrases(floor: &Floor, place: &Place) -> Result<(), Trouble> {
    let file = |name: &str, text: &[u8]| {
        let path = floor.path().join(name);
        fs::write(&path, text).expect("our own directory");
        with_passphrase(place, path)
    };
    let missing = with_passphrase(place, floor.path().join("nowhere"));
    refused(floor, (&missing, &[]), (4, "cannot be read from")).await?;
    refused(floor, (&file("empty", b"\n"), &[]), (4, "is empty")).await?;
    let long = file("long", &[b'x'; 4096]);
    refused(floor, (&long, &[]), (4, "is it the right file?")).await?;
    let wrong = file("mistyped", b"something else");
    refused(floor, (&wrong, &[]), (4, "wrong passphrase")).await
}

/// Not by [`Place`], which always gives one.
fn no_passphrase(floor: &Floor, place: &Place) -> Result<(), Trouble> {
    let output = Command::new(&place.program)
        .arg("--home")
        .arg(&place.home)
        .args(["--no-input", "run"])
        .env_remove("OWNER_AGENT_PASSPHRASE_FILE")
        .env_remove("TRUSTEE_AGENT_PASSPHRASE_FILE")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    floor.keep(&output)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let is_told = said.contains("--passphrase-file");
    hold(output.status.code() == Some(2) && is_told, || said)
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("our own directory");
}

async fn home_of_others(floor: &Floor, place: &Place) -> Result<(), Trouble> {
    set_mode(&place.home, 0o777);
    refused(floor, (place, &[]), (1, "others could write in")).await?;
    // Nobody is talked to where others could have put a socket of theirs.
    let status = floor.output(place, ["status"]).await?;
    let said = String::from_utf8_lossy(&status.stderr).into_owned();
    let is_told = said.contains("is not this user's alone");
    set_mode(&place.home, 0o700);
    hold(status.status.code() == Some(1) && is_told, || said)
}

async fn socket(floor: &Floor, place: &Place) -> Result<(), Trouble> {
    let path = place.home()?.socket().to_owned();
    let _ = fs::remove_file(&path);
    let other = UnixListener::bind(&path).expect("our own home");
    refused(floor, (place, &[]), (1, "another agent is running on")).await?;
    drop(other);
    // What it leaves is replaced by the run at the end.
    hold(path.exists(), || {
        "a listening socket was removed".to_owned()
    })?;
    let long = format!("/tmp/{}/socket", "x".repeat(120));
    refused(floor, (place, &["--socket", &long]), (1, "too long")).await
}

async fn port(floor: &Floor, place: &Place) -> Result<(), Trouble> {
    let other = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = other.local_addr().expect("an address").port();
    let listen = format!("/ip4/127.0.0.1/tcp/{port}");
    let flags = ["--listen", &*listen];
    refused(floor, (place, &flags), (1, "another program listens on")).await?;
    let flags = ["--listen", "somewhere"];
    refused(
        floor,
        (place, &flags),
        (1, "not an IP address and a TCP port"),
    )
    .await
}

/// Another agent's store under one's own keystore.
async fn foreign_store(floor: &Floor, (place, other): (&Place, &Place)) -> Result<(), Trouble> {
    let (own, foreign) = (place.home.join("store"), other.home.join("store"));
    let aside = place.home.join("aside");
    fs::rename(&own, &aside).expect("our own home");
    fs::rename(&foreign, &own).expect("our own home");
    refused(floor, (place, &[]), (1, "was not made with this keystore")).await?;
    fs::rename(&own, &foreign).expect("our own home");
    fs::rename(&aside, &own).expect("our own home");
    Ok(())
}
