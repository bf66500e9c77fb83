//! Bundle: artifacts, their proofs and the tree heads they are proven in, as one file.
//!
//! A bundle is an uncompressed POSIX tar, so that whoever receives one can look into it with what
//! every system has. In front stands a manifest that says of every byte behind it what it is:
//!
//! ```text
//! modkeep-bundle.json                       heads, and each version's files with sizes and hashes
//! modkeep-bundle.sha256                     the hash of the manifest, as sha256sum writes it
//! sumdb/DATABASE/tile/8/L/N                 hash tiles that lead from the records to the heads
//! -/proof/MODULE/@v/VERSION/DATABASE.tlog-proof
//! MODULE/@v/VERSION.{info,mod,zip}          the artifacts of that version
//! ```
//!
//! There is exactly one file for given contents. Order, headers, padding and the spelling of the
//! manifest are fixed, times and owners are zero, so two exports of the same can be compared with
//! `cmp`. The reader relies on it: it does not interpret a header, it builds the only one that can
//! stand there and compares. Links, devices, sparse files, numbers in other bases, extensions that
//! another program reads in another way: nothing of that can be written down.
//!
//! That is why no tar library is used. What a library adds is leniency, of which a format with one
//! spelling has no use; and its choices (where a long name is split) would become ours, to be kept
//! for ever. What is left of tar without them is a page of code (`ustar`), which is tested
//! against the system's `tar`.
//!
//! Whether the contents are *true* is not decided here. The manifest's words are bounded and agree
//! with the file around them; who vouches for them is the proofs' business, in `exchange`.
//! No I/O but positioned reads and writes that the caller hands in; memory is bounded by one line
//! of the manifest, however large the file is.

mod digest;
mod manifest;
mod read;
mod source;
mod ustar;
mod write;

pub use digest::{Digest, DigestHasher, MalformedDigest};
pub use manifest::{
    BundleArtifact, BundleDatabase, BundleHeader, BundleVersion, CHECKSUM, FORMAT, MANIFEST,
    MOD_LIMIT, PROOF_LIMIT, ProofEntry, SMALL_LIMIT, ZIP_LIMIT,
};
pub use read::{
    BundleEntry, BundleReader, MalformedBundle, VersionCursor, VersionPlaces, is_bundle,
};
pub use source::ReadAt;
pub use write::{BundleWriter, WriteError};
