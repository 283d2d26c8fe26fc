//! Logs: on standard error, because standard output is data. Nothing secret is ever logged: types
//! that hold secrets cannot be printed.
use std::env;
use std::io::{self, IsTerminal as _};
use tracing_subscriber::EnvFilter;

/// What is logged when nothing else is said: our own words, and warnings of libraries. Not those of
/// the network's: a stranger can make them say as much as it likes. What they refuse is logged by us,
/// as much as a log can bear.
const DEFAULT: &str = "warn,yamux=off,multistream_select=off,libp2p_request_response=off,\
    libp2p_identify=off,libp2p_ping=off,libp2p_swarm=off,libp2p_noise=off,libp2p_yamux=off,\
    kith_runtime=info,kith_protocol=info";

/// Starts logging, once in a process. `filter` is in the form of `RUST_LOG`
/// (`kith_runtime=debug`); what is malformed in it is ignored. With `json` every line is one object.
pub fn start(filter: Option<&str>, json: bool) {
    let filter = EnvFilter::builder().parse_lossy(filter.unwrap_or(DEFAULT));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(is_coloured() && !json)
        .with_writer(io::stderr);
    let started = match json {
        true => log.json().flatten_event(true).try_init(),
        false => log.try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}

/// Colours are for a person's terminal, and only where nothing says otherwise (`NO_COLOR`).
fn is_coloured() -> bool {
    env::var_os("NO_COLOR").is_none() && io::stderr().is_terminal()
}
