//! Parsing and formatting.

use super::{corpus, inputs, lossy};
use gomod::{gosum, gowork, modfile};
use modfile::{DirectivePlace, ModFile, ParseErrors, ParseMode, PathLine, ReplaceDirective};
use testkit::oracle::{Answer, Oracle};

struct Fields(Vec<Vec<u8>>);

impl Fields {
    fn accepted() -> Self {
        Self(vec![b"accepted".to_vec()])
    }

    fn line(&mut self, place: &DirectivePlace, fields: &[&str]) {
        self.0
            .extend(fields.iter().map(|field| field.as_bytes().to_vec()));
        self.0
            .push(format!("{}:{}", place.span.start.line, place.span.end.byte).into_bytes());
    }

    fn paths(&mut self, verb: &str, lines: &[PathLine]) {
        for line in lines {
            self.line(&line.place, &[verb, &line.path]);
        }
    }

    fn replaces(&mut self, lines: &[ReplaceDirective]) {
        for ReplaceDirective { old, new, place } in lines {
            let words = ["replace", &old.path, &old.version, &new.path, &new.version];
            self.line(place, &words);
        }
    }
}

fn refused(errors: &ParseErrors) -> Vec<Vec<u8>> {
    let mut fields = vec![b"refused".to_vec()];
    for error in errors {
        let at = error.span.start;
        fields.push(format!("{}:{}", at.line, at.column).into_bytes());
    }
    fields
}

fn described(file: &ModFile) -> Vec<Vec<u8>> {
    let mut fields = Fields::accepted();
    if let Some(line) = &file.module {
        let deprecated = line.deprecated.as_deref().unwrap_or_default();
        fields.line(&line.place, &["module", &line.path, deprecated]);
    }
    if let Some(line) = &file.go {
        fields.line(&line.place, &["go", &line.version]);
    }
    if let Some(line) = &file.toolchain {
        fields.line(&line.place, &["toolchain", &line.name]);
    }
    for line in &file.godebug {
        fields.line(&line.place, &["godebug", &line.key, &line.value]);
    }
    for line in &file.require {
        let indirect = line.indirect.to_string();
        fields.line(
            &line.place,
            &[
                "require",
                &line.module.path,
                &line.module.version,
                &indirect,
            ],
        );
    }
    for line in &file.exclude {
        fields.line(
            &line.place,
            &["exclude", &line.module.path, &line.module.version],
        );
    }
    fields.replaces(&file.replace);
    for line in &file.retract {
        fields.line(
            &line.place,
            &["retract", &line.low, &line.high, &line.rationale],
        );
    }
    fields.paths("tool", &file.tool);
    fields.paths("ignore", &file.ignore);
    fields.0.push(modfile::print(&file.syntax));
    fields.0
}

pub(super) fn our_parse(source: &[u8], mode: ParseMode) -> Vec<Vec<u8>> {
    match modfile::parse(source, mode) {
        Ok(file) => described(&file),
        Err(errors) => refused(&errors),
    }
}

fn our_work(source: &[u8]) -> Vec<Vec<u8>> {
    let file = match gowork::parse(source) {
        Ok(file) => file,
        Err(errors) => return refused(&errors),
    };
    let mut fields = Fields::accepted();
    if let Some(line) = &file.go {
        fields.line(&line.place, &["go", &line.version]);
    }
    if let Some(line) = &file.toolchain {
        fields.line(&line.place, &["toolchain", &line.name]);
    }
    for line in &file.godebug {
        fields.line(&line.place, &["godebug", &line.key, &line.value]);
    }
    fields.paths("use", &file.r#use);
    fields.replaces(&file.replace);
    fields.0.push(modfile::print(&file.syntax));
    fields.0
}

fn our_sum(source: &[u8]) -> Vec<Vec<u8>> {
    let sum = match gosum::parse(source) {
        Ok(sum) => sum,
        Err(gosum::GoSumError::WrongNumberOfFields { line, fields }) => {
            let numbers = [
                line.to_string().into_bytes(),
                fields.to_string().into_bytes(),
            ];
            return [b"refused".to_vec()].into_iter().chain(numbers).collect();
        }
        Err(error) => panic!("{error}"),
    };
    let mut fields = vec![b"accepted".to_vec()];
    for entry in &sum.entries {
        fields.extend(
            entry
                .to_string()
                .split(' ')
                .map(|field| field.as_bytes().to_vec()),
        );
    }
    fields
}

/// Compares fields; the last one of an acceptance byte for byte if `printed`, the others with
/// U+FFFD for what is not UTF-8.
pub(super) fn compare(
    area: &str,
    inputs: &[Vec<Vec<u8>>],
    printed: bool,
    ours: impl Fn(&[u8]) -> Vec<Vec<u8>>,
) {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let (mut accepted, mut different) = (0, 0);
    for (input, theirs) in inputs.iter().zip(oracle.ask(area, inputs)) {
        let theirs: Vec<Vec<u8>> = theirs.unwrap();
        let mine = ours(&input[0]);
        let verdict = theirs[0] == b"accepted";
        accepted += usize::from(verdict);
        let exact = printed && verdict;
        let same = theirs
            .iter()
            .map(|field| lossy(field))
            .eq(mine.iter().map(|field| lossy(field)));
        if same && (!exact || theirs.last() == mine.last()) {
            continue;
        }
        different += 1;
        if different <= 5 {
            let show = |fields: &[Vec<u8>]| {
                let fields = fields.iter().map(|field| field.escape_ascii().to_string());
                fields.collect::<Vec<_>>().join(" | ")
            };
            println!(
                "{area}\n  input {}\n  go    {}\n  ours  {}",
                input[0].escape_ascii(),
                show(&theirs),
                show(&mine)
            );
        }
    }
    let count = inputs.len();
    println!("oracle {area}: {count} inputs ({accepted} accepted by go), {different} differences");
    assert_eq!(different, 0, "oracle {area}: {different} of {count} differ");
}

pub(super) fn formatted(result: Result<Vec<u8>, ParseErrors>) -> Answer {
    result
        .map(|bytes| vec![bytes])
        .map_err(|errors| errors.to_string())
}

#[test]
fn strict_parsing() {
    let inputs = inputs(1, corpus::go_mod);
    compare("modfile.strict", &inputs, true, |source| {
        our_parse(source, ParseMode::Strict)
    });
}

#[test]
fn lax_parsing() {
    let inputs = inputs(2, corpus::go_mod);
    compare("modfile.lax", &inputs, true, |source| {
        our_parse(source, ParseMode::Lax)
    });
}

#[test]
fn formatting() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let inputs = inputs(3, corpus::go_mod);
    oracle.compare("modfile.format", &inputs, |input| {
        formatted(modfile::format(&input[0]))
    });
}

#[test]
fn work_parsing() {
    compare("gowork.parse", &inputs(4, corpus::go_work), true, our_work);
}

#[test]
fn work_formatting() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let inputs = inputs(5, corpus::go_work);
    oracle.compare("gowork.format", &inputs, |input| {
        formatted(gowork::format(&input[0]))
    });
}

#[test]
fn sums() {
    compare("gosum.parse", &inputs(6, corpus::go_sum), false, our_sum);
}
