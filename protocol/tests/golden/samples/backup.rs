//! backup.

use kith_protocol::backup::slot::{put_context, release_context};
use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::keys::labels;
use kith_protocol::message::Body;
use kith_protocol::message::backup::{
    Audit, Chunk, ChunkGet, ChunkPut, Extend, Get, Head, Key, KeyGet, Newest, Put, Stored, Wanted,
};
use kith_protocol::message::setup::Prekey;
use kith_protocol::message::share::Authority;

use super::{Sample, case, plain};
use crate::people::{person, prekey, rng};
use crate::scene::Scene;

pub(super) fn samples(scene: &Scene) -> Vec<Sample> {
    let mut samples = storing(scene);
    samples.extend(fetching(scene));
    samples
}

fn storing(scene: &Scene) -> Vec<Sample> {
    let backup = scene.backup.header.digest();
    vec![
        plain(Body::BackupPut(put(scene))),
        case("by-claimant", Body::BackupPut(put_by_claimant(scene))),
        plain(Body::BackupExtend(extend(scene))),
        plain(Body::BackupChunkPut(ChunkPut {
            backup,
            index: 0,
            data: Blob(scene.backup.chunks[0].clone()),
        })),
        plain(Body::BackupWanted(Wanted { backup, index: 1 })),
        plain(Body::BackupStored(stored(backup))),
        case("with-spare", Body::BackupStored(stored_with_spare(backup))),
    ]
}

fn fetching(scene: &Scene) -> Vec<Sample> {
    let policy = scene.policy;
    let backup = scene.backup.header.digest();
    let request = scene.request().id();
    let get = |before| {
        Body::BackupGet(Get {
            policy,
            request,
            before,
            named: None,
        })
    };
    vec![
        plain(get(None)),
        case("before", get(Some(7))),
        plain(Body::BackupHead(Head {
            header: Blob(scene.backup.header.to_bytes()),
            newest: None,
        })),
        case("supplement", get_supplement(scene)),
        case("supplemented", supplemented(scene)),
        plain(Body::BackupChunkGet(ChunkGet {
            backup,
            request,
            index: 0,
        })),
        plain(Body::BackupChunk(Chunk {
            index: 0,
            data: Blob(scene.backup.chunks[0].clone()),
        })),
        plain(Body::BackupKeyGet(KeyGet { backup, request })),
        plain(Body::BackupAudit(Audit { backup, index: 1 })),
        plain(Body::BackupKey(key(scene, None))),
        case(
            "with-prekey",
            Body::BackupKey(key(scene, Some(prekey("Heidi", 2)))),
        ),
    ]
}

fn get_supplement(scene: &Scene) -> Body {
    Body::BackupGet(Get {
        policy: scene.policy,
        request: scene.request().id(),
        before: None,
        named: Some(scene.supplement().header.digest()),
    })
}

/// The backup, and that there is a supplement of it.
fn supplemented(scene: &Scene) -> Body {
    let later = scene.supplement().header;
    Body::BackupHead(Head {
        header: Blob(scene.backup.header.to_bytes()),
        newest: Some(Newest {
            backup: later.digest(),
            sequence: later.draft.sequence,
        }),
    })
}

/// A supplement to Heidi.
fn extend(scene: &Scene) -> Extend {
    let authority = |signed: &[u8]| Authority::Agent {
        key: scene.agent.verifying_key(),
        signature: scene.agent.sign(labels::BACKUP_EXTEND, signed),
    };
    let unsigned = Extend {
        policy: scene.policy,
        base: scene.backup.header.digest(),
        header: Blob(scene.supplement().header.to_bytes()),
        authority: authority(b""),
    };
    Extend {
        authority: authority(&unsigned.signed_bytes()),
        ..unsigned
    }
}

fn unsigned(scene: &Scene) -> Put {
    let context = put_context(&scene.backup.header.digest());
    let prekey = prekey("Heidi", 0);
    let slot_key = scene.backup.slot_keys[0].seal(&prekey.sealing, &context, &mut rng("put"));
    Put {
        policy: scene.policy,
        header: Blob(scene.backup.header.to_bytes()),
        prekey: prekey.number,
        slot_key: slot_key.unwrap(),
        authority: Authority::Agent {
            key: scene.agent.verifying_key(),
            signature: scene.agent.sign(labels::BACKUP_PUT, b""),
        },
    }
}

/// The backup to Heidi, signed by the owner's agent.
pub(crate) fn put(scene: &Scene) -> Put {
    let put = unsigned(scene);
    let authority = Authority::Agent {
        key: scene.agent.verifying_key(),
        signature: scene.agent.sign(labels::BACKUP_PUT, &put.signed_bytes()),
    };
    Put { authority, ..put }
}

fn put_by_claimant(scene: &Scene) -> Put {
    let put = unsigned(scene);
    let signature = scene
        .claimant()
        .sign(labels::BACKUP_PUT, &put.signed_bytes());
    let authority = Authority::Claimant {
        request: scene.request().id(),
        signature,
    };
    Put { authority, ..put }
}

/// Heidi's receipt.
pub(crate) fn stored(backup: Digest) -> Stored {
    let signed = Stored::signed_bytes(&backup);
    Stored {
        backup,
        signature: person("Heidi").sign_evidence(labels::BACKUP_RECEIPT, &signed),
        next: prekey("Heidi", 1),
        spare: Vec::new(),
    }
}

fn stored_with_spare(backup: Digest) -> Stored {
    Stored {
        spare: vec![prekey("Heidi", 0)],
        ..stored(backup)
    }
}

fn key(scene: &Scene, next: Option<Prekey>) -> Key {
    let backup = scene.backup.header.digest();
    let request = scene.request().id();
    let to = scene.claimant_sealing().public_key();
    let context = release_context(&backup, &request);
    let sealed = scene.backup.slot_keys[0].seal(&to, &context, &mut rng("key"));
    Key {
        backup,
        sealed: sealed.unwrap(),
        next,
    }
}
