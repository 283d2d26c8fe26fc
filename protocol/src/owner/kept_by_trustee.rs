//! Backup hosts that are trustees too (decision 0041).
//!
//! A host's part of the key is what keeps trustees from reading the backup by themselves. Where a trustee is the
//! host, a threshold with it among them has everything, and asks nobody. So a deal leaves such a host out until she
//! was told what that means, and accepts it.
use crate::agent::Work;
use crate::did::Did;
use crate::error::{CommandError, Damage, Stop};
use crate::owner::command::Answer;
use crate::owner::deal;
use crate::owner::trustee::{self, PeerRole, Stage, Trustee};
use crate::record::{self, Records};
use std::collections::BTreeMap;

/// The trustee behind a host, by the host's name.
pub(crate) type Behind = BTreeMap<String, String>;

/// Which hosts run on a trustee's agent, as far as the addresses of both show it. Who has two agents on one machine can
/// hide it from her, and from any check.
pub(crate) fn behind(records: &dyn Records) -> Result<Behind, Damage> {
    let mut all = record::load_all::<Trustee>(records, &[])?;
    all.retain(|peer| matches!(peer.stage, Stage::Verified | Stage::Leaving));
    let (hosts, trustees): (Vec<Trustee>, Vec<Trustee>) = all
        .into_iter()
        .partition(|peer| peer.role == PeerRole::Host);
    // An address costs two decompressions, and there are no hosts to compare with.
    if hosts.is_empty() {
        return Ok(Behind::new());
    }
    let places: BTreeMap<String, String> = trustees
        .into_iter()
        .filter_map(|trustee| Some((place(&trustee)?, trustee.name)))
        .collect();
    let found = hosts.into_iter().filter_map(|host| {
        let trustee = places.get(&place(&host)?)?.clone();
        Some((host.name, trustee))
    });
    Ok(found.collect())
}

fn place(peer: &Trustee) -> Option<String> {
    let contact = peer.contact.as_ref()?;
    let did: &Did = &contact.did;
    let endpoint = did.resolve().endpoint()?;
    Some(endpoint.peer_id().to_owned())
}

/// Hosts that a backup may go to, and the names of the others with the reason.
pub(crate) type Allowed = (Vec<Trustee>, Vec<(String, String)>);

/// Sorts hosts by whether a backup may go to them.
///
/// # Errors
/// When there are hosts, and none of them may keep it.
pub(crate) fn allowed(work: &Work<'_>, hosts: Vec<Trustee>) -> Result<Allowed, Stop> {
    let behind = behind(work)?;
    let mut left_out = Vec::new();
    let mut allowed = hosts;
    allowed.retain(|host| match behind.get(&host.name) {
        Some(trustee) if !host.accepted => {
            left_out.push((host.name.clone(), why(&host.name, trustee)));
            false
        }
        _ => true,
    });
    if let (true, Some((name, why))) = (allowed.is_empty(), left_out.first()) {
        let text = format!("nobody keeps your backup yet: {name}: {why}");
        return Err(CommandError::error(text).into());
    }
    Ok((allowed, left_out))
}

fn why(host: &str, trustee: &str) -> String {
    format!(
        "it is the agent of your trustee {trustee}, and gets no backup before you accept what that means: \
         owner-agent host accept {host}"
    )
}

/// `host accept`: says what it means, and writes down that she wants it.
pub(crate) fn accept(work: &mut Work<'_>, name: &str, yes: bool) -> Result<Answer, Stop> {
    let mut host = trustee::named(work, name)?;
    let Some(trustee) = behind(work)?.remove(name) else {
        let text = format!(
            "{name} is no host that runs on the agent of one of your trustees, as far as its address shows: there is \
             nothing to accept; see `owner-agent trustee list`"
        );
        return Err(CommandError::error(text).into());
    };
    let threshold = deal::active(work)?.map(|deal| deal.lane.threshold);
    let means = meaning(&trustee, threshold);
    let next = if yes {
        host.accepted = true;
        work.save(&host);
        format!(
            "Accepted: the next backup that is dealt goes to {name} too.\n\
             Deal it:       owner-agent protect --threshold {}\n\
             Take it back:  owner-agent trustee remove {name}",
            threshold.map_or("NUMBER".into(), |threshold| threshold.to_string())
        )
    } else {
        format!(
            "Better: a host that is no trustee:  owner-agent host invite NAME\n\
             Accept it nevertheless:             owner-agent host accept {name} --yes"
        )
    };
    let text = format!("{means}\n{next}");
    Ok(Answer::Done { text })
}

/// What a threshold of trustees can do, with this one among them.
fn meaning(trustee: &str, threshold: Option<u8>) -> String {
    let any = match threshold {
        Some(threshold) => format!("any {threshold} of your trustees"),
        None => "as many trustees as are needed to recover".into(),
    };
    format!(
        "{trustee} holds a share of your recovery keys and would keep your backup: {any}, {trustee} among them, could open \
         all that is in it, at once and silently, without a request, a delay or an alarm, and you could not stop \
         them. They could not take your identity so: for that they must still ask on the ledger."
    )
}

/// The same of the epoch in force, where it is so.
pub(crate) fn warning(work: &Work<'_>) -> Result<Option<String>, Damage> {
    let Some(active) = deal::active(work)? else {
        return Ok(None);
    };
    let mut behind = behind(work)?;
    let dealt = |name: &String| active.trustees.iter().any(|dealt| dealt.name == *name);
    let keeps = active.hosts.iter().filter(|host| host.receipt.is_some());
    let names: Vec<String> = keeps
        .filter_map(|host| behind.remove(&host.name))
        .filter(dealt)
        .collect();
    if names.is_empty() {
        return Ok(None);
    }
    Ok(Some(format!(
        "any {} of your trustees, {} among them, can open your backup without asking anybody, for it is kept there too; \
         a host that is no trustee helps: owner-agent host invite NAME",
        active.lane.threshold,
        names.join(" or ")
    )))
}
