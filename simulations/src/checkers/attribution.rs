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
                ..
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkers::samples;
    use crate::node::NodeId;
    use kith_protocol::message::Received;
    use kith_protocol::message::recovery::Released;

    fn receipted(checker: &mut Attribution, verified: bool) -> Result<(), String> {
        let message = samples::release(&samples::request());
        let asked = Received {
            from: message.from,
            to: message.to,
            id: message.id,
            thid: None,
            pthid: None,
            body: message.body,
        };
        let reply = Body::RecoveryReleased(Released {
            request: samples::request().id(),
            verified,
        });
        let sight = Sight::Replies {
            node: NodeId(0),
            asked: &asked,
            reply: &reply,
        };
        checker.see(Timestamp(0), &sight, &Oracle::default())
    }

    #[test]
    fn a_wrong_share_that_passes_and_a_right_one_that_does_not_are_seen() {
        let mut checker = Attribution::default();
        assert_eq!(receipted(&mut checker, true), Ok(()));
        assert!(receipted(&mut checker, false).is_err());
        let id = samples::release(&samples::request()).id;
        let tampers = Sight::Tampers { message: &id };
        assert_eq!(
            checker.see(Timestamp(0), &tampers, &Oracle::default()),
            Ok(())
        );
        assert_eq!(receipted(&mut checker, false), Ok(()));
        assert!(receipted(&mut checker, true).is_err());
    }
}
