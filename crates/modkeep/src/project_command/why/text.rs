//! The answer as a person reads it. What is left out of a list is counted at its end.

use super::{PackageAnswer, WhyReport, WhyState};
use project::{
    paths::PathCount,
    reach::ImportNeed,
    why::{RequestedVersion, WhyAnswer},
};
use std::fmt::Write as _;

/// Requirers that are named a version.
const NAMED: usize = 8;

/// Versions that are listed with their requirers; the selected one is the first.
const VERSIONS: usize = 20;

pub(super) fn of(answer: &WhyReport) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    if let Some(package) = &answer.package {
        about_package(&mut text, package, &answer.module);
    }
    let Some(why) = &answer.why else {
        let _ = writeln!(
            text,
            "{} is a package of Go's standard library, which no module provides",
            answer.module
        );
        return text;
    };
    let _ = match (answer.state, why.selected.as_str()) {
        (WhyState::Pruned, _) => writeln!(
            text,
            "{} is not in the build list: only modules that are pruned out require it",
            why.module
        ),
        (_, "") => writeln!(text, "{} is the main module", why.module),
        (_, selected) => writeln!(text, "{} {selected} is selected", why.module),
    };
    match &answer.need {
        Some(ImportNeed::Nobody) => text.push_str("no package of it is imported\n"),
        Some(need) => {
            let _ = writeln!(text, "its packages are needed by: {need}");
        }
        None => {}
    }
    for unknown in &answer.unknown {
        let _ = writeln!(text, "not known: {unknown}");
    }
    if !why.selected.is_empty() {
        write_requests(&mut text, &why.asked);
        paths(&mut text, why);
    }
    text
}

fn about_package(text: &mut String, package: &PackageAnswer, module: &str) {
    let _ = writeln!(text, "{} is a package of {module}", package.path);
    match &package.need {
        Some(ImportNeed::Nobody) => text.push_str("nothing in the project imports it\n"),
        Some(need) => {
            let _ = writeln!(text, "it is needed by: {need}");
        }
        None => text.push_str("who needs it is not known\n"),
    }
    if package.imported_through.len() > 1 {
        let _ = writeln!(text, "  {}", package.imported_through.join(" -> "));
    }
    text.push('\n');
}

fn write_requests(text: &mut String, versions: &[RequestedVersion]) {
    text.push_str("\nasked for:\n");
    for asked in versions.iter().take(VERSIONS) {
        let mark = if asked.is_selected { "=>" } else { "  " };
        let _ = writeln!(text, "{mark} {}", asked.version);
        for by in asked.by.iter().take(NAMED) {
            let _ = writeln!(text, "     by {by}");
        }
        if asked.by.len() > NAMED {
            let _ = writeln!(text, "     and {} more", asked.by.len() - NAMED);
        }
    }
    if versions.len() > VERSIONS {
        let _ = writeln!(text, "   and {} lower versions", versions.len() - VERSIONS);
    }
}

fn paths(text: &mut String, why: &WhyAnswer) {
    let shown = why.paths.len();
    let _ = writeln!(
        text,
        "\n{shown} of {} paths to {}:",
        why.count, why.selected
    );
    for path in &why.paths {
        let _ = writeln!(text, "  {}", path.join(" -> "));
    }
    if let Some(rest) = left_out(why.count, shown) {
        let _ = writeln!(text, "  and {rest} more; --paths N shows more of them");
    }
}

/// How many paths are not shown, if any.
fn left_out(count: PathCount, shown: usize) -> Option<PathCount> {
    let rest = count.paths.saturating_sub(shown.try_into().ok()?);
    (rest > 0).then_some(PathCount {
        paths: rest,
        ..count
    })
}
