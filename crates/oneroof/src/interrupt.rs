//! Ctrl-C, SIGTERM and a closed terminal (SIGHUP): the first one ends the verb and cleans up.
//! Further ones are answered with a line, so that an impatient person leaves nothing behind either.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::ui::printer::Printer;

/// Hears signals from its making on; dropping it does not give them back to the system.
pub(crate) struct Interrupt {
    count: watch::Receiver<u32>,
}

impl Interrupt {
    /// Begins to listen. Must be called inside the runtime.
    pub(crate) fn listen(printer: &Printer) -> io::Result<Interrupt> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let printer = printer.clone();
        let (sender, count) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = hangup.recv() => {}
                }
                let before = *sender.borrow();
                printer.say(if before == 0 {
                    "interrupted, cleaning up"
                } else {
                    "still cleaning up"
                });
                sender.send_replace(before + 1);
            }
        });
        Ok(Interrupt { count })
    }

    /// Ends with the first signal.
    pub(crate) async fn first(&mut self) {
        if self.count.wait_for(|count| *count > 0).await.is_err() {
            // The listening task never ends while the runtime lives.
            std::future::pending::<()>().await;
        }
    }
}
