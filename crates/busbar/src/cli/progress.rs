//! How far a long command is: a bar on a terminal, JSON lines for programs, nothing otherwise.
#![allow(clippy::print_stdout)]

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

/// Between two lines of one step.
const RHYTHM: Duration = Duration::from_millis(500);

/// Tells how far a command is.
#[derive(Clone)]
pub struct Progress {
    bar: Option<ProgressBar>,
    /// The step and the moment of the newest line; none where no lines are wanted.
    lines: Option<Arc<Mutex<(&'static str, Instant)>>>,
}

impl Progress {
    /// Lines where `json` is wanted; else a bar where a person looks.
    pub fn new(json: bool) -> Self {
        let person = !json && std::io::stderr().is_terminal();
        let bar = person.then(|| {
            let bar = ProgressBar::no_length();
            let style = ProgressStyle::with_template(
                "{msg:10} {wide_bar} {percent:>3} %  {decimal_bytes} of {decimal_total_bytes}  {eta}",
            );
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar
        });
        let lines = json.then(|| Arc::new(Mutex::new(("", Instant::now()))));
        Self { bar, lines }
    }

    /// So many of so many bytes of a step are done.
    pub fn tell(&self, step: &'static str, done: u64, of: u64) {
        if let Some(bar) = &self.bar {
            bar.set_message(step);
            bar.set_length(of);
            bar.set_position(done);
        }
        let Some(lines) = &self.lines else { return };
        let mut last = lines.lock().unwrap_or_else(PoisonError::into_inner);
        if last.0 != step || last.1.elapsed() >= RHYTHM {
            *last = (step, Instant::now());
            println!(
                "{}",
                json!({"event": "progress", "step": step, "done": done, "of": of})
            );
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// The last line: `value` with the name of the event.
    pub fn line(event: &str, mut value: Value) {
        if let Some(fields) = value.as_object_mut() {
            fields.insert("event".to_owned(), event.into());
        }
        println!("{value}");
    }
}
