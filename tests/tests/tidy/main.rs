//! The rules of the house, as far as a machine can check them: who imports whom, which requirement
//! is shown where, what a file may contain. STYLE.md says why.
mod code;
mod described;
mod help;
mod hostile;
mod imports;
mod mutants;
mod outside;
mod requirements;
mod searched;
mod shape;
mod suggested;
mod tables;
