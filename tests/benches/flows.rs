//! Whole enrolments and recoveries with real processes: on loopback, and over links of 50 and 100 ms
//! each way. `cargo bench -p kith-tests --bench flows`; two or three minutes.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use futures::future::join_all;
use kith_protocol::bytes::Blob;
use kith_protocol::owner::command::Command as OwnerCommand;
use kith_protocol::time::Millis;
use kith_protocol::trustee::command::{Answer, Command as TrusteeCommand};
use kith_tests::distance::Distance;
use kith_tests::figures::{circumstances, resident, short};
use owner_agent::demo::ledger;
use owner_agent::demo::people::{Owner, Trustee};
use owner_agent::demo::process::{Place, Process};
use owner_agent::demo::programs::Programs;
use owner_agent::demo::stage::Cast;
use std::future::Future;
use std::path::Path;
use std::time::{Duration, Instant};

/// How often an agent is asked by who plays its person: so often, that it does not show.
const PACE: Duration = Duration::from_millis(4);
const PATIENCE: Duration = Duration::from_secs(120);
/// The policy's delay; it is taken off.
const DELAY: Millis = Millis::seconds(1);
const ITEM: &[u8] = b"-----BEGIN KEY----- of some two hundred bytes ------ \
    -------------------------------------------------------------- \
    -------------------------------------------------------------- -----END KEY-----";
const NAMES: [&str; 5] = ["Bob", "Carol", "Dan", "Erin", "Frank"];

/// Asks until there is an answer.
async fn soon<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(PACE).await;
    }
}

/// Everyone, each at the end of a way of its own.
struct Stage {
    cast: Cast,
    ways: Vec<Distance>,
    each_way: Duration,
    programs: Programs,
    directory: tempfile::TempDir,
}

async fn appear(place: Place, arguments: Vec<String>) -> Process {
    place
        .command(["init", "--name", &place.name])
        .await
        .unwrap();
    place.run(arguments).await.unwrap()
}

impl Stage {
    async fn new(trustees: usize, each_way: Duration) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("kith-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .unwrap();
        std::fs::create_dir(directory.path().join("logs")).unwrap();
        let programs = Programs::for_this_test().unwrap();
        let mut ways = Vec::new();
        let mut starting = Vec::new();
        for name in ["Harbour", "Walter"].iter().chain(&NAMES[..trustees]) {
            let way = Distance::new(each_way).await.unwrap();
            let place = Place::new(directory.path(), name, &programs.trustee).unwrap();
            let mut arguments = way.arguments().to_vec();
            arguments.extend((*name == "Harbour").then(|| "--host-backups".to_owned()));
            starting.push(tokio::spawn(appear(place, arguments)));
            ways.push(way);
        }
        let mut running = Vec::new();
        for process in starting {
            running.push(process.await.unwrap());
        }
        let trustees = running.split_off(2);
        let witnesses = running.split_off(1);
        let host = running.remove(0);
        let cast = Cast {
            host,
            witnesses,
            trustees,
        };
        let created = ledger::create(&cast).await.unwrap();
        std::fs::write(directory.path().join("ledger.txt"), created.descriptor).unwrap();
        Self {
            cast,
            ways,
            each_way,
            programs,
            directory,
        }
    }

    async fn owner_process(&mut self, name: &str, set_up: &[&str]) -> Process {
        let way = Distance::new(self.each_way).await.unwrap();
        let place = Place::new(self.directory.path(), name, &self.programs.owner).unwrap();
        place.command(set_up).await.unwrap();
        let process = place.run(way.arguments()).await.unwrap();
        self.ways.push(way);
        process
    }

    fn connections(&self) -> u64 {
        self.ways.iter().map(|way| way.counts().0).sum()
    }
}

