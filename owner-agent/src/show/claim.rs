//! A recovery as people read it.
use super::deal::{progress, protect};
use kith_protocol::owner::command::{ClaimTrusteeView, RecoverView, RestoredView};
use kith_runtime::clock::now;
use kith_runtime::console::spans::relative;
use kith_runtime::console::table::table;

pub(super) fn recover(view: &RecoverView) -> String {
    let mut lines = vec![format!("RECOVERY   {}", recover_state(view))];
    // What the trustees gave is wiped by then, and nothing is asked of them any more.
    if view.state != "done" {
        lines.extend(trustees(view));
        lines.extend(view.problem.clone());
    }
    lines.extend(view.restored.iter().flat_map(restored));
    lines.extend(view.deal.iter().map(protect));
    lines.join("\n")
}

/// Which backup came back, of when, and whose key signed it: it may be the thief's.
fn restored(view: &RestoredView) -> Vec<String> {
    let of = match view.made {
        Some(made) => format!("with the changes made {}", relative(now(), made)),
        None => "as it was when it was made; no host had later changes".to_owned(),
    };
    let mut lines = vec![format!(
        "Restored backup no. {}, {of}; signed by the device with the key {}",
        view.sequence, view.device
    )];
    if view.earlier > 0 {
        lines.push(format!(
            "Changed or removed by that device after the backup was made: {}; how it was before: owner-agent secret \
             list",
            items(view.earlier)
        ));
    }
    lines
}

pub(super) fn items(count: u32) -> String {
    match count {
        1 => "1 item".to_owned(),
        many => format!("{many} items"),
    }
}

fn trustees(view: &RecoverView) -> Vec<String> {
    let rows: Vec<[String; 2]> = view.trustees.iter().map(claim_row).collect();
    let mut lines = vec![table(["TRUSTEE", "STATE"], &rows)];
    if let Some(threshold) = view.threshold {
        lines.push(format!(
            "Approvals {} of {threshold}, verified shares {} of {threshold}",
            view.approvals, view.shares
        ));
    }
    if let (Some(at), 0) = (view.releases_at, view.shares) {
        lines.push(format!("Shares may be released {}", relative(now(), at)));
    }
    lines
}

fn recover_state(view: &RecoverView) -> &str {
    match view.state.as_str() {
        "gathering" => "asking trustees; nothing is on the ledger yet",
        "anchored" => "the request is on the ledger; your old devices and trustees are told",
        "waiting" => "enough approvals; the delay runs, in which an old device can stop this",
        "collecting" => "shares are coming in",
        "fetching" => "the secret is rebuilt; fetching the backup",
        "older" => "the newest changes are missing",
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
    if view.approvals > last.map_or(0, |last| last.approvals) {
        lines.push(format!("approvals on the ledger: {}", view.approvals));
    }
    lines.extend(arrived(last, view).map(|trustee| claim_row(trustee).join(": ")));
    let before = last.and_then(|last| last.deal.as_ref());
    let deal = view.deal.iter().flat_map(|deal| progress(before, deal));
    lines.extend(deal.map(|line| line.trim_start().to_owned()));
    lines
}

/// Trustees whose share came in, good or bad, since `last`.
fn arrived<'a>(
    last: Option<&RecoverView>,
    view: &'a RecoverView,
) -> impl Iterator<Item = &'a ClaimTrusteeView> {
    let before = last.map(|last| last.trustees.clone()).unwrap_or_default();
    let here = |state: &str| ["share", "bad-share"].contains(&state);
    let trustees = view.trustees.iter();
    trustees.filter(move |trustee| here(&trustee.state) && !before.contains(trustee))
}

/// A trustee's state in words: the agent's own sentence, where it has one.
fn claim_row(view: &ClaimTrusteeView) -> [String; 2] {
    let state = match view.state.as_str() {
        "bad-share" => format!("bad share, not used: {}", view.note),
        "not-invited" => "not asked yet".to_owned(),
        other if view.note.is_empty() => other.to_owned(),
        _ => view.note.clone(),
    };
    [view.name.clone(), state]
}

#[cfg(test)]
pub(crate) mod sample {
    use super::{ClaimTrusteeView, RecoverView};

    /// A recovery with one trustee, Carol.
    pub(crate) fn recovery(state: &str, carol: &str) -> RecoverView {
        RecoverView {
            state: state.into(),
            request: None,
            approvals: 0,
            threshold: Some(2),
            releases_at: None,
            shares: 0,
            trustees: vec![ClaimTrusteeView {
                name: "Carol".into(),
                state: carol.into(),
                note: String::new(),
            }],
            deal: None,
            fetched: (0, 0),
            problem: None,
            restored: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sample::recovery;
    use super::*;

    #[test]
    fn a_share_is_told_once_when_it_comes() {
        let before = recovery("waiting", "verified");
        let mut after = recovery("collecting", "share");
        after.approvals = 2;
        after.trustees[0].note = "share received and verified".into();
        let told = recovery_progress(Some(&before), &after);
        assert_eq!(told.len(), 3);
        assert_eq!(told[2], "Carol: share received and verified");
        assert!(recovery_progress(Some(&after), &after).is_empty());
    }

    #[test]
    fn a_bad_share_is_told_with_its_reason() {
        let mut bad = recovery("collecting", "bad-share");
        bad.trustees[0].note = "it does not match the commitments".into();
        let shown = recover(&bad);
        assert!(shown.contains("bad share, not used: it does not match the commitments"));
    }
}
