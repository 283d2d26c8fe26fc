//! A witness's signature line (C2SP tlog-cosignature, `cosignature/v1`), which `signed_note` does
//! not have.
use super::descriptor::WitnessEntry;
use crate::keys::role::LedgerWitness;
use crate::keys::{SigningKey, VerifyingKey};
use crate::time::Timestamp;
use signed_note::{Signature, Verifier};

/// C2SP signed-note: signature type of a timestamped Ed25519 cosignature.
const COSIGNATURE_V1: u8 = 0x04;
const TIME_BYTES: usize = 8;

/// Verifies one witness's line.
pub(super) struct WitnessVerifier {
    name: String,
    key: VerifyingKey<LedgerWitness>,
}

impl WitnessVerifier {
    pub(super) fn of(witness: &WitnessEntry) -> Self {
        Self {
            name: witness.name.clone(),
            key: witness.key,
        }
    }

    /// Whether the line, without its line feed, is this witness's over this text.
    pub(super) fn accepts(&self, line: &str, text: &[u8]) -> bool {
        let Ok(signature) = Signature::from_bytes(line.as_bytes()) else {
            return false;
        };
        signature.name() == self.name
            && signature.id() == self.key_id()
            && self.verify(text, signature.signature())
            // The library takes no other spelling of base64, but let the line be one line.
            && signature.to_bytes() == format!("{line}\n").into_bytes()
    }
}

impl Verifier for WitnessVerifier {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        witness_key_id(&self.name, &self.key)
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        let Some((time, signature)) = signature.split_first_chunk::<TIME_BYTES>() else {
            return false;
        };
        let Ok(signature) = signature.try_into() else {
            return false;
        };
        self.key
            .verify_raw(&cosigned(u64::from_be_bytes(*time), text), signature)
            .is_ok()
    }
}

/// The signature line over a checkpoint's text, without its line feed.
pub(super) fn cosign(
    name: &str,
    key: &SigningKey<LedgerWitness>,
    text: &[u8],
    now: Timestamp,
) -> String {
    let time = now.seconds();
    let signature = [
        &time.to_be_bytes()[..],
        &key.sign_raw(&cosigned(time, text)),
    ]
    .concat();
    let id = witness_key_id(name, &key.verifying_key());
    let line = Signature::new(name.into(), id, signature)
        .expect("a name from a valid descriptor is a key name")
        .to_bytes();
    String::from_utf8(line)
        .expect("a signature line is text")
        .trim_end()
        .into()
}

fn cosigned(time: u64, text: &[u8]) -> Vec<u8> {
    [format!("cosignature/v1\ntime {time}\n").as_bytes(), text].concat()
}

fn witness_key_id(name: &str, key: &VerifyingKey<LedgerWitness>) -> u32 {
    signed_note::key_id(name, &[&[COSIGNATURE_V1][..], key.as_bytes()].concat())
}
