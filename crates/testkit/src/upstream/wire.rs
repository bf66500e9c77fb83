//! The sockets of the fake upstream: reads requests, plays scripts.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc as std_mpsc};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use super::ledger::{Asked, Kind, Ledger, Outcome};
use super::limiter::Limiter;
use super::plan::Plan;
use super::script::{Step, script};
use crate::fixture::Corpus;
use crate::port::Port;

/// The longest request head it reads; a client that sends more is not a Go client.
const MAX_HEAD: usize = 64 * 1024;

/// What the test's thread and the server's share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) corpus: Mutex<Corpus>,
    pub(super) plan: Mutex<Plan>,
    pub(super) ledger: Ledger,
    pub(super) limiter: Mutex<Option<Limiter>>,
    pub(super) latency_millis: AtomicU64,
}

/// An order from the test's thread; the sender is told when it is carried out.
#[derive(Debug)]
pub(super) enum Command {
    Accept(std_mpsc::Sender<()>),
    Refuse(std_mpsc::Sender<()>),
    Stop,
}

/// Serves until told to stop.
pub(super) fn run(port: &Port, shared: Arc<Shared>, orders: mpsc::UnboundedReceiver<Command>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(serve(port, shared, orders));
}

async fn serve(port: &Port, shared: Arc<Shared>, mut orders: mpsc::UnboundedReceiver<Command>) {
    let mut listener = None;
    let hang_up = watch::Sender::new(());
    loop {
        tokio::select! {
            biased;
            order = orders.recv() => match order {
                Some(Command::Accept(done)) => {
                    listener.get_or_insert_with(|| port.listen());
                    let _tester_gone = done.send(());
                }
                Some(Command::Refuse(done)) => {
                    listener = None;
                    hang_up.send_replace(());
                    let _tester_gone = done.send(());
                }
                Some(Command::Stop) | None => return,
            },
            stream = accept(listener.as_ref()) => {
                tokio::spawn(connection(stream, Arc::clone(&shared), hang_up.subscribe()));
            }
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> TcpStream {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            return stream;
        }
    }
}

/// One connection, from its first request until somebody closes it.
async fn connection(mut stream: TcpStream, shared: Arc<Shared>, mut hang_up: watch::Receiver<()>) {
    let _only_slower = stream.set_nodelay(true);
    tokio::select! {
        _ended = requests(&mut stream, &shared) => {}
        _ordered = hang_up.changed() => reset(&stream),
    }
}

fn reset(stream: &TcpStream) {
    let _closed_already = stream.set_zero_linger();
}

async fn requests(stream: &mut TcpStream, shared: &Shared) -> io::Result<()> {
    let mut input = Vec::new();
    while let Some(asked) = read_request(stream, &mut input).await? {
        if !answer(stream, &mut input, shared, asked).await {
            break;
        }
    }
    Ok(())
}

/// The next request; `None` when the client has closed or sent no HTTP.
async fn read_request(stream: &mut TcpStream, input: &mut Vec<u8>) -> io::Result<Option<Asked>> {
    loop {
        if let Some(end) = find(input, b"\r\n\r\n") {
            let head: Vec<u8> = input.drain(..end + 4).collect();
            return Ok(parse_head(&String::from_utf8_lossy(&head)));
        }
        if input.len() > MAX_HEAD || stream.read_buf(input).await? == 0 {
            return Ok(None);
        }
    }
}

fn find(input: &[u8], what: &[u8]) -> Option<usize> {
    input.windows(what.len()).position(|window| window == what)
}

fn parse_head(head: &str) -> Option<Asked> {
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let method = words.next()?.to_owned();
    let target = words.next()?.to_owned();
    let path = target.split('?').next().unwrap_or_default();
    let path = percent_decode(path.trim_start_matches('/'));
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Some(Asked {
        method,
        kind: Kind::of(&path),
        path,
        target,
        headers,
        outcome: Outcome::Underway,
    })
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let digits = text.get(index + 1..index + 3);
        let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[index], value) {
            (b'%', Some(value)) => {
                decoded.push(value);
                index += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                index += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Answers one request; whether the connection may be used again.
async fn answer(
    stream: &mut TcpStream,
    input: &mut Vec<u8>,
    shared: &Shared,
    asked: Asked,
) -> bool {
    let path = asked.path.clone();
    let only_head = asked.method == "HEAD";
    let ticket = shared.ledger.enter(asked);
    let now = tokio::time::Instant::now();
    let limited = shared
        .limiter
        .lock()
        .as_mut()
        .and_then(|limiter| limiter.take(now));
    let fault = limited.or_else(|| shared.plan.lock().choose(&path));
    let content = shared.corpus.lock().get(&path);
    let mut steps = script(&path, content, fault);
    if only_head {
        // The head is the first thing written; a fault may put a pause or a gate before it.
        let head = steps.iter().position(|step| matches!(step, Step::Write(_)));
        steps.truncate(head.map_or(steps.len(), |head| head + 1));
    }
    let latency = shared.latency_millis.load(Ordering::Relaxed);
    if latency > 0 {
        steps.insert(0, Step::Pause(Duration::from_millis(latency)));
    }
    let outcome = play(stream, input, steps).await;
    shared.ledger.close(ticket, outcome);
    outcome == Outcome::Sent
}

async fn play(stream: &mut TcpStream, input: &mut Vec<u8>, steps: Vec<Step>) -> Outcome {
    for step in steps {
        let done = match step {
            Step::Write(bytes) => stream.write_all(&bytes).await.is_ok(),
            Step::Pause(pause) => unless_left(stream, input, tokio::time::sleep(pause)).await,
            Step::Pass(gate) => unless_left(stream, input, gate.pass()).await,
            Step::Forever => unless_left(stream, input, std::future::pending()).await,
            Step::Close => return Outcome::Broken,
            Step::Reset => {
                reset(stream);
                return Outcome::Broken;
            }
        };
        if !done {
            return Outcome::Left;
        }
    }
    Outcome::Sent
}

/// Waits for `wait`; false if the client left before. What it sends meanwhile is kept for the
/// next request.
async fn unless_left(
    stream: &mut TcpStream,
    input: &mut Vec<u8>,
    wait: impl Future<Output = ()>,
) -> bool {
    tokio::pin!(wait);
    loop {
        tokio::select! {
            () = &mut wait => return true,
            read = stream.read_buf(input) => {
                if !matches!(read, Ok(length) if length > 0) || input.len() > MAX_HEAD {
                    return false;
                }
            }
        }
    }
}
