//! What the owner is told of her backup hosts: advice, warnings, and which of them count.
use super::row::Audited;
use super::{InForce, header_of, in_force};
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::error::{CommandError, Damage, Stop};
use crate::owner::command::{Answer, BackupView, CustodyView, HostView};
use crate::owner::custody::Standing;
use crate::owner::deal::Deal;
use crate::owner::supplement;
use crate::record::{self, Records};
use std::collections::BTreeMap;

/// Says what an answer, or none, was worth, if it was not what it should be.
pub(super) fn say(work: &mut Work<'_>, audited: &Audited, deal: &Deal) {
    if let Some(event) = event(audited, deal) {
        work.hint(event);
    }
}

fn event(audited: &Audited, deal: &Deal) -> Option<Event> {
    let name = &audited.name;
    let anew = format!(
        "make a new one: owner-agent protect --threshold {}",
        deal.lane.threshold
    );
    let text = match audited.standing() {
        Standing::Unasked | Standing::Held => return None,
        Standing::Missed => format!(
            "{name} has not shown for a week or so that it has your backup; see whether it runs: owner-agent \
             trustee ping {name}"
        ),
        Standing::Silent => format!(
            "{name} has not shown for weeks that it has your backup; let another host take its place: owner-agent \
             host invite NAME"
        ),
        Standing::Gone => format!("{name} says that it does not have your backup any more; {anew}"),
        Standing::Wrong => format!(
            "{name} showed something else than your backup: it is damaged there, or its agent plays false; {anew}"
        ),
        Standing::Refused => format!(
            "{name} does not show whether it has your backup; ask the person, or let another host take its place: \
             owner-agent host invite NAME"
        ),
    };
    Some(Event::new("backup", name, text))
}

/// Those that were asked for the backup in force.
fn asked(records: &dyn Records, place: &InForce) -> Result<Vec<Audited>, Damage> {
    let mut all = record::load_all::<Audited>(records, &[])?;
    let head = place.deal.record.backup_head;
    let is_host = |name: &String| place.deal.hosts.iter().any(|host| host.name == *name);
    all.retain(|audited| audited.backup == head && is_host(&audited.name));
    Ok(all)
}

/// What is warned of until it is over; advice is said once.
pub(crate) fn pending(records: &dyn Records, anchor: &Anchor) -> Result<Vec<Event>, Damage> {
    let Some(place) = in_force(records, anchor)? else {
        return Ok(Vec::new());
    };
    let all = asked(records, &place)?;
    let warned = all.iter().filter(|audited| audited.standing().is_lost());
    Ok(warned
        .filter_map(|audited| event(audited, &place.deal))
        .collect())
}

/// Hosts that acknowledged the backup in force and do not count as keeping it any more.
pub(crate) fn lost(records: &dyn Records, anchor: &Anchor) -> Result<Vec<String>, Damage> {
    let Some(place) = in_force(records, anchor)? else {
        return Ok(Vec::new());
    };
    let all = asked(records, &place)?.into_iter();
    let lost = all.filter(|audited| audited.standing().is_lost());
    Ok(lost.map(|audited| audited.name).collect())
}

/// Every host that was asked, by name.
pub(crate) fn views(
    records: &dyn Records,
    anchor: &Anchor,
) -> Result<BTreeMap<String, CustodyView>, Damage> {
    let Some(place) = in_force(records, anchor)? else {
        return Ok(BTreeMap::new());
    };
    let all = asked(records, &place)?;
    let views = all.iter().map(|audited| {
        let view = audited.view(place.deal.epoch);
        (audited.name.clone(), view)
    });
    Ok(views.collect())
}

/// The backup in force, and how far each host has shown it.
pub(crate) fn show(work: &Work<'_>, anchor: &Anchor) -> Result<Answer, Stop> {
    let none = "no backup of this device is in force; make one with `owner-agent protect --threshold NUMBER`";
    let place = in_force(work, anchor)?.ok_or_else(|| CommandError::error(none))?;
    let all = asked(work, &place)?;
    let host = |placed: &crate::owner::deal::Placed| {
        let audited = all.iter().find(|audited| audited.name == placed.name);
        let waiting = audited.is_some_and(|audited| audited.asked.is_some());
        HostView {
            name: placed.name.clone(),
            state: match (placed.receipt.is_some(), audited) {
                (false, _) => "missing".into(),
                (true, Some(audited)) => audited.standing().name().into(),
                (true, None) => Standing::Unasked.name().into(),
            },
            waiting,
            shown: audited.map_or(0, |audited| audited.shown),
            proven: audited.and_then(|audited| audited.view(place.deal.epoch).proven),
        }
    };
    let later = supplement::newest(work, &place.deal.record.backup_head)?;
    let later = later
        .map(|later| header_of(work, &later))
        .transpose()?
        .flatten();
    let later = later.map_or(0, |header| header.chunks.len() as u32);
    Ok(Answer::Backup(BackupView {
        backup: place.deal.record.backup_head,
        epoch: place.deal.epoch,
        bytes: place.header.bytes,
        chunks: place.header.chunks.len() as u32 + later,
        hosts: place.deal.hosts.iter().map(host).collect(),
        changes: supplement::view(work)?,
    }))
}
