//! What people do while agents die.
use super::book::{Book, ClaimBook};
use super::crew::{People, TRUSTEES, Victim};
use super::insist::{answer, insist, seen};
use crate::scene::OWNER;
use kith_protocol::bytes::Blob;
use kith_protocol::owner::command::{Command as OwnerCommand, ProtectView, WordsView};
use kith_protocol::time::Millis;
use kith_protocol::trustee::command::Command as TrusteeCommand;
use owner_agent::demo::patience::Seen;
use owner_agent::demo::people::{Owner, Trustee};
use owner_agent::demo::stage::HOST;
use owner_agent::demo::trouble::Trouble;

/// How many trustees recover.
const THRESHOLD: u8 = 2;
/// The delay of a recovery: the least that shows that there is one.
const DELAY: Millis = Millis::seconds(1);

/// One thing to do.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    /// Her identity reaches the ledger.
    Appear,
    /// A trustee is enrolled, or with nothing here the host.
    Enrol(Option<usize>),
    /// An item is kept; it replaces one of this name.
    Add(String, Vec<u8>),
    /// An item is removed.
    Remove(String),
    /// The next epoch is dealt, its requests living so long; all receipts are in.
    Protect(Millis),
    /// It comes into force: after the delay and the lifetime of a request, where one was before.
    Await,
    /// The claimant and a trustee compare words.
    Meet(usize),
    /// A trustee approves.
    Approve(usize),
    /// The delay passes, shares come, everything is restored and the next epoch dealt.
    Finish,
}

impl Deed {
    /// Those whose death it must survive.
    pub(super) fn concerned(&self) -> Vec<Victim> {
        let everyone = || {
            let trustees = (0..TRUSTEES.len()).map(Victim::Trustee);
            trustees.chain([Victim::Owner, Victim::Host, Victim::Witness])
        };
        match self {
            Self::Appear => vec![Victim::Owner, Victim::Host, Victim::Witness],
            Self::Enrol(None) => vec![Victim::Owner, Victim::Host],
            Self::Enrol(Some(at)) => vec![Victim::Owner, Victim::Trustee(*at)],
            Self::Add(..) | Self::Remove(_) => vec![Victim::Owner],
            Self::Meet(at) | Self::Approve(at) => {
                vec![Victim::Owner, Victim::Trustee(*at), Victim::Host]
            }
            Self::Protect(_) | Self::Await | Self::Finish => everyone().collect(),
        }
    }

    /// What times of it are kept under.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Appear => "appear",
            Self::Enrol(_) => "enrol",
            Self::Add(..) => "add",
            Self::Remove(_) => "remove",
            Self::Protect(_) => "protect",
            Self::Await => "await",
            Self::Meet(_) => "meet",
            Self::Approve(_) => "approve",
            Self::Finish => "finish",
        }
    }

    /// Does it, asking again whoever died, and notes what was acknowledged.
    ///
    /// # Errors
    /// [`Trouble`] when it is refused or late.
    pub(super) async fn done(&self, people: &People, book: &mut Book) -> Result<(), Trouble> {
        match self {
            Self::Appear => appear(people.owner()).await,
            Self::Enrol(peer) => enrol(people, *peer, book).await,
            Self::Add(name, data) => add(people.owner(), (name, data), book).await,
            Self::Remove(name) => remove(people.owner(), name, book).await,
            Self::Protect(lifetime) => protect(people.owner(), *lifetime, book).await,
            Self::Await => in_force(people.owner(), book).await,
            Self::Meet(at) => meet(people, *at, book).await,
            Self::Approve(at) => approve(people, *at, book).await,
            Self::Finish => finish(people.owner(), book).await,
        }
    }
}

async fn appear(owner: Owner<'_>) -> Result<(), Trouble> {
    seen("the identity on the ledger", async || {
        let status = owner.status().await?;
        Ok(match status.live {
            true => Seen::Done(()),
            false => Seen::NotYet(status.text),
        })
    })
    .await
}

async fn enrol(people: &People, peer: Option<usize>, book: &mut Book) -> Result<(), Trouble> {
    let owner = people.owner();
    let (peer, name) = match peer {
        Some(at) => (people.trustee(at), TRUSTEES[at]),
        None => (people.host(), HOST),
    };
    let called = name.to_owned();
    let invite = match name {
        HOST => OwnerCommand::HostInvite {
            name: called.clone(),
        },
        _ => OwnerCommand::TrusteeInvite {
            name: called.clone(),
        },
    };
    let link = answer("an invitation", async || owner.link(&invite).await).await?;
    let opened = answer("opening it", async || peer.invitation(link.clone()).await);
    let accept = TrusteeCommand::InvitationAccept {
        id: opened.await?.id,
    };
    insist("accepting it", async || peer.ask(&accept).await).await?;
    let ask = OwnerCommand::TrusteeWords {
        name: called.clone(),
    };
    let hers = answer("her words", async || owner.words(&ask).await).await?;
    let theirs = answer("a peer's words", async || peer.words(OWNER).await).await?;
    let heard = TrusteeCommand::OwnerVerify {
        name: OWNER.to_owned(),
        words: hers.say,
    };
    insist("hearing her", async || peer.ask(&heard).await).await?;
    let heard = OwnerCommand::TrusteeVerify {
        name: called,
        words: theirs.say,
    };
    insist("hearing a peer", async || owner.ask(&heard).await).await?;
    seen("a verified peer", async || is_verified(owner, name).await).await?;
    book.enrolled.insert(name);
    Ok(())
}

