//! HTTP/2 frames against the server as it is, over a real connection: whatever a client sends, nothing
//! panics, and a client that is done is let go. How much is held is the fuzzer's own limit of memory.
#![no_main]

#[path = "../harness/content.rs"]
#[expect(dead_code, reason = "versions are wrong here on purpose nowhere")]
mod content;
#[path = "../harness/input.rs"]
mod input;
#[path = "../harness/scratch.rs"]
mod scratch;

use content::{MODULES, artifact};
use gomod::goproxy::ProxyList;
use input::Input;
use libfuzzer_sys::fuzz_target;
use prometheus_client::registry::Registry;
use proxy::{Metrics, Proxy, ProxyOptions};
use scratch::{Scratch, directory};
use server::{Limits, ListenAddress, Listener, Server};
use std::{cell::RefCell, fs, net::SocketAddr, sync::Arc, time::Duration};
use store::maintenance::{ImportOptions, import};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use upstream::{UpstreamOptions, Upstreams};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How long a connection may take to end once its client has said everything: far longer than an
/// answer takes, far shorter than the server's own patience with a silent client.
const HANG: Duration = Duration::from_secs(10);

/// Frames of a connection at most.
const FRAMES: usize = 64;

const PATHS: [&str; 12] = [
    "/a.b/c/@v/v1.0.0.zip",
    "/a.b/c/@v/v1.0.0.mod",
    "/a.b/c/@v/list",
    "/a.b/c/@latest",
    "/a.b/gone/@v/v1.0.0.info",
    "/sumdb/sum.example.com/latest",
    "/-/prefetch",
    "/-/sums",
    "/-/status",
    "/metrics",
    "/readyz",
    "/index",
];

thread_local! {
    static SERVING: RefCell<Serving> = RefCell::new(Serving::start());
}

/// A server with one module, and nobody behind it.
struct Serving {
    scratch: Scratch,
    address: SocketAddr,
}

// === impl Serving ===

impl Serving {
    fn start() -> Self {
        let mut scratch = Scratch::new();
        let store = scratch.store();
        let tree = directory();
        let versions = tree.path().join("a.b/c/@v");
        fs::create_dir_all(&versions).expect("a directory can be made");
        for kind in ["info", "mod", "zip"] {
            let mut plain = Input::new(&[1]);
            let bytes = artifact(&mut plain, kind, MODULES[0], "v1.0.0");
            fs::write(versions.join(format!("v1.0.0.{kind}")), bytes)
                .expect("a file can be written");
        }
        let address = scratch.runtime.block_on(async {
            let options = ImportOptions {
                source: "import".to_owned(),
                evidence: protocol::Evidence::Unclaimed,
            };
            let report = import(&store, tree.path(), options, ingest::import_checker()).await;
            assert_eq!(report.expect("it is sound").captured, 3);
            let list = ProxyList::parse("off").expect("it is a list");
            let upstreams = Upstreams::new(&list, &UpstreamOptions::default());
            let upstreams = upstreams.expect("nobody is reached");
            let proxy = Proxy::new(
                store,
                upstreams,
                ProxyOptions::default(),
                Arc::new(Metrics::new()),
            );
            let any = SocketAddr::from(([127, 0, 0, 1], 0));
            let listener = Listener::bind(&ListenAddress::Tcp(any)).expect("an address is free");
            let address = listener.address().tcp().expect("it is one of TCP");
            let limits = Limits::default();
            let server = Server::on(vec![listener], proxy, limits, Registry::default());
            tokio::spawn(server.run(std::future::pending()));
            address
        });
        Self { scratch, address }
    }

    /// Says everything, then reads to the end.
    fn serve(&self, bytes: &[u8]) {
        let ended = async {
            let mut socket = TcpStream::connect(self.address).await.expect("it listens");
            // A reset leaves nothing in the system that could run out.
            let _ = socket.set_zero_linger();
            let (mut reading, mut writing) = socket.split();
            let said = async {
                let _cut = writing.write_all(bytes).await;
                let _cut = writing.shutdown().await;
            };
            let heard = async {
                let mut piece = vec![0; 16 << 10];
                while reading
                    .read(&mut piece)
                    .await
                    .is_ok_and(|length| length > 0)
                {}
            };
            timeout(HANG, async { tokio::join!(said, heard) }).await
        };
        let ended = self.scratch.runtime.block_on(ended);
        assert!(ended.is_ok(), "the connection was not let go");
    }
}

/// A connection: frames whose heads are right about their lengths, most of the time.
fn connection(input: &mut Input<'_>) -> Vec<u8> {
    let choice = input.byte();
    if choice & 15 == 0 {
        return input.take(usize::MAX).to_vec();
    }
    let mut bytes = PREFACE.to_vec();
    if choice & 15 != 1 {
        frame(&mut bytes, 4, 0, 0, &[], false);
    }
    for _ in 0..FRAMES {
        if input.is_empty() {
            break;
        }
        let kind = input.byte();
        let (flags, stream) = (input.byte(), u32::from(input.byte() & 31));
        match kind {
            // A request, so that there are streams for the rest to be about.
            128.. => {
                let method = input.pick(&[0x82, 0x83, 0x82, 0x82]);
                let path = PATHS[usize::from(kind) % PATHS.len()];
                let mut block = vec![method, 0x86, 0x04, path.len() as u8];
                block.extend(path.as_bytes());
                block.extend([0x01, 9]);
                block.extend(b"localhost");
                let length = usize::from(input.byte() & 31);
                block.extend(input.take(length));
                frame(&mut bytes, 1, 4 | (flags & 1), stream | 1, &block, false);
            }
            kind => {
                let payload = input.stretch();
                frame(
                    &mut bytes,
                    kind % 12,
                    flags,
                    stream,
                    payload,
                    flags & 0xc0 == 0xc0,
                );
            }
        }
    }
    bytes
}

fn frame(bytes: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8], is_lie: bool) {
    let length = payload.len() as u32 + u32::from(is_lie) * 7;
    bytes.extend(&length.to_be_bytes()[1..]);
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
}

fuzz_target!(|bytes: &[u8]| {
    let sent = connection(&mut Input::new(bytes));
    SERVING.with_borrow(|serving| serving.serve(&sent));
});
