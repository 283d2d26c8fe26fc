//! Wallet backups: sealed for a recovery key and a host, chained, signed.
use kith_protocol::backup::{
    BackupHeader, Draft, HeaderError, Item, Recipients, SealError, Sealed, SlotKey, UnsealError,
    Wallet, container,
};
use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::keys::role::AgentPolicy;
use kith_protocol::keys::{RecoverySecret, SigningKey};
use kith_protocol::limits;
use kith_protocol::secret::SecretBytes;
use kith_protocol::vss::Decrypt;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

struct Owner {
    rng: ChaCha20Rng,
    secret: RecoverySecret<Decrypt>,
    agent: SigningKey<AgentPolicy>,
}

fn owner(seed: u8) -> Owner {
    let mut rng = ChaCha20Rng::from_seed([seed; 32]);
    Owner {
        secret: RecoverySecret::generate(&mut rng),
        agent: SigningKey::generate(&mut rng),
        rng,
    }
}

impl Owner {
    fn wallet(&mut self, bytes: usize) -> Wallet {
        Wallet {
            name: "Alice".into(),
            policy: Digest([1; 32]),
            descriptor: Blob(vec![2; 300]),
            link_secret: SecretBytes::generate(&mut self.rng),
            peers: Vec::new(),
            items: vec![Item {
                name: "key".into(),
                data: vec![7; bytes],
            }],
        }
    }

    fn seal(&mut self, bytes: usize, hosts: usize) -> Result<Sealed, SealError> {
        let wallet = self.wallet(bytes);
        let draft = Draft {
            policy: Digest([1; 32]),
            epoch: 1,
            sequence: 1,
            previous: Digest([0; 32]),
        };
        let to = Recipients {
            recovery_key: &self.secret.public_key(),
            hosts,
        };
        container::seal(&wallet, draft, &to, &self.agent, &mut self.rng)
    }
}

/// K3, K8, R5: what comes back is what was protected.
#[test]
fn a_wallet_comes_back_whole_through_each_host() {
    let mut alice = owner(1);
    let sealed = alice.seal(3 * limits::backup::CHUNK_PLAIN, 2).unwrap();
    assert!(sealed.chunks.len() > 3);
    for host in &sealed.slot_keys {
        let wallet =
            container::unseal(&sealed.header, &sealed.chunks, &alice.secret, host).unwrap();
        assert_eq!(
            wallet.items[0].data,
            vec![7; 3 * limits::backup::CHUNK_PLAIN]
        );
        assert_eq!(wallet.name, "Alice");
    }
}

/// G2: neither the trustees' key without a host's, nor a host's without theirs.
#[test]
fn one_of_the_two_keys_opens_nothing() {
    let mut alice = owner(1);
    let sealed = alice.seal(100, 1).unwrap();
    let stranger = SlotKey::generate(&mut alice.rng);
    let opened = container::unseal(&sealed.header, &sealed.chunks, &alice.secret, &stranger);
    assert!(matches!(opened, Err(UnsealError::NoSlot)));
    let other = owner(2).secret;
    let opened = container::unseal(&sealed.header, &sealed.chunks, &other, &sealed.slot_keys[0]);
    assert!(matches!(opened, Err(UnsealError::NoSlot)));
}

/// G5: never wrong data.
#[test]
fn a_missing_swapped_or_flipped_chunk_is_named() {
    let mut alice = owner(1);
    let sealed = alice.seal(3 * limits::backup::CHUNK_PLAIN, 1).unwrap();
    let open = |chunks: &[Vec<u8>]| {
        container::unseal(&sealed.header, chunks, &alice.secret, &sealed.slot_keys[0]).err()
    };
    assert_eq!(open(&sealed.chunks[..2]), Some(UnsealError::Chunk(2)));
    let mut swapped = sealed.chunks.clone();
    swapped.swap(0, 1);
    assert_eq!(open(&swapped), Some(UnsealError::Chunk(0)));
    let mut flipped = sealed.chunks.clone();
    flipped[1][5] ^= 1;
    assert_eq!(open(&flipped), Some(UnsealError::Chunk(1)));
}

#[test]
fn a_header_is_read_only_as_it_was_signed() {
    let mut alice = owner(1);
    let header = alice.seal(10, 1).unwrap().header;
    let bytes = header.to_bytes();
    assert_eq!(BackupHeader::read(&bytes), Ok(header.clone()));
    let mut later = header.clone();
    later.draft.sequence = 2;
    assert_eq!(
        BackupHeader::read(&later.to_bytes()),
        Err(HeaderError::BadSignature)
    );
    let mut other = header.clone();
    other.author = owner(2).agent.verifying_key();
    assert_eq!(
        BackupHeader::read(&other.to_bytes()),
        Err(HeaderError::BadSignature)
    );
    let mut empty = header;
    empty.chunks.clear();
    assert_eq!(
        BackupHeader::read(&empty.to_bytes()),
        Err(HeaderError::OutOfBounds)
    );
    assert_eq!(BackupHeader::read(&[]), Err(HeaderError::Malformed));
}

/// G15: whoever signs a header of its own can name nothing, or more than any backup has.
#[test]
fn a_signed_header_of_no_chunk_or_too_many_is_refused() {
    let mut alice = owner(1);
    let header = alice.seal(10, 1).unwrap().header;
    for count in [0, limits::backup::CHUNKS + 1] {
        let chunks = vec![vec![7]; count];
        let draft = header.draft.clone();
        let signed = BackupHeader::sign(draft, header.slots.clone(), &chunks, &alice.agent);
        let bytes = signed.to_bytes();
        assert!(bytes.len() <= limits::backup::HEADER);
        let refused = BackupHeader::read(&bytes);
        assert_eq!(refused, Err(HeaderError::OutOfBounds), "{count}");
    }
}

#[test]
fn sixteen_mebibytes_fit_and_more_is_refused_before_anything_is_sealed() {
    let mut alice = owner(1);
    let sealed = alice.seal(limits::backup::WALLET, 1).unwrap();
    assert!(BackupHeader::read(&sealed.header.to_bytes()).is_ok());
    assert!(matches!(
        alice.seal(limits::backup::WALLET + limits::backup::WALLET_OVERHEAD, 1),
        Err(SealError::TooLarge(_))
    ));
    assert!(matches!(alice.seal(10, 0), Err(SealError::NoHost)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_flipped_bit_of_a_header_is_read(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let header = owner(1).seal(10, 1).unwrap().header;
        let mut bytes = header.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        prop_assert!(BackupHeader::read(&bytes).is_err());
    }
}