/// Invites and compares words both ways.
async fn enrol(owner: Owner<'_>, trustee: Trustee<'_>, host: bool) -> (Duration, Duration) {
    let began = Instant::now();
    let name = trustee.name.to_owned();
    let invite = match host {
        true => OwnerCommand::HostInvite { name: name.clone() },
        false => OwnerCommand::TrusteeInvite { name: name.clone() },
    };
    let link = owner.link(&invite).await.unwrap();
    let id = trustee.invitation(link).await.unwrap().id;
    trustee
        .ask(&TrusteeCommand::InvitationAccept { id })
        .await
        .unwrap();
    let ask = OwnerCommand::TrusteeWords { name: name.clone() };
    let hers = soon("words", || async { owner.words(&ask).await.ok() }).await;
    let theirs = soon("words", || async { trustee.words("Alice").await.ok() }).await;
    let words = began.elapsed();
    let heard = TrusteeCommand::OwnerVerify {
        name: "Alice".into(),
        words: hers.say,
    };
    trustee.ask(&heard).await.unwrap();
    let heard = OwnerCommand::TrusteeVerify {
        name: name.clone(),
        words: theirs.say,
    };
    owner.ask(&heard).await.unwrap();
    soon("verified", || async {
        let list = owner.trustees().await.unwrap();
        list.into_iter()
            .find(|one| one.name == name && one.state == "verified")
    })
    .await;
    (words, began.elapsed())
}

/// The parts of a flow, each until what it names was seen.
struct Parts(Vec<(String, Duration)>, Instant);

impl Parts {
    fn begin() -> Self {
        Self(Vec::new(), Instant::now())
    }

    fn until(&mut self, what: &str) {
        self.0.push((what.to_owned(), self.1.elapsed()));
        self.1 = Instant::now();
    }

    fn total(&self) -> Duration {
        self.0.iter().map(|(_, time)| *time).sum()
    }
}

async fn enrolment(stage: &mut Stage) -> (Process, Parts) {
    let ledger = stage.directory.path().join("ledger.txt");
    let ledger = ledger.to_string_lossy().into_owned();
    let process = stage
        .owner_process("Alice", &["init", "--name", "Alice", "--ledger", &ledger])
        .await;
    let owner = Owner::at(&process);
    let mut parts = Parts::begin();
    soon("the identity", || async {
        owner.status().await.ok().filter(|one| one.live)
    })
    .await;
    parts.until("her identity stands on the ledger (append, cosignature, look)");
    let trustees = stage.cast.trustees.iter().map(Trustee::at);
    let one = |trustee, host| async move { enrol(owner, trustee, host).await };
    let all = trustees.map(|trustee| one(trustee, false));
    let host = one(Trustee::at(&stage.cast.host), true);
    let (times, _) = tokio::join!(join_all(all), host);
    let words = times.iter().map(|(words, _)| *words).max().unwrap();
    parts.until("everyone invited, words shown, compared, verified");
    let last = parts.0.last_mut().unwrap();
    last.0 = format!("{}; words shown after {} ms", last.0, words.as_millis());
    (process, parts)
}

async fn protection(owner: Owner<'_>, threshold: u8) -> Parts {
    let data = Blob(ITEM.to_vec());
    owner
        .ask(&OwnerCommand::SecretAdd {
            name: "key".into(),
            data,
        })
        .await
        .unwrap();
    let protect = OwnerCommand::Protect {
        threshold,
        delay: Some(DELAY),
        lifetime: Some(Millis::seconds(600)),
        cool_down: Some(Millis::seconds(1)),
        override_threshold: None,
    };
    let mut parts = Parts::begin();
    owner.ask(&protect).await.unwrap();
    let mut state = String::new();
    loop {
        let deal = owner.deal().await.unwrap();
        if deal.state != state {
            if !state.is_empty() {
                parts.until(&format!("`{state}` left"));
            }
            state.clone_from(&deal.state);
        }
        if deal.state == "protected" && deal.missing.is_empty() {
            parts.until("every receipt is here and the epoch is active");
            return parts;
        }
        assert!(parts.1.elapsed() < PATIENCE, "{deal:?}");
        tokio::time::sleep(PACE).await;
    }
}

