//! G6: a wrong share is called wrong, and no other one is.
use super::{Checker, Sight};
use crate::oracle::Oracle;
use kith_protocol::message::Body;
use kith_protocol::time::Timestamp;
use std::collections::BTreeSet;

/// Which messages a villain has changed.
#[derive(Default)]
pub(crate) struct Attribution {
    tampered: BTreeSet<String>,
}

impl Checker for Attribution {
    fn guarantee(&self) -> &'static str {
        "G6 attribution"
    }

    fn see(&mut self, _now: Timestamp, sight: &Sight<'_>, _ledger: &Oracle) -> Result<(), String> {
        match sight {
            Sight::Tampers { message } => {
                self.tampered.insert((*message).to_owned());
            }
            Sight::Replies {
                asked,
                reply: Body::RecoveryReleased(receipt),
            } => {
                let tampered = self.tampered.contains(&asked.id);
                if receipt.verified == tampered {
                    let kind = if tampered {
                        "a wrong share passes for right"
                    } else {
                        "a right share passes for wrong"
                    };
                    return Err(format!("{kind} at the claimant"));
                }
            }
            _ => {}
        }
        Ok(())
    }
}
