//! What an export of this agent leaves behind (R17, G1; decision 0039).
use crate::error::Damage;
use crate::record::{self, Records};
use crate::trustee::request::Session;
use crate::trustee::ward::Ward;
use crate::trustee::{custody, ward};

/// Who would miss what stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staying {
    /// Owners of whom a share is kept.
    pub owners: Vec<String>,
    /// Recoveries that go on here: whose, and the request's name.
    pub requests: Vec<(String, String)>,
}

impl Staying {
    /// As the rows have it.
    ///
    /// # Errors
    /// [`Damage`] when a row cannot be read.
    pub fn of(records: &dyn Records) -> Result<Self, Damage> {
        let mut staying = Self::default();
        for ward in record::load_all::<Ward>(records, &[])? {
            if !custody::of(records, &ward.id)?.is_empty() {
                staying.owners.push(ward.name);
            }
        }
        for session in record::load_all::<Session>(records, &[])? {
            if session.follows() {
                let owner = ward::load(records, &session.ward)?.map(|ward| ward.name);
                let owner = owner.unwrap_or_default();
                staying.requests.push((owner, session.id.to_string()));
            }
        }
        Ok(staying)
    }
}
