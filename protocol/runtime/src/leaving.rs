//! Connections that are told to close, and whose other end does not let them.
//!
//! Closing sends a last word. A peer that has read nothing for long holds it up for ever, and with it
//! one of the few places for those who leave (G15): so many of them would lock everyone out.
use libp2p::core::muxing::{StreamMuxer, StreamMuxerBox, StreamMuxerEvent, SubstreamBox};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// A connection that is dropped where it cannot be closed in time.
pub(crate) struct Leaving {
    inner: StreamMuxerBox,
    patience: Duration,
    /// Runs from the first attempt to close.
    leaving: Option<Pin<Box<Sleep>>>,
}

impl Leaving {
    /// A connection that may take so long to close.
    pub(crate) fn new(inner: StreamMuxerBox, patience: Duration) -> Self {
        let leaving = None;
        Self {
            inner,
            patience,
            leaving,
        }
    }

    fn inner(self: Pin<&mut Self>) -> Pin<&mut StreamMuxerBox> {
        Pin::new(&mut self.get_mut().inner)
    }
}

impl StreamMuxer for Leaving {
    type Substream = SubstreamBox;
    type Error = io::Error;

    fn poll_inbound(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<SubstreamBox, io::Error>> {
        self.inner().poll_inbound(cx)
    }

    fn poll_outbound(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<SubstreamBox, io::Error>> {
        self.inner().poll_outbound(cx)
    }

    fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<StreamMuxerEvent, io::Error>> {
        self.inner().poll(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        if let Poll::Ready(closed) = self.as_mut().inner().poll_close(cx) {
            return Poll::Ready(closed);
        }
        let patience = self.patience;
        let leaving = &mut self.get_mut().leaving;
        let leaving = leaving.get_or_insert_with(|| Box::pin(sleep(patience)));
        let over = leaving.as_mut().poll(cx);
        over.map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use libp2p::core::muxing::StreamMuxerExt as _;
    use tokio::time::timeout;

    /// The other end reads nothing, so the last word never gets out.
    struct Stuck;

    impl StreamMuxer for Stuck {
        type Substream = SubstreamBox;
        type Error = io::Error;

        fn poll_inbound(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Result<SubstreamBox, io::Error>> {
            Poll::Pending
        }

        fn poll_outbound(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Result<SubstreamBox, io::Error>> {
            Poll::Pending
        }

        fn poll(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Result<StreamMuxerEvent, io::Error>> {
            Poll::Pending
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
            Poll::Pending
        }
    }

    /// G15: it would hold its place for ever.
    #[tokio::test]
    async fn a_guest_that_reads_nothing_is_gone_when_its_time_to_leave_is_over() {
        let mut guest = Leaving::new(StreamMuxerBox::new(Stuck), Duration::from_millis(1));
        let closing = std::future::poll_fn(|cx| guest.poll_close_unpin(cx));
        // What only a hang reaches.
        let ended = timeout(Duration::from_secs(20), closing).await;
        let ended = ended.expect("it is held up for ever");
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
