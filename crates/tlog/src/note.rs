//! Signed notes: a text with one or more signatures below it.
//!
//! ```text
//! text, any number of lines
//!
//! — name base64(4 bytes of key id, signature)
//! ```
//!
//! (golang.org/x/mod/sumdb/note; C2SP signed-note.) A text counts only once a *known* key has signed
//! it: [`Note::open`] takes the known keys and gives a note with at least one valid signature, or an
//! error. Signatures of unknown keys are kept but vouch for nothing, which is how keys are rotated
//! and witnesses added. A known key's signature that does not verify spoils the whole note.

mod cosignature;
mod key;
mod signer;

pub use cosignature::{Cosignature, cosign};
pub use key::{KeyError, VerifierKey};
pub use signer::{SignError, SignerKey};

use crate::base64;
use std::{collections::BTreeSet, fmt};

/// The most signature lines that are read, as in Go: each of a known key costs a verification.
pub const MAX_SIGNATURES: usize = 100;

/// The largest note that is read, in bytes. Go sets no limit; the public database's notes have 200
/// bytes, and a hundred post-quantum signatures of 5 kB have 700 kB in base64.
pub const MAX_NOTE: usize = 1 << 20;

/// What begins each signature line: an em dash (U+2014) and a space.
const MARK: &str = "— ";

/// A text that at least one known key has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The signed text, with its final line end.
    pub text: String,
    /// Valid signatures of known keys, in the order of the note, one a key.
    pub verified: Vec<Signature>,
    /// Signatures of unknown keys, without repetitions.
    pub unverified: Vec<Signature>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Name of the key.
    pub name: String,
    /// The key's id, which also tells its algorithm.
    pub id: u32,
    /// Key id and signature, as they stand in the note: base64.
    pub base64: String,
}

/// Why bytes are no note that can be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It does not have the form of a note.
    #[error("malformed note, byte {at}: {problem}")]
    Malformed {
        /// Where, in bytes.
        at: usize,
        /// What is wrong there.
        problem: &'static str,
    },
    /// A known key's signature is not valid.
    #[error("invalid signature for key {name}+{id:08x}")]
    InvalidSignature {
        /// Name of the key.
        name: String,
        /// Id of the key.
        id: u32,
    },
    /// Two known keys have the same name and id, so nobody can say whose the signature is. It does
    /// not happen by itself: either one key was given twice, or one was made to look like another.
    #[error("two known keys are both {name}+{id:08x}")]
    AmbiguousKey {
        /// Name of the keys.
        name: String,
        /// Id of the keys.
        id: u32,
    },
    /// No known key has signed it.
    #[error("no known key has signed the note")]
    Unverified,
}

// === impl Note ===

impl Note {
    /// Reads a note and checks it with the keys that are known.
    pub fn open(message: &[u8], known: &[VerifierKey]) -> Result<Self, NoteError> {
        let (text, lines) = split(message)?;
        let mut note = Self {
            text: text.to_owned(),
            verified: Vec::new(),
            unverified: Vec::new(),
        };
        let mut seen = BTreeSet::new();
        for (number, (at, line)) in lines.enumerate() {
            let (signature, raw) =
                read_line(line).map_err(|problem| NoteError::Malformed { at, problem })?;
            if number >= MAX_SIGNATURES {
                return Err(NoteError::Malformed {
                    at,
                    problem: "more than a hundred signatures",
                });
            }
            let mut keys = known.iter().filter(|key| key.is_of(&signature));
            let Some(key) = keys.next() else {
                if !note.unverified.contains(&signature) {
                    note.unverified.push(signature);
                }
                continue;
            };
            if keys.next().is_some() {
                let Signature { name, id, .. } = signature;
                return Err(NoteError::AmbiguousKey { name, id });
            }
            // One signature of a key is enough.
            if !seen.insert((signature.name.clone(), signature.id)) {
                continue;
            }
            if !key.verifies(text.as_bytes(), raw.get(4..).unwrap_or_default()) {
                let Signature { name, id, .. } = signature;
                return Err(NoteError::InvalidSignature { name, id });
            }
            note.verified.push(signature);
        }
        if note.verified.is_empty() {
            Err(NoteError::Unverified)
        } else {
            Ok(note)
        }
    }

    /// The text of a note, whoever may have signed it: to show it, never to believe it.
    pub fn unverified_text(message: &[u8]) -> Result<&str, NoteError> {
        split(message).map(|(text, _)| text)
    }
}

