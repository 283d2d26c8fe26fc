//! What the owner is told of her changes: which hosts have them.
use super::row::{Changed, Newest};
use super::{Base, standing};
use crate::agent::Event;
use crate::error::Damage;
use crate::owner::command::ChangesView;
use crate::owner::deal::{self, Placed};
use crate::record::{self, Records};

/// A host keeps a newer supplement than this device ever made.
pub(super) fn ahead(name: &str) -> Event {
    let text = format!(
        "{name} keeps newer changes than this device knows of: it may have been put back from an old copy. Look at \
         your secrets, then begin a new backup: owner-agent protect --threshold NUMBER"
    );
    Event::new("backup", name, text)
}

/// What is warned of until there is a new backup.
pub(crate) fn pending(records: &dyn Records) -> Result<Vec<Event>, Damage> {
    let standing = standing(records)?;
    Ok(standing.ahead.iter().map(|name| ahead(name)).collect())
}

/// The changes since the backup in force; nothing where there are none.
pub(crate) fn view(records: &dyn Records) -> Result<Option<ChangesView>, Damage> {
    let Some(active) = deal::active(records)? else {
        return Ok(None);
    };
    let base = record::load::<Base>(records, &active.record.backup_head.0)?;
    let serial = base.map_or(0, |base| base.serial);
    let mut changes = record::load_all::<Changed>(records, &[])?;
    changes.retain(|changed| changed.serial > serial);
    let standing = standing(records)?;
    let base = active.record.backup_head;
    let newest = standing.newest.filter(|newest| newest.base == base);
    if changes.is_empty() && newest.is_none() {
        return Ok(None);
    }
    let covered = newest.as_ref().map_or(0, |newest| newest.serial);
    let unsent = changes.iter().filter(|changed| changed.serial > covered);
    Ok(Some(ChangesView {
        items: changes.len() as u32,
        unsent: unsent.count() as u32,
        sequence: newest.as_ref().map(|newest| newest.sequence),
        made: newest.as_ref().map(|newest| newest.made),
        bytes: newest.as_ref().map_or(0, |newest| newest.bytes),
        hosts: names(newest.as_ref(), |host| host.receipt.is_some()),
        missing: names(newest.as_ref(), |host| host.receipt.is_none()),
    }))
}

fn names(newest: Option<&Newest>, chosen: impl Fn(&Placed) -> bool) -> Vec<String> {
    let hosts = newest.map_or(&[][..], |newest| &newest.hosts);
    let chosen = hosts.iter().filter(|host| chosen(host));
    chosen.map(|host| host.name.clone()).collect()
}
