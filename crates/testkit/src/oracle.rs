//! The oracle's Rust end: where Go defines the truth, Go is asked.
//!
//! `/oracle` is a small Go program on golang.org/x/mod that answers questions, one JSON line each.
//! [`Oracle`] builds it, keeps it running and pipelines questions to it; [`Oracle::compare`] puts
//! the same inputs to Go and to our own function and fails on the first differences, printed in
//! full. Inputs come from [`Seed`], so that a difference found anywhere can be repeated everywhere.
//!
//! What counts as equal: both refuse, or both accept with the same values. The words of a refusal
//! are ours. A question that the Go side does not know is an error of the test, never a refusal.

mod build;
mod seed;

pub use build::Unavailable;
pub use seed::Seed;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The values of one answer, or the words of the refusal.
pub type Answer = Result<Vec<Vec<u8>>, String>;

/// How many differences are printed before the test gives up: enough to see the pattern, few
/// enough to read.
const SHOWN_DIFFERENCES: usize = 10;

/// A running oracle.
#[derive(Debug)]
pub struct Oracle {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// Ends the program if the test fails while it is being asked: the thread that writes questions
/// would otherwise wait for ever for a program that waits for its answers to be read.
struct EndOnPanic<'a>(&'a mut Child);

#[derive(Serialize)]
struct Request<'a> {
    area: &'a str,
    args: Vec<String>,
}

#[derive(Deserialize)]
struct Reply {
    ok: Option<Vec<String>>,
    err: Option<String>,
}

// === impl Oracle ===

impl Oracle {
    /// Builds the Go program unless this very state of it is built already, and starts it.
    ///
    /// # Panics
    ///
    /// When Go is missing or the program does not build: a test that calls this wants the oracle.
    /// [`Oracle::start_or_skip`] is for tests that may run where Go is not installed.
    #[expect(clippy::panic, reason = "a test's way to fail")]
    pub fn start() -> Self {
        Self::try_start().unwrap_or_else(|error| panic!("no oracle: {error}"))
    }

    /// As [`Oracle::start`], but where Go is missing says so and answers `None`; under `CI=true` a
    /// missing Go is a failure.
    ///
    /// # Panics
    ///
    /// When Go is missing under `CI=true`, and always when the program does not build.
    #[expect(
        clippy::panic,
        clippy::print_stdout,
        reason = "a test's way to fail and to speak"
    )]
    pub fn start_or_skip() -> Option<Self> {
        match Self::try_start() {
            Ok(oracle) => Some(oracle),
            Err(Unavailable::NoGo(reason)) if !crate::skip::is_forbidden() => {
                println!("skipped: no oracle: {reason}");
                None
            }
            Err(error) => panic!("no oracle: {error}"),
        }
    }

    fn try_start() -> Result<Self, Unavailable> {
        let program = build::program()?;
        let mut child = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| Unavailable::Broken(format!("{}: {error}", program.display())))?;
        let requests = child.stdin.take();
        let answers = child.stdout.take();
        let answers = answers.ok_or_else(|| Unavailable::Broken("no pipe".to_owned()))?;
        Ok(Self {
            child,
            requests,
            answers: BufReader::new(answers),
        })
    }

    /// Asks one question a list of arguments; the answers are in the order of `inputs`.
    ///
    /// Requests are written by a thread of their own while answers are read, so neither pipe can
    /// fill up and stop both sides.
    ///
    /// # Panics
    ///
    /// When the oracle breaks off, or does not know the area.
    pub fn ask(&mut self, area: &str, inputs: &[Vec<Vec<u8>>]) -> Vec<Answer> {
        let Self {
            child,
            requests,
            answers,
        } = self;
        let requests = requests.as_mut().expect("taken only when dropped");
        std::thread::scope(|scope| {
            let _guard = EndOnPanic(child);
            let writer = scope.spawn(move || send(requests, area, inputs));
            let received = inputs.iter().map(|_| receive(answers)).collect();
            let sent = writer.join().expect("the writer does not panic");
            sent.expect("the oracle reads to the end");
            received
        })
    }

    /// Puts the same inputs to Go and to `ours` and fails on any difference, see [`compare`].
    ///
    /// # Panics
    ///
    /// On a difference, after printing the first of them with the input and both answers.
    pub fn compare(
        &mut self,
        area: &str,
        inputs: &[Vec<Vec<u8>>],
        ours: impl Fn(&[Vec<u8>]) -> Answer,
    ) {
        let theirs = self.ask(area, inputs);
        compare(area, inputs, &theirs, ours);
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // Closing its input ends the program; waiting leaves no zombie.
        drop(self.requests.take());
        let _ = self.child.wait();
    }
}

