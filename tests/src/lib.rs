//! What tests across crates share. The tests themselves stand in `tests/`.
pub mod floor;
pub mod kill;
pub mod leaks;
pub mod scene;
pub mod workspace;
