//! Wallet backups: sealed for a recovery key and a host, chained, signed.
use kith_protocol::backup::{
    BackupHeader, Draft, HeaderError, Item, Recipients, SealError, Sealed, SlotKey, Supplement,
    UnsealError, Wallet, container, supplement, supplements,
};
use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::keys::role::AgentPolicy;
use kith_protocol::keys::{DataKey, RecoverySecret, SigningKey};
use kith_protocol::limits;
use kith_protocol::secret::SecretBytes;
use kith_protocol::time::Timestamp;
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
        let sealed = container::seal(&wallet, draft, &to, &self.agent, &mut self.rng);
        sealed.map(|(sealed, _)| sealed)
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

impl Owner {
    /// A backup and its data key.
    fn keyed(&mut self) -> (Sealed, DataKey) {
        let wallet = self.wallet(10);
        let to = Recipients {
            recovery_key: &self.secret.public_key(),
            hosts: 1,
        };
        container::seal(&wallet, draft(3), &to, &self.agent, &mut self.rng).expect("a backup")
    }

    /// A supplement of the backup with this header, numbered so.
    fn supplemented(
        &mut self,
        (base, key): (&BackupHeader, &DataKey),
        sequence: u64,
    ) -> (BackupHeader, Vec<Vec<u8>>) {
        let changes = Supplement {
            base: base.digest(),
            made: Timestamp(7),
            items: vec![Item {
                name: "new".into(),
                data: b"since".to_vec(),
            }],
            removed: vec!["old".into()],
        };
        let keys = (key, &self.agent);
        supplement::seal(&changes, (draft(sequence), base), keys, &mut self.rng)
            .expect("a supplement")
    }
}

fn draft(sequence: u64) -> Draft {
    Draft {
        policy: Digest([1; 32]),
        epoch: 1,
        sequence,
        previous: Digest([0; 32]),
    }
}

/// Decision 0038: what opens a backup opens its supplements, and nothing else is one of them.
#[test]
fn a_supplement_opens_with_its_backup_and_belongs_to_no_other() {
    let mut alice = owner(1);
    let (base, key) = alice.keyed();
    let (header, chunks) = alice.supplemented((&base.header, &key), 4);
    assert_eq!(BackupHeader::read(&header.to_bytes()), Ok(header.clone()));
    let (head, slot_key) = (base.header.digest(), &base.slot_keys[0]);
    let found = container::data_key(&base.header, &alice.secret, slot_key).unwrap();
    let opened = supplement::open((&header, &chunks), &head, &found).unwrap();
    assert_eq!(opened.items[0].data, b"since");
    assert_eq!(opened.removed, ["old"]);
    let elsewhere = supplement::open((&header, &chunks), &Digest([9; 32]), &found);
    assert_eq!(elsewhere.err(), Some(UnsealError::NotAWallet));
    let as_wallet = container::unseal(&header, &chunks, &alice.secret, slot_key);
    assert_eq!(as_wallet.err(), Some(UnsealError::NotAWallet));
    let (other, other_key) = alice.keyed();
    let stranger = supplement::open((&header, &chunks), &head, &other_key);
    assert_eq!(stranger.err(), Some(UnsealError::Chunk(0)));
    assert!(supplements(&header, &base.header) && !supplements(&header, &other.header));
}

/// G15: numbers that a thief would use up are none.
#[test]
fn a_supplement_has_a_higher_number_than_its_backup_and_not_just_any() {
    let mut alice = owner(1);
    let (base, key) = alice.keyed();
    for (sequence, lawful) in [
        (2, false),
        (3, false),
        (4, true),
        (3 + (1 << 32), true),
        (4 + (1 << 32), false),
        (u64::MAX, false),
    ] {
        let (header, _) = alice.supplemented((&base.header, &key), sequence);
        assert_eq!(supplements(&header, &base.header), lawful, "{sequence}");
    }
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
