//! The length in front of a message.
use kith_protocol::frame::{self, Header};
use kith_protocol::limits;

/// A length that is read has one spelling, within its bounds, and nothing after it is taken.
pub(crate) fn frame(bytes: &[u8]) {
    let mut header = Header::default();
    for (at, byte) in bytes.iter().enumerate() {
        assert!(at < limits::network::FRAME_HEADER, "an endless length");
        match header.push(*byte) {
            Ok(None) => {}
            Ok(Some(length)) => {
                assert!((1..=limits::network::FRAME).contains(&length));
                assert_eq!(frame::header(length).as_deref(), Ok(&bytes[..=at]));
                return;
            }
            Err(_) => {
                assert!(header.push(*byte).is_err() || at + 1 < limits::network::FRAME_HEADER);
                return;
            }
        }
    }
}
