//! Answers as people read them.
use kith_protocol::limits::trustee::{INVITATIONS, SESSIONS};
use kith_protocol::message::setup::Capability;
use kith_protocol::time::Timestamp;
use kith_protocol::trustee::command::{
    Answer, HistoryView, InvitationView, OwnerView, RequestView, ShareView,
};
use kith_runtime::clock::now;
use kith_runtime::console::spans::{relative, utc};
use kith_runtime::console::table::table;
use kith_runtime::console::words::words;

/// An answer as text.
pub(crate) fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Done { text } | Answer::Mismatch { text } => text.clone(),
        Answer::Status { .. } => status(answer),
        Answer::Invitations { list } => invitations(list),
        Answer::Invitation(view) => invitation(view),
        Answer::Owners { list } => owners(list),
        Answer::Words(view) => words(&view.say, &view.choices),
        Answer::Shares { list } => shares(list),
        Answer::Requests { list } => requests(list),
        Answer::Request(view) => request(view),
        Answer::History { list } => history(list),
        Answer::Descriptor { descriptor, .. } => descriptor.clone(),
        Answer::Card { card } => card.clone(),
        Answer::Ledger { .. } => ledger(answer),
    }
}

fn status(answer: &Answer) -> String {
    let Answer::Status {
        name,
        owners,
        waiting,
        invitations,
        backups,
        hosts_backups,
        ledgers,
        conflicts,
    } = answer
    else {
        return String::new();
    };
    let first = match waiting + invitations {
        0 => "Nobody needs you.".to_owned(),
        1 => "1 person or task needs you: trustee-agent request list, invitation list".to_owned(),
        more => format!("{more} things need you: trustee-agent request list, invitation list"),
    };
    let keeps = if *hosts_backups {
        format!("\nBackups and later changes kept: {backups}")
    } else {
        String::new()
    };
    let warnings: String = conflicts
        .iter()
        .map(|seen| format!("\nWARNING: {}", seen.sentence()))
        .collect();
    let asked = match (invitations, waiting) {
        (0, 0) => String::new(),
        _ => format!(
            "\nInvitations waiting: {invitations} of at most {INVITATIONS}. \
             Requests waiting: {waiting} of at most {SESSIONS}."
        ),
    };
    format!(
        "{first}{asked}{warnings}\nYou are {name}. People who trust you: {owners}. Ledgers: {ledgers}.{keeps}"
    )
}

fn invitations(list: &[InvitationView]) -> String {
    let rows: Vec<[String; 5]> = list
        .iter()
        .map(|view| {
            [
                view.id.clone(),
                view.label.clone(),
                capabilities(&view.capabilities),
                view.state.clone(),
                utc(view.expires),
            ]
        })
        .collect();
    or_nothing(
        "No invitations. Paste the link that you were sent: trustee-agent invitation open LINK",
        &rows,
        ["ID", "SAYS IT IS", "ASKS YOU TO", "STATE", "EXPIRES"],
    )
}

fn invitation(view: &InvitationView) -> String {
    format!(
        "Someone who calls herself {} asks you to: {}\n\
         {}\n\
         Invitation {} ({}), ends {}",
        view.label,
        capabilities(&view.capabilities),
        meaning(&view.capabilities),
        view.id,
        view.state,
        relative(now(), view.expires),
    )
}

/// What one agrees to, in a sentence each.
fn meaning(list: &[Capability]) -> String {
    let sentence = |capability: &Capability| match capability {
        Capability::RecoveryShare => {
            "You would keep a small sealed file and perhaps answer a call one day; you can never \
             open her account with it."
        }
        Capability::BackupHost => {
            "You would keep her encrypted backup; you can never read it, and hand it out only for \
             a recovery that the ledger shows."
        }
    };
    list.iter().map(sentence).collect::<Vec<_>>().join("\n")
}

