//! The certificate over a head: the operator's signature and a quorum of witnesses' cosignatures
//! over the same text (spec/ledger.md, "Certificates"; G14).
use super::checkpoint::{Checkpoint, CheckpointError, OperatorVerifier, read_note};
use super::cosignature::WitnessVerifier;
use super::descriptor::Descriptor;
use crate::bytes::Blob;
use signed_note::{Verifier, VerifierList};
use thiserror::Error;

/// A head that this log's quorum stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certified {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The note, to be shown to others.
    pub note: Blob,
}

/// Why a note certifies nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CertificateError {
    /// Not a checkpoint of this log.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A signature in the name of the operator or a witness is wrong.
    #[error("a signature on the checkpoint does not verify")]
    BadSignature,
    /// The operator has not signed.
    #[error("the checkpoint lacks its operator's signature")]
    NotSigned,
    /// Too few witnesses.
    #[error("the checkpoint has {have} of {needed} cosignatures")]
    TooFew {
        /// Distinct witnesses that cosigned.
        have: usize,
        /// The quorum.
        needed: u8,
    },
}

impl Certified {
    /// Verifies a note of this log: the operator's signature and enough distinct witnesses. Lines
    /// of others count for nothing.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn verify(descriptor: &Descriptor, note: &[u8]) -> Result<Self, CertificateError> {
        let (checkpoint, names) = verify_lines(descriptor, note)?;
        let have = names.len();
        let needed = descriptor.quorum;
        if have < usize::from(needed) {
            return Err(CertificateError::TooFew { have, needed });
        }
        Ok(Self {
            checkpoint,
            note: Blob(note.to_vec()),
        })
    }
}

/// The witnesses of this log that cosigned a note, by name, however few.
///
/// # Errors
/// [`CertificateError`] when the operator has not signed it, or a signature is wrong.
pub fn cosigners(descriptor: &Descriptor, note: &[u8]) -> Result<Vec<String>, CertificateError> {
    verify_lines(descriptor, note).map(|(_, names)| names)
}

/// Verifies the operator's signature alone: what a witness is offered.
pub(super) fn verify_offer(
    descriptor: &Descriptor,
    note: &[u8],
) -> Result<Checkpoint, CertificateError> {
    verify_lines(descriptor, note).map(|(checkpoint, _)| checkpoint)
}

fn verify_lines(
    descriptor: &Descriptor,
    bytes: &[u8],
) -> Result<(Checkpoint, Vec<String>), CertificateError> {
    let unverified = read_note(descriptor, bytes)?;
    let operator = OperatorVerifier::of(descriptor);
    let operator_line = (operator.name().to_owned(), operator.key_id());
    let mut verifiers: Vec<Box<dyn Verifier>> = vec![Box::new(operator)];
    for witness in &descriptor.witnesses {
        verifiers.push(Box::new(WitnessVerifier::of(witness)));
    }
    let (verified, _) = unverified
        .note
        .verify(&VerifierList::new(verifiers))
        .map_err(|error| match error {
            signed_note::NoteError::UnverifiedNote => CertificateError::NotSigned,
            _ => CertificateError::BadSignature,
        })?;
    // The library counts each name and key once, however often its line stands there.
    let signed =
        |line: &signed_note::Signature| (line.name().to_owned(), line.id()) == operator_line;
    if !verified.iter().any(signed) {
        return Err(CertificateError::NotSigned);
    }
    let names = verified.iter().filter(|line| !signed(line));
    let names = names.map(|line| line.name().to_owned()).collect();
    Ok((unverified.checkpoint, names))
}
