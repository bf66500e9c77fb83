//! `/-/journal/…`: the journal's log as C2SP tlog-tiles names its files, and `key`, which is ours.
//!
//! Each file has one spelling. What looks like a tile and is none is 400, as a checksum database
//! answers it.

use super::{PageResult, request::OperatorRequest};
use crate::{route::RouteError, surface::Surface};
use axum::extract::{Path, State};
use proxy::JournalFile;
use std::sync::Arc;

const BAD_TILE: RouteError = RouteError::Malformed("invalid tile syntax");

/// A file of the journal's log.
///
/// Operators only. See [journal.md](journal.md).
#[utoipa::path(get, path = "/-/journal/{*file}",
    params(("file" = String, Path, description = "`checkpoint`, `key`, `tile/LEVEL/INDEX` or `tile/entries/INDEX`.")),
    responses(
        (status = 200, description = "The checkpoint and the key are text, tiles are bytes.", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 404, description = "The journal has not as many entries.", content_type = "text/plain", body = String),
    ))]
pub(super) async fn get(
    OperatorRequest(request): OperatorRequest,
    State(surface): State<Arc<Surface>>,
    Path(file): Path<String>,
) -> PageResult {
    let file = parse(&file).map_err(|error| request.misdirected(&error))?;
    let answer = surface.proxy.journal(file).await;
    let answer = answer.map_err(|refusal| request.refusal(&refusal))?;
    Ok(request.answer(answer))
}

fn parse(path: &str) -> Result<JournalFile, RouteError> {
    let mut elements = path.split('/');
    match (elements.next(), elements.next()) {
        (Some("key"), None) => Ok(JournalFile::Key),
        (Some("checkpoint"), None) | (Some("tile"), _) => {
            path.parse().map(JournalFile::Log).map_err(|_| BAD_TILE)
        }
        _ => Err(RouteError::NoSuchPage),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use codes::Code;
    use proxy::JournalFile;

    #[test]
    fn files_of_the_journal_have_one_spelling() {
        for path in [
            "checkpoint",
            "tile/0/000",
            "tile/0/x001/x234/067.p/17",
            "tile/entries/x001/234",
            "tile/entries/000.p/255",
        ] {
            match parse(path) {
                Ok(JournalFile::Log(file)) => assert_eq!(file.to_string(), path),
                other => panic!("{path}: {other:?}"),
            }
        }
        assert_eq!(parse("key"), Ok(JournalFile::Key));
        for path in [
            "tile",
            "tile/0",
            "tile/0/0",
            "tile/8/0/000",
            "tile/data/000",
            "tile/64/000",
            "tile/0/000.p/256",
            "tile/0/000.p/0",
            "tile/entries/x000/001",
        ] {
            let code = parse(path).map_err(|error| error.code());
            assert_eq!(code, Err(Code::MalformedRequest), "{path}");
        }
        for path in ["x", "key/x", "checkpoint/x"] {
            let code = parse(path).map_err(|error| error.code());
            assert_eq!(code, Err(Code::NotFoundHere), "{path}");
        }
    }
}
