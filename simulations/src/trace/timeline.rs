//! What happens as a person would tell it: who does what, and why. No polls, no repetitions, no ledger
//! traffic; those stand in the trace of steps.
use super::telling::short;
use crate::node::{Order, Stimulus, Told};
use kith_protocol::agent::Step;
use kith_protocol::did::Did;
use kith_protocol::message::Body;
use kith_protocol::owner::command::Command as Owner;
use kith_protocol::time::Millis;
use kith_protocol::trustee::command::Command as Trustee;
use std::collections::{BTreeMap, BTreeSet};

/// Widths of the columns before the last.
const WHO: usize = 10;

/// What was told already.
#[derive(Default)]
pub(crate) struct Timeline {
    /// Messages, so that a repetition is not told.
    sent: BTreeSet<String>,
    /// Hints that an agent gave last, so that it is not told again.
    said: BTreeSet<(String, String)>,
}

impl Timeline {
    /// What a step of this agent was about; `names` says which machine a message goes to.
    pub(super) fn step(
        &mut self,
        (who, stimulus): (&str, &str),
        step: &Step<Told>,
        mut names: impl FnMut(&Did) -> String,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        let refused = match &step.answer {
            Some(Err(error)) => format!(", but: {error}"),
            _ => String::new(),
        };
        if !stimulus.is_empty() && (!step.writes.is_empty() || !refused.is_empty()) {
            lines.push(format!("{stimulus}{refused}"));
        }
        let mut sends: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for message in &step.sends {
            if is_news(&message.body) && self.sent.insert(message.id.clone()) {
                let kind = sends.entry(short(&message.body)).or_default();
                kind.push(names(&message.to));
            }
        }
        for (kind, mut to) in sends {
            to.dedup();
            lines.push(format!("  sends {kind} to {}", to.join(", ")));
        }
        for event in &step.events {
            let said = (who.to_owned(), event.text.clone());
            if event.kind != "history" && self.said.insert(said) {
                lines.push(format!("  is told: {}", abridged(&event.text)));
            }
        }
        lines
    }
}

/// Whether a message is part of what people do. What goes to and from ledgers is in its records.
pub(super) fn is_news(body: &Body) -> bool {
    let typ = body.typ();
    !["/ledger/", "/trust-ping/", "/empty"]
        .iter()
        .any(|part| typ.contains(part))
}

/// Digests by their beginning: nobody reads 64 digits.
fn abridged(text: &str) -> String {
    let word = |word: &str| match word.len() >= 64 && word.is_ascii() {
        true => format!("{}…", &word[..12]),
        false => word.to_owned(),
    };
    let words: Vec<String> = text.split(' ').map(word).collect();
    words.join(" ")
}

/// One line.
pub(super) fn line(since: Millis, who: &str, what: &str) -> String {
    let seconds = since.0 / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hours:>4}:{minutes:02}:{seconds:02}  {who:<WHO$} {what}")
}

/// What a person does with an agent, in words; nothing for what only looks.
pub(super) fn told(stimulus: &Stimulus) -> String {
    match stimulus {
        Stimulus::Order(Order::Owner(command)) => owner(command),
        Stimulus::Order(Order::Trustee(command)) => trustee(command),
        _ => String::new(),
    }
}

fn owner(command: &Owner) -> String {
    match command {
        Owner::Init { name, .. } => format!("sets up an identity as {name}"),
        Owner::TrusteeInvite { name } => format!("invites {name} to be a trustee"),
        Owner::HostInvite { name } => format!("invites {name} to keep backups"),
        Owner::TrusteeVerify { name, .. } => format!("has heard the words of {name}"),
        Owner::HostAccept { name, .. } => {
            format!("accepts that {name} keeps the backup beside a share")
        }
        Owner::TrusteeRemove { names } => {
            format!(
                "deals anew without {}, who shall be trustees no more",
                names.join(", ")
            )
        }
        Owner::SecretAdd { name, .. } => format!("protects `{name}`"),
        Owner::SecretRemove { name } => format!("removes `{name}`"),
        Owner::Protect {
            threshold, delay, ..
        } => {
            let after = delay.map(|delay| format!(", after {} s", delay.0 / 1000));
            let after = after.unwrap_or_default();
            format!("deals: {threshold} trustees will be needed{after}")
        }
        Owner::AlertVeto { .. } => "stops a recovery that she has not asked for".into(),
        Owner::RecoverStart { stolen: true, .. } => {
            "begins to recover; the old device is stolen".into()
        }
        Owner::RecoverStart { .. } => "begins to recover; the old device is lost".into(),
        Owner::RecoverInvite { name } => format!("calls {name} and sends a link"),
        Owner::RecoverVerify { name, .. } => format!("has heard the words of {name}"),
        Owner::RecoverAcceptOlder => "goes on without the newest changes".into(),
        Owner::RecoverAbort => "gives up".into(),
        _ => String::new(),
    }
}

fn trustee(command: &Trustee) -> String {
    match command {
        Trustee::InvitationOpen { .. } => "opens an invitation".into(),
        Trustee::InvitationAccept { .. } => "agrees".into(),
        Trustee::InvitationDecline { .. } => "says no".into(),
        Trustee::OwnerVerify { name, .. } => format!("has heard the words of {name}"),
        Trustee::RequestOpen { owner, .. } => format!("opens a link, from {owner} it seems"),
        Trustee::RequestVerify { .. } => "has heard the words of who asks".into(),
        Trustee::RequestApprove { .. } => "approves, because the words fit".into(),
        Trustee::RequestDeny { .. } => "refuses".into(),
        Trustee::LedgerCreate { .. } => "begins to operate a ledger".into(),
        Trustee::WitnessAdopt { .. } => "begins to witness it".into(),
        _ => String::new(),
    }
}
