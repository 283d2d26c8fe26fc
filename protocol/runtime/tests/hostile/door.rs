//! Handshakes: sockets that connect and then stall, babble, or stop half-way.
use crate::house::{Friend, House, PATIENCE};
use kith_protocol::limits::network::HANDSHAKES;
use std::future::Future;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const STALLED: &str = "e.p.xfer.handshake-timeout";
const FAILED: &str = "e.p.xfer.handshake";
const DISPLACED: &str = "e.p.xfer.handshake-displaced";

async fn socket(house: &House) -> TcpStream {
    TcpStream::connect(house.address()).await.unwrap()
}

/// Until the agent closes.
async fn is_closed(socket: &mut TcpStream) {
    patient(async {
        let mut bytes = [0; 1024];
        while socket.read(&mut bytes).await.is_ok_and(|count| count > 0) {}
    })
    .await;
}

async fn patient<F: Future>(what: F) -> F::Output {
    timeout(PATIENCE, what)
        .await
        .expect("the agent does nothing about it")
}

fn noise(message: &[u8]) -> Vec<u8> {
    let length = u16::try_from(message.len()).unwrap().to_be_bytes();
    [
        b"\x13/multistream/1.0.0\n\x07/noise\n".as_slice(),
        &length,
        message,
    ]
    .concat()
}

/// What begins well and does not go on: it ends after five seconds, all of it at once here.
#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_stalls_anywhere_ends_after_a_bounded_time() {
    let (house, friend) = (House::open().await, Friend::new().await);
    let beginnings: [&[u8]; 6] = [
        b"",
        b"\x13",
        b"\x13/multistream/1.0.0\n",
        b"\x13/multistream/1.0.0\n\x07/noise\n",
        &noise(&[])[..28],
        // The first of three messages: a key, which any 32 bytes are.
        &noise(&[9; 32]),
    ];
    let mut sockets = Vec::new();
    for beginning in beginnings {
        let mut socket = socket(&house).await;
        socket.write_all(beginning).await.unwrap();
        sockets.push(socket);
    }
    friend.is_served(&house).await;
    for socket in &mut sockets {
        is_closed(socket).await;
    }
    house.until_refused(STALLED, 6).await;
    assert_eq!(house.refused().await[STALLED], 6);
    friend.is_served(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_of_random_bytes_or_of_another_protocol_is_refused_at_once() {
    let (house, friend) = (House::open().await, Friend::new().await);
    let garbage: Vec<u8> = (0..4096u32).map(|at| (at * 167 % 251) as u8).collect();
    let mut wrong_second = noise(&[9; 32]);
    wrong_second.extend([0, 48]);
    wrong_second.extend([7; 48]);
    let openings: [&[u8]; 6] = [
        &garbage,
        &[0xff; 64],
        b"GET /index.html HTTP/1.1\r\nHost: kith.example\r\nUser-Agent: a browser of somebody\r\n\r\n",
        b"\x13/multistream/2.0.0\n",
        &noise(&[9; 31]),
        &wrong_second,
    ];
    for (number, opening) in (1..).zip(openings) {
        let mut socket = socket(&house).await;
        socket.write_all(opening).await.unwrap();
        is_closed(&mut socket).await;
        house.until_refused(FAILED, number).await;
        friend.is_served(&house).await;
    }
    assert_eq!(house.refused().await[FAILED], 6);
}

/// More silent sockets than the door has places. All of them stay as long as they can; the honest
/// peer, who comes last and from the same address, is let in.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_stand_in_the_door_make_room() {
    let (house, friend) = (House::open().await, Friend::new().await);
    let more = 32;
    let mut sockets = Vec::new();
    for _ in 0..HANDSHAKES + more {
        sockets.push(socket(&house).await);
    }
    friend.is_served(&house).await;
    house.until_refused(DISPLACED, more as u64).await;
    for socket in &mut sockets[..more] {
        is_closed(socket).await;
    }
}
