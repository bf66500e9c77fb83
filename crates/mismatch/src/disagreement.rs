//! A case of another kind: one source says that something does not exist, and another one has it.
//!
//! No bytes are wrong, so there is nothing to compare. What it says is who is to be asked, and when it
//! is no fault at all.

use serde::{Deserialize, Serialize};

/// Who said what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disagreement {
    /// Always [`Disagreement::KIND`]: tells it from a case of wrong bytes.
    kind: String,
    /// What was asked for, in the URL space of the module protocol.
    pub path: String,
    /// The source that says that it does not exist.
    pub absent: String,
    /// With which status: 404 or 410.
    pub status: u16,
    /// The source that has it.
    pub had: String,
}

// === impl Disagreement ===

impl Disagreement {
    /// The value of `kind`.
    pub const KIND: &'static str = "sources-disagree";

    /// A source's absence of a path, and who has it.
    pub fn new(path: &str, (absent, status): (&str, u16), had: &str) -> Self {
        Self {
            kind: Self::KIND.to_owned(),
            path: path.to_owned(),
            absent: absent.to_owned(),
            status,
            had: had.to_owned(),
        }
    }

    /// Reads what [`Disagreement::to_json`] wrote.
    ///
    /// # Errors
    /// Whatever is no such case.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let case: Self = serde_json::from_str(text)?;
        if case.kind == Self::KIND {
            return Ok(case);
        }
        let problem = format!("a case of {}", case.kind);
        Err(serde::de::Error::custom(problem))
    }

    /// The case as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The facts in a line.
    pub fn in_a_line(&self) -> String {
        format!("{} says {}, {} has it", self.absent, self.status, self.had)
    }

    /// What a person reads.
    pub fn report(&self) -> String {
        let Self {
            path,
            absent,
            status,
            had,
            ..
        } = self;
        format!(
            "the sources disagree\n  \
             {absent} says that this does not exist (status {status}): {path}\n  \
             {had} has it, and it was served from there\n\
             what it can mean\n  \
             {absent} is behind, or lost it; or it was never meant to have it\n\
             what to do\n  \
             if it is a mirror: ask who runs it, and fetch the path from it by hand\n  \
             if it holds your own modules only: name these with --private, and the source with\n  \
             --private-upstream; then it is asked about nothing else\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Disagreement;

    #[test]
    fn it_is_read_as_it_was_written_and_for_nothing_else() {
        let case = Disagreement::new("example.com/m/@v/list", ("https://a", 404), "https://b");
        assert_eq!(Disagreement::from_json(&case.to_json()).unwrap(), case);
        assert!(
            case.report()
                .contains("https://a says that this does not exist")
        );
        let other = case.to_json().replace(Disagreement::KIND, "other");
        assert!(Disagreement::from_json(&other).is_err());
        assert!(Disagreement::from_json("{}").is_err());
    }
}