/// Writes a note: the text, the signatures it has, and those of `signers`, which replace older
/// ones of the same keys.
pub fn sign(
    text: &str,
    existing: &[Signature],
    signers: &[&SignerKey],
) -> Result<String, SignError> {
    if !text.ends_with('\n') {
        return Err(SignError::NoLineEnd);
    }
    let new: Vec<Signature> = signers.iter().map(|signer| signer.sign(text)).collect();
    let is_kept = |old: &&Signature| {
        !new.iter()
            .any(|new| (&new.name, new.id) == (&old.name, old.id))
    };
    let kept: Vec<&Signature> = existing.iter().filter(is_kept).collect();
    let unsound = |old: &&Signature| !is_name(&old.name) || kept.contains(old) && !old.is_sound();
    if let Some(old) = existing.iter().find(unsound) {
        return Err(SignError::Existing(old.name.clone()));
    }
    let lines: String = kept
        .into_iter()
        .chain(&new)
        .map(ToString::to_string)
        .collect();
    Ok(format!("{text}\n{lines}"))
}

/// Text and signature lines, each of those with its position and without its end.
fn split(message: &[u8]) -> Result<(&str, impl Iterator<Item = (usize, &str)>), NoteError> {
    let malformed = |at, problem| NoteError::Malformed { at, problem };
    if message.len() > MAX_NOTE {
        return Err(malformed(MAX_NOTE, "larger than a mebibyte"));
    }
    let all = std::str::from_utf8(message)
        .map_err(|error| malformed(error.valid_up_to(), "not UTF-8"))?;
    if let Some(at) = all.find(|c: char| c < ' ' && c != '\n') {
        return Err(malformed(at, "a control character"));
    }
    let blank = all
        .rfind("\n\n")
        .ok_or(malformed(all.len(), "no blank line above the signatures"))?;
    let (text, below) = all.split_at(blank + 1);
    let lines = below.get(1..).and_then(|lines| lines.strip_suffix('\n'));
    let lines = lines.ok_or(malformed(
        all.len(),
        "no signature line, or one without an end",
    ))?;
    let mut at = blank + 2;
    Ok((
        text,
        lines.split('\n').map(move |line| {
            let start = at;
            at += line.len() + 1;
            (start, line)
        }),
    ))
}

fn read_line(line: &str) -> Result<(Signature, Vec<u8>), &'static str> {
    let rest = line
        .strip_prefix(MARK)
        .ok_or("no em dash and space begin the signature")?;
    let (name, base64) = rest
        .split_once(' ')
        .ok_or("no space behind the key's name")?;
    if !is_name(name) {
        return Err("no such key name can be");
    }
    let raw = base64::decode(base64)
        .filter(|raw| raw.len() > 4)
        .ok_or("no key id and signature in base64")?;
    let id = raw
        .first_chunk()
        .copied()
        .map(u32::from_be_bytes)
        .unwrap_or_default();
    let signature = Signature {
        name: name.to_owned(),
        id,
        base64: base64.to_owned(),
    };
    Ok((signature, raw))
}

/// Whether a text can be the name of a key: not empty, without white space and plus signs.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+')
}

// === impl Signature ===

impl Signature {
    pub(crate) fn raw(&self) -> Option<Vec<u8>> {
        base64::decode(&self.base64)
    }

    /// Whether its base64 begins with the id that it is said to have.
    fn is_sound(&self) -> bool {
        let raw = self.raw();
        raw.is_some_and(|raw| raw.starts_with(&self.id.to_be_bytes()))
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{MARK}{} {}", self.name, self.base64)
    }
}

#[cfg(test)]
mod tests {
    use super::{Note, NoteError, SignError, Signature, SignerKey, sign};

    fn signer() -> SignerKey {
        SignerKey::from_seed("log.example.com", [1; 32]).unwrap()
    }

    #[test]
    fn a_signature_that_two_known_keys_could_have_made_spoils_the_note() {
        let (signer, other) = (signer(), SignerKey::from_seed("other", [2; 32]).unwrap());
        let message = sign("text\n", &[], &[&signer]).unwrap();
        let key = signer.verifier().clone();
        let (name, id) = (key.name().to_owned(), key.id());
        let opened = Note::open(message.as_bytes(), &[key.clone(), key.clone()]);
        assert_eq!(opened, Err(NoteError::AmbiguousKey { name, id }));
        // Which keys are known twice does not matter to a note that none of them has signed.
        let twice = [key, other.verifier().clone(), other.verifier().clone()];
        assert!(Note::open(message.as_bytes(), &twice).is_ok());
    }

    #[test]
    fn an_older_signature_is_kept_only_if_it_can_be_read_again() {
        let signer = signer();
        let message = sign("text\n", &[], &[&signer]).unwrap();
        let note = Note::open(message.as_bytes(), &[signer.verifier().clone()]).unwrap();
        let old = note.verified;
        assert_eq!(sign("text\n", &old, &[]), Ok(message.clone()));
        assert_eq!(sign("text\n", &old, &[&signer]), Ok(message));
        let broken = |change: fn(&mut Signature)| {
            let mut broken = old.clone();
            broken.iter_mut().for_each(change);
            matches!(sign("text\n", &broken, &[]), Err(SignError::Existing(_)))
        };
        assert!(broken(|old| old.name = "two words".to_owned()));
        assert!(broken(|old| old.id ^= 1));
        assert!(broken(|old| old.base64.truncate(4)));
    }
}
