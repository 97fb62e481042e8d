//! [`Printer`]: the only writer of stdout and stderr.
//!
//! A closed pipe (`| head`) is the end of printing, never a crash: the verb's exit code stays.

use std::io::{self, IsTerminal as _, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anstream::{AutoStream, ColorChoice};
use anyhow::Context as _;
use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;

use crate::exit::Exit;
use crate::ui::error::ErrorReport;

/// How much is said, and in which form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PrinterOptions {
    /// Data as JSON.
    pub(crate) json: bool,
    /// No talk but errors.
    pub(crate) quiet: bool,
    /// Colours; `Auto` obeys NO_COLOR and asks whether there is a terminal.
    pub(crate) color: ColorChoice,
}

/// Prints; cheap to copy.
#[derive(Clone)]
pub(crate) struct Printer {
    inner: Arc<Inner>,
}

struct Inner {
    options: PrinterOptions,
    /// Keeps our lines and the progress line from overwriting each other.
    bars: MultiProgress,
    started: Instant,
    stdout_closed: AtomicBool,
}

impl Printer {
    pub(crate) fn new(options: PrinterOptions) -> Printer {
        let bars = if options.quiet || !io::stderr().is_terminal() {
            MultiProgress::with_draw_target(ProgressDrawTarget::hidden())
        } else {
            MultiProgress::new()
        };
        Printer {
            inner: Arc::new(Inner {
                options,
                bars,
                started: Instant::now(),
                stdout_closed: AtomicBool::new(false),
            }),
        }
    }

    /// Is data wanted as JSON?
    pub(crate) fn is_json(&self) -> bool {
        self.inner.options.json
    }

    /// Is talk unwanted?
    pub(crate) fn is_quiet(&self) -> bool {
        self.inner.options.quiet
    }

    /// Is stderr a terminal that a progress line may be drawn on?
    pub(crate) fn is_lively(&self) -> bool {
        !self.inner.bars.is_hidden()
    }

    /// Where progress lines are drawn.
    pub(crate) fn bars(&self) -> &MultiProgress {
        &self.inner.bars
    }

    /// When we began.
    pub(crate) fn started(&self) -> Instant {
        self.inner.started
    }

    /// Prints a report: as JSON when that is wanted, else as the text that `text` makes.
    pub(crate) fn report<T: Serialize>(
        &self,
        report: &T,
        text: impl FnOnce(&T) -> String,
    ) -> anyhow::Result<()> {
        if self.is_json() {
            self.json(report)
        } else {
            self.data(&text(report))
        }
    }

    /// Prints a report, and why its exit code is not 0. As JSON, `error` is a member of the report.
    pub(crate) fn report_with_error<T: Serialize>(
        &self,
        report: &T,
        error: Option<ErrorReport>,
        text: impl FnOnce(&T) -> String,
    ) -> anyhow::Result<Exit> {
        let Some(error) = error else {
            self.report(report, text)?;
            return Ok(Exit::Ok);
        };
        if self.is_json() {
            let mut value = serde_json::to_value(report)?;
            value["error"] = serde_json::to_value(&error)?;
            self.json(&value)?;
        } else {
            self.data(&text(report))?;
        }
        Ok(error.say(self))
    }

    /// One JSON document on stdout.
    pub(crate) fn json(&self, value: &impl Serialize) -> anyhow::Result<()> {
        self.data(&serde_json::to_string_pretty(value)?)
    }

    /// Text on stdout; a missing last line end is added.
    pub(crate) fn data(&self, text: &str) -> anyhow::Result<()> {
        let line_end = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        self.bytes(format!("{text}{line_end}").as_bytes())
    }

    /// Bytes on stdout.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> anyhow::Result<()> {
        if self.inner.stdout_closed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let written = self.inner.bars.suspend(|| {
            let mut stream = AutoStream::new(io::stdout().lock(), self.inner.options.color);
            stream.write_all(bytes).and_then(|()| stream.flush())
        });
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.inner.stdout_closed.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => Err(anyhow::Error::new(error).context("write to stdout")),
            Ok(()) => Ok(()),
        }
    }

    /// Asks on the terminal and reads one line; `None` where nobody is there to answer.
    pub(crate) fn ask(&self, question: &str) -> anyhow::Result<Option<String>> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() || self.is_json() {
            return Ok(None);
        }
        self.inner.bars.suspend(|| {
            let mut stream = AutoStream::new(io::stderr().lock(), self.inner.options.color);
            let _ = write!(stream, "{question}").and_then(|()| stream.flush());
        });
        let mut answer = String::new();
        let read = io::stdin()
            .read_line(&mut answer)
            .context("read the answer")?;
        Ok((read > 0).then_some(answer))
    }

    /// A line of talk on stderr.
    pub(crate) fn talk(&self, text: &str) {
        if !self.is_quiet() {
            self.say(text);
        }
    }

    /// A line on stderr that `--quiet` does not silence.
    pub(crate) fn say(&self, text: &str) {
        self.inner.bars.suspend(|| {
            let mut stream = AutoStream::new(io::stderr().lock(), self.inner.options.color);
            // Nobody is left to be told that stderr is closed.
            let _ =
                writeln!(stream, "{}", text.trim_end_matches('\n')).and_then(|()| stream.flush());
        });
    }
}
