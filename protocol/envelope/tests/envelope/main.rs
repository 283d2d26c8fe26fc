//! The envelope profile from outside: what goes through, and every way to be refused (C1).

mod dependencies;
mod foreign;
mod forge;
mod inner;
mod keeping;
mod kept;
mod outer;
mod rewrite;
mod round_trip;
mod vectors;
