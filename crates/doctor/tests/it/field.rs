//! The field: what people pasted, and what was right for each.

use doctor::{ColourMode, classify, report};
use regex::Regex;
use std::path::{Path, PathBuf};

/// One line of the table.
struct Row {
    file: String,
    cause: Regex,
    present: Option<Regex>,
    absent: Option<Regex>,
}

/// Where the inputs are, beside the repository.
fn directory() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let directory = root.parent()?.join("shared/data/field/doctor");
    directory.is_dir().then_some(directory)
}

fn rows(table: &str) -> Vec<Row> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines.map(row).collect()
}

fn row(line: &str) -> Row {
    let fields: Vec<&str> = line.split('\t').collect();
    let pattern = |index: usize| Some(fields[index]).filter(|&field| field != "-");
    let regex = |pattern: &str| Regex::new(&format!("(?i){pattern}")).unwrap();
    // "Anything but" is written as a look-ahead there, which these expressions do not have.
    let cause = match fields[1] {
        "(?!unknown).*" => "[a-z]+/.*".to_owned(),
        "(?!vcs/).*" => "unknown|[a-uw-z][a-z]*/.*".to_owned(),
        other => other.to_owned(),
    };
    Row {
        file: fields[0].to_owned(),
        cause: Regex::new(&format!("^(?:{cause})$")).unwrap(),
        present: pattern(2).map(regex),
        absent: pattern(3).map(regex),
    }
}

#[test]
fn what_people_pasted_is_understood() {
    let Some(directory) = directory() else {
        println!("skipped: ../shared/data/field is absent");
        return;
    };
    let table = std::fs::read_to_string(directory.join("expected.tsv")).unwrap();
    let rows = rows(&table);
    assert!(rows.len() >= 23);
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|row| problem(row, &directory))
        .collect();
    println!("{} of {} are right", rows.len() - wrong.len(), rows.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn problem(row: &Row, directory: &Path) -> Option<String> {
    let text = std::fs::read_to_string(directory.join(&row.file)).unwrap();
    let diagnosis = classify(&text);
    let printed = report(&diagnosis, ColourMode::Never);
    let top = diagnosis
        .top()
        .map_or("unknown".to_owned(), |top| top.what.id());
    let is_present = row
        .present
        .as_ref()
        .is_none_or(|words| words.is_match(&printed));
    let is_absent = !row
        .absent
        .as_ref()
        .is_some_and(|words| words.is_match(&printed));
    let is_right = row.cause.is_match(&top) && is_present && is_absent;
    (!is_right).then(|| format!("{}: {top}\n{printed}", row.file))
}
