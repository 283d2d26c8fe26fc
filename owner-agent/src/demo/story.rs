//! What the demo tells, as it happens: plain text, in parts that a newcomer can follow.
use kith_runtime::console::Screen;
use std::time::{Duration, Instant};

/// Tells the story: to standard output, or beside the JSON to standard error.
pub(super) struct Story {
    screen: Screen,
    part: Option<(&'static str, Instant)>,
    step: String,
    timings: Vec<(&'static str, Duration)>,
}

impl Story {
    /// A story that has not begun.
    #[must_use]
    pub(super) fn new(screen: Screen) -> Self {
        Self {
            screen,
            part: None,
            step: "the beginning".to_owned(),
            timings: Vec::new(),
        }
    }

    /// A new part: its key in `timings_ms`, and its title.
    pub(super) fn part(&mut self, key: &'static str, title: &str) {
        self.close();
        self.part = Some((key, Instant::now()));
        let line = "-".repeat(title.chars().count());
        self.tell(&format!("\n{title}\n{line}"));
    }

    /// Ends the running part.
    pub(super) fn close(&mut self) {
        if let Some((key, since)) = self.part.take() {
            self.timings.push((key, since.elapsed()));
        }
    }

    /// What is being done now: told, and named should it fail.
    pub(super) fn step(&mut self, step: impl Into<String>) {
        self.step = step.into();
        let step = self.step.clone();
        self.tell(&format!("  {step} ..."));
    }

    /// What has just happened.
    pub(super) fn done(&self, text: &str) {
        self.tell(&format!("    {text}"));
    }

    /// Why, in a sentence or two, for the newcomer.
    pub(super) fn explain(&self, text: &str) {
        self.tell(text);
    }

    /// The step that was last begun.
    #[must_use]
    pub(super) fn current_step(&self) -> &str {
        &self.step
    }

    /// How long each part took, in the order of the story.
    #[must_use]
    pub(super) fn timings(&self) -> &[(&'static str, Duration)] {
        &self.timings
    }

    /// How long all parts took together; building the programs is no part.
    #[must_use]
    pub(super) fn total(&self) -> Duration {
        self.timings.iter().map(|(_, span)| *span).sum()
    }

    fn tell(&self, text: &str) {
        if self.screen.json {
            self.screen.say(text);
        } else {
            self.screen.text(text);
        }
    }
}
