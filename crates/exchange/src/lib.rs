//! Exchange: what is kept, carried in a bundle to a site that reaches nobody, and proven there before it is used.
//!
//! The far side believes its own keys and nothing else. What the bundle says of itself is compared
//! with what is in it; what vouches for an artifact is a record that a database has signed, found in
//! the tree of the newest head, with the same client that checks the database over a network. The
//! head, in turn, must belong to one log with the newest head that the store has seen.
//!
//! An import looks at everything first and then keeps everything. Where anything at all is wrong,
//! each problem is told with its file and place, and nothing is kept. The second look trusts the
//! first only as far as it can compare: the hash of each line of the manifest is remembered, and
//! bytes are kept under the hash that stands in the line. An import that is killed in the middle is
//! completed by running it again, for a capture that is there already is no other one.
//!
//! Neither direction asks anybody for artifacts. An export may ask the database for tiles that its
//! store has lost; an import asks nobody for anything. Memory is bounded by a batch of versions and
//! an index of the tiles, not by the size of the bundle.

mod admission;
mod carried;
mod contents;
mod export;
mod import;
mod keep;
mod log;
mod offline;
mod report;
mod selection;
mod survey;

pub use admission::Admission;
pub use export::{BundleExport, BundleExportError, BundleRequest, export_bundle, note_carried};
pub use import::import_bundle;
pub use report::{BundleHead, BundleProblem, BundleReport, Intent, Stage};
pub use selection::{BundleSelection, SelectionError};
