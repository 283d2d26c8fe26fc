//! Every command of both programs, as people type them, in both forms of speech: what it prints is
//! searched for secrets like everything else.
use clap::CommandFactory as _;
use kith_tests::floor::Floor;
use kith_tests::scene::{VERBOSE, hold};
use owner_agent::demo::patience::{MESSAGES, Seen, until};
use owner_agent::demo::process::{Place, Process};
use owner_agent::demo::trouble::Trouble;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const NOTE: &[u8] = b"The spare key is under the third flower pot, not the first.";
/// What a script gets, and what a person reads.
const FORMS: [&[&str]; 2] = [&["--json"], &[]];
/// Not asked here: `run` never ends, the demonstration has its own test.
const ELSEWHERE: [&str; 3] = ["run", "demo", "exit-codes"];

/// Whatever its person has it do, no program prints a passphrase, a key, a share or an item that was not
/// asked for (K2, K3, K4), neither as text nor as JSON; every command that the programs have is tried.
#[tokio::test]
async fn no_command_that_changes_something_prints_a_secret_as_text() {
    told(FORMS[1]).await;
}

/// The same under `--json`.
#[tokio::test]
async fn no_command_that_changes_something_prints_a_secret_as_json() {
    told(FORMS[0]).await;
}

async fn told(form: &'static [&'static str]) {
    let floor = Floor::new();
    let town = Town {
        floor: &floor,
        form,
        tried: RefCell::default(),
    };
    let outcome = play(&town).await;
    floor.judge(outcome, &[NOTE]);
    assert_eq!(town.untried(), BTreeSet::new());
    // What the local API answered was searched too.
    let answers = fs::read_to_string(floor.path().join("answers/bob"))
        .expect("every agent of a floor has its answers kept");
    assert!(answers.contains(r#""status":"ready""#));
}

/// Where people type.
struct Town<'a> {
    floor: &'a Floor,
    form: &'static [&'static str],
    tried: RefCell<BTreeSet<String>>,
}

impl Town<'_> {
    /// Types this; it must end with this code, if one is given.
    async fn types(
        &self,
        place: &Place,
        words: &[&str],
        code: Option<i32>,
    ) -> Result<String, Trouble> {
        self.tried.borrow_mut().insert(name(place, words));
        self.tried.borrow_mut().insert(name(place, &words[..1]));
        let line = [self.form, words].concat();
        let output = place.output(&line).await?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        hold(code.is_none() || output.status.code() == code, || {
            let why = String::from_utf8_lossy(&output.stderr);
            format!("{} {line:?}: {}: {said}{why}", place.name, output.status)
        })?;
        Ok(said)
    }

    /// Types this again until it is carried out: others must answer first.
    async fn insists(&self, place: &Place, words: &[&str]) -> Result<String, Trouble> {
        until(&words.join(" "), MESSAGES, async || {
            Ok(match self.types(place, words, Some(0)).await {
                Ok(said) => Seen::Done(said),
                Err(trouble) => Seen::NotYet(trouble.to_string()),
            })
        })
        .await
    }

    /// Commands of both programs that nobody typed.
    fn untried(&self) -> BTreeSet<String> {
        let programs = [
            ("owner-agent", owner_agent::cli::Cli::command()),
            ("trustee-agent", trustee_agent::cli::Cli::command()),
        ];
        let all = programs.into_iter().flat_map(|(program, command)| {
            let leaves = leaves(&command);
            leaves
                .into_iter()
                .map(move |leaf| format!("{program} {leaf}"))
        });
        all.filter(|leaf| !self.tried.borrow().contains(leaf))
            .collect()
    }

    /// Types this, and it is done.
    async fn does(&self, place: &Place, words: &[&str]) -> Result<String, Trouble> {
        self.types(place, words, Some(0)).await
    }

    /// A new agent.
    async fn appears(&self, name: &str, flags: &[&str]) -> Result<Process, Trouble> {
        let place = self.place(name)?;
        self.does(&place, &["init", "--name", name]).await?;
        place.run([&[VERBOSE], flags].concat()).await
    }

    /// What the answer to a question has here, whatever form of speech the others have; nothing yet
    /// where it is empty.
    async fn asks(&self, place: &Place, words: &[&str], at: &str) -> Result<String, Trouble> {
        self.types(place, words, None).await?;
        until(&words.join(" "), MESSAGES, async || {
            let output = place.output([FORMS[0], words].concat()).await?;
            let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            Ok(match said["answer"].pointer(at) {
                Some(Value::String(there)) => Seen::Done(there.clone()),
                _ => Seen::NotYet(said.to_string()),
            })
        })
        .await
    }

    /// What a command gave for others to use: the text, or this field of the object.
    fn given(&self, said: &str, field: &str) -> String {
        let read = serde_json::from_str::<Value>(said).unwrap_or_default();
        let given = read["answer"][field].as_str();
        given.unwrap_or(said.trim()).to_owned()
    }

    fn place(&self, name: &str) -> Result<Place, Trouble> {
        let programs = &self.floor.programs;
        let program = match ["Alice", "New", "Other"].contains(&name) {
            true => &programs.owner,
            false => &programs.trustee,
        };
        Place::new(self.floor.path(), name, program)
    }

    fn file(&self, name: &str) -> String {
        self.floor.path().join(name).to_string_lossy().into_owned()
    }
}

