//! Signing: the key of the journal's log, and the checkpoint it signed last, as files.
//!
//! The checkpoint is kept before anybody gets it. It is the site's own memory of what it has
//! vouched for, and lies outside the catalog so that a catalog from a backup cannot take it along.

use crate::{disk, error::StoreError, layout::DataLayout};
use aws_lc_rs::rand;
use bytes::Bytes;
use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};
use tlog::note::{self, SignerKey};

/// What a log is called as long as nobody gives it a name: an origin that cannot be an address,
/// with random digits behind it.
const UNNAMED: &str = "modkeep.invalid/journal";

/// Random digits of a name.
const DIGITS: usize = 8;

/// More than any key's text has.
const MAX_KEY: u64 = 4 << 10;

/// The key, if there is one. A file that holds none is an error: only its owner can say what it is.
pub(crate) fn read_key(layout: &DataLayout) -> Result<Option<SignerKey>, StoreError> {
    let path = layout.journal_key();
    let Some(bytes) = read(&path, MAX_KEY)? else {
        return Ok(None);
    };
    let key = std::str::from_utf8(&bytes)
        .ok()
        .and_then(|text| text.trim_end().parse().ok());
    let unreadable = || {
        let problem = "it holds no signing key; mend it, or remove it to begin another log";
        let error = io::Error::new(io::ErrorKind::InvalidData, problem);
        StoreError::reading("journal.key", error)
    };
    key.map(Some).ok_or_else(unreadable)
}

/// Makes a key's file, or replaces it.
pub(super) fn keep_key(layout: &DataLayout, key: &SignerKey) -> Result<(), StoreError> {
    let path = layout.journal_key();
    let text = format!("{}\n", key.reveal());
    disk::write_durably(&path, &path.with_extension("key.new"), text.as_bytes())
}

/// The checkpoint that was signed last, as it was served.
pub(super) fn read_checkpoint(layout: &DataLayout) -> Result<Option<Bytes>, StoreError> {
    Ok(read(&layout.checkpoint(), note::MAX_NOTE as u64)?.map(Bytes::from))
}

/// Keeps a checkpoint instead of the one before it.
pub(super) fn keep_checkpoint(layout: &DataLayout, note: &[u8]) -> Result<(), StoreError> {
    let path = layout.checkpoint();
    disk::write_durably(&path, &path.with_extension("new"), note)
}

/// Puts the checkpoint of an ended log aside, for whoever wants to know what it vouched for.
pub(super) fn put_checkpoint_aside(layout: &DataLayout, next: &str) -> Result<(), StoreError> {
    let path = layout.checkpoint();
    let aside = path.with_extension(format!("before-{}", digits(next)));
    match fs::rename(&path, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        renamed => renamed.map_err(|error| StoreError::file("putting aside", &path, error)),
    }
}

/// A key for a log that begins. After another log it is the same secret under another name, so
/// whoever knew the old key sees that the same site speaks.
pub(super) fn new_key(old: Option<&SignerKey>) -> Result<SignerKey, StoreError> {
    let base = old.map_or(UNNAMED, |key| without_digits(key.verifier().name()));
    let name = format!("{base}/{:08x}", u32::from_be_bytes(random()?));
    let key = match old {
        Some(old) => old.renamed(&name),
        None => SignerKey::from_seed(&name, random()?),
    };
    key.map_err(|error| impossible(&error.to_string()))
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| impossible("the system gives no random bytes"))?;
    Ok(bytes)
}

fn impossible(problem: &str) -> StoreError {
    StoreError::io("making journal.key", io::Error::other(problem.to_owned()))
}

/// The last element of a name.
fn digits(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// A name without the digits that an earlier log of the site got.
fn without_digits(name: &str) -> &str {
    let is_digits =
        |text: &str| text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match name.rsplit_once('/') {
        Some((base, last)) if is_digits(last) => base,
        _ => name,
    }
}

/// A whole file of at most `limit` bytes; what is longer is cut, and then not what it should be.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let failed = |error| StoreError::reading(&path.display().to_string(), error);
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed)?,
    };
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::{keep_key, new_key, read_key, without_digits};
    use crate::layout::DataLayout;

    #[test]
    fn a_key_is_read_as_it_was_kept_and_nobody_else_may_read_it() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let layout = DataLayout::new(directory.path());
        assert!(read_key(&layout).expect("no key").is_none());
        let key = new_key(None).expect("random bytes");
        keep_key(&layout, &key).expect("kept");
        let read = read_key(&layout).expect("read").expect("a key");
        assert_eq!(read.verifier(), key.verifier());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let metadata = layout.journal_key().metadata().expect("there");
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(layout.journal_key(), "PRIVATE+KEY+x").expect("written");
        assert!(read_key(&layout).is_err(), "not taken for no key");
    }

    #[test]
    fn the_next_log_has_another_name_and_the_same_secret() {
        let first = new_key(None).expect("random bytes");
        let second = new_key(Some(&first)).expect("random bytes");
        assert_ne!(first.verifier().name(), second.verifier().name());
        assert_ne!(first.verifier().id(), second.verifier().id());
        let public = |key: &str| key.rsplit('+').next().map(str::to_owned);
        assert_eq!(
            public(&first.verifier().to_string()),
            public(&second.verifier().to_string())
        );
        assert_eq!(
            without_digits("modkeep.invalid/journal/0123abcd"),
            "modkeep.invalid/journal"
        );
        assert_eq!(
            without_digits("log.example.com/team"),
            "log.example.com/team"
        );
        assert_eq!(without_digits("log.example.com"), "log.example.com");
    }
}
