//! Build constraints as expressions over tags.
//!
//! Operators of one kind in a row become one node, so the depth of an expression is that of its
//! brackets, and a bound on it keeps every walk over it safe.

/// The most brackets within each other.
pub const MAX_DEPTH: usize = 64;

/// The most tags in one constraint.
pub const MAX_TERMS: usize = 1000;

/// When a file is built.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum BuildConstraint {
    /// If the tag is set.
    Tag(String),
    /// If the other is not true.
    Not(Box<BuildConstraint>),
    /// If every one is true.
    All(Vec<BuildConstraint>),
    /// If one is true.
    Any(Vec<BuildConstraint>),
}

/// Why a constraint cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConstraintError {
    /// A tag or an opening bracket is missing.
    #[error("expected a tag")]
    NoTag,
    /// Something stands behind a complete expression.
    #[error("unexpected text behind the expression")]
    Trailing,
    /// A bracket is not closed.
    #[error("missing closing bracket")]
    Open,
    /// `!!x`
    #[error("double negation")]
    DoubleNegation,
    /// Brackets nest deeper than [`MAX_DEPTH`].
    #[error("more than {MAX_DEPTH} brackets within each other")]
    TooDeep,
    /// There are more tags than [`MAX_TERMS`].
    #[error("more than {MAX_TERMS} tags")]
    TooLarge,
}

// === impl BuildConstraint ===

impl BuildConstraint {
    /// All of them: none, the only one, or their conjunction.
    pub fn all(mut terms: Vec<Self>) -> Option<Self> {
        match terms.len() {
            0 | 1 => terms.pop(),
            _ => Some(Self::All(terms)),
        }
    }

    /// Calls `visit` with every tag.
    pub fn tags<'a>(&'a self, visit: &mut impl FnMut(&'a str)) {
        match self {
            Self::Tag(tag) => visit(tag),
            Self::Not(inner) => inner.tags(visit),
            Self::All(terms) | Self::Any(terms) => {
                for term in terms {
                    term.tags(visit);
                }
            }
        }
    }

    /// Whether it is true for some setting of the tags, each occurrence of a tag taken by itself, and
    /// `ignore` never set: what the go command follows when it looks at all builds at once.
    pub fn may_hold(&self) -> bool {
        self.may_be(true)
    }

    fn may_be(&self, wanted: bool) -> bool {
        match self {
            Self::Tag(tag) => tag != "ignore" || !wanted,
            Self::Not(inner) => inner.may_be(!wanted),
            Self::All(terms) if wanted => terms.iter().all(|term| term.may_be(true)),
            Self::Any(terms) if !wanted => terms.iter().all(|term| term.may_be(false)),
            Self::All(terms) | Self::Any(terms) => terms.iter().any(|term| term.may_be(wanted)),
        }
    }

    /// Whether it is true where exactly the tags are set that `is_set` accepts.
    pub fn eval(&self, is_set: &impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Tag(tag) => is_set(tag),
            Self::Not(inner) => !inner.eval(is_set),
            Self::All(terms) => terms.iter().all(|term| term.eval(is_set)),
            Self::Any(terms) => terms.iter().any(|term| term.eval(is_set)),
        }
    }
}

/// Reads what stands behind `//go:build`.
pub(super) fn parse(text: &str) -> Result<BuildConstraint, ConstraintError> {
    let mut parser = ConstraintParser {
        rest: text,
        terms: 0,
    };
    let expression = parser.any(0)?;
    if parser.rest.trim_start().is_empty() {
        Ok(expression)
    } else {
        Err(ConstraintError::Trailing)
    }
}

/// Reads what stands behind `+build`: words are alternatives, commas join.
pub(super) fn parse_plus_build(text: &str) -> Result<BuildConstraint, ConstraintError> {
    let mut alternatives = Vec::new();
    for (count, word) in text.split_whitespace().enumerate() {
        if count >= MAX_TERMS {
            return Err(ConstraintError::TooLarge);
        }
        let terms = word.split(',').map(plus_term).collect::<Result<_, _>>()?;
        alternatives.extend(BuildConstraint::all(terms));
    }
    match alternatives.len() {
        0 => Err(ConstraintError::NoTag),
        1 => alternatives.pop().ok_or(ConstraintError::NoTag),
        _ => Ok(BuildConstraint::Any(alternatives)),
    }
}

fn plus_term(term: &str) -> Result<BuildConstraint, ConstraintError> {
    let (negated, tag) = match term.strip_prefix('!') {
        Some(tag) => (true, tag),
        None => (false, term),
    };
    if tag.is_empty() || !tag.chars().all(is_tag) {
        return Err(ConstraintError::NoTag);
    }
    let tag = BuildConstraint::Tag(tag.to_owned());
    Ok(if negated {
        BuildConstraint::Not(Box::new(tag))
    } else {
        tag
    })
}

