//! The door: connections that others open, from the first byte to the end of the handshake.
//!
//! Spec: decision 0017, G15. Whoever stands in the door has proven nothing. libp2p refuses the next
//! when so many stand there, so that a few silent sockets would lock everyone out; here the next
//! comes in and one of those who stand there leaves ([`crate::crowd`]). Nobody stands there for long.
use crate::crowd::{Crowd, Origin};
use futures::future::{AbortHandle, AbortRegistration, Abortable};
use kith_protocol::limits::network::{HANDSHAKE, HANDSHAKES};
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::{Boxed, DialOpts, ListenerId, TransportError, TransportEvent};
use libp2p::{Multiaddr, PeerId, Transport};
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use thiserror::Error;
use tokio::time::timeout;

/// A connection whose other end has proven its peer id.
type Connection = (PeerId, StreamMuxerBox);
type Handshake = Pin<Box<dyn Future<Output = io::Result<Connection>> + Send>>;

/// Why someone was sent away from the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum DoorError {
    /// Too slow.
    #[error("the handshake took too long")]
    TooSlow,
    /// Others came, and too many stood there.
    #[error("the handshake gave way to others")]
    GaveWay,
}

impl DoorError {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::TooSlow => "e.p.xfer.handshake-timeout",
            Self::GaveWay => "e.p.xfer.handshake-displaced",
        }
    }
}

impl From<DoorError> for io::Error {
    fn from(error: DoorError) -> Self {
        Self::other(error)
    }
}

/// A transport with a door.
pub(crate) struct Door {
    inner: Boxed<Connection>,
    queue: Queue,
}

impl Door {
    pub(crate) fn new(inner: Boxed<Connection>) -> Self {
        Self {
            inner,
            queue: Queue::new(HANDSHAKES),
        }
    }

    fn admit(&self, handshake: Handshake, from: &Multiaddr) -> Handshake {
        let (place, registration) = self.queue.enter(Origin::of(from));
        let handshake = Abortable::new(handshake, registration);
        Box::pin(async move {
            let ended = timeout(HANDSHAKE, handshake).await;
            drop(place);
            match ended {
                Ok(Ok(connection)) => connection,
                Ok(Err(_aborted)) => Err(DoorError::GaveWay.into()),
                Err(_elapsed) => Err(DoorError::TooSlow.into()),
            }
        })
    }
}

impl Transport for Door {
    type Output = Connection;
    type Error = io::Error;
    type ListenerUpgrade = Handshake;
    type Dial = <Boxed<Connection> as Transport>::Dial;

    fn listen_on(
        &mut self,
        id: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        self.inner.listen_on(id, address)
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.inner.remove_listener(id)
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        options: DialOpts,
    ) -> Result<Self::Dial, TransportError<io::Error>> {
        self.inner.dial(address, options)
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<TransportEvent<Handshake, io::Error>> {
        Pin::new(&mut self.inner).poll(cx).map(|event| match event {
            TransportEvent::Incoming {
                listener_id,
                upgrade,
                local_addr,
                send_back_addr,
            } => TransportEvent::Incoming {
                listener_id,
                upgrade: self.admit(upgrade, &send_back_addr),
                local_addr,
                send_back_addr,
            },
            other => other,
        })
    }
}

/// Everyone in the door. A handle: the handshakes run in tasks of their own.
#[derive(Clone)]
struct Queue(Arc<Mutex<Standing>>);

struct Standing {
    crowd: Crowd<u64>,
    handles: BTreeMap<u64, AbortHandle>,
    next: u64,
}

impl Queue {
    fn new(room: usize) -> Self {
        Self(Arc::new(Mutex::new(Standing {
            crowd: Crowd::new(room),
            handles: BTreeMap::new(),
            next: 0,
        })))
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, from: Origin) -> (Place, AbortRegistration) {
        let (handle, registration) = AbortHandle::new_pair();
        let mut standing = self.standing();
        let number = standing.next;
        standing.next += 1;
        standing.handles.insert(number, handle);
        if let Some(leaves) = standing.crowd.enter(number, from)
            && let Some(handle) = standing.handles.remove(&leaves)
        {
            handle.abort();
        }
        let queue = self.clone();
        (Place { queue, number }, registration)
    }
}

/// A place in the door, free again when dropped: however the handshake ends, and when nobody ever
/// looks at it.
struct Place {
    queue: Queue,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut standing = self.queue.standing();
        standing.crowd.leave(self.number);
        standing.handles.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::{pending, ready};

    #[tokio::test]
    async fn a_place_is_free_again_however_the_handshake_ends() {
        let queue = Queue::new(2);
        let (place, registration) = queue.enter(Origin::Elsewhere);
        let unseen = queue.enter(Origin::Elsewhere);
        let handshake = Abortable::new(pending::<()>(), registration);
        let (_third, fresh) = queue.enter(Origin::Elsewhere);
        assert!(handshake.await.is_err(), "the oldest did not give way");
        assert_eq!(Abortable::new(ready(7), fresh).await, Ok(7));
        drop((place, unseen));
        let standing = queue.standing();
        assert_eq!((standing.handles.len(), standing.next), (1, 3));
    }
}
