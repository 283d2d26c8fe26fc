//! The local API: HTTP and JSON over a unix socket that only its owner can open.
//!
//! Spec: ARCHITECTURE.md, "The programs". There is no second way into the state: every command
//! of the programs is a request here.
//!
//! | request | answer |
//! | --- | --- |
//! | `GET /healthz` | `{"v":1,"status":"ready","endpoint":{…},"refused":{"code":n}}` |
//! | `POST /v1/commands`, the command as JSON | `{"v":1,"answer":…}` or `{"v":1,"error":{"message":…,"exit":…}}`; where it shows what is protected, the header `Kith-Passphrase` holds the passphrase in base64url |
//! | `GET /v1/pending` | `{"v":1,"answer":[event …]}`: what waits for a person |
//! | `GET /v1/events` | hints as server-sent events; `event: missed` when the listener was too slow |
//! | `GET /v1/doctor` | `{"v":1,"answer":[check …]}`: what was found, after asking everyone who should answer |
//! | `POST /v1/stop` | `{"v":1,"answer":"stopping"}` |
//!
//! The status is 200 for an answer, 400 for what is no command, 413 for one that is too large, 403 without the
//! passphrase that it needs, 409 for a command that was not carried out, 503 while stopping.
use crate::doctor::Examination;
use crate::network::Network;
use crate::presence::{self, Presence};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::{Stream, StreamExt as _, stream};
use kith_protocol::agent::Event;
use kith_protocol::error::CommandError;
use kith_protocol::limits;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long requests under way may take to end once the process stops.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// What the agent's person asks through the API.
pub(crate) enum Asked<C, A> {
    /// A command.
    Command {
        command: C,
        answer: oneshot::Sender<Result<A, CommandError>>,
    },
    /// What waits for a person.
    Pending { answer: oneshot::Sender<Vec<Event>> },
    /// What the agent says of its health.
    Health {
        answer: oneshot::Sender<Box<Examination>>,
    },
}

/// The way from the API into the agent's loop and back.
pub(crate) struct Desk<C, A> {
    pub(crate) asked: mpsc::Sender<Asked<C, A>>,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) stop: watch::Sender<bool>,
    /// How the loop ended, once it has.
    pub(crate) ended: watch::Sender<Option<Result<(), String>>>,
    pub(crate) network: Network,
    /// Which commands ask for the passphrase once more, and what it is checked against.
    pub(crate) guard: Option<Guard<C>>,
}

/// What guards the commands that show what is protected.
pub(crate) struct Guard<C> {
    pub(crate) shows_secrets: fn(&C) -> bool,
    pub(crate) presence: Presence,
}

impl<C, A> Desk<C, A> {
    pub(crate) fn new(network: Network) -> (Self, mpsc::Receiver<Asked<C, A>>) {
        let (asked, taken) = mpsc::channel(limits::local::WAITING);
        let (events, _) = broadcast::channel(limits::local::EVENTS);
        let (stop, _) = watch::channel(false);
        let (ended, _) = watch::channel(None);
        (
            Self {
                asked,
                events,
                stop,
                ended,
                network,
                guard: None,
            },
            taken,
        )
    }

    /// The same, with these commands guarded.
    pub(crate) fn guarded(self, guard: Guard<C>) -> Self {
        Self {
            guard: Some(guard),
            ..self
        }
    }

    /// What whoever asks this has to satisfy first.
    fn guarding(&self, command: &C) -> Option<&Presence> {
        let guard = self.guard.as_ref();
        let guard = guard.filter(|guard| (guard.shows_secrets)(command))?;
        Some(&guard.presence)
    }
}

