//! `modkeep tidy-report`: what each requirement is for, and what it costs.

use super::{APPLY, ProjectAnswer, json, modules::ModuleSources, packages, print_answer, wait};
use crate::{failure::Failure, module_checkout::ModuleCheckout, output};
use checkout::source_files;
use futures_util::StreamExt as _;
use gomod::mvs::ModuleSelection;
use project::{
    graph::ModuleGraph,
    rules::UNUSED,
    tidy::{TidyProject, TidyReport, TidyRequirement},
};
use std::{collections::HashMap, fmt::Write as _, process::ExitCode};

/// Zips whose size is asked for at a time.
const AT_A_TIME: usize = 32;

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let checkout = ModuleCheckout::open(matches)?;
    let as_json = matches.get_flag("json");
    let report = wait(report(checkout))?;
    Ok(print_answer(report.and_then(|report| {
        Ok(ProjectAnswer {
            text: if as_json {
                json(&report)?
            } else {
                text(&report)
            },
            is_problem: report
                .findings
                .iter()
                .any(|finding| *finding.rule == UNUSED),
        })
    })))
}

/// The report on the requirements of a project.
pub(crate) async fn report(mut checkout: ModuleCheckout) -> Result<TidyReport, String> {
    let file = checkout.file.clone();
    let selection = checkout.select(&file, APPLY).await?;
    let places = ModuleSources::new(&checkout.root, &checkout.upstreams);
    let own = source_files::walk(&checkout.root, &file);
    let unreadable = own.unreadable.clone();
    let tools: Vec<String> = file.tool.iter().map(|tool| tool.path.clone()).collect();
    let sizes = sizes(&selection, &places).await;
    let packages = packages::load(&selection, own, &tools, &places).await?;
    let project = TidyProject {
        file: &file,
        graph: &ModuleGraph::of(&selection),
        packages: &packages,
        build_list: &packages::build_list(&selection),
        sizes: &sizes,
        unreadable: &unreadable,
    };
    Ok(project.report())
}

/// Sizes of the zips of all selected modules.
pub(super) async fn sizes(
    selection: &ModuleSelection,
    places: &ModuleSources,
) -> HashMap<String, u64> {
    let modules = selection.build_list().into_iter().skip(1);
    // A directory has no zip.
    let zipped = modules.filter(|selected| {
        let actual = selected.replacement.unwrap_or(selected.module);
        !actual.version.is_empty()
    });
    let asking = zipped.map(|selected| async move {
        let actual = selected.replacement.unwrap_or(selected.module);
        Some((selected.module.path.clone(), places.size(actual).await?))
    });
    let asking = futures_util::stream::iter(asking).buffer_unordered(AT_A_TIME);
    asking.filter_map(std::future::ready).collect().await
}

fn text(report: &TidyReport) -> String {
    let mut text = String::new();
    let rows: Vec<[String; 5]> = report.direct.iter().map(row).collect();
    let head = [
        "direct requirement",
        "needed by",
        "files",
        "alone",
        "first import",
    ];
    table(&mut text, &head.map(str::to_owned), &rows);
    let idle: Vec<&TidyRequirement> = report
        .indirect
        .iter()
        .filter(|line| is_idle(line))
        .collect();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "\n{} direct and {} indirect requirements, at most {} deep",
        report.direct.len(),
        report.indirect.len(),
        report.depth
    );
    list(
        &mut text,
        "indirect requirements that no package imports:",
        idle.iter()
            .map(|line| format!("{} {}", line.module, line.version)),
    );
    list(
        &mut text,
        "there in several major versions:",
        report
            .two_majors
            .iter()
            .map(|majors| majors.paths.join(", ")),
    );
    list(
        &mut text,
        "imported, but in no module of the build list:",
        report.without_module.iter().cloned(),
    );
    list(
        &mut text,
        "not known, so nothing is called unused and packages are not counted:",
        report
            .unknown
            .iter()
            .map(|(what, why)| format!("{what}: {why}")),
    );
    if report.is_cut {
        text.push_str(
            "\nthere are more packages or tags than are followed: the rest is not known\n",
        );
    }
    list(
        &mut text,
        "to look at:",
        report.findings.iter().map(|finding| {
            let (place, message, rule) = (&finding.place, &finding.message, finding.rule.id);
            format!("{place}: {message} [{rule}]")
        }),
    );
    text
}

fn is_idle(line: &TidyRequirement) -> bool {
    line.need == Some(project::reach::ImportNeed::Nobody)
}

fn row(requirement: &TidyRequirement) -> [String; 5] {
    let need = requirement.need.as_ref();
    [
        format!("{} {}", requirement.module, requirement.version),
        need.map_or_else(|| "not known".to_owned(), ToString::to_string),
        requirement.importing_files.to_string(),
        weight(requirement),
        requirement.imported_at.clone().unwrap_or_default(),
    ]
}

fn weight(requirement: &TidyRequirement) -> String {
    let Some(alone) = &requirement.alone else {
        return String::new();
    };
    let mut words = vec![counted(alone.modules.len(), "module")];
    words.extend(alone.packages.map(|count| counted(count, "package")));
    let more = if alone.unknown_sizes > 0 {
        "at least "
    } else {
        ""
    };
    words.push(format!("{more}{}", output::size(alone.bytes)));
    words.join(", ")
}

fn counted(count: usize, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}

/// Columns as wide as their widest cell; the last one ends where it ends.
fn table(text: &mut String, head: &[String; 5], rows: &[[String; 5]]) {
    let all: Vec<&[String; 5]> = std::iter::once(head).chain(rows).collect();
    let mut widths = [0; 5];
    for row in &all {
        for (width, cell) in widths.iter_mut().zip(row.iter()) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in all {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        let line: Vec<String> = cells.collect();
        let _ = writeln!(text, "{}", line.join("  ").trim_end());
    }
}

fn list(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    for (number, line) in lines.enumerate() {
        if number == 0 {
            let _ = write!(text, "\n{title}\n");
        }
        let _ = writeln!(text, "  {line}");
    }
}
