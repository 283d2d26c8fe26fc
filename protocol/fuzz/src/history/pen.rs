//! Records as bytes say, each signed by whom the bytes say.
use super::cast::{CLAIMANTS, Claimant, Epoch, LIFETIME, OWNERS, Owner, epoch_of};
use crate::pinned::{digest, rng};
use crate::taps::Taps;
use kith_protocol::bytes::{Digest, Salt};
use kith_protocol::keys::SigningKey;
use kith_protocol::keys::role::{AgentPolicy, Approval};
use kith_protocol::ledger::{
    ApprovalBody, Authorizations, Change, CompleteBody, CompletionKeys, Link, NO_PREV,
    OverrideBody, PolicyCreateBody, Record, RequestBody, RequestKind, State, Subject, Verdict,
};
use kith_protocol::policy::ApprovalPath;
use kith_protocol::time::{Millis, Timestamp};

/// How far honest people come: founded, protected, asked, approved.
pub(super) const STAGES: usize = 4;
/// The stage from which on time must not pass unasked.
pub(super) const ASKED: usize = 2;

/// What a writer of records can know.
pub(super) struct Pen<'a> {
    pub(super) state: &'a State,
    pub(super) now: Timestamp,
    pub(super) made: &'a [Record],
}

pub(super) fn log() -> Digest {
    digest("log")
}

fn founding(owner: usize, salt: u8) -> Record {
    let agent = &OWNERS[owner].agents[0];
    let body = PolicyCreateBody {
        salt: Salt([salt; 32]),
        agent: agent.verifying_key(),
        commitment: None,
        rule: 1,
    };
    Record::create_policy(&log(), body, agent)
}

pub(super) fn address(owner: usize) -> Digest {
    founding(owner, 0).digest(&log())
}

