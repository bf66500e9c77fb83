//! Child processes with a wall-clock limit, killed together with their own children.
//!
//! A hang is a finding, not a reason to hang the test run: whatever is started here dies when
//! its time is up, and the test sees that it did.

use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// What a child did.
#[derive(Debug, Clone)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
    /// Whether it was killed because its time was up.
    pub timed_out: bool,
}

// === impl Output ===

impl Output {
    /// Whether it ended by itself with status 0.
    pub fn ok(&self) -> bool {
        self.status.success() && !self.timed_out
    }

    /// Panics with everything printed unless it succeeded.
    #[track_caller]
    pub fn assert_ok(&self) -> &Self {
        assert!(self.ok(), "expected success\n{self}");
        self
    }

    /// Panics unless it ended by itself, with a failure whose output holds `message`.
    #[track_caller]
    pub fn assert_fails_with(&self, message: &str) -> &Self {
        assert!(
            !self.timed_out && !self.status.success(),
            "expected a failure\n{self}"
        );
        let shown = self.stderr.contains(message) || self.stdout.contains(message);
        assert!(shown, "expected the message {message:?}\n{self}");
        self
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            formatter,
            "status: {} (timed out: {})",
            self.status, self.timed_out
        )?;
        writeln!(formatter, "--- stdout\n{}", self.stdout)?;
        write!(formatter, "--- stderr\n{}", self.stderr)
    }
}

/// Runs a command to its end, or kills it and its children after `limit`.
pub fn run(command: &mut Command, limit: Duration) -> Output {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let (done, ended) = mpsc::channel();
    let stdout = collect(child.stdout.take().unwrap(), done.clone());
    let stderr = collect(child.stderr.take().unwrap(), done);
    let timed_out = !both_closed(&ended, limit);
    if timed_out {
        signal(&format!("-{}", child.id()), "KILL");
    }
    let status = child.wait().unwrap();
    Output {
        status,
        stdout: stdout.join().unwrap(),
        stderr: stderr.join().unwrap(),
        timed_out,
    }
}

fn both_closed(ended: &mpsc::Receiver<()>, limit: Duration) -> bool {
    ended.recv_timeout(limit).is_ok() && ended.recv_timeout(limit).is_ok()
}

fn collect(
    mut from: impl Read + Send + 'static,
    done: mpsc::Sender<()>,
) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _killed = from.read_to_end(&mut bytes);
        let _gave_up = done.send(());
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Sends a signal by name. The target is a process, or a group as `-PID`; only ever one that
/// the caller started.
pub fn signal(target: &str, name: &str) {
    let _gone_already = Command::new("kill")
        .args([&format!("-{name}"), "--", target])
        .stderr(Stdio::null())
        .status();
}

/// Waits for a child to end; `None` if it does not within `limit`.
pub fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    /// How often to look: a child's end has no event that the standard library can wait for
    /// with a limit.
    const LOOK: Duration = Duration::from_millis(5);
    let mut left = limit;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        left = left.checked_sub(LOOK)?;
        thread::sleep(LOOK);
    }
}

/// The signal that ended a process, if one did.
pub fn ended_by_signal(status: ExitStatus) -> Option<i32> {
    status.signal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_hangs_is_killed_with_its_own_children() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo started; sleep 1000"]);
        let output = run(&mut command, Duration::from_millis(300));
        assert!(output.timed_out);
        assert_eq!(output.stdout, "started\n");
        assert_eq!(ended_by_signal(output.status), Some(9));
    }

    #[test]
    fn a_child_that_ends_is_reported_as_it_was() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2; exit 3"]);
        let output = run(&mut command, PATIENCE);
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(
            (output.stdout.as_str(), output.stderr.as_str()),
            ("out\n", "err\n")
        );
        output.assert_fails_with("err");
    }

    const PATIENCE: Duration = Duration::from_mins(1);
}
