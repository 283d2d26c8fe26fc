//! Connections with a proper handshake, under made-up keys, that never say anything.
use crate::house::{Friend, House};
use crate::peer::Hostile;
use kith_protocol::limits::network::{CONNECTIONS_IN, CONNECTIONS_LEAVING};

const DISPLACED: &str = "e.p.xfer.connection-displaced";

#[tokio::test(flavor = "multi_thread")]
async fn silent_guests_make_room_and_those_of_use_stay() {
    let (house, friend) = (House::open().await, Friend::new().await);
    friend.is_served(&house).await;
    // More than may be leaving at once: those that were told to leave must be gone, or nobody else
    // comes in.
    let more = CONNECTIONS_LEAVING + 8;
    let mut guests = Vec::new();
    for _ in 0..CONNECTIONS_IN + more {
        guests.push(Hostile::connect(&house).await.unwrap());
    }
    // The friend's own connection is the oldest, and still one of them.
    house.until_refused(DISPLACED, u64::from(more) + 1).await;
    let newcomer = Friend::new().await;
    newcomer.is_served(&house).await;
    friend.is_served(&house).await;
    let refused = house.refused().await;
    assert!(
        !refused.contains_key("e.p.xfer.too-many-connections"),
        "{refused:?}"
    );
}
