//! What tests across crates share. The tests themselves stand in `tests/`.
pub mod workspace;
