//! Some rounds of the kill loop; `cargo run -p kith-tests --bin kill` runs as many as wanted.
use kith_tests::floor::Floor;
use kith_tests::kill::Life;
use owner_agent::demo::trouble::Trouble;

/// An enrolment, an update and a whole recovery.
const ROUNDS: u64 = 10;
const SEED: u64 = 11;

/// Whatever was acknowledged before a kill -9 is there after it (G11): enrolled peers, items, receipts,
/// an epoch in force, compared words, approvals, shares that came back, and at the end the wallet byte
/// for byte.
#[tokio::test]
async fn what_was_acknowledged_is_there_after_every_kill() {
    let floor = Floor::new();
    let outcome = rounds(&floor).await;
    assert!(floor.panics().is_empty(), "{:?}", floor.panics());
    floor.judge(outcome, &[]);
}

async fn rounds(floor: &Floor) -> Result<(), Trouble> {
    let mut life = Life::begin(floor, SEED, true, None).await?;
    for _ in 0..ROUNDS {
        let round = life.round().await;
        round.map_err(|failure| Trouble::Broken(failure.to_string()))?;
    }
    assert_eq!((life.tally.rounds, life.tally.recoveries), (ROUNDS, 1));
    assert!(life.tally.kills >= ROUNDS);
    Ok(())
}
