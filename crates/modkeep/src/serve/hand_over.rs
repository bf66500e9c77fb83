//! Hand-over: the next process of the same data directory takes the listening sockets of this one.
//!
//! A process that ends its listening socket refuses whoever comes before the next one listens, and
//! with two sockets on one port (`SO_REUSEPORT`) it resets whoever waits in its own queue. So the
//! socket itself goes over, with its queue (`SCM_RIGHTS`, unix(7)): the next process holds it before
//! this one stops to accept, and nobody sees a port without a listener. Then this process ends its
//! answers; the next one waits for its end, opens the store, and accepts who waited.
//!
//! ```text
//! next process                              this process, at DATA/hand-over
//!     connect, "modkeep hand-over 1\n"  ─▶
//!                                       ◀─  a line of names, and a descriptor for each
//!     "taken\n"                         ─▶  stops to accept, drains, ends
//!                                       ◀─  end of the stream: the store is free
//! ```
//!
//! The name of the socket is in the data directory, which is its owner's alone. What the other side
//! says is still read strictly: a process that does not say "taken" has taken nothing, and this one
//! goes on as if nobody had come.

use super::sockets::ListeningSockets;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use server::Listener;
use std::{
    fs,
    io::{self, ErrorKind, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, Interest},
    net::{UnixListener, UnixStream},
    time::timeout,
};

const HELLO: &[u8] = b"modkeep hand-over 1\n";
const TAKEN: &[u8] = b"taken\n";

/// Sockets that one message carries, far below what the kernel allows (253).
const MOST: usize = 64;

/// A line of names for so many.
const LONGEST_NAMES: usize = 1024;

/// The other process is on this machine and has nothing else to do.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits at the data directory for a process that takes over.
pub(super) struct SocketOffer {
    path: PathBuf,
    waiting: UnixListener,
    names: String,
    descriptors: Vec<OwnedFd>,
}

/// The process that was here before: gone once its end of the stream is.
pub(super) struct PredecessorProcess {
    stream: UnixStream,
}

/// The process that has taken over. It waits for the end of the stream.
pub(super) struct SuccessorProcess {
    _stream: UnixStream,
}

// === impl SocketOffer ===

impl SocketOffer {
    /// Offers these sockets to the next process of this data directory.
    ///
    /// # Errors
    /// The offer cannot be made, as where the path is longer than a socket's may be (108 bytes).
    pub(super) fn make(data: &Path, public: &[Listener], admin: &[Listener]) -> io::Result<Self> {
        let path = meeting_point(data);
        // Whoever holds the store holds the name too; what is there is of a process that is gone.
        drop(fs::remove_file(&path));
        let (mut names, mut descriptors) = (Vec::new(), Vec::new());
        for (name, listener) in ListeningSockets::named(public, admin).take(MOST) {
            names.push(name);
            descriptors.push(listener.descriptor()?);
        }
        Ok(Self {
            waiting: UnixListener::bind(&path)?,
            path,
            names: format!("{}\n", names.join(" ")),
            descriptors,
        })
    }

    /// Ends when a process has taken over.
    pub(super) async fn taken(&self) -> SuccessorProcess {
        loop {
            let Ok((stream, _)) = self.waiting.accept().await else {
                // Out of descriptors, mostly; a process that wants to take over tries again.
                tokio::time::sleep(PATIENCE).await;
                continue;
            };
            match timeout(PATIENCE, self.give(stream)).await {
                Ok(Ok(successor)) => return successor,
                Ok(Err(error)) => tracing::warn!(%error, "a process did not take over"),
                Err(_) => tracing::warn!("a process did not take over in time"),
            }
        }
    }

    async fn give(&self, mut stream: UnixStream) -> io::Result<SuccessorProcess> {
        expect(&mut stream, HELLO).await?;
        let descriptors: Vec<BorrowedFd<'_>> =
            self.descriptors.iter().map(|one| one.as_fd()).collect();
        let send = || send(&stream, self.names.as_bytes(), &descriptors);
        stream.async_io(Interest::WRITABLE, send).await?;
        expect(&mut stream, TAKEN).await?;
        Ok(SuccessorProcess { _stream: stream })
    }
}

impl Drop for SocketOffer {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}

// === impl SuccessorProcess ===

impl SuccessorProcess {
    /// Lets the other process wait until this one has ended: then, and not before, every lock of it is
    /// free. The system closes the stream.
    pub(super) fn wait_for_our_end(self) {
        std::mem::forget(self);
    }
}

// === impl PredecessorProcess ===

impl PredecessorProcess {
    /// The process that serves this data directory, and its sockets. It goes on until [`Self::relieve`].
    /// `None` where there is none, or it hands nothing over.
    pub(super) async fn meet(data: &Path) -> Option<(Self, ListeningSockets)> {
        let stream = UnixStream::connect(meeting_point(data)).await.ok()?;
        match timeout(PATIENCE, receive(stream)).await {
            Ok(Ok(met)) => Some(met),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the running process hands nothing over");
                None
            }
            Err(_) => {
                tracing::warn!("the running process hands nothing over in time");
                None
            }
        }
    }

    /// Tells it to accept no more, and ends when it has ended.
    ///
    /// # Errors
    /// It could not be told, so it goes on.
    pub(super) async fn relieve(mut self) -> io::Result<()> {
        self.stream.write_all(TAKEN).await?;
        let mut rest = [0; 16];
        while matches!(self.stream.read(&mut rest).await, Ok(1..)) {}
        Ok(())
    }
}

async fn receive(mut stream: UnixStream) -> io::Result<(PredecessorProcess, ListeningSockets)> {
    stream.write_all(HELLO).await?;
    let (names, descriptors) = stream
        .async_io(Interest::READABLE, || receive_descriptors(&stream))
        .await?;
    let names = String::from_utf8(names).map_err(|_| malformed())?;
    let names: Vec<&str> = names.split_whitespace().collect();
    if names.len() != descriptors.len() {
        return Err(malformed());
    }
    let mut sockets = ListeningSockets::default();
    for (name, descriptor) in names.into_iter().zip(descriptors) {
        sockets.add(name, Listener::from_descriptor(descriptor)?);
    }
    Ok((PredecessorProcess { stream }, sockets))
}

fn send(stream: &UnixStream, names: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(malformed());
    }
    let sent = sendmsg(
        stream,
        &[IoSlice::new(names)],
        &mut ancillary,
        SendFlags::empty(),
    )?;
    if sent == names.len() {
        Ok(())
    } else {
        Err(ErrorKind::WriteZero.into())
    }
}

/// The line of names comes in one piece, since it was sent in one and is shorter than any buffer.
fn receive_descriptors(stream: &UnixStream) -> io::Result<(Vec<u8>, Vec<OwnedFd>)> {
    let mut names = [0; LONGEST_NAMES];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(
        stream,
        &mut [IoSliceMut::new(&mut names)],
        &mut ancillary,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let descriptors = ancillary.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
        _ => None,
    });
    let descriptors = descriptors.flatten().collect();
    let names = names.get(..received.bytes).unwrap_or_default();
    Ok((names.to_vec(), descriptors))
}

async fn expect(stream: &mut UnixStream, words: &[u8]) -> io::Result<()> {
    let mut said = vec![0; words.len()];
    stream.read_exact(&mut said).await?;
    if said == words {
        Ok(())
    } else {
        Err(malformed())
    }
}

fn malformed() -> io::Error {
    io::Error::new(
        ErrorKind::InvalidData,
        "the other process says something else",
    )
}

fn meeting_point(data: &Path) -> PathBuf {
    data.join("hand-over")
}
