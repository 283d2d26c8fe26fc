//! By what right somebody puts a deal or a backup: a live agent of the owner, or the claimant of a
//! request that our own view of the ledger shows as approved (spec/ledger.md, "The order of a
//! recovery", 3).
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::bytes::Digest;
use crate::did::Did;
use crate::error::{Damage, Halt, Refusal};
use crate::keys::role::AgentPolicy;
use crate::keys::{Signature, VerifyingKey};
use crate::ledger::View;
use crate::message::Received;
use crate::message::setup::Capability;
use crate::message::share::Authority;
use crate::time::Timestamp;
use crate::trustee::aside::Aside;
use crate::trustee::connection::{self, Party};
use crate::trustee::custody::Author;
use crate::trustee::facts::{self, Standing};
use crate::trustee::request;
use crate::trustee::ward::{self, Ward};

/// A claim of authority with what was signed.
pub(crate) struct Ground<'a> {
    /// Who speaks.
    pub(crate) authority: &'a Authority,
    /// The label of the signature.
    pub(crate) label: &'static str,
    /// What was signed.
    pub(crate) signed: Vec<u8>,
    /// The epoch it is for.
    pub(crate) epoch: u32,
    /// Whether our view shows it as active already, so that a late delivery is lawful.
    pub(crate) anchored: bool,
}

/// The owner behind one of our DIDs, be it the lasting connection or a recovery's.
pub(crate) fn ward_behind(work: &Work<'_>, ours: &Did) -> Result<Option<Ward>, Damage> {
    match connection::party_of(work, ours)? {
        Some(Party::Ward(id)) => ward::load(work, &id),
        Some(Party::Session(id)) => match request::load(work, &id)? {
            Some(session) => ward::load(work, &session.ward),
            None => Ok(None),
        },
        None => Ok(None),
    }
}

/// The owner a message concerns: by the DID it came to, never by what it says alone.
pub(crate) fn ward_for(
    work: &Work<'_>,
    message: &Received,
    policy: &Digest,
    capability: Capability,
) -> Result<Ward, Halt> {
    let ward = ward_behind(work, &message.to)?;
    let ward = ward.ok_or_else(|| {
        Refusal::new(
            "e.p.req.not-a-trustee",
            "nobody is known on this connection",
        )
    })?;
    if ward.policy != *policy {
        return Err(Refusal::new(
            "e.m.req.wrong-connection",
            "this connection is for another policy",
        )
        .into());
    }
    if !ward.is_verified() {
        return Err(Refusal::new(
            "e.p.trust.not-verified",
            "the words were not compared on this connection",
        )
        .into());
    }
    if !ward.may(capability) {
        return Err(Refusal::new("e.p.req.not-a-trustee", "this was not agreed to").into());
    }
    Ok(ward)
}

/// Whether the ground holds, in our own view of the ledger.
pub(crate) fn judge(
    (work, anchor): (&Work<'_>, &Anchor),
    ward: &Ward,
    message: &Received,
    ground: &Ground<'_>,
    aside: &mut Aside,
) -> Result<Author, Refusal> {
    let verdict = match anchor.view(&ward.ledger) {
        Some(view) => Case { view, ward, ground }.judge(message, work.now),
        None => Err(behind("the ledger was not read yet")),
    };
    // Our view may only be behind, so whatever was not right makes us look.
    verdict.inspect_err(|_| aside.look(ward.ledger))
}

/// Whether whoever put something may do so no more: what he left behind waiting dies with his right.
pub(crate) fn has_lapsed(view: &View, ward: &Ward, author: &Author) -> bool {
    match author {
        Author::Agent(key) => facts::standing(view, &ward.policy, key) == Standing::Revoked,
        Author::Claimant(id) => facts::request(view, id).is_some_and(|(_, status)| status.ended),
    }
}

fn behind(comment: &str) -> Refusal {
    Refusal::new("e.m.trust.ledger-behind", format!("{comment}; try again"))
}

fn bad_signature() -> Refusal {
    Refusal::new(
        "e.p.trust.bad-signature",
        "the authority's signature does not verify",
    )
}

/// What a claim is judged by.
struct Case<'a> {
    view: &'a View,
    ward: &'a Ward,
    ground: &'a Ground<'a>,
}

impl Case<'_> {
    fn judge(&self, message: &Received, now: Timestamp) -> Result<Author, Refusal> {
        match self.ground.authority {
            Authority::Agent { key, signature } => self.agent(message, key, signature),
            Authority::Claimant { request, signature } => self.claimant(request, signature, now),
        }
    }

    fn agent(
        &self,
        message: &Received,
        key: &VerifyingKey<AgentPolicy>,
        signature: &Signature,
    ) -> Result<Author, Refusal> {
        match facts::standing(self.view, &self.ward.policy, key) {
            Standing::Admin => {}
            Standing::Revoked => {
                return Err(Refusal::new(
                    "e.p.trust.revoked",
                    "this agent was revoked on the ledger",
                ));
            }
            Standing::Unknown => {
                return Err(behind(
                    "this agent does not stand on the ledger as far as it was read",
                ));
            }
        }
        if message.from != self.ward.theirs || message.to != self.ward.ours {
            let comment = "this is not the connection on which words were compared";
            return Err(Refusal::new("e.m.req.wrong-connection", comment));
        }
        let Ground { label, signed, .. } = self.ground;
        key.verify(label, signed, signature)
            .map_err(|_| bad_signature())?;
        Ok(Author::Agent(*key))
    }

    fn claimant(
        &self,
        id: &Digest,
        signature: &Signature,
        now: Timestamp,
    ) -> Result<Author, Refusal> {
        let found =
            facts::request(self.view, id).filter(|(body, _)| body.policy == self.ward.policy);
        let (body, status) = found.ok_or_else(|| {
            let comment = "no such request stands on the ledger as far as it was read";
            Refusal::new("e.p.trust.not-approved", comment)
        })?;
        let Ground { label, signed, .. } = self.ground;
        body.signing
            .verify(label, signed, signature)
            .map_err(|_| bad_signature())?;
        if status.completed && self.ground.anchored {
            return Ok(Author::Claimant(*id));
        }
        facts::allows_release(self.view, id, now)?;
        if body.epoch.checked_add(1) == Some(self.ground.epoch) {
            Ok(Author::Claimant(*id))
        } else {
            let comment = "a claimant deals the epoch after the one recovered";
            Err(Refusal::new("e.m.req.stale-epoch", comment))
        }
    }
}
