//! The head of a Go file: its package clause, its imports, and when it is built.
//!
//! That is all a question about dependencies needs, and it stands at the front of a file, so bodies
//! are never parsed and most files are read by their first few KiB. The syntax is that of the Go
//! specification up to the last import declaration; build constraints are those of `go help
//! buildconstraint`: the `//go:build` line, else `// +build` lines, and the file name's suffixes.
//!
//! Refused, with the line: everything that is no Go up to there, more than one `//go:build` line,
//! constraints nested deeper or larger than any person writes, and import paths written with escape
//! sequences, which are legal and hide what is imported. What is refused is reported as unreadable
//! by whoever asked; nothing is guessed from half a file.

mod constraint;
mod file_name;
mod header;
mod leading;
mod lexer;

pub use constraint::{BuildConstraint, ConstraintError, MAX_DEPTH, MAX_TERMS};
pub use file_name::{KNOWN_ARCHITECTURES, KNOWN_SYSTEMS, implied, is_considered, is_test};
pub use header::{GoFileHeader, HeaderError, HeaderFault, ImportSpec, parse};

/// The most bytes of a file that are looked at. Heads are a few KiB; the longest are cgo preambles
/// and licences, some hundred KiB.
pub const MAX_HEAD: usize = 4 << 20;

/// The most imports that a file may have; generated files have a few hundred.
pub const MAX_IMPORTS: usize = 10_000;
