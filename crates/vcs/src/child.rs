//! Programs of others as children: told nothing, bounded in everything, and gone when we are.
//!
//! `git` and its kind parse what strangers send, run helpers, and read settings of whoever started them. So a
//! child gets an environment of its own (no settings of this user, no prompts, no agents but those that are
//! named), a process group that is killed whole at the deadline or when nobody waits any more, and bounds on
//! what it prints, on the files that it writes and on its memory. The bounds are the kernel's: a shell sets them
//! (`ulimit`, POSIX) and starts the program, which needs no unsafe code here.
//!
//! This process may be killed without a chance to clean up (SIGKILL, out of memory). So the shell also watches a
//! pipe that is held open here: when it closes, the whole process group is killed.

use crate::error::VcsError;
use bytes::{Bytes, BytesMut};
use rustix::process::{Pid, Signal, kill_process_group};
use std::{
    ffi::{OsStr, OsString},
    fmt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::{Child, ChildStdin, Command},
    time::timeout,
};

/// What a child may use up.
#[derive(Debug, Clone, Copy)]
pub struct ChildLimits {
    /// From its start to its end.
    pub deadline: Duration,
    /// Bytes of its address space.
    pub memory: u64,
    /// Bytes of the largest file that it writes.
    pub file: u64,
}

/// A program to be run. Its `Debug` shows no environment, which may have secrets.
#[derive(Clone)]
pub(crate) struct ChildCommand {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    directory: Option<PathBuf>,
}

/// How a child ended, and what it said.
#[derive(Debug)]
pub(crate) struct ChildOutput {
    pub(crate) status: ExitStatus,
    pub(crate) output: Bytes,
    /// The beginning of what it said on standard error.
    pub(crate) errors: String,
}

/// A process group that is killed when this is dropped.
struct ProcessGroup {
    leader: Option<Pid>,
    /// Held open for as long as the group may run. The kernel closes it if this process is killed.
    lifeline: Option<ChildStdin>,
}

/// Runs a program in bounds: `$1` of files, `$2` of memory, then the program and its arguments. Standard input is
/// the pipe that is watched; the program has none.
const SCRIPT: &str = r#"exec 3<&0 </dev/null
ulimit -f "$1" && ulimit -v "$2" || exit 126
shift 2
{ read -r nothing <&3; kill -KILL 0; } >/dev/null 2>&1 &
watcher=$!
"$@" 3<&-
status=$?
kill -KILL "$watcher"
wait "$watcher" 2>/dev/null
exit "$status""#;

/// The most that is read of a child's standard error. It says what is wrong at its beginning or its end; a
/// progress bar is switched off.
const ERRORS_LIMIT: u64 = 64 << 10;

/// The units of `ulimit`: 512 bytes for files, 1,024 for memory.
const FILE_UNIT: u64 = 512;
const MEMORY_UNIT: u64 = 1024;

// === impl Default ===

impl Default for ChildLimits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_mins(10),
            memory: 4 << 30,
            file: 4 << 30,
        }
    }
}

// === impl ChildCommand ===

