//! The rules of Go modules, pure: bytes in, values out.
//!
//! No I/O, no clock, no runtime. Where Go defines the truth, Go is asked: see `tests/oracle`.

pub mod artifact;
pub mod escape;
pub mod goproxy;
pub mod gosum;
pub mod gowork;
pub mod info;
pub mod modfile;
pub mod mvs;
pub mod path;
pub mod pattern;
pub mod pseudo;
pub mod query;
pub mod semver;
pub mod sumhash;
pub mod unicode;
pub mod version;
pub mod zip;

pub use artifact::{Artifact, ArtifactKind};
pub use path::ModulePath;
pub use version::Version;
