//! Package clause and import declarations.

use super::constraint::{BuildConstraint, ConstraintError};
use super::leading;
use super::lexer::{GoLexer, GoWord};
use super::{MAX_HEAD, MAX_IMPORTS};

/// What the head of a Go file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoFileHeader {
    /// The name in its package clause.
    pub package: String,
    /// Its imports, in the order of the file.
    pub imports: Vec<ImportSpec>,
    /// The build constraint in its comments; `None` if it has none.
    pub constraint: Option<BuildConstraint>,
}

/// An imported package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportSpec {
    /// The import path.
    pub path: String,
    /// The line that it stands on, from 1.
    pub line: u32,
}

/// Why the head of a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {fault}")]
pub struct HeaderError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong there.
    pub fault: HeaderFault,
}

/// What is wrong with the head of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// The file does not begin with a package clause.
    #[error("expected a package clause")]
    NoPackage,
    /// Something else stands where an import path should.
    #[error("expected an import path")]
    NoImportPath,
    /// A declaration does not end where it should.
    #[error("expected the end of the declaration")]
    NoEnd,
    /// No package can be called this.
    #[error("{0:?} is not an import path")]
    ImportPath(String),
    /// An import path is written with escape sequences.
    #[error("escape sequence in an import path")]
    Escape,
    /// A comment has no end.
    #[error("comment without an end")]
    OpenComment,
    /// A string has no end.
    #[error("string without an end")]
    OpenString,
    /// A byte that is not UTF-8 stands in a name or a string.
    #[error("invalid UTF-8")]
    NotUtf8,
    /// There are more imports than [`MAX_IMPORTS`].
    #[error("more than {MAX_IMPORTS} imports")]
    TooManyImports,
    /// The head does not end within [`MAX_HEAD`] bytes.
    #[error("no end of the imports within {MAX_HEAD} bytes")]
    TooLong,
    /// There is more than one `//go:build` line.
    #[error("more than one //go:build line")]
    SecondConstraint,
    /// The build constraint is malformed.
    #[error("build constraint: {0}")]
    Constraint(#[from] ConstraintError),
}

/// Reads the head of a Go file. Of a file longer than [`MAX_HEAD`] its beginning is enough, if the
/// imports end in it.
///
/// # Errors
///
/// What is wrong up to the end of the imports, and on which line.
pub fn parse(source: &[u8]) -> Result<GoFileHeader, HeaderError> {
    let is_cut = source.len() > MAX_HEAD;
    let source = source.get(..MAX_HEAD).unwrap_or(source);
    let constraint = leading::constraint(source)?;
    let mut parser = HeaderParser {
        lexer: GoLexer::new(source),
        imports: Vec::new(),
    };
    match parser.file() {
        Ok((package, word)) if !(is_cut && word == GoWord::End) => Ok(GoFileHeader {
            package: package.to_owned(),
            imports: parser.imports,
            constraint,
        }),
        Ok(_) => Err(parser.error(HeaderFault::TooLong)),
        Err(fault) => Err(parser.error(fault)),
    }
}

struct HeaderParser<'a> {
    lexer: GoLexer<'a>,
    imports: Vec<ImportSpec>,
}

// === impl HeaderParser ===

impl<'a> HeaderParser<'a> {
    fn error(&self, fault: HeaderFault) -> HeaderError {
        HeaderError {
            line: self.lexer.line(),
            fault,
        }
    }

    /// The package's name, and the word behind the imports.
    fn file(&mut self) -> Result<(&'a str, GoWord<'a>), HeaderFault> {
        if self.lexer.word()? != GoWord::Name("package") {
            return Err(HeaderFault::NoPackage);
        }
        let GoWord::Name(package) = self.lexer.word()? else {
            return Err(HeaderFault::NoPackage);
        };
        self.end()?;
        loop {
            match self.lexer.word()? {
                GoWord::Name("import") => self.declaration()?,
                word => return Ok((package, word)),
            }
        }
    }

    fn end(&mut self) -> Result<(), HeaderFault> {
        match self.lexer.word()? {
            GoWord::Semicolon => Ok(()),
            _ => Err(HeaderFault::NoEnd),
        }
    }

    fn declaration(&mut self) -> Result<(), HeaderFault> {
        let first = self.lexer.word()?;
        if first != GoWord::Open {
            self.spec(first)?;
            return self.end();
        }
        loop {
            let word = self.lexer.word()?;
            if word == GoWord::Close {
                return self.end();
            }
            self.spec(word)?;
            match self.lexer.word()? {
                GoWord::Semicolon => {}
                GoWord::Close => return self.end(),
                _ => return Err(HeaderFault::NoEnd),
            }
        }
    }

