//! Keys made ahead: per deal one approval key and one one-time sealing key.
//!
//! They travel before they are needed, so that a deal fits into one message and a trustee who is
//! away can still be dealt to (spec/ledger.md, "Approval keys and one-time sealing keys travel
//! ahead").
use crate::agent::Work;
use crate::error::Damage;
use crate::keys::role::{Approval, ShareSealing};
use crate::keys::{AgreementSecret, SigningKey};
use crate::limits;
use crate::message::setup;
use crate::record::{self, Records, Row, Space};
use crate::trustee::ward::{Ward, WardId};
use serde::{Deserialize, Serialize};

/// The secret halves of one prekey.
///
/// # Security
/// Holds an approval key, and until it was used a sealing key; both wiped on drop. Lives in sealed
/// rows only.
#[derive(Serialize, Deserialize)]
pub(crate) struct Prekey {
    ward: WardId,
    number: u32,
    /// Approves requests of the epoch that names it.
    pub(crate) approval: SigningKey<Approval>,
    sealing: Option<AgreementSecret<ShareSealing>>,
}

impl Row for Prekey {
    const SPACE: Space = Space::Prekey;
    fn id(&self) -> Vec<u8> {
        id(&self.ward, self.number)
    }
}

pub(super) fn id(ward: &WardId, number: u32) -> Vec<u8> {
    [&ward.0[..], &number.to_be_bytes()].concat()
}

impl Prekey {
    /// The public halves, while the sealing key is unused.
    pub(crate) fn public(&self) -> Option<setup::Prekey> {
        let sealing = self.sealing.as_ref()?.public_key();
        Some(setup::Prekey {
            number: self.number,
            approval: self.approval.verifying_key(),
            sealing,
        })
    }

    /// The sealing secret, while it is unused.
    pub(crate) fn sealing(&self) -> Option<&AgreementSecret<ShareSealing>> {
        self.sealing.as_ref()
    }

    /// The same without the sealing secret: what was sealed to it is stored in this very step, and
    /// a box that was recorded on its way must stay closed for ever.
    pub(crate) fn spent(self) -> Self {
        Self {
            sealing: None,
            ..self
        }
    }
}

/// Makes the next prekey of a ward.
pub(crate) fn make(work: &mut Work<'_>, ward: &mut Ward) -> setup::Prekey {
    let sealing = AgreementSecret::generate(work.rng);
    let approval = SigningKey::generate(work.rng);
    let number = ward.next_prekey;
    ward.next_prekey += 1;
    let public = setup::Prekey {
        number,
        approval: approval.verifying_key(),
        sealing: sealing.public_key(),
    };
    work.save(&Prekey {
        ward: ward.id,
        number,
        approval,
        sealing: Some(sealing),
    });
    public
}

/// One prekey.
pub(crate) fn load(work: &Work<'_>, ward: &WardId, number: u32) -> Result<Option<Prekey>, Damage> {
    work.load(&id(ward, number))
}

/// The public halves of those that nothing was sealed to yet, oldest first.
pub(crate) fn unused(records: &dyn Records, ward: &WardId) -> Result<Vec<setup::Prekey>, Damage> {
    let prekeys = record::load_all::<Prekey>(records, &ward.0)?;
    Ok(prekeys.iter().filter_map(Prekey::public).collect())
}

/// What goes with a receipt beside the prekey `next`: older ones that are still good.
pub(crate) fn spare(
    records: &dyn Records,
    ward: &WardId,
    next: u32,
) -> Result<Vec<setup::Prekey>, Damage> {
    let mut older = unused(records, ward)?;
    older.retain(|prekey| prekey.number < next);
    let surplus = older.len().saturating_sub(limits::owner::PREKEYS - 1);
    Ok(older.split_off(surplus))
}

/// Wipes one.
pub(crate) fn wipe(work: &mut Work<'_>, ward: &WardId, number: u32) {
    work.erase::<Prekey>(&id(ward, number));
}

/// Wipes all of a ward: a session whose words did not match leaves no key that could ever speak.
pub(crate) fn wipe_all(work: &mut Work<'_>, ward: &WardId) -> Result<(), Damage> {
    for prekey in record::load_all::<Prekey>(work, &ward.0)? {
        work.erase::<Prekey>(&prekey.id());
    }
    Ok(())
}