impl ChildCommand {
    /// A program by its name in `PATH`.
    pub(crate) fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            directory: None,
        }
    }

    pub(crate) fn arguments<S: AsRef<OsStr>>(
        mut self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        let arguments = arguments.into_iter();
        self.arguments
            .extend(arguments.map(|argument| argument.as_ref().to_owned()));
        self
    }

    pub(crate) fn environment<S: AsRef<OsStr>, T: AsRef<OsStr>>(
        mut self,
        variables: impl IntoIterator<Item = (S, T)>,
    ) -> Self {
        let variables = variables.into_iter();
        self.environment.extend(
            variables.map(|(name, value)| (name.as_ref().to_owned(), value.as_ref().to_owned())),
        );
        self
    }

    pub(crate) fn directory(mut self, directory: &Path) -> Self {
        self.directory = Some(directory.to_owned());
        self
    }

    /// Runs it to its end and takes what it prints, at most `limit` bytes.
    ///
    /// # Errors
    /// It cannot be started, does not end in time, or prints more.
    pub(crate) async fn run(
        &self,
        limits: &ChildLimits,
        limit: u64,
    ) -> Result<ChildOutput, VcsError> {
        let (mut child, group) = self.start(limits)?;
        let output = child.stdout.take();
        let errors = child.stderr.take();
        let work = async {
            let (output, errors) = tokio::join!(
                read_bounded(output, limit),
                read_bounded(errors, ERRORS_LIMIT)
            );
            let (output, is_whole) = output.map_err(|error| self.failed("reading", &error))?;
            if !is_whole {
                let what = self.program.to_string_lossy();
                return Err(VcsError::TooLarge(format!(
                    "{what} printed more than {limit} bytes"
                )));
            }
            let (errors, _) = errors.map_err(|error| self.failed("reading", &error))?;
            let status = child.wait().await;
            Ok(ChildOutput {
                status: status.map_err(|error| self.failed("waiting for", &error))?,
                output,
                errors: String::from_utf8_lossy(&errors).into_owned(),
            })
        };
        let done = timeout(limits.deadline, work).await;
        drop(group);
        // Killed, if it had not ended; asked how, so that nothing of it is left in the system's list.
        let _ended = child.wait().await;
        done.unwrap_or(Err(VcsError::Timeout(limits.deadline)))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this crate runs version control, which is programs of others"
    )]
    fn start(&self, limits: &ChildLimits) -> Result<(Child, ProcessGroup), VcsError> {
        let (file, memory) = (limits.file / FILE_UNIT, limits.memory / MEMORY_UNIT);
        let mut command = Command::new("sh");
        command
            .args(["-c", SCRIPT, "sh", &file.to_string(), &memory.to_string()])
            .arg(&self.program)
            .args(&self.arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        let mut child = command
            .spawn()
            .map_err(|error| self.failed("starting", &error))?;
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let group = ProcessGroup {
            leader: id.and_then(Pid::from_raw),
            lifeline: child.stdin.take(),
        };
        Ok((child, group))
    }

    fn failed(&self, action: &str, error: &std::io::Error) -> VcsError {
        VcsError::local(
            &format!("{action} {}", self.program.to_string_lossy()),
            error,
        )
    }
}

impl fmt::Debug for ChildCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.program, self.arguments)
    }
}

// === impl ProcessGroup ===

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        // Helpers of a child may outlive it; a group without a member is an error that says so.
        if let Some(group) = self.leader.take() {
            let _nobody_is_left = kill_process_group(group, Signal::KILL);
        }
        drop(self.lifeline.take());
    }
}

/// Reads at most `limit` bytes; whether that was all.
async fn read_bounded(
    pipe: Option<impl AsyncRead + Unpin>,
    limit: u64,
) -> std::io::Result<(Bytes, bool)> {
    let mut bytes = BytesMut::new();
    if let Some(mut pipe) = pipe {
        let mut bounded = (&mut pipe).take(limit);
        while bounded.read_buf(&mut bytes).await? > 0 {}
        if bytes.len() as u64 == limit {
            let is_at_end = pipe.read(&mut [0]).await? == 0;
            return Ok((bytes.freeze(), is_at_end));
        }
    }
    Ok((bytes.freeze(), true))
}

#[cfg(test)]
mod tests {
    use super::{ChildCommand, ChildLimits};
    use crate::error::VcsError;
    use std::time::Duration;
    use tokio::io::AsyncReadExt as _;

    fn shell(script: &str) -> ChildCommand {
        ChildCommand::new("sh")
            .arguments(["-c", script])
            .environment([("PATH", "/usr/bin:/bin")])
    }

    fn limits() -> ChildLimits {
        ChildLimits::default()
    }

