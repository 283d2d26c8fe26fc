//! Frames: each breaks one rule of the length in front of a message.
use crate::house::{Friend, House};
use crate::peer::{Hostile, framed};
use kith_protocol::limits::network::FRAME;

struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    /// Whether the sender ends its half.
    end: bool,
    code: &'static str,
}

fn cases() -> Vec<Case> {
    let case = |name, bytes: &[u8], end, code| Case {
        name,
        bytes: bytes.to_vec(),
        end,
        code,
    };
    let too_long = "e.m.xfer.frame-too-long";
    let padded = "e.m.xfer.frame-not-canonical";
    let cut = "e.m.xfer.frame-truncated";
    let endless = [framed(&[b'x'; FRAME]), vec![b'x'; FRAME]].concat();
    vec![
        case("one byte too long", b"\x81\x80\x04", false, too_long),
        case("the largest length", b"\xff\xff\x7f", false, too_long),
        case("an endless length", &[0xff; 4096], false, too_long),
        case("a padded length", b"\x83\x00abc", false, padded),
        case("a length padded twice", b"\x83\x80\x00abc", false, padded),
        case("a padded zero", b"\x80\x00", false, padded),
        case("a length of zero", b"\x00", false, "e.m.xfer.frame-empty"),
        case("nothing", b"", true, "e.m.xfer.frame-empty"),
        case("half a length", b"\x80", true, cut),
        case("a length alone", b"\x05", true, cut),
        case("half a message", b"\x05ab", true, cut),
        // The message is read and is none; what follows is not read.
        case("an endless message", &endless, false, "e.m.msg.malformed"),
    ]
}

/// The agent closes the stream at once, answers nothing, and says why in the count.
#[tokio::test(flavor = "multi_thread")]
async fn every_bad_frame_closes_its_stream_with_its_code_and_honest_peers_are_served() {
    let (house, friend) = (House::open().await, Friend::new().await);
    let mut hostile = Hostile::connect(&house).await.unwrap();
    for Case {
        name,
        bytes,
        end,
        code,
    } in cases()
    {
        let before = house.refused().await.get(code).copied().unwrap_or_default();
        assert_eq!(hostile.say(&bytes, end).await, b"", "{name}");
        house.until_refused(code, before + 1).await;
        assert_eq!(house.refused().await[code], before + 1, "{name}: once");
        friend.is_served(&house).await;
    }
}
