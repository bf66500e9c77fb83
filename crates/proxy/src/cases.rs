//! Cases: what was found out about wrong bytes, for people and for programs.
//!
//! A case is stored once, as JSON, with its number and time beside it; here these are put together.
//! What cannot be read any more (a field that a later release dropped) is given as it was written.

use crate::{
    answer::{Answer, Body},
    metrics::Metrics,
};
use codes::Code;
use protocol::{Freshness, Media, Origin, Refusal};
use serde::Serialize;
use serde_json::value::RawValue;
use std::time::Duration;
use store::{CaseFile, Store};

/// Cases in one listing, the newest.
const LISTED: usize = 100;

/// The listing.
#[derive(Serialize)]
struct Listing {
    cases: Vec<ListedCase>,
}

/// One case with its number and time.
#[derive(Serialize)]
struct ListedCase {
    number: u64,
    at: String,
    path: String,
    case: Box<RawValue>,
}

// === impl ListedCase ===

impl ListedCase {
    fn of(file: CaseFile) -> Option<Self> {
        let case = RawValue::from_string(file.body).ok()?;
        Some(Self {
            number: file.number,
            at: file.at.to_string(),
            path: file.path,
            case,
        })
    }
}

/// Answers with one case, or with the newest.
pub(crate) async fn answer(
    store: &Store,
    metrics: &Metrics,
    number: Option<u64>,
) -> Result<Answer, Refusal> {
    let (before, limit) = match number {
        Some(number) => (number.saturating_add(1), 1),
        None => (u64::MAX, LISTED),
    };
    let files = store.cases(before, limit).await;
    let files = files.map_err(|error| metrics.store_failure(error))?;
    let mut cases = files.into_iter().filter_map(ListedCase::of);
    let text = match number {
        None => serde_json::to_string(&Listing {
            cases: cases.collect(),
        }),
        Some(number) => {
            let case = cases.next().filter(|case| case.number == number);
            let case = case.ok_or_else(|| Refusal::new(Code::NoSuchCase, number.to_string()))?;
            serde_json::to_string(&case)
        }
    };
    let text = text.map_err(|_| Refusal::internal("a case cannot be written"))?;
    Ok(Answer {
        media: Media::Json,
        freshness: Freshness::For(Duration::ZERO),
        hash: None,
        origin: Origin::Store,
        evidence: protocol::Evidence::Unclaimed,
        body: Body::Bytes(text.into()),
    })
}
