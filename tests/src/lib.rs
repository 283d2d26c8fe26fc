//! What tests across crates share. The tests themselves stand in `tests/`.
pub mod cut;
pub mod distance;
pub mod false_trustee;
pub mod figures;
pub mod floor;
pub mod keeps;
pub mod kill;
pub mod leaks;
pub mod needles;
pub mod scene;
pub mod volume;
pub mod workspace;