/// Why the API cannot be served.
#[derive(Debug, Error)]
pub enum SocketError {
    /// A process answers there.
    #[error("another agent is running on {0}; stop it, or choose another path with --socket")]
    InUse(PathBuf),
    /// A file that is no socket; it is not removed.
    #[error("{0} is in the way: it is no socket")]
    InTheWay(PathBuf),
    /// The file system refuses.
    #[error("the socket {path} cannot be made")]
    Io {
        /// Which socket.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Takes the socket, in place of one that a dead process left.
pub(crate) async fn bind(path: &Path) -> Result<UnixListener, SocketError> {
    let failed = |source| SocketError::Io {
        path: path.into(),
        source,
    };
    if let Ok(found) = fs::symlink_metadata(path) {
        if !found.file_type().is_socket() {
            return Err(SocketError::InTheWay(path.into()));
        }
        if UnixStream::connect(path).await.is_ok() {
            return Err(SocketError::InUse(path.into()));
        }
        fs::remove_file(path).map_err(failed)?;
    }
    // Its directory is the owner's alone, so that nobody gets in before the mode is set.
    let listener = UnixListener::bind(path).map_err(failed)?;
    fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(failed)?;
    Ok(listener)
}

/// Serves until the desk's `stop` is set.
pub(crate) fn serve<C, A>(listener: UnixListener, desk: Desk<C, A>) -> JoinHandle<()>
where
    C: DeserializeOwned + Send + 'static,
    A: Serialize + Send + 'static,
{
    let mut stop = desk.stop.subscribe();
    let router = router(Arc::new(desk));
    tokio::spawn(async move {
        let mut ending = stop.clone();
        let until = async move { drop(ending.wait_for(|stopped| *stopped).await) };
        let serving = axum::serve(listener, router).with_graceful_shutdown(until);
        let serving = tokio::spawn(async move { serving.await });
        drop(stop.wait_for(|stopped| *stopped).await);
        // A client that holds a connection open must not hold the process.
        let abort = serving.abort_handle();
        if timeout(STOP_PATIENCE, serving).await.is_err() {
            abort.abort();
        }
    })
}

fn router<C, A>(desk: Arc<Desk<C, A>>) -> Router
where
    C: DeserializeOwned + Send + 'static,
    A: Serialize + Send + 'static,
{
    Router::new()
        .route("/healthz", get(health))
        .route("/v1/commands", post(command))
        .route("/v1/pending", get(pending))
        .route("/v1/events", get(events))
        .route("/v1/doctor", get(examine))
        .route("/v1/stop", post(stop))
        .layer(DefaultBodyLimit::max(limits::local::BODY))
        .with_state(desk)
}

type Shared<C, A> = State<Arc<Desk<C, A>>>;

async fn health<C, A>(State(desk): Shared<C, A>) -> Json<Value> {
    Json(json!({
        "v": 1,
        "status": "ready",
        "endpoint": desk.network.endpoint(),
        "refused": desk.network.refusals().totals(),
    }))
}

async fn command<C: DeserializeOwned, A: Serialize>(
    State(desk): Shared<C, A>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(error) => return refused(error.status(), &error.body_text(), 2),
    };
    let command = match serde_json::from_slice(&body) {
        Ok(command) => command,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &misread(&error), 2),
    };
    if let Some(presence) = desk.guarding(&command) {
        let given = headers.get(presence::HEADER).map(HeaderValue::as_bytes);
        if let Err(error) = presence.check(given).await {
            return refused(StatusCode::FORBIDDEN, &error.message, error.exit);
        }
    }
    let (answer, waiting) = oneshot::channel();
    match ask(&desk, Asked::Command { command, answer }, waiting).await {
        Some(Ok(answer)) => answered(&answer),
        Some(Err(error)) => refused(StatusCode::CONFLICT, &error.message, error.exit),
        None => stopping(&desk).await,
    }
}

/// Where a command is not understood. What stands there is not repeated: it may be a secret.
fn misread(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    format!("no command: not understood at line {line}, column {column}")
}

async fn pending<C, A>(State(desk): Shared<C, A>) -> Response {
    let (answer, waiting) = oneshot::channel();
    match ask(&desk, Asked::Pending { answer }, waiting).await {
        Some(events) => answered(&events),
        None => stopping(&desk).await,
    }
}

async fn examine<C, A>(State(desk): Shared<C, A>) -> Response {
    let (answer, waiting) = oneshot::channel();
    match ask(&desk, Asked::Health { answer }, waiting).await {
        Some(examination) => answered(&examination.finish().await),
        None => stopping(&desk).await,
    }
}

async fn ask<C, A, T>(
    desk: &Desk<C, A>,
    asked: Asked<C, A>,
    waiting: oneshot::Receiver<T>,
) -> Option<T> {
    desk.asked.send(asked).await.ok()?;
    waiting.await.ok()
}

async fn events<C, A>(
    State(desk): Shared<C, A>,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let hints = stream::unfold(desk.events.subscribe(), |mut hints| async {
        Some((hint(hints.recv().await)?, hints))
    });
    let mut stop = desk.stop.subscribe();
    let until = async move { drop(stop.wait_for(|stopped| *stopped).await) };
    Sse::new(hints.take_until(Box::pin(until)).map(Ok)).keep_alive(KeepAlive::default())
}

/// One hint, or that some were missed; `GET /v1/pending` tells what matters of those.
fn hint(received: Result<Event, broadcast::error::RecvError>) -> Option<sse::Event> {
    match received {
        Ok(event) => sse::Event::default().event("hint").json_data(event).ok(),
        Err(broadcast::error::RecvError::Lagged(count)) => Some(
            sse::Event::default()
                .event("missed")
                .data(count.to_string()),
        ),
        Err(broadcast::error::RecvError::Closed) => None,
    }
}

async fn stop<C, A>(State(desk): Shared<C, A>) -> Response {
    desk.stop.send_replace(true);
    answered(&"stopping")
}

fn answered(answer: &impl Serialize) -> Response {
    Json(json!({ "v": 1, "answer": answer })).into_response()
}

/// Whoever asked an agent that ends by itself is told why: the log may be on another screen.
async fn stopping<C, A>(desk: &Desk<C, A>) -> Response {
    let mut ended = desk.ended.subscribe();
    let told = timeout(STOP_PATIENCE, ended.wait_for(Option::is_some)).await;
    let why = match told.as_ref().map(|ended| ended.as_deref()) {
        Ok(Ok(Some(Err(why)))) => why,
        _ => "the agent is stopping",
    };
    refused(StatusCode::SERVICE_UNAVAILABLE, why, 1)
}

fn refused(status: StatusCode, message: &str, exit: u8) -> Response {
    let error = json!({ "v": 1, "error": { "message": message, "exit": exit } });
    (status, Json(error)).into_response()
}

#[cfg(test)]
#[path = "local_api_tests.rs"]
mod tests;
