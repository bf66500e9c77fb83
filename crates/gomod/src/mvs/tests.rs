//! What the comparison with the go command does not show: rounds, faults and their place, refusals.

use super::{
    GoModFault, GoModSource, GoModSummary, GraphLoader, LoadOptions, LoadStep, MAX_GO_MODS,
    MainModule, MvsError, UpdatePolicy,
};
use crate::modfile::{self, ModuleVersion, ParseMode};

fn loader(go_mod: &str, updates: UpdatePolicy) -> GraphLoader {
    let file = modfile::parse(go_mod.as_bytes(), ParseMode::Strict).unwrap();
    GraphLoader::new(
        MainModule::new(&file).unwrap(),
        LoadOptions {
            updates,
            unpruned: false,
        },
    )
}

fn needed(loader: &mut GraphLoader) -> Vec<String> {
    let LoadStep::Need(sources) = loader.step().unwrap() else {
        panic!("done already")
    };
    let mut names: Vec<String> = sources.iter().map(name).collect();
    names.sort();
    names
}

fn name(source: &GoModSource) -> String {
    match source {
        GoModSource::Version(path, version) => format!("{path}@{version}"),
        GoModSource::Directory(directory) => directory.clone(),
    }
}

/// A reader of go.mod texts by name.
fn reader<'a>(
    texts: &'a [(&'a str, &'a str)],
) -> impl Fn(&GoModSource) -> Result<GoModSummary, String> + 'a {
    move |source| {
        let wanted = name(source);
        let found = texts.iter().find(|(name, _)| *name == wanted);
        let (_, text) = found.ok_or_else(|| format!("no {wanted}"))?;
        Ok(GoModSummary::from(
            &modfile::parse(text.as_bytes(), ParseMode::Lax).unwrap(),
        ))
    }
}

const A: (&str, &str) = (
    "a.example.com/a@v1.0.0",
    "module a.example.com/a\nrequire c.example.com/c v1.1.0\n",
);
const B: (&str, &str) = (
    "b.example.com/b@v1.0.0",
    "module b.example.com/b\nrequire c.example.com/c v1.2.0\n",
);
const C1: (&str, &str) = ("c.example.com/c@v1.1.0", "module c.example.com/c\n");
const C2: (&str, &str) = ("c.example.com/c@v1.2.0", "module c.example.com/c\n");
const MAIN: &str = "module main.example.com/m\ngo 1.16\nrequire a.example.com/a v1.0.0\nrequire b.example.com/b v1.0.0\n";

#[test]
fn a_round_asks_for_all_that_can_be_fetched_at_once() {
    let mut loader = loader(MAIN, UpdatePolicy::Refuse);
    assert_eq!(needed(&mut loader), [A.0, B.0]);
    // Asking again without an answer changes nothing.
    assert_eq!(needed(&mut loader), [A.0, B.0]);
    let read = reader(&[A, B, C1, C2]);
    let LoadStep::Need(sources) = loader.step().unwrap() else {
        panic!("done already")
    };
    for source in sources {
        let go_mod = read(&source);
        loader.supply(source, go_mod);
    }
    assert_eq!(needed(&mut loader), [C1.0, C2.0]);
    let selection = loader.load(read).unwrap();
    assert_eq!(selection.version("c.example.com/c"), Some("v1.2.0"));
    assert_eq!(selection.version("go"), Some("1.16"));
    assert!(!selection.needs_update());
}

#[test]
fn a_fault_is_reported_with_the_way_to_it() {
    let error = loader(MAIN, UpdatePolicy::Refuse)
        .load(reader(&[A, B, C1]))
        .unwrap_err();
    let MvsError::GoMod { path, fault } = &error else {
        panic!("{error}")
    };
    assert_eq!(*fault, GoModFault::Unavailable(format!("no {}", C2.0)));
    assert_eq!(
        error.to_string(),
        "main.example.com/m requires b.example.com/b@v1.0.0 requires c.example.com/c@v1.2.0"
    );
    assert_eq!(path.len(), 3);
}

#[test]
fn a_go_mod_of_another_module_is_a_fault_but_not_in_a_directory() {
    let other = [("a.example.com/a@v1.0.0", "module x.example.com/x\n")];
    let main = "module main.example.com/m\nrequire a.example.com/a v1.0.0\n";
    let error = loader(main, UpdatePolicy::Refuse)
        .load(reader(&other))
        .unwrap_err();
    let declared = "x.example.com/x".to_owned();
    assert!(
        matches!(error, MvsError::GoMod { fault: GoModFault::OtherPath { declared: d }, .. } if d == declared)
    );
    let replaced = format!("{main}replace a.example.com/a => ../a\n");
    let directory = [("../a", "module x.example.com/x\n")];
    let selection = loader(&replaced, UpdatePolicy::Refuse)
        .load(reader(&directory))
        .unwrap();
    let text = "main.example.com/m\na.example.com/a v1.0.0 => ../a\n";
    assert_eq!(selection.build_list_text(), text);
}

#[test]
fn a_requirement_below_the_selected_version_needs_an_update() {
    let main = format!("{MAIN}require c.example.com/c v1.1.0\n");
    let read = || reader(&[A, B, C1, C2]);
    assert_eq!(
        loader(&main, UpdatePolicy::Refuse)
            .load(read())
            .unwrap_err(),
        MvsError::NeedsUpdate
    );
    let selection = loader(&main, UpdatePolicy::Apply).load(read()).unwrap();
    assert!(selection.needs_update());
    assert_eq!(selection.version("c.example.com/c"), Some("v1.2.0"));
}

#[test]
fn what_no_module_can_be_called_is_never_asked_for() {
    let main = "module main.example.com/m\nrequire ../../etc v1.0.0\n";
    let error = loader(main, UpdatePolicy::Refuse)
        .load(reader(&[]))
        .unwrap_err();
    let invalid = GoModFault::Invalid(ModuleVersion::new("../../etc", "v1.0.0"));
    assert!(matches!(error, MvsError::GoMod { fault, .. } if fault == invalid));
}

#[test]
fn replacements_must_agree() {
    let main =
        "module m.example.com/m\nreplace a.example.com/a => ./x\nreplace a.example.com/a => ./y\n";
    let file = modfile::parse(main.as_bytes(), ParseMode::Strict).unwrap();
    let conflict = ModuleVersion::new("a.example.com/a", "");
    assert_eq!(
        MainModule::new(&file).unwrap_err(),
        MvsError::ConflictingReplacements(conflict)
    );
}

#[test]
fn more_go_mods_than_are_read_are_not_asked_for() {
    let requirements: Vec<String> = (0..=MAX_GO_MODS)
        .map(|number| format!("x.example.com/{number} v1.0.0"))
        .collect();
    let requirements = requirements.join("\n");
    let go_mod = format!("module main.example.com/m\ngo 1.17\nrequire (\n{requirements}\n)\n");
    let refused = loader(&go_mod, UpdatePolicy::Refuse).step();
    assert_eq!(refused.err(), Some(MvsError::TooManyGoMods));
}
