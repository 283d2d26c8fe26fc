//! Whether others know an address at which this agent listens. A DID names its address for ever
//! (did:peer has no updates), so whoever moves is looked for where nobody is.
use kith_protocol::did::{Did, Endpoint};
use kith_protocol::health::{Check, Health};
use std::collections::BTreeSet;

/// DIDs that are looked at: resolving one costs two points of a curve, and a thousand say no more.
const LOOKED_AT: usize = 128;

/// The finding: where we listen, and where others look for us.
pub(super) fn check(endpoint: &Endpoint, health: &Health) -> Vec<Check> {
    let listening = endpoint.addresses();
    let known = health.contacts.iter().map(|contact| &contact.ours);
    let known = known.chain(&health.known_by).take(LOOKED_AT);
    let elsewhere: BTreeSet<String> = known.filter_map(|did| elsewhere(did, listening)).collect();
    vec![local(listening), moved(listening, &elsewhere)]
}

/// The first address of a DID of ours, where it names none at which we listen.
fn elsewhere(did: &Did, listening: &[String]) -> Option<String> {
    let endpoint = did.resolve().endpoint()?;
    let addresses = endpoint.addresses();
    let found = addresses.iter().any(|address| listening.contains(address));
    if found {
        None
    } else {
        addresses.first().cloned()
    }
}

fn local(listening: &[String]) -> Check {
    let only_here =
        |address: &String| address.starts_with("/ip4/127.") || address.starts_with("/ip6/::1/");
    let named = listening.join(", ");
    if listening.iter().all(only_here) {
        let finding = format!("listens on {named}: only this machine can reach it");
        return Check::warning("listening", finding, "@ run --listen /ip4/0.0.0.0/tcp/4001");
    }
    Check::ok("listening", format!("listens on {named}"))
}

fn moved(listening: &[String], elsewhere: &BTreeSet<String>) -> Check {
    let Some(known) = elsewhere.first() else {
        return Check::ok(
            "addresses",
            "everyone who knows this agent knows where it listens",
        );
    };
    let all: Vec<&str> = elsewhere.iter().map(String::as_str).collect();
    let finding = format!(
        "others look for this agent at {}, and it listens on {}: they cannot reach it",
        all.join(", "),
        listening.join(", ")
    );
    Check::failed("addresses", finding, format!("@ run --listen {known}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_protocol::did::LocalDid;
    use kith_protocol::health::Verdict;

    const PEER: &str = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";

    fn at(address: &str) -> Endpoint {
        Endpoint::new(PEER.into(), vec![address.into()]).unwrap()
    }

    fn known_at(address: &str) -> Health {
        let did = LocalDid::generate(Some(&at(address)), &mut rand::rng());
        Health {
            known_by: vec![did.did().clone()],
            ..Health::default()
        }
    }

    #[test]
    fn an_address_that_others_know_and_nobody_listens_on_is_named_with_the_flag_that_helps() {
        let checks = check(
            &at("/ip4/192.0.2.7/tcp/5"),
            &known_at("/ip4/192.0.2.7/tcp/4"),
        );
        assert_eq!(checks[0].state, Verdict::Ok);
        assert_eq!(checks[1].state, Verdict::Failed);
        let command = checks[1].command.as_deref();
        assert_eq!(command, Some("@ run --listen /ip4/192.0.2.7/tcp/4"));
    }

    #[test]
    fn an_agent_that_only_its_own_machine_reaches_is_warned_of_it() {
        let here = "/ip4/127.0.0.1/tcp/4";
        let checks = check(&at(here), &known_at(here));
        assert_eq!(checks[0].state, Verdict::Warning);
        assert_eq!(checks[1].state, Verdict::Ok);
    }
}
