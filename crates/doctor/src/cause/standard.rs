//! The packages that came to the standard library after go 1.13: an older go takes them for modules.

use crate::parts::MessageParts;

/// Each with the release that it came with.
const NEWER: &[(&str, &str)] = &[
    ("cmp", "1.21"),
    ("crypto/ecdh", "1.20"),
    ("crypto/fips140", "1.24"),
    ("crypto/hkdf", "1.24"),
    ("crypto/hpke", "1.26"),
    ("crypto/mlkem", "1.24"),
    ("crypto/pbkdf2", "1.24"),
    ("crypto/sha3", "1.24"),
    ("debug/buildinfo", "1.18"),
    ("embed", "1.16"),
    ("encoding/json/jsontext", "1.25"),
    ("encoding/json/v2", "1.25"),
    ("go/build/constraint", "1.16"),
    ("go/doc/comment", "1.19"),
    ("go/version", "1.22"),
    ("hash/maphash", "1.14"),
    ("io/fs", "1.16"),
    ("iter", "1.23"),
    ("log/slog", "1.21"),
    ("maps", "1.21"),
    ("math/rand/v2", "1.22"),
    ("net/netip", "1.18"),
    ("runtime/coverage", "1.20"),
    ("runtime/metrics", "1.16"),
    ("slices", "1.21"),
    ("structs", "1.23"),
    ("testing/cryptotest", "1.26"),
    ("testing/fstest", "1.16"),
    ("testing/slogtest", "1.21"),
    ("testing/synctest", "1.25"),
    ("time/tzdata", "1.15"),
    ("unique", "1.23"),
    ("weak", "1.24"),
];

/// Whether the package is one of them.
pub(super) fn is_newer(parts: &MessageParts) -> bool {
    let package = parts.get("package").unwrap_or_default();
    NEWER.iter().any(|(name, _)| *name == package)
}

/// Whether it is none of them.
pub(super) fn is_none(parts: &MessageParts) -> bool {
    !is_newer(parts)
}
