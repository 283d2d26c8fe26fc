//! What goes where: data to standard output, talk to standard error.
use super::Failure;
use serde::Serialize;
use serde_json::json;
use std::io;

/// How the person or script wants to be told things.
#[derive(Clone, Copy, Debug, Default)]
pub struct Screen {
    /// Data as JSON, `{"v":1,...}`, one object a line.
    pub json: bool,
    /// No talk, only data and errors.
    pub quiet: bool,
}

impl Screen {
    /// The result of a command: `text` for people, `answer` under `--json`, both to standard
    /// output.
    pub fn data(&self, text: &str, answer: &impl Serialize) {
        if self.json {
            self.object(&json!({ "v": 1, "answer": answer }));
        } else {
            line(&mut io::stdout().lock(), text);
        }
    }

    /// Text to standard output that has no other form.
    pub fn text(&self, text: &str) {
        line(&mut io::stdout().lock(), text);
    }

    /// One JSON object to standard output.
    pub fn object(&self, object: &serde_json::Value) {
        line(&mut io::stdout().lock(), &object.to_string());
    }

    /// Talk, to standard error.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            line(&mut io::stderr().lock(), text);
        }
    }

    /// A warning; shown even with `--quiet`.
    pub fn warn(&self, text: &str) {
        line(&mut io::stderr().lock(), &format!("warning: {text}"));
    }

    /// Why the command failed: a sentence to standard error, and under `--json` the same on
    /// standard output, so that a script reads one stream only.
    pub fn failure(&self, program: &str, failure: &Failure) {
        line(
            &mut io::stderr().lock(),
            &format!("{program}: {}", failure.message),
        );
        if self.json && !failure.shown {
            let error = json!({ "message": failure.message, "exit": failure.exit.code() });
            self.object(&json!({ "v": 1, "error": error }));
        }
    }
}

/// A reader that went away (`| head`) is no error of ours: what cannot be written is dropped.
fn line(stream: &mut impl io::Write, text: &str) {
    let _ = writeln!(stream, "{text}").and_then(|()| stream.flush());
}