async fn is_verified(owner: Owner<'_>, name: &str) -> Result<Seen<()>, Trouble> {
    let list = owner.trustees().await?;
    let one = list.iter().find(|one| one.name == name);
    Ok(match one.map(|one| &*one.state) {
        Some("verified") => Seen::Done(()),
        _ => Seen::NotYet(format!("{one:?}")),
    })
}

async fn add(
    owner: Owner<'_>,
    (name, data): (&str, &[u8]),
    book: &mut Book,
) -> Result<(), Trouble> {
    let add = OwnerCommand::SecretAdd {
        name: name.to_owned(),
        data: Blob(data.to_vec()),
    };
    answer("adding an item", async || owner.ask(&add).await).await?;
    book.items.insert(name.to_owned(), data.to_vec());
    Ok(())
}

async fn remove(owner: Owner<'_>, name: &str, book: &mut Book) -> Result<(), Trouble> {
    let remove = OwnerCommand::SecretRemove {
        name: name.to_owned(),
    };
    insist("removing an item", async || owner.ask(&remove).await).await?;
    book.items.remove(name);
    Ok(())
}

async fn protect(owner: Owner<'_>, lifetime: Millis, book: &mut Book) -> Result<(), Trouble> {
    let protect = OwnerCommand::Protect {
        threshold: THRESHOLD,
        delay: Some(DELAY),
        lifetime: Some(lifetime),
        cool_down: Some(Millis::seconds(1)),
        override_threshold: None,
    };
    insist("protecting", async || owner.ask(&protect).await).await?;
    let before = book.epoch;
    seen("every receipt", async || {
        let deal = owner.deal().await?;
        book.deal(&deal);
        let everyone = deal.missing.is_empty() && deal.hosts_missing.is_empty();
        Ok(match deal.epoch > before && everyone {
            true => Seen::Done(()),
            false => Seen::NotYet(format!("{deal:?}")),
        })
    })
    .await?;
    book.dealt = Some(book.items.clone());
    Ok(())
}

async fn in_force(owner: Owner<'_>, book: &mut Book) -> Result<(), Trouble> {
    seen("the next epoch", async || {
        let deal = owner.deal().await?;
        book.deal(&deal);
        Ok(match is_complete(&deal) {
            true => Seen::Done(()),
            false => Seen::NotYet(format!("{deal:?}")),
        })
    })
    .await?;
    book.backed_up = book.dealt.take().unwrap_or_default();
    Ok(())
}

fn is_complete(deal: &ProtectView) -> bool {
    deal.state == "protected" && deal.missing.is_empty()
}

async fn meet(people: &People, at: usize, book: &mut Book) -> Result<(), Trouble> {
    let (claimant, trustee) = (people.owner(), people.trustee(at));
    let name = TRUSTEES[at].to_owned();
    let invite = OwnerCommand::RecoverInvite { name: name.clone() };
    let link = answer("a link", async || claimant.link(&invite).await).await?;
    let open = async || trustee.open_request(link.clone(), OWNER).await;
    let id = answer("a request", open).await?.id;
    let ask = OwnerCommand::RecoverWords { name: name.clone() };
    let hers = answer("a claimant's words", async || claimant.words(&ask).await).await?;
    let theirs = words(trustee, &id).await?;
    let heard = OwnerCommand::RecoverVerify {
        name,
        words: theirs,
    };
    insist("hearing a trustee", async || claimant.ask(&heard).await).await?;
    hear(trustee, &id, hers).await?;
    let claim = book.claim.get_or_insert_with(ClaimBook::default);
    claim.met.insert(at, id);
    Ok(())
}

async fn words(trustee: Trustee<'_>, id: &str) -> Result<String, Trouble> {
    seen("a trustee's words", async || {
        let request = trustee.request(id).await?;
        Ok(match request.words {
            Some(words) => Seen::Done(words.say),
            None => Seen::NotYet(request.state),
        })
    })
    .await
}

async fn hear(trustee: Trustee<'_>, id: &str, hers: WordsView) -> Result<(), Trouble> {
    let heard = TrusteeCommand::RequestVerify {
        id: id.to_owned(),
        words: hers.say,
    };
    insist("hearing a claimant", async || trustee.ask(&heard).await)
        .await
        .map(drop)
}

async fn approve(people: &People, at: usize, book: &mut Book) -> Result<(), Trouble> {
    let Some(claim) = &mut book.claim else {
        return Ok(());
    };
    let id = claim.met[&at].clone();
    let approve = TrusteeCommand::RequestApprove { id };
    let trustee = people.trustee(at);
    answer("approving", async || trustee.ask(&approve).await).await?;
    claim.approved.insert(at);
    Ok(())
}

/// Her items are those of the epoch that was said to be protected, from here on.
async fn finish(owner: Owner<'_>, book: &mut Book) -> Result<(), Trouble> {
    seen("the recovery's end", async || {
        let view = owner.recovery().await?;
        book.progress(&view);
        let deal = view.deal.as_ref().filter(|deal| is_complete(deal));
        match (&*view.state, deal) {
            ("done", Some(deal)) => {
                book.recovered(deal);
                Ok(Seen::Done(()))
            }
            ("vetoed" | "ended" | "conflict", _) => Err(Trouble::Broken(format!("{view:?}"))),
            _ => Ok(Seen::NotYet(format!("{view:?}"))),
        }
    })
    .await?;
    book.claim = None;
    book.items = book.backed_up.clone();
    Ok(())
}
