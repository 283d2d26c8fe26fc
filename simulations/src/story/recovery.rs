//! The owner begins anew with nothing but names.
use super::{OWNER, Part, Story};
use crate::checkers::{Sight, alarm, equality};
use crate::node::{Kind, NodeId};
use crate::people::{Claimant, Role, phone};
use kith_protocol::owner::command::{Answer, ClaimTrusteeView, Command, RecoverView};
use kith_protocol::time::{Millis, Timestamp};

/// How much longer what the ledger shows may take to reach everybody: a message, its answer, a crash
/// just before the world healed.
const WARNED: Millis = Millis::seconds(120);

impl Story {
    /// She has a fresh device, and asks those whom she remembers.
    pub(super) fn claim(&mut self, stolen: bool, forgotten: usize) -> Part {
        let fresh = self.world.add_node("fresh", Kind::Owner);
        self.world.person_mut(self.alice).node = fresh;
        self.world.rejected.clear();
        let known = self.trustees.len() - forgotten.min(self.trustees.len());
        let places = self.chance.some_below(self.trustees.len(), known);
        let remembered = places.into_iter().map(|place| self.trustees[place]);
        let remembered = remembered.filter(|who| !self.forgotten.contains(who));
        let claimant = Claimant::new(OWNER, remembered.collect(), stolen);
        self.world.trace.draw_from_here();
        self.world.engage(self.alice, Role::Claimant(claimant));
        self.world.faults = self.parameters.faults;
        self.go_on()
    }

    /// The recovery is done, under faults and then without.
    pub(super) fn recovered(&mut self) -> Part {
        self.storm(|story| story.claim_is("done"))?;
        self.demand("the recovery is done", |story| story.claim_is("done"))?;
        let node = self.node_of(self.alice);
        self.demand("her device runs", |story| story.world.node(node).is_up())?;
        equality::demand(&mut self.world, node, &self.items);
        self.demand(
            "the living trustees hold the new epoch as the current one",
            Self::has_settled,
        )?;
        self.world.trace.draw_until_here();
        self.world.show(&Sight::Settled);
        self.warned()?;
        self.blamed()
    }

    /// Nothing is promised but that nothing wrong comes back.
    pub(super) fn attempted(&mut self) -> Part {
        self.storm(|story| story.claim_is("done"))?;
        let end = self.end_of_patience();
        self.until(end, |story| story.claim_is("done"))?;
        if self.claim_is("done") {
            let node = self.node_of(self.alice);
            equality::demand(&mut self.world, node, &self.items);
        }
        self.go_on()
    }

    pub(super) fn until(
        &mut self,
        end: Timestamp,
        mut wished: impl FnMut(&mut Self) -> bool,
    ) -> Part {
        while !wished(self) && self.world.peek().is_some_and(|next| next <= end) {
            if !self.world.advance() {
                break;
            }
        }
        self.go_on()
    }

    /// Too few are left: she gets nothing back however long she waits, and sees what is missing.
    pub(super) fn stuck(&mut self) -> Part {
        self.storm(|story| story.claim_is("done"))?;
        let end = self.end_of_patience();
        self.pass(end.since(self.world.now()))?;
        let Some(view) = self.claim_view() else {
            return self.astonished(&"no status of the recovery");
        };
        let threshold = self.parameters.terms.threshold;
        if view.state == "done" || view.shares >= threshold || view.approvals >= threshold {
            let what = format!(
                "too few trustees are left, and the recovery stands as `{}`",
                view.state
            );
            self.world.fail("G5 recoverability", what);
        }
        if view.threshold.is_none_or(|needed| needed != threshold) && view.problem.is_none() {
            let what = format!("the claimant is not told what is missing: {view:?}");
            self.world.fail("G5 recoverability", what);
        }
        self.go_on()
    }

    /// What the ledger shows has reached everybody who runs: they look eight times while a head ages.
    pub(super) fn warned(&mut self) -> Part {
        if !self.world.owes_progress {
            return self.go_on();
        }
        let end = self.soon_read();
        self.until(end, |story| alarm::behind(&story.world).is_empty())?;
        // Somebody may have begun meanwhile to keep it from them.
        let end = end.max(self.misled_until());
        self.until(end, |story| alarm::behind(&story.world).is_empty())?;
        if !alarm::behind(&self.world).is_empty() {
            alarm::complain(&mut self.world);
        }
        self.go_on()
    }

