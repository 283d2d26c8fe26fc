//! Every bound, in one place, each with its reason (G15).
//!
//! What comes from outside is bounded before it is looked at; what is kept is bounded before it is
//! written. A hostile peer costs at most what these numbers multiply to. Assertions hold together the
//! bounds that must fit each other, across crates too: so those of the envelope and of the runtime
//! stand here as well. Pauses and patience that protect nobody stand beside the code that waits.

/// People and pieces of one recovery policy.
pub mod sharing {
    /// Trustees of one policy: the index of a share is one byte, and zero is the secret itself.
    pub const TRUSTEES: usize = 255;
    /// Bytes of a share pair as it is sealed: two scalars and what they belong to, with room.
    pub const PAIR: usize = 256;
    /// Bytes that one sealed box takes; the largest, a pair of shares, has less than [`PAIR`].
    pub const BOX_PLAIN: usize = 16 * 1024;
}

/// Identifiers and their documents.
pub mod did {
    /// Longest identifier accepted, in bytes. A `did:peer:2` with four full addresses needs about
    /// 1,800; ours with one needs about 260.
    pub const DID_BYTES: usize = 2_048;
    /// Most keys in one document. Each costs the reader a point decompression.
    pub const KEYS: usize = 8;
    /// Longest key in text: multibase, two bytes of codec and 32 of key make 48 characters.
    pub const KEY_TEXT: usize = 1 + 48;
    /// Most addresses in one endpoint: they travel in QR codes.
    pub const ADDRESSES: usize = 4;
    /// Longest address, in bytes. A relayed address with two peer ids needs about 200.
    pub const ADDRESS_BYTES: usize = 256;
    /// Longest libp2p peer id in its text form, in bytes. Ed25519 ids have 52.
    pub const PEER_ID_BYTES: usize = 64;
    /// Most routing keys and most accepted profiles in one service.
    pub const SERVICE_ITEMS: usize = 4;

    const _: () = assert!(
        (ADDRESSES * (ADDRESS_BYTES + 3) + PEER_ID_BYTES + 96) * 4 / 3 + 128 <= DID_BYTES,
        "four full addresses, their JSON and base64, two keys and the prefixes fit"
    );
}

/// What a stranger can make us read.
pub mod envelope {
    /// Longest envelope, in bytes. Default circuits of libp2p relays carry 128 KiB in both directions
    /// together; larger things travel in chunks.
    pub const ENVELOPE_BYTES: usize = 64 * 1024;
    /// Characters of a body that always fit: an envelope of [`ENVELOPE_BYTES`] less its base64 and
    /// the longest identifiers in every header (`envelope/tests/largest.rs`).
    pub const BODY_CHARS: usize = 38 * 1024;
    /// Most recipient entries, all keys of one DID (a document has at most as many keys).
    pub const RECIPIENTS: usize = super::did::KEYS;
    /// Longest message or thread id: a hyphenated UUID. Ours have 32.
    pub const ID_BYTES: usize = 36;
    /// Longest message type URI.
    pub const TYPE_BYTES: usize = 256;
    /// Most ids one message can acknowledge.
    pub const ACKS: usize = 16;
    /// Deepest nesting of arrays and objects in a body. Ours need six.
    pub const BODY_DEPTH: usize = 32;
    /// How far the clock of a sender may be ahead of ours, in seconds.
    pub const CLOCK_AHEAD: u64 = 5 * 60;
    /// How long before it expires a message may arrive, in seconds: 400 days. Agents remember the ids
    /// of messages that can still be replayed, so validity costs them storage.
    pub const VALIDITY: u64 = 400 * 24 * 60 * 60;
}

/// Messages as agents read and keep them.
pub mod message {
    use crate::time::Millis;