    /// An import path, behind a name or a dot or alone.
    fn spec(&mut self, first: GoWord<'a>) -> Result<(), HeaderFault> {
        let word = match first {
            GoWord::Name(_) | GoWord::Dot => self.lexer.word()?,
            word => word,
        };
        let GoWord::Text(path) = word else {
            return Err(HeaderFault::NoImportPath);
        };
        if !is_import_path(path) {
            return Err(HeaderFault::ImportPath(path.to_owned()));
        }
        if self.imports.len() >= MAX_IMPORTS {
            return Err(HeaderFault::TooManyImports);
        }
        self.imports.push(ImportSpec {
            path: path.to_owned(),
            line: self.lexer.line(),
        });
        Ok(())
    }
}

/// The characters that Go compilers refuse in an import path.
fn is_import_path(path: &str) -> bool {
    let refused = |c: char| {
        c.is_control() || c.is_whitespace() || "!\"#$%&'()*,:;<=>?[\\]^{|}`\u{fffd}".contains(c)
    };
    !path.is_empty() && !path.contains(refused)
}

#[cfg(test)]
mod tests {
    use super::{HeaderFault, MAX_HEAD, parse};
    use proptest::prelude::*;

    fn imports(source: &str) -> Vec<(String, u32)> {
        let header = parse(source.as_bytes()).unwrap();
        let imports = header.imports.into_iter();
        imports.map(|import| (import.path, import.line)).collect()
    }

    fn fault(source: &[u8]) -> (u32, HeaderFault) {
        let error = parse(source).unwrap_err();
        (error.line, error.fault)
    }

    #[test]
    fn every_form_of_import_is_read_with_its_line() {
        let source = "\u{feff}// about\npackage x; import \"a\"\nimport . `b`\n/*\n*/ import ( _ \"c\"; d \"e\"\n\n\t// import \"no\"\n\tf \"g\" )\nimport()\nimport \"C\"\n\nvar import_ = \"h\"\n";
        let expected = [("a", 2), ("b", 3), ("c", 5), ("e", 5), ("g", 8), ("C", 10)];
        let expected: Vec<_> = expected
            .iter()
            .map(|(path, line)| ((*path).to_owned(), *line))
            .collect();
        assert_eq!(imports(source), expected);
    }

    #[test]
    fn nothing_behind_the_imports_matters() {
        assert!(imports("package x\nfunc main() { \"open\n /* ").is_empty());
    }

    #[test]
    fn each_refusal_names_its_reason_and_line() {
        let cases: &[(&[u8], u32, HeaderFault)] = &[
            (b"", 1, HeaderFault::NoPackage),
            (b"\nimport \"a\"", 2, HeaderFault::NoPackage),
            (b"package x import \"a\"", 1, HeaderFault::NoEnd),
            (b"package x\nimport a", 2, HeaderFault::NoImportPath),
            (b"package x\nimport \"a\" \"b\"", 2, HeaderFault::NoEnd),
            (
                b"package x\nimport (\n\"a\" \"b\"\n)",
                3,
                HeaderFault::NoEnd,
            ),
            (
                b"package x\nimport \"\"",
                2,
                HeaderFault::ImportPath(String::new()),
            ),
            (b"package x\nimport \"\\x61\"", 2, HeaderFault::Escape),
            (b"package x\nimport \"a\nb\"", 2, HeaderFault::OpenString),
            (b"/* package x", 1, HeaderFault::OpenComment),
            (b"package x\nimport \"\xff\"", 2, HeaderFault::NotUtf8),
            (
                b"//go:build a\n//go:build b\n\npackage x",
                2,
                HeaderFault::SecondConstraint,
            ),
        ];
        for (source, line, expected) in cases {
            assert_eq!(
                fault(source),
                (*line, expected.clone()),
                "{}",
                source.escape_ascii()
            );
        }
    }

    #[test]
    fn a_file_that_is_cut_before_its_head_ends_is_refused() {
        let long = |end: &str| {
            let mut source = format!("package x\n{end}").into_bytes();
            source.resize(MAX_HEAD + 1, b' ');
            parse(&source).map(|header| header.imports.len())
        };
        assert_eq!(long("import \"a\"\nvar a int\n"), Ok(1));
        assert_eq!(
            long("import \"a\"\n").unwrap_err().fault,
            HeaderFault::TooLong
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(source in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse(&source);
        }

        #[test]
        fn no_words_make_it_panic(words in proptest::collection::vec(
            prop_oneof!["package ", "import ", "\\(", "\\)", "\"a\"", "\n", "//go:build ", "/\\*", "\\*/", "[ax!&|() ]{1,4}"], 0..40)) {
            let _ = parse(words.concat().as_bytes());
        }
    }
}
