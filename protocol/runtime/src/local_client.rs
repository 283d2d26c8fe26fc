//! The other end of the local API: what every command of the programs uses.
use crate::homes::{Home, HomeError};
use crate::passphrase::Passphrase;
use crate::presence;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::HeaderValue;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use kith_protocol::agent::Event;
use kith_protocol::did::Endpoint;
use kith_protocol::error::CommandError;
use kith_protocol::health::Check;
use kith_protocol::limits;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;
use tokio::net::UnixStream;
use zeroize::Zeroizing;

/// Hears what an agent answers, word for word and before anybody reads it: tests search all of it.
pub type Listener = Arc<dyn Fn(&[u8]) + Send + Sync>;

/// Talks to the agent that runs on a socket. Every call opens a connection of its own.
#[derive(Clone)]
pub struct LocalClient {
    socket: PathBuf,
    listener: Option<Listener>,
    passphrase: Option<Arc<Zeroizing<String>>>,
}

/// Why a call brought no answer.
#[derive(Debug, Error)]
pub enum ClientError {
    /// Nothing listens there.
    #[error("no agent is running on {0}")]
    NotRunning(PathBuf),
    /// The command was not carried out, and why.
    #[error(transparent)]
    Refused(#[from] CommandError),
    /// The command is larger than any the agent takes.
    #[error("the command has {0} bytes and may have {most}", most = limits::local::BODY)]
    TooLarge(usize),
    /// The socket's directory is not this user's alone.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The connection broke: the agent stopped before it answered.
    #[error("the agent stopped before it answered")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer is not what this program understands.
    #[error(
        "the agent's answer is not understood: is it the other program's agent, or of another version?"
    )]
    NotUnderstood(#[source] serde_json::Error),
}

impl ClientError {
    /// The exit code, as ARCHITECTURE.md lists them.
    #[must_use]
    pub fn exit(&self) -> u8 {
        match self {
            Self::NotRunning(_) => 9,
            Self::Refused(refused) => refused.exit,
            Self::TooLarge(_) => 2,
            Self::Home(_) | Self::Broken(_) | Self::NotUnderstood(_) => 1,
        }
    }
}

/// What an answer looks like.
#[derive(Deserialize)]
struct Told<T> {
    answer: T,
}

/// What anything but an answer looks like.
#[derive(Deserialize)]
struct NotTold {
    error: Failure,
}

#[derive(Deserialize)]
struct Failure {
    message: String,
    exit: u8,
}

/// What `GET /healthz` tells.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Health {
    /// `ready`.
    pub status: String,
    /// Where the agent can be reached.
    pub endpoint: Endpoint,
    /// How often each reason code was given since the agent started: bad messages, bad
    /// connections, and lawful messages that were refused.
    #[serde(default)]
    pub refused: BTreeMap<String, u64>,
}

impl LocalClient {
    /// The agent of a home. Whether the socket's directory is the owner's alone is checked before
    /// anything is sent.
    ///
    /// # Errors
    /// [`ClientError::NotRunning`] when there is no such home, [`ClientError::Home`].
    pub fn of(home: &Home) -> Result<Self, ClientError> {
        match home.check_socket_dir() {
            Ok(()) => Ok(Self::at(home.socket())),
            Err(HomeError::Io { .. }) => Err(ClientError::NotRunning(home.socket().into())),
            Err(foreign) => Err(foreign.into()),
        }
    }

    /// The agent on a socket that its person named.
    #[must_use]
    pub fn at(socket: &Path) -> Self {
        Self {
            socket: socket.into(),
            listener: None,
            passphrase: None,
        }
    }

    /// The same, and someone hears every answer and every refusal.
    #[must_use]
    pub fn heard_by(self, listener: Listener) -> Self {
        Self {
            listener: Some(listener),
            ..self
        }
    }

    /// The same, with the passphrase that some commands need.
    #[must_use]
    pub fn of_whoever_has(self, passphrase: &Passphrase) -> Self {
        Self {
            passphrase: Some(Arc::new(presence::written(passphrase))),
            ..self
        }
    }

    /// Has a command carried out.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn command<C, A>(&self, command: &C) -> Result<A, ClientError>
    where
        C: Serialize + ?Sized,
        A: DeserializeOwned,
    {
        let body = serde_json::to_vec(command).map_err(ClientError::NotUnderstood)?;
        if body.len() > limits::local::BODY {
            return Err(ClientError::TooLarge(body.len()));
        }
        said(&self.call(Method::POST, "/v1/commands", body).await?)
    }

