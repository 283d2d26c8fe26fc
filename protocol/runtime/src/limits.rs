//! Every bound of the runtime, in one place, each with its origin (G15).
//!
//! A hostile peer costs at most what these numbers multiply to; the assertions at the end hold
//! them together.
use std::time::Duration;

/// Largest message on a stream, in bytes. A relayed libp2p circuit ends after 128 KiB in all, so
/// that a question and its answer must both fit.
pub const FRAME_LIMIT: usize = 64 * 1024;
/// Bytes of the length in front of a message: as many as [`FRAME_LIMIT`] needs as an unsigned
/// varint.
pub const FRAME_HEADER_LIMIT: usize = 3;

/// How long one message and its answer may take, dialling included. Longer than a commit on a slow
/// disk, shorter than a person's patience.
pub const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection lives on without a stream: one conversation's pauses, not longer.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Connections in all, either way: 255 trustees and hosts, and as many strangers.
pub const CONNECTIONS: u32 = 512;
/// Connections that others opened; below [`CONNECTIONS`], so that strangers can never use up the
/// room for our own.
pub const CONNECTIONS_IN: u32 = 256;
/// Connections that we opened.
pub const CONNECTIONS_OUT: u32 = 256;
/// Connections to one peer: both sides may dial at the same time, each perhaps twice.
pub const CONNECTIONS_PER_PEER: u32 = 4;
/// Connections being set up, each way; a handshake costs a key agreement.
pub const CONNECTIONS_PENDING: u32 = 64;
/// Streams one connection may hold: the messages of [`STREAMS`] and those of identify and ping.
pub const YAMUX_STREAMS: usize = 64;
/// Messages under way on one connection, both directions together.
pub const STREAMS: usize = 32;
/// Streams of one connection that have not agreed on a protocol.
pub const STREAMS_NEGOTIATING: usize = 32;
/// The process takes no new connections above this memory, in bytes.
pub const MEMORY_LIMIT: usize = 1 << 30;

/// Messages of one peer that wait for the agent; what exceeds it is dropped and sent again by an
/// honest sender's outbox.
pub const WAITING_PER_PEER: usize = 16;
/// Messages of all peers that wait for the agent.
pub const WAITING: usize = 256;
/// Inputs that share one flush.
pub const GROUP: usize = 64;
/// Messages of ours under way at the same time; each holds one [`FRAME_LIMIT`] at most.
pub const SENDING: usize = 64;
/// Messages of ours that are under way or wait for their turn; what exceeds it stays in the outbox.
pub const SENDING_OR_WAITING: usize = 1024;
/// Questions to ledgers under way at the same time; one for each log and kind of question.
pub const ASKING: usize = 32;
/// Hosts that one question to a ledger names at most: the operator and the witnesses.
pub const LEDGER_HOSTS: usize = 16;

/// Requests on the local API that wait for the agent.
pub const LOCAL_WAITING: usize = 64;
/// Bytes of one request on the local API: a wallet of 16 MiB as base64 in JSON, with room.
pub const LOCAL_BODY: usize = 32 << 20;
/// Hints kept for a listener that is slow; one that falls further behind is told so.
pub const EVENTS_KEPT: usize = 256;

/// Bytes of a row's key: a space and an id that may hold a DID of 2,048 bytes and a message id.
pub const KEY_LIMIT: usize = 4096;
/// Bytes of one piece of a stored row. Pages of the store stay below a quarter of
/// [`SEGMENT`], because beyond it sled writes files of their own that nobody syncs.
pub const PIECE: usize = 16 * 1024;
/// Bytes of one segment of the store's file.
pub const SEGMENT: usize = 2 << 20;
/// Rows on one page of the store before sled splits it, merges counted.
const PAGE_ROWS: usize = 24;
/// Bytes of the store's page cache.
pub const CACHE: u64 = 32 << 20;

/// Longest pause of the timer: a wall clock that jumps is noticed within it.
pub const LONGEST_NAP: Duration = Duration::from_secs(30);
/// Shortest pause between two deadlines, so that an agent whose deadline stands still cannot
/// make the loop spin.
pub const SHORTEST_NAP: Duration = Duration::from_millis(20);

/// Bytes of a passphrase.
pub const PASSPHRASE_LIMIT: usize = 1024;
/// Bytes of a path of a unix socket: 104 with the final zero on the strictest system.
pub const SOCKET_PATH_LIMIT: usize = 100;

const _: () = assert!(FRAME_LIMIT < 1 << (7 * FRAME_HEADER_LIMIT));
const _: () = assert!(2 * (FRAME_LIMIT + FRAME_HEADER_LIMIT) <= 132 * 1024);
const _: () = assert!(CONNECTIONS_IN + CONNECTIONS_OUT <= CONNECTIONS);
const _: () = assert!(STREAMS < YAMUX_STREAMS && STREAMS_NEGOTIATING <= YAMUX_STREAMS);
const _: () = assert!(WAITING_PER_PEER * 2 <= WAITING && GROUP <= WAITING);
const _: () = assert!(SENDING <= SENDING_OR_WAITING);
const _: () = assert!(WAITING * FRAME_LIMIT + SENDING_OR_WAITING * FRAME_LIMIT < MEMORY_LIMIT / 4);
const _: () = assert!(PAGE_ROWS * (PIECE + KEY_LIMIT) < SEGMENT / 4);
const _: () = assert!(SHORTEST_NAP.as_millis() < LONGEST_NAP.as_millis());
