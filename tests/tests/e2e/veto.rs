//! A recovery in the name of an owner whose device still lives.
use kith_protocol::owner::command::{AlertView, Answer, Command};
use kith_protocol::time::{Millis, Timestamp};
use kith_protocol::trustee::command::{Answer as TrusteeAnswer, Command as TrusteeCommand};
use kith_tests::floor::Floor;
use kith_tests::scene::{PATIENCE, Scene, ask_for_protection, claim_is, hold, protected, question};
use owner_agent::demo::patience::{Seen, until};
use owner_agent::demo::people::Owner;
use owner_agent::demo::process::Process;
use owner_agent::demo::trouble::Trouble;

const KEY: (&str, &[u8]) = ("key.pem", b"-----BEGIN KEY----- of the living owner");
const ASKED: [&str; 2] = ["Bob", "Carol"];
const NOT_ASKED: &str = "Dan";
const DELAY: Millis = Millis::seconds(1);
/// How long after the delay nothing may have left.
const LONG_AFTER: Millis = Millis::seconds(3);

/// The alarm comes from the ledger to the old device and to a trustee who was not asked (G9). Its
/// veto stands although both trustees approve, the lane is full and the delay long over: no share
/// leaves (G1, G7), and the claimant is told.
#[tokio::test]
async fn a_living_old_device_vetoes_and_nothing_is_released() {
    let floor = Floor::new();
    let outcome = play(&floor).await;
    floor.judge(outcome, &[KEY.1]);
}

async fn play(floor: &Floor) -> Result<(), Trouble> {
    let trustee = floor.programs.trustee.clone();
    let people = [ASKED[0], ASKED[1], NOT_ASKED].map(|name| (name, &*trustee));
    let scene = Scene::begin(floor, &people).await?;
    let old = scene.owner().await?;
    ask_for_protection(Owner::at(&old), KEY, 2, DELAY).await?;
    protected(Owner::at(&old)).await?;
    let claimant = scene.claimant().await?;
    let mut requests = Vec::new();
    for name in ASKED {
        requests.push((name, scene.meet(&claimant, name).await?));
    }
    let alert = alert(Owner::at(&old)).await?;
    bystander_is_told(&scene).await?;
    veto(&scene, &old, &alert).await?;
    claim_is(Owner::at(&claimant), "the veto", |view| {
        view.state == "vetoed"
    })
    .await?;
    for (name, request) in &requests {
        scene.approve(name, request).await?;
    }
    long_after_the_delay(&scene, &old, &requests[0]).await?;
    for (name, request) in &requests {
        let seen = scene.trustee(name).request(request).await?;
        hold(seen.state == "approved" && seen.vetoed, || {
            format!("{name}: {seen:?}")
        })?;
    }
    nothing_came(&scene, &claimant).await?;
    question(&scene, &[&old, &claimant]).await
}

/// What `alert list` says, once there is something.
async fn alert(owner: Owner<'_>) -> Result<AlertView, Trouble> {
    until("the alarm", PATIENCE, async || {
        let Answer::Alerts { list } = owner.ask(&Command::AlertList).await? else {
            return Err(Trouble::Broken("alerts of another kind".to_owned()));
        };
        Ok(match list.into_iter().next() {
            Some(alert) => Seen::Done(alert),
            None => Seen::NotYet("no alert".to_owned()),
        })
    })
    .await
}

async fn bystander_is_told(scene: &Scene<'_>) -> Result<(), Trouble> {
    until(
        "the alarm at a trustee nobody called",
        PATIENCE,
        async || {
            let dan = scene.trustee(NOT_ASKED);
            let history = dan.ask(&TrusteeCommand::History);
            let TrusteeAnswer::History { list } = history.await? else {
                return Err(Trouble::Broken("a history of another kind".to_owned()));
            };
            let mut lines = list.iter();
            Ok(
                match lines.any(|line| line.text.contains("a recovery was asked for")) {
                    true => Seen::Done(()),
                    false => Seen::NotYet(format!("{list:?}")),
                },
            )
        },
    )
    .await
}

/// By the command that the alarm names.
async fn veto(scene: &Scene<'_>, old: &Process, alert: &AlertView) -> Result<(), Trouble> {
    let id = alert.request.to_string();
    let said = scene.floor.output(old.place(), ["alert", "veto", &id]);
    let said = said.await?;
    hold(said.status.success(), || {
        String::from_utf8_lossy(&said.stderr).into_owned()
    })
}

/// Until the lane was full and its delay has been over for a while, by the ledger's clock.
async fn long_after_the_delay(
    scene: &Scene<'_>,
    old: &Process,
    (name, request): &(&str, String),
) -> Result<(), Trouble> {
    until("a full lane, its delay over", PATIENCE, async || {
        let seen = scene.trustee(name).request(request).await?;
        let time = ledger_time(Owner::at(old)).await?;
        let over = seen.releases_at.map(|at| at.after(LONG_AFTER));
        let is_over = seen.approvals == seen.threshold && over.is_some_and(|over| over < time);
        Ok(match is_over {
            true => Seen::Done(()),
            false => Seen::NotYet(format!("{time:?}: {seen:?}")),
        })
    })
    .await
}

async fn ledger_time(owner: Owner<'_>) -> Result<Timestamp, Trouble> {
    match owner.ask(&Command::Status).await? {
        Answer::Status { ledger_time, .. } => Ok(ledger_time.unwrap_or_default()),
        other => Err(Trouble::Broken(format!("{other:?}"))),
    }
}

async fn nothing_came(scene: &Scene<'_>, claimant: &Process) -> Result<(), Trouble> {
    let view = Owner::at(claimant).recovery().await?;
    hold(view.state == "vetoed" && view.shares == 0, || {
        format!("{view:?}")
    })?;
    let status = scene
        .floor
        .output(claimant.place(), ["recover", "status"])
        .await?;
    hold(status.status.code() == Some(6), || {
        format!("{:?}", status.status)
    })
}
