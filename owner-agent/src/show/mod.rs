//! Answers as people read them.
mod claim;
mod deal;

use claim::recover;
pub(crate) use claim::recovery_progress;
use deal::protect;
pub(crate) use deal::{progress, survivable};
use kith_protocol::owner::command::{
    AlertView, Answer, BackupView, ChangesView, CustodyView, HostView, RecordView, TrusteeView,
};
use kith_protocol::time::Timestamp;
use kith_runtime::clock::now;
use kith_runtime::console::spans::{relative, utc};
use kith_runtime::console::table::table;
use kith_runtime::console::words::words;

/// An answer as text.
pub(crate) fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Done { text } | Answer::Mismatch { text } => text.clone(),
        Answer::Identity {
            name,
            policy,
            ledger,
            strength,
        } => {
            format!("Identity {name}, policy {policy}\nLedger {ledger}: {strength}")
        }
        Answer::Offered { text, .. } => text.clone(),
        Answer::Link { link, .. } => link.clone(),
        Answer::Words(view) => words(&view.say, &view.choices),
        Answer::Trustees { list } => trustees(list),
        Answer::Secrets { list, earlier } => secrets(list, earlier),
        Answer::Secret { name, data } => format!("{name}: {} bytes", data.0.len()),
        Answer::Protect(view) => protect(view),
        Answer::Backup(view) => backup(view),
        Answer::Status { .. } => status(answer),
        Answer::Alerts { list } => alerts(list),
        Answer::Recover(view) => recover(view),
        Answer::Records { list } => records(list),
    }
}

fn status(answer: &Answer) -> String {
    let Answer::Status {
        name,
        state,
        text,
        deal,
        trustees: list,
        open_to,
        changes: changed,
        alerts,
        conflicts,
        ledger_time,
        ..
    } = answer
    else {
        return String::new();
    };
    let mut lines = vec![format!("{}   {text}", state.to_uppercase())];
    if *alerts > 0 {
        lines.push(
            "SOMEONE ASKS YOUR TRUSTEES FOR YOUR KEYS, OR FOR A SHARE: owner-agent alert list"
                .to_owned(),
        );
    }
    lines.extend(
        conflicts
            .iter()
            .map(|seen| format!("WARNING: {}", seen.sentence())),
    );
    lines.extend(name.iter().map(|name| format!("You are {name}.")));
    lines.extend(deal.iter().map(protect));
    lines.extend(changed.iter().map(changes));
    if !list.is_empty() {
        lines.push(trustees(list));
    }
    lines.extend(open_to.iter().map(|to| format!("NOTE: {to}")));
    lines.extend(ledger_time.map(|time| format!("Newest ledger head: {}", relative(now(), time))));
    lines.join("\n")
}

fn trustees(list: &[TrusteeView]) -> String {
    let rows: Vec<[String; 6]> = list
        .iter()
        .map(|view| {
            [
                view.name.clone(),
                view.role.clone(),
                trustee_state(&view.state),
                view.receipt
                    .map_or("-".to_owned(), |epoch| format!("epoch {epoch}")),
                view.custody
                    .as_ref()
                    .map_or("-".to_owned(), |seen| custody(seen, now())),
                seen(view.seen, now()),
            ]
        })
        .collect();
    or_nothing(
        "No trustees yet. Invite one:  owner-agent trustee invite NAME",
        &rows,
        ["NAME", "ROLE", "STATE", "RECEIPT", "KEEPS IT", "SEEN"],
    )
}

fn trustee_state(state: &str) -> String {
    match state {
        "words" => "compare words now".to_owned(),
        "heard" => "you picked the words, the other side has not yet".to_owned(),
        "mismatch" => "words did not match".to_owned(),
        other => other.to_owned(),
    }
}

/// Whether it still holds its share or the backup, and in how many of the last rounds it did.
fn custody(view: &CustodyView, now: Timestamp) -> String {
    let last = view.proven.map(|at| relative(now, at));
    let last = last.unwrap_or_else(|| "never".to_owned());
    let state = match view.state.as_str() {
        "unasked" => return "not asked yet".to_owned(),
        "held" => format!("proved {last}"),
        "missed" => format!("no answer, proved {last}"),
        "silent" => format!("NO ANSWER, proved {last}"),
        "gone" => "SAYS IT HAS NONE".to_owned(),
        "refused" => "REFUSES TO PROVE".to_owned(),
        _ => "WRONG PROOF".to_owned(),
    };
    let held = view.rounds.iter().filter(|round| round.found == "held");
    format!("{state} ({} of {} rounds)", held.count(), view.rounds.len())
}

fn backup(view: &BackupView) -> String {
    let head = format!(
        "Backup {} of epoch {}: {} bytes in {} pieces",
        short(&view.backup.to_string()),
        view.epoch,
        view.bytes,
        view.chunks
    );
    let row = |host: &HostView| {
        let shown = format!("{} of {}", host.shown, view.chunks);
        [host.name.clone(), kept(host), shown]
    };
    let rows: Vec<[String; 3]> = view.hosts.iter().map(row).collect();
    let mut lines = vec![head];
    lines.extend(view.changes.iter().map(changes));
    lines.push(table(["HOST", "STATE", "PIECES SHOWN"], &rows));
    lines.join("\n")
}

