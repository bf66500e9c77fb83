//! Faults that change an artifact as real ones do: what disks, tools for text, caches and mirrors
//! make of it.

use std::sync::Arc;

use super::Fault;
use crate::fixture::{Module, zip};

/// Most bytes of a block that deflate stores as it is.
const STORED_BLOCK: usize = 0xffff;

// === impl Fault ===

impl Fault {
    /// One bit of the body is turned; bodies that are shorter stay as they are.
    pub fn flipped_bit(at: usize, bit: u32) -> Self {
        Self::tamper(move |body| {
            let mut body = body.to_vec();
            if let Some(byte) = body.get_mut(at) {
                *byte ^= 1 << (bit % 8);
            }
            body
        })
    }

    /// The end is missing, under a length that fits: the source itself has no more.
    pub fn kept_short(length: usize) -> Self {
        Self::tamper(move |body| body.get(..length).unwrap_or(body).to_vec())
    }

    /// Every LF is CRLF, as after a copy in text mode.
    pub fn crlf() -> Self {
        Self::tamper(|body| {
            let mut result = Vec::with_capacity(body.len());
            for &byte in body {
                if byte == b'\n' {
                    result.push(b'\r');
                }
                result.push(byte);
            }
            result
        })
    }

    /// The body is gzip, and no header says so.
    pub fn gzip() -> Self {
        Self::tamper(gzip)
    }

    /// 200 and the right body, under these header lines in place of its own; each ends in CRLF.
    pub fn headed(lines: &'static str) -> Self {
        Self::Wire(Arc::new(move |body| {
            let length = body.len();
            let head = format!("HTTP/1.1 200 OK\r\n{lines}content-length: {length}\r\n\r\n");
            [head.as_bytes(), body].concat()
        }))
    }

    /// The body is gzip and a header says so, whether the client asked for it or not.
    pub fn gzip_declared() -> Self {
        Self::Wire(Arc::new(|body| {
            let packed = gzip(body);
            let length = packed.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\n\r\n"
            );
            [head.as_bytes(), &packed].concat()
        }))
    }

    /// The zip of another module or version, or of another state of the same one: what a mirror
    /// sends that mixes things up or is behind.
    pub fn zip_of(module: &Module) -> Self {
        Self::replace(module.zip())
    }

    /// The go.mod of another module or version, or of another state of the same one.
    pub fn go_mod_of(module: &Module) -> Self {
        Self::replace(module.mod_file())
    }
}

/// gzip (RFC 1952) of stored blocks (RFC 1951, section 3.2.4).
fn gzip(body: &[u8]) -> Vec<u8> {
    // Deflate; no flags, no time, unknown system.
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    for block in body.chunks(STORED_BLOCK) {
        let length = u16::try_from(block.len()).unwrap();
        packed.push(0);
        packed.extend_from_slice(&length.to_le_bytes());
        packed.extend_from_slice(&(!length).to_le_bytes());
        packed.extend_from_slice(block);
    }
    // The last block, empty.
    packed.extend_from_slice(&[1, 0, 0, 0xff, 0xff]);
    packed.extend_from_slice(&zip::crc32(body).to_le_bytes());
    let size = u32::try_from(body.len()).unwrap();
    packed.extend_from_slice(&size.to_le_bytes());
    packed
}

#[cfg(test)]
mod tests {
    use super::{Fault, gzip};

    fn tampered(fault: Fault, body: &[u8]) -> Vec<u8> {
        match fault {
            Fault::Tamper(change) => change(body),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_fault_changes_what_it_says() {
        assert_eq!(tampered(Fault::crlf(), b"a\nb\n"), b"a\r\nb\r\n");
        assert_eq!(tampered(Fault::flipped_bit(1, 5), b"ABC"), b"AbC");
        assert_eq!(tampered(Fault::kept_short(2), b"ABC"), b"AB");
        assert_eq!(tampered(Fault::kept_short(9), b"ABC"), b"ABC");
    }

    #[test]
    fn a_declared_gzip_says_so_and_is_framed_by_its_length() {
        let Fault::Wire(wire) = Fault::gzip_declared() else {
            unreachable!("it is a matter of the wire")
        };
        let answer = wire(b"ABC");
        let head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 31\r\n\r\n";
        assert_eq!(answer, [head, gzip(b"ABC").as_slice()].concat());
    }

    #[test]
    fn gzip_frames_its_content_and_sums_it() {
        // What `gzip -d` reads as "123456789"; the checksum is the published check value.
        let packed = gzip(b"123456789");
        assert_eq!(packed[..2], [0x1f, 0x8b]);
        assert_eq!(packed[15..24], *b"123456789");
        assert_eq!(packed[29..33], 0xcbf4_3926_u32.to_le_bytes());
        assert_eq!(packed[33..], 9_u32.to_le_bytes());
    }
}
