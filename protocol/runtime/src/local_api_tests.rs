use super::*;
use crate::local_client::{ClientError, LocalClient};
use crate::swarm;
use libp2p::identity::Keypair;
use std::os::unix::net::UnixListener as Blocking;
use std::sync::Mutex;

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

#[tokio::test]
async fn whoever_asks_an_agent_that_ends_by_itself_is_told_why() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("socket");
    let listen = "/ip4/127.0.0.1/tcp/0".parse().unwrap();
    let started = swarm::start(Keypair::generate_ed25519(), listen, &[]).await;
    let (network, _deliveries, _) = started.unwrap();
    let (desk, asked) = Desk::<Value, Value>::new(network);
    drop(asked);
    let (stop, ended) = (desk.stop.clone(), desk.ended.clone());
    let serving = serve(bind(&path).await.unwrap(), desk);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let said = async || {
        let all = heard.clone();
        let listener = move |body: &[u8]| all.lock().unwrap().push(body.to_vec());
        let client = LocalClient::at(&path).heard_by(Arc::new(listener));
        let answer: Result<Value, _> = client.command("x").await;
        match answer.unwrap_err() {
            ClientError::Refused(refused) => (refused.message, refused.exit),
            other => panic!("{other}"),
        }
    };
    ended.send_replace(Some(Err("the agent stops: the disk is full".to_owned())));
    assert_eq!(
        said().await,
        ("the agent stops: the disk is full".into(), 1)
    );
    ended.send_replace(Some(Ok(())));
    assert_eq!(said().await, ("the agent is stopping".into(), 1));
    let heard = heard.lock().unwrap().concat();
    let heard = String::from_utf8(heard).unwrap();
    assert!(heard.contains("the disk is full") && heard.contains("is stopping"));
    stop.send_replace(true);
    serving.await.unwrap();
}
