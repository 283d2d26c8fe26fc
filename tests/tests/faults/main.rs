//! Faults of the machine under real agents and the real store: killed processes, power cuts, damaged
//! files, full and read-only disks, stores that were put back (G11).
mod clock;
mod cut;
mod damage;
mod disk;
mod kill;
mod restored;
