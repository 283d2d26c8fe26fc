//! An owner who sets up her identity: invites, compares words, protects, waits until it is done.
use super::phone::{self, hear_trustee, pick};
use super::{CALLING_AGAIN, Errand, Link, Next, Person, PersonId, Town};
use crate::world::Trouble;
use kith_protocol::bytes::Blob;
use kith_protocol::owner::command::{Answer, Command, ProtectView, TrusteeView};
use kith_protocol::time::{Millis, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;

/// The terms of a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Terms {
    /// Trustees needed.
    pub threshold: u8,
    /// How long a release waits.
    pub delay: Millis,
    /// How long a request lives.
    pub lifetime: Millis,
    /// How long a sponsor waits after a failed request.
    pub cool_down: Millis,
}

/// What an owner wants.
#[derive(Clone)]
pub(crate) struct Wish {
    pub(crate) trustees: Vec<PersonId>,
    /// Trustees that shall be none any more, once all others are verified.
    pub(crate) leaving: Vec<PersonId>,
    pub(crate) host: PersonId,
    pub(crate) items: Vec<(String, Vec<u8>)>,
    pub(crate) terms: Terms,
}

/// An owner at work.
pub(crate) struct Owner {
    wish: Wish,
    /// Who was sent a link, and when last.
    invited: BTreeMap<PersonId, Timestamp>,
    /// Who leaves because they resigned: she has asked for an epoch without them.
    released: bool,
    /// Everybody has acknowledged.
    pub(crate) protected: bool,
}

impl Owner {
    /// An owner with this wish.
    pub(crate) fn new(wish: Wish) -> Self {
        Self {
            wish,
            invited: BTreeMap::new(),
            released: false,
            protected: false,
        }
    }

    pub(super) fn turn(&mut self, world: &mut dyn Town, me: &mut Person) -> Next {
        let Ok(Answer::Trustees { list }) = phone::owner(world, me.node, Command::TrusteeList)
        else {
            return Next::Soon;
        };
        let everybody: Vec<PersonId> = self
            .wish
            .trustees
            .iter()
            .copied()
            .chain([self.wish.host])
            .collect();
        for who in &everybody {
            let name = world.person(*who).name.clone();
            let view = list.iter().find(|view| view.name == name);
            if let Some(next) = self.meet(world, me, (*who, view)) {
                return next;
            }
        }
        if !everybody
            .iter()
            .all(|who| is(world, &list, *who, "verified"))
        {
            return Next::Later;
        }
        self.part(world, me, &list)
            .unwrap_or_else(|| self.protect(world, me))
    }

    /// The next step away from those who leave, if there is one.
    fn part(&mut self, world: &mut dyn Town, me: &Person, list: &[TrusteeView]) -> Option<Next> {
        let leaving = self.wish.leaving.iter();
        let has = |who: &PersonId, state| is(world, list, *who, state);
        let stays =
            |who: &&PersonId| has(who, "verified") || (has(who, "resigned") && !self.released);
        let staying = leaving.clone().filter(stays);
        let names: Vec<String> = staying.map(|who| world.person(*who).name.clone()).collect();
        if !names.is_empty() {
            let ordered = phone::owner(world, me.node, Command::TrusteeRemove { names });
            self.released = ordered.is_ok();
            return Some(Next::Soon);
        }
        let mut leaving = leaving;
        let gone = leaving.all(|who| has(who, "removed") || has(who, "resigned"));
        (!gone).then_some(Next::Later)
    }

    /// The next step towards one of them, if it is hers to make.
    fn meet(
        &mut self,
        world: &mut dyn Town,
        me: &Person,
        (who, view): (PersonId, Option<&TrusteeView>),
    ) -> Option<Next> {
        match view.map(|view| view.state.as_str()) {
            None => Some(self.invite(world, me, who)),
            Some("invited") if self.calls_again(world, who) => Some(self.invite(world, me, who)),
            Some("words") => compare(world, me, who),
            Some(_) => None,
        }
    }

