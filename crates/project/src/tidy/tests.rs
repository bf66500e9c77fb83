//! A report on a project that is written down here; the command's tests compare with the go command.

use super::{TidyProject, TidyReport};
use crate::configurations::BuildScope;
use crate::graph::ModuleGraph;
use crate::imports::{DirectoryListing, GoFile, PackageLoader, PackageSet, PackageStep};
use crate::reach::ImportNeed;
use crate::source::parse;
use gomod::modfile::{self, ModFile, ParseMode};
use gomod::mvs::{
    self, GoModSource, GoModSummary, LoadOptions, MainModule, ModuleSelection, UpdatePolicy,
};
use std::collections::HashMap;

const GO_MOD: &str = "module example.com/m

go 1.21

require (
	example.com/a v1.0.0
	example.com/b v1.0.0
	example.com/idle v1.0.0
	example.com/x v1.0.0 // indirect
	example.com/x/v2 v2.0.0 // indirect
)
";

/// What each module requires, and what its one package imports.
const MODULES: &[(&str, &str, &str)] = &[
    (
        "example.com/a",
        "require example.com/x v1.0.0",
        "import _ \"example.com/x\"",
    ),
    (
        "example.com/b",
        "require (\nexample.com/x v1.0.0\nexample.com/x/v2 v2.0.0\n)",
        "import (_ \"example.com/x\"; _ \"example.com/x/v2\")",
    ),
    ("example.com/idle", "", ""),
    ("example.com/x", "", ""),
    ("example.com/x/v2", "", ""),
];

fn select(file: &ModFile) -> ModuleSelection {
    let options = LoadOptions {
        updates: UpdatePolicy::Refuse,
        unpruned: false,
    };
    let loader = mvs::GraphLoader::new(MainModule::new(file).unwrap(), options);
    let selection = loader.load(|source| {
        let GoModSource::Version(path, _) = source else {
            return Err(String::new());
        };
        let (_, rest, _) = MODULES
            .iter()
            .find(|(name, ..)| *name == path.as_str())
            .unwrap();
        let text = format!("module {path}\ngo 1.21\n{rest}\n");
        Ok(GoModSummary::from(
            &modfile::parse(text.as_bytes(), ParseMode::Lax).unwrap(),
        ))
    });
    selection.unwrap()
}

fn go_file(name: &str, imports: &str) -> GoFile {
    let source = format!("package p\n{imports}\n");
    GoFile::new(name, parse(source.as_bytes()).unwrap())
}

fn packages(list: &[String], missing: &str) -> PackageSet {
    let mut loader = PackageLoader::new(list.iter().cloned());
    let own = vec![
        go_file("m.go", "import _ \"example.com/a\""),
        go_file("m_test.go", "import _ \"example.com/b\""),
        go_file("n_test.go", "import _ \"example.com/b\""),
    ];
    loader.begin_at("", own);
    loop {
        match loader.step() {
            PackageStep::Done(packages) => return packages,
            PackageStep::Need(directories) => {
                for directory in directories {
                    let path = &list[directory.module];
                    let module = MODULES.iter().find(|(name, ..)| name == path);
                    let imports = module.map_or("", |(.., imports)| imports);
                    let listing = match (path == missing, directory.path.as_str()) {
                        (true, _) => DirectoryListing::Unknown("gone".to_owned()),
                        (false, "") => DirectoryListing::Files(vec![go_file("x.go", imports)]),
                        (false, _) => DirectoryListing::Files(Vec::new()),
                    };
                    loader.supply(directory, listing);
                }
            }
        }
    }
}

fn report(missing: &str) -> TidyReport {
    let file = modfile::parse(GO_MOD.as_bytes(), ParseMode::Strict).unwrap();
    let selection = select(&file);
    let list = selection.build_list();
    let list: Vec<String> = list
        .iter()
        .map(|selected| selected.module.path.clone())
        .collect();
    let sizes = list.iter().skip(1).map(|path| (path.clone(), 10));
    let project = TidyProject {
        file: &file,
        graph: &ModuleGraph::of(&selection),
        packages: &packages(&list, missing),
        build_list: &list,
        sizes: &sizes.collect::<HashMap<_, _>>(),
        unreadable: &[],
    };
    project.report()
}

#[test]
fn each_requirement_says_who_needs_it_and_what_it_alone_brings_in() {
    let report = report("");
    let [a, b, idle] = &report.direct[..] else {
        panic!("{report:?}")
    };
    assert_eq!(a.need, Some(ImportNeed::Code(BuildScope::Everywhere)));
    assert_eq!(b.need, Some(ImportNeed::Tests(BuildScope::Everywhere)));
    assert_eq!(idle.need, Some(ImportNeed::Nobody));
    assert_eq!(
        (b.imported_at.as_deref(), b.importing_files),
        (Some("m_test.go:2"), 2)
    );
    let alone = |requirement: &super::TidyRequirement| {
        let weight = requirement.alone.clone().unwrap();
        (weight.modules.join(" "), weight.packages, weight.bytes)
    };
    assert_eq!(alone(a), ("example.com/a@v1.0.0".to_owned(), Some(1), 10));
    let both = "example.com/b@v1.0.0 example.com/x/v2@v2.0.0".to_owned();
    assert_eq!(alone(b), (both, Some(2), 20));
    assert_eq!(
        alone(idle),
        ("example.com/idle@v1.0.0".to_owned(), Some(0), 10)
    );
    assert_eq!(report.depth, 2);
}

#[test]
fn findings_stand_at_the_line_of_the_requirement() {
    let findings = report("").findings;
    let found: Vec<_> = findings
        .iter()
        .map(|finding| {
            (
                finding.rule.id,
                finding.place.to_string(),
                finding.subject.as_str(),
            )
        })
        .collect();
    let expected = [
        (
            "minimal/requirement-only-tests",
            "go.mod:7:2",
            "example.com/b@v1.0.0",
        ),
        (
            "minimal/requirement-unused",
            "go.mod:8:2",
            "example.com/idle@v1.0.0",
        ),
        ("minimal/module-two-majors", "go.mod", "example.com/x"),
    ];
    let expected = expected.map(|(rule, place, subject)| (rule, place.to_owned(), subject));
    assert_eq!(found, expected);
}

#[test]
fn what_is_behind_unreadable_files_is_not_judged() {
    let report = report("example.com/a");
    assert_eq!(
        report.unknown,
        [("example.com/a".to_owned(), "gone".to_owned())]
    );
    assert_eq!(report.direct[2].need, None);
    assert_eq!(report.direct[0].alone.clone().unwrap().packages, None);
    // Of what is there in all builds nothing unknown can take anything away.
    assert_eq!(
        report.direct[0].need,
        Some(ImportNeed::Code(BuildScope::Everywhere))
    );
    let rules: Vec<_> = report
        .findings
        .iter()
        .map(|finding| finding.rule.id)
        .collect();
    assert_eq!(rules, ["minimal/module-two-majors"]);
}
