//! The length in front of a message on a stream: an unsigned varint with one spelling.
//!
//! Spec: `protocol/spec/wire.md`. A length is canonical (no padding bytes), at least 1 and at most
//! [`limits::network::FRAME`]. Only the bytes are read here; whoever owns the stream reads them one
//! by one and hands them over, so that nothing after the length is taken from it.
use crate::limits;
use thiserror::Error;

/// Why a frame is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// No length, or a length of zero.
    #[error("an empty message")]
    Empty,
    /// Longer than [`limits::network::FRAME`].
    #[error("a message of more than {} bytes", limits::network::FRAME)]
    TooLong,
    /// The length has padding bytes: a second spelling.
    #[error("a length that is not canonical")]
    NotCanonical,
    /// The stream ended within the message.
    #[error("a message cut short")]
    Truncated,
}

impl FrameError {
    /// A stable code in the form of DIDComm problem codes.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "e.m.xfer.frame-empty",
            Self::TooLong => "e.m.xfer.frame-too-long",
            Self::NotCanonical => "e.m.xfer.frame-not-canonical",
            Self::Truncated => "e.m.xfer.frame-truncated",
        }
    }
}

/// A length as far as it has been read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Header {
    length: usize,
    read: usize,
}

impl Header {
    /// Takes the next byte; gives the length once it is whole.
    ///
    /// # Errors
    /// [`FrameError`]. Never takes more than [`limits::network::FRAME_HEADER`] bytes.
    pub fn push(&mut self, byte: u8) -> Result<Option<usize>, FrameError> {
        if self.read == limits::network::FRAME_HEADER {
            return Err(FrameError::TooLong);
        }
        self.length |= usize::from(byte & 0x7f) << (7 * self.read);
        self.read += 1;
        match byte {
            0 if self.read > 1 => Err(FrameError::NotCanonical),
            0..0x80 => bounded(self.length).map(Some),
            _ if self.read == limits::network::FRAME_HEADER => Err(FrameError::TooLong),
            _ => Ok(None),
        }
    }

    /// What it means that the stream ends here.
    #[must_use]
    pub const fn ended(&self) -> FrameError {
        match self.read {
            0 => FrameError::Empty,
            _ => FrameError::Truncated,
        }
    }
}

/// The length in front of a message of this many bytes.
///
/// # Errors
/// [`FrameError::Empty`] or [`FrameError::TooLong`].
pub fn header(length: usize) -> Result<Vec<u8>, FrameError> {
    let mut rest = bounded(length)?;
    let mut header = Vec::with_capacity(limits::network::FRAME_HEADER);
    while rest >= 0x80 {
        header.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    header.push(rest as u8);
    Ok(header)
}

fn bounded(length: usize) -> Result<usize, FrameError> {
    match length {
        0 => Err(FrameError::Empty),
        1..=limits::network::FRAME => Ok(length),
        _ => Err(FrameError::TooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<usize, FrameError> {
        let mut header = Header::default();
        for byte in bytes {
            if let Some(length) = header.push(*byte)? {
                return Ok(length);
            }
        }
        Err(header.ended())
    }

    #[test]
    fn every_length_comes_back_from_its_one_spelling() {
        for length in 1..=limits::network::FRAME {
            let bytes = header(length).unwrap();
            assert!(bytes.len() <= limits::network::FRAME_HEADER);
            assert_eq!(read(&bytes), Ok(length));
        }
    }

    #[test]
    fn lengths_out_of_bounds_are_neither_written_nor_read() {
        assert_eq!(header(0), Err(FrameError::Empty));
        assert_eq!(read(&[0]), Err(FrameError::Empty));
        assert_eq!(header(limits::network::FRAME + 1), Err(FrameError::TooLong));
        assert_eq!(read(&[0x81, 0x80, 0x04]), Err(FrameError::TooLong));
    }

    #[test]
    fn a_header_that_was_refused_takes_no_further_byte() {
        let mut endless = Header::default();
        let taken = (0..10).map(|_| endless.push(0xff)).collect::<Vec<_>>();
        assert_eq!(taken[..2], [Ok(None), Ok(None)]);
        assert!(
            taken[2..]
                .iter()
                .all(|byte| *byte == Err(FrameError::TooLong))
        );
    }
}
