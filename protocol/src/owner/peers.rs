//! Who stands behind a DID, in memory: an owner may have 255 trustees, and each message of one would
//! otherwise read the rows of all (decision 0019).
use crate::agent::Work;
use crate::did::Did;
use crate::error::Damage;
use crate::owner::claim::row::Claimed;
use crate::owner::trustee::Trustee;
use crate::record::{self, Batch, Records, Row};
use std::collections::{BTreeMap, BTreeSet};

/// A row about somebody at the other end of a connection.
pub(crate) trait Peer: Row {
    /// Our DID of the connection.
    fn ours(&self) -> Option<&Did>;
    /// Theirs, once they have answered.
    fn theirs(&self) -> Option<&Did>;
}

impl Peer for Trustee {
    fn ours(&self) -> Option<&Did> {
        Some(&self.local)
    }
    fn theirs(&self) -> Option<&Did> {
        self.contact.as_ref().map(|contact| &contact.did)
    }
}

impl Peer for Claimed {
    fn ours(&self) -> Option<&Did> {
        self.invitation.as_ref().map(|invited| &invited.local)
    }
    fn theirs(&self) -> Option<&Did> {
        self.did()
    }
}

/// The trustees and hosts of an owner, and the trustees that a claimant meets.
#[derive(Default)]
pub(crate) struct Peers {
    trustees: Index,
    claimed: Index,
}

type Id = Vec<u8>;

/// Ids of rows by the DIDs in them. A row's id is its peer's name, so the first one is the same
/// whoever asks, were a DID ever to stand in two.
#[derive(Default)]
struct Index {
    rows: BTreeMap<Id, [Option<Did>; 2]>,
    ours: BTreeSet<(Did, Id)>,
    theirs: BTreeSet<(Did, Id)>,
}

impl Peers {
    /// Reads all rows.
    pub(crate) fn open(records: &dyn Records) -> Result<Self, Damage> {
        Ok(Self {
            trustees: Index::open::<Trustee>(records)?,
            claimed: Index::open::<Claimed>(records)?,
        })
    }

    /// Takes over what a finished step writes.
    pub(crate) fn note(&mut self, writes: &Batch) -> Result<(), Damage> {
        self.trustees.note::<Trustee>(writes)?;
        self.claimed.note::<Claimed>(writes)
    }

    /// The trustee or host our DID is kept for.
    pub(crate) fn trustee(&self, work: &Work<'_>, ours: &Did) -> Result<Option<Trustee>, Damage> {
        row(work, first(&self.trustees.ours, ours))
    }

    /// The trustee or host that this is a DID of.
    pub(crate) fn trustee_of(&self, work: &Work<'_>, did: &Did) -> Result<Option<Trustee>, Damage> {
        row(work, first(&self.trustees.theirs, did))
    }

    /// The name of the trustee or host that this is a DID of, as the bytes of its rows' ids.
    pub(crate) fn name_of(&self, did: &Did) -> Option<&[u8]> {
        first(&self.trustees.theirs, did).map(Vec::as_slice)
    }

    /// The remembered trustee our DID was made for.
    pub(crate) fn claimed(&self, work: &Work<'_>, ours: &Did) -> Result<Option<Claimed>, Damage> {
        row(work, first(&self.claimed.ours, ours))
    }
}

fn first<'i>(index: &'i BTreeSet<(Did, Id)>, did: &Did) -> Option<&'i Id> {
    let mut from = index.range((did.clone(), Id::new())..);
    let found = from.next().filter(|(other, _)| other == did);
    found.map(|(_, id)| id)
}

fn row<R: Peer>(work: &Work<'_>, id: Option<&Id>) -> Result<Option<R>, Damage> {
    id.map_or(Ok(None), |id| work.load(id))
}

impl Index {
    fn open<R: Peer>(records: &dyn Records) -> Result<Self, Damage> {
        let mut index = Self::default();
        for row in record::load_all::<R>(records, &[])? {
            index.put(&row);
        }
        Ok(index)
    }

    fn note<R: Peer>(&mut self, writes: &Batch) -> Result<(), Damage> {
        for (id, row) in writes.written::<R>() {
            self.forget(id);
            if let Some(row) = row {
                self.put(&row?);
            }
        }
        Ok(())
    }

    fn put<R: Peer>(&mut self, row: &R) {
        let id = row.id();
        let dids = [row.ours().cloned(), row.theirs().cloned()];
        for (index, did) in [&mut self.ours, &mut self.theirs].into_iter().zip(&dids) {
            index.extend(did.clone().map(|did| (did, id.clone())));
        }
        self.rows.insert(id, dids);
    }

    fn forget(&mut self, id: &[u8]) {
        let Some((id, [ours, theirs])) = self.rows.remove_entry(id) else {
            return;
        };
        for (index, did) in [(&mut self.ours, ours), (&mut self.theirs, theirs)] {
            if let Some(did) = did {
                index.remove(&(did, id.clone()));
            }
        }
    }
}
