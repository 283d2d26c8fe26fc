//! Part 3: the device is gone, a thief has a copy of its disk, some trustees are gone too.
use super::{OWNER, Play};
use crate::demo::process::{Place, Process, copy_home, log_file};
use crate::demo::stage::Cast;
use crate::demo::trouble::Trouble;
use std::fs;

/// What the copy's agent is called.
const THIEF: &str = "the thief";

impl Play<'_> {
    /// Kills and deletes; returns where the thief's copy lies.
    pub(super) async fn lose(
        &mut self,
        mut owner: Process,
        cast: &mut Cast,
    ) -> Result<Place, Trouble> {
        self.story.part(
            "loss",
            "3  Loss: the device is gone, and not everyone is left to ask",
        );
        self.story.step(format!(
            "{OWNER}'s agent is killed in the middle of everything"
        ));
        owner.kill().await?;
        let stolen = self.steal(owner.place())?;
        self.kill_trustees(cast).await?;
        Ok(stolen)
    }

    fn steal(&mut self, owner: &Place) -> Result<Place, Trouble> {
        self.story
            .step("a thief copies her disk and knows her passphrase");
        let stolen = Place {
            name: THIEF.to_owned(),
            home: self.directory.join("homes").join("thief"),
            log: log_file(self.directory, THIEF),
            ..owner.clone()
        };
        copy_home(&owner.home, &stolen.home)?;
        self.story.step(format!("{OWNER}'s home is deleted"));
        let deleted = fs::remove_dir_all(&owner.home);
        deleted.map_err(|error| Trouble::file("deleting", &owner.home, error))?;
        Ok(stolen)
    }

    async fn kill_trustees(&mut self, cast: &mut Cast) -> Result<(), Trouble> {
        for name in self.plan.victims() {
            self.story
                .step(format!("trustee {name} is killed and stays away"));
            cast.kill(name).await?;
        }
        let left = self.plan.survivors();
        self.story.done(&format!(
            "left: {}; {} are needed",
            left.join(", "),
            self.plan.threshold
        ));
        Ok(())
    }
}
