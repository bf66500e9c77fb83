//! Fills a data directory with artifacts, to see how a site behaves that keeps many.
//!
//! ```text
//! cargo run --release -p store --example fill -- DIRECTORY ARTIFACTS
//! ```
//!
//! It writes through the store itself, so that what it leaves is what captures leave: blobs, rows,
//! journal. Every third artifact is a version's `.info`, `.mod` and zip; their
//! names are `example.com/fill/mN`, version v1.0.0, with N from 0.
#![expect(
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a command-line tool"
)]

use std::error::Error;

use bytes::Bytes;
use gomod::ArtifactKind;
use store::{Key, Provenance, Store, StoreOptions};

/// Captures under way at a time; they share transactions.
const TOGETHER: u64 = 256;

const KINDS: [ArtifactKind; 3] = [ArtifactKind::Mod, ArtifactKind::Info, ArtifactKind::Zip];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, artifacts] = arguments.as_slice() else {
        return Err("usage: fill DIRECTORY ARTIFACTS".into());
    };
    let artifacts: u64 = artifacts.parse()?;
    let store = Store::open(StoreOptions::local(directory)).await?;
    let mut first = 0;
    while first < artifacts {
        let last = artifacts.min(first + TOGETHER);
        let captures: Vec<_> = (first..last)
            .map(|number| tokio::spawn(capture(store.clone(), number)))
            .collect();
        for capture in captures {
            capture.await??;
        }
        first = last;
    }
    store.flush().await?;
    println!("{artifacts} artifacts");
    Ok(())
}

async fn capture(store: Store, number: u64) -> Result<(), Box<dyn Error + Send + Sync>> {
    let module = format!("example.com/fill/m{}", number / 3);
    let kind = KINDS[(number % 3) as usize];
    let path = format!("{module}/@v/v1.0.0.{kind}");
    let body = body(&module, kind);
    let key = Key::parse(&path).ok_or("no such key")?;
    let provenance = Provenance {
        source: "https://upstream.example.com".to_owned(),
        evidence: protocol::Evidence::Unverified,
        ..Provenance::default()
    };
    store.commit_small(key, body, provenance).await?;
    Ok(())
}

/// A body as long as most are: go.mod files of about 1 KB. What is said to be a zip is none; the
/// store does not look.
fn body(module: &str, kind: ArtifactKind) -> Bytes {
    let text = match kind {
        ArtifactKind::Info => {
            "{\"Version\":\"v1.0.0\",\"Time\":\"2024-01-01T00:00:00Z\"}".to_owned()
        }
        ArtifactKind::Mod => {
            let require = |number| format!("\texample.com/required/r{number} v1.{number}.0\n");
            let requires: String = (0..25).map(require).collect();
            format!("module {module}\n\ngo 1.21\n\nrequire (\n{requires})\n")
        }
        ArtifactKind::Zip => format!("the zip of {module}\n").repeat(50),
    };
    text.into()
}
