//! A whole backup, opened from what was pinned and nothing else (K3, K9).

use kith_protocol::backup::{BackupHeader, SlotKey, Wallet, container, supplement, supplements};
use kith_protocol::codec;
use kith_protocol::keys::RecoverySecret;
use kith_protocol::message::share::Commitments;
use kith_protocol::share_pair::SharePair;
use kith_protocol::vss::{Decrypt, Share};
use serde_json::{Value, json};

use crate::people::rng;
use crate::pinned::{self, Files, bytes_of, hex_of, readable};
use crate::scene::{Scene, changes, scene, wallet};

const LIMIT: usize = 64 * 1024;

fn shown(scene: &Scene) -> Value {
    let backup = &scene.backup;
    let shares = scene.pairs.iter().take(3);
    let wallet = wallet(&scene.descriptor, scene.policy);
    json!({
        "commitments": hex_of(codec::encode(1, &scene.commitments)),
        "shares": shares.map(|pair| hex_of(&*codec::encode_secret(1, pair))).collect::<Vec<_>>(),
        "slot_key": hex_of(&*codec::encode_secret(1, &backup.slot_keys[0])),
        "header": hex_of(backup.header.to_bytes()),
        "digest": hex_of(backup.header.digest()),
        "chunks": backup.chunks.iter().map(hex_of).collect::<Vec<_>>(),
        "wallet": hex_of(&*codec::encode_secret(1, &wallet)),
    })
}

/// K3, B14: header, chunks, slot key, shares and wallet as bytes; and a supplement (decision 0038).
#[test]
fn a_backup_and_its_supplement_are_pinned() {
    let scene = scene();
    let files: Files = [
        ("backup.json".into(), readable(&shown(&scene))),
        (
            "supplement.json".into(),
            readable(&shown_supplement(&scene)),
        ),
    ]
    .into();
    pinned::compare("backup", &files);
}

/// K9, K3: three shares and one host's key open a backup that was made long ago; nothing else of the
/// owner is needed.
#[test]
fn a_backup_made_long_ago_still_opens() {
    let pinned = pinned::json("backup/backup.json");
    let header = BackupHeader::read(&bytes_of(&pinned["header"])).unwrap();
    assert_eq!(header.digest().0.as_slice(), bytes_of(&pinned["digest"]));
    let chunks: Vec<_> = list(&pinned["chunks"]).collect();
    let host: SlotKey = codec::decode(1, &bytes_of(&pinned["slot_key"]), LIMIT).unwrap();
    let opened = container::unseal(&header, &chunks, &rebuilt(&pinned), &host);
    let opened: Wallet = opened.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        *codec::encode_secret(1, &opened),
        bytes_of(&pinned["wallet"])
    );
    assert_eq!(opened.items[0].data, "Grüße an alle".as_bytes());
}

fn list(value: &Value) -> impl Iterator<Item = Vec<u8>> {
    value.as_array().unwrap().iter().map(bytes_of)
}

fn rebuilt(pinned: &Value) -> RecoverySecret<Decrypt> {
    let commitments = bytes_of(&pinned["commitments"]);
    let commitments: Commitments = codec::decode(1, &commitments, LIMIT).unwrap();
    let pair = |bytes: Vec<u8>| codec::decode::<SharePair>(1, &bytes, LIMIT).unwrap();
    let shares: Vec<Share<Decrypt>> = list(&pinned["shares"]).map(|b| pair(b).decrypt).collect();
    let opened = commitments.open(3).unwrap();
    let checked = opened.decrypt.verify_all(&shares, &mut rng("verify"));
    assert!(checked.rejected.is_empty());
    RecoverySecret::reconstruct(&checked.verified).unwrap()
}

fn shown_supplement(scene: &Scene) -> Value {
    let supplement = scene.supplement();
    let base = scene.backup.header.digest();
    json!({
        "data_key": hex_of(&*codec::encode_secret(1, &scene.data_key)),
        "header": hex_of(supplement.header.to_bytes()),
        "digest": hex_of(supplement.header.digest()),
        "chunks": supplement.chunks.iter().map(hex_of).collect::<Vec<_>>(),
        "supplement": hex_of(&*codec::encode_secret(2, &changes(base))),
    })
}

/// K9: what opens the backup opens a supplement that was made long ago.
#[test]
fn a_supplement_made_long_ago_still_opens() {
    let (backup, pinned) = (
        pinned::json("backup/backup.json"),
        pinned::json("backup/supplement.json"),
    );
    let base = BackupHeader::read(&bytes_of(&backup["header"])).unwrap();
    let header = BackupHeader::read(&bytes_of(&pinned["header"])).unwrap();
    assert!(supplements(&header, &base));
    let host: SlotKey = codec::decode(1, &bytes_of(&backup["slot_key"]), LIMIT).unwrap();
    let data_key = container::data_key(&base, &rebuilt(&backup), &host).unwrap();
    let chunks: Vec<_> = list(&pinned["chunks"]).collect();
    let opened = supplement::open((&header, &chunks), &base.digest(), &data_key);
    let opened = opened.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(opened.items[0].data, b"changed since");
    assert_eq!(opened.removed, ["old key"]);
}
