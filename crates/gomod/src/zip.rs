//! Module zips: what may be in one, whether bytes are one, and how one is made.
//!
//! Go's rules (package documentation of golang.org/x/mod/zip): every name begins with
//! `MODULE@VERSION/`; names are valid and clean file paths; no two are equal under Unicode simple
//! folding, directories included; `go.mod` is in the root only and in lower case; zip and content
//! have at most 500 MiB each, `go.mod` and `LICENSE` 16 MiB; content is of its declared size. What
//! Go's `CheckZip`, `HashZip` or `Unzip` refuse is refused here; `tests/oracle` compares.
//!
//! # Where this is stricter than Go, and why
//!
//! A zip tells everything twice: in headers in front of the data, and in a directory behind it.
//! Go follows the directory; scanners, streaming unpackers and other readers may not. Whoever
//! makes the two differ shows one module to `go` and another to whoever examines it. So the law
//! here is: **read from the front and read from the back, the zip is the same.** What breaks it is
//! refused, although Go's reader would not notice:
//!
//! | Refused | Because |
//! |---|---|
//! | local header and directory disagree in name, flags, method, checksum or sizes | each kind of reader believes another one |
//! | data descriptor whose sizes differ from the directory's, or of no known length | a reader from the front takes the next entry from it |
//! | bytes before, between or behind the entries that belong to none; self-extracting stubs; directory records that are no entries | they can be whole entries to a reader from the front; readers differ in how they correct offsets |
//! | entries that overlap or share data; data that reaches into the directory | only a reader from the back can see such a thing |
//! | bytes behind the end of a deflate stream | a reader from the front goes on there, one from the back after the declared size |
//! | bytes behind the end record; 64-bit and 32-bit end records that disagree, or a 64-bit count that is not that of the entries | readers differ in which end they find and which record they follow |
//! | a second name in an Info-ZIP Unicode path field that differs from the first | readers differ in which name they use |
//! | entries marked as encrypted or as patches | Go ignores the mark, all others do not |
//! | entries with the mode of a link, device, pipe or of the other kind than the name says | Go writes a plain file, others make the link; Go's rules forbid them in words |
//! | directories with data that is not empty when unpacked | Go never looks at it |
//!
//! Everything that only looks odd passes as it does in Go: stored data with a descriptor, comments,
//! extra fields, any order, empty directories, directories twice, 64-bit records where none is
//! needed, counts of more than 65535 entries in 16 bits, a checksum of zero for "not computed".
//!
//! # Bounds
//!
//! Nothing is unpacked past its declared size, and all declared sizes together are bounded before
//! the first is unpacked, so there are no bombs. Memory: two buffers of less than 400 KiB, the names behind
//! the prefix once, 64 bytes an entry, and the go.mod. Time: linear in the zip, plus sorting the
//! names. Reading: three passes forward, over the end, the directory and the rest.
//!
//! # Toolchains
//!
//! `golang.org/toolchain` holds whole Go distributions, nested go.mod files included. They are in
//! its zips under the name `_go.mod`, which is a file name like any other: no rule is lifted for
//! them. The `go` command renames them after unpacking.

pub mod check;
mod collide;
pub mod command;
mod content;
pub mod create;
pub mod dir;
mod end;
mod format;
mod front;
pub(crate) mod hash;
pub mod limits;
mod listing;
pub mod names;
pub mod nar;
pub mod pick;
pub mod problem;
mod records;
pub mod select;
pub mod source;
pub mod survey;
pub mod vendor;
mod window;

pub use check::{CheckedFile, CheckedZip, ZipNames, check_zip, list_zip};
pub use create::{CreateError, CreatedZip, create_zip};
pub use pick::{FileCandidate, pick_files};
pub use problem::{HeaderField, ShownName, ZipError, ZipProblem, ZipProblems};
pub use select::{FileOmission, FileSelection, select};
pub use source::{FileKind, MemoryFile, SourceFile, inherits_root_license};
pub use survey::{PackedEntry, SurveyedEntry, survey_zip};
