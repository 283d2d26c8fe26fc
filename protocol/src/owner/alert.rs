//! Attempts in the owner's name: shown from the ledger itself, and stopped from here (G7, G9).
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::bytes::{Blob, Digest, to_base64url};
use crate::error::{CommandError, Damage, Stop};
use crate::ledger::{Kind, News, Record, RequestStatus, Subject};
use crate::message::Body;
use crate::message::alert::Veto;
use crate::outbox;
use crate::owner::alarm::{Reader, asked, changing, repairing, short};
use crate::owner::claim::row;
use crate::owner::command::{AlertView, Answer, RecordView};
use crate::owner::identity::{self, Identity};
use crate::owner::trustee::{self, PeerRole};
use crate::record::{self, Records, Row, Space};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

const RECOVERY: &str = "recovery";
const REPAIR: &str = "repair";

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

/// Notes what the ledger newly shows of this owner's policy, and raises the alarm for what is not this
/// agent's own.
pub(crate) fn note(work: &mut Work<'_>, anchor: &Anchor, news: &[News]) -> Result<(), Damage> {
    let Some(reader) = Reader::load(work)? else {
        return Ok(());
    };
    for item in news {
        let (Some((kind, subject)), Ok(effect)) = (item.about, &item.outcome) else {
            continue;
        };
        if effect.policy != reader.policy {
            continue;
        }
        let subject = address(subject, effect.policy);
        work.save(&Noted {
            index: item.index,
            kind: kind.name().into(),
            time: item.time,
            subject,
        });
        if anchor.outcome(work, &effect.record)?.is_none()
            && let Some(alarm) = reader.alarm(anchor, (kind, subject), effect)
        {
            work.hint(alarm);
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

/// When the newest record of a kind was anchored.
pub(crate) fn newest(records: &dyn Records, kind: Kind) -> Result<Option<Timestamp>, Damage> {
    let noted = record::load_all::<Noted>(records, &[])?.into_iter();
    let times = noted.filter(|noted| noted.kind == kind.name());
    Ok(times.map(|noted| noted.time).max())
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
pub(crate) fn alerts(records: &dyn Records, anchor: &Anchor) -> Result<Vec<AlertView>, Damage> {
    let Some(identity) = identity::load(records)? else {
        return Ok(Vec::new());
    };
    let own = row::load(records)?
        .and_then(|claim| claim.fixed)
        .map(|fixed| fixed.request);
    let asked = asked_for(anchor, &identity).into_iter();
    let others = asked.filter(|(id, ..)| Some(*id) != own);
    Ok(others
        .map(|(id, what, status)| alert(id, what, &status))
        .collect())
}

/// What is open in her name and not hers, asked from the ledger: a hint may have died with the
/// process that was told it (G9).
pub(crate) fn pending(records: &dyn Records, anchor: &Anchor) -> Result<Vec<Event>, Damage> {
    let Some(identity) = identity::load(records)? else {
        return Ok(Vec::new());
    };
    let mut events: Vec<Event> = alerts(records, anchor)?
        .into_iter()
        .filter(|alert| alert.state == "open")
        .map(|alert| Event::new("alarm", alert.request.to_string(), told(&alert)))
        .collect();
    for record in changes(anchor, &identity) {
        if anchor.outcome(records, &record)?.is_none() {
            events.push(Event::new("alarm", record.to_string(), changing(&record)));
        }
    }
    Ok(events)
}

fn told(alert: &AlertView) -> String {
    match alert.what.as_str() {
        REPAIR => repairing(&alert.request),
        _ => asked(&alert.request),
    }
}

/// Changes of her policy that wait.
fn changes(anchor: &Anchor, identity: &Identity) -> Vec<Digest> {
    let Some(view) = anchor.view(&identity.log) else {
        return Vec::new();
    };
    let time = view.ledger_time().unwrap_or_default();
    let waiting = view.state().waiting_changes(&identity.policy, time);
    waiting.into_iter().map(|change| change.record).collect()
}

/// Recoveries of her keys, and repairs of a trustee's share: an agent of hers can stop either.
fn asked_for(anchor: &Anchor, identity: &Identity) -> Vec<(Digest, &'static str, RequestStatus)> {
    let Some(view) = anchor.view(&identity.log) else {
        return Vec::new();
    };
    let (state, now) = (view.state(), view.ledger_time().unwrap_or_default());
    let requests = state.requests_on(&identity.policy).into_iter();
    let requests = requests.filter_map(|id| Some((id, RECOVERY, state.request_status(&id, now)?)));
    let repairs = state.repairs_on(&identity.policy).into_iter();
    let repairs = repairs.filter_map(|id| Some((id, REPAIR, state.repair_status(&id, now)?)));
    requests.chain(repairs).collect()
}

fn alert(request: Digest, what: &str, status: &RequestStatus) -> AlertView {
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
        what: what.into(),
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
    let subject = named(anchor, &identity, id)?;
    let record = Record::veto(&identity.log, subject, &identity.agent);
    anchor.append(work, identity.log, &record)?;
    let (Subject::Request(digest) | Subject::Change(digest)) = subject else {
        return Err(unknown(id).into());
    };
    if let Subject::Request(_) = subject {
        hand_over(work, identity.log, &record)?;
    }
    let text = format!(
        "a veto of {} goes to the ledger and to your trustees; see `owner-agent alert list`",
        short(&digest)
    );
    Ok(Answer::Offered {
        text,
        record: record.digest(&identity.log),
    })
}

fn named(anchor: &Anchor, identity: &Identity, id: &str) -> Result<Subject, CommandError> {
    let requests = asked_for(anchor, identity).into_iter();
    let requests = requests.map(|(request, ..)| (request, Subject::Request(request)));
    let changes = changes(anchor, identity).into_iter();
    let changes = changes.map(|change| (change, Subject::Change(change)));
    // Whoever reads the list as JSON has another spelling than whoever reads it as text.
    let spelt = |digest: &Digest| [digest.to_string(), to_base64url(&digest.0)];
    let begins = |digest: &Digest| spelt(digest).iter().any(|whole| whole.starts_with(id));
    let mut matching = requests
        .chain(changes)
        .filter(|(digest, _)| !id.is_empty() && begins(digest));
    match (matching.next(), matching.next()) {
        (Some((_, subject)), None) => Ok(subject),
        _ => Err(unknown(id)),
    }
}

fn unknown(id: &str) -> CommandError {
    CommandError::error(format!(
        "`{id}` names no request or change in your name, or several; see `owner-agent alert list`"
    ))
}

/// The veto goes to every trustee directly too, in case the ledger is out of reach or keeps it out
/// (G7).
fn hand_over(work: &mut Work<'_>, log: Digest, record: &Record) -> Result<(), Damage> {
    let veto = Veto {
        log,
        record: Blob(record.to_bytes()),
    };
    for trustee in trustee::verified(work, PeerRole::Trustee)? {
        if let Some(contact) = &trustee.contact {
            let body = Body::AlertVeto(veto.clone());
            outbox::send(work, &trustee.local, &contact.did, body);
        }
    }
    Ok(())
}
