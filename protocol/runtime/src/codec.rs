//! Messages on a stream: `/didcomm/v2`, one each way, its length in front as an unsigned varint.
//!
//! Spec: `protocol/spec/wire.md`. The length is canonical (no padding bytes), at least 1 and at
//! most [`kith_protocol::limits::network::FRAME`]; what follows the message on a stream is never read. A message that never
//! ends costs its stream until the exchange times out.
use crate::refusals::Refusals;
use futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use kith_protocol::frame::{self, Header};
use kith_protocol::limits::network::ARRIVAL;
use libp2p::{StreamProtocol, request_response};
use std::io;
use tokio::time::timeout;

pub use kith_protocol::frame::FrameError;

/// The protocol that streams agree on.
pub const PROTOCOL: StreamProtocol = StreamProtocol::new("/didcomm/v2");

fn refused(error: FrameError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// Reads one frame.
///
/// # Errors
/// A [`FrameError`] inside the `io::Error`, or what the stream says.
pub async fn read_frame<T: AsyncRead + Unpin + Send>(io: &mut T) -> io::Result<Vec<u8>> {
    let length = read_length(io).await?;
    // The buffer grows with what arrives: a claimed length alone costs no memory.
    let mut bytes = Vec::new();
    io.take(length as u64).read_to_end(&mut bytes).await?;
    if bytes.len() < length {
        return Err(refused(FrameError::Truncated));
    }
    Ok(bytes)
}

async fn read_length<T: AsyncRead + Unpin + Send>(io: &mut T) -> io::Result<usize> {
    let mut header = Header::default();
    loop {
        let mut byte = [0];
        if io.read(&mut byte).await? == 0 {
            return Err(refused(header.ended()));
        }
        if let Some(length) = header.push(byte[0]).map_err(refused)? {
            return Ok(length);
        }
    }
}

/// Writes one frame.
///
/// # Errors
/// [`FrameError::Empty`] or [`FrameError::TooLong`] inside the `io::Error`, or what the stream
/// says.
pub async fn write_frame<T: AsyncWrite + Unpin + Send>(
    io: &mut T,
    message: &[u8],
) -> io::Result<()> {
    let header = frame::header(message.len()).map_err(refused)?;
    io.write_all(&header).await?;
    io.write_all(message).await?;
    io.flush().await
}

/// The codec of libp2p's request-response behaviour: messages are sealed bytes both ways.
///
/// That behaviour says nothing of a stream on which no message came, so it is said here.
#[derive(Clone)]
pub(crate) struct Frames(pub(crate) Refusals);

impl Frames {
    fn refused(&self, error: &io::Error) {
        let frame = error.get_ref().and_then(|inner| inner.downcast_ref());
        let code = match frame {
            Some(frame) => FrameError::code(*frame),
            None if error.kind() == io::ErrorKind::TimedOut => "e.m.xfer.timeout",
            None => "e.m.xfer.closed",
        };
        self.0.note(code, &"a stream", error);
    }
}

/// Reads a message that must arrive in its time, so that a silent stream ends before its exchange
/// would.
async fn read_arriving<T: AsyncRead + Unpin + Send>(io: &mut T) -> io::Result<Vec<u8>> {
    let arrived = timeout(ARRIVAL, read_frame(io)).await;
    arrived.unwrap_or_else(|_elapsed| Err(io::ErrorKind::TimedOut.into()))
}

impl request_response::Codec for Frames {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        let read = read_arriving(io).await;
        read.inspect_err(|error| self.refused(error))
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        read_frame(io).await
    }

    async fn write_request<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        message: Vec<u8>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write_frame(io, &message).await
    }

    async fn write_response<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        message: Vec<u8>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write_frame(io, &message).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use futures::io::Cursor;
    use kith_protocol::limits;
    use proptest::prelude::*;

    fn framed(message: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Cursor::new(Vec::new());
        block_on(write_frame(&mut out, message))?;
        Ok(out.into_inner())
    }

    fn read(bytes: &[u8]) -> Result<Vec<u8>, FrameError> {
        block_on(read_frame(&mut Cursor::new(bytes))).map_err(|error| {
            *error
                .get_ref()
                .and_then(|inner| inner.downcast_ref())
                .expect("no frame error")
        })
    }

    #[test]
    fn a_message_of_every_length_class_comes_back() {
        for length in [
            1,
            2,
            127,
            128,
            16_383,
            16_384,
            limits::network::FRAME - 1,
            limits::network::FRAME,
        ] {
            let message = vec![7; length];
            let bytes = framed(&message).unwrap();
            assert!(bytes.len() - length <= limits::network::FRAME_HEADER);
            assert_eq!(read(&bytes).unwrap(), message);
        }
    }

    #[test]
    fn the_bytes_on_the_wire_are_pinned() {
        assert_eq!(framed(b"abc").unwrap(), b"\x03abc");
        assert_eq!(&framed(&[0; 300]).unwrap()[..2], [0xac, 0x02]);
    }

    #[test]
    fn what_follows_a_message_is_not_read() {
        let mut stream = Cursor::new(b"\x02ab\x01c".to_vec());
        assert_eq!(block_on(read_frame(&mut stream)).unwrap(), b"ab");
        assert_eq!(stream.position(), 3);
    }

    #[test]
    fn an_empty_stream_and_an_empty_message_are_refused() {
        assert_eq!(read(b""), Err(FrameError::Empty));
        assert_eq!(read(b"\x00"), Err(FrameError::Empty));
        assert!(framed(b"").is_err());
    }

    #[test]
    fn a_message_above_the_limit_is_refused_before_it_is_read() {
        let mut stream = Cursor::new([&[0x81, 0x80, 0x04][..], &[0; 70_000]].concat());
        assert!(block_on(read_frame(&mut stream)).is_err());
        assert_eq!(stream.position(), 3);
        assert!(framed(&vec![0; limits::network::FRAME + 1]).is_err());
    }

    #[test]
    fn an_endless_length_is_refused_after_three_bytes() {
        let mut stream = Cursor::new(vec![0xff; 1000]);
        assert!(block_on(read_frame(&mut stream)).is_err());
        assert_eq!(stream.position(), limits::network::FRAME_HEADER as u64);
    }

    #[test]
    fn a_padded_length_is_refused() {
        assert_eq!(read(b"\x83\x00abc"), Err(FrameError::NotCanonical));
        assert_eq!(read(b"\x83\x80\x00abc"), Err(FrameError::NotCanonical));
        assert_eq!(read(b"\x80\x00"), Err(FrameError::NotCanonical));
    }

    #[test]
    fn a_message_cut_anywhere_is_refused() {
        let bytes = framed(&[7; 200]).unwrap();
        for cut in 1..bytes.len() {
            assert_eq!(
                read(&bytes[..cut]),
                Err(FrameError::Truncated),
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn a_claimed_length_alone_costs_no_memory() {
        let mut out = Vec::new();
        let claim = Cursor::new([0xff, 0xff, 0x03]);
        block_on(claim.take(3).read_to_end(&mut out)).unwrap();
        assert_eq!(read(&out), Err(FrameError::Truncated));
    }

    proptest! {
        #[test]
        fn any_message_comes_back(message in proptest::collection::vec(any::<u8>(), 1..2000)) {
            prop_assert_eq!(read(&framed(&message).unwrap()).unwrap(), message);
        }

        #[test]
        fn any_bytes_are_read_or_refused_and_have_one_spelling(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            if let Ok(message) = read(&bytes) {
                let spelled = framed(&message).unwrap();
                prop_assert_eq!(&bytes[..spelled.len()], &spelled[..]);
            }
        }
    }
}
