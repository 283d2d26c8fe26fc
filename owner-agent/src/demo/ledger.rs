//! A ledger is created: the host operates it, strangers witness it.
use super::people::Trustee;
use super::process::Process;
use super::stage::Cast;
use super::trouble::Trouble;
use kith_protocol::time::Millis;
use kith_protocol::trustee::command::{Answer, Command};

/// Its name.
const ORIGIN: &str = "kith.example/demo";
/// Oldest head that anyone accepts; it is renewed at half of it.
const MAX_AGE: Millis = Millis::seconds(60);

/// What owners adopt.
pub struct Created {
    /// The descriptor, as text.
    pub descriptor: String,
    /// In a sentence, what its quorum stands.
    pub strength: String,
}

/// Has the host create a ledger with a majority of the witnesses as quorum, and every witness
/// adopt it.
///
/// # Errors
/// [`Trouble`] when one of them refuses.
pub async fn create(cast: &Cast) -> Result<Created, Trouble> {
    let mut witnesses = Vec::new();
    for process in &cast.witnesses {
        witnesses.push(Trustee::at(process).card().await?);
    }
    let quorum = u8::try_from(witnesses.len() / 2 + 1).unwrap_or(u8::MAX);
    let command = Command::LedgerCreate {
        origin: ORIGIN.to_owned(),
        witnesses,
        quorum,
        max_age: MAX_AGE,
        single_operator: false,
    };
    let host = Trustee::at(&cast.host);
    let created = match host.ask(&command).await? {
        Answer::Descriptor {
            descriptor,
            strength,
            ..
        } => Created {
            descriptor,
            strength,
        },
        other => {
            let what = format!("{} created no ledger: {other:?}", host.name);
            return Err(Trouble::Broken(what));
        }
    };
    for process in &cast.witnesses {
        adopt(process, created.descriptor.clone()).await?;
    }
    Ok(created)
}

async fn adopt(witness: &Process, descriptor: String) -> Result<(), Trouble> {
    let adopt = Command::WitnessAdopt { descriptor };
    Trustee::at(witness).ask(&adopt).await.map(drop)
}
