//! Bodies of messages, and what agents look at in them before anything else.
use kith_protocol::message::Body;
use kith_protocol::message::share::Store;

/// A body that is read is written and read again as the same; nothing in it panics when it is opened.
pub(crate) fn message(bytes: &[u8]) {
    let Some(body) = Body::from_json(bytes) else {
        return;
    };
    let json = body.to_json();
    assert_eq!(Body::from_json(&json).as_ref(), Some(&body));
    let of_another = Body::from_value("https://didcomm.org/empty/1.0/empty", body.to_value());
    assert!(
        matches!(of_another, Ok(Body::Empty(_))),
        "unknown members are ignored"
    );
    look_into(&body);
}

fn look_into(body: &Body) {
    match body {
        Body::ShareStore(store) => share(store),
        Body::RecoveryRelease(release) => {
            for threshold in [0, 1, 2, 255] {
                let _ = release.commitments.open(threshold);
            }
            let _ = release.signed_bytes();
        }
        Body::BackupPut(put) => {
            let _ = kith_protocol::backup::BackupHeader::read(&put.header.0);
            let _ = put.signed_bytes();
        }
        _ => {}
    }
}

fn share(store: &Store) {
    if let Ok(opened) = store.commitments.open(store.lane.threshold) {
        assert_eq!(opened.decrypt.threshold(), store.lane.threshold);
        assert_eq!(opened.sign.threshold(), store.lane.threshold);
    }
    let _ = store
        .path
        .verify(&store.record.approval_root, &store_key(store));
    let _ = store.commitments.digest(&store.policy, store.epoch);
    let _ = store.lane.commitment();
    let _ = store.signed_bytes();
}

fn store_key(
    store: &Store,
) -> kith_protocol::keys::VerifyingKey<kith_protocol::keys::role::Approval> {
    use kith_protocol::keys::SigningKey;
    let seed = u64::from(store.prekey);
    SigningKey::generate(&mut crate::pinned::rng(seed)).verifying_key()
}
