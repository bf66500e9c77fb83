//! Ustar: the one header that a file of a bundle can have, and back.
//!
//! The layout is that of POSIX.1-1988 (`ustar`); a path that does not fit into it has an extended
//! header of POSIX.1-2001 (`pax`) in front, with its path and nothing else. Everything that is not
//! path and size is constant. A path is split at the first slash that leaves a name of at most 100
//! bytes.
//!
//! Reading is writing: path and size are taken from where they stand, the header for them is made,
//! and must be what was read. So a header has no other spelling than the one written here, and
//! there is nothing to be lenient about.

/// Bytes of a block; everything in a tar is made of these.
pub(crate) const BLOCK: usize = 512;

/// The largest size that eleven octal digits hold, and the largest file in a bundle.
pub(crate) const MAX_SIZE: u64 = (1 << 33) - 1;

/// The longest path. A key's path has at most 2,048 bytes, and a proof's has the name of its
/// database behind that.
pub(crate) const MAX_PATH: usize = 4096;

/// What stands in the header of an extended header, and in the name of the file behind it: a
/// program that does not know extended headers would show this.
const EXTENDED: &str = "modkeep-long-path";

const NAME: usize = 100;
const PREFIX: usize = 155;
const REGULAR: u8 = b'0';
const PAX: u8 = b'x';

/// What a header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UstarHeader {
    pub(crate) path: String,
    pub(crate) size: u64,
}

/// The blocks in front of a file's content; `None` for what cannot be in a bundle.
pub(crate) fn encode(path: &str, size: u64) -> Option<Vec<u8>> {
    if !is_plain(path) || size > MAX_SIZE {
        return None;
    }
    if let Some((prefix, name)) = split(path) {
        return Some(block(prefix, name, REGULAR, size));
    }
    let record = record(path);
    let mut blocks = block("", EXTENDED, PAX, record.len() as u64);
    blocks.extend_from_slice(record.as_bytes());
    blocks.resize(blocks.len().next_multiple_of(BLOCK), 0);
    blocks.extend(block("", EXTENDED, REGULAR, size));
    Some(blocks)
}

/// How many bytes are needed to decode a header that begins with this block.
pub(crate) fn length(first: &[u8]) -> Option<usize> {
    match *first.get(156)? {
        REGULAR => Some(BLOCK),
        PAX => {
            let record = usize::try_from(size(first)?).ok()?;
            let record = (record <= MAX_PATH + 16).then_some(record)?;
            Some(BLOCK + record.next_multiple_of(BLOCK) + BLOCK)
        }
        _ => None,
    }
}

/// Reads what [`encode`] writes, and nothing else.
pub(crate) fn decode(bytes: &[u8]) -> Option<UstarHeader> {
    let first = bytes.get(..BLOCK)?;
    let last = bytes.get(bytes.len().checked_sub(BLOCK)?..)?;
    let path = if first.get(156) == Some(&PAX) {
        let record = bytes
            .get(BLOCK..)?
            .get(..usize::try_from(size(first)?).ok()?)?;
        let (_, path) = std::str::from_utf8(record).ok()?.split_once(" path=")?;
        path.strip_suffix('\n')?.to_owned()
    } else {
        let (prefix, name) = (text(first, 345, PREFIX)?, text(first, 0, NAME)?);
        let slash = if prefix.is_empty() { "" } else { "/" };
        format!("{prefix}{slash}{name}")
    };
    let size = size(last)?;
    (encode(&path, size)? == bytes).then_some(UstarHeader { path, size })
}

/// Whether a path is relative, without empty, `.` or `..` elements, of graphic ASCII without the
/// characters that some system gives a meaning.
pub(crate) fn is_plain(path: &str) -> bool {
    let sound = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b':' | b'*' | b'"');
    path.len() <= MAX_PATH
        && path.bytes().all(sound)
        && path
            .split('/')
            .all(|element| !matches!(element, "" | "." | ".."))
}

