//! She goes on using her wallet (decision 0038).
use super::{Part, Story};
use crate::people::phone;
use kith_protocol::bytes::Blob;
use kith_protocol::owner::command::{Answer, ChangesView, Command};

impl Story {
    /// One item is added, one changed and, where there are others, one removed. Demanded: her screen says that the
    /// hosts have it.
    pub(super) fn change(&mut self) -> Part {
        let items = self.items.clone();
        self.unchanged.get_or_insert(items);
        let number = self.items.len();
        let data = self.chance.bytes(64);
        if let [first, _, ..] = &mut *self.items {
            first.1.clone_from(&data);
            self.remove_last()?;
        }
        self.items.push((format!("change {number}"), data));
        for item in self.items.clone() {
            self.demand("her device takes a change", |story| story.keeps(&item))?;
        }
        self.storm(|story| story.changes_are_kept())?;
        self.demand("her screen says that the hosts have her changes", |story| {
            story.changes_are_kept()
        })
    }

    fn remove_last(&mut self) -> Part {
        let Some((name, _)) = self.items.pop() else {
            return self.go_on();
        };
        self.demand("her device removes an item", |story| {
            let phone = story.node_of(story.alice);
            let remove = Command::SecretRemove { name: name.clone() };
            let _ = phone::owner(&mut story.world, phone, remove);
            let list = phone::owner(&mut story.world, phone, Command::SecretList);
            let Ok(Answer::Secrets { list, .. }) = list else {
                return false;
            };
            list.iter().all(|(known, _)| *known != name)
        })
    }

    /// Whether her device has this item as it is now; it is given where not.
    fn keeps(&mut self, (name, data): &(String, Vec<u8>)) -> bool {
        let phone = self.node_of(self.alice);
        let show = Command::SecretShow { name: name.clone() };
        let shown = phone::owner(&mut self.world, phone, show);
        if matches!(shown, Ok(Answer::Secret { data: known, .. }) if known.0 == *data) {
            return true;
        }
        let add = Command::SecretAdd {
            name: name.clone(),
            data: Blob(data.clone()),
        };
        phone::owner(&mut self.world, phone, add).is_ok()
    }

    fn changes_are_kept(&mut self) -> bool {
        let phone = self.node_of(self.alice);
        let status = phone::owner(&mut self.world, phone, Command::BackupStatus);
        let Ok(Answer::Backup(view)) = status else {
            return false;
        };
        let kept = |changes: ChangesView| changes.unsent == 0 && changes.missing.is_empty();
        view.changes.is_some_and(kept)
    }

    /// Demanded: the claimant's screen says that changes are missing. She goes on without them.
    pub(super) fn older(&mut self) -> Part {
        self.storm(|story| story.claim_is("older"))?;
        self.demand(
            "her screen says that the newest changes are missing",
            |story| story.claim_is("older"),
        )?;
        let fresh = self.node_of(self.alice);
        self.demand("she goes on without them", |story| {
            phone::owner(&mut story.world, fresh, Command::RecoverAcceptOlder).is_ok()
        })?;
        if let Some(unchanged) = self.unchanged.take() {
            self.items = unchanged;
        }
        self.go_on()
    }
}
