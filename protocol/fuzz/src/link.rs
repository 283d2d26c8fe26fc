//! Links that a person pastes.
use kith_protocol::bytes::to_base64url;
use kith_protocol::limits;
use kith_protocol::message::invitation::{Invitation, LINK_BASE, clean_label};

/// An invitation that is read says the same when it is handed on, and shows a name that cannot
/// deceive. What begins like JSON is what stands inside a link.
pub(crate) fn link(bytes: &[u8]) {
    let text = match bytes.first() {
        Some(b'{') => format!("{LINK_BASE}?_oob={}", to_base64url(bytes)),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    let Ok(invitation) = Invitation::from_link(&text) else {
        return;
    };
    assert_eq!(clean_label(&invitation.label), invitation.label);
    assert!(!invitation.label.contains(char::is_control));
    assert!(invitation.label.chars().count() <= limits::message::LABEL);
    let again = Invitation::from_link(&invitation.to_link(LINK_BASE));
    assert_eq!(again, Ok(invitation));
}