    /// The longest invitation link, in characters: the longest identifier in base64, twice over.
    pub const LINK: usize = 8 * 1024;
    /// The longest label, in characters: what people call each other and their secrets.
    pub const LABEL: usize = 64;
    /// Bytes of a label: a character has at most four.
    pub const LABEL_BYTES: usize = 4 * LABEL;
    /// Bytes of a ledger's or witness's card that a person pastes: a name, a DID and two keys.
    pub const CARD: usize = 4 * 1024;
    /// How long a message of ours is offered again before it is given up: longer than a holiday.
    pub const LIFETIME: Millis = Millis::seconds(30 * 86_400);
    /// How long an answer is kept for the message it answers: as long as that may be sent again.
    pub const ANSWER_LIFETIME: Millis = LIFETIME;
    /// How often a message is sent at least before its lifetime can end it: what a peer that is away
    /// is sent in some two hours. An agent that was off for a month, or whose clock jumped by one, has
    /// tried nothing in it.
    pub const TRIES: u32 = 32;
    /// Answers kept for one sender; one more, and the oldest is forgotten. An honest sender has a few
    /// messages under way at once, and asks again only for those.
    pub const ANSWERS_PER_SENDER: usize = 32;
    /// How long a reply is good for. It is read at once; the hour is for clocks that disagree.
    pub const REPLY_LIFETIME: Millis = Millis::seconds(3600);
    /// How long a question to a ledger is good for: for clocks that disagree, not for a slow network.
    pub const QUESTION_LIFETIME: Millis = Millis::seconds(3600);

    const _: () = assert!(super::did::DID_BYTES * 16 / 9 + 2 * LABEL_BYTES * 16 / 9 < LINK);
    const _: () = assert!(LIFETIME.0 / 1000 < super::envelope::VALIDITY);
    const _: () = assert!(
        ANSWER_LIFETIME.0 >= LIFETIME.0,
        "a repetition finds its answer"
    );
    const _: () = assert!(
        2 * super::queue::WAITING_PER_PEER <= ANSWERS_PER_SENDER,
        "what waits for the agent pushes out no answer that is still on its way"
    );
    const _: () = assert!(ANSWERS_PER_SENDER * 40 < super::row::VALUE);
}

/// What is stored.
pub mod row {
    /// Bytes of one row's value. The largest are a piece of a protected item and a kept entry.
    pub const VALUE: usize = 1 << 20;
    /// Bytes of a row's key: a space and an id that may hold an identifier and a message id.
    pub const KEY: usize = 4096;

    const _: () = assert!(2 * super::envelope::ENVELOPE_BYTES < VALUE);
    const _: () = assert!(super::did::DID_BYTES + super::envelope::ID_BYTES + 16 < KEY);
}

/// The ledger.
pub mod ledger {
    use crate::time::Millis;

    /// The largest record. The largest lawful one, a completion with room for owner factors, has
    /// about 2 KiB.
    pub const RECORD: usize = 16 * 1024;
    /// Signatures on a record: three today, room for m-of-n.
    pub const SIGNATURES: usize = 16;
    /// The largest log entry: a record, its time, their framing.
    pub const ENTRY: usize = RECORD + 32;
    /// Bytes of entries in one page. An offer to a witness carries two notes and a proof beside them,
    /// and base64 in the body and again in the envelope makes 16/9 of all that.
    pub const PAGE: usize = 17 * 1024;
    /// The largest checkpoint note: 16 witnesses at 220 bytes, with room.
    pub const NOTE: usize = 4 * 1024 + 512;
    /// Digests in a consistency proof. One over a log of [`LOG`] entries has 41 (RFC 6962, 2.1.2:
    /// one per level, and one).
    pub const PROOF: usize = 64;
    /// Witnesses of one log.
    pub const WITNESSES: usize = 16;
    /// Successor operators of one log.
    pub const SUCCESSORS: usize = 8;
    /// The longest name of a log or witness, in bytes.
    pub const NAME: usize = 100;
    /// The largest descriptor: keys and DIDs of operator, witnesses and successors. It travels whole,
    /// in a challenge beside an opened lane.
    pub const DESCRIPTOR: usize = 24 * 1024;
    /// Entries of one log: what an index as stored, and every size computed from it, can bear.
    pub const LOG: u64 = 1 << 40;

    /// Agents of a policy that are alive or waiting.
    pub const AGENTS: usize = 32;
    /// Agents of a policy, revoked ones included.
    pub const AGENTS_EVER: usize = 1024;
    /// Changes of one policy that wait at once.
    pub const WAITING: usize = 16;
    /// Verdicts of one approval key on one request, each a record that every reader keeps for ever: a
    /// person changes their mind a few times, a hostile key without end. The last one stands.
    pub const VERDICTS_PER_KEY: u64 = 16;

