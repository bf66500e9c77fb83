//! What other programs read is held against the schemas of those who wrote them.
//!
//! The schemas are not part of the repository; where they are not at hand the tests say so.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

use boon::{Compiler, Schemas};
use finding::{FileSpan, Finding, FindingPlace, UnreadableInput};
use gate::{
    go_lock::GoLock,
    licence::RecognisedLicence,
    policy::GatePolicy,
    report::{GateReport, ReportFormat},
    rules,
    sbom::{self, BillEntry, BillOfMaterials},
    steps,
    verdict::GateVerdict,
};
use gomod::{
    modfile::{self, ModuleVersion},
    mvs::{GoModSource, GoModSummary, GraphLoader, LoadOptions, MainModule, ModuleSelection},
};
use jiff::civil::date;
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path};

fn read(name: &str) -> Option<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/schemas");
    let text = fs::read_to_string(folder.join(name)).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

/// Claims that a document is what its schema says; `others` are schemas that this one refers to.
#[track_caller]
fn assert_valid(document: &str, schema: &str, others: &[&str]) {
    let Some(main) = read(schema) else {
        println!("skipped: {schema} is not at hand");
        return;
    };
    let base = "http://cyclonedx.org/schema/";
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    for other in others {
        let url = format!("{base}{other}");
        compiler.add_resource(&url, read(other).unwrap()).unwrap();
    }
    let url = format!("{base}{schema}");
    compiler.add_resource(&url, main).unwrap();
    let index = compiler.compile(&url, &mut schemas).unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    if let Err(error) = schemas.validate(&document, index) {
        panic!("{schema}: {error:#}\n{document:#}");
    }
}

#[test]
fn sarif_is_what_oasis_specified() {
    let at = |line| FindingPlace::at("a b/go.sum", FileSpan::in_line(line, 1, 20));
    let findings = vec![
        Finding::new(&rules::SUM_CONFLICT, at(7), "m@v1.0.0", "two").beside(at(3), "the first"),
        Finding::new(
            &rules::MODULE_DENIED,
            FindingPlace::file("go.mod"),
            "w@v1.0.0",
            "\u{1b}[31m",
        ),
        Finding::new(&rules::TOO_YOUNG, FindingPlace::file("go.mod"), "", "young"),
    ];
    let policy = "[[waiver]]\nrule = \"allowed/module-denied\"\nowner = \"a\"\nreason = \"r\"\nuntil = 2026-12-31\n";
    let policy = GatePolicy::parse("p.toml", policy.as_bytes(), &rules::all()).unwrap();
    for unreadable in [Vec::new(), vec![UnreadableInput::new(at(1), "half")]] {
        let today = date(2026, 11, 26);
        let verdict = GateVerdict::of(&policy, "p.toml", findings.clone(), unreadable, today);
        let report = GateReport {
            version: "1.2.3",
            directory: ".",
            prefix: "services/a/",
            rules: &rules::all(),
            verdict: &verdict,
            facts: &[],
            change: None,
        };
        let sarif = report.render(ReportFormat::Sarif);
        assert_valid(&sarif, "sarif-2.1.0.schema.json", &[]);
    }
}

#[test]
fn a_bill_of_materials_is_what_cyclonedx_specified() {
    let go_mod = b"module example.com/app\n\ngo 1.22\n\nrequire (\n\texample.com/A v1.0.0\n\texample.com/b v1.0.0\n)\n";
    let lock = GoLock::read("", go_mod, b"").unwrap();
    let main = MainModule::new(&lock.go_mod).unwrap();
    let read = |source: &GoModSource| {
        let GoModSource::Version(module, _) = source else {
            return Err("no directories here".to_owned());
        };
        let text = format!("module {module}\n");
        let file = modfile::parse(text.as_bytes(), modfile::ParseMode::Lax).unwrap();
        Ok(GoModSummary::from(&file))
    };
    let selection = GraphLoader::new(main, LoadOptions::default())
        .load(read)
        .unwrap();
    let licence = RecognisedLicence {
        id: "BSD-3-Clause".to_owned(),
        file: "LICENSE".to_owned(),
    };
    let known = BillEntry {
        licences: vec![licence],
        zip_sha256: Some("0".repeat(64)),
        h1: Some("h1:x=".to_owned()),
    };
    let bill = |selection: ModuleSelection| BillOfMaterials {
        built: steps::built(&lock, &selection),
        selection: Box::new(selection),
        known: BTreeMap::from([(ModuleVersion::new("example.com/A", "v1.0.0"), known.clone())]),
    };
    let made = "2026-11-30T01:02:03.5Z".parse().unwrap();
    let others = ["jsf-0.82.schema.json", "spdx.schema.json"];
    let bills = [bill(selection.clone())];
    let one = sbom::cyclonedx(&bills, "app", "1.2.3", made);
    assert_valid(&one, "bom-1.6.schema.json", &others);
    let read: Value = serde_json::from_str(&one).unwrap();
    assert_eq!(read["metadata"]["timestamp"], "2026-11-30T01:02:03Z");
    assert_eq!(read["metadata"]["component"]["name"], "example.com/app");
    let library = &read["components"][0];
    assert_eq!(library["purl"], "pkg:golang/example.com/A@v1.0.0");
    assert_eq!(library["licenses"][0]["license"]["id"], "BSD-3-Clause");
    assert_eq!(library["hashes"][0]["alg"], "SHA-256");

    let bills = [bill(selection.clone()), bill(selection)];
    let several = sbom::cyclonedx(&bills, "checkout of two", "1.2.3", made);
    assert_valid(&several, "bom-1.6.schema.json", &others);
    let read: Value = serde_json::from_str(&several).unwrap();
    assert_eq!(read["metadata"]["component"]["name"], "checkout of two");
    let names: Vec<&str> = read["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["example.com/A", "example.com/app", "example.com/b"]);
    let none = sbom::cyclonedx(&[], "web", "1.2.3", made);
    assert_valid(&none, "bom-1.6.schema.json", &others);
}
