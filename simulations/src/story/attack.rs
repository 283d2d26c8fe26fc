//! People who are against her.
use super::{OWNER, Over, Part, Story};
use crate::checkers::{Sight, alarm};
use crate::node::{Kind, NodeId};
use crate::people::{Claimant, Guard, PersonId, Role, Thief};
use crate::scenario::act::Who;
use crate::villains::{Infects, Villainy, leaky_host};

impl Story {
    /// So many begin to cheat; the devices that others have one of, once.
    pub(super) fn cheat(&mut self, villain: &'static str, count: usize) -> Part {
        let Some(villainy) = Villainy::named(villain) else {
            return self.astonished(&villain);
        };
        let nodes = match villainy.infects {
            Infects::Trustee => self.some_living(Who::Trustees, count),
            Infects::Owner => vec![self.node_of(self.alice)],
            Infects::Host | Infects::Operator | Infects::Network => vec![self.node_of(self.host)],
        };
        self.leaks |= villain == leaky_host::NAME && count > 0;
        for node in nodes.into_iter().take(count) {
            let liar = self.trustees.iter().find(|who| self.node_of(**who) == node);
            self.liars.extend(liar.map(|liar| (*liar, villain)));
            self.world.infect(node, villainy);
        }
        self.go_on()
    }

    /// A copy of the old device's disk is started by somebody else.
    pub(super) fn copy_awakes(&mut self) -> Part {
        let phone = self.phone;
        let mallory = self.world.add_person("Mallory", phone);
        self.world.show(&Sight::Stolen { node: phone });
        self.world.node_mut(phone).resurrect();
        self.world.start(phone);
        let terms = self.parameters.terms;
        self.world.engage(mallory, Role::Thief(Thief::new(terms)));
        let refused = |story: &mut Self| matches!(&story.world.person(mallory).role, Role::Thief(thief) if thief.refused);
        self.storm(refused)?;
        self.demand("the stolen device sees that it is revoked", refused)?;
        // Whatever it has sent is answered meanwhile.
        let delay = self.parameters.terms.delay;
        self.pass(delay)
    }

    /// Somebody has her living device, and she has none. What he does is bounded: his deal waits, and ends
    /// with the recovery (G7); his veto is set aside by enough trustees who checked "stolen" (G10).
    pub(super) fn thief(&mut self) -> Part {
        let phone = self.phone;
        let mallory = self.world.add_person("Mallory", phone);
        let terms = self.parameters.terms;
        self.world.engage(self.alice, Role::Bystander);
        let thief = Thief::with_the_living_device(terms);
        self.world.engage(mallory, Role::Thief(thief));
        self.robbed = true;
        self.go_on()
    }

    /// An impostor asks everybody while the owner's device lives: she stops it, and no share leaves.
    pub(super) fn impostor(&mut self) -> Part {
        self.world.engage(self.alice, Role::Guard(Guard::default()));
        let (_, mallory) = self.impostor_asks();
        self.storm(|story| story.is_stopped())?;
        self.alarmed()?;
        self.demand("the owner's veto stands", |story| {
            story.is_stopped() || story.was_hidden_until_done()
        })?;
        // Her identity is his: nothing of what this story goes on to demand was promised for that.
        if !self.is_stopped() && self.was_hidden_until_done() {
            return Err(Over);
        }
        // Whom everybody has refused after calling her back sees no request at all.
        if self.parameters.habits.careless == 1000 {
            self.demand("the impostor sees that it was vetoed", |story| {
                story.sees_veto(mallory)
            })?;
        }
        // Well past the delay: no share has left, or a checker would have said so.
        let delay = self.parameters.terms.delay;
        self.pass(delay.times(2))?;
        self.warned()?;
        self.none_left()
    }

    /// Her device is off while an impostor convinces enough trustees, and he vanishes with the first share.
    /// Demanded: once it is on again her agent deals the next epoch, and nobody keeps a share that goes with his
    /// (G4).
    pub(super) fn half_recovery(&mut self) -> Part {
        let (terms, before) = (self.parameters.terms, self.world.jury.ledger.epoch);
        let span = self.parameters.storm + self.patience + (terms.delay + terms.lifetime).times(2);
        self.world.engage(self.alice, Role::Bystander);
        self.world.switch_off(self.phone, span);
        self.asleep = self.asleep.max(self.world.now().after(span));
        let left = self.world.releases;
        let (laptop, _) = self.impostor_asks();
        let first = move |story: &mut Self| story.world.releases > left;
        self.storm(first)?;
        self.demand("a share leaves while she is away", first)?;
        self.world.kill(laptop);
        self.asleep = self.asleep.after(self.waiting());
        self.demand("the tainted epoch gives way to the next", |story| {
            let active = story.world.jury.ledger.epoch;
            active > before && active.is_some_and(|active| story.who_holds_other_than(active) == 0)
        })
    }

    fn impostor_asks(&mut self) -> (NodeId, PersonId) {
        let laptop = self.world.add_node("impostor", Kind::Owner);
        let mallory = self.world.add_person("Mallory", laptop);
        let claimant = Claimant::new(OWNER, self.trustees.clone(), false);
        self.world.engage(mallory, Role::Claimant(claimant));
        (laptop, mallory)
    }

    /// Her screen shows who asks in her name, soon after the ledger does.
    fn alarmed(&mut self) -> Part {
        let phone = self.node_of(self.alice);
        self.demand("somebody has asked in her name", |story| {
            !story.world.jury.ledger.requests.is_empty()
        })?;
        let end = self.soon_read();
        self.until(end, |story| {
            alarm::unshown(&mut story.world, phone).is_some_and(|hidden| hidden.is_empty())
        })?;
        let hidden = alarm::unshown(&mut self.world, phone).unwrap_or_default();
        if self.world.owes_progress && !hidden.is_empty() {
            alarm::complain_of_screen(&mut self.world, &hidden);
        }
        self.go_on()
    }

    fn is_stopped(&self) -> bool {
        matches!(&self.world.person(self.alice).role, Role::Guard(guard) if guard.stopped && guard.alarmed)
    }

    fn sees_veto(&self, impostor: PersonId) -> bool {
        matches!(&self.world.person(impostor).role, Role::Claimant(claimant) if claimant.state == "vetoed")
    }

    /// Whether an operator kept from its readers, for part of the delay, what the ledger showed: her
    /// device too may have seen the request when shares had left (G7 holds; she was not alarmed).
    fn was_hidden(&self) -> bool {
        let mut requests = self.world.jury.ledger.requests.values();
        requests.any(|asked| {
            let full = asked.full_since(u64::MAX);
            full.is_some_and(|full| full < self.world.misled)
        })
    }

    /// Whether all of it was over before she could see it: nothing is left that a veto could stop.
    fn was_hidden_until_done(&self) -> bool {
        let mut requests = self.world.jury.ledger.requests.values();
        let done = requests.any(|asked| asked.completed.is_some());
        done && self.was_hidden()
    }

    fn none_left(&mut self) -> Part {
        if self.world.releases > 0 && !self.was_hidden() {
            let what = "a share left although the owner's device lived to stop it";
            self.world.fail("G7 delay and veto", what);
        }
        self.go_on()
    }
}
