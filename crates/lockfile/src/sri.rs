//! Sri: hashes as lock files write them, `sha512-` and base64, several of them parted by spaces.
//!
//! Options behind a `?` are allowed by the format and mean nothing to package managers. A hash of an
//! unknown algorithm is refused instead of skipped: tools skip it, and with it the check.

use base64::{Engine, engine::general_purpose::STANDARD};
use std::fmt;

/// How bytes were hashed, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SriAlgorithm {
    /// MD5: collisions are made in seconds.
    Md5,
    /// SHA-1: collisions have been made.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// A hash, and how it was made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sri {
    algorithm: SriAlgorithm,
    digest: Vec<u8>,
}

/// Why a text is no hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SriError {
    /// There is no hyphen that ends the algorithm's name.
    #[error("is no hash: it has no algorithm before a hyphen")]
    NoAlgorithm,
    /// The algorithm is none that package managers know.
    #[error("names an algorithm that package managers do not check")]
    UnknownAlgorithm,
    /// The rest is no base64.
    #[error("is no base64 behind the algorithm")]
    NotBase64,
    /// The rest is no hexadecimal number.
    #[error("is no hexadecimal number")]
    NotHexadecimal,
    /// There are more hashes before it than anybody needs.
    #[error("has too many hashes before it")]
    TooMany,
    /// The hash is longer or shorter than the algorithm makes it.
    #[error("has {found} bytes, and {algorithm} makes {}", algorithm.bytes())]
    WrongLength {
        /// The algorithm.
        algorithm: SriAlgorithm,
        /// How many bytes there are.
        found: usize,
    },
}

// === impl SriAlgorithm ===

impl SriAlgorithm {
    /// All of them, the weakest first.
    pub const ALL: [Self; 5] = [
        Self::Md5,
        Self::Sha1,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
    ];

    /// Its name in lock files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// The length of what it makes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Whether nobody can make two archives of one hash.
    pub const fn is_strong(self) -> bool {
        !matches!(self, Self::Md5 | Self::Sha1)
    }
}

impl fmt::Display for SriAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

// === impl Sri ===

impl Sri {
    /// Reads one hash, `ALGORITHM-BASE64`.
    pub fn parse(text: &str) -> Result<Self, SriError> {
        let (name, rest) = text.split_once('-').ok_or(SriError::NoAlgorithm)?;
        let mut known = SriAlgorithm::ALL.into_iter();
        let algorithm = known
            .find(|algorithm| algorithm.name() == name)
            .ok_or(SriError::UnknownAlgorithm)?;
        let encoded = rest.split('?').next().unwrap_or_default();
        let digest = STANDARD.decode(encoded).map_err(|_| SriError::NotBase64)?;
        Self::new(algorithm, digest)
    }

    /// Reads a hash in hexadecimal, as registries and yarn 1 write SHA-1.
    pub fn parse_hex(algorithm: SriAlgorithm, text: &str) -> Result<Self, SriError> {
        let pairs = text.as_bytes().chunks(2);
        let digest = pairs.map(byte).collect::<Option<Vec<u8>>>();
        Self::new(algorithm, digest.ok_or(SriError::NotHexadecimal)?)
    }

    fn new(algorithm: SriAlgorithm, digest: Vec<u8>) -> Result<Self, SriError> {
        let found = digest.len();
        if found != algorithm.bytes() {
            return Err(SriError::WrongLength { algorithm, found });
        }
        Ok(Self { algorithm, digest })
    }

    /// How it was made.
    pub fn algorithm(&self) -> SriAlgorithm {
        self.algorithm
    }

    /// The hash itself.
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }
}

impl fmt::Display for Sri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.algorithm, STANDARD.encode(&self.digest))
    }
}

/// The byte that two hexadecimal digits mean.
fn byte(pair: &[u8]) -> Option<u8> {
    let digits = str::from_utf8(pair).ok().filter(|digits| {
        digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })?;
    u8::from_str_radix(digits, 16).ok()
}

/// Whether two sets of hashes can be of one archive; `None` if no algorithm is in both.
///
/// Where several hashes of one algorithm are given, any of them may match: that is how package
/// managers read them. All algorithms in both sets must agree.
pub fn agree(left: &[Sri], right: &[Sri]) -> Option<bool> {
    let shared = SriAlgorithm::ALL.into_iter().filter_map(|algorithm| {
        let of = |set: &[Sri]| set.iter().any(|sri| sri.algorithm == algorithm);
        let same = || {
            let mut ours = left.iter().filter(|sri| sri.algorithm == algorithm);
            ours.any(|sri| right.contains(sri))
        };
        (of(left) && of(right)).then(same)
    });
    shared.reduce(|all, same| all && same)
}

#[cfg(test)]
mod tests {
    use super::{Sri, SriAlgorithm, SriError, agree};

    const EMPTY_SHA1: &str = "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=";

    #[test]
    fn a_hash_is_read_and_written() {
        let sri = Sri::parse(EMPTY_SHA1).unwrap();
        assert_eq!(sri.to_string(), EMPTY_SHA1);
        let hex = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
        assert_eq!(Sri::parse_hex(SriAlgorithm::Sha1, hex), Ok(sri.clone()));
        assert_eq!(Sri::parse(&format!("{EMPTY_SHA1}?x")), Ok(sri));
    }

    #[test]
    fn what_is_no_hash_is_refused_with_the_reason() {
        let wrong = [
            ("", SriError::NoAlgorithm),
            ("sha512", SriError::NoAlgorithm),
            ("sha3-AAAA", SriError::UnknownAlgorithm),
            ("SHA1-AAAA", SriError::UnknownAlgorithm),
            ("sha1-****", SriError::NotBase64),
            ("sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk", SriError::NotBase64),
            (
                "sha512-AAAA",
                SriError::WrongLength {
                    algorithm: SriAlgorithm::Sha512,
                    found: 3,
                },
            ),
        ];
        for (text, error) in wrong {
            assert_eq!(Sri::parse(text), Err(error), "{text}");
        }
        assert_eq!(
            Sri::parse_hex(SriAlgorithm::Sha1, "+a"),
            Err(SriError::NotHexadecimal)
        );
    }

    #[test]
    fn sets_agree_where_they_share_an_algorithm() {
        let of = |algorithm: SriAlgorithm, fill: u8| {
            Sri::new(algorithm, vec![fill; algorithm.bytes()]).unwrap()
        };
        let old = [of(SriAlgorithm::Sha1, 1)];
        let new = [of(SriAlgorithm::Sha512, 1)];
        let both = [of(SriAlgorithm::Sha1, 1), of(SriAlgorithm::Sha512, 2)];
        assert_eq!(agree(&old, &new), None);
        assert_eq!(agree(&old, &both), Some(true));
        assert_eq!(agree(&new, &both), Some(false));
        assert_eq!(agree(&both, &both), Some(true));
        assert_eq!(agree(&[], &both), None);
    }
}