/// Before the owner's device goes: else trustees wait for their next look at an idle ledger.
async fn is_active(trustee: Trustee<'_>) -> Option<()> {
    match trustee.ask(&TrusteeCommand::ShareList).await.unwrap() {
        Answer::Shares { list } => list.iter().all(|share| share.active).then_some(()),
        other => panic!("{other:?}"),
    }
}

/// The claimant's link opened, words compared both ways; gives the request's name.
async fn meet(claimant: Owner<'_>, trustee: Trustee<'_>) -> String {
    let name = trustee.name.to_owned();
    let invite = OwnerCommand::RecoverInvite { name: name.clone() };
    let link = claimant.link(&invite).await.unwrap();
    let request = soon("an active share", || async {
        trustee.open_request(link.clone(), "Alice").await.ok()
    });
    let id = request.await.id;
    let ask = OwnerCommand::RecoverWords { name: name.clone() };
    let hers = soon("words", || async { claimant.words(&ask).await.ok() }).await;
    let theirs = soon("words", || async {
        trustee.request(&id).await.unwrap().words
    })
    .await;
    let heard = OwnerCommand::RecoverVerify {
        name,
        words: theirs.say,
    };
    claimant.ask(&heard).await.unwrap();
    let heard = TrusteeCommand::RequestVerify {
        id: id.clone(),
        words: hers.say,
    };
    trustee.ask(&heard).await.unwrap();
    id
}

/// A fresh agent gets everything back from as many trustees as are needed.
async fn recovery(stage: &mut Stage, threshold: usize) -> (Process, Parts) {
    let names = NAMES[..stage.cast.trustees.len()].join(",");
    let start = ["recover", "start", "--name", "Alice", "--trustees", &names];
    let process = stage.owner_process("New device", &start).await;
    let claimant = Owner::at(&process);
    soon("the claim", || async {
        claimant
            .status()
            .await
            .ok()
            .filter(|one| one.state == "claimant")
    })
    .await;
    let mut parts = Parts::begin();
    let asked = &stage.cast.trustees[..threshold];
    let met = asked
        .iter()
        .map(|trustee| async move { (trustee, meet(claimant, Trustee::at(trustee)).await) });
    let met = join_all(met).await;
    parts.until("links opened, words compared, by all at once");
    let approved = met.into_iter().map(|(trustee, id)| async move {
        let approve = TrusteeCommand::RequestApprove { id };
        Trustee::at(trustee).ask(&approve).await.unwrap();
    });
    join_all(approved).await;
    let mut state = "gathering".to_owned();
    loop {
        let view = claimant.recovery().await.unwrap();
        if view.state != state {
            parts.until(&match &*state {
                "gathering" => "approved; the request is seen on the ledger".to_owned(),
                "anchored" => "the approvals are seen on the ledger".to_owned(),
                "waiting" => "the delay runs (taken off), until the first share".to_owned(),
                "collecting" => "the shares, verified".to_owned(),
                "fetching" => "the backup fetched and opened".to_owned(),
                "dealing" => "the next epoch dealt, the completion on the ledger".to_owned(),
                other => other.to_owned(),
            });
            state = view.state;
        }
        if state == "done" {
            return (process, parts);
        }
        assert!(parts.1.elapsed() < PATIENCE, "{state}");
        tokio::time::sleep(PACE).await;
    }
}

/// One whole life at one distance.
struct Life {
    title: String,
    enrolment: Parts,
    protection: Parts,
    recovery: Parts,
    connections: [u64; 3],
    memory: String,
}