    /// Whether somebody who has not answered should be called now, or again.
    fn calls_again(&self, world: &dyn Town, who: PersonId) -> bool {
        let called = self.invited.get(&who);
        called.is_none_or(|when| when.after(CALLING_AGAIN) <= world.now())
    }

    fn invite(&mut self, world: &mut dyn Town, me: &Person, who: PersonId) -> Next {
        let name = world.person(who).name.clone();
        let command = match who == self.wish.host {
            true => Command::HostInvite { name },
            false => Command::TrusteeInvite { name },
        };
        if let Ok(Answer::Link { link, .. }) = phone::owner(world, me.node, command) {
            self.invited.insert(who, world.now());
            let link = Link {
                from: me.id,
                errand: Errand::Join,
                text: link,
            };
            world.send_link(who, link);
        }
        Next::Soon
    }

    fn protect(&mut self, world: &mut dyn Town, me: &Person) -> Next {
        let Ok(Answer::Secrets { list, .. }) = phone::owner(world, me.node, Command::SecretList)
        else {
            return Next::Soon;
        };
        let missing = self
            .wish
            .items
            .iter()
            .find(|(name, _)| list.iter().all(|(known, _)| known != name));
        if let Some((name, data)) = missing.cloned() {
            let data = Blob(data);
            let _ = phone::owner(world, me.node, Command::SecretAdd { name, data });
            return Next::Soon;
        }
        match phone::owner(world, me.node, Command::ProtectStatus) {
            // Her screen says that a host refuses: the deal will not go on by itself.
            Ok(Answer::Protect(view)) if view.state != "refused" && !gave_up(&view) => {
                let bent = world.is_bent(me.node);
                self.follow(&view, bent)
            }
            Err(Trouble::Away) => Next::Soon,
            _ => {
                let _ = phone::owner(world, me.node, deal(self.wish.terms));
                Next::Soon
            }
        }
    }

    /// She waits for everybody; where her device cheats somebody, for everybody who has not refused.
    fn follow(&mut self, view: &ProtectView, bent: bool) -> Next {
        let refused = |name: &String| view.refused.iter().any(|(who, _)| who == name);
        let mut missing = view.missing.iter();
        self.protected = view.state == "protected"
            && missing.all(|name| bent && refused(name))
            && view.hosts_missing.is_empty();
        if self.protected {
            Next::Done
        } else {
            Next::Later
        }
    }
}

/// Whether her screen says this of somebody.
fn is(world: &dyn Town, list: &[TrusteeView], who: PersonId, state: &str) -> bool {
    let name = &world.person(who).name;
    let view = list.iter().find(|view| view.name == *name);
    view.is_some_and(|view| view.state == state)
}

/// Whether every host that has not acknowledged the backup has refused it.
fn gave_up(view: &ProtectView) -> bool {
    let refused = |name: &String| view.refused.iter().any(|(other, _)| other == name);
    view.state == "backup" && view.hosts.is_empty() && view.hosts_missing.iter().all(refused)
}

/// The command that deals.
pub(super) fn deal(terms: Terms) -> Command {
    Command::Protect {
        threshold: terms.threshold,
        delay: Some(terms.delay),
        lifetime: Some(terms.lifetime),
        cool_down: Some(terms.cool_down),
        override_threshold: None,
    }
}

fn compare(world: &mut dyn Town, me: &Person, who: PersonId) -> Option<Next> {
    let name = world.person(who).name.clone();
    let heard = hear_trustee(world, who, &me.name)?;
    let answer = phone::owner(world, me.node, Command::TrusteeWords { name: name.clone() });
    let Ok(Answer::Words(words)) = answer else {
        return Some(Next::Soon);
    };
    let words = pick(heard, &words.choices);
    let _ = phone::owner(world, me.node, Command::TrusteeVerify { name, words });
    Some(Next::Soon)
}
