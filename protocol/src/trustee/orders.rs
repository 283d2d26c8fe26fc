//! What its person asks of a trustee agent.
use super::TrusteeAgent;
use super::command::{Answer, Command};
use super::request::Session;
use super::{answers, enrolment, history, invitation, request, resign};
use crate::agent::Work;
use crate::error::{CommandError, Damage, Stop};

/// Done, or the person's error, or an error that is also news: what was done stays done.
type Outcome = Result<Result<Answer, CommandError>, Stop>;

impl TrusteeAgent {
    /// Carries out a command. An error changes nothing, except where the command itself was to say
    /// that something is wrong.
    pub(super) fn ordered(
        &mut self,
        work: &mut Work<'_>,
        command: Command,
    ) -> Result<Result<Answer, CommandError>, Damage> {
        let answer = match self.carry_out(work, command) {
            Ok(answer) => answer,
            Err(Stop::Damage(damage)) => return Err(damage),
            Err(Stop::Command(error)) => {
                work.discard();
                Err(error)
            }
        };
        Ok(answer)
    }

    fn carry_out(&mut self, work: &mut Work<'_>, command: Command) -> Outcome {
        match command {
            Command::Status => {
                answers::status(work, &self.config, &self.anchor, &self.roles).map(Ok)
            }
            Command::InvitationOpen { link } => {
                let opened = invitation::open(work, &link)?;
                Ok(Ok(Answer::Invitation(opened.view(work.now))))
            }
            Command::InvitationList => Ok(Ok(answers::invitations(work)?)),
            Command::InvitationAccept { id } => {
                let ward = enrolment::accept(work, (&self.config, &self.register), &id)?;
                done(format!(
                    "Accepted. Next, when the agent of {0} has answered: trustee-agent owner verify {0:?}",
                    ward.name
                ))
            }
            Command::InvitationDecline { id } => {
                enrolment::decline(work, &id)?;
                done("Declined; the inviting side is told.")
            }
            Command::OwnerList => Ok(Ok(answers::owners(work)?)),
            Command::OwnerWords { name } => {
                let ward = self.register.named(work, &name)?;
                Ok(Ok(Answer::Words(enrolment::words(&ward)?)))
            }
            Command::OwnerVerify { name, words } => self.owner_verify(work, &name, &words),
            Command::Resign { name, at_once } => {
                let ward = self.register.named(work, &name)?;
                done(resign::resign(work, ward, at_once)?)
            }
            Command::ShareList => Ok(Ok(answers::shares(work)?)),
            Command::RequestOpen { link, owner } => {
                let from = (self.config.name.as_str(), link.as_str(), owner.as_str());
                let session = request::open(work, &mut self.anchor, &self.register, from)?;
                self.show(work, &session)
            }
            Command::RequestList => Ok(Ok(answers::requests(work, &self.anchor)?)),
            Command::RequestShow { id } => {
                let session = request::find(work, &id)?;
                self.show(work, &session)
            }
            Command::RequestVerify { id, words } => self.request_verify(work, &id, &words),
            Command::RequestApprove { id } => {
                let session = request::find(work, &id)?;
                let session = request::approve(work, &self.anchor, session)?;
                self.moved(work, session)
            }
            Command::RequestDeny { id } => {
                let session = request::find(work, &id)?;
                let session = request::deny(work, session)?;
                self.moved(work, session)
            }
            Command::History => Ok(Ok(Answer::History {
                list: history::lines(work)?,
            })),
            Command::LedgerCreate { .. }
            | Command::LedgerShow
            | Command::LedgerStatus
            | Command::WitnessCard
            | Command::WitnessAdopt { .. } => self
                .roles
                .command(work, &self.config.name, &command)
                .map(Ok),
        }
    }

    fn owner_verify(&mut self, work: &mut Work<'_>, name: &str, words: &str) -> Outcome {
        let ward = self.register.named(work, name)?;
        let name = ward.name.clone();
        if enrolment::verify(work, &mut self.anchor, ward, words)? {
            return done(format!("The words of {name} were right."));
        }
        mismatch(format!(
            "These are not the words of {name}: somebody may stand between you, so the connection was ended. \
             Ask for a new invitation, over another channel."
        ))
    }

    fn request_verify(&mut self, work: &mut Work<'_>, id: &str, words: &str) -> Outcome {
        let session = request::find(work, id)?;
        let id = session.id;
        if request::verify(work, session, words)? {
            let session = request::load(work, &id)?.expect("saved in this step");
            return self.moved(work, session);
        }
        mismatch(
            "These are not the claimant's words, so this request was ended here. If you know this person is who they \
             say, ask for a new link.",
        )
    }

    /// After our person's word the session may move at once, as far as the ledger allows.
    fn moved(&mut self, work: &mut Work<'_>, session: Session) -> Outcome {
        let mut ids = self.register.followed();
        ids.retain(|id| *id != session.id);
        ids.push(session.id);
        request::follow_all(work, &mut self.anchor, ids, None)?;
        request::look_for(work, &mut self.anchor, &session)?;
        let session = request::load(work, &session.id)?.expect("saved in this step");
        self.show(work, &session)
    }

    fn show(&self, work: &Work<'_>, session: &Session) -> Outcome {
        Ok(Ok(Answer::Request(request::view(
            work,
            &self.anchor,
            session,
        )?)))
    }
}

/// No error: an order that errs changes nothing, and this ended a session.
fn mismatch(text: impl Into<String>) -> Outcome {
    Ok(Ok(Answer::Mismatch { text: text.into() }))
}

fn done(text: impl Into<String>) -> Outcome {
    Ok(Ok(Answer::Done { text: text.into() }))
}