async fn live(threshold: u8, trustees: usize, each_way: Duration) -> Life {
    let mut stage = Stage::new(trustees, each_way).await;
    let idle = resident(pid(&stage.cast.trustees[0])).unwrap();
    let (owner, enrolment) = enrolment(&mut stage).await;
    let enrolled = stage.connections();
    let mut protection = protection(Owner::at(&owner), threshold).await;
    for trustee in &stage.cast.trustees {
        soon("the active share", || is_active(Trustee::at(trustee))).await;
    }
    protection.until("every trustee sees its share active");
    let protected = stage.connections();
    let owner_busy = resident(pid(&owner)).unwrap();
    drop(owner);
    let (claimant, recovery) = recovery(&mut stage, usize::from(threshold)).await;
    let recovered = stage.connections();
    let busy = resident(pid(&stage.cast.trustees[0])).unwrap();
    let restored = Owner::at(&claimant).secret("key").await.unwrap();
    assert!(restored == ITEM, "other bytes came back");
    let memory = format!(
        "| trustee, just started | {} |\n| trustee, after a recovery | {} |\n\
         | owner, after dealing | {} |\n| claimant, after the recovery | {} |\n\
         | host: ledger and backup, after all that | {} |",
        short(idle),
        short(busy),
        short(owner_busy),
        short(resident(pid(&claimant)).unwrap()),
        short(resident(pid(&stage.cast.host)).unwrap()),
    );
    Life {
        title: format!(
            "{threshold} of {trustees}, {} ms each way",
            each_way.as_millis()
        ),
        enrolment,
        protection,
        recovery,
        connections: [enrolled, protected - enrolled, recovered - protected],
        memory,
    }
}

/// The process that holds an agent's home open, by its `--home`.
fn pid(process: &Process) -> u32 {
    let home = process.place().home.to_string_lossy().into_owned();
    let all = std::fs::read_dir(Path::new("/proc")).unwrap().flatten();
    let mut pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_it = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0)
            .any(|word| word == home.as_bytes())
    };
    pids.find(is_it).expect("the process runs")
}

fn tell(life: &Life) {
    println!("\n**{}**\n", life.title);
    println!("| part | ms |\n| --- | --- |");
    for (flow, parts) in [
        ("enrolment", &life.enrolment),
        ("protection", &life.protection),
        ("recovery", &life.recovery),
    ] {
        for (what, time) in &parts.0 {
            println!("| {flow}: {what} | {} |", time.as_millis());
        }
        println!("| **{flow}, whole** | **{}** |", parts.total().as_millis());
    }
    let [enrolled, protected, recovered] = life.connections;
    println!(
        "\nConnections opened: {enrolled} for the enrolment, {protected} for the deal, {recovered} for the recovery."
    );
}

/// A flow's name, and where its parts stand.
type Flow = (&'static str, fn(&Life) -> &Parts);

fn round_trips(near: &Life, far: &Life, farther: &Life) {
    println!(
        "\n| flow | loopback ms | 50 ms each way | 100 ms each way | round trips one after the other |"
    );
    println!("| --- | --- | --- | --- | --- |");
    let flows: [Flow; 3] = [
        ("enrolment", |life| &life.enrolment),
        ("protection", |life| &life.protection),
        ("recovery, less the delay", |life| &life.recovery),
    ];
    for (flow, parts) in flows {
        let delay = if flow.starts_with("recovery") {
            DELAY.0 as f64
        } else {
            0.0
        };
        let [a, b, c] =
            [near, far, farther].map(|life| parts(life).total().as_secs_f64() * 1e3 - delay);
        println!(
            "| {flow} | {a:.0} | {b:.0} | {c:.0} | {:.1} |",
            (c - a) / 200.0
        );
    }
}

#[tokio::main]
async fn main() {
    println!("{}", circumstances(Path::new(env!("CARGO_TARGET_TMPDIR"))));
    let quick = std::env::args().any(|argument| argument == "--quick");
    let near = live(2, 3, Duration::ZERO).await;
    tell(&near);
    if quick {
        return;
    }
    tell(&live(3, 5, Duration::ZERO).await);
    println!(
        "\n| resident memory | MiB |\n| --- | --- |\n{}",
        near.memory
    );
    let far = live(2, 3, Duration::from_millis(50)).await;
    tell(&far);
    let farther = live(2, 3, Duration::from_millis(100)).await;
    tell(&farther);
    round_trips(&near, &far, &farther);
}