    /// What waits for a person.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn pending(&self) -> Result<Vec<Event>, ClientError> {
        said(&self.call(Method::GET, "/v1/pending", Vec::new()).await?)
    }

    /// Whether the agent is ready, and where it can be reached.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn health(&self) -> Result<Health, ClientError> {
        let body = self.call(Method::GET, "/healthz", Vec::new()).await?;
        serde_json::from_slice(&body).map_err(ClientError::NotUnderstood)
    }

    /// What the agent finds when it looks at itself and at everyone who should answer it.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn doctor(&self) -> Result<Vec<Check>, ClientError> {
        said(&self.call(Method::GET, "/v1/doctor", Vec::new()).await?)
    }

    /// Tells the agent to stop. It ends soon after.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn stop(&self) -> Result<(), ClientError> {
        said::<String>(&self.call(Method::POST, "/v1/stop", Vec::new()).await?).map(drop)
    }

    /// Listens to hints from now on.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn events(&self) -> Result<Events, ClientError> {
        let response = self.send(Method::GET, "/v1/events", Vec::new()).await?;
        Ok(Events {
            body: response.into_body(),
            text: Vec::new(),
            ready: VecDeque::new(),
        })
    }

    async fn call(&self, method: Method, path: &str, body: Vec<u8>) -> Result<Bytes, ClientError> {
        let response = self.send(method, path, body).await?;
        let answered = response.status().is_success();
        // An answer may hold all protected items, as a command may.
        let body = Limited::new(response.into_body(), limits::local::BODY);
        let body = body
            .collect()
            .await
            .map_err(ClientError::Broken)?
            .to_bytes();
        if let Some(listener) = &self.listener {
            listener(&body);
        }
        if answered {
            Ok(body)
        } else {
            Err(refusal(&body))
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Response<Incoming>, ClientError> {
        let stream = UnixStream::connect(&self.socket)
            .await
            .map_err(|error| self.absent(error))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost");
        if let Some(passphrase) = &self.passphrase {
            let mut value = HeaderValue::from_str(passphrase).expect("base64url");
            value.set_sensitive(true);
            request = request.header(presence::HEADER, value);
        }
        let request = request
            .body(Full::new(Bytes::from(body)))
            .expect("a method and a path of ours make a request");
        sender.send_request(request).await.map_err(broken)
    }

    fn absent(&self, error: io::Error) -> ClientError {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                ClientError::NotRunning(self.socket.clone())
            }
            _ => broken(error),
        }
    }
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ClientError {
    ClientError::Broken(error.into())
}

fn said<A: DeserializeOwned>(body: &[u8]) -> Result<A, ClientError> {
    let told: Told<A> = serde_json::from_slice(body).map_err(ClientError::NotUnderstood)?;
    Ok(told.answer)
}

fn refusal(body: &[u8]) -> ClientError {
    match serde_json::from_slice(body) {
        Ok(NotTold {
            error: Failure { message, exit },
        }) => CommandError { message, exit }.into(),
        Err(error) => ClientError::NotUnderstood(error),
    }
}

/// Hints as they come.
pub struct Events {
    body: Incoming,
    text: Vec<u8>,
    ready: VecDeque<Hint>,
}

/// What the listener is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Something happened.
    Event(Event),
    /// So many hints were missed; ask [`LocalClient::pending`].
    Missed(u64),
}

impl Events {
    /// The next hint; nothing when the agent has stopped.
    ///
    /// # Errors
    /// [`ClientError::Broken`] when the connection broke, [`ClientError::NotUnderstood`].
    pub async fn next(&mut self) -> Result<Option<Hint>, ClientError> {
        loop {
            if let Some(hint) = self.ready.pop_front() {
                return Ok(Some(hint));
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(frame) => self.take(frame.map_err(broken)?.into_data().unwrap_or_default())?,
            }
        }
    }

    fn take(&mut self, data: Bytes) -> Result<(), ClientError> {
        self.text.extend_from_slice(&data);
        while let Some(end) = self.text.windows(2).position(|two| two == b"\n\n") {
            let block: Vec<u8> = self.text.drain(..end + 2).collect();
            self.ready
                .extend(read_block(&String::from_utf8_lossy(&block))?);
        }
        if self.text.len() > limits::local::EVENT {
            return Err(broken("a hint is too long"));
        }
        Ok(())
    }
}

/// One server-sent event; comments, which keep the connection alive, are none.
fn read_block(block: &str) -> Result<Option<Hint>, ClientError> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
    let (Some(kind), Some(data)) = (field("event: "), field("data: ")) else {
        return Ok(None);
    };
    match kind {
        "hint" => serde_json::from_str(data).map(|event| Some(Hint::Event(event))),
        "missed" => serde_json::from_str(data).map(|count| Some(Hint::Missed(count))),
        _ => Ok(None),
    }
    .map_err(ClientError::NotUnderstood)
}
