//! Attempts in the owner's name: shown from the ledger itself, and stopped from here (G7, G9).
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::bytes::Digest;
use crate::error::{CommandError, Damage, Stop};
use crate::ledger::{Kind, News, Record, RequestStatus, Subject};
use crate::owner::claim::row;
use crate::owner::command::{AlertView, Answer, RecordView};
use crate::owner::identity::{self, Identity};
use crate::record::{Row, Space};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A record of the ledger that concerns this owner.
#[derive(Serialize, Deserialize)]
struct Noted {
    index: u64,
    kind: String,
    time: Timestamp,
    subject: Digest,
}

impl Row for Noted {
    const SPACE: Space = Space::Noted;
    fn id(&self) -> Vec<u8> {
        self.index.to_be_bytes().to_vec()
    }
}

/// Notes what the ledger newly shows of this owner's policy, and raises the alarm for a request
/// that is not this agent's own.
pub(crate) fn note(work: &mut Work<'_>, news: &[News]) -> Result<(), Damage> {
    let own = row::load(work)?
        .and_then(|claim| claim.fixed)
        .map(|fixed| (fixed.policy, fixed.request));
    let policy = identity::load(work)?
        .map(|identity| identity.policy)
        .or(own.map(|own| own.0));
    for item in news {
        let (Some((kind, subject)), Ok(effect)) = (item.about, &item.outcome) else {
            continue;
        };
        if Some(effect.policy) == policy {
            note_one(
                work,
                item,
                (kind, address(subject, effect.policy)),
                own.map(|own| own.1),
            );
        }
    }
    Ok(())
}

/// The digest a record is about.
fn address(subject: Subject, policy: Digest) -> Digest {
    match subject {
        Subject::Inception => policy,
        Subject::Policy(digest) | Subject::Request(digest) | Subject::Change(digest) => digest,
    }
}

fn note_one(work: &mut Work<'_>, item: &News, about: (Kind, Digest), own: Option<Digest>) {
    let (kind, subject) = about;
    work.save(&Noted {
        index: item.index,
        kind: kind.name().into(),
        time: item.time,
        subject,
    });
    if kind == Kind::Request && own != Some(subject) {
        let text = format!(
            "somebody asks your trustees for your keys; if it is not you, stop it: owner-agent alert veto {}",
            short(&subject)
        );
        work.hint(Event::new("alarm", subject.to_string(), text));
    }
}

pub(crate) fn short(digest: &Digest) -> String {
    digest.to_string().chars().take(12).collect()
}

/// The records noted, for `record list`.
pub(crate) fn records(work: &Work<'_>) -> Result<Answer, Stop> {
    let view = |noted: Noted| RecordView {
        index: noted.index,
        kind: noted.kind,
        time: noted.time,
        subject: noted.subject,
    };
    Ok(Answer::Records {
        list: work.all::<Noted>()?.into_iter().map(view).collect(),
    })
}

/// Every attempt, this agent's own left out.
pub(crate) fn alerts(work: &Work<'_>, anchor: &Anchor) -> Result<Vec<AlertView>, Damage> {
    let Some(identity) = identity::load(work)? else {
        return Ok(Vec::new());
    };
    let own = row::load(work)?
        .and_then(|claim| claim.fixed)
        .map(|fixed| fixed.request);
    let requests = requests(anchor, &identity)
        .into_iter()
        .filter(|(id, _)| Some(*id) != own);
    Ok(requests.map(|(id, status)| alert(id, &status)).collect())
}

fn requests(anchor: &Anchor, identity: &Identity) -> Vec<(Digest, RequestStatus)> {
    let Some(view) = anchor.view(&identity.log) else {
        return Vec::new();
    };
    let ids = view.state().requests_on(&identity.policy).into_iter();
    ids.filter_map(|id| {
        Some((
            id,
            view.state()
                .request_status(&id, view.ledger_time().unwrap_or_default())?,
        ))
    })
    .collect()
}

fn alert(request: Digest, status: &RequestStatus) -> AlertView {
    let state = match status {
        RequestStatus {
            completed: true, ..
        } => "completed",
        RequestStatus { ended: true, .. } => "ended",
        RequestStatus { vetoed: true, .. } => "vetoed",
        _ => "open",
    };
    AlertView {
        request,
        anchored: status.anchored,
        state: state.into(),
        approvals: status.approvals.try_into().unwrap_or(u8::MAX),
        threshold: status.threshold,
        releases_at: status.releases_at,
    }
}

/// Vetoes a request with this agent's key. Whether the key may still veto, the ledger says.
pub(crate) fn veto(work: &mut Work<'_>, anchor: &mut Anchor, id: &str) -> Result<Answer, Stop> {
    let identity = identity::require(work)?;
    let known = requests(anchor, &identity);
    let mut matching = known
        .iter()
        .filter(|(request, _)| !id.is_empty() && request.to_string().starts_with(id));
    let (Some((request, _)), None) = (matching.next(), matching.next()) else {
        let text = format!(
            "`{id}` names no request in your name, or several; see `owner-agent alert list`"
        );
        return Err(CommandError::error(text).into());
    };
    let record = Record::veto(&identity.log, Subject::Request(*request), &identity.agent);
    anchor.append(work, identity.log, &record)?;
    let text = format!(
        "a veto of request {} goes to the ledger; see `owner-agent alert list`",
        short(request)
    );
    Ok(Answer::Offered {
        text,
        record: record.digest(&identity.log),
    })
}