    #[tokio::test]
    async fn output_status_and_errors_are_told_apart_and_nothing_is_inherited() {
        let command = shell("echo out; echo err >&2; env; exit 3");
        let ran = command.run(&limits(), 4096).await.unwrap();
        assert_eq!(ran.status.code(), Some(3));
        assert_eq!(ran.errors, "err\n");
        let output = String::from_utf8(ran.output.to_vec()).unwrap();
        assert!(output.starts_with("out\n"), "{output}");
        assert!(!output.contains("CARGO"), "{output}");
        assert!(!output.contains("HOME"), "{output}");
    }

    #[tokio::test]
    async fn what_prints_too_much_is_stopped() {
        let ran = shell("while :; do echo more; done")
            .run(&limits(), 1000)
            .await;
        assert!(matches!(ran, Err(VcsError::TooLarge(_))), "{ran:?}");
        let ran = shell("printf 1234").run(&limits(), 4).await.unwrap();
        assert_eq!(ran.output, "1234");
    }

    #[tokio::test]
    async fn what_never_ends_is_killed_with_all_that_it_started() {
        let directory = tempfile::tempdir().unwrap();
        let pids = directory.path().join("pids");
        let script = format!(
            "sh -c 'echo $$ >> {0}; exec sleep 1000' & echo $! >> {0}; sleep 1000",
            pids.display()
        );
        let short = ChildLimits {
            deadline: Duration::from_millis(300),
            ..limits()
        };
        let ran = shell(&script).run(&short, 1000).await;
        assert!(matches!(ran, Err(VcsError::Timeout(_))), "{ran:?}");
        let pids = std::fs::read_to_string(&pids).unwrap();
        assert_eq!(pids.lines().count(), 2);
        are_over(&pids).await;
    }

    /// Waits until none of these runs any more. One that is listed still may wait for somebody to ask how.
    async fn are_over(pids: &str) {
        let runs = |pid: &str| {
            let state = std::fs::read_to_string(format!("/proc/{pid}/stat"));
            state.is_ok_and(|stat| !stat.contains(") Z"))
        };
        let is_over = async {
            while pids.lines().any(runs) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), is_over)
            .await
            .expect("they run on");
    }

    #[tokio::test]
    async fn when_the_pipe_to_this_process_closes_all_that_was_started_ends() {
        let directory = tempfile::tempdir().unwrap();
        let pids = directory.path().join("pids");
        let script = format!(
            "sh -c 'echo $$ > {0}; exec sleep 1000' & echo $$ >> {0}.own; echo started; sleep 1000",
            pids.display()
        );
        let (mut child, mut group) = shell(&script).start(&limits()).unwrap();
        let mut started = [0; 8];
        child
            .stdout
            .take()
            .unwrap()
            .read_exact(&mut started)
            .await
            .unwrap();
        // As the kernel does it when this process is killed.
        group.lifeline = None;
        group.leader = None;
        assert!(!child.wait().await.unwrap().success());
        let mut listed = std::fs::read_to_string(&pids).unwrap_or_default();
        listed += &std::fs::read_to_string(directory.path().join("pids.own")).unwrap();
        are_over(&listed).await;
    }

    #[tokio::test]
    async fn a_program_has_no_input_and_says_how_it_ended_by_a_signal() {
        let ran = shell("cat; kill -TERM $$").run(&limits(), 100).await;
        assert_eq!(ran.unwrap().status.code(), Some(128 + 15));
    }

    #[tokio::test]
    async fn no_file_grows_beyond_its_bound() {
        let directory = tempfile::tempdir().unwrap();
        let small = ChildLimits {
            file: 64 << 10,
            ..limits()
        };
        let script = format!(
            "dd if=/dev/zero of={} bs=1024 count=1000",
            directory.path().join("file").display()
        );
        let ran = shell(&script).run(&small, 1000).await.unwrap();
        assert!(!ran.status.success());
        let size = std::fs::metadata(directory.path().join("file"))
            .unwrap()
            .len();
        assert!(size <= 64 << 10, "{size}");
    }
}
