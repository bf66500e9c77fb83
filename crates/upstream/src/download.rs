//! A body on its way, piece by piece, never more in memory than a piece.
//!
//! Three things are checked that the transport may not: that pieces keep coming (a deadline for
//! each), that they add up to the announced length, and that they stay within the reader's limit.
//! A body is whole only when `chunk` has said so with `None`; whoever stops before has nothing.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::time::timeout;

use crate::{
    SourceName,
    failure::cause_of,
    file_source::FileBody,
    gzip::{Gzip, is_gzip},
    observe::BodyEnd,
    slots::Slot,
    source::{Account, Call},
};

/// Bytes read from a file at once: large enough that the hop to a blocking thread costs little,
/// small enough that a hundred transfers fit in a few tens of megabytes.
const FILE_CHUNK: usize = 256 << 10;

/// Room for the read that finds the end of a file. Small files get a buffer of their own size
/// rather than a whole chunk: their bytes may be kept in memory for long.
const MIN_FILE_CHUNK: usize = 64;

/// An artifact's body, being received.
///
/// Dropping it ends the transfer.
pub struct Download {
    /// Where it comes from.
    pub source: SourceName,
    /// Its length in bytes, if announced.
    pub length: Option<u64>,
    body: Body,
    limit: u64,
    stall: Duration,
    received: u64,
    end: Option<Result<(), BodyError>>,
    lease: Option<Box<Lease>>,
}

/// Why a body is not whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Nothing came for too long.
    #[error("nothing came for {0:?}")]
    Stalled(Duration),
    /// The connection ended in the middle, or the file could not be read on.
    #[error("it was cut after {received} bytes: {cause}")]
    Cut {
        /// Bytes received before.
        received: u64,
        /// The transport's reason.
        cause: String,
    },
    /// It ended, with another length than announced.
    #[error("{announced} bytes were announced, and {received} or more came")]
    Length {
        /// What the header said.
        announced: u64,
        /// What came.
        received: u64,
    },
    /// It is larger than the reader allows.
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
}

/// Where the pieces come from.
pub(crate) enum Body {
    Http(Box<HttpBody>),
    File(FileBody),
    Memory(Option<Bytes>),
}

/// A body that comes over HTTP.
pub(crate) struct HttpBody {
    response: reqwest::Response,
    gzip: Option<Gzip>,
    /// What came and was not decompressed yet.
    compressed: Bytes,
    /// What was looked at and is still to be handed over.
    first: Option<Bytes>,
}

/// What is held while a body is on its way: the slot at its source, the account of the call, and
/// its standing with the breaker.
pub(crate) struct Lease {
    call: Call,
    _slot: Slot,
    account: Arc<Account>,
}

// === impl Download ===

impl Download {
    pub(crate) fn new(
        source: SourceName,
        length: Option<u64>,
        body: Body,
        limit: u64,
        stall: Duration,
    ) -> Self {
        Self {
            source,
            length,
            body,
            limit,
            stall,
            received: 0,
            end: None,
            lease: None,
        }
    }

    /// A body that is in memory already.
    pub fn from_bytes(source: SourceName, bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        Self::new(
            source,
            Some(length),
            Body::Memory(Some(bytes)),
            length,
            Duration::MAX,
        )
    }

    pub(crate) fn leased(mut self, call: Call, slot: Slot, account: Arc<Account>) -> Self {
        self.lease = Some(Box::new(Lease {
            call,
            _slot: slot,
            account,
        }));
        self
    }

    /// Its standing with the breaker, while it is on its way.
    pub(crate) fn standing(&self) -> Option<Arc<Account>> {
        let lease = self.lease.as_ref()?;
        Some(Arc::clone(&lease.account))
    }

