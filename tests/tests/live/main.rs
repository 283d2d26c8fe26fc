//! Scenarios of the simulator on real agents: what comes of them, and how many messages it takes, is what
//! the simulator says. Decision 0024 names what is compared, and what depends on time alone.
mod alike;
mod processes;
mod scenes;
mod swarms;
