//! A person with a fresh device and nothing but the names of her trustees; or somebody who says so.
use super::habits::RECALLED;
use super::phone::{self, listen};
use super::{CALLING_AGAIN, Errand, Link, Next, Person, PersonId, Town};
use crate::world::Trouble;
use kith_protocol::owner::command::{Answer, ClaimTrusteeView, Command, RecoverView};
use kith_protocol::time::Timestamp;
use kith_protocol::trustee::command as trustee_command;
use std::collections::BTreeMap;

/// Somebody who recovers.
pub(crate) struct Claimant {
    trustees: Vec<PersonId>,
    /// Who comes to her mind now, once she has begun.
    named: Vec<PersonId>,
    /// When the others do, if they did not at first.
    recalls: Option<Timestamp>,
    /// Whose identity.
    identity: String,
    /// Who was sent a link, and when last.
    invited: BTreeMap<PersonId, Timestamp>,
    /// She says that the old device was stolen.
    stolen: bool,
    /// What her screen showed last.
    pub(crate) state: String,
}

impl Claimant {
    /// A claimant of this identity who remembers these trustees.
    pub(crate) fn new(identity: &str, trustees: Vec<PersonId>, stolen: bool) -> Self {
        Self {
            trustees,
            named: Vec::new(),
            recalls: None,
            identity: identity.into(),
            invited: BTreeMap::new(),
            stolen,
            state: String::new(),
        }
    }

    /// Whom she remembers.
    pub(crate) fn trustees(&self) -> &[PersonId] {
        &self.trustees
    }

    pub(super) fn turn(&mut self, world: &mut dyn Town, me: &mut Person) -> Next {
        match phone::owner(world, me.node, Command::RecoverStatus) {
            Ok(Answer::Recover(view)) => self.follow(world, me, &view),
            Err(Trouble::Refused(_)) => self.start(world, me),
            _ => Next::Soon,
        }
    }

    fn start(&mut self, world: &mut dyn Town, me: &Person) -> Next {
        if self.named.is_empty() {
            self.remember(world, me);
        }
        let trustees = self
            .named
            .iter()
            .map(|who| world.person(*who).name.clone())
            .collect();
        let command = Command::RecoverStart {
            name: self.identity.clone(),
            trustees,
            stolen: self.stolen,
        };
        let _ = phone::owner(world, me.node, command);
        Next::Soon
    }

    /// Some come to mind at once, the others later.
    fn remember(&mut self, world: &mut dyn Town, me: &Person) {
        self.named = world.remembered(me.id, &self.trustees);
        if self.named.len() < self.trustees.len() {
            let later = world.thinking().span(RECALLED);
            self.recalls = Some(world.now().after(later));
        }
        // Somebody always comes to mind.
        if self.named.is_empty() {
            self.named.extend(self.trustees.first());
        }
    }

    /// She remembers more, and those she has named are not enough, or not any more since a share was
    /// wrong or somebody said no: she begins anew with all of them. The first request stays open on the
    /// ledger, so that another trustee must sponsor the second.
    fn begins_anew(&mut self, world: &mut dyn Town, me: &Person, view: &RecoverView) -> bool {
        let due = self.recalls.is_some_and(|time| time <= world.now());
        let hopeless = match view.state.as_str() {
            "gathering" | "anchored" => true,
            "waiting" | "collecting" => too_few_are_left(view),
            _ => false,
        };
        if !due || !hopeless {
            return false;
        }
        if phone::owner(world, me.node, Command::RecoverAbort).is_ok() {
            self.recalls = None;
            self.named.clone_from(&self.trustees);
            self.invited.clear();
        }
        true
    }

    fn follow(&mut self, world: &mut dyn Town, me: &Person, view: &RecoverView) -> Next {
        self.state.clone_from(&view.state);
        if self.begins_anew(world, me, view) {
            return Next::Soon;
        }
        for who in self.named.clone() {
            let name = world.person(who).name.clone();
            let Some(trustee) = view.trustees.iter().find(|trustee| trustee.name == name) else {
                continue;
            };
            if let Some(next) = self.meet(world, me, (who, trustee)) {
                return next;
            }
        }
        if view.state == "done" {
            Next::Done
        } else {
            Next::Later
        }
    }

    fn meet(
        &mut self,
        world: &mut dyn Town,
        me: &Person,
        (who, view): (PersonId, &ClaimTrusteeView),
    ) -> Option<Next> {
        match view.state.as_str() {
            "not-invited" | "mismatch" | "outdated" => Some(self.invite(world, me, who)),
            "invited" if self.calls_again(world, who) => Some(self.invite(world, me, who)),
            // The other screen shows no words: that session is over, and she sends a new link.
            "words" => compare(world, me, who).or_else(|| {
                let again = self.calls_again(world, who);
                again.then(|| self.invite(world, me, who))
            }),
            _ => None,
        }
    }

    /// Whether somebody who has not answered should be called now, or again.
    fn calls_again(&self, world: &dyn Town, who: PersonId) -> bool {
        let called = self.invited.get(&who);
        called.is_none_or(|when| when.after(CALLING_AGAIN) <= world.now())
    }

    fn invite(&mut self, world: &mut dyn Town, me: &Person, who: PersonId) -> Next {
        let name = world.person(who).name.clone();
        if let Ok(Answer::Link { link, .. }) =
            phone::owner(world, me.node, Command::RecoverInvite { name })
        {
            self.invited.insert(who, world.now());
            let link = Link {
                from: me.id,
                errand: Errand::Recover,
                text: link,
            };
            world.send_link(who, link);
        }
        Next::Soon
    }
}

/// Whether the screen says of so many that they are of no help that the others cannot be enough.
fn too_few_are_left(view: &RecoverView) -> bool {
    let helps = |trustee: &&ClaimTrusteeView| {
        !matches!(trustee.state.as_str(), "bad-share" | "denied" | "conflict")
    };
    let left = view.trustees.iter().filter(helps).count();
    let needed = view.threshold.map_or(0, usize::from);
    left < needed
}

fn compare(world: &mut dyn Town, me: &Person, who: PersonId) -> Option<Next> {
    let name = world.person(who).name.clone();
    let answer = phone::owner(world, me.node, Command::RecoverWords { name: name.clone() });
    let Ok(Answer::Words(words)) = answer else {
        return Some(Next::Soon);
    };
    let heard = hear(world, who, &words.say)?;
    let (words, _) = listen(world, heard, &words.choices);
    let _ = phone::owner(world, me.node, Command::RecoverVerify { name, words });
    Some(Next::Soon)
}

/// The trustee looks for the session in which these words may be heard, and reads out what stands
/// there.
fn hear(world: &mut dyn Town, who: PersonId, said: &String) -> Option<String> {
    let node = world.person(who).node;
    match phone::trustee(world, node, trustee_command::Command::RequestList) {
        Ok(trustee_command::Answer::Requests { list }) => {
            let words = list.into_iter().rev().filter_map(|view| view.words);
            words
                .into_iter()
                .find(|words| words.choices.contains(said))
                .map(|words| words.say)
        }
        _ => None,
    }
}
