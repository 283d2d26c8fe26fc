//! A plan for those who cannot wait: the same story with short delays and without weather.
use crate::chance::Span;
use crate::faults::Faults;
use crate::people::Habits;
use crate::scenario::act::Act;
use crate::scenario::plan::Plan;
use crate::scenario::value::Range;
use kith_protocol::time::Millis;

/// How long people of a shortened story take: about as long as whoever plays them on real agents.
const THINKING: Span = Span::new(20, 60);
const RESTING: Span = Span::new(60, 150);

/// The terms of a shortened story, the same for the simulator and for real agents.
#[derive(Clone, Copy, Debug)]
pub struct Short {
    /// How long a release waits.
    pub delay: Millis,
    /// The oldest ledger head that readers accept; who is not in a hurry looks eight times as often.
    pub max_age: Millis,
}

impl Plan {
    /// The plan with these terms, in calm weather; waiting between acts shrinks as the delay does.
    pub(crate) fn in_short(mut self, short: Short) -> Self {
        let drawn = self.parameters.terms.delay.0.max(1);
        let parameters = &mut self.parameters;
        parameters.faults = Faults::NONE;
        parameters.storm = Millis(0);
        parameters.clocks = Millis(0);
        parameters.drift = 0;
        parameters.terms.delay = short.delay;
        parameters.max_age = short.max_age;
        parameters.habits = Habits {
            thinking: THINKING,
            resting: RESTING,
            ..parameters.habits
        };
        for act in &mut self.acts {
            if let Act::Pass { time, .. } = act {
                *time = Range::only(time.low * short.delay.0 / drawn);
            }
        }
        self
    }
}
