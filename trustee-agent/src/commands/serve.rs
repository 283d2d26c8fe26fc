//! `run`: the agent itself, in the foreground.
use crate::cli::Run;
use crate::profile::Profile;
use kith_protocol::trustee::{Config, TrusteeAgent};
use kith_runtime::console::{Console, Failure, Serve};

pub(super) async fn serve(console: &Console, run: Run, verbose: u8) -> Result<(), Failure> {
    let config = Config {
        name: Profile::load(console)?.name,
        host_backups: run.host_backups,
    };
    let greeting = tokio::spawn(greet(console.clone()));
    let serve = Serve {
        listen: run.listen,
        announce: run.announce,
        stop_with_input: run.stop_with_input,
        verbose,
        log_json: run.log_json,
    };
    let ended = console
        .serve(serve, |rows| TrusteeAgent::open(rows, config))
        .await;
    greeting.abort();
    ended
}

async fn greet(console: Console) {
    console.ready().await;
    console.say("ready; stop with Ctrl-C. In another terminal:  trustee-agent status");
}
