//! A deal as people read it.
use kith_protocol::owner::command::ProtectView;

/// A deal in a few lines; the last one says what may still be lost.
pub(super) fn protect(view: &ProtectView) -> String {
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
    let waiting = view.waiting.iter();
    lines.extend(waiting.map(|(name, reason)| format!("waiting for {name}: {reason}")));
    let refusals = view.refused.iter();
    lines.extend(refusals.map(|(name, reason)| format!("{name} refused: {reason}")));
    if state == "protected" {
        lines.push(survivable(view));
    }
    lines.join("\n")
}

/// What may still be lost, in a sentence.
pub(crate) fn survivable(view: &ProtectView) -> String {
    let (holders, threshold) = (view.holders, view.threshold);
    match view.may_lose {
        0 if holders < threshold => format!(
            "Only {holders} of the {threshold} trustees that are needed can help: nothing can be recovered."
        ),
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
    let waiting = view.waiting.iter();
    let waiting = waiting.filter(|pair| !last.is_some_and(|last| last.waiting.contains(pair)));
    lines.extend(waiting.map(|(name, reason)| format!("  {name}: not yet, {reason}")));
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
            waiting: Vec::new(),
            refused: Vec::new(),
            hosts: vec!["Harbour".into()],
            hosts_missing: Vec::new(),
            holders: 3,
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
    fn who_says_not_yet_is_waited_for_and_has_not_refused() {
        let mut view = deal();
        view.waiting = vec![("Carol".into(), "the ledger is behind".into())];
        assert!(protect(&view).contains("waiting for Carol: the ledger is behind"));
        assert_eq!(
            progress(Some(&deal()), &view),
            ["  Carol: not yet, the ledger is behind"]
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
        (view.holders, view.may_lose) = (1, 0);
        let few = "Only 1 of the 2 trustees that are needed can help: nothing can be recovered.";
        assert!(protect(&view).ends_with(few));
        view.holders = 2;
        assert!(protect(&view).ends_with("No further loss of a trustee is survivable."));
    }
}
