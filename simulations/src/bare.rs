//! For the benchmark: a run's events without its agents, and a run's world that is kept.
use crate::queue::Queue;
use crate::story::Story;
use kith_protocol::agent::Step;
use kith_protocol::time::Timestamp;
use std::hint::black_box;

/// When the events of a run were put into its queue, and how many it took out.
pub struct Events {
    put: Vec<(u64, Timestamp)>,
    taken: u64,
}

impl Events {
    pub(crate) fn of(story: &mut Story) -> Self {
        let (put, taken) = story.queue().recorded();
        Self { put, taken }
    }

    /// The same events in the same order once more, each into an agent that does nothing: what a run
    /// costs at least. How many there were.
    #[must_use]
    pub fn play(&self) -> u64 {
        let mut queue = Queue::new(Timestamp(0));
        let mut put = self.put.iter().peekable();
        for taken in 0..self.taken {
            while let Some((_, time)) = put.next_if(|(after, _)| *after <= taken) {
                queue.at(*time, taken);
            }
            if queue.next().is_none() {
                return taken;
            }
            drop(black_box(does_nothing(queue.now())));
        }
        self.taken
    }
}

#[inline(never)]
fn does_nothing(now: Timestamp) -> Step<Timestamp> {
    let _ = black_box(now);
    Step::default()
}

/// A world at the end of its run, with all its agents and their disks.
pub struct Held(pub(crate) Story);

impl Held {
    /// How many agents it has.
    #[must_use]
    pub fn agents(&self) -> u64 {
        self.0.agents()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Options, Scenario};

    #[test]
    fn the_bare_loop_takes_out_what_the_run_took_out() {
        let scenario = Scenario::named("lost-phone").expect("it comes with the program");
        let (report, events) = scenario.events(1, Options::default());
        assert_eq!(events.play(), events.taken);
        assert!(events.taken > report.deliveries && report.deliveries > 0);
        let plain = scenario.run(1, Options::default());
        assert_eq!(plain.trace_hash, report.trace_hash);
    }
}