/// What changed since the backup was made, and who has it.
fn changes(view: &ChangesView) -> String {
    let items = claim::items(view.items);
    let kept = match (view.hosts.len(), view.hosts.len() + view.missing.len()) {
        _ if view.unsent > 0 => "NOT SENT YET".to_owned(),
        (0, _) => format!("NO HOST HAS THEM YET; missing: {}", view.missing.join(", ")),
        (have, all) if have < all => {
            format!(
                "kept by {have} of {all} hosts; missing: {}",
                view.missing.join(", ")
            )
        }
        (have, _) => format!("kept by {have} of {have} hosts"),
    };
    format!("Changed since: {items}; {kept}")
}

fn kept(host: &HostView) -> String {
    let last = host.proven.map(|at| relative(now(), at));
    let state = match host.state.as_str() {
        "missing" => "never acknowledged it".to_owned(),
        "unasked" => "acknowledged it, not asked yet".to_owned(),
        "held" => "has it".to_owned(),
        "missed" | "silent" => "no answer".to_owned(),
        "gone" => "SAYS IT DOES NOT HAVE IT".to_owned(),
        "refused" => "REFUSES TO SHOW IT".to_owned(),
        _ => "SHOWED SOMETHING ELSE".to_owned(),
    };
    let state = match last {
        Some(last) => format!("{state}, showed it {last}"),
        None => state,
    };
    match host.waiting {
        true => format!("{state}; asked, no answer yet"),
        false => state,
    }
}

fn seen(seen: Option<Timestamp>, now: Timestamp) -> String {
    seen.map_or("never".to_owned(), |at| relative(now, at))
}

fn secrets(list: &[(String, u64)], earlier: &[(String, u64)]) -> String {
    let row = |(name, size): &(String, u64)| [name.clone(), size.to_string()];
    let rows: Vec<[String; 2]> = list.iter().map(row).collect();
    let wallet = or_nothing(
        "Nothing is protected yet. Add a file:  owner-agent secret add FILE",
        &rows,
        ["NAME", "BYTES"],
    );
    if earlier.is_empty() {
        return wallet;
    }
    let rows: Vec<[String; 2]> = earlier.iter().map(row).collect();
    format!(
        "{wallet}\n\nThe lost device changed or removed these after its backup was made. Earlier versions, kept on this \
         device alone:\n{}\nLook at one:  owner-agent secret show NAME --earlier   Forget it:  owner-agent secret remove \
         NAME --earlier",
        table(["NAME", "BYTES"], &rows)
    )
}

fn alerts(list: &[AlertView]) -> String {
    let rows: Vec<[String; 6]> = list
        .iter()
        .map(|view| {
            [
                short(&view.request.to_string()),
                view.what.clone(),
                utc(view.anchored),
                view.state.clone(),
                format!("{} of {}", view.approvals, view.threshold),
                view.releases_at
                    .map_or("-".to_owned(), |at| relative(now(), at)),
            ]
        })
        .collect();
    or_nothing(
        "Nobody has asked your trustees for your keys, or for a share.",
        &rows,
        ["ID", "WHAT", "ANCHORED", "STATE", "APPROVALS", "RELEASES"],
    )
}

fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}

fn records(list: &[RecordView]) -> String {
    let rows: Vec<[String; 4]> = list
        .iter()
        .map(|view| {
            [
                view.index.to_string(),
                view.kind.clone(),
                utc(view.time),
                short(&view.subject.to_string()),
            ]
        })
        .collect();
    or_nothing(
        "No records yet.",
        &rows,
        ["INDEX", "KIND", "TIME", "SUBJECT"],
    )
}

fn or_nothing<const N: usize>(nothing: &str, rows: &[[String; N]], heading: [&str; N]) -> String {
    if rows.is_empty() {
        nothing.to_owned()
    } else {
        table(heading, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_protocol::owner::command::RoundView;
    use kith_protocol::time::Millis;

    /// B1: at a glance, and with the past rounds.
    #[test]
    fn custody_is_told_with_its_past() {
        let now = Timestamp(10_000_000);
        let round = |found: &&str| RoundView {
            epoch: 1,
            time: Timestamp(1),
            found: (*found).into(),
        };
        let shown = |state: &str, rounds: &[&str]| {
            let view = CustodyView {
                state: state.into(),
                proven: Some(Timestamp(now.0 - Millis::seconds(300).0)),
                rounds: rounds.iter().map(round).collect(),
            };
            custody(&view, now)
        };
        assert_eq!(shown("unasked", &[]), "not asked yet");
        assert_eq!(shown("held", &["held"]), "proved 5 min ago (1 of 1 rounds)");
        let missed = shown("missed", &["held", "held", "missed"]);
        assert_eq!(missed, "no answer, proved 5 min ago (2 of 3 rounds)");
        assert_eq!(shown("gone", &["gone"]), "SAYS IT HAS NONE (0 of 1 rounds)");
        assert_eq!(shown("wrong", &["wrong"]), "WRONG PROOF (0 of 1 rounds)");
    }
}

#[cfg(test)]
pub(crate) mod sample {
    pub(crate) use super::claim::sample::recovery;
    pub(crate) use super::deal::sample::deal;
}
