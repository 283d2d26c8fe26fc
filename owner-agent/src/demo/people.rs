//! The people, played: each asks the agent that is theirs through its local API.
use super::process::Process;
use super::trouble::Trouble;
use kith_protocol::owner::command::{
    Answer as OwnerAnswer, Command as OwnerCommand, ProtectView, RecordView, RecoverView,
    TrusteeView, WordsView as OwnerWords,
};
use kith_protocol::trustee::command::{
    Answer as TrusteeAnswer, Command as TrusteeCommand, InvitationView, RequestView,
    WordsView as TrusteeWords,
};
use kith_runtime::local_client::{ClientError, LocalClient};
use std::fmt::Debug;

/// Someone with an owner agent.
#[derive(Clone, Copy)]
pub struct Owner<'a> {
    /// What people call her agent.
    pub name: &'a str,
    client: &'a LocalClient,
}

/// Someone with a trustee agent: a trustee, a backup host, a ledger operator, a witness.
#[derive(Clone, Copy)]
pub struct Trustee<'a> {
    /// What people call the agent.
    pub name: &'a str,
    client: &'a LocalClient,
}

/// What `status` says about an owner.
#[derive(Clone, Debug)]
pub struct OwnerStatus {
    /// `protected`, `revoked` and the like.
    pub state: String,
    /// In a sentence.
    pub text: String,
    /// Whether the agent's key is live on the ledger.
    pub live: bool,
    /// The current deal.
    pub deal: Option<ProtectView>,
}

/// An answer of a wrong kind: the two programs differ in version.
fn odd<T>(name: &str, answer: &impl Debug) -> Result<T, Trouble> {
    Err(Trouble::Broken(format!(
        "{name}'s agent gave an answer of another kind: {answer:?}"
    )))
}

fn refused(name: &str, source: ClientError) -> Trouble {
    let name = name.to_owned();
    Trouble::Agent { name, source }
}

impl<'a> Owner<'a> {
    /// The person at this process.
    #[must_use]
    pub fn at(process: &'a Process) -> Self {
        Self::with(process.name(), process.client())
    }

    /// The person of the agent behind this client, whichever process that is just now.
    #[must_use]
    pub fn with(name: &'a str, client: &'a LocalClient) -> Self {
        Self { name, client }
    }

    /// Asks anything.
    ///
    /// # Errors
    /// [`Trouble::Agent`] when the agent refuses; so do all methods below.
    pub async fn ask(&self, command: &OwnerCommand) -> Result<OwnerAnswer, Trouble> {
        let answer = self.client.command(command).await;
        answer.map_err(|error| refused(self.name, error))
    }

    /// Asks for a link.
    pub async fn link(&self, command: &OwnerCommand) -> Result<String, Trouble> {
        match self.ask(command).await? {
            OwnerAnswer::Link { link, .. } => Ok(link),
            other => odd(self.name, &other),
        }
    }

    /// Asks for words to compare.
    pub async fn words(&self, command: &OwnerCommand) -> Result<OwnerWords, Trouble> {
        match self.ask(command).await? {
            OwnerAnswer::Words(words) => Ok(words),
            other => odd(self.name, &other),
        }
    }

    /// Everyone she relies on.
    pub async fn trustees(&self) -> Result<Vec<TrusteeView>, Trouble> {
        match self.ask(&OwnerCommand::TrusteeList).await? {
            OwnerAnswer::Trustees { list } => Ok(list),
            other => odd(self.name, &other),
        }
    }

    /// How far the deal is.
    pub async fn deal(&self) -> Result<ProtectView, Trouble> {
        match self.ask(&OwnerCommand::ProtectStatus).await? {
            OwnerAnswer::Protect(view) => Ok(view),
            other => odd(self.name, &other),
        }
    }

    /// How far the recovery is.
    pub async fn recovery(&self) -> Result<RecoverView, Trouble> {
        match self.ask(&OwnerCommand::RecoverStatus).await? {
            OwnerAnswer::Recover(view) => Ok(view),
            other => odd(self.name, &other),
        }
    }

    /// One protected item's bytes.
    pub async fn secret(&self, name: &str) -> Result<Vec<u8>, Trouble> {
        let name = name.to_owned();
        match self.ask(&OwnerCommand::SecretShow { name }).await? {
            OwnerAnswer::Secret { data, .. } => Ok(data.0),
            other => odd(self.name, &other),
        }
    }

    /// The ledger's records about her.
    pub async fn records(&self) -> Result<Vec<RecordView>, Trouble> {
        match self.ask(&OwnerCommand::RecordList).await? {
            OwnerAnswer::Records { list } => Ok(list),
            other => odd(self.name, &other),
        }
    }

    /// Everything at once.
    pub async fn status(&self) -> Result<OwnerStatus, Trouble> {
        match self.ask(&OwnerCommand::Status).await? {
            OwnerAnswer::Status {
                state,
                text,
                live,
                deal,
                ..
            } => Ok(OwnerStatus {
                state,
                text,
                live,
                deal,
            }),
            other => odd(self.name, &other),
        }
    }
}

impl<'a> Trustee<'a> {
    /// The person at this process.
    #[must_use]
    pub fn at(process: &'a Process) -> Self {
        Self::with(process.name(), process.client())
    }

    /// The person of the agent behind this client, whichever process that is just now.
    #[must_use]
    pub fn with(name: &'a str, client: &'a LocalClient) -> Self {
        Self { name, client }
    }

    /// Asks anything.
    ///
    /// # Errors
    /// [`Trouble::Agent`] when the agent refuses; so do all methods below.
    pub async fn ask(&self, command: &TrusteeCommand) -> Result<TrusteeAnswer, Trouble> {
        let answer = self.client.command(command).await;
        answer.map_err(|error| refused(self.name, error))
    }

    /// Pastes an invitation that someone sent.
    pub async fn invitation(&self, link: String) -> Result<InvitationView, Trouble> {
        match self.ask(&TrusteeCommand::InvitationOpen { link }).await? {
            TrusteeAnswer::Invitation(view) => Ok(view),
            other => odd(self.name, &other),
        }
    }

    /// What to read to this owner, and the choices for what is heard.
    pub async fn words(&self, owner: &str) -> Result<TrusteeWords, Trouble> {
        let name = owner.to_owned();
        match self.ask(&TrusteeCommand::OwnerWords { name }).await? {
            TrusteeAnswer::Words(words) => Ok(words),
            other => odd(self.name, &other),
        }
    }

    /// Pastes a claimant's link and says whose it is.
    pub async fn open_request(&self, link: String, owner: &str) -> Result<RequestView, Trouble> {
        let owner = owner.to_owned();
        match self
            .ask(&TrusteeCommand::RequestOpen { link, owner })
            .await?
        {
            TrusteeAnswer::Request(view) => Ok(view),
            other => odd(self.name, &other),
        }
    }

    /// One request.
    pub async fn request(&self, id: &str) -> Result<RequestView, Trouble> {
        let id = id.to_owned();
        match self.ask(&TrusteeCommand::RequestShow { id }).await? {
            TrusteeAnswer::Request(view) => Ok(view),
            other => odd(self.name, &other),
        }
    }

    /// The card by which an operator names this witness.
    pub async fn card(&self) -> Result<String, Trouble> {
        match self.ask(&TrusteeCommand::WitnessCard).await? {
            TrusteeAnswer::Card { card } => Ok(card),
            other => odd(self.name, &other),
        }
    }
}
