//! The sizes that Go's module zips may have; the numbers are those of golang.org/x/mod/zip.

/// Most bytes of a zip file, and most bytes of all its files together when unpacked: 500 MiB each.
///
/// The `go` command stops reading a download one byte past this.
pub const MAX_ZIP_FILE: u64 = 500 << 20;

/// Most bytes of the `go.mod` in the module's root: 16 MiB.
pub const MAX_GO_MOD: u64 = 16 << 20;

/// Most bytes of the `LICENSE` in the module's root: 16 MiB.
pub const MAX_LICENSE: u64 = 16 << 20;