// === impl EndOnPanic ===

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ended_already = self.0.kill();
        }
    }
}

/// Compares answers of Go, however they were obtained, with ours, prints the counts, and fails on
/// any difference.
///
/// # Panics
///
/// On a difference, after printing the first of them with the input and both answers.
#[expect(clippy::print_stdout, reason = "the count is the test's result")]
pub fn compare(
    area: &str,
    inputs: &[Vec<Vec<u8>>],
    answers: &[Answer],
    ours: impl Fn(&[Vec<u8>]) -> Answer,
) {
    assert_eq!(inputs.len(), answers.len(), "one answer an input");
    let mut different = 0_usize;
    for (input, theirs) in inputs.iter().zip(answers) {
        let mine = ours(input);
        if same(theirs, &mine) {
            continue;
        }
        different += 1;
        if different <= SHOWN_DIFFERENCES {
            let (input, theirs, mine) = (show(input), outcome(theirs), outcome(&mine));
            println!("{area}\n  input {input}\n  go    {theirs}\n  ours  {mine}");
        }
    }
    let (count, accepted) = (
        inputs.len(),
        answers.iter().filter(|answer| answer.is_ok()).count(),
    );
    println!("oracle {area}: {count} inputs ({accepted} accepted by go), {different} differences");
    assert_eq!(different, 0, "oracle {area}: {different} of {count} differ");
}

fn send(pipe: &mut ChildStdin, area: &str, inputs: &[Vec<Vec<u8>>]) -> std::io::Result<()> {
    let mut pipe = BufWriter::with_capacity(1 << 16, pipe);
    for input in inputs {
        let args = input.iter().map(|arg| STANDARD.encode(arg)).collect();
        serde_json::to_writer(&mut pipe, &Request { area, args })?;
        pipe.write_all(b"\n")?;
    }
    pipe.flush()
}

fn receive(pipe: &mut BufReader<ChildStdout>) -> Answer {
    let mut line = String::new();
    let length = pipe.read_line(&mut line).expect("the oracle answers");
    assert!(length > 0, "the oracle ended before its last answer");
    let reply: Reply = serde_json::from_str(&line).expect("the oracle answers JSON");
    if let Some(text) = reply.err {
        assert!(!text.starts_with("oracle: "), "{text}");
        return Err(text);
    }
    let values = reply.ok.expect("an answer is ok or err");
    Ok(values
        .iter()
        .map(|value| STANDARD.decode(value).expect("the oracle's base64"))
        .collect())
}

fn same(theirs: &Answer, ours: &Answer) -> bool {
    match (theirs, ours) {
        (Ok(theirs), Ok(ours)) => theirs == ours,
        (Err(_), Err(_)) => true,
        _ => false,
    }
}

fn show(values: &[Vec<u8>]) -> String {
    let shown: Vec<String> = values
        .iter()
        .map(|value| format!("\"{}\"", value.escape_ascii()))
        .collect();
    format!("[{}]", shown.join(", "))
}

fn outcome(answer: &Answer) -> String {
    match answer {
        Ok(values) => show(values),
        Err(text) => format!("refused: {text}"),
    }
}
