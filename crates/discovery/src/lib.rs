//! Which repository a module path is in, pure: what the path alone says, and what a page says.
//!
//! `go` asks nobody about paths of a few hosts whose layout it knows, and about paths with the suffix of a version
//! control system in them (`example.com/a.git/b`). For all others it asks the path itself, as a URL with
//! `?go-get=1`, and reads `go-import` tags from the page (Go Modules Reference, "Finding a repository for a module
//! path"). Here are the rules; whoever uses them does the asking.

mod import_match;
mod known_hosts;
mod page;

pub use import_match::{ImportMatch, ImportMatchError, match_import};
pub use known_hosts::{KnownRepository, known_repository};
pub use page::{DiscoveryPage, GoImportTag};