/// The first words of a line, as a leaf of the program's tree of commands is called.
fn name(place: &Place, words: &[&str]) -> String {
    let program = place.program.file_name().unwrap_or_default();
    let words: Vec<&str> = words.iter().take(2).copied().collect();
    format!("{} {}", program.to_string_lossy(), words.join(" "))
}

fn leaves(command: &clap::Command) -> Vec<String> {
    let tasks = command.get_subcommands();
    let tasks = tasks.filter(|task| !ELSEWHERE.contains(&task.get_name()));
    let below = |task: &clap::Command| match task.has_subcommands() {
        true => leaves(task)
            .into_iter()
            .map(|leaf| format!("{} {leaf}", task.get_name()))
            .collect(),
        false => vec![task.get_name().to_owned()],
    };
    tasks.flat_map(below).collect()
}

/// Everybody's agent, running.
struct Cast {
    harbour: Process,
    walter: Process,
    bob: Process,
    carol: Process,
}

async fn play(town: &Town<'_>) -> Result<(), Trouble> {
    let cast = Cast {
        harbour: town.appears("Harbour", &["--host-backups"]).await?,
        walter: town.appears("Walter", &[]).await?,
        bob: town.appears("Bob", &["--host-backups"]).await?,
        carol: town.appears("Carol", &[]).await?,
    };
    let ledger = ledger(town, &cast).await?;
    let place = town.place("Alice")?;
    let init = ["init", "--name", "Alice", "--ledger", &ledger];
    town.does(&place, &init).await?;
    let alice = place.run([VERBOSE]).await?;
    enrol(town, &alice, &cast).await?;
    protect(town, alice.place()).await?;
    false_claim(town, &alice, &cast).await?;
    look(town, alice.place(), &OWNER_LOOKS).await?;
    drop(alice);
    recover(town, &cast).await?;
    for trustee in [&cast.bob, &cast.harbour] {
        look(town, trustee.place(), &TRUSTEE_LOOKS).await?;
    }
    let walter = cast.walter.place().clone();
    drop(cast.walter);
    moves(town, &place).await?;
    moves(town, &walter).await
}

/// Out of a home, back, out again, and into a new one.
async fn moves(town: &Town<'_>, old: &Place) -> Result<(), Trouble> {
    let file = town.file("moving");
    let new = Place {
        home: old.home.with_extension("new"),
        ..old.clone()
    };
    town.insists(old, &["export", &file]).await?;
    town.types(old, &["status"], Some(6)).await?;
    town.does(old, &["take-back", "--unused"]).await?;
    town.does(old, &["export", &file]).await?;
    town.does(&new, &["import", &file]).await.map(drop)
}

/// What an owner can look at, or try in vain, whatever there is to see.
const OWNER_LOOKS: [&str; 14] = [
    "status",
    "doctor",
    "trustee list",
    "trustee ping Bob",
    "trustee remove Nobody",
    "trustee replace Bob Nobody",
    "secret list",
    "secret remove key --earlier",
    "backup verify",
    "backup show",
    "share refresh --no-wait",
    "alert list",
    "record list",
    "recover status",
];
/// What a trustee can.
const TRUSTEE_LOOKS: [&str; 11] = [
    "resign Nobody",
    "resign Alice",
    "status",
    "doctor",
    "invitation list",
    "owner list",
    "share list",
    "request list",
    "history",
    "ledger show",
    "ledger status",
];

