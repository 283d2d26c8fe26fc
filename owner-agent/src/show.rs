//! Answers as people read them.
use kith_protocol::owner::command::{
    AlertView, Answer, ClaimTrusteeView, ProtectView, RecordView, RecoverView, TrusteeView,
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
        Answer::Secrets { list } => secrets(list),
        Answer::Secret { name, data } => format!("{name}: {} bytes", data.0.len()),
        Answer::Protect(view) => protect(view),
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
        alerts,
        ledger_time,
        ..
    } = answer
    else {
        return String::new();
    };
    let mut lines = vec![format!("{}   {text}", state.to_uppercase())];
    if *alerts > 0 {
        lines.push("SOMEONE TRIES TO RECOVER IN YOUR NAME: owner-agent alert list".to_owned());
    }
    lines.extend(name.iter().map(|name| format!("You are {name}.")));
    lines.extend(deal.iter().map(protect));
    if !list.is_empty() {
        lines.push(trustees(list));
    }
    lines.extend(ledger_time.map(|time| format!("Newest ledger head: {}", relative(now(), time))));
    lines.join("\n")
}

fn trustees(list: &[TrusteeView]) -> String {
    let rows: Vec<[String; 5]> = list
        .iter()
        .map(|view| {
            [
                view.name.clone(),
                view.role.clone(),
                trustee_state(&view.state),
                view.receipt
                    .map_or("-".to_owned(), |epoch| format!("epoch {epoch}")),
                seen(view.seen, now()),
            ]
        })
        .collect();
    or_nothing(
        "No trustees yet. Invite one:  owner-agent trustee invite NAME",
        &rows,
        ["NAME", "ROLE", "STATE", "RECEIPT", "SEEN"],
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

fn seen(seen: Option<Timestamp>, now: Timestamp) -> String {
    seen.map_or("never".to_owned(), |at| relative(now, at))
}

fn secrets(list: &[(String, u64)]) -> String {
    let rows: Vec<[String; 2]> = list
        .iter()
        .map(|(name, size)| [name.clone(), size.to_string()])
        .collect();
    or_nothing(
        "Nothing is protected yet. Add a file:  owner-agent secret add FILE",
        &rows,
        ["NAME", "BYTES"],
    )
}

/// A deal in a few lines; the last one says what may still be lost.
fn protect(view: &ProtectView) -> String {
    let ProtectView {
        epoch,
        state,
        threshold,
        trustees,
        ..
    } = view;
    let mut lines = vec![format!(
        "Epoch {epoch}: {state}. Any {threshold} of {trustees} trustees can help you recover."
    )];
    lines.push(format!(
        "Receipts: {} ({} needed){}",
        names(&view.receipts),
        view.needed,
        missing(&view.missing)
    ));
    lines.push(format!(
        "Backup hosts: {}{}",
        names(&view.hosts),
        missing(&view.hosts_missing)
    ));
    let refusals = view.refused.iter();
    lines.extend(refusals.map(|(name, reason)| format!("{name} refused: {reason}")));
    if state == "protected" {
        lines.push(survivable(view.may_lose));
    }
    lines.join("\n")
}

/// What may still be lost, in a sentence.
pub(crate) fn survivable(may_lose: u8) -> String {
    match may_lose {
        0 => "No further loss of a trustee is survivable.".to_owned(),
        1 => "You can lose 1 trustee and still recover.".to_owned(),
        more => format!("You can lose {more} trustees and still recover."),
    }
}

fn names(list: &[String]) -> String {
    if list.is_empty() {
        "none".to_owned()
    } else {
        list.join(", ")
    }
}

fn missing(list: &[String]) -> String {
    if list.is_empty() {
        String::new()
    } else {
        format!("; missing: {}", list.join(", "))
    }
}

/// What is new in `view` since `last`, a line each.
pub(crate) fn progress(last: Option<&ProtectView>, view: &ProtectView) -> Vec<String> {
    let known = |name: &&String, of: fn(&ProtectView) -> &Vec<String>| {
        last.is_some_and(|last| of(last).contains(name))
    };
    let hosts = view
        .hosts
        .iter()
        .filter(|name| !known(name, |view| &view.hosts));
    let receipts = view
        .receipts
        .iter()
        .filter(|name| !known(name, |view| &view.receipts));
    let mut lines: Vec<String> = hosts
        .map(|name| format!("  {name}: backup stored"))
        .collect();
    lines.extend(receipts.map(|name| format!("  {name}: share verified, stored, receipt signed")));
    let refused = view
        .refused
        .iter()
        .filter(|pair| !last.is_some_and(|last| last.refused.contains(pair)));
    lines.extend(refused.map(|(name, reason)| format!("  {name}: refused, {reason}")));
    if last.is_none_or(|last| last.state != view.state) {
        lines.extend(stage(&view.state).map(|text| format!("  {text}")));
    }
    lines
}

fn stage(state: &str) -> Option<&'static str> {
    match state {
        "backup" => Some("sending the encrypted backup"),
        "shares" => Some("sending every trustee a share"),
        "anchoring" => Some("anchoring the policy on the ledger"),
        _ => None,
    }
}

fn alerts(list: &[AlertView]) -> String {
    let rows: Vec<[String; 5]> = list
        .iter()
        .map(|view| {
            [
                short(&view.request.to_string()),
                utc(view.anchored),
                view.state.clone(),
                format!("{} of {}", view.approvals, view.threshold),
                view.releases_at
                    .map_or("-".to_owned(), |at| relative(now(), at)),
            ]
        })
        .collect();
    or_nothing(
        "Nobody has tried to recover in your name.",
        &rows,
        ["ID", "ANCHORED", "STATE", "APPROVALS", "RELEASES"],
    )
}

fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}

