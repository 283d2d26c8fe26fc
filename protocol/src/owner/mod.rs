//! The owner's side: enrolment, dealing, recovery.
pub mod command;