fn is_tag(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

struct ConstraintParser<'a> {
    rest: &'a str,
    terms: usize,
}

// === impl ConstraintParser ===

impl ConstraintParser<'_> {
    fn takes(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start_matches([' ', '\t']);
        let found = rest.strip_prefix(word);
        self.rest = found.unwrap_or(rest);
        found.is_some()
    }

    fn any(&mut self, depth: usize) -> Result<BuildConstraint, ConstraintError> {
        let first = self.all(depth)?;
        let mut terms = vec![first];
        while self.takes("||") {
            terms.push(self.all(depth)?);
        }
        Ok(join(terms, BuildConstraint::Any))
    }

    fn all(&mut self, depth: usize) -> Result<BuildConstraint, ConstraintError> {
        let first = self.not(depth)?;
        let mut terms = vec![first];
        while self.takes("&&") {
            terms.push(self.not(depth)?);
        }
        Ok(join(terms, BuildConstraint::All))
    }

    fn not(&mut self, depth: usize) -> Result<BuildConstraint, ConstraintError> {
        if !self.takes("!") {
            return self.atom(depth);
        }
        if self.takes("!") {
            return Err(ConstraintError::DoubleNegation);
        }
        Ok(BuildConstraint::Not(Box::new(self.atom(depth)?)))
    }

    fn atom(&mut self, depth: usize) -> Result<BuildConstraint, ConstraintError> {
        if self.takes("(") {
            if depth >= MAX_DEPTH {
                return Err(ConstraintError::TooDeep);
            }
            let inner = self.any(depth + 1)?;
            return if self.takes(")") {
                Ok(inner)
            } else {
                Err(ConstraintError::Open)
            };
        }
        let length = self.rest.find(|c| !is_tag(c)).unwrap_or(self.rest.len());
        let (tag, rest) = self
            .rest
            .split_at_checked(length)
            .unwrap_or(("", self.rest));
        if tag.is_empty() {
            return Err(ConstraintError::NoTag);
        }
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(ConstraintError::TooLarge);
        }
        self.rest = rest;
        Ok(BuildConstraint::Tag(tag.to_owned()))
    }
}

fn join(
    mut terms: Vec<BuildConstraint>,
    node: fn(Vec<BuildConstraint>) -> BuildConstraint,
) -> BuildConstraint {
    match terms.pop() {
        Some(only) if terms.is_empty() => only,
        last => {
            terms.extend(last);
            node(terms)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ConstraintError, MAX_DEPTH, MAX_TERMS, parse, parse_plus_build};

    fn holds(text: &str, tags: &[&str]) -> bool {
        parse(text).unwrap().eval(&|tag| tags.contains(&tag))
    }

    #[test]
    fn operators_bind_as_in_go() {
        assert!(holds("a || b && c", &["a"]));
        assert!(!holds("(a || b) && c", &["a"]));
        assert!(holds("!a && !(b && c)", &["b"]));
        assert!(holds("go1.21 && !éa", &["go1.21"]));
    }

    #[test]
    fn everything_may_hold_but_what_wants_ignore() {
        for (text, expected) in [
            ("a && !a", true),
            ("ignore", false),
            ("!ignore", true),
            ("a && ignore", false),
            ("a || ignore", true),
            ("!(a || ignore)", true),
            ("!(a || !ignore)", false),
        ] {
            assert_eq!(parse(text).unwrap().may_hold(), expected, "{text}");
        }
    }

    #[test]
    fn old_lines_join_with_commas_and_choose_with_spaces() {
        let old = parse_plus_build(" linux,!cgo darwin").unwrap();
        assert!(old.eval(&|tag| tag == "darwin"));
        assert!(!old.eval(&|tag| tag == "linux" || tag == "cgo"));
        assert_eq!(parse_plus_build(" !!a"), Err(ConstraintError::NoTag));
    }

    #[test]
    fn each_refusal_names_its_reason() {
        let deep = "(".repeat(MAX_DEPTH + 1);
        let large = vec!["a"; MAX_TERMS + 1].join(" && ");
        let cases = [
            ("", ConstraintError::NoTag),
            ("a &&", ConstraintError::NoTag),
            ("a b", ConstraintError::Trailing),
            ("a & b", ConstraintError::Trailing),
            ("(a", ConstraintError::Open),
            ("!!a", ConstraintError::DoubleNegation),
            (&deep, ConstraintError::TooDeep),
            (&large, ConstraintError::TooLarge),
        ];
        for (text, reason) in cases {
            assert_eq!(parse(text), Err(reason), "{text}");
        }
    }
}
