//! `run`: the agent itself, in the foreground.
use crate::cli::Run;
use crate::{first, show};
use kith_protocol::owner::OwnerAgent;
use kith_runtime::console::{Console, Failure, Serve};

pub(super) async fn serve(console: &Console, run: Run, verbose: u8) -> Result<(), Failure> {
    let greeting = tokio::spawn(greet(console.clone()));
    let serve = Serve {
        listen: run.listen,
        announce: run.announce,
        stop_with_input: run.stop_with_input,
        verbose,
        log_json: run.log_json,
    };
    let ended = console.serve(serve, OwnerAgent::open).await;
    greeting.abort();
    ended
}

/// Says that the agent is ready, and carries out what `init` or `recover start` left for it.
async fn greet(console: Console) {
    console.ready().await;
    console.say("ready; stop with Ctrl-C. In another terminal:  owner-agent status");
    match first::deliver(&console).await {
        Ok(None) => {}
        Ok(Some(answer)) => console.say(&show::answer(&answer)),
        Err(failure) => console.warn(&format!("what was left to do: {failure}")),
    }
}