    /// Records of ours, admitted or refused, that an agent remembers with what became of them: those of
    /// every request under way at once, and of changes that wait.
    pub const OFFERS_KEPT: usize = 256;
    /// Records an operator holds for one sender, unpublished.
    pub const PENDING_PER_SENDER: usize = 64;
    /// Records an operator holds at all, unpublished.
    pub const PENDING: usize = 4096;
    /// Policies one sender may create in [`CREATION_WINDOW`].
    pub const CREATIONS_PER_SENDER: u32 = 16;
    /// Senders whose creations are counted at once; beyond, creation waits for the next window.
    pub const CREATORS: usize = 4096;
    /// The span over which creations are counted.
    pub const CREATION_WINDOW: Millis = Millis::seconds(3600);
    /// How long an offer to a witness is good for.
    pub const OFFER_LIFETIME: Millis = Millis::seconds(60);

    const _: () = assert!(ENTRY < PAGE, "a page holds at least one entry");
    const _: () = assert!(
        (PAGE + 2 * NOTE) * 4 / 3 + PROOF * 46 < super::envelope::BODY_CHARS,
        "the body of an offer leaves room for base64 and headers"
    );
    const _: () = assert!(
        LOG.ilog2() as usize + 1 < PROOF,
        "the longest proof is read"
    );
    const _: () = assert!(WITNESSES * 250 < NOTE, "a note holds every cosignature");
    const _: () = assert!(
        PENDING_PER_SENDER < PENDING,
        "one sender cannot take the queue"
    );
    const _: () = assert!(DESCRIPTOR * 4 / 3 < super::envelope::BODY_CHARS);
    const _: () = assert!(
        4 * super::trustee::SESSIONS + WAITING < OFFERS_KEPT,
        "what a session still asks about is remembered"
    );
}

/// Wallets and their backups.
pub mod backup {
    use super::{did, ledger, message, owner, sharing};

    /// Bytes of one sealed chunk. A chunk travels in one message: base64url in the body, and again in
    /// the envelope, makes 16/9 of it.
    pub const CHUNK: usize = 24 * 1024;
    /// What sealing adds to a chunk: a nonce of 24 bytes and a tag of 16.
    pub const CHUNK_OVERHEAD: usize = 24 + 16;
    /// Bytes of wallet in one chunk.
    pub const CHUNK_PLAIN: usize = CHUNK - CHUNK_OVERHEAD;
    /// The largest sum of protected items.
    pub const WALLET: usize = 16 << 20;
    /// Room for what stands in a wallet beside its items' bytes.
    pub const WALLET_OVERHEAD: usize = 1280 << 10;
    /// The most chunks a backup has.
    pub const CHUNKS: usize = (WALLET + WALLET_OVERHEAD).div_ceil(CHUNK_PLAIN);
    /// The most hosts one backup goes to: each costs a slot in every header, and a message to read
    /// it back.
    pub const HOSTS: usize = 8;
    /// How often one backup is offered to one host that loses it before it has all of it: disks are put back
    /// now and then, and not in circles. A false host has us send so many backups in vain.
    pub const OFFERS: u8 = 3;
    /// The most key slots: two recovery keys (active and waiting) for every host.
    pub const SLOTS: usize = 2 * HOSTS;
    /// Bytes of a slot's key as it is sealed to a host.
    pub const SLOT_KEY: usize = 33;
    /// Bytes of the largest header.
    pub const HEADER: usize = CHUNKS * 32 + SLOTS * 160 + 512;

    /// Bytes of a peer in a wallet: its name, its DID, an approval key, and prekeys of two keys each.
    const PEER: usize = message::LABEL_BYTES + did::DID_BYTES + 34 + owner::PREKEYS * 80 + 16;

    const _: () = assert!(OFFERS > 1, "the first one counts");
    const _: () = assert!(
        HEADER * 4 / 3 < super::envelope::BODY_CHARS,
        "a header fits"
    );
    const _: () = assert!(CHUNK * 4 / 3 < super::envelope::BODY_CHARS, "a chunk fits");
    const _: () = assert!(
        owner::PEERS * PEER
            + owner::ITEMS * (message::LABEL_BYTES + 8)
            + ledger::DESCRIPTOR
            + message::LABEL_BYTES
            + 256
            <= WALLET_OVERHEAD,
        "every trustee, host and item that an owner may have is in her wallet"
    );
    const _: () = assert!(owner::PEERS == sharing::TRUSTEES + HOSTS);
}