async fn look(town: &Town<'_>, place: &Place, lines: &[&str]) -> Result<(), Trouble> {
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        town.types(place, &words, None).await?;
    }
    Ok(())
}

fn write(path: &str, bytes: impl AsRef<[u8]>) -> Result<(), Trouble> {
    fs::write(path, bytes).map_err(|error| Trouble::file("writing", Path::new(path), error))
}

/// A ledger with a witness; the file with its descriptor.
async fn ledger(town: &Town<'_>, cast: &Cast) -> Result<String, Trouble> {
    let (card, descriptor) = (town.file("card"), town.file("ledger.txt"));
    let (harbour, walter) = (cast.harbour.place(), cast.walter.place());
    let said = town.does(walter, &["witness", "card"]).await?;
    write(&card, town.given(&said, "card"))?;
    let create = ["ledger", "create", "--origin", "example.org/log1"];
    let create = [&create[..], &["--witness", &card]].concat();
    let said = town.does(harbour, &create).await?;
    write(&descriptor, town.given(&said, "descriptor"))?;
    let adopt = ["witness", "adopt", &descriptor];
    town.does(walter, &adopt).await?;
    Ok(descriptor)
}

async fn enrol(town: &Town<'_>, alice: &Process, cast: &Cast) -> Result<(), Trouble> {
    let said = town
        .does(alice.place(), &["host", "invite", "Bobby"])
        .await?;
    let link = town.given(&said, "link");
    town.does(cast.bob.place(), &["invitation", "open", &link])
        .await?;
    town.does(cast.bob.place(), &["invitation", "decline"])
        .await?;
    // The attic is Bob's agent once more, which calls her by another name there.
    for (name, role, hers, other) in [
        ("Bob", "trustee", "Alice", &cast.bob),
        ("Carol", "trustee", "Alice", &cast.carol),
        ("Harbour", "host", "Alice", &cast.harbour),
        ("Attic", "host", "Alice (2)", &cast.bob),
    ] {
        connect(town, (alice.place(), role), (other.place(), name, hers)).await?;
    }
    town.does(alice.place(), &["host", "accept", "Attic"])
        .await
        .map(drop)
}

async fn connect(
    town: &Town<'_>,
    (alice, role): (&Place, &str),
    (other, name, owner): (&Place, &str, &str),
) -> Result<(), Trouble> {
    let said = town.does(alice, &[role, "invite", name]).await?;
    let link = town.given(&said, "link");
    town.does(other, &["invitation", "open", &link]).await?;
    town.does(other, &["invitation", "accept"]).await?;
    let hers = town.asks(alice, &[role, "words", name], "/say").await?;
    let theirs = town.asks(other, &["owner", "words", owner], "/say").await?;
    let heard = ["owner", "verify", owner, "--heard", &hers];
    town.does(other, &heard).await?;
    let heard = [role, "verify", name, "--heard", &theirs];
    town.does(alice, &heard).await.map(drop)
}

