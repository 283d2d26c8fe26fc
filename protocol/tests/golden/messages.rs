//! Every message round-trips and has pinned bytes (B14, C1).

use std::collections::BTreeSet;

use kith_protocol::did::Did;
use kith_protocol::message::{Body, Outgoing, Received};
use serde_json::Value;

use crate::people::person;
use crate::pinned::{self, Files};
use crate::samples::all;
use crate::scene::NOW;

/// The names of all variants. The match has no arm for others, so a new message does not compile
/// before it stands here, and what stands here needs a sample.
macro_rules! variants {
    ($($variant:ident)*) => {
        const VARIANTS: &[&str] = &[$(stringify!($variant)),*];

        fn variant(body: &Body) -> &'static str {
            match body { $(Body::$variant(_) => stringify!($variant),)* }
        }
    };
}

variants! {
    Ping PingResponse Problem Empty
    SetupAccept SetupAck SetupDecline SetupResign SetupRenew
    WordsReveal WordsConfirm WordsMismatch
    ShareStore ShareStored ShareCommit ShareCommitted ShareChallenge ShareProof
    ShareDelete ShareDeleted
    RecoveryChallenge RecoveryRequest RecoveryPending RecoveryRelease RecoveryReleased RecoveryDeny
    AlertVeto AlertVetoAck
    LedgerAppend LedgerAppended LedgerEntries LedgerPage LedgerCosign LedgerCosigned
    BackupPut BackupExtend BackupChunkPut BackupWanted BackupStored
    BackupGet BackupHead BackupChunkGet BackupChunk BackupKeyGet BackupKey BackupAudit
}

#[test]
fn every_message_has_a_sample_and_no_two_share_a_file() {
    let samples = all();
    let shown: BTreeSet<_> = samples.iter().map(|sample| variant(&sample.body)).collect();
    assert_eq!(shown, VARIANTS.iter().copied().collect());
    let files: BTreeSet<_> = samples.iter().map(|sample| sample.file()).collect();
    assert_eq!(files.len(), samples.len());
}

/// B14: what agents say to each other is pinned, and a file without a sample does not exist.
#[test]
fn every_message_has_its_pinned_bytes() {
    let files: Files = all()
        .iter()
        .map(|sample| {
            let mut line = sample.body.to_json();
            line.push(b'\n');
            (sample.file(), line)
        })
        .collect();
    pinned::compare("messages", &files);
}

/// C1: read back it is the same message, from its bytes and from its body.
#[test]
fn every_message_comes_back_from_its_bytes() {
    for sample in all() {
        let json = sample.body.to_json();
        assert_eq!(Body::from_json(&json).as_ref(), Some(&sample.body));
        let body = Body::from_value(sample.body.typ(), sample.body.to_value());
        assert_eq!(body.as_ref(), Ok(&sample.body));
    }
}

/// C1: nothing of it is lost on the way through the headers that the envelope carries.
#[test]
fn every_message_comes_back_from_its_plaintext() {
    for sample in all() {
        let outgoing = Outgoing {
            id: "0123456789abcdef0123456789abcdef".into(),
            from: person("Alice").did().clone(),
            to: person("Bob").did().clone(),
            thid: Some("thread".into()),
            pthid: Some("parent".into()),
            expires: NOW,
            body: sample.body,
        };
        let expected = received(&outgoing);
        assert_eq!(Received::read(outgoing.plaintext(NOW)), Ok(expected));
    }
}

fn received(sent: &Outgoing) -> Received {
    let copy = |did: &Did| did.clone();
    Received {
        from: copy(&sent.from),
        to: copy(&sent.to),
        id: sent.id.clone(),
        thid: sent.thid.clone(),
        pthid: sent.pthid.clone(),
        body: sent.body.clone(),
    }
}

/// The body of a message is an object, as DIDComm says, even where it says nothing.
#[test]
fn every_body_is_an_object() {
    for sample in all() {
        assert!(
            matches!(sample.body.to_value(), Value::Object(_)),
            "{}",
            sample.file()
        );
    }
}
