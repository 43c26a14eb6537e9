//! Prints lines on a thread of its own: a terminal that is stopped (Ctrl-S) stops no commit.
//!
//! When the queue is full, lines are left out, never events; how many is said when it moves again.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tracing::warn;

/// Some seconds of a busy city.
const LINES: usize = 4096;

#[derive(Clone, Debug)]
pub(super) struct Printer {
    lines: mpsc::Sender<String>,
    n_left_out: Arc<AtomicU64>,
}

impl Printer {
    /// Starts the thread; it ends when the last handle is dropped, or when nobody reads `out`.
    pub(super) fn start(out: impl Write + Send + 'static) -> io::Result<Self> {
        let (lines, queue) = mpsc::channel(LINES);
        let n_left_out = Arc::new(AtomicU64::new(0));
        let left_out = Arc::clone(&n_left_out);
        let name = "printer".to_owned();
        std::thread::Builder::new().name(name).spawn(move || print(out, queue, &left_out))?;
        Ok(Self { lines, n_left_out })
    }

    pub(super) fn print(&self, line: String) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.lines.try_send(line) {
            self.n_left_out.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn print(mut out: impl Write, mut queue: mpsc::Receiver<String>, n_left_out: &AtomicU64) {
    while let Some(line) = queue.blocking_recv() {
        let n = n_left_out.swap(0, Ordering::Relaxed);
        if n > 0 {
            warn!(n, "the output is slower than the events: lines were left out, events were not");
        }
        if let Err(err) = writeln!(out, "{line}").and_then(|()| out.flush()) {
            warn!(error = %err, "nobody reads the output any more: events are still stored");
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc as std_mpsc;

    use super::*;

    /// Writes only when it is allowed to.
    struct Stopped(std_mpsc::Receiver<()>, std_mpsc::Sender<Vec<u8>>);

    impl Write for Stopped {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.recv().map_err(io::Error::other)?;
            self.1.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stopped_terminal_costs_lines_and_no_time() {
        let (go, stopped) = std_mpsc::channel();
        let (written_tx, written) = std_mpsc::channel();
        let printer = Printer::start(Stopped(stopped, written_tx)).unwrap();
        for n in 0..2 * LINES {
            printer.print(n.to_string());
        }
        assert!(printer.n_left_out.load(Ordering::Relaxed) > 0);
        go.send(()).unwrap();
        assert_eq!(written.recv().unwrap(), b"0");
    }
}
