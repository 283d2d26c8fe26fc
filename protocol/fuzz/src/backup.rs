//! Backups: a container opens to the wallet that was sealed, or says what is wrong.
use crate::pinned::{blob, digest, rng};
use kith_protocol::backup::container::{self, Recipients, Sealed, UnsealError};
use kith_protocol::backup::{BackupHeader, Draft, Item, SlotKey, Supplement, Wallet};
use kith_protocol::codec;
use kith_protocol::keys::{RecoverySecret, SigningKey};
use kith_protocol::limits;
use kith_protocol::secret::SecretBytes;
use kith_protocol::vss::Decrypt;
use std::sync::LazyLock;

struct Kept {
    sealed: Sealed,
    secret: RecoverySecret<Decrypt>,
}

static KEPT: LazyLock<Kept> = LazyLock::new(|| {
    let secret = RecoverySecret::generate(&mut rng(1));
    let draft = Draft {
        policy: digest("policy"),
        epoch: 1,
        sequence: 1,
        previous: digest("previous"),
    };
    let to = Recipients {
        recovery_key: &secret.public_key(),
        hosts: 2,
    };
    let agent = SigningKey::generate(&mut rng(2));
    let (sealed, _) =
        container::seal(&wallet(), draft, &to, &agent, &mut rng(3)).expect("a backup");
    Kept { sealed, secret }
});

fn wallet() -> Wallet {
    Wallet {
        name: "Alice".into(),
        policy: digest("policy"),
        descriptor: blob("descriptor"),
        link_secret: SecretBytes::generate(&mut rng(4)),
        peers: Vec::new(),
        items: vec![Item {
            name: "seed".into(),
            data: b"correct horse".to_vec(),
        }],
    }
}

/// By the first byte: a header, a chunk, a slot key, a wallet.
pub(crate) fn backup(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else {
        return;
    };
    match kind % 4 {
        0 => header(bytes),
        1 => chunk(bytes),
        2 => slot_key(bytes),
        _ => opened(bytes),
    }
}

fn header(bytes: &[u8]) {
    let kept = &KEPT.sealed;
    if let Ok(header) = BackupHeader::read(bytes) {
        assert_eq!(header.to_bytes(), bytes);
        let _ = container::unseal(&header, &kept.chunks, &KEPT.secret, &kept.slot_keys[0]);
    }
    // Whoever makes a backup signs what he likes.
    if let Ok(header) = codec::decode::<BackupHeader>(1, bytes, limits::backup::HEADER) {
        assert_eq!(header.to_bytes(), bytes);
        let agent = SigningKey::generate(&mut rng(2));
        let signed = BackupHeader::sign(header.draft, header.slots, &kept.chunks, &agent);
        if BackupHeader::read(&signed.to_bytes()).is_ok() {
            let opened = container::unseal(&signed, &kept.chunks, &KEPT.secret, &kept.slot_keys[0]);
            same_wallet(opened);
        }
    }
}

/// The sealed chunk with these bytes laid over it, or these bytes instead of it.
fn chunk(bytes: &[u8]) {
    let kept = &KEPT.sealed;
    let mut laid_over = kept.chunks[0].clone();
    for (byte, changed) in laid_over.iter_mut().zip(bytes) {
        *byte ^= changed;
    }
    for chunk in [laid_over, bytes.to_vec()] {
        let same = chunk == kept.chunks[0];
        let chunks = [chunk];
        let opened = container::unseal(&kept.header, &chunks, &KEPT.secret, &kept.slot_keys[0]);
        assert_eq!(opened.is_ok(), same, "a chunk that was not sealed");
        let agent = SigningKey::generate(&mut rng(2));
        let draft = kept.header.draft.clone();
        let named = BackupHeader::sign(draft, kept.header.slots.clone(), &chunks, &agent);
        same_wallet(container::unseal(
            &named,
            &chunks,
            &KEPT.secret,
            &kept.slot_keys[0],
        ));
    }
}

fn slot_key(bytes: &[u8]) {
    let kept = &KEPT.sealed;
    if let Ok(host) = codec::decode::<SlotKey>(1, bytes, limits::backup::SLOT_KEY) {
        assert_eq!(*codec::encode_secret(1, &host), bytes);
        same_wallet(container::unseal(
            &kept.header,
            &kept.chunks,
            &KEPT.secret,
            &host,
        ));
    }
}

fn opened(bytes: &[u8]) {
    let limit = limits::backup::CHUNKS * limits::backup::CHUNK_PLAIN;
    if let Ok(wallet) = codec::decode::<Wallet>(1, bytes, limit) {
        assert_eq!(*codec::encode_secret(1, &wallet), bytes);
    }
    if let Ok(supplement) = codec::decode::<Supplement>(2, bytes, limit) {
        assert_eq!(*codec::encode_secret(2, &supplement), bytes);
    }
}

/// Never wrong data.
fn same_wallet(opened: Result<Wallet, UnsealError>) {
    if let Ok(opened) = opened {
        let same = *codec::encode_secret(1, &opened) == *codec::encode_secret(1, &wallet());
        assert!(same, "a wallet that was not sealed");
    }
}
