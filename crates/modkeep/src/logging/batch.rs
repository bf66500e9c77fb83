//! The batch: lines of the log on their way to standard error, many to a write.
//!
//! One line a request means one system call a request, and on a warm answer from memory that is a
//! tenth of all work; and whoever reads standard error slowly (a journal, a pipe) would hold up
//! the thread that answers. So lines are put into one buffer, and a thread of its own writes what
//! has gathered. Order is kept. A line is on its way within [`LINGER`], a warning at once.
//!
//! What is refused: unbounded memory. When nobody takes the lines, further ones are counted
//! instead of kept, and the count is the first thing said once there is room again. Nothing is
//! lost at an orderly end: [`BatchFlush`] waits for the buffer to run dry. A `kill -9` loses at most
//! what came within [`LINGER`].

use parking_lot::{Condvar, Mutex};
use std::{
    fmt::Write as _,
    io::{self, Write},
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line may wait for others: too short for a person to notice, long enough to gather
/// hundreds of lines under load.
const LINGER: Duration = Duration::from_millis(20);

/// A buffer that is written without waiting for more.
const FULL: usize = 64 * 1024;

/// Lines waiting beyond this are dropped: a few seconds of the highest rate.
const LIMIT: usize = 8 * 1024 * 1024;

/// Where lines gather. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogBatch {
    shared: Arc<BatchState>,
}

#[derive(Debug, Default)]
struct BatchState {
    lines: Mutex<BatchLines>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct BatchLines {
    waiting: Vec<u8>,
    /// Lines dropped since the last write.
    dropped: u64,
    /// Whether what waits must not wait for more.
    urgent: bool,
    closed: bool,
}

/// Takes one event's line.
#[derive(Debug)]
pub(crate) struct BatchLine<'b> {
    batch: &'b LogBatch,
    urgent: bool,
}

/// Waits for the last lines when dropped.
#[derive(Debug)]
pub(crate) struct BatchFlush {
    batch: LogBatch,
    thread: Option<JoinHandle<()>>,
}

// === impl LogBatch ===

impl LogBatch {
    /// Starts the thread that writes to `out`.
    pub(crate) fn start(out: impl Write + Send + 'static) -> io::Result<(Self, BatchFlush)> {
        let batch = Self::default();
        let writing = batch.clone();
        let thread = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || writing.write_all(out))?;
        let flush = BatchFlush {
            batch: batch.clone(),
            thread: Some(thread),
        };
        Ok((batch, flush))
    }

    fn add(&self, line: &[u8], urgent: bool) {
        let mut lines = self.shared.lines.lock();
        let before = lines.waiting.len();
        if lines.closed || before + line.len() > LIMIT {
            lines.dropped += 1;
            return;
        }
        lines.waiting.extend_from_slice(line);
        lines.urgent |= urgent;
        let full = before < FULL && lines.waiting.len() >= FULL;
        drop(lines);
        if before == 0 || urgent || full {
            self.shared.changed.notify_one();
        }
    }

    /// Writes until closed and empty. A writer that fails loses its lines: there is nowhere left
    /// to say so.
    fn write_all(&self, mut out: impl Write) {
        let mut writing = Vec::new();
        while let Some(dropped) = self.take(&mut writing) {
            let _ = out.write_all(&writing);
            writing.clear();
            writing.shrink_to(FULL);
            if dropped > 0 {
                let mut note = String::new();
                let _ = writeln!(
                    note,
                    "modkeep: {dropped} lines of the log were dropped: nobody took them"
                );
                let _ = out.write_all(note.as_bytes());
            }
            let _ = out.flush();
        }
    }

    /// Waits for lines and swaps them into `writing`, which is empty. `None` is the end.
    fn take(&self, writing: &mut Vec<u8>) -> Option<u64> {
        let mut lines = self.shared.lines.lock();
        while lines.waiting.is_empty() && !lines.closed {
            self.shared.changed.wait(&mut lines);
        }
        while !(lines.urgent || lines.closed || lines.waiting.len() >= FULL) {
            if self.shared.changed.wait_for(&mut lines, LINGER).timed_out() {
                break;
            }
        }
        if lines.waiting.is_empty() && lines.closed {
            return None;
        }
        lines.urgent = false;
        std::mem::swap(&mut lines.waiting, writing);
        Some(std::mem::take(&mut lines.dropped))
    }
}

impl<'b> MakeWriter<'b> for LogBatch {
    type Writer = BatchLine<'b>;

    fn make_writer(&'b self) -> Self::Writer {
        BatchLine {
            batch: self,
            urgent: true,
        }
    }

    fn make_writer_for(&'b self, meta: &Metadata<'_>) -> Self::Writer {
        BatchLine {
            batch: self,
            urgent: *meta.level() <= Level::WARN,
        }
    }
}

// === impl BatchLine ===

impl Write for BatchLine<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.batch.add(bytes, self.urgent);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// === impl BatchFlush ===

impl Drop for BatchFlush {
    fn drop(&mut self) {
        self.batch.shared.lines.lock().closed = true;
        self.batch.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It panics only if the writer does; then there is nothing left to wait for.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, LogBatch};
    use parking_lot::Mutex;
    use std::{
        io::{self, Write},
        sync::{Arc, mpsc},
    };

    /// A writer that takes its first bytes only when told to.
    struct Slow {
        written: Arc<Mutex<Vec<u8>>>,
        go: Option<mpsc::Receiver<()>>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(go) = self.go.take() {
                let _ = go.recv();
            }
            self.written.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_written_in_order_by_an_orderly_end() {
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let out = Slow {
            written: Arc::clone(&written),
            go: None,
        };
        let (batch, flush) = LogBatch::start(out).unwrap();
        let mut wanted = String::new();
        for number in 0..5_000 {
            let line = format!("line {number}\n");
            batch.add(line.as_bytes(), number % 1_000 == 0);
            wanted += &line;
        }
        drop(flush);
        assert_eq!(String::from_utf8_lossy(&written.lock()), wanted);
    }

    #[test]
    fn lines_that_nobody_takes_are_counted_and_not_kept() {
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let (go, wait) = mpsc::channel();
        let out = Slow {
            written: Arc::clone(&written),
            go: Some(wait),
        };
        let (batch, flush) = LogBatch::start(out).unwrap();
        let line = [[b'x'; 1023].as_slice(), b"\n"].concat();
        let added = 3 * LIMIT / line.len();
        for _ in 0..added {
            batch.add(&line, true);
        }
        go.send(()).unwrap();
        drop(flush);
        let written = written.lock();
        assert!(written.len() < 2 * LIMIT + 1024, "{} bytes", written.len());
        // Each line was written or counted, whenever the writer got its turns.
        let text = String::from_utf8_lossy(&written);
        let (mut whole, mut dropped) = (0, 0);
        for line in text.lines() {
            match line.strip_prefix("modkeep: ") {
                Some(note) => dropped += note.split(' ').next().unwrap().parse::<usize>().unwrap(),
                None => whole += 1,
            }
        }
        assert!(dropped > 0);
        assert_eq!(whole + dropped, added);
    }
}
