//! Tells the story of a run while it happens: a live line on a terminal, plain lines elsewhere.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use oneroof_engine::context::EventSink;
use oneroof_model::{Event, StepOutcome};

use crate::ui::printer::Printer;
use crate::ui::style::{BAD, CAREFUL, GOOD, QUIET, STRONG, paint};
use crate::ui::time;

/// Without a terminal, a long step says that it lives this often.
const LIFE_SIGN_EVERY: Duration = Duration::from_secs(10);

/// The live line of a terminal.
const LIVE_LINE: &str = "{spinner} {wide_msg} {elapsed_precise}";

/// An ear for events that prints to `printer`.
pub(crate) fn listener(printer: &Printer) -> EventSink {
    if printer.is_quiet() {
        return Arc::new(|_| ());
    }
    let printer = printer.clone();
    let live = Mutex::new(Live {
        bar: None,
        doing: String::new(),
        last_line: Instant::now(),
        moving_since: None,
    });
    Arc::new(move |event| {
        live.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .hear(&printer, event);
    })
}

/// What is going on.
struct Live {
    /// The live line; there is none without a terminal.
    bar: Option<ProgressBar>,
    /// The current step, in words.
    doing: String,
    last_line: Instant,
    /// When bytes began to move.
    moving_since: Option<Instant>,
}

