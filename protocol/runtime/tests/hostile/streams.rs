//! Streams of an established connection: silent, dripping, thousands.
use crate::house::{Friend, House};
use crate::peer::{Hostile, framed};
use futures::{AsyncReadExt as _, AsyncWriteExt as _};
use kith_protocol::limits::network::{STREAMS, YAMUX_STREAMS};
use std::time::Duration;
use tokio::time::sleep;

/// How fast a message drips: at this pace it would take minutes.
const DRIP: Duration = Duration::from_millis(100);

/// Waits as long as the agent has patience with a stream: ten seconds.
#[tokio::test(flavor = "multi_thread")]
async fn silent_and_dripping_streams_end_after_a_bounded_time() {
    let (house, friend) = (House::open().await, Friend::new().await);
    let mut silent = Hostile::connect(&house).await.unwrap();
    let mut dripping = Hostile::connect(&house).await.unwrap();
    let mut stream = dripping.stream().await.unwrap();
    let drip = dripping.drive(async {
        for byte in framed(&[b'x'; 5000]) {
            let written = stream.write_all(&[byte]).await;
            if written.is_err() || stream.flush().await.is_err() {
                return;
            }
            sleep(DRIP).await;
        }
        panic!("all of it was read");
    });
    let (answer, (), ()) = tokio::join!(silent.say(b"", false), drip, friend.is_served(&house));
    assert_eq!(answer, b"");
    house.until_refused("e.m.xfer.timeout", 2).await;
    friend.is_served(&house).await;
}

/// Every place of one connection is taken by messages that never end.
#[tokio::test(flavor = "multi_thread")]
async fn one_connection_has_so_many_streams_and_leaves_the_others_theirs() {
    let (house, friend) = (House::open().await, Friend::new().await);
    let mut hostile = Hostile::connect(&house).await.unwrap();
    let mut held = Vec::new();
    for _ in 0..STREAMS {
        held.push(hostile.stream().await.unwrap());
    }
    // One more agrees on the protocol, and is dropped.
    let mut more = hostile.stream().await.unwrap();
    let mut answer = Vec::new();
    drop(hostile.drive(more.read_to_end(&mut answer)).await);
    assert_eq!(answer, b"");
    friend.is_served(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_streams_end_their_connection_and_no_other() {
    let (house, friend) = (House::open().await, Friend::new().await);
    let mut hostile = Hostile::connect(&house).await.unwrap();
    let mut held = Vec::new();
    // What is written opens the stream at the other side.
    while let Ok(mut stream) = hostile.raw_stream().await {
        let written = hostile
            .drive(async {
                stream.write_all(b"\x13").await?;
                stream.flush().await
            })
            .await;
        if written.is_err() {
            break;
        }
        held.push(stream);
        assert!(held.len() < 5000, "there is no end to it");
    }
    assert!(held.len() >= YAMUX_STREAMS / 2);
    friend.is_served(&house).await;
    let mut again = Hostile::connect(&house).await.unwrap();
    again.stream().await.unwrap();
}