async fn protect(town: &Town<'_>, alice: &Place) -> Result<(), Trouble> {
    let secrets = town.floor.path().join("secrets");
    fs::create_dir(&secrets).expect("our own directory");
    let file = town.file("secrets/note.txt");
    write(&file, NOTE)?;
    town.does(alice, &["secret", "add", &file]).await?;
    let cut = town.file("secrets/id_cut");
    write(&cut, b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz")?;
    town.types(alice, &["secret", "add", &file, &cut], Some(8))
        .await?;
    let again = ["secret", "add", &file, "--name", "copy"];
    town.does(alice, &again).await?;
    town.does(alice, &["secret", "remove", "copy"]).await?;
    let protect = ["protect", "--threshold", "2", "--delay", "1s"];
    let rest = ["--lifetime", "10min", "--cool-down", "1s"];
    let protect = [&protect[..], &rest].concat();
    town.insists(alice, &protect).await.map(drop)
}

/// Someone claims to be her, is refused by one trustee and stopped by herself, and gives up.
async fn false_claim(town: &Town<'_>, alice: &Process, cast: &Cast) -> Result<(), Trouble> {
    let other = claimant(town, "Other").await?;
    let id = meet(town, other.place(), (cast.bob.place(), "Bob")).await?;
    town.does(cast.bob.place(), &["request", "approve", &id])
        .await?;
    let id = meet(town, other.place(), (cast.carol.place(), "Carol")).await?;
    town.does(cast.carol.place(), &["request", "deny", &id])
        .await?;
    let attempt = ["alert", "list"];
    let attempt = town
        .asks(alice.place(), &attempt, "/list/0/request")
        .await?;
    town.does(alice.place(), &["alert", "veto", &attempt])
        .await?;
    until("the veto at the claimant's", MESSAGES, async || {
        let look = ["recover", "status"];
        // Nothing is missing that she could go on without.
        town.types(other.place(), &["recover", "accept-older"], Some(1))
            .await?;
        Ok(match town.types(other.place(), &look, Some(6)).await {
            Ok(_) => Seen::Done(()),
            Err(trouble) => Seen::NotYet(trouble.to_string()),
        })
    })
    .await?;
    town.does(other.place(), &["recover", "abort"])
        .await
        .map(drop)
}

async fn claimant(town: &Town<'_>, name: &str) -> Result<Process, Trouble> {
    let place = town.place(name)?;
    let start = ["recover", "start", "--name", "Alice"];
    let start = [&start[..], &["--trustees", "Bob,Carol"]].concat();
    town.does(&place, &start).await?;
    place.run([VERBOSE]).await
}

/// Words are compared; what the trustee calls the request.
async fn meet(
    town: &Town<'_>,
    claimant: &Place,
    (trustee, name): (&Place, &str),
) -> Result<String, Trouble> {
    let said = town.insists(claimant, &["recover", "invite", name]).await?;
    let link = town.given(&said, "link");
    let open = ["request", "open", &link, "--owner", "Alice"];
    let open = request_id(&town.insists(trustee, &open).await?);
    let hers = ["recover", "words", name];
    let hers = town.asks(claimant, &hers, "/say").await?;
    let theirs = ["request", "show", &open];
    let theirs = town.asks(trustee, &theirs, "/words/say").await?;
    let heard = ["recover", "verify", name, "--heard", &theirs];
    town.does(claimant, &heard).await?;
    let heard = ["request", "verify", &open, "--heard", &hers];
    let heard = [&heard[..], &["--talked", "call"]].concat();
    town.does(trustee, &heard).await?;
    Ok(open)
}

/// By the object, or by the text that its person reads.
fn request_id(said: &str) -> String {
    let read = serde_json::from_str::<Value>(said).unwrap_or_default();
    if let Some(id) = read["answer"]["id"].as_str() {
        return id.to_owned();
    }
    let mut lines = said.lines();
    let line = lines.find_map(|line| line.trim().strip_prefix("Request "));
    let id = line.and_then(|line| line.split_once(':'));
    id.unwrap_or_default().0.to_owned()
}

async fn recover(town: &Town<'_>, cast: &Cast) -> Result<(), Trouble> {
    let new = claimant(town, "New").await?;
    // Bob's own request is still open: another one sponsors.
    for (trustee, name) in [(&cast.carol, "Carol"), (&cast.bob, "Bob")] {
        let id = meet(town, new.place(), (trustee.place(), name)).await?;
        let approve = ["request", "approve", &id];
        town.insists(trustee.place(), &approve).await?;
    }
    let watch = ["recover", "status", "--watch"];
    town.does(new.place(), &watch).await?;
    let file = town.file("secrets/back.txt");
    let show = ["secret", "show", "note.txt"];
    let onlooker = Place {
        passphrase: town.file("secrets/guess.txt").into(),
        ..new.place().clone()
    };
    write(&onlooker.passphrase.to_string_lossy(), b"a guess")?;
    // Somebody sits down at an unlocked device.
    town.types(&onlooker, &show, Some(4)).await?;
    // As text it would be the item itself; as JSON the search knows where it stands.
    let more: &[&str] = match town.form.is_empty() {
        true => &["--output", &file],
        false => &[],
    };
    let said = town.does(new.place(), &[&show[..], more].concat()).await?;
    match town.form.is_empty() {
        true => hold(fs::read(&file).is_ok_and(|back| back == NOTE), || file),
        false => hold(said.contains("data"), || said),
    }
}
