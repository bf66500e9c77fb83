//! Where straight and through may differ, each with the law that forbids sameness or allows more.
//!
//! An entry names cases by patterns (`*` stands for anything), how they differ, and one case that
//! shows that it is needed. An entry that nothing needs any more fails the test.

use super::matrix::Ran;
use super::outcome::Difference;
use super::plan::fits;

/// The sort of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Straight fails, through works.
    Heals,
    /// Straight works, through fails.
    Breaks,
    /// Both fail, in other words.
    Class,
    /// Both end alike, with another version or other bytes.
    Content,
}

/// Cases that may differ in one way.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) behaviours: &'static [&'static str],
    pub(super) commands: &'static [&'static str],
    pub(super) modes: &'static str,
    pub(super) differs: Sort,
    /// Behaviour, command and mode of a case that needs this entry.
    pub(super) witness: (&'static str, &'static str, &'static str),
    /// Why, beginning with the law.
    pub(super) why: &'static str,
}

use Sort::{Breaks, Class, Content, Heals};

/// Answers that are no lists and claim to be some.
const PAGES: &[&str] = &[
    "list-is-a-page",
    "list-is-json",
    "redirect-to-a-page",
    "everything-a-page",
];

/// Zips that the database does not know, and that are none.
const BROKEN: &[&str] = &[
    "zip-empty",
    "zip-kept-short",
    "zip-flipped-bit",
    "zip-of-another-*",
    "zip-without-prefix",
    "zip-cut-unframed",
    "length-too-short",
];

/// Zips with bytes around them that no hash covers.
const WRAPPED: &[&str] = &["zip-more-*", "zip-gzip-undeclared"];