/// The owner's agent.
pub mod owner {
    use crate::time::Millis;

    /// The most trustees and hosts an owner has.
    pub const PEERS: usize = super::sharing::TRUSTEES + super::backup::HOSTS;
    /// The most prekeys a peer may hand over at once.
    pub const PREKEYS: usize = 8;
    /// The most protected items.
    pub const ITEMS: usize = 1000;
    /// Bytes of a protected item in one row.
    pub const ITEM_PIECE: usize = 512 << 10;
    /// How long an invitation is good for, and how long a claimant's link.
    pub const INVITATION_LIFETIME: Millis = Millis::seconds(7 * 86_400);
    /// Hosts that a claimant believes one trustee to name.
    pub const HOSTS_PER_RELEASE: usize = super::backup::HOSTS;
    /// Hosts that a claimant asks in all: lying trustees cannot push out those of honest ones, whose
    /// lists are taken in turns.
    pub const CLAIM_HOSTS: usize = 64;

    const _: () = assert!(HOSTS_PER_RELEASE < CLAIM_HOSTS);
    const _: () = assert!(ITEM_PIECE + 1024 < super::row::VALUE);
    const _: () = assert!(super::backup::WALLET.is_multiple_of(ITEM_PIECE));
}

/// Custody proofs.
pub mod custody {
    /// Past rounds kept of each trustee: a season, in which a share that goes missing now and then is
    /// seen; 255 trustees' rows stay below those of the deal.
    pub const ROUNDS: usize = 16;

    const _: () = assert!(
        super::sharing::TRUSTEES <= u16::MAX as usize,
        "a round counts them"
    );
}

/// The trustee's agent.
pub mod trustee {
    /// Owners whose shares or backups one agent keeps.
    pub const WARDS: usize = 16 * 1024;
    /// Invitations that wait for the person: more is no choice, it is spam.
    pub const INVITATIONS: usize = 64;
    /// Recovery requests under way at once.
    pub const SESSIONS: usize = 32;
    /// Deals that wait at once, of one author and owner. One is on its way; one more, because an
    /// owner may begin anew without knowing what the ledger made of the first.
    pub const PENDING_PER_AUTHOR: usize = 2;
    /// Deals kept at all for one owner.
    pub const DEALS: usize = 16;
    /// Prekeys that travel with the acceptance: for the first deal and for the next.
    pub const PREKEYS_AHEAD: u32 = 2;
    /// Hosts that a deal names.
    pub const HOSTS: usize = super::backup::HOSTS;
    /// Backups of one author that no ledger record names yet: the one being replaced and its
    /// successor.
    pub const UNANCHORED_PER_AUTHOR: usize = 2;
    /// Backups of one owner, anchored or not: bounds the disk an owner can take to six wallets.
    pub const BACKUPS_PER_OWNER: usize = 6;
    /// Lines of history kept. A person acts a few times a year; a hostile peer can push out its own
    /// past only.
    pub const HISTORY: u64 = 4096;
    /// Places for evidence against each owner; a later piece may take the place of an earlier one.
    pub const EVIDENCE: u64 = 4;

    const _: () = assert!(PENDING_PER_AUTHOR < DEALS && UNANCHORED_PER_AUTHOR < BACKUPS_PER_OWNER);
    const _: () = assert!(PREKEYS_AHEAD as usize <= super::owner::PREKEYS);
}

/// Sockets.
pub mod network {
    use core::time::Duration;

    /// Largest message on a stream, in bytes.
    pub const FRAME: usize = super::envelope::ENVELOPE_BYTES;
    /// Bytes of the length in front of a message: as many as [`FRAME`] needs as an unsigned varint.
    pub const FRAME_HEADER: usize = 3;
    /// How long one message and its answer may take, dialling included. Longer than a commit on a
    /// slow disk, shorter than a person's patience.
    pub const EXCHANGE: Duration = Duration::from_secs(10);
    /// How long a message may take to arrive once its stream is there; the rest of [`EXCHANGE`] is for
    /// the answer.
    pub const ARRIVAL: Duration = Duration::from_secs(7);
    /// How long a connection lives on without a stream: one conversation's pauses, not longer.
    pub const IDLE: Duration = Duration::from_secs(60);

