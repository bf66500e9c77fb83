//! The control socket: how a command reaches the server that holds its data directory.
//!
//! One process has a data directory for itself, so an order about what is kept has to be carried out by
//! the server where one runs. It listens on a socket in the data directory, `control`, that only the
//! directory's owner can connect to: whoever may change the files may give the order, and nobody else,
//! whatever address the server listens on. So there is no token to make, to leak or to forget.
//!
//! A conversation is one line of JSON, the order, and one JSON document, what came of it. What does not
//! fit into [`ORDER_LIMIT`], does not come within [`PATIENCE`], or is no order, is refused. On systems
//! without such sockets an order takes a stopped server.

use crate::{failure::Failure, order::StoreOrder};
use codes::Code;
use serde::{Deserialize, Serialize};
use std::{path::Path, time::Duration};

/// Name of the socket below the data directory.
const SOCKET: &str = "control";

/// The longest order: paths, names and a reason.
const ORDER_LIMIT: u64 = 64 << 10;

/// The longest answer: some hundred lines.
const ANSWER_LIMIT: u64 = 4 << 20;

/// How long a client may take to say its order.
const PATIENCE: Duration = Duration::from_secs(10);

/// Orders that are carried out at once; further ones wait.
const AT_ONCE: usize = 4;

/// What came of an order.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum OrderAnswer {
    Done { lines: Vec<String>, done: bool },
    Failed { code: u16, facts: String },
}

// === impl OrderAnswer ===

impl OrderAnswer {
    fn failed(failure: &Failure) -> Self {
        Self::Failed {
            code: failure.code().entry().number,
            facts: failure.facts().to_owned(),
        }
    }
}

#[cfg(unix)]
pub(crate) use socket::{ControlSocket, hand_over};

#[cfg(unix)]
mod socket {
    use super::{
        ANSWER_LIMIT, AT_ONCE, Code, Failure, ORDER_LIMIT, OrderAnswer, PATIENCE, Path, SOCKET,
        StoreOrder,
    };
    use crate::order::{self, OrderOutcome};
    use proxy::Proxy;
    use std::{
        fs::{self, File, Permissions},
        io,
        os::{
            fd::AsRawFd as _,
            unix::fs::{MetadataExt as _, PermissionsExt as _},
        },
        path::PathBuf,
        sync::Arc,
    };
    use store::Store;
    use tokio::{
        io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
        net::{UnixListener, UnixStream},
        runtime::Handle,
        sync::Semaphore,
        task::{JoinHandle, spawn_blocking},
        time::timeout,
    };

    /// The longest path that every system takes as the name of a socket.
    const NAME_LIMIT: usize = 100;

    /// An open socket; taken away when this is dropped.
    #[derive(Debug)]
    pub(crate) struct ControlSocket {
        path: PathBuf,
        /// Which file it is: another process may have made its own under the name since.
        inode: Option<u64>,
        accepting: JoinHandle<()>,
    }

    /// A path that fits into a socket's name, and what keeps it valid.
    struct SocketName {
        path: PathBuf,
        _directory: Option<File>,
    }

    // === impl ControlSocket ===

    impl ControlSocket {
        /// Takes orders for this service. Where that is not possible orders take a stopped server, and
        /// the log says so.
        pub(crate) fn open(data: &Path, store: &Store, proxy: &Proxy) -> Option<Self> {
            let listener = match listen(data) {
                Ok(listener) => listener,
                Err(error) => {
                    tracing::warn!(%error, "no orders can be given while this serves: no control socket in the data directory");
                    return None;
                }
            };
            let path = data.join(SOCKET);
            let inode = fs::symlink_metadata(&path).ok().map(|found| found.ino());
            let accepting = tokio::spawn(accept(listener, store.clone(), proxy.clone()));
            Some(Self {
                path,
                inode,
                accepting,
            })
        }
    }

    impl Drop for ControlSocket {
        fn drop(&mut self) {
            self.accepting.abort();
            let present = fs::symlink_metadata(&self.path).ok();
            if present.map(|found| found.ino()) == self.inode {
                drop(fs::remove_file(&self.path));
            }
        }
    }

    // === impl SocketName ===

    impl SocketName {
        fn of(data: &Path) -> io::Result<Self> {
            let path = data.join(SOCKET);
            if path.as_os_str().len() < NAME_LIMIT || !cfg!(target_os = "linux") {
                return Ok(Self {
                    path,
                    _directory: None,
                });
            }
            let directory = File::open(data)?;
            let short = format!("/proc/self/fd/{}/{SOCKET}", directory.as_raw_fd());
            Ok(Self {
                path: short.into(),
                _directory: Some(directory),
            })
        }
    }

