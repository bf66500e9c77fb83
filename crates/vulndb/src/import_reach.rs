//! Import reach: how a build comes to the packages that a vulnerability is in.

/// How a build comes to the packages that a vulnerability is in. Whoever knows the imports says so;
/// here it only decides which rule a vulnerability is a case of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportReach {
    /// Nobody looked.
    Unasked,
    /// A build without tags contains one of them.
    By {
        /// The package.
        package: String,
    },
    /// Something reaches one of them, but no build without tags contains it.
    Beside {
        /// The package.
        package: String,
        /// What reaches it, in a few words: `tests`.
        by: String,
    },
    /// Nothing reaches any of them.
    Nowhere,
    /// It was looked for, and could not be told.
    Unknown {
        /// Why, in words.
        why: String,
    },
}
