//! Messages that these five would not send each other by themselves, as the golden files have them.
use kith_protocol::message::Body;
use std::sync::LazyLock;

macro_rules! golden {
    ($($name:literal)*) => {
        [$(include_bytes!(concat!("../../../vectors/messages/", $name, ".json")).as_slice()),*]
    };
}

/// Each of them.
pub(crate) static GOLDEN: LazyLock<Vec<Body>> = LazyLock::new(|| {
    let files = golden!(
        "backup-1.0-chunk-get" "backup-1.0-chunk-put" "backup-1.0-get" "backup-1.0-key-get"
        "backup-1.0-put" "backup-1.0-put.by-claimant" "ledger-1.0-append" "ledger-1.0-cosign"
        "ledger-1.0-cosign.first" "ledger-1.0-cosigned" "ledger-1.0-cosigned.behind"
        "ledger-1.0-entries" "ledger-1.0-page" "recovery-alert-1.0-veto" "recovery-share-1.0-commit"
        "recovery-share-1.0-store" "recovery-share-1.0-store.by-claimant"
        "short-authentication-1.0-confirm" "short-authentication-1.0-mismatch"
        "short-authentication-1.0-reveal" "social-recovery-1.0-challenge"
        "social-recovery-1.0-deny" "social-recovery-1.0-pending" "social-recovery-1.0-release"
        "trust-ping-2.0-ping" "trustee-setup-1.0-accept" "trustee-setup-1.0-decline"
    );
    let bodies = files.iter().map(|json| Body::from_json(json));
    bodies.map(|body| body.expect("a golden message")).collect()
});
