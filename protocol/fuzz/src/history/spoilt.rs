//! One thing wrong after a record was signed: it must be refused, whatever else it says.
use super::cast::OWNERS;
use crate::pinned::digest;
use kith_protocol::keys::labels::SIGN_VETO;
use kith_protocol::ledger::{
    Authorizations, Change, Endorsement, Record, RecordBody, Subject, Verdict,
};

/// The record with one thing wrong; `None` for most numbers, and where nothing would be.
pub(super) fn spoilt(number: u8, record: &Record, made: &[Record]) -> Option<Record> {
    let mut bad = record.clone();
    match number % 32 {
        1 => drop(bad.signatures.pop()),
        2 => bad.signatures.extend(record.signatures.first().cloned()),
        3 => bad.seq = bad.seq.wrapping_add(1),
        4 => bad.prev.0[usize::from(number) % 32] ^= 1,
        5 => bad.subject = Subject::Policy(digest("nobody")),
        6 => bad.body = said_otherwise(&record.body)?,
        7 => bad.signatures = of_another(record, made)?,
        8 => return in_anothers_name(record),
        _ => return None,
    }
    Some(bad)
}

/// The same signatures under other words.
fn said_otherwise(body: &RecordBody) -> Option<RecordBody> {
    let mut body = body.clone();
    match &mut body {
        RecordBody::PolicyCreate(created) => created.salt.0[0] ^= 1,
        RecordBody::PolicyUpdate(update) => match &mut update.change {
            Change::Grant { authorizations, .. } if *authorizations == Authorizations::ALL => {
                *authorizations = Authorizations::PROVE;
            }
            Change::Grant { authorizations, .. } => *authorizations = Authorizations::ALL,
            Change::Revoke { .. } => return None,
        },
        RecordBody::RecoveryPolicy(dealt) => dealt.deal_digest.0[0] ^= 1,
        RecordBody::Approval(said) if said.verdict == Verdict::Approve => {
            said.verdict = Verdict::Stolen;
        }
        RecordBody::Approval(said) => said.verdict = Verdict::Approve,
        RecordBody::Complete(complete) => complete.next.backup_head.0[0] ^= 1,
        RecordBody::Repair(asked) => asked.replacement.leaf.0[0] ^= 1,
        RecordBody::Repaired(repaired) => repaired.salt.0[0] ^= 1,
        RecordBody::Request(_) | RecordBody::Veto(_) | RecordBody::Override(_) => return None,
    }
    Some(body)
}

/// What was signed under something else of the same kind.
fn of_another(record: &Record, made: &[Record]) -> Option<Vec<Endorsement>> {
    let log = digest("log");
    let other = made.iter().rev().find(|other| {
        other.kind() == record.kind()
            && other.digest(&log) != record.digest(&log)
            && other.signatures.len() == record.signatures.len()
    })?;
    Some(other.signatures.clone())
}

/// A veto that one agent signs, properly, and that another is said to make.
fn in_anothers_name(record: &Record) -> Option<Record> {
    let mut bad = record.clone();
    let RecordBody::Veto(veto) = &record.body else {
        return None;
    };
    let owner = OWNERS.iter().find(|owner| {
        let mut keys = owner.agents.iter().map(|agent| agent.verifying_key());
        keys.any(|key| key == veto.agent)
    })?;
    let signer = owner
        .agents
        .iter()
        .find(|agent| agent.verifying_key() != veto.agent)?;
    let signature = signer.sign(SIGN_VETO, &bad.digest(&digest("log")).0);
    let key = signer.verifying_key();
    bad.signatures = vec![Endorsement::Agent { key, signature }];
    Some(bad)
}
