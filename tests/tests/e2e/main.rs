//! Whole flows with real processes over loopback, killed as a power cut kills. Nothing sleeps for a
//! fixed time: each waits for what it needs to see, with a deadline that only a hang reaches.
mod changes;
mod commands;
mod crashes;
mod custody;
mod demo;
mod doctor;
mod local;
mod moving;
mod replace;
mod spoken;
mod veto;
mod villains;