    /// The next piece; `None` once the body is whole. After the end, says the same again.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, BodyError> {
        if let Some(end) = &self.end {
            return end.clone().map(|()| None);
        }
        let expected = self
            .length
            .unwrap_or(self.limit)
            .saturating_sub(self.received);
        let piece = match timeout(self.stall, self.body.next(expected)).await {
            Err(_) => Err(BodyError::Stalled(self.stall)),
            Ok(Err(cause)) => Err(BodyError::Cut {
                received: self.received,
                cause,
            }),
            Ok(Ok(piece)) => self.account(piece),
        };
        match &piece {
            Ok(Some(_)) => {}
            Ok(None) => self.close(Ok(())),
            Err(error) => self.close(Err(error.clone())),
        }
        piece
    }

    /// The whole body. For what is small: everything is held in memory, up to the limit.
    pub async fn whole(mut self) -> Result<Bytes, BodyError> {
        let Some(first) = self.chunk().await? else {
            return Ok(Bytes::new());
        };
        let Some(second) = self.chunk().await? else {
            return Ok(first);
        };
        let mut bytes = Vec::from(first);
        let mut next = Some(second);
        while let Some(piece) = next {
            grow(&mut bytes, piece.len(), self.limit);
            bytes.extend_from_slice(&piece);
            next = self.chunk().await?;
        }
        Ok(bytes.into())
    }

    fn account(&mut self, piece: Option<Bytes>) -> Result<Option<Bytes>, BodyError> {
        self.received += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        let received = self.received;
        // What announces more than it may have is not read up to there first.
        if received.max(self.length.unwrap_or_default()) > self.limit {
            return Err(BodyError::TooLarge(self.limit));
        }
        match self.length {
            Some(announced)
                if received > announced || (piece.is_none() && received < announced) =>
            {
                Err(BodyError::Length {
                    announced,
                    received,
                })
            }
            _ => Ok(piece),
        }
    }

    /// Ends the transfer now rather than when the reader lets go: the slot is for others.
    fn close(&mut self, end: Result<(), BodyError>) {
        let how = if end.is_ok() {
            BodyEnd::Whole
        } else {
            BodyEnd::Broken
        };
        let broken = end.as_ref().err().map(ToString::to_string);
        self.end = Some(end);
        self.body = Body::Memory(None);
        if let Some(lease) = self.lease.take() {
            if let Some(why) = broken {
                lease.account.blame(why);
            }
            lease.call.end(how, self.received);
        }
    }
}

/// Makes room for a piece: twice as much as before, and never more than the body may have. While memory
/// moves there are two of it, so doubling past the limit would cost three times the limit.
fn grow(bytes: &mut Vec<u8>, piece: usize, limit: u64) {
    let needed = bytes.len() + piece;
    if needed > bytes.capacity() {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let wanted = (bytes.capacity() * 2).min(limit).max(needed);
        bytes.reserve_exact(wanted - bytes.len());
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.call.end(BodyEnd::Abandoned, self.received);
        }
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("source", &self.source)
            .field("length", &self.length)
            .field("received", &self.received)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

// === impl HttpBody ===

impl HttpBody {
    pub(crate) fn new(response: reqwest::Response) -> Self {
        let gzip = is_gzip(response.headers()).then(Gzip::new);
        Self {
            response,
            gzip,
            compressed: Bytes::new(),
            first: None,
        }
    }

    /// Its length, if it is announced and the bytes are as they come.
    pub(crate) fn length(&self) -> Option<u64> {
        let announced = self.response.content_length();
        announced.filter(|_| self.gzip.is_none())
    }

    /// Its first bytes, which are handed over later all the same.
    pub(crate) async fn first(&mut self) -> Result<Bytes, String> {
        let first = self.next().await?.unwrap_or_default();
        self.first = (!first.is_empty()).then(|| first.clone());
        Ok(first)
    }

    async fn next(&mut self) -> Result<Option<Bytes>, String> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        loop {
            if let Some(gzip) = &mut self.gzip
                && !self.compressed.is_empty()
            {
                let bytes = gzip.step(&mut self.compressed)?;
                if !bytes.is_empty() {
                    return Ok(Some(bytes));
                }
                continue;
            }
            let piece = self.response.chunk().await;
            match (piece.map_err(|error| cause_of(&error))?, &mut self.gzip) {
                (Some(piece), Some(_)) => self.compressed = piece,
                (None, Some(gzip)) => {
                    let last = gzip.end()?;
                    return Ok((!last.is_empty()).then_some(last));
                }
                (piece, None) => return Ok(piece),
            }
        }
    }
}

// === impl Body ===

impl Body {
    /// The next piece; `expected` bytes are still to come, as far as is known.
    async fn next(&mut self, expected: u64) -> Result<Option<Bytes>, String> {
        match self {
            Self::Http(body) => body.next().await,
            Self::File(file) => {
                let size = usize::try_from(expected)
                    .unwrap_or(FILE_CHUNK)
                    .clamp(MIN_FILE_CHUNK, FILE_CHUNK);
                let piece = file.read(size).await.map_err(|error| cause_of(&error))?;
                Ok((!piece.is_empty()).then_some(piece))
            }
            Self::Memory(bytes) => Ok(bytes.take().filter(|bytes| !bytes.is_empty())),
        }
    }
}

#[cfg(test)]
mod tests;
