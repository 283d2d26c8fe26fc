//! Trustees who leave: `trustee remove` and `trustee replace` (R6; decision 0032).
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::error::{CommandError, Stop};
use crate::owner::command::Answer;
use crate::owner::deal;
use crate::owner::identity;
use crate::owner::protect;
use crate::owner::terms::{self, Terms};
use crate::owner::trustee::{self, PeerRole, Stage, Trustee};

/// Marks trustees or hosts as leaving, and deals the next epoch to the others under the terms in force.
///
/// All who leave at once are named at once: each deal uses up a key of everybody who stays.
pub(crate) fn remove(
    work: &mut Work<'_>,
    anchor: &Anchor,
    names: &[String],
) -> Result<Answer, Stop> {
    identity::require(work)?;
    let active = deal::active(work)?;
    let stage = match &active {
        Some(_) => Stage::Leaving,
        None => Stage::Removed,
    };
    for name in names {
        let mut leaving = trustee::named(work, name)?;
        check_may_leave(&leaving)?;
        leaving.stage = stage.clone();
        work.save(&leaving);
    }
    let Some(active) = active else {
        return Ok(forgotten(names));
    };
    let terms = terms::of(&active);
    check_enough_remain(work, names, terms)?;
    protect::begin(work, anchor, terms)
}

/// As [`remove`], once the one who takes the place is verified.
pub(crate) fn replace(
    work: &mut Work<'_>,
    anchor: &Anchor,
    (old, new): (&str, &str),
) -> Result<Answer, Stop> {
    let leaving = trustee::named(work, old)?;
    let coming = trustee::named(work, new)?;
    if !coming.is_verified() || coming.role != leaving.role || coming.name == leaving.name {
        let role = role(leaving.role);
        return Err(CommandError::error(format!(
            "{new} is no verified {role} that could take {old}'s place; invite one with \
             `owner-agent {role} invite NAME`, and compare words"
        ))
        .into());
    }
    remove(work, anchor, &[old.to_owned()])
}

fn role(role: PeerRole) -> &'static str {
    match role {
        PeerRole::Trustee => "trustee",
        PeerRole::Host => "host",
    }
}

fn check_may_leave(leaving: &Trustee) -> Result<(), CommandError> {
    let name = &leaving.name;
    match leaving.stage {
        Stage::Leaving if leaving.resigned.is_some() => Ok(()),
        Stage::Leaving => Err(CommandError::pending(format!(
            "{name} is leaving already, and goes when the next epoch is in force and proved held; see \
             `owner-agent status`"
        ))),
        Stage::Removed => Err(CommandError::error(format!("{name} was removed before"))),
        Stage::Invited
        | Stage::Revealing { .. }
        | Stage::Comparing(_)
        | Stage::Verified
        | Stage::Mismatch
        | Stage::Declined => Ok(()),
    }
}

fn check_enough_remain(work: &Work<'_>, names: &[String], terms: Terms) -> Result<(), Stop> {
    let names = names.join(", ");
    let trustees = trustee::verified(work, PeerRole::Trustee)?.len();
    if trustees < usize::from(terms.threshold) {
        return Err(CommandError::error(format!(
            "without {names} only {trustees} trustees would be left, and {} are needed to recover; invite others first \
             with `owner-agent trustee invite NAME` and compare words with each",
            terms.threshold
        ))
        .into());
    }
    if trustee::verified(work, PeerRole::Host)?.is_empty() {
        return Err(CommandError::error(format!(
            "without {names} nobody would keep your backup; invite another host first with \
             `owner-agent host invite NAME` and compare words"
        ))
        .into());
    }
    Ok(())
}

/// Nothing is in force that they are part of: there is nothing to replace.
fn forgotten(names: &[String]) -> Answer {
    let names = names.join(", ");
    Answer::Done {
        text: format!(
            "not dealt to any more: {names}; you may invite somebody under such a name again"
        ),
    }
}
