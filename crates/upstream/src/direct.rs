//! `direct`: a source that is version control.

use std::{
    io::{self, Seek as _},
    sync::Arc,
};

use tokio::time::timeout_at;
use vcs::{DirectAnswer, DirectSource, VcsError};

use crate::{
    Absence, Download, Failure, SourceName,
    download::Body,
    failure::cause_of,
    file_source::FileBody,
    lane::Lane,
    source::{Ask, Reply},
};

/// Version control, as a source.
pub(crate) struct DirectTransport {
    name: SourceName,
    source: DirectSource,
    lane: Lane,
}

// === impl DirectTransport ===

impl DirectTransport {
    pub(crate) fn new(name: SourceName, source: DirectSource) -> Self {
        Self {
            name,
            source,
            lane: Lane::new(),
        }
    }

    pub(crate) async fn get(&self, ask: Ask<'_>) -> Reply {
        match timeout_at(ask.deadline, self.source.answer(ask.path.as_str())).await {
            Err(_) => Reply::Failed(Failure::Timeout(ask.header)),
            Ok(Ok(answer)) => self.found(answer, ask),
            Ok(Err(VcsError::Absent(why))) => Reply::Absent(Absence {
                status: 404,
                text: format!("not found: {why}"),
                content_type: Some("text/plain; charset=utf-8".to_owned()),
                source: self.name.clone(),
            }),
            Ok(Err(error)) => Reply::Failed(Failure::VersionControl(error)),
        }
    }

    fn found(&self, answer: DirectAnswer, ask: Ask<'_>) -> Reply {
        let made = match answer {
            DirectAnswer::Text(text) => Ok((text.len() as u64, Body::Memory(Some(text)))),
            DirectAnswer::Zip { file, size } => self.body(file).map(|body| (size, body)),
        };
        match made {
            Ok((length, _)) if length > ask.limit => {
                let why = format!("{length} bytes where at most {} are allowed", ask.limit);
                Reply::Failed(Failure::Content(why))
            }
            Ok((length, body)) => {
                let name = self.name.clone();
                Reply::Found(Download::new(
                    name,
                    Some(length),
                    body,
                    ask.limit,
                    ask.stall,
                ))
            }
            Err(error) => Reply::Failed(Failure::File(cause_of(&error))),
        }
    }

    fn body(&self, mut file: std::fs::File) -> io::Result<Body> {
        file.rewind()?;
        Ok(Body::File(FileBody::new(Arc::new(file), self.lane.clone())))
    }
}
