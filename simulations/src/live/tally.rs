//! How many messages of which type each agent has sent.
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Messages by who sent them and of which type they are. A message that is sent again has the same id
/// and counts once: how often it is sent depends on time alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    ids: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Tally {
    /// A message goes out. `typ` is its URI; the protocol's name and its own are kept.
    pub fn sends(&mut self, who: &str, typ: &str, id: &str) {
        let mut parts = typ.rsplitn(4, '/');
        let (name, _version, protocol) = (parts.next(), parts.next(), parts.next());
        let name = format!(
            "{}/{}",
            protocol.unwrap_or_default(),
            name.unwrap_or_default()
        );
        self.ids
            .entry((who.into(), name))
            .or_default()
            .insert(id.into());
    }

    /// So many messages of each type, by sender.
    pub fn counts(&self) -> impl Iterator<Item = ((&str, &str), u64)> {
        self.ids
            .iter()
            .map(|((who, typ), ids)| ((who.as_str(), typ.as_str()), ids.len() as u64))
    }

    /// How many of this type this agent has sent.
    #[must_use]
    pub fn count(&self, who: &str, typ: &str) -> u64 {
        let key = (who.to_owned(), typ.to_owned());
        self.ids.get(&key).map_or(0, |ids| ids.len() as u64)
    }

    /// How many of this type all have sent.
    #[must_use]
    pub fn of_type(&self, typ: &str) -> u64 {
        let all = self.counts().filter(|((_, other), _)| *other == typ);
        all.map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_sent_again_counts_once() {
        let typ = "https://kith.example/protocols/recovery-share/1.0/store";
        let mut tally = Tally::default();
        for id in ["a", "b", "a"] {
            tally.sends("Bob", typ, id);
        }
        tally.sends("Carol", typ, "a");
        assert_eq!(tally.count("Bob", "recovery-share/store"), 2);
        assert_eq!(tally.of_type("recovery-share/store"), 3);
        assert_eq!(tally.count("Bob", "recovery-share/commit"), 0);
    }
}
