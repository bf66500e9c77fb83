//! Database path: where the name of a checksum database ends in a path below `sumdb/`.

/// The C2SP form of a signed head.
pub const CHECKPOINT: &str = "checkpoint";

/// Splits `sumdb/NAME/PATH` at the first place behind which a path of the protocol stands.
pub fn split(path: &str) -> (&str, &str) {
    let rest = path.strip_prefix("sumdb/").unwrap_or(path);
    let mut splits = rest
        .match_indices('/')
        .map(|(at, _)| (&rest[..at], &rest[at + 1..]));
    splits
        .find(|(_, path)| {
            matches!(*path, "supported" | "latest" | CHECKPOINT)
                || path.starts_with("lookup/")
                || path.starts_with("tile/")
        })
        .unwrap_or((rest, ""))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_database_name_may_hold_slashes() {
        assert_eq!(
            split("sumdb/sum.golang.org/supported"),
            ("sum.golang.org", "supported")
        );
        assert_eq!(
            split("sumdb/db.example.com/a/b/tile/8/0/001"),
            ("db.example.com/a/b", "tile/8/0/001")
        );
        assert_eq!(
            split("sumdb/db.example.com/lookup/example.com/tile/x@v1.0.0"),
            ("db.example.com", "lookup/example.com/tile/x@v1.0.0")
        );
        assert_eq!(
            split("sumdb/db.example.com/latest-sums/latest"),
            ("db.example.com/latest-sums", "latest")
        );
    }
}