impl Pen<'_> {
    /// What is done on the way to a stage.
    pub(super) fn honest(&self, stage: usize) -> Vec<Record> {
        let epoch = &OWNERS[0].epochs[0];
        let deal = |owner: usize| {
            let (body, by) = (&OWNERS[owner].epochs[0].body, &OWNERS[owner].agents[0]);
            Record::recovery_policy(&log(), self.link(owner), body.clone(), by)
        };
        let approve = |trustee: usize| {
            let id = self.state.requests_on(&address(0))[0];
            let key = &epoch.trustees[trustee];
            let path = self.path(0, epoch, (&key.verifying_key(), Some(id)));
            verdict((id, 0), key, path, Verdict::Approve)
        };
        match stage {
            0 => vec![founding(0, 0), founding(1, 0)],
            1 => vec![deal(0), deal(1)],
            2 => {
                let body = self.asking(0, epoch, (&CLAIMANTS[0], 0));
                let request = Record::request(body, &CLAIMANTS[0].signing);
                vec![request.sponsored(&log(), &epoch.trustees[0])]
            }
            _ => vec![approve(0), approve(1)],
        }
    }

    /// One of any kind.
    pub(super) fn record(&self, taps: &mut Taps<'_>) -> Option<Record> {
        let owner = taps.below(2);
        match taps.byte() % 16 {
            0 => Some(founding(owner, taps.byte() % 2)),
            1 => Some(self.grant(taps, owner)),
            2 => Some(self.revoke(taps, owner)),
            3 => Some(self.deal(taps, owner)),
            4 | 5 => Some(self.request(taps, owner)),
            6 | 7 => self.judge(taps, owner),
            8 => self.veto(taps, owner),
            9 => self.set_aside(taps, owner),
            10 => self.complete(taps, owner),
            12 => self.repair(taps, owner),
            13 => self.repaired(taps, owner),
            14 => self.object(taps, owner),
            _ => taps.one(self.made).cloned(),
        }
    }

    fn link(&self, owner: usize) -> Link {
        let nowhere = Link {
            policy: address(owner),
            seq: 1,
            prev: NO_PREV,
        };
        self.state.next_link(&address(owner)).unwrap_or(nowhere)
    }

    /// The epoch in force, or any.
    pub(super) fn epoch(&self, taps: &mut Taps<'_>, owner: usize) -> &'static Epoch {
        let any = taps.byte();
        let active = self.state.active_epoch(&address(owner), self.now);
        let body =
            active.and_then(|epoch| self.state.recovery_policy(&address(owner), epoch).cloned());
        match body {
            Some(body) if any < 200 => epoch_of(&body),
            _ => &OWNERS[owner].epochs[usize::from(any) % OWNERS[owner].epochs.len()],
        }
    }

    /// The epoch after the one in force, or any.
    fn next(&self, taps: &mut Taps<'_>, owner: &'static Owner, policy: &Digest) -> &'static Epoch {
        let (any, second) = (taps.byte(), taps.flag());
        let active = self.state.active_epoch(policy, self.now).unwrap_or(0) as usize;
        let at = match any {
            0..200 => 2 * active + usize::from(second),
            _ => usize::from(any),
        };
        &owner.epochs[at % owner.epochs.len()]
    }

    fn grant(&self, taps: &mut Taps<'_>, owner: usize) -> Record {
        let agent = agent(taps, owner).verifying_key();
        let powers = [
            Authorizations::PROVE,
            Authorizations::PROVE_GRANT,
            Authorizations::PROVE_REVOKE,
            Authorizations::ADMIN,
            Authorizations::ALL,
        ];
        let authorizations = *taps.one(&powers).unwrap_or(&Authorizations::ALL);
        let change = Change::Grant {
            agent,
            authorizations,
            commitment: None,
        };
        let by = self::agent(taps, owner);
        Record::update_policy(&log(), self.link(owner), change, by)
    }

    fn revoke(&self, taps: &mut Taps<'_>, owner: usize) -> Record {
        let agent = agent(taps, owner).verifying_key();
        let by = self::agent(taps, owner);
        Record::update_policy(&log(), self.link(owner), Change::Revoke { agent }, by)
    }

    fn deal(&self, taps: &mut Taps<'_>, owner: usize) -> Record {
        let body = &self.next(taps, &OWNERS[owner], &address(owner)).body;
        let by = agent(taps, owner);
        Record::recovery_policy(&log(), self.link(owner), body.clone(), by)
    }

    fn request(&self, taps: &mut Taps<'_>, owner: usize) -> Record {
        const SPANS: [u64; 4] = [5_000, 1_000, 5_001, 0];
        let epoch = self.epoch(taps, owner);
        let span = taps.one(&SPANS).copied().unwrap_or_default();
        let claimant = &CLAIMANTS[taps.below(CLAIMANTS.len())];
        let (sponsor, odd) = (taps.below(epoch.trustees.len()), taps.byte());
        let mut body = self.asking(owner, epoch, (claimant, sponsor));
        body.expiry = self.now.after(Millis::seconds(span));
        let mut by = &epoch.trustees[sponsor];
        match odd {
            // Somebody whom another epoch trusts.
            240.. => {
                let other = &OWNERS[owner].epochs[usize::from(odd) % OWNERS[owner].epochs.len()];
                by = &other.trustees[sponsor];
                body.sponsor = by.verifying_key();
                body.path = other.tree.path(&body.sponsor).expect("a trustee there");
            }
            220..240 => body.epoch += 1,
            _ => {}
        }
        Record::request(body, &claimant.signing).sponsored(&log(), by)
    }

    /// As an honest claimant asks.
    pub(super) fn asking(
        &self,
        owner: usize,
        epoch: &Epoch,
        (who, by): (&Claimant, usize),
    ) -> RequestBody {
        let sponsor = epoch.trustees[by].verifying_key();
        RequestBody {
            log: log(),
            policy: address(owner),
            epoch: epoch.body.epoch,
            lane: epoch.lane.clone(),
            kind: RequestKind::Lost,
            signing: who.signing.verifying_key(),
            sealing: who.sealing.public_key(),
            expiry: self.now.after(LIFETIME),
            sponsor,
            path: self.path(owner, epoch, (&sponsor, None)),
        }
    }

    /// A request or a repair that was anchored, with its epoch.
    fn asked(&self, taps: &mut Taps<'_>, owner: usize) -> Option<(Digest, &'static Epoch)> {
        let (requests, repairs) = (
            self.state.requests_on(&address(owner)),
            self.state.repairs_on(&address(owner)),
        );
        let id = *taps.one(&[requests, repairs].concat())?;
        let epoch = self.body(&id)?.epoch;
        let body = self.state.recovery_policy(&address(owner), epoch)?;
        Some((id, epoch_of(body)))
    }

    fn judge(&self, taps: &mut Taps<'_>, owner: usize) -> Option<Record> {
        let (id, mut epoch) = self.asked(taps, owner)?;
        let (other, at) = (taps.byte(), taps.byte());
        // A trustee of another epoch now and then.
        if other >= 240 {
            epoch = &OWNERS[owner].epochs[usize::from(other) % OWNERS[owner].epochs.len()];
        }
        let verdicts = [Verdict::Approve, Verdict::Stolen, Verdict::Withdrawn];
        let trustee = usize::from(at) % epoch.trustees.len();
        let key = epoch.trustees[trustee].verifying_key();
        let (seq, _) = self.state.next_verdict(&id, &key)?;
        let said = *taps.one(&verdicts)?;
        let path = self.path(owner, epoch, (&key, Some(id)));
        Some(verdict((id, seq), &epoch.trustees[trustee], path, said))
    }

    fn veto(&self, taps: &mut Taps<'_>, owner: usize) -> Option<Record> {
        let by = agent(taps, owner);
        let changes = self.state.waiting_changes(&address(owner), self.now);
        let subject = match taps.one(&changes).filter(|_| taps.flag()) {
            Some(change) => Subject::Change(change.record),
            None => Subject::Request(self.asked(taps, owner)?.0),
        };
        Some(Record::veto(&log(), subject, by))
    }

    fn set_aside(&self, taps: &mut Taps<'_>, owner: usize) -> Option<Record> {
        let (id, epoch) = self.asked(taps, owner)?;
        let key = taps.one(&epoch.trustees)?;
        let body = OverrideBody {
            agent: agent(taps, owner).verifying_key(),
            key: key.verifying_key(),
        };
        Some(Record::overriding(&log(), id, body, key))
    }

    fn complete(&self, taps: &mut Taps<'_>, owner: usize) -> Option<Record> {
        let (id, epoch) = self.asked(taps, owner)?;
        let claimant = self.claimant(taps, &id)?;
        let heir = agent(taps, owner);
        let next = self.next(taps, &OWNERS[owner], &address(owner));
        let body = CompleteBody {
            agent: heir.verifying_key(),
            commitment: None,
            next: next.body.clone(),
        };
        let keys = CompletionKeys {
            recovery: &epoch.signing,
            claimant: &claimant.signing,
            agent: heir,
        };
        Some(Record::complete((&log(), id), body, &keys, &mut rng(4_000)))
    }

    /// Who asked, or somebody else.
    pub(super) fn claimant(&self, taps: &mut Taps<'_>, id: &Digest) -> Option<&'static Claimant> {
        let asked = self.body(id)?.signing;
        let other = taps.byte() >= 240;
        CLAIMANTS
            .iter()
            .find(|one| (one.signing.verifying_key() == asked) != other)
    }
}

/// An agent of the owner, and seldom of the other.
fn agent(taps: &mut Taps<'_>, owner: usize) -> &'static SigningKey<AgentPolicy> {
    let byte = usize::from(taps.byte());
    let owner = if byte >= 240 { 1 - owner } else { owner };
    let agents = &OWNERS[owner].agents;
    &agents[byte % agents.len()]
}

pub(super) fn verdict(
    place: (Digest, u64),
    secret: &SigningKey<Approval>,
    path: ApprovalPath,
    verdict: Verdict,
) -> Record {
    let key = secret.verifying_key();
    Record::approval(&log(), place, ApprovalBody { key, path, verdict }, secret)
}