fn capabilities(list: &[Capability]) -> String {
    let name = |capability: &Capability| match capability {
        Capability::RecoveryShare => "keep a recovery share",
        Capability::BackupHost => "keep encrypted backups",
    };
    list.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn owners(list: &[OwnerView]) -> String {
    let rows: Vec<[String; 4]> = list
        .iter()
        .map(|view| {
            [
                view.name.clone(),
                owner_state(&view.state),
                capabilities(&view.capabilities),
                epochs(view),
            ]
        })
        .collect();
    or_nothing(
        "Nobody trusts you yet.",
        &rows,
        ["NAME", "STATE", "AGREED TO", "SHARE"],
    )
}

fn owner_state(state: &str) -> String {
    match state {
        "words" => "compare words now".to_owned(),
        "mismatch" => "words did not match".to_owned(),
        "resigned" => "you resigned; not replaced yet".to_owned(),
        other => other.to_owned(),
    }
}

fn epochs(view: &OwnerView) -> String {
    let active = view.epoch.map(|epoch| format!("epoch {epoch}"));
    let pending = view
        .pending_epoch
        .map(|epoch| format!("epoch {epoch} not active yet"));
    let both: Vec<String> = active.into_iter().chain(pending).collect();
    if both.is_empty() {
        "-".to_owned()
    } else {
        both.join(", ")
    }
}

fn shares(list: &[ShareView]) -> String {
    let rows: Vec<[String; 4]> = list
        .iter()
        .map(|view| {
            let active = match (view.active, view.over, view.gone) {
                (_, _, true) => "gone: it stayed where this agent lived before",
                (true, ..) => "active",
                (false, true, _) => "over",
                (false, false, _) => "not active yet",
            };
            [
                view.owner.clone(),
                view.epoch.to_string(),
                active.to_owned(),
                utc(view.stored),
            ]
        })
        .collect();
    or_nothing("No shares.", &rows, ["OWNER", "EPOCH", "STATE", "STORED"])
}

fn requests(list: &[RequestView]) -> String {
    let rows: Vec<[String; 5]> = list
        .iter()
        .map(|view| {
            [
                view.id.clone(),
                view.owner.clone(),
                view.state.clone(),
                approvals(view),
                release(view, now()),
            ]
        })
        .collect();
    or_nothing(
        "No requests.",
        &rows,
        ["ID", "YOU SAID IT IS", "STATE", "APPROVALS", "RELEASES"],
    )
}

fn approvals(view: &RequestView) -> String {
    format!("{} of {}", view.approvals, view.threshold)
}

fn release(view: &RequestView, now: Timestamp) -> String {
    match (view.vetoed, view.releases_at) {
        (true, _) => "stopped by a veto".to_owned(),
        (false, Some(at)) => relative(now, at),
        (false, None) => "not before enough approvals".to_owned(),
    }
}

fn request(view: &RequestView) -> String {
    let mut text = format!(
        "Someone says they are {} and asks for the share you keep.\n\
         Request {}: {}\n\
         Approvals on the ledger: {}   releases: {}",
        view.owner,
        view.id,
        view.state,
        approvals(view),
        release(view, now()),
    );
    // Once they were compared they are of no more use, and look as if something was left to do.
    let compared = ["verified", "approved"].contains(&view.state.as_str());
    if let Some(view) = view.words.as_ref().filter(|_| !compared) {
        text.push('\n');
        text.push_str(&words(&view.say, &view.choices));
    }
    text
}

fn history(list: &[HistoryView]) -> String {
    if list.is_empty() {
        return "Nothing yet.".to_owned();
    }
    let line = |view: &HistoryView| format!("{}  {}", utc(view.at), view.text);
    list.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn ledger(answer: &Answer) -> String {
    let Answer::Ledger {
        id,
        size,
        time,
        waiting,
        witnesses,
    } = answer
    else {
        return String::new();
    };
    let rows: Vec<[String; 2]> = witnesses
        .iter()
        .map(|(name, size)| [name.clone(), size.to_string()])
        .collect();
    let witnesses = or_nothing("No witnesses.", &rows, ["WITNESS", "SIGNED UP TO"]);
    format!(
        "Ledger {id}\n{size} records certified, newest head {}, {waiting} waiting\n{witnesses}",
        relative(now(), *time)
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

    fn view() -> RequestView {
        RequestView {
            id: "q-21".into(),
            owner: "Alice".into(),
            state: "approved".into(),
            request: None,
            words: None,
            approvals: 3,
            threshold: 3,
            releases_at: Some(Timestamp(64_000)),
            vetoed: false,
        }
    }

    #[test]
    fn a_vetoed_request_never_shows_a_time_of_release() {
        assert_eq!(release(&view(), Timestamp(60_000)), "in 4 s");
        let vetoed = RequestView {
            vetoed: true,
            ..view()
        };
        assert_eq!(release(&vetoed, Timestamp(60_000)), "stopped by a veto");
    }

    #[test]
    fn a_descriptor_is_printed_alone_so_that_a_file_can_catch_it() {
        let shown = answer(&Answer::Descriptor {
            descriptor: "abc".into(),
            id: kith_protocol::bytes::Digest([7; 32]),
            strength: "stands one crash and no liar".into(),
        });
        assert_eq!(shown, "abc");
    }
}
