//! What is inside gzip, as a source that can be read and sought like the file it came from.
//!
//! Zips are read from their end, and what is inside can be 500 MiB. So nothing is kept: going back
//! means unpacking from the beginning again. The zip rules read forward three times, which makes four
//! passes; that is a price for bounded memory, paid once a case.

use flate2::read::MultiGzDecoder;
use gomod::zip::limits::MAX_ZIP_FILE;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes unpacked at a time when nobody wants them.
const SKIPPED: usize = 64 << 10;

/// Unpacks while it is read. Ends in an error past the size that a module zip may have.
pub(super) struct GunzipReader<R> {
    /// None only while it is being replaced.
    decoder: Option<MultiGzDecoder<R>>,
    /// Where the decoder is.
    reached: u64,
    /// Where the next read is to begin.
    position: u64,
}

// === impl GunzipReader ===

impl<R: Read + Seek> GunzipReader<R> {
    pub(super) fn new(mut packed: R) -> io::Result<Self> {
        packed.rewind()?;
        Ok(Self {
            decoder: Some(MultiGzDecoder::new(packed)),
            reached: 0,
            position: 0,
        })
    }

    fn unpack(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let decoder = self.decoder.as_mut();
        let read = decoder.map_or(Ok(0), |decoder| decoder.read(buffer))?;
        self.reached += read as u64;
        if self.reached > MAX_ZIP_FILE {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(read)
    }

    fn restart(&mut self) -> io::Result<()> {
        if let Some(decoder) = self.decoder.take() {
            let mut packed = decoder.into_inner();
            packed.rewind()?;
            self.decoder = Some(MultiGzDecoder::new(packed));
        }
        self.reached = 0;
        Ok(())
    }

    /// Unpacks up to `target`, or to the end if that comes first.
    fn skip_to(&mut self, target: u64) -> io::Result<()> {
        let mut thrown_away = vec![0; SKIPPED];
        while self.reached < target {
            let ahead = usize::try_from(target - self.reached).unwrap_or(usize::MAX);
            let room = thrown_away.get_mut(..ahead.min(SKIPPED));
            if self.unpack(room.unwrap_or_default())? == 0 {
                break;
            }
        }
        Ok(())
    }
}

impl<R: Read + Seek> Read for GunzipReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position < self.reached {
            self.restart()?;
        }
        self.skip_to(self.position)?;
        let read = self.unpack(buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl<R: Read + Seek> Seek for GunzipReader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(distance) => self.position.checked_add_signed(distance),
            SeekFrom::End(distance) => {
                self.skip_to(u64::MAX)?;
                self.reached.checked_add_signed(distance)
            }
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::GunzipReader;
    use flate2::{Compression, write::GzEncoder};
    use std::io::{Cursor, Read, Seek, SeekFrom, Write};

    #[test]
    fn it_reads_and_seeks_like_the_file_inside() {
        let content = testkit::noise::bytes(1, 300_000);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&content).unwrap();
        let packed = encoder.finish().unwrap();
        let mut unpacked = GunzipReader::new(Cursor::new(packed)).unwrap();
        let mut plain = Cursor::new(content);
        for to in [
            SeekFrom::End(-10),
            SeekFrom::Start(5),
            SeekFrom::Current(200_000),
            SeekFrom::Start(0),
            SeekFrom::End(7),
        ] {
            assert_eq!(unpacked.seek(to).unwrap(), plain.seek(to).unwrap());
            let (mut left, mut right) = (Vec::new(), Vec::new());
            unpacked.by_ref().take(1000).read_to_end(&mut left).unwrap();
            Read::by_ref(&mut plain)
                .take(1000)
                .read_to_end(&mut right)
                .unwrap();
            assert_eq!(left, right);
        }
    }
}
