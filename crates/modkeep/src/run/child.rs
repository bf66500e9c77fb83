//! The command: started, given our signals, waited for.

use crate::failure::Failure;
use codes::Code;
use std::process::{ExitCode, ExitStatus};
use tokio::process::{Child, Command};

/// A shell's convention for a command that ended by a signal: 128 and the signal's number.
#[cfg(unix)]
const SIGNALLED: i32 = 128;

/// Runs `command` with `GOPROXY` set and gives its exit code.
#[expect(
    clippy::disallowed_methods,
    reason = "starting a command is what this is for"
)]
pub(super) async fn run(command: &[String], goproxy: &str) -> Result<ExitCode, Failure> {
    let [program, arguments @ ..] = command else {
        return Err(Failure::new(Code::CommandFailed, "no command was given"));
    };
    let mut child = Command::new(program)
        .args(arguments)
        .env("GOPROXY", goproxy)
        .spawn()
        .map_err(|error| Failure::new(Code::CommandFailed, format!("{program}: {error}")))?;
    let status = wait(&mut child)
        .await
        .map_err(|error| Failure::new(Code::CommandFailed, format!("{program}: {error}")))?;
    Ok(exit_code(status))
}

/// Waits, and hands on the signals that are sent to us only. What a terminal sends (Ctrl-C), the
/// command gets from the terminal as well; we just have to outlive it.
#[cfg(unix)]
async fn wait(child: &mut Child) -> std::io::Result<ExitStatus> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    loop {
        tokio::select! {
            status = child.wait() => return status,
            _ = terminate.recv() => forward(child),
            _ = interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
async fn wait(child: &mut Child) -> std::io::Result<ExitStatus> {
    child.wait().await
}

#[cfg(unix)]
fn forward(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    if let Some(pid) = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw)
    {
        // It may have ended in this moment, which is what the signal wanted.
        let _gone = kill_process(pid, Signal::TERM);
    }
}

#[cfg(unix)]
fn exit_code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| SIGNALLED + signal))
        .unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

#[cfg(not(unix))]
fn exit_code(status: ExitStatus) -> ExitCode {
    ExitCode::from(
        status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(1),
    )
}
