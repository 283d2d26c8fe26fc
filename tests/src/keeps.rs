//! What a home keeps that nobody else may ever see, read out of its store: keys, shares, the wallet
//! encryption key. Rows are taken apart by the layout in which they stand (storage.md, "Rows"), because
//! their types are private: each is decoded whole by the layout that is written down here, and what its id
//! or another part of it says is compared, so that a row that changes is noticed by every search.
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use kith_protocol::bytes::Digest;
use kith_protocol::codec;
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::keys::role::{
    AgentPolicy, Approval, LedgerOperator, LedgerWitness, ShareSealing,
};
use kith_protocol::keys::{AgreementSecret, SigningKey};
use kith_protocol::ledger::Descriptor;
use kith_protocol::record::{self, Key, Records as _, Space};
use kith_protocol::secret::SecretBytes;
use kith_protocol::share_pair::SharePair;
use kith_runtime::keystore::WalletKey;
use kith_runtime::store::{Store, StoreError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How long a killed process may take to let go of its store.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked whether it has.
const PACE: Duration = Duration::from_millis(50);
/// Bytes of a key, a seed, a digest.
const WORD: usize = 32;
/// Bytes of a ward's id.
const WARD: usize = 16;
/// Bytes of a pair of shares: an index and a scalar, twice.
const PAIR: usize = 66;

/// A secret and what it is.
pub type Secret = (&'static str, Vec<u8>);

/// The secrets of the home in `dir`; none where nothing was set up.
///
/// # Panics
/// When the store cannot be opened, or a row is not laid out as this module knows it.
#[must_use]
pub fn secrets(dir: &Path, passphrase: &[u8]) -> Vec<Secret> {
    let Ok(keystore) = fs::read(dir.join("keystore")) else {
        return Vec::new();
    };
    let Some(key) = wallet_key(&keystore, passphrase) else {
        return Vec::new();
    };
    let mut found = vec![("the wallet encryption key", key.to_vec())];
    if dir.join("store").exists() {
        found.extend(rows(&opened(&dir.join("store"), key)));
    }
    found
}

/// The connections of the owner whose home is in `dir`: her DID with its keys, and the other side's.
///
/// # Panics
/// As [`secrets`], and where there is no home.
#[must_use]
pub fn connections(dir: &Path, passphrase: &[u8]) -> Vec<(LocalDid, Did)> {
    let keystore = fs::read(dir.join("keystore")).expect("a home");
    let key = wallet_key(&keystore, passphrase).expect("its passphrase");
    let store = opened(&dir.join("store"), key);
    let peers = store.scan(Key::new(Space::Trustee, &[]).as_bytes());
    let connection = |row: &[u8]| {
        let mut dids = dids(row).into_iter();
        let ours = record::load::<LocalDid>(&store, dids.next()?.as_str().as_bytes());
        Some((ours.expect("a row that can be read")?, dids.next()?))
    };
    peers
        .iter()
        .filter_map(|(_, row)| connection(row))
        .collect()
}

/// The identifiers in a row, each behind its length. One with an address takes more than 127 bytes, so
/// that takes two.
fn dids(row: &[u8]) -> Vec<Did> {
    const START: &[u8] = b"did:peer:2";
    let places = 2..row.len().saturating_sub(START.len());
    let begin = places.filter(|at| row[*at..].starts_with(START));
    let text = |at: usize| {
        let length = usize::from(row[at - 2] & 0x7f) | usize::from(row[at - 1]) << 7;
        std::str::from_utf8(row.get(at..at + length)?).ok()
    };
    begin
        .filter_map(text)
        .filter_map(|text| Did::parse(text).ok())
        .collect()
}

/// Every kind of secret that homes keep: what a whole recovery leaves on the disks of all who had a part
/// in it is searched for each.
pub const KINDS: [&str; 12] = [
    "the wallet encryption key",
    "the node's key",
    "a DID's signing key",
    "a DID's agreement key",
    "the owner's agent key",
    "the link secret",
    "a share that decrypts",
    "a share that signs",
    "an approval key",
    "a share's sealing key",
    "an operator's key",
    "a witness's key",
];

/// Every row of the home in `dir`, opened: the space, then the value.
///
/// # Panics
/// When the store cannot be opened or read.
#[must_use]
pub fn rows_of(dir: &Path, passphrase: &[u8]) -> Vec<Vec<u8>> {
    let keystore = fs::read(dir.join("keystore")).expect("a keystore");
    let key = wallet_key(&keystore, passphrase).expect("its passphrase");
    let store = opened(&dir.join("store"), key);
    let rows = store.scan(&[]).into_iter();
    let rows = rows.map(|(key, row)| [&key.as_bytes()[..1], &row[..]].concat());
    let rows = rows.collect();
    store.check().expect("rows that can be read");
    rows
}

/// By the format that storage.md describes.
fn wallet_key(keystore: &[u8], passphrase: &[u8]) -> Option<[u8; WORD]> {
    let (header, rest) = keystore.split_at_checked(1 + 3 * 4 + 16)?;
    let number = |at: usize| {
        Some(u32::from_le_bytes(
            *header.get(1 + 4 * at..)?.first_chunk()?,
        ))
    };
    let params = Params::new(number(0)?, number(1)?, number(2)?, Some(WORD)).ok()?;
    let mut wrapping = [0; WORD];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase, &header[13..], &mut wrapping)
        .ok()?;
    let (nonce, wrapped) = rest.get(..24 + WORD + 16)?.split_at(24);
    let payload = Payload {
        msg: wrapped,
        aad: header,
    };
    let nonce = XNonce::try_from(nonce).ok()?;
    let key = XChaCha20Poly1305::new((&wrapping).into()).decrypt(&nonce, payload);
    key.ok()?.try_into().ok()
}

/// Waits for a process that was just killed.
fn opened(path: &Path, key: [u8; WORD]) -> Store {
    let began = Instant::now();
    loop {
        match Store::open(path, &WalletKey::from_bytes(key)) {
            Ok(store) => return store,
            Err(StoreError::InUse { .. }) if began.elapsed() < PATIENCE => thread::sleep(PACE),
            Err(error) => panic!("a test's store: {error}"),
        }
    }
}

fn rows(store: &Store) -> Vec<Secret> {
    let mut found = Vec::new();
    for (space, read) in [
        (
            Space::LocalDid,
            local_did as fn(&[u8], &[u8]) -> Vec<Secret>,
        ),
        (Space::Identity, identity),
        (Space::Custody, custody),
        (Space::Prekey, prekey),
        (Space::Operator, operator),
        (Space::Runtime, node),
    ] {
        for (key, row) in store.scan(Key::new(space, &[]).as_bytes()) {
            found.extend(read(&key.as_bytes()[1..], &row));
        }
    }
    found
}

/// This many bytes at this place.
fn at(row: &[u8], place: usize, length: usize) -> Vec<u8> {
    let bytes = row.get(place..place + length);
    bytes
        .expect("a row of the layout that this module knows")
        .to_vec()
}

fn local_did(id: &[u8], row: &[u8]) -> Vec<Secret> {
    let local: LocalDid = codec::decode(1, row, row.len()).expect("a DID with its secrets");
    assert_eq!(local.did().as_str().as_bytes(), id);
    let end = row.len();
    let signing = at(row, end - 2 * WORD, WORD);
    assert_eq!(signing, *local.signing().expose_seed());
    vec![
        ("a DID's signing key", signing),
        ("a DID's agreement key", at(row, end - WORD, WORD)),
    ]
}

/// As `owner/identity.rs` lays it out.
#[derive(Serialize, Deserialize)]
struct IdentityRow {
    name: String,
    policy: Digest,
    log: Digest,
    agent: SigningKey<AgentPolicy>,
    link_secret: SecretBytes<WORD>,
    sequence: u64,
    head: Digest,
}

/// As `trustee/roles.rs` does.
#[derive(Serialize, Deserialize)]
struct SeatRow {
    key: SigningKey<LedgerWitness>,
    did: Did,
    logs: Vec<Digest>,
}

/// As `trustee/prekey.rs` does.
#[derive(Serialize, Deserialize)]
struct PrekeyRow {
    ward: [u8; WARD],
    number: u32,
    approval: SigningKey<Approval>,
    sealing: Option<AgreementSecret<ShareSealing>>,
}

/// As `ledger/operator/rows.rs` does.
#[derive(Serialize, Deserialize)]
struct OperatorRow {
    log: Digest,
    descriptor: Descriptor,
    key: SigningKey<LedgerOperator>,
}

/// As the runtime's `node.rs` does.
#[derive(Serialize, Deserialize)]
struct NodeRow {
    seed: [u8; WORD],
    listen: Option<String>,
}

/// A row laid out otherwise does not decode, or would not be found where its own id says.
fn decoded<T: Serialize + DeserializeOwned>(row: &[u8], what: &str) -> T {
    let decoded = codec::decode(1, row, row.len());
    decoded.unwrap_or_else(|error| panic!("{what} is laid out otherwise now: {error}"))
}

/// The owner's identity has no id; a witness's seat has.
fn identity(id: &[u8], row: &[u8]) -> Vec<Secret> {
    if !id.is_empty() {
        let seat: SeatRow = decoded(row, "a witness's seat");
        return vec![("a witness's key", seat.key.expose_seed().to_vec())];
    }
    let own: IdentityRow = decoded(row, "an identity");
    vec![
        ("the owner's agent key", own.agent.expose_seed().to_vec()),
        ("the link secret", own.link_secret.expose().to_vec()),
    ]
}

fn custody(id: &[u8], row: &[u8]) -> Vec<Secret> {
    assert_eq!(
        row[1..=WARD],
        id[..WARD],
        "a share's owner stands elsewhere"
    );
    let epoch = 1 + WARD;
    let pair = at(row, epoch + varint(&row[epoch..]) + WORD + 1, PAIR);
    let read = codec::decode::<SharePair>(1, &[&[1], &pair[..]].concat(), PAIR + 1);
    assert!(
        read.is_ok(),
        "a pair of shares stands elsewhere in its row now"
    );
    vec![
        ("a share that decrypts", at(&pair, 1, WORD)),
        ("a share that signs", at(&pair, WORD + 2, WORD)),
    ]
}

fn prekey(id: &[u8], row: &[u8]) -> Vec<Secret> {
    let prekey: PrekeyRow = decoded(row, "a prekey");
    let own = [&prekey.ward[..], &prekey.number.to_be_bytes()].concat();
    assert_eq!(own, id, "a prekey's number stands elsewhere");
    let mut found = vec![("an approval key", prekey.approval.expose_seed().to_vec())];
    let sealing = prekey.sealing.iter();
    found.extend(sealing.map(|key| ("a share's sealing key", key.expose_seed().to_vec())));
    found
}

/// Of the operator's rows the one of the log, whose id begins with zero, holds the key.
fn operator(id: &[u8], row: &[u8]) -> Vec<Secret> {
    if id.first() != Some(&0) {
        return Vec::new();
    }
    let own: OperatorRow = decoded(row, "an operator's row");
    let public = own.key.verifying_key();
    assert!(
        own.descriptor.operator.key == public,
        "an operator's key is another one"
    );
    vec![("an operator's key", own.key.expose_seed().to_vec())]
}

fn node(id: &[u8], row: &[u8]) -> Vec<Secret> {
    if id != b"node" {
        return Vec::new();
    }
    let own: NodeRow = decoded(row, "the node's row");
    let is_address = own.listen.iter().all(|listen| listen.starts_with("/ip"));
    assert!(is_address, "the node's address stands elsewhere");
    vec![("the node's key", own.seed.to_vec())]
}

/// How many bytes a number takes.
fn varint(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| **byte >= 0x80).count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_protocol::record::Batch;
    use kith_runtime::keystore::{Cost, create};
    use kith_runtime::passphrase::Passphrase;

    #[test]
    fn the_keys_of_a_home_are_found_by_its_passphrase_and_by_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pass");
        fs::write(&file, "orbit velvet candy").unwrap();
        let cost = Cost {
            memory_kib: 64,
            passes: 1,
            lanes: 1,
        };
        let passphrase = Passphrase::from_file(&file).unwrap();
        let key = create(&dir.path().join("keystore"), &passphrase, cost).unwrap();
        let store = Store::open(&dir.path().join("store"), &key).unwrap();
        let local = LocalDid::generate_did_key(&mut rand::rng());
        let mut batch = Batch::default();
        batch.put(&local);
        store.apply(&batch).unwrap();
        store.flush().unwrap();
        drop(store);
        let found = secrets(dir.path(), b"orbit velvet candy");
        assert_eq!(found.len(), 3);
        assert!(
            found
                .iter()
                .any(|(_, secret)| *secret == *local.signing().expose_seed())
        );
        assert!(secrets(dir.path(), b"another").is_empty());
    }
}
