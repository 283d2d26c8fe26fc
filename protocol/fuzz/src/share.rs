//! Shares and commitments: only what was dealt lies on what was committed to.
use crate::pinned::rng;
use kith_protocol::codec;
use kith_protocol::keys::role::ShareSealing;
use kith_protocol::keys::{RecoverySecret, SealedBox};
use kith_protocol::limits;
use kith_protocol::message::share::Commitments;
use kith_protocol::share_pair::SharePair;
use kith_protocol::vss::{Deal, Decrypt, Quorum, Share, UnverifiedCommitment};
use std::sync::LazyLock;

static DEAL: LazyLock<Deal<Decrypt>> = LazyLock::new(|| {
    let quorum = Quorum::new(3, 5).expect("lawful");
    let secret = RecoverySecret::<Decrypt>::generate(&mut rng(1));
    secret.deal(quorum, &mut rng(2)).expect("a deal")
});

/// By the first byte: a share, a pair, commitments, or a sealed box.
pub(crate) fn share(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else {
        return;
    };
    match kind % 4 {
        0 => one(bytes),
        1 => pair(bytes),
        2 => commitments(bytes),
        _ => sealed(bytes),
    }
}

/// A share as it stands, or a dealt one with these bytes laid over it.
fn one(bytes: &[u8]) {
    let whole = <[u8; 33]>::try_from(bytes).unwrap_or_else(|_| laid_over(bytes));
    let Ok(share) = Share::<Decrypt>::from_bytes(&whole.into()) else {
        return;
    };
    assert_eq!(*share.to_bytes(), whole);
    if DEAL.commitment.verify(&share).is_ok() {
        let dealt = DEAL
            .shares
            .iter()
            .find(|dealt| dealt.index() == share.index());
        let dealt = dealt.expect("a share at an index that was not dealt");
        assert_eq!(*dealt.to_bytes(), whole, "a share that was not dealt");
    }
}

fn laid_over(bytes: &[u8]) -> [u8; 33] {
    let mut whole = *DEAL.shares[0].to_bytes();
    for (byte, changed) in whole.iter_mut().zip(bytes) {
        *byte ^= changed;
    }
    whole
}

fn pair(bytes: &[u8]) {
    if let Ok(pair) = codec::decode::<SharePair>(1, bytes, limits::sharing::PAIR) {
        assert_eq!(*codec::encode_secret(1, &pair), bytes);
    }
}

fn commitments(bytes: &[u8]) {
    let Some((threshold, bytes)) = bytes.split_first() else {
        return;
    };
    if let Ok(both) = codec::decode::<Commitments>(1, bytes, limits::envelope::ENVELOPE_BYTES) {
        assert_eq!(codec::encode(1, &both), bytes);
        let _ = both.open(*threshold);
    }
    let Ok(unverified) = UnverifiedCommitment::<Decrypt>::from_bytes(bytes.to_vec()) else {
        return;
    };
    if let Ok(opened) = unverified.open(*threshold) {
        assert_eq!(opened.threshold(), *threshold);
        assert_eq!(opened.to_wire().as_bytes(), bytes);
        let ours = DEAL.commitment.to_wire().as_bytes() == bytes;
        assert_eq!(opened.digest() == DEAL.commitment.digest(), ours);
    }
}

fn sealed(bytes: &[u8]) {
    if let Ok(sealed) = SealedBox::<ShareSealing>::from_bytes(bytes.to_vec()) {
        assert_eq!(sealed.as_bytes(), bytes);
        let secret = kith_protocol::keys::AgreementSecret::generate(&mut rng(3));
        let context = crate::pinned::digest("context");
        assert!(
            SharePair::open(&secret, &context, &sealed).is_err(),
            "nobody sealed this"
        );
    }
}
