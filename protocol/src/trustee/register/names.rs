//! What owners are called here, and how many there may be.
use super::{Known, Register};
use crate::agent::Work;
use crate::bytes::Digest;
use crate::error::{CommandError, Damage, Stop};
use crate::limits;
use crate::record::Records;
use crate::trustee::connection;
use crate::trustee::ward::{self, Ward, WardId};

impl Register {
    /// The ward our person means: the whole name, or an unambiguous beginning, living ones first.
    pub(in crate::trustee) fn named(
        &self,
        records: &dyn Records,
        name: &str,
    ) -> Result<Ward, Stop> {
        for over in [false, true] {
            if let Some(id) = self.pick(over, name)?
                && let Some(ward) = ward::load(records, &id)?
            {
                return Ok(ward);
            }
        }
        Err(CommandError::error(format!(
            "nobody here is called `{name}`; see: trustee-agent owner list"
        ))
        .into())
    }

    fn pick(&self, over: bool, name: &str) -> Result<Option<WardId>, CommandError> {
        let wanted = name.to_lowercase();
        let (same, begin): (Vec<_>, Vec<_>) = self
            .wards
            .iter()
            .filter(|(_, known)| known.over == over && !wanted.is_empty())
            .filter(|(_, known)| known.name.to_lowercase().starts_with(&wanted))
            .partition(|(_, known)| known.name.to_lowercase() == wanted);
        match (same.first(), begin.as_slice()) {
            (Some((id, _)), _) | (None, [(id, _)]) => Ok(Some(**id)),
            (None, []) => Ok(None),
            (None, several) => Err(ambiguous(name, several)),
        }
    }

    /// A name for a new ward that no living one has: the label, with a number behind it if need be.
    pub(in crate::trustee) fn fresh_name(&self, label: &str) -> String {
        let label = if label.is_empty() { "unnamed" } else { label };
        let taken = |name: &str| {
            let mut living = self.wards.values().filter(|known| !known.over);
            living.any(|known| known.name.eq_ignore_ascii_case(name))
        };
        let numbered = (2..).map(|number: usize| format!("{label} ({number})"));
        let mut names = core::iter::once(label.to_owned()).chain(numbered);
        names
            .find(|name| !taken(name))
            .expect("fewer wards than numbers")
    }

    /// Makes room for one more ward: what came to nothing with this owner goes, and everything that
    /// came to nothing when there are too many.
    pub(in crate::trustee) fn make_room(
        &self,
        work: &mut Work<'_>,
        policy: &Digest,
    ) -> Result<(), Stop> {
        let full = self.wards.len() >= limits::trustee::WARDS;
        let goes = |known: &Known| known.over && (full || known.policy == *policy);
        let going = self.wards.iter().filter(|(_, known)| goes(known));
        let going: Vec<WardId> = going.map(|(id, _)| *id).collect();
        if self.wards.len() - going.len() >= limits::trustee::WARDS {
            return Err(CommandError::refused(format!(
                "{} owners are known already",
                limits::trustee::WARDS
            ))
            .into());
        }
        going.iter().try_for_each(|id| drop_ward(work, id))?;
        Ok(())
    }
}

fn ambiguous(name: &str, several: &[(&WardId, &Known)]) -> CommandError {
    let names: Vec<&str> = several.iter().map(|(_, known)| &*known.name).collect();
    CommandError::error(format!("`{name}` could be any of: {}", names.join(", ")))
}

fn drop_ward(work: &mut Work<'_>, id: &WardId) -> Result<(), Damage> {
    if let Some(ward) = ward::load(work, id)? {
        work.erase::<Ward>(&id.0);
        connection::forget(work, &ward.ours);
    }
    Ok(())
}
