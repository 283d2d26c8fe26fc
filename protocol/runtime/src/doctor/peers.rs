//! Whether the people this agent knows can be reached, by a trust ping to each.
use super::probe::{Prober, Silent};
use futures::future::join_all;
use kith_protocol::health::{Check, Contact, Health, Relation};
use kith_protocol::message::{Body, Ping};
use kith_protocol::time::Millis;

/// A finding for each, and one for all trustees together.
pub(super) async fn check(prober: &Prober, health: &Health) -> Vec<Check> {
    let asked = health.contacts.iter().map(|contact| async move {
        let ping = Body::Ping(Ping {
            response_requested: true,
        });
        let answer = prober.ask(&contact.theirs, ping).await;
        (contact, answer.map(|(_, took)| took))
    });
    let asked = join_all(asked).await;
    let mut checks: Vec<Check> = asked
        .iter()
        .map(|(contact, answer)| one(contact, answer))
        .collect();
    let trustees = asked
        .iter()
        .filter(|(contact, answer)| contact.relation == Relation::Trustee && answer.is_ok());
    checks.extend(enough(trustees.count(), health.needed));
    checks
}

fn one(contact: &Contact, answer: &Result<Millis, Silent>) -> Check {
    let name = &contact.name;
    let (kind, run) = match contact.relation {
        Relation::Trustee => ("trustee", "trustee-agent run"),
        Relation::Host => ("host", "trustee-agent run --host-backups"),
        Relation::Owner => ("owner", "owner-agent run"),
    };
    let id = format!("{kind}:{name}");
    match answer {
        Ok(took) => Check::ok(id, format!("{name} answers, after {took}")),
        Err(Silent::NotAsked) => Check::warning(
            id,
            format!("{name} was not asked: the time was up"),
            "@ doctor",
        ),
        Err(why) => {
            let finding = format!("{name} does not answer at {}: {why}", place(contact));
            Check::warning(id, finding, run).on(name)
        }
    }
}

fn place(contact: &Contact) -> String {
    let endpoint = contact.theirs.resolve().endpoint();
    let addresses = endpoint.map(|endpoint| endpoint.addresses().join(", "));
    addresses.unwrap_or_else(|| "no address".to_owned())
}

/// One trustee who is away is no fault; too many are.
fn enough(reached: usize, needed: usize) -> Option<Check> {
    if needed == 0 {
        return None;
    }
    let finding = format!("{reached} trustees answer now, {needed} are needed to recover");
    Some(match reached >= needed {
        true => Check::ok("trustees", finding),
        false => Check::failed("trustees", finding, "trustee-agent run").on("each trustee"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_protocol::health::Verdict;

    #[test]
    fn fewer_trustees_than_needed_are_a_failure_and_no_policy_is_none() {
        assert_eq!(enough(1, 2).unwrap().state, Verdict::Failed);
        assert_eq!(enough(2, 2).unwrap().state, Verdict::Ok);
        assert!(enough(0, 0).is_none());
    }
}
