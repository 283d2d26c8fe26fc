//! `demo`: the main job with real processes, told as a story. The tests with real processes use
//! the same parts: programs, processes, people, patience.
pub mod ledger;
pub mod meeting;
mod options;
pub mod patience;
pub mod people;
mod play;
pub mod process;
pub mod programs;
mod report;
pub mod stage;
mod story;
pub mod trouble;

pub use options::{Item, Options, Plan};

use kith_runtime::console::{Exit, Failure, Screen};
use play::Play;
use programs::Programs;
use report::Report;
use serde_json::json;
use stage::Directory;
use story::Story;
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};
use trouble::Trouble;

/// Plays the demo and shows what came of it.
///
/// # Errors
/// [`Failure`] with the step that failed; nonsense in the options is refused before anything starts.
pub(crate) async fn command(screen: Screen, options: Options) -> Result<(), Failure> {
    let plan = Plan::new(&options)?;
    let mut story = Story::new(screen);
    let mut terminated = signal(SignalKind::terminate())
        .map_err(|error| Failure::error(format!("the system refuses a signal: {error}")))?;
    let report = tokio::select! {
        report = perform(&plan, &options, &mut story) => report,
        _ = ctrl_c() => Err(interrupted()),
        _ = terminated.recv() => Err(interrupted()),
    };
    let report = report.map_err(|failure| failed(screen, &story, failure))?;
    report.tell(&mut story);
    if screen.json {
        screen.object(&report.to_json(&story));
    }
    Ok(())
}

/// Under `--json` a failed demo is one object too, with the step that failed.
fn failed(screen: Screen, story: &Story, failure: Failure) -> Failure {
    if !screen.json {
        return failure;
    }
    let Failure { exit, message, .. } = failure;
    screen.object(&json!({
        "v": 1,
        "recovered": false,
        "failed_step": story.current_step(),
        "error": { "message": message, "exit": exit.code() },
    }));
    Failure::shown(exit, message)
}

/// The agents stop and the directory goes with the values that hold them.
fn interrupted() -> Failure {
    Failure::new(Exit::Interrupted, "interrupted; all agents are stopped")
}

async fn perform(plan: &Plan, options: &Options, story: &mut Story) -> Result<Report, Failure> {
    let directory = directory(options).map_err(|trouble| at(story, &trouble))?;
    let programs = programs(options, story).map_err(|trouble| at(story, &trouble))?;
    let mut play = Play {
        plan,
        directory: directory.path(),
        programs: &programs,
        story,
    };
    let performed = play.perform().await;
    performed.map_err(|trouble| {
        let failure = at(play.story, &trouble);
        let logs = directory.logs_of(&trouble, options.keep.is_some());
        Failure::new(failure.exit, format!("{}{logs}", failure.message))
    })
}

fn directory(options: &Options) -> Result<Directory, Trouble> {
    let directory = Directory::new(options.keep.as_deref())?;
    if options.keep_answers {
        directory.keep_answers()?;
    }
    Ok(directory)
}

fn programs(options: &Options, story: &Story) -> Result<Programs, Trouble> {
    match &options.trustee_agent {
        Some(trustee) => Programs::given(trustee),
        None => Programs::beside_this_one(|text| story.explain(text)),
    }
}

/// The failure of the step that was last begun.
fn at(story: &Story, trouble: &Trouble) -> Failure {
    let message = format!("the demo failed at `{}`: {trouble}", story.current_step());
    Failure::new(trouble.exit(), message)
}