    /// The store's lock is held, so what is there is left over.
    fn listen(data: &Path) -> io::Result<UnixListener> {
        match fs::remove_file(data.join(SOCKET)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let name = SocketName::of(data)?;
        let listener = UnixListener::bind(&name.path)?;
        fs::set_permissions(data.join(SOCKET), Permissions::from_mode(0o600))?;
        Ok(listener)
    }

    async fn accept(listener: UnixListener, store: Store, proxy: Proxy) {
        let room = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
                return;
            };
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "an order could not be taken");
                    // Out of descriptors, most likely.
                    tokio::time::sleep(PATIENCE / 10).await;
                    continue;
                }
            };
            let (store, proxy) = (store.clone(), proxy.clone());
            tokio::spawn(async move {
                if let Err(error) = converse(stream, &store, &proxy).await {
                    tracing::debug!(%error, "an order was not heard to its end");
                }
                drop(permit);
            });
        }
    }

    async fn converse(mut stream: UnixStream, store: &Store, proxy: &Proxy) -> io::Result<()> {
        // The mode of the file says who may; between making it and setting its mode somebody else may
        // have come.
        let peer = stream.peer_cred()?.uid();
        if peer != 0 && peer != rustix::process::geteuid().as_raw() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let (read, mut write) = stream.split();
        let mut line = String::new();
        let mut reader = BufReader::new(read.take(ORDER_LIMIT));
        timeout(PATIENCE, reader.read_line(&mut line)).await??;
        let answer = match serde_json::from_str::<StoreOrder>(&line) {
            Ok(order) => carried_out(store, proxy, order).await,
            Err(error) => OrderAnswer::failed(&Failure::new(
                Code::BadInputFile,
                format!("the server knows no such order ({error}); use the command of its release"),
            )),
        };
        let answer = serde_json::to_vec(&answer).map_err(io::Error::other)?;
        write.write_all(&answer).await?;
        write.shutdown().await
    }

    /// On a thread of its own: an import reads and checks files for as long as it takes, and answers to
    /// clients have the others.
    async fn carried_out(store: &Store, proxy: &Proxy, order: StoreOrder) -> OrderAnswer {
        let (store, proxy) = (store.clone(), proxy.clone());
        let runtime = Handle::current();
        let work = move || runtime.block_on(order::carry_out(&store, Some(&proxy), &order));
        match spawn_blocking(work).await {
            Ok(Ok(OrderOutcome { lines, done })) => OrderAnswer::Done { lines, done },
            Ok(Err(failure)) => OrderAnswer::failed(&failure),
            Err(_) => OrderAnswer::failed(&Failure::new(
                Code::InternalError,
                "the order ended without a result",
            )),
        }
    }

    /// Has the server that holds the data directory carry an order out. `None` if none listens there.
    pub(crate) async fn hand_over(
        data: &Path,
        order: &StoreOrder,
    ) -> Result<Option<OrderOutcome>, Failure> {
        let broken = |error: io::Error| {
            let facts = format!("what became of the order is not known: {error}");
            Failure::new(Code::StoreUnavailable, facts)
        };
        let name = SocketName::of(data).map_err(broken)?;
        let mut stream = match UnixStream::connect(&name.path).await {
            Ok(stream) => stream,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let facts = "the server's control socket is its user's; give the order as that user or root";
                return Err(Failure::new(Code::StoreInUse, facts));
            }
            Err(_) => return Ok(None),
        };
        let mut line = serde_json::to_vec(order).map_err(|error| broken(error.into()))?;
        line.push(b'\n');
        stream.write_all(&line).await.map_err(broken)?;
        let mut answer = Vec::new();
        let mut stream = stream.take(ANSWER_LIMIT);
        stream.read_to_end(&mut answer).await.map_err(broken)?;
        match serde_json::from_slice(&answer).map_err(|error| broken(error.into()))? {
            OrderAnswer::Done { lines, done } => Ok(Some(OrderOutcome { lines, done })),
            OrderAnswer::Failed { code, facts } => {
                let code = Code::parse(&code.to_string()).unwrap_or(Code::StoreUnavailable);
                Err(Failure::new(code, facts))
            }
        }
    }
}

#[cfg(not(unix))]
pub(crate) use nowhere::{ControlSocket, hand_over};

#[cfg(not(unix))]
mod nowhere {
    use super::{Failure, Path, StoreOrder};
    use crate::order::OrderOutcome;

    /// There is no socket.
    #[derive(Debug)]
    pub(crate) struct ControlSocket;

    impl ControlSocket {
        pub(crate) fn open(
            _data: &Path,
            _store: &store::Store,
            _proxy: &proxy::Proxy,
        ) -> Option<Self> {
            None
        }
    }

    pub(crate) async fn hand_over(
        _data: &Path,
        _order: &StoreOrder,
    ) -> Result<Option<OrderOutcome>, Failure> {
        Ok(None)
    }
}