fn block(prefix: &str, name: &str, kind: u8, size: u64) -> Vec<u8> {
    let with = |checksum: &str| {
        let mut block = Vec::with_capacity(BLOCK);
        let mut put = |text: &str, width: usize| {
            let end = block.len() + width;
            block.extend_from_slice(text.as_bytes());
            block.resize(end, 0);
        };
        put(name, NAME);
        put("0000644", 8); // mode
        put("0000000", 8); // user
        put("0000000", 8); // group
        put(&format!("{size:011o}"), 12);
        put("00000000000", 12); // time
        put(checksum, 8);
        put(char::from(kind).encode_utf8(&mut [0; 4]), 1);
        put("", 100); // target of a link
        put("ustar", 6);
        put("00", 2);
        put("", 64); // names of user and group
        put("0000000", 8); // device
        put("0000000", 8);
        put(prefix, PREFIX);
        put("", 12);
        block
    };
    // The checksum is over the block with spaces in its place.
    let sum: u32 = with("        ").iter().map(|byte| u32::from(*byte)).sum();
    with(&format!("{sum:06o}\0 "))
}

/// Prefix and name, if the path fits.
fn split(path: &str) -> Option<(&str, &str)> {
    if path.len() <= NAME {
        return Some(("", path));
    }
    let from = path.len() - NAME - 1;
    let (at, _) = path.match_indices('/').find(|(at, _)| *at >= from)?;
    let (prefix, name) = (path.get(..at)?, path.get(at + 1..)?);
    (prefix.len() <= PREFIX).then_some((prefix, name))
}

/// `LENGTH path=PATH`, where the length counts its own digits.
fn record(path: &str) -> String {
    let rest = path.len() + " path=\n".len();
    let digits = |number: usize| number.to_string().len();
    let mut length = rest + digits(rest);
    length = rest + digits(length);
    format!("{length} path={path}\n")
}

fn size(block: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(block.get(124..135)?).ok()?;
    digits
        .bytes()
        .all(|digit| digit.is_ascii_digit())
        .then(|| u64::from_str_radix(digits, 8).ok())
        .flatten()
}

fn text(block: &[u8], from: usize, width: usize) -> Option<&str> {
    let field = block.get(from..from + width)?;
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(width);
    std::str::from_utf8(field.get(..end)?).ok()
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, MAX_SIZE, UstarHeader, decode, encode, length, record};

    fn round_trip(path: &str) -> usize {
        let blocks = encode(path, 1234).unwrap();
        assert_eq!(length(&blocks[..BLOCK]), Some(blocks.len()));
        let header = UstarHeader {
            path: path.to_owned(),
            size: 1234,
        };
        assert_eq!(decode(&blocks), Some(header));
        blocks.len()
    }

    #[test]
    fn a_path_of_any_length_is_read_as_it_was_written() {
        for length in 1..=300 {
            let path = "abcdefg/".repeat(40)[..length].replace("g/", "gh");
            round_trip(&path);
        }
        let deep = "abcdefg/".repeat(40);
        assert_eq!(round_trip(&deep[..99]), BLOCK);
        assert_eq!(round_trip(&deep[..250]), BLOCK);
        assert_eq!(round_trip(&deep[..255]), 3 * BLOCK);
        assert_eq!(round_trip(&"a".repeat(101)), 3 * BLOCK);
        assert!(round_trip(&"a".repeat(4096)) > 3 * BLOCK);
    }

    #[test]
    fn the_length_of_an_extended_record_counts_itself() {
        for length in [1, 2, 91, 92, 93, 990, 991, 992, 4096] {
            let record = record(&"a".repeat(length));
            let (number, _) = record.split_once(' ').unwrap();
            assert_eq!(number, record.len().to_string());
        }
    }

    #[test]
    fn what_leads_out_of_a_directory_cannot_be_written() {
        for path in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            "a\\b",
            "a b",
            "a\0",
            "C:/a",
            "\u{e4}",
        ] {
            assert_eq!(encode(path, 0), None, "{path:?}");
        }
        assert_eq!(encode(&"a".repeat(4097), 0), None);
        assert_eq!(encode("a", MAX_SIZE + 1), None);
        assert!(encode("a", MAX_SIZE).is_some());
    }

    #[test]
    fn a_header_with_any_byte_changed_is_none_or_that_of_another_path() {
        for path in ["example.com/a/@v/v1.0.0.zip", &"long/".repeat(60)[..299]] {
            let blocks = encode(path, 77).unwrap();
            for at in 0..blocks.len() {
                for bit in [1, 0x20, 0x80] {
                    let mut wrong = blocks.clone();
                    wrong[at] ^= bit;
                    // The path in an extended header is covered by no checksum.
                    let within = blocks.len() > BLOCK && (BLOCK..2 * BLOCK).contains(&at);
                    let read = decode(&wrong).filter(|read| !within || read.path == path);
                    assert_eq!(read, None, "byte {at}");
                }
            }
        }
    }
}