impl Live {
    fn hear(&mut self, printer: &Printer, event: &Event) {
        if let Some(line) = line(event) {
            self.print(printer, &line);
        }
        match event {
            Event::StepStarted { step, title } => {
                self.moving_since = None;
                self.show(printer, format!("step {step}: {title}"))
            }
            Event::StepProgress { step: _, bytes, of } => {
                let since = *self.moving_since.get_or_insert_with(Instant::now);
                let doing = format!("{} ({})", self.doing, moved(*bytes, *of, since.elapsed()));
                match &self.bar {
                    Some(bar) => bar.set_message(doing),
                    None if self.last_line.elapsed() >= LIFE_SIGN_EVERY => {
                        self.print(printer, &doing)
                    }
                    None => {}
                }
            }
            Event::TableRead { done, of, .. } if done == of => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
            }
            Event::TableRead {
                target,
                table,
                done,
                of,
            } => {
                let doing = format!("rows of `{target}`: {table} ({} of {of})", done + 1);
                if !printer.is_lively() && self.last_line.elapsed() >= LIFE_SIGN_EVERY {
                    self.print(printer, &doing);
                }
                self.show(printer, doing);
            }
            Event::TierStarted { title, summary, .. } => {
                self.show(printer, format!("{title}: {summary}"))
            }
            Event::BatchDone {
                tier,
                number,
                rows_total,
                ..
            } => {
                let doing = format!("{tier}: {rows_total} rows in {number} batches");
                if !printer.is_lively() && self.last_line.elapsed() >= LIFE_SIGN_EVERY {
                    self.print(printer, &doing);
                }
                self.show(printer, doing);
            }
            Event::RunFinished { .. } => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
            }
            _ => {}
        }
    }

    fn show(&mut self, printer: &Printer, doing: String) {
        self.doing = doing;
        if !printer.is_lively() {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| spinner(printer));
        bar.set_message(self.doing.clone());
    }

    fn print(&mut self, printer: &Printer, text: &str) {
        self.last_line = Instant::now();
        if printer.is_lively() {
            printer.talk(text);
            return;
        }
        let elapsed = printer.started().elapsed().as_secs_f64();
        for line in text.lines() {
            printer.talk(&format!("[{elapsed:7.1} s] {line}"));
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// Says that something long is on its way, until the answer is dropped.
pub(crate) fn busy(printer: &Printer, doing: &str) -> Busy {
    if printer.is_lively() {
        let bar = spinner(printer);
        bar.set_message(doing.to_owned());
        return Busy(Some(bar));
    }
    printer.talk(doing);
    Busy(None)
}

/// See [`busy`].
#[must_use]
pub(crate) struct Busy(Option<ProgressBar>);

impl Drop for Busy {
    fn drop(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}

fn spinner(printer: &Printer) -> ProgressBar {
    let style = ProgressStyle::with_template(LIVE_LINE)
        .expect("the template is a constant that a test reads");
    let bar = printer
        .bars()
        .add(ProgressBar::new_spinner().with_style(style));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// What stays on the screen of an event, if anything.
fn line(event: &Event) -> Option<String> {
    let text = match event {
        Event::RunStarted {
            run_id,
            verb,
            package,
            package_digest,
            target,
        } => {
            let digest = package_digest.get(..12).unwrap_or(package_digest);
            let head = paint(STRONG, format_args!("{verb} {package}"));
            format!(
                "{head} on `{target}` {}",
                paint(QUIET, format_args!("(digest {digest}, run {run_id})"))
            )
        }
        Event::StepFinished {
            step,
            title,
            outcome,
            detail,
            duration_ms,
        } => {
            let mark = match outcome {
                StepOutcome::Passed => paint(GOOD, "ok     "),
                StepOutcome::Failed => paint(BAD, "FAILED "),
                StepOutcome::Skipped => paint(CAREFUL, "skipped"),
            };
            let colon = if detail.is_empty() { "" } else { ": " };
            let took = paint(
                QUIET,
                format_args!("({})", time::milliseconds(*duration_ms)),
            );
            format!("{mark} {step:>2}  {title}{colon}{detail} {took}")
        }
        Event::Marker { text } => format!("            {text}"),
        Event::Notice {
            tier,
            severity,
            message,
        } => {
            let place = tier
                .as_deref()
                .map(|tier| format!(" in {tier}"))
                .unwrap_or_default();
            paint(
                QUIET,
                format_args!("            {severity}{place}: {message}"),
            )
        }
        Event::LockRetry {
            tier,
            attempt,
            attempts_max,
            rest_ms,
            blockers,
        } => {
            let who = if blockers.is_empty() {
                "somebody".to_owned()
            } else {
                blockers.join("; ")
            };
            paint(
                CAREFUL,
                format_args!(
                    "            {tier}: lock held by {who}; attempt {attempt} of {attempts_max}, again in {}",
                    time::milliseconds(*rest_ms)
                ),
            )
        }
        Event::StatementWaits {
            tier,
            waited_ms,
            blockers,
        } => paint(
            CAREFUL,
            format_args!(
                "            {tier}: waits since {} for {}",
                time::milliseconds(*waited_ms),
                blockers.join("; ")
            ),
        ),
        Event::StatementDone {
            tier,
            number,
            of,
            statement,
            duration_ms,
        } => {
            let took = paint(
                QUIET,
                format_args!("({})", time::milliseconds(*duration_ms)),
            );
            format!("            {tier} {number} of {of} done: {statement} {took}")
        }
        Event::HalfDoneFound { tier, left, mend } => paint(
            CAREFUL,
            format_args!(
                "            {tier}: {}, cleared away by: {}",
                left.join(", "),
                mend.join("; ")
            ),
        ),
        Event::TierApplied {
            title,
            markers,
            statements,
            duration_ms,
            ..
        } => {
            let took = paint(
                QUIET,
                format_args!(
                    "({statements} statements, {})",
                    time::milliseconds(*duration_ms)
                ),
            );
            let mut text = format!("    applied {title} {took}");
            for marker in markers {
                let _ = write!(text, "\n            {marker}");
            }
            text
        }
        Event::TierRolledBack {
            title, duration_ms, ..
        } => {
            let took = paint(
                QUIET,
                format_args!("({})", time::milliseconds(*duration_ms)),
            );
            format!("     undone {title} {took}")
        }
        Event::ChannelAlarm {
            target,
            backend_pid,
            message,
        } => paint(
            CAREFUL,
            format_args!("alarm: target `{target}`, server process {backend_pid}: {message}"),
        ),
        Event::RunFinished {
            verdict,
            duration_ms,
        } => {
            let style = if verdict == "passed" { GOOD } else { BAD };
            format!(
                "{} in {}",
                paint(style, verdict),
                time::milliseconds(*duration_ms)
            )
        }
        Event::StepStarted { .. }
        | Event::StepProgress { .. }
        | Event::TableRead { .. }
        | Event::TierStarted { .. }
        | Event::BatchDone { .. }
        | Event::ProbeTaken { .. } => return None,
    };
    Some(text)
}

/// `12.3 MB`
/// `812 MB of about 1.1 GB, 140 MB/s, 3 s left`.
fn moved(bytes: u64, of: u64, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    if seconds < 1.0 || bytes == 0 {
        return size(bytes);
    }
    let rate = bytes as f64 / seconds;
    let mut text = size(bytes);
    if of > bytes {
        text.push_str(&format!(" of about {}", size(of)));
    }
    text.push_str(&format!(", {}/s", size(rate as u64)));
    if of > bytes {
        text.push_str(&format!(", {:.0} s left", (of - bytes) as f64 / rate));
    }
    text
}

fn size(bytes: u64) -> String {
    indicatif::DecimalBytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_of_the_live_line_is_valid() {
        ProgressStyle::with_template(LIVE_LINE).unwrap();
    }

    #[test]
    fn a_finished_step_is_one_line() {
        let event = Event::StepFinished {
            step: 7,
            title: "apply every tier".to_owned(),
            outcome: StepOutcome::Passed,
            detail: "6 tiers".to_owned(),
            duration_ms: 812,
        };
        let text = line(&event).unwrap();
        let text = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(text, "ok       7  apply every tier: 6 tiers (0.812 s)");
    }
}