    /// Until when everybody has read what the ledger shows now.
    pub(super) fn soon_read(&self) -> Timestamp {
        let end = self.world.now().max(self.asleep);
        let end = end.after(self.parameters.max_age).after(WARNED);
        end.max(self.misled_until())
    }

    /// The same of those who were shown old pages.
    fn misled_until(&self) -> Timestamp {
        let end = self.world.misled.after(self.parameters.max_age);
        end.after(WARNED)
    }

    pub(super) fn claim_is(&self, state: &str) -> bool {
        matches!(&self.world.person(self.alice).role, Role::Claimant(claimant) if claimant.state == state)
    }

    fn claim_view(&mut self) -> Option<RecoverView> {
        let node = self.node_of(self.alice);
        match phone::owner(&mut self.world, node, Command::RecoverStatus) {
            Ok(Answer::Recover(view)) => Some(view),
            _ => None,
        }
    }

    /// Whether every living trustee has promoted its share of the active epoch, and forgotten older
    /// ones. Not asked of those whom she has forgotten: nobody has dealt to them.
    fn has_settled(&mut self) -> bool {
        let Some(active) = self.world.jury.ledger.epoch else {
            return false;
        };
        let nodes: Vec<NodeId> = self.remembered();
        let living: Vec<NodeId> = nodes
            .into_iter()
            .filter(|node| !self.world.node(*node).is_dead() && !self.world.node(*node).hoards)
            .collect();
        let left_out = self.left_out();
        let overtaken = self.is_overtaken(active);
        living
            .into_iter()
            .filter(|node| !left_out.contains(node))
            .all(|node| {
                let shares = self.world.shares_held(node);
                (overtaken || !shares.is_empty())
                    && shares
                        .iter()
                        .all(|share| share.active && share.epoch == active)
            })
    }

    /// Whether somebody else has recovered in her name since: who slept through both recoveries has no key left
    /// that the second could seal a share to, and keeps nothing until it is dealt to again (G5).
    fn is_overtaken(&mut self, active: u32) -> bool {
        let requests = self.world.jury.ledger.requests.values();
        let completed = requests.filter(|asked| asked.completed.is_some()).count();
        completed > 1 && {
            let deal = self.claim_view().and_then(|view| view.deal);
            deal.is_some_and(|deal| deal.epoch < active)
        }
    }

    /// Trustees whose keys the thief has used up with his own deals: she could not deal to them, and has to
    /// protect herself again. Nobody else is left out.
    fn left_out(&mut self) -> Vec<NodeId> {
        let deal = if self.robbed { self.claim_view() } else { None };
        let refused = deal.and_then(|view| view.deal).map(|deal| deal.refused);
        let names: Vec<String> = refused
            .into_iter()
            .flatten()
            .filter(|(_, why)| why.contains("e.p.req.unknown-prekey"))
            .map(|(name, _)| name)
            .collect();
        let trustees = self.trustees.iter();
        trustees
            .filter(|who| names.contains(&self.world.person(**who).name))
            .map(|who| self.node_of(*who))
            .collect()
    }

    fn remembered(&self) -> Vec<NodeId> {
        match &self.world.person(self.alice).role {
            Role::Claimant(claimant) => {
                let known = claimant.trustees();
                known.iter().map(|who| self.node_of(*who)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Everybody whose share was called wrong is named on her screen, and nobody else is.
    fn blamed(&mut self) -> Part {
        let Some(view) = self.claim_view() else {
            return self.astonished(&"no status of the recovery");
        };
        let rejected = self.world.rejected.iter();
        let liars: Vec<&str> = rejected
            .map(|node| self.world.node(*node).name.as_str())
            .collect();
        let wrong = |trustee: &&ClaimTrusteeView| {
            (trustee.state == "bad-share") != liars.contains(&trustee.name.as_str())
        };
        if let Some(trustee) = view.trustees.iter().find(wrong) {
            let what = format!(
                "{} stands as `{}`, and the liars are {liars:?}",
                trustee.name, trustee.state
            );
            self.world.fail("G6 attribution", what);
        }
        self.go_on()
    }
}
