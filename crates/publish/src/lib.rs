//! Publish: versions that their authors give to this site, instead of a source that is asked.
//!
//! ```text
//! rules ─▶ upload into a spool ─▶ the zip is read whole ─▶ what is known of the version ─▶ one transaction
//! ```
//!
//! [`VersionUpload`] takes the bytes, [`VersionPublisher`] says what may be published and makes it so. What becomes
//! of it is one of three: published now, there already with the same hashes, or refused because the version is
//! something else here. Nothing in between can be seen, before or after a crash (law L5), and nothing that is
//! kept is ever replaced (L2).
//!
//! Only the zip is sent. `.mod` is the go.mod in it, or the line that `go` makes up where there is none; `.info`
//! has the time of publication (`docs/decisions/0027-what-is-published.md`).
//!
//! Refused: to decide who may publish. That is asked before ([`PublisherName`] is the answer).

mod metrics;
mod publisher_name;
mod publishing;
mod rules;
mod tags;
mod turns;
mod upload;
mod zip_contents;

pub use metrics::PublishMetrics;
pub use publisher_name::PublisherName;
pub use publishing::{PublishOptions, PublishedVersion, VersionPublisher, VersionPublisherParts};
pub use tags::{SourceTags, TagLookup};
pub use upload::{UPLOAD_LIMIT, VersionUpload};
pub use zip_contents::ModuleZipContents;