fn recover(view: &RecoverView) -> String {
    let mut lines = vec![format!("RECOVERY   {}", recover_state(view))];
    let rows: Vec<[String; 3]> = view.trustees.iter().map(claim_row).collect();
    if !rows.is_empty() {
        lines.push(table(["TRUSTEE", "STATE", ""], &rows));
    }
    if let Some(threshold) = view.threshold {
        lines.push(format!(
            "Approvals {} of {threshold}, verified shares {} of {threshold}",
            view.approvals, view.shares
        ));
    }
    if let (Some(at), true) = (view.releases_at, view.shares == 0) {
        lines.push(format!("Shares may be released {}", relative(now(), at)));
    }
    lines.extend(view.problem.clone());
    lines.extend(view.deal.iter().map(protect));
    lines.join("\n")
}

fn recover_state(view: &RecoverView) -> &str {
    match view.state.as_str() {
        "gathering" => "asking trustees; nothing is on the ledger yet",
        "anchored" => "the request is on the ledger; your old devices and trustees are told",
        "waiting" => "enough approvals; the delay runs, in which an old device can stop this",
        "collecting" => "shares are coming in",
        "fetching" => "the secret is rebuilt; fetching the backup",
        "dealing" => "restored; giving every trustee a new share",
        "done" => "done: everything is restored and every older key is revoked",
        "vetoed" => "stopped by a device of the owner",
        "ended" => "ended without success",
        "conflict" => "trustees contradict each other",
        other => other,
    }
}

/// What is new in a recovery since `last`, a line each.
pub(crate) fn recovery_progress(last: Option<&RecoverView>, view: &RecoverView) -> Vec<String> {
    let mut lines = Vec::new();
    if last.is_none_or(|last| last.state != view.state) {
        lines.push(recover_state(view).to_owned());
    }
    if last.is_some_and(|last| last.approvals < view.approvals) {
        lines.push(format!("approvals on the ledger: {}", view.approvals));
    }
    let before = last
        .map(|last| last.trustees.as_slice())
        .unwrap_or_default();
    let changed = view
        .trustees
        .iter()
        .filter(|trustee| !before.contains(trustee));
    let arrived =
        changed.filter(|trustee| ["share", "bad-share"].contains(&trustee.state.as_str()));
    lines.extend(arrived.map(|trustee| {
        let [name, state, note] = claim_row(trustee);
        format!("{name}: {state} {note}").trim_end().to_owned()
    }));
    let deal = view
        .deal
        .iter()
        .flat_map(|deal| progress(last.and_then(|last| last.deal.as_ref()), deal));
    lines.extend(deal.map(|line| line.trim_start().to_owned()));
    lines
}

fn claim_row(view: &ClaimTrusteeView) -> [String; 3] {
    let state = match view.state.as_str() {
        "words" => "compare words now",
        "share" => "share received and verified",
        "bad-share" => "bad share, not used",
        other => other,
    };
    [view.name.clone(), state.to_owned(), view.note.clone()]
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
pub(crate) mod sample {
    use super::ProtectView;

    /// A deal on its way: one receipt of three, the backup stored.
    pub(crate) fn deal() -> ProtectView {
        ProtectView {
            epoch: 1,
            state: "shares".into(),
            threshold: 2,
            trustees: 3,
            needed: 3,
            receipts: vec!["Bob".into()],
            missing: vec!["Carol".into(), "Dan".into()],
            refused: Vec::new(),
            hosts: vec!["Harbour".into()],
            hosts_missing: Vec::new(),
            may_lose: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sample::deal;
    use super::*;

    #[test]
    fn progress_tells_only_what_is_new() {
        let first = deal();
        assert_eq!(progress(None, &first).len(), 3);
        assert!(progress(Some(&first), &first).is_empty());
        let mut later = deal();
        later.receipts.push("Carol".into());
        assert_eq!(
            progress(Some(&first), &later),
            ["  Carol: share verified, stored, receipt signed"]
        );
    }

    #[test]
    fn who_is_missing_is_named() {
        let shown = protect(&deal());
        assert!(shown.contains("Receipts: Bob (3 needed); missing: Carol, Dan"));
    }

    #[test]
    fn an_unprotected_owner_is_not_told_that_a_loss_is_survivable() {
        let mut view = deal();
        assert!(!protect(&view).contains("lose"));
        view.state = "protected".into();
        view.may_lose = 0;
        assert!(protect(&view).ends_with("No further loss of a trustee is survivable."));
    }
}
