//! Laws that hold for every input. Shared with the fuzz targets, which include this file.

use gomod::modfile::{
    self, FileSyntax, ModFile, ParseErrors, ParseMode, SyntaxLine, SyntaxStatement,
};
use gomod::{gosum, gowork};

/// What is accepted strictly is accepted laxly with the same requirements; what is printed is
/// accepted again, says the same, and prints the same.
pub(crate) fn go_mod(source: &[u8]) {
    let lax = modfile::parse(source, ParseMode::Lax);
    let Ok(file) = modfile::parse(source, ParseMode::Strict) else {
        return;
    };
    let lax = lax.expect("what is accepted strictly is accepted laxly");
    assert_eq!(
        (&lax.module, &lax.go, &lax.require),
        (&file.module, &file.go, &file.require)
    );
    spans(&file.syntax, source.len());
    let printed = modfile::print(&file.syntax);
    if !reads_back(&file.syntax) {
        return;
    }
    let again = modfile::parse(&printed, ParseMode::Strict).expect("what is printed is accepted");
    same_values(&file, &again);
    assert_eq!(
        text(&modfile::print(&again.syntax)),
        text(&printed),
        "printing is stable"
    );
    settles(&file.into_formatted(), modfile::format);
}

/// As [`go_mod`], for go.work.
pub(crate) fn go_work(source: &[u8]) {
    let Ok(file) = gowork::parse(source) else {
        return;
    };
    spans(&file.syntax, source.len());
    if !reads_back(&file.syntax) {
        return;
    }
    settles(&file.into_formatted(), gowork::format);
}

/// Formatting is not always stable at once, in Go neither: sorting may bring a blank line to the top
/// of a block, where reading drops it. The second time it is.
fn settles(formatted: &[u8], format: fn(&[u8]) -> Result<Vec<u8>, ParseErrors>) {
    let second = format(formatted).expect("what is formatted is accepted");
    let third = format(&second).expect("what is formatted twice is accepted");
    assert_eq!(text(&third), text(&second), "formatting twice is stable");
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// A go.sum comes back, but for white space, dropped lines and stray bytes.
pub(crate) fn go_sum(source: &[u8]) {
    let Ok(sum) = gosum::parse(source) else {
        return;
    };
    for entry in &sum.entries {
        assert!(entry.span.start.byte < entry.span.end.byte && entry.span.end.byte <= source.len());
    }
    let printed = sum.print();
    let again = gosum::parse(printed.as_bytes()).expect("what is printed is accepted");
    assert_eq!(again.print(), printed);
}

/// Whether the words say the same when read again. In Go, too, two kinds do not: a quoted version in
/// a retraction is printed without its quotes, whatever it holds, and a lone bracket is not quoted.
fn reads_back(syntax: &FileSyntax) -> bool {
    let punctuation = |word: &[u8]| matches!(word, b"(" | b")" | b"[" | b"]" | b"{" | b"}" | b",");
    lines(syntax).all(|(verb, line)| {
        let mut words = line.tokens.iter().map(|token| token.text.as_slice());
        if verb == b"retract" {
            words.all(|word| punctuation(word) || !modfile::must_quote(word))
        } else {
            !words.any(punctuation)
        }
    })
}

/// All lines, each with its verb.
fn lines(syntax: &FileSyntax) -> impl Iterator<Item = (&[u8], &SyntaxLine)> {
    syntax.statements.iter().flat_map(|statement| {
        let (tokens, lines) = match statement {
            SyntaxStatement::Comments(_) => (&[][..], &[][..]),
            SyntaxStatement::Line(line) => (line.tokens.as_slice(), std::slice::from_ref(line)),
            SyntaxStatement::Block(block) => (block.tokens.as_slice(), block.lines.as_slice()),
        };
        let verb = tokens
            .first()
            .map(|token| token.text.as_slice())
            .unwrap_or_default();
        lines.iter().map(move |line| (verb, line))
    })
}

fn same_values(one: &ModFile, other: &ModFile) {
    let requires = |file: &ModFile| {
        file.require
            .iter()
            .map(|line| (line.module.clone(), line.indirect))
            .collect::<Vec<_>>()
    };
    assert_eq!(requires(one), requires(other));
    let replaces = |file: &ModFile| {
        file.replace
            .iter()
            .map(|line| (line.old.clone(), line.new.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(replaces(one), replaces(other));
    let excludes = |file: &ModFile| {
        file.exclude
            .iter()
            .map(|line| line.module.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(excludes(one), excludes(other));
    let retracts = |file: &ModFile| {
        file.retract
            .iter()
            .map(|line| (line.low.clone(), line.high.clone(), line.rationale.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(retracts(one), retracts(other));
    let module = |file: &ModFile| {
        file.module
            .as_ref()
            .map(|line| (line.path.clone(), line.deprecated.clone()))
    };
    assert_eq!(module(one), module(other));
}

/// Every word lies within the source, in order.
fn spans(syntax: &FileSyntax, length: usize) {
    let mut at = 0;
    for token in lines(syntax).flat_map(|(_, line)| &line.tokens) {
        assert!(at <= token.span.start.byte && token.span.start.byte < token.span.end.byte);
        at = token.span.end.byte;
    }
    assert!(at <= length);
}
