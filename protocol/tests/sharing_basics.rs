//! Dealing, checking and reconstructing, the plain way.

use kith_protocol::keys::{RecoveryKey, RecoverySecret};
use kith_protocol::vss::{Decrypt, Offence, Quorum, ReconstructError, Share, Sign};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([1; 32])
}

/// R1, G5: three of five shares give the secret back, and its public key is commitment 0.
#[test]
fn a_deal_is_verified_and_reconstructed() {
    let mut rng = rng();
    let secret = RecoverySecret::<Decrypt>::generate(&mut rng);
    let deal = secret.deal(Quorum::new(3, 5).unwrap(), &mut rng).unwrap();
    assert_eq!(RecoveryKey::from(&deal.commitment), secret.public_key());
    let wire = deal.commitment.to_wire();
    let commitment = wire.open(3).unwrap();
    for share in &deal.shares {
        commitment.verify(share).unwrap();
    }
    let checked = commitment.verify_all(&deal.shares[2..], &mut rng);
    assert!(checked.rejected.is_empty());
    let again = RecoverySecret::reconstruct(&checked.verified).unwrap();
    assert_eq!(again.public_key(), secret.public_key());
}

/// R2, G6: a wrong share is named by its place and left out; the others go on.
#[test]
fn a_wrong_share_is_named_and_left_out() {
    let mut rng = rng();
    let secret = RecoverySecret::<Sign>::generate(&mut rng);
    let deal = secret.deal(Quorum::new(3, 5).unwrap(), &mut rng).unwrap();
    let mut shares = deal.shares;
    let mut bytes = shares[1].to_bytes();
    bytes[1] ^= 1;
    shares[1] = Share::from_bytes(&bytes).unwrap();
    let checked = deal.commitment.verify_all(&shares, &mut rng);
    let [rejected] = checked.rejected[..] else {
        panic!("{:?}", checked.rejected)
    };
    assert_eq!((rejected.position, rejected.index.get()), (1, 2));
    assert_eq!(rejected.offence, Offence::Wrong);
    let again = RecoverySecret::reconstruct(&checked.verified).unwrap();
    assert_eq!(again.public_key(), secret.public_key());
}

/// G5: too few shares give an error that says how many are missing, never a wrong secret.
#[test]
fn too_few_shares_give_no_secret() {
    let mut rng = rng();
    let secret = RecoverySecret::<Sign>::generate(&mut rng);
    let deal = secret.deal(Quorum::new(3, 5).unwrap(), &mut rng).unwrap();
    let checked = deal.commitment.verify_all(&deal.shares[..2], &mut rng);
    let (have, need) = (2, 3);
    assert_eq!(
        RecoverySecret::reconstruct(&checked.verified).err(),
        Some(ReconstructError::NotEnough { have, need })
    );
}
