use super::*;
use std::os::unix::net::UnixListener as Blocking;

#[tokio::test]
async fn a_dead_process_s_socket_is_replaced_and_a_live_one_s_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("socket");
    drop(Blocking::bind(&path).unwrap());
    let live = bind(&path).await.unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(matches!(bind(&path).await, Err(SocketError::InUse(named)) if named == path));
    drop(live);
    bind(&path).await.unwrap();
}

#[tokio::test]
async fn a_file_in_the_socket_s_place_is_not_removed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("socket");
    fs::write(&path, "mine").unwrap();
    assert!(matches!(bind(&path).await, Err(SocketError::InTheWay(_))));
    assert_eq!(fs::read(&path).unwrap(), b"mine");
}

#[tokio::test]
async fn a_listener_that_is_too_slow_is_told_how_many_hints_it_missed() {
    let (events, mut slow) = broadcast::channel(2);
    for about in ["a", "b", "c"] {
        events.send(Event::new("kind", about, "text")).unwrap();
    }
    let missed = format!("{:?}", hint(slow.recv().await).unwrap());
    assert!(
        missed.contains("missed") && missed.contains('1'),
        "{missed}"
    );
    assert!(format!("{:?}", hint(slow.recv().await).unwrap()).contains("kind"));
    drop(events);
    assert!(hint(slow.recv().await).is_some());
    assert!(hint(slow.recv().await).is_none());
}