    /// Connections in all, either way: 255 trustees and hosts, as many strangers, and those that
    /// leave.
    pub const CONNECTIONS: u32 = 576;
    /// Connections that others opened; below [`CONNECTIONS`], so that strangers can never use up the
    /// room for our own. The next one comes in, and one of these leaves.
    pub const CONNECTIONS_IN: u32 = 256;
    /// Connections that others opened and that were told to leave: closing takes a moment.
    pub const CONNECTIONS_LEAVING: u32 = 64;
    /// How long one of them may take: beyond it the peer reads nothing, and the last word is not said.
    pub const LEAVING: Duration = Duration::from_secs(2);
    /// Connections that we opened.
    pub const CONNECTIONS_OUT: u32 = 256;
    /// Connections to one peer: both sides may dial at the same time, each perhaps twice.
    pub const CONNECTIONS_PER_PEER: u32 = 4;
    /// Connections that we are setting up.
    pub const CONNECTIONS_PENDING: u32 = 64;
    /// Connections that others are setting up. A handshake holds a socket, a few KiB and a key
    /// agreement; the next one comes in, and one of these leaves.
    pub const HANDSHAKES: usize = 128;
    /// How long others may take to set up a connection: four round trips on a very slow link.
    pub const HANDSHAKE: Duration = Duration::from_secs(5);
    /// Streams one connection may hold: the messages of [`STREAMS`] and those of identify and ping.
    pub const YAMUX_STREAMS: usize = 64;
    /// Messages under way on one connection, both directions together.
    pub const STREAMS: usize = 32;
    /// Streams of one connection that have not agreed on a protocol.
    pub const STREAMS_NEGOTIATING: usize = 32;
    /// The process takes no new connections above this memory, in bytes.
    pub const MEMORY: usize = 1 << 30;

    const _: () = assert!(FRAME < 1 << (7 * FRAME_HEADER));
    const _: () = assert!(
        2 * (FRAME + FRAME_HEADER) <= 132 * 1024,
        "a question and its answer fit through one relayed circuit"
    );
    const _: () = assert!(CONNECTIONS_IN + CONNECTIONS_LEAVING + CONNECTIONS_OUT <= CONNECTIONS);
    const _: () = assert!(HANDSHAKE.as_millis() < EXCHANGE.as_millis());
    const _: () = assert!(ARRIVAL.as_millis() < EXCHANGE.as_millis());
    const _: () = assert!(STREAMS < YAMUX_STREAMS && STREAMS_NEGOTIATING <= YAMUX_STREAMS);
}

/// What waits in the process, for the agent or for the network.
pub mod queue {
    /// Messages of one peer that wait for the agent; what exceeds it is dropped and sent again by an
    /// honest sender's outbox.
    pub const WAITING_PER_PEER: usize = 16;
    /// Messages of one peer that wait for the agent while it was never answered: the first of an
    /// honest outbox, which is answered within milliseconds.
    pub const WAITING_PER_STRANGER: usize = 8;
    /// Messages of all peers that wait for the agent.
    pub const WAITING: usize = 256;
    /// Those of them that may be of peers that were never answered.
    pub const WAITING_STRANGERS: usize = 128;
    /// Inputs that share one flush.
    pub const GROUP: usize = 64;
    /// Messages of ours under way at the same time; each holds one frame at most.
    pub const SENDING: usize = 64;
    /// Messages of ours that are under way or wait for their turn; what exceeds it stays in the
    /// outbox.
    pub const SENDING_OR_WAITING: usize = 1024;
    /// Questions to ledgers under way at the same time; one for each log and kind of question.
    pub const ASKING: usize = 32;
    /// Hosts that one question to a ledger names at most: the operator and the witnesses.
    pub const LEDGER_HOSTS: usize = 16;

    const _: () = assert!(WAITING_PER_PEER * 2 <= WAITING && GROUP <= WAITING);
    const _: () = assert!(WAITING_PER_STRANGER < WAITING_PER_PEER);
    const _: () = assert!(WAITING_STRANGERS * 2 <= WAITING, "others have half of it");
    const _: () = assert!(SENDING <= SENDING_OR_WAITING);
    const _: () = assert!(
        (WAITING + SENDING_OR_WAITING) * super::network::FRAME < super::network::MEMORY / 4,
        "full queues leave most of the memory"
    );
    const _: () = assert!(SENDING_OR_WAITING >= 2 * super::owner::PEERS);
}

