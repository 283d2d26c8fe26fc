use super::*;
use std::fs;

const CHEAP: Cost = Cost {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};
const FRAMES: [&[u8]; 3] = [b"first", b"second", b"third"];

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(Zeroizing::new(text.as_bytes().to_vec())).unwrap()
}

fn write(path: &Path, frames: &[&[u8]]) {
    let count = frames.len() as u64;
    let mut writer = Writer::create(path, count, &passphrase("orbit"), CHEAP).unwrap();
    frames.iter().for_each(|frame| writer.write(frame).unwrap());
    writer.settle().unwrap().finish().unwrap();
}

fn made() -> (tempfile::TempDir, PathBuf, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    write(&path, &FRAMES);
    let bytes = fs::read(&path).unwrap();
    (dir, path, bytes)
}

fn read(path: &Path, text: &str) -> Result<Vec<Vec<u8>>, ImportError> {
    let mut reader = Reader::open(path, &passphrase(text))?;
    let mut frames = Vec::new();
    while let Some(frame) = reader.read()? {
        frames.push(frame.to_vec());
    }
    Ok(frames)
}

/// What comes of these bytes in place of the file.
fn read_as(path: &Path, bytes: &[u8]) -> Result<Vec<Vec<u8>>, ImportError> {
    fs::write(path, bytes).unwrap();
    read(path, "orbit")
}

/// Where each frame begins and ends.
fn spans(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let mut at = HEAD;
    while at < bytes.len() {
        let length = u32::from_le_bytes(bytes[at..at + LENGTH].try_into().unwrap());
        let end = at + LENGTH + length as usize;
        spans.push((at, end));
        at = end;
    }
    spans
}

#[test]
fn frames_come_back_in_their_order() {
    let (_dir, path, _) = made();
    assert_eq!(read(&path, "orbit").unwrap(), FRAMES);
}

#[test]
fn a_wrong_passphrase_is_told_apart_from_a_damaged_file() {
    let (_dir, path, _) = made();
    let refused = read(&path, "Orbit").unwrap_err();
    let wrong = matches!(
        refused,
        ImportError::Keystore(KeystoreError::WrongPassphrase)
    );
    assert!(wrong, "{refused}");
}

/// R17: whatever was changed, nothing but what was written comes out.
#[test]
fn every_flipped_byte_of_an_export_is_noticed() {
    let (_dir, path, whole) = made();
    for at in 0..whole.len() {
        for flip in [1, 0x80] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            let read = read_as(&path, &bytes);
            assert!(read.is_err(), "byte {at} flipped by {flip} and not noticed");
        }
    }
}

#[test]
fn every_cut_of_an_export_is_noticed() {
    let (_dir, path, whole) = made();
    for at in 0..whole.len() {
        let read = read_as(&path, &whole[..at]);
        let told = matches!(read, Err(ImportError::Cut(_) | ImportError::NoExport(_)));
        assert!(told, "cut at {at}: {read:?}");
    }
    let longer = [&whole[..], &[0]].concat();
    assert!(matches!(
        read_as(&path, &longer),
        Err(ImportError::Damaged(_))
    ));
}

#[test]
fn frames_in_another_order_or_number_are_refused() {
    let (_dir, path, whole) = made();
    let [first, second, third] = spans(&whole)[..] else {
        panic!("three frames")
    };
    let head = &whole[..HEAD];
    let of = |(from, to): (usize, usize)| &whole[from..to];
    for order in [
        vec![first, third, second],
        vec![second, first, third],
        vec![first, first, third],
        vec![first, third],
        vec![first, second, third, third],
    ] {
        let frames: Vec<u8> = order.iter().flat_map(|span| of(*span)).copied().collect();
        assert!(read_as(&path, &[head, &frames].concat()).is_err());
    }
    // A head that says fewer frames is another head.
    let mut shorter = whole[..second.1].to_vec();
    shorter[MAGIC.len() + 1..][..COUNT].copy_from_slice(&2_u64.to_le_bytes());
    assert!(matches!(
        read_as(&path, &shorter),
        Err(ImportError::Damaged(_))
    ));
}

#[test]
fn a_frame_of_another_export_with_the_same_passphrase_does_not_open() {
    let (dir, path, whole) = made();
    let other = dir.path().join("other");
    write(&other, &FRAMES);
    let other = fs::read(&other).unwrap();
    let mixed = [&whole[..HEAD], &other[HEAD..]].concat();
    assert!(matches!(
        read_as(&path, &mixed),
        Err(ImportError::Damaged(_))
    ));
}

/// G15: what a file claims costs nothing before it has shown it.
#[test]
fn a_file_that_claims_more_than_it_has_is_refused_before_anything_is_taken() {
    let (_dir, path, whole) = made();
    let mut many = whole.clone();
    many[MAGIC.len() + 1..][..COUNT].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(read_as(&path, &many), Err(ImportError::Cut(_))));
    let mut long = whole.clone();
    long[HEAD..][..LENGTH].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(
        read_as(&path, &long),
        Err(ImportError::Damaged(_))
    ));
    // All the memory there is, in the parameters of the derivation.
    let mut greedy = whole;
    let at = MAGIC.len() + 1 + COUNT + 1;
    greedy[at..][..4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(
        read_as(&path, &greedy),
        Err(ImportError::Damaged(_))
    ));
}

#[test]
fn an_export_without_its_head_opens_for_nobody_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let mut writer = Writer::create(&path, 1, &passphrase("orbit"), CHEAP).unwrap();
    writer.write(b"first").unwrap();
    let written = writer.settle().unwrap();
    let bytes = fs::read(&path).unwrap();
    assert!(bytes[..HEAD].iter().all(|byte| *byte == 0));
    let refused = read(&path, "orbit").unwrap_err();
    assert!(matches!(refused, ImportError::Unfinished(_)), "{refused}");
    assert!(is_of(&path, &Digest([0; 32])).unwrap());
    let known = written.digest();
    written.finish().unwrap();
    assert!(read(&path, "orbit").is_ok());
    assert!(is_of(&path, &known).unwrap() && !is_of(&path, &Digest([0; 32])).unwrap());
}

#[test]
fn a_file_that_is_there_is_left_alone() {
    let (_dir, path, whole) = made();
    let again = Writer::create(&path, 1, &passphrase("orbit"), CHEAP);
    assert!(matches!(again, Err(ExportError::Exists(named)) if named == path));
    assert_eq!(fs::read(&path).unwrap(), whole);
}

#[test]
fn no_frame_is_sealed_to_the_same_bytes_twice() {
    let (_dir, path, whole) = made();
    fs::remove_file(&path).unwrap();
    write(&path, &FRAMES);
    let again = fs::read(&path).unwrap();
    assert_eq!(again.len(), whole.len());
    assert_ne!(&again[HEAD..], &whole[HEAD..]);
}
