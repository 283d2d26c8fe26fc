//! Messages that arrive: who answers which. Every one gets an answer; a refusal is one too.
use super::TrusteeAgent;
use super::aside::Aside;
use super::connection::{self, Party};
use super::{deposit, enrolment, host, promotion, request, retire, veto, ward, watch};
use crate::agent::Work;
use crate::error::{Damage, Halt, Refusal};
use crate::message::{Body, PingResponse, Received};
use crate::outbox;

impl TrusteeAgent {
    /// The answer to a message; a repetition gets the same one.
    pub(super) fn delivered(
        &mut self,
        work: &mut Work<'_>,
        message: &Received,
    ) -> Result<Body, Damage> {
        let mut aside = Aside::default();
        let reply = outbox::answer_once(work, message, |work, message| {
            self.handle(work, message, &mut aside)
        })?;
        aside.carry_out(work, &mut self.anchor)?;
        Ok(reply)
    }

    fn handle(
        &mut self,
        work: &mut Work<'_>,
        message: &Received,
        aside: &mut Aside,
    ) -> Result<Body, Halt> {
        match &message.body {
            Body::Ping(_) => Ok(Body::PingResponse(PingResponse {})),
            Body::WordsConfirm(_) | Body::WordsMismatch(_) => words(work, message),
            Body::ShareStore(_) => deposit::store(work, &mut self.anchor, message, aside),
            Body::ShareCommit(commit) => promotion::hinted(work, &mut self.anchor, message, commit),
            Body::ShareDelete(asked) => retire::delete(work, &self.anchor, message, asked, aside),
            Body::ShareChallenge(asked) => watch::answer(work, &self.anchor, message, asked),
            Body::AlertVeto(record) => veto::handed(
                work,
                (&mut self.anchor, &self.register),
                message,
                record,
                aside,
            ),
            Body::LedgerAppend(_) | Body::LedgerEntries(_) | Body::LedgerCosign(_) => {
                self.roles.delivered(work, message)
            }
            Body::BackupPut(put) => host::put(work, &self.anchor, message, put, aside),
            Body::BackupExtend(extend) => host::extend(work, &self.anchor, message, extend, aside),
            Body::BackupChunkPut(put) => host::chunk_put(work, message, put),
            Body::BackupGet(get) => host::head(work, &self.anchor, message, get, aside),
            Body::BackupChunkGet(get) => host::chunk(work, &self.anchor, message, get, aside),
            Body::BackupKeyGet(get) => host::key(work, &self.anchor, message, get, aside),
            Body::BackupAudit(audit) => host::audit(work, message, audit),
            Body::PingResponse(_)
            | Body::Problem(_)
            | Body::Empty(_)
            | Body::SetupAccept(_)
            | Body::SetupAck(_)
            | Body::SetupDecline(_)
            | Body::SetupResign(_)
            | Body::SetupRenew(_)
            | Body::WordsReveal(_)
            | Body::ShareStored(_)
            | Body::ShareCommitted(_)
            | Body::ShareProof(_)
            | Body::ShareDeleted(_)
            | Body::RecoveryChallenge(_)
            | Body::RecoveryRequest(_)
            | Body::RecoveryPending(_)
            | Body::RecoveryRelease(_)
            | Body::RecoveryReleased(_)
            | Body::RecoveryDeny(_)
            | Body::AlertVetoAck(_)
            | Body::LedgerAppended(_)
            | Body::LedgerPage(_)
            | Body::LedgerCosigned(_)
            | Body::BackupWanted(_)
            | Body::BackupStored(_)
            | Body::BackupHead(_)
            | Body::BackupChunk(_)
            | Body::BackupKey(_) => {
                Err(not_here(format!("{} is not for a trustee", message.body.typ())).into())
            }
        }
    }
}

fn not_here(comment: impl Into<String>) -> Refusal {
    Refusal::new("e.p.msg.unexpected", comment)
}

/// The other person says whether the words were right.
fn words(work: &mut Work<'_>, message: &Received) -> Result<Body, Halt> {
    let unknown = || {
        Refusal::new(
            "e.p.req.not-a-trustee",
            "nobody is known on this connection",
        )
    };
    match connection::party_of(work, &message.to)? {
        Some(Party::Ward(id)) => {
            let ward = ward::load(work, &id)?.filter(|ward| ward.theirs == message.from);
            enrolment::told(work, ward.ok_or_else(unknown)?, message)
        }
        Some(Party::Session(id)) => {
            let session =
                request::load(work, &id)?.filter(|session| session.theirs == message.from);
            request::told(work, session.ok_or_else(unknown)?, message)
        }
        None => Err(unknown().into()),
    }
}
