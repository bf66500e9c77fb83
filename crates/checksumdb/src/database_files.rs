//! Database files: what the files of a checksum database look like, by their paths below its name.
//!
//! Structure only: whether a record is true is proven elsewhere, or by the client itself.

use crate::database_tile as tile;
use codes::Code;
use inspection::check::Wrong;

/// Bytes of a full hash tile.
const FULL_TILE: usize = 256 * tile::HASH;

/// Whether a path of a database holds records, with the names that are in them.
pub fn is_entries(path: &str) -> bool {
    tile::is_data(path) || path.starts_with("tile/entries/")
}

/// Lookups and full tiles never change.
pub fn is_permanent(path: &str) -> bool {
    path.starts_with("lookup/") || (path.starts_with("tile/") && tile::partial(path).is_none())
}

/// Whether bytes can be this permanent record.
pub fn check(path: &str, bytes: &[u8]) -> Result<(), Wrong> {
    if path.starts_with("lookup/") {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let (head, note) = text.split_once("\n\n").unwrap_or_default();
        let numbered = head
            .lines()
            .next()
            .is_some_and(|line| line.parse::<u64>().is_ok());
        return if numbered && note.contains("\n\n") {
            Ok(())
        } else {
            Err(Wrong::new(
                Code::UpstreamBadContent,
                "it is no record with a signed tree head",
            ))
        };
    }
    if !tile::is_data(path) && bytes.len() != FULL_TILE {
        return Err(Wrong::new(
            Code::UpstreamBadContent,
            format!("it is a full tile of {} bytes", bytes.len()),
        ));
    }
    Ok(())
}

/// Whether bytes can be an answer of a database. A partial tile must have its
/// exact length: narrower ones are cut from it for as long as it is the widest that is known.
pub fn check_changing(path: &str, bytes: &[u8]) -> Result<(), Wrong> {
    if is_permanent(path) {
        return check(path, bytes);
    }
    let is_hashes = !tile::is_data(path);
    let problem = match tile::partial(path) {
        Some((_, width)) if is_hashes && bytes.len() != width * tile::HASH => {
            format!("it is a tile of {width} hashes in {} bytes", bytes.len())
        }
        None if path == "latest" && !bytes.windows(2).any(|pair| pair == b"\n\n") => {
            "it is no signed tree head".to_owned()
        }
        None if bytes.trim_ascii_start().starts_with(b"<") => "it is a web page".to_owned(),
        _ => return Ok(()),
    };
    Err(Wrong::new(Code::UpstreamBadContent, problem))
}

#[cfg(test)]
mod tests {
    use super::{check, check_changing, is_permanent};

    #[test]
    fn lookups_and_full_tiles_are_permanent() {
        for path in [
            "lookup/example.com/m@v1.0.0",
            "tile/8/0/x001/234",
            "tile/8/data/005",
        ] {
            assert!(is_permanent(path), "{path}");
        }
        for path in ["latest", "supported", "tile/8/0/x001/234.p/7"] {
            assert!(!is_permanent(path), "{path}");
        }
    }

    #[test]
    fn a_web_page_is_no_record() {
        assert!(check("lookup/example.com/m@v1.0.0", b"<html>\n\n</html>\n\n").is_err());
        assert!(check("lookup/example.com/m@v1.0.0", b"7\nexample.com/m v1.0.0 h1:x\n\ngo.sum database tree\n7\nhash\n\n\xe2\x80\x94 db sig\n").is_ok());
        assert!(check("tile/8/0/001", &[0; 8191]).is_err());
        assert!(check("tile/8/0/001", &[0; 8192]).is_ok());
    }

    #[test]
    fn what_may_change_has_its_shape_too() {
        assert!(check_changing("tile/8/0/001.p/2", &[0; 64]).is_ok());
        assert!(check_changing("tile/8/0/001.p/2", &[0; 63]).is_err());
        assert!(check_changing("tile/8/0/001.p/2", &[0; 65]).is_err());
        assert!(check_changing("latest", b"go.sum database tree\n7\nhash\n\n-- db sig\n").is_ok());
        assert!(check_changing("latest", b"try again later\n").is_err());
        assert!(check_changing("supported", b"").is_ok());
        assert!(check_changing("supported", b"<html>sign in</html>").is_err());
    }
}
