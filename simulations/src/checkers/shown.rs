//! What of the ledger each agent has been shown, and has not lost again to a crash.
use super::Sight;
use crate::node::NodeId;
use kith_protocol::message::ledger::Page;
use kith_protocol::time::Timestamp;
use std::collections::BTreeMap;

/// How far one agent has read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// Entries.
    pub(super) entries: u64,
    /// The ledger's time on the newest head.
    pub(super) head: Timestamp,
}

/// How far each agent has read.
#[derive(Default)]
pub(super) struct Shown {
    seen: BTreeMap<NodeId, Seen>,
    /// The same before the last page: a crash before that was durable undoes it, and nothing else.
    before: BTreeMap<NodeId, Seen>,
}

impl Shown {
    pub(super) fn to(&self, node: NodeId) -> Seen {
        self.seen.get(&node).copied().unwrap_or_default()
    }

    /// Notes pages, and pages that were lost.
    pub(super) fn see(&mut self, sight: &Sight<'_>) {
        match sight {
            Sight::Reads { node, page } => {
                let before = self.to(*node);
                self.before.insert(*node, before);
                let seen = Seen {
                    entries: end(page).max(before.entries),
                    head: head_time(&page.note.0).unwrap_or_default().max(before.head),
                };
                self.seen.insert(*node, seen);
            }
            Sight::Unreads { node } => {
                let before = self.before.get(node).copied().unwrap_or_default();
                self.seen.insert(*node, before);
            }
            _ => {}
        }
    }
}

fn end(page: &Page) -> u64 {
    page.from + page.entries.len() as u64
}

/// The time in a head, as the ledger's text has it (ledger.md).
fn head_time(note: &[u8]) -> Option<Timestamp> {
    let mut lines = std::str::from_utf8(note).ok()?.lines();
    let time = lines.find_map(|line| line.strip_prefix("kith-time "))?;
    time.parse().ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkers::samples;
    use kith_protocol::bytes::Blob;

    const NODE: NodeId = NodeId(1);

    fn page(entries: u64, time: u64) -> Page {
        Page {
            note: Blob(format!("kith.example/log\n{entries}\nkith-time {time}\n").into_bytes()),
            ..samples::page(entries)
        }
    }

    /// An old page that a crash loses takes nothing away that a newer one had shown.
    #[test]
    fn a_crash_undoes_the_last_page_only() {
        let mut shown = Shown::default();
        let mut see = |page: &Page| {
            shown.see(&Sight::Reads { node: NODE, page });
            (shown.to(NODE).entries, shown.to(NODE).head)
        };
        assert_eq!(see(&page(8, 50)), (8, Timestamp(50)));
        assert_eq!(see(&page(4, 20)), (8, Timestamp(50)));
        let lost = Sight::Unreads { node: NODE };
        shown.see(&lost);
        assert_eq!(shown.to(NODE).entries, 8);
        shown.see(&Sight::Reads {
            node: NODE,
            page: &page(9, 60),
        });
        shown.see(&lost);
        assert_eq!(shown.to(NODE).entries, 8);
        assert_eq!(shown.to(NODE).head, Timestamp(50));
    }
}
