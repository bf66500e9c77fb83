//! Module, import and file paths, escaped or not, and their major-version suffixes.

use super::{INPUTS, argument, inputs, single, text, verdict};
use gomod::{ModulePath, escape, path};
use testkit::oracle::{Oracle, Seed};

#[test]
fn module_paths_are_valid_as_for_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(101);
    // More than needed, because what is no text is left out of the last area.
    let paths = single(inputs::some(&mut seed, INPUTS * 11 / 10, inputs::path));
    oracle.compare("path.module", &paths, |input| {
        verdict(path::check_module_path(argument(input, 0)?))
    });
    oracle.compare("path.import", &paths, |input| {
        verdict(path::check_import_path(argument(input, 0)?))
    });
    oracle.compare("path.escape", &paths, |input| {
        text(ModulePath::parse(argument(input, 0)?).map(|path| path.escaped()))
    });
    // Splitting is no check: Go splits any bytes. Ours takes text, so text is asked.
    let texts: Vec<_> = paths
        .into_iter()
        .filter(|input| argument(input, 0).is_ok())
        .collect();
    oracle.compare("path.split", &texts, |input| {
        let (prefix, major) = path::split_path_version(argument(input, 0)?).ok_or("malformed")?;
        Ok(vec![prefix.as_bytes().to_vec(), major.as_bytes().to_vec()])
    });
}

#[test]
fn file_paths_are_valid_as_for_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(102);
    let files = single(inputs::some(&mut seed, INPUTS, inputs::file));
    oracle.compare("path.file", &files, |input| {
        verdict(path::check_file_path(argument(input, 0)?))
    });
}

#[test]
fn letters_are_those_of_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let every: Vec<char> = ('\u{80}'..=char::MAX).collect();
    let inputs = single(every.iter().map(|c| c.to_string().into_bytes()).collect());
    oracle.compare("path.file", &inputs, |input| {
        verdict(path::check_file_path(argument(input, 0)?))
    });
}

#[test]
fn escaped_paths_are_read_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(103);
    let paths = inputs::some(&mut seed, INPUTS, |seed| {
        let path = inputs::path(seed);
        inputs::escaped(seed, &path)
    });
    oracle.compare("path.unescape", &single(paths), |input| {
        text(ModulePath::unescape(argument(input, 0)?))
    });
}

#[test]
fn escaped_names_of_revisions_are_read_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(104);
    let grammar = |seed: &mut Seed| {
        if seed.chance(0.5) {
            inputs::version(seed)
        } else {
            inputs::file(seed)
        }
    };
    let names = single(inputs::some(&mut seed, INPUTS, grammar));
    oracle.compare("version.escape", &names, |input| {
        text(escape::escape_version(argument(input, 0)?))
    });
    // Percent-encoding is no check, and Go encodes any bytes. Ours takes text, so text is asked.
    let texts: Vec<_> = names
        .into_iter()
        .filter(|name| argument(name, 0).is_ok())
        .collect();
    oracle.compare("path.url", &texts, |input| {
        Ok(vec![
            escape::percent_encode(argument(input, 0)?).into_bytes(),
        ])
    });
    let escaped = inputs::some(&mut seed, INPUTS, |seed| {
        let name = grammar(seed);
        inputs::escaped(seed, &name)
    });
    oracle.compare("version.unescape", &single(escaped), |input| {
        text(escape::unescape_version(argument(input, 0)?))
    });
}
