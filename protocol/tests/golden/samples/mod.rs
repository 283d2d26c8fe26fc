//! One sample of every message, more where a field has more than one form.

mod backup;
mod enrolment;
mod ledger;
mod recovery;
mod share;

pub(crate) use backup::{put, stored as stored_backup};
pub(crate) use ledger::certified;
pub(crate) use recovery::{recovery_connection, release};
pub(crate) use share::{challenge, proof, store, stored};

use kith_protocol::message::{BASE, Body};

use crate::scene::scene;

/// A message and what is special about it, empty for the plain case.
pub(crate) struct Sample {
    case: &'static str,
    pub(crate) body: Body,
}

impl Sample {
    /// The file it is pinned in: `recovery-share-1.0-store.by-claimant.json`.
    pub(crate) fn file(&self) -> String {
        let typ = self.body.typ();
        let ours = typ.strip_prefix(BASE).map(|rest| &rest[1..]);
        let theirs = typ.strip_prefix("https://didcomm.org/");
        let name = ours.or(theirs).expect("one of two bases").replace('/', "-");
        match self.case {
            "" => format!("{name}.json"),
            case => format!("{name}.{case}.json"),
        }
    }
}

fn plain(body: Body) -> Sample {
    case("", body)
}

fn case(case: &'static str, body: Body) -> Sample {
    Sample { case, body }
}

/// All samples.
pub(crate) fn all() -> Vec<Sample> {
    let scene = scene();
    let mut samples = enrolment::samples(&scene);
    samples.extend(share::samples(&scene));
    samples.extend(recovery::samples(&scene));
    samples.extend(ledger::samples(&scene));
    samples.extend(backup::samples(&scene));
    samples
}
