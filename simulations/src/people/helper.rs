//! Somebody who helps: accepts invitations, compares words, approves recoveries after the check.
use super::phone::{self, hear_owner, listen, pick};
use super::{Errand, Link, Manner, Next, Person, PersonId, Town};
use crate::checkers::Sight;
use crate::scenario::Mutant;
use crate::world::Trouble;
use kith_protocol::owner::command::Command as OwnerCommand;
use kith_protocol::trustee::command::{Answer, Command, OwnerView, RequestView};
use std::collections::BTreeMap;

/// A trustee's or host's person.
pub(crate) struct Helper {
    /// Who the owner is, and what her agent calls her: the contact from before.
    knows: BTreeMap<String, PersonId>,
    /// Who asked for help in which session.
    calls: BTreeMap<String, PersonId>,
    /// How this person says yes; drawn from the seed when it is first asked.
    manner: Option<Manner>,
    /// Wants to be a trustee no longer, and has not said so to the agent.
    weary: bool,
}

impl Helper {
    /// Somebody who knows these people.
    pub(crate) fn new(knows: impl IntoIterator<Item = (String, PersonId)>) -> Self {
        Self {
            knows: knows.into_iter().collect(),
            calls: BTreeMap::new(),
            manner: None,
            weary: false,
        }
    }

    /// Makes this person another kind of helper.
    pub(crate) fn set_manner(&mut self, manner: Manner) {
        self.manner = Some(manner);
    }

    /// Makes this person one who wants to be a trustee no longer.
    pub(crate) fn tire(&mut self) {
        self.weary = true;
    }

    pub(super) fn turn(&mut self, world: &mut dyn Town, me: &mut Person) -> Next {
        if self.weary {
            self.weary = !self.resign(world, me);
            return Next::Soon;
        }
        if let Some(link) = me.links.first().cloned() {
            return self.follow(world, me, &link);
        }
        match self.look_around(world, me) {
            Some(next) => next,
            None => Next::Later,
        }
    }

    fn look_around(&mut self, world: &mut dyn Town, me: &mut Person) -> Option<Next> {
        let Ok(Answer::Owners { list }) = phone::trustee(world, me.node, Command::OwnerList) else {
            return None;
        };
        if let Some(owner) = list.iter().find(|owner| owner.state == "words") {
            return self.compare(world, me, owner);
        }
        let Ok(Answer::Requests { list }) = phone::trustee(world, me.node, Command::RequestList)
        else {
            return None;
        };
        if let Some(request) = list.iter().find(|request| request.state == "words") {
            return self.check(world, me, request);
        }
        let Some(request) = list.iter().find(|request| request.state == "verified") else {
            me.idle = true;
            return None;
        };
        self.decide(world, me, request)
    }

    /// Whether everybody this person knows as an owner is told.
    fn resign(&self, world: &mut dyn Town, me: &Person) -> bool {
        self.knows.keys().all(|name| {
            let (name, at_once) = (name.clone(), false);
            phone::trustee(world, me.node, Command::Resign { name, at_once }).is_ok()
        })
    }

    /// The words were right, so it is who called. Is that the owner?
    fn decide(&mut self, world: &mut dyn Town, me: &Person, request: &RequestView) -> Option<Next> {
        let manner = *self.manner.get_or_insert_with(|| world.manner_of(me.id));
        match manner {
            Manner::Careful if !self.is_owner(request) => deny(world, me, request),
            Manner::Careful | Manner::Careless => {
                seen(world, me, request)?;
                approve(world, me, request)
            }
            Manner::Accomplice => {
                world.misdeed();
                approve(world, me, request)
            }
        }
    }

    /// The call back, at the contact recorded before: it reaches the owner, whoever called.
    fn is_owner(&self, request: &RequestView) -> bool {
        let owner = self.knows.get(&request.owner);
        owner.is_some() && owner == self.calls.get(&request.id)
    }

    /// Opens a link. It is put away once the agent has it durably.
    fn follow(&mut self, world: &mut dyn Town, me: &mut Person, link: &Link) -> Next {
        let opened = match link.errand {
            Errand::Join => join(world, me, link),
            Errand::Recover => self.begin_recovery(world, me, link),
        };
        match opened {
            Ok(()) => {
                me.links.remove(0);
                Next::Soon
            }
            Err(Trouble::Away) => Next::Soon,
            // Another link may be better; this one is tried again.
            Err(Trouble::Refused(_)) => {
                me.links.rotate_left(1);
                Next::Later
            }
        }
    }

    fn begin_recovery(
        &mut self,
        world: &mut dyn Town,
        me: &Person,
        link: &Link,
    ) -> Result<(), Trouble> {
        // The person knows who called; whose identity it is, the voice says, and may lie.
        let owner = self.knows.keys().next().cloned().unwrap_or_default();
        let text = link.text.clone();
        let answer = phone::trustee(world, me.node, Command::RequestOpen { link: text, owner })?;
        if let Answer::Request(view) = answer {
            self.calls.insert(view.id, link.from);
        }
        Ok(())
    }

    fn compare(&self, world: &mut dyn Town, me: &Person, owner: &OwnerView) -> Option<Next> {
        let who = *self.knows.get(&owner.name)?;
        let heard = hear_owner(
            world,
            who,
            OwnerCommand::TrusteeWords {
                name: me.name.clone(),
            },
        )?;
        let name = owner.name.clone();
        let answer = phone::trustee(world, me.node, Command::OwnerWords { name: name.clone() });
        let Ok(Answer::Words(words)) = answer else {
            return Some(Next::Soon);
        };
        let words = pick(heard, &words.choices);
        let _ = phone::trustee(world, me.node, Command::OwnerVerify { name, words });
        Some(Next::Soon)
    }

    fn check(&self, world: &mut dyn Town, me: &Person, request: &RequestView) -> Option<Next> {
        let who = *self.calls.get(&request.id)?;
        let heard = hear_owner(
            world,
            who,
            OwnerCommand::RecoverWords {
                name: me.name.clone(),
            },
        )?;
        let (words, right) = listen(world, heard, &request.words.as_ref()?.choices);
        if let Some(request) = request.request {
            let node = me.node;
            world.show(&Sight::Compares {
                node,
                request,
                right,
            });
        }
        let id = request.id.clone();
        let _ = phone::trustee(world, me.node, Command::RequestVerify { id, words });
        Some(Next::Soon)
    }
}

fn join(world: &mut dyn Town, me: &Person, link: &Link) -> Result<(), Trouble> {
    let text = link.text.clone();
    let answer = phone::trustee(world, me.node, Command::InvitationOpen { link: text })?;
    if let Answer::Invitation(view) = answer
        && view.state == "waiting"
    {
        phone::trustee(world, me.node, Command::InvitationAccept { id: view.id })?;
    }
    Ok(())
}

/// The checkers see what the person is going to approve.
fn seen(world: &mut dyn Town, me: &Person, view: &RequestView) -> Option<()> {
    let request = view.request?;
    if world.mutant() != Some(Mutant::UncheckedApproval) {
        world.show(&Sight::Approves {
            node: me.node,
            request,
        });
    }
    Some(())
}

/// It was not the owner.
fn deny(world: &mut dyn Town, me: &Person, view: &RequestView) -> Option<Next> {
    let id = view.id.clone();
    let _ = phone::trustee(world, me.node, Command::RequestDeny { id });
    Some(Next::Soon)
}

fn approve(world: &mut dyn Town, me: &Person, view: &RequestView) -> Option<Next> {
    let id = view.id.clone();
    let _ = phone::trustee(world, me.node, Command::RequestApprove { id });
    Some(Next::Soon)
}