/// Differences that are right.
pub(super) const ARGUED: &[Entry] = &[
    Entry {
        behaviours: &["*-once", "*-once-*"],
        commands: &["*"],
        modes: "*",
        differs: Heals,
        witness: ("list-503-once", "get-latest", "cold ahead off"),
        why: "L3: what stumbles once is asked for once more, or kept from the time before",
    },
    Entry {
        behaviours: &[
            "list-absent",
            "list-and-latest-absent",
            "list-410",
            "module-410",
        ],
        commands: &["get-upgrade", "get-patch", "get-update", "updates"],
        modes: "*",
        differs: Heals,
        witness: ("list-absent", "get-upgrade", "cold ahead off"),
        why: "L2: what is kept is listed, also where the source has lost its list",
    },
    Entry {
        behaviours: &[
            "list*",
            "latest-*",
            "redirect-*",
            "not-http",
            "module-*",
            "length-*",
        ],
        commands: &["get-upgrade", "get-patch", "get-update", "updates"],
        modes: "*",
        differs: Heals,
        witness: ("list-503", "updates", "cold ahead off"),
        why: "L2: where the source refuses its list or its latest, what is kept is listed",
    },
    Entry {
        behaviours: &["child-*"],
        commands: &["*"],
        modes: "warm *",
        differs: Heals,
        witness: ("child-403", "get-package", "warm asked off"),
        why: "L2: a kept zip shows that a directory is its own, so no module is asked for there",
    },
    Entry {
        behaviours: &["redirect-chain-of-ten"],
        commands: &["*"],
        modes: "*",
        differs: Heals,
        witness: ("redirect-chain-of-ten", "versions", "cold asked off"),
        why: "L15: ten redirects in a row are followed, and go gives up at the tenth",
    },
    Entry {
        behaviours: &["list-twice-the-same"],
        commands: &["versions", "retracted"],
        modes: "*",
        differs: Content,
        witness: ("list-twice-the-same", "versions", "cold ahead off"),
        why: "L2: a list is a set, made of what the source says and of what is kept",
    },
    Entry {
        behaviours: PAGES,
        commands: &["*"],
        modes: "*",
        differs: Breaks,
        witness: ("list-is-a-page", "get-latest", "cold asked off"),
        why: "L12: a page is not an empty list: what could not be read is never a zero",
    },
    Entry {
        behaviours: PAGES,
        commands: &["*"],
        modes: "*",
        differs: Class,
        witness: ("list-is-a-page", "get-prefix", "cold asked off"),
        why: "L3: nor does it say that there is no such version",
    },
    Entry {
        behaviours: BROKEN,
        commands: &["*"],
        modes: "* database",
        differs: Class,
        witness: ("zip-flipped-bit", "download", "cold ahead database"),
        why: "L1: it is not what the database knows, and not only no zip",
    },
    Entry {
        behaviours: WRAPPED,
        commands: &["*"],
        modes: "*",
        differs: Breaks,
        witness: ("zip-more-after-it", "download", "cold ahead database"),
        why: "L1: the database vouches for what is in a zip, not for bytes around it",
    },
    Entry {
        behaviours: WRAPPED,
        commands: &["why"],
        modes: "*",
        differs: Content,
        witness: ("zip-more-after-it", "why", "cold ahead database"),
        why: "L1: the same zips: why finds no package without them",
    },
    Entry {
        behaviours: &["zip-with-link"],
        commands: &["*"],
        modes: "*",
        differs: Breaks,
        witness: ("zip-with-link", "download", "cold ahead off"),
        why: "L1: no hash covers the mode of an entry, and other readers than go make a link of it",
    },
    Entry {
        behaviours: &["zip-with-link"],
        commands: &["why"],
        modes: "*",
        differs: Content,
        witness: ("zip-with-link", "why", "cold ahead off"),
        why: "L1: the same zip: why finds no package without it",
    },
    Entry {
        behaviours: &["mod-not-a-go-mod"],
        commands: &["get-update"],
        modes: "* off",
        differs: Content,
        witness: ("mod-not-a-go-mod", "get-update", "cold asked off"),
        why: "L11: a page that nobody proves is not kept as a go.mod",
    },
    Entry {
        behaviours: &["mod-is-a-page", "mod-cut-unframed"],
        commands: &["download-version"],
        modes: "* off",
        differs: Breaks,
        witness: ("mod-is-a-page", "download-version", "cold ahead off"),
        why: "L11: what nobody proves and is no go.mod is not kept as one",
    },
    Entry {
        behaviours: &["mod-not-a-go-mod"],
        commands: &["download-latest", "versions", "updates"],
        modes: "* off",
        differs: Breaks,
        witness: ("mod-not-a-go-mod", "versions", "cold asked off"),
        why: "L11: go looks for retractions in the newest go.mod and passes over what is none; here it is not kept as one",
    },
    Entry {
        behaviours: &["mod-not-a-go-mod"],
        commands: &["list-latest"],
        modes: "* off",
        differs: Content,
        witness: ("mod-not-a-go-mod", "list-latest", "cold asked off"),
        why: "L11: the same go.mod: without it list -m names no file of it",
    },
    Entry {
        behaviours: &["mod-502-once"],
        commands: &["why"],
        modes: "*",
        differs: Content,
        witness: ("mod-502-once", "why", "cold asked off"),
        why: "L12: asked once more, the go.mod is there; straight, go mod why takes the one 502 for a module that is not needed",
    },
];

/// Every entry, those that are right before those that are not.
pub(super) fn every_entry() -> impl Iterator<Item = &'static Entry> {
    ARGUED.iter().chain(super::open::OPEN)
}

// === impl Entry ===

impl Entry {
    /// Whether it covers this case and its difference.
    pub(super) fn covers(&self, ran: &Ran, difference: &Difference) -> bool {
        let some = |patterns: &[&str], name| patterns.iter().any(|pattern| fits(pattern, name));
        self.differs == Sort::of(difference)
            && some(self.behaviours, ran.behaviour)
            && some(self.commands, ran.command)
            && fits(self.modes, &ran.mode.to_string())
    }
}

// === impl Ran ===

impl Ran {
    /// The number of the entry that covers its difference.
    pub(super) fn entry(&self) -> Option<usize> {
        let difference = self.difference.as_ref()?;
        every_entry().position(|entry| entry.covers(self, difference))
    }
}

// === impl Sort ===

impl Sort {
    fn of(difference: &Difference) -> Self {
        match difference {
            Difference::Heals => Self::Heals,
            Difference::Breaks => Self::Breaks,
            Difference::Class(..) => Self::Class,
            Difference::Content(_) => Self::Content,
        }
    }
}