/// What strangers can make us write into the log.
pub mod log {
    use core::time::Duration;

    /// Lines that the log has for one reason code in one [`REFUSAL_WINDOW`]; what exceeds it is
    /// counted.
    pub const REFUSAL_LINES: u32 = 8;
    /// How long those lines must do.
    pub const REFUSAL_WINDOW: Duration = Duration::from_secs(60);
    /// Reason codes that are counted; there are fewer.
    pub const REFUSAL_CODES: usize = 256;
}

/// The person's side: the local API, files and prompts.
pub mod local {
    use core::time::Duration;

    /// Requests on the local API that wait for the agent.
    pub const WAITING: usize = 64;
    /// Bytes of one request on the local API: a wallet as base64 in JSON, with room.
    pub const BODY: usize = 32 << 20;
    /// Hints kept for a listener that is slow; one that falls further behind is told so.
    pub const EVENTS: usize = 256;
    /// Bytes of one hint, which is a few sentences.
    pub const EVENT: usize = 64 * 1024;
    /// Bytes of a passphrase.
    pub const PASSPHRASE: usize = 1024;
    /// Bytes of a small file or a line that a person hands over.
    pub const TEXT: usize = 64 * 1024;
    /// How long an agent may read its own rows for `doctor`: others wait meanwhile. A store of a
    /// hundred owners is read in it; a larger one is read whole by `doctor` without a running agent.
    pub const EXAMINING: Duration = Duration::from_secs(1);
    /// Whom `doctor` asks at the same time.
    pub const PROBING: usize = 32;
    /// How long everyone together may take to answer `doctor`: as long as a person looks at a screen
    /// that does nothing.
    pub const PROBING_TIME: Duration = Duration::from_secs(20);
    /// Bytes of a path of a unix socket: 104 with the final zero on the strictest system.
    pub const SOCKET_PATH: usize = 100;

    const _: () = assert!(PROBING <= super::queue::SENDING);
    const _: () = assert!(super::backup::WALLET * 4 / 3 < BODY);
    const _: () = assert!(super::message::LINK < TEXT && super::ledger::DESCRIPTOR < TEXT);
}

/// The store on the disk, and its key.
pub mod store {
    /// Bytes of one piece of a stored row. Pages of the store stay below a quarter of [`SEGMENT`],
    /// because beyond it sled writes files of their own that nobody syncs.
    pub const PIECE: usize = 16 * 1024;
    /// Bytes of one segment of the store's file.
    pub const SEGMENT: usize = 2 << 20;
    /// Rows on one page of the store before sled splits it, merges counted.
    const PAGE_ROWS: usize = 24;
    /// Bytes of the store's page cache.
    pub const CACHE: u64 = 32 << 20;
    /// Bytes of the file that counts acknowledged flushes: two counts, each with its digest.
    pub const MARK: usize = 2 * (8 + 32);
    /// Memory that deriving a key may take, in KiB: a foreign keystore file could otherwise ask for
    /// all there is.
    pub const KEYSTORE_KIB: u32 = 1 << 20;
    /// Passes of that derivation: it could ask for years, too.
    pub const KEYSTORE_PASSES: u32 = 64;
    /// Lanes of that derivation.
    pub const KEYSTORE_LANES: u32 = 16;
    /// Bytes that are read of who holds the lock: the digits of a process id, with room.
    pub const LOCK_NOTE: u64 = 20;
    /// Bytes of the first frame of an export, the small files of the home in it: names and a command.
    pub const EXPORT_MANIFEST: usize = 256 * 1024;
    /// Bytes of the note that an agent was exported: a path, a digest, a time.
    pub const DEPARTED: usize = 16 * 1024;

    const _: () = assert!(PAGE_ROWS * (PIECE + super::row::KEY) < SEGMENT / 4);
    const _: () = assert!(EXPORT_MANIFEST < super::row::VALUE);
}

/// The timer.
pub mod timer {
    use core::time::Duration;

    /// Longest pause: a wall clock that jumps is noticed within it.
    pub const LONGEST_NAP: Duration = Duration::from_secs(30);
    /// Shortest pause between two deadlines, so that an agent whose deadline stands still cannot
    /// make the loop spin.
    pub const SHORTEST_NAP: Duration = Duration::from_millis(20);

    const _: () = assert!(SHORTEST_NAP.as_millis() < LONGEST_NAP.as_millis());
}
