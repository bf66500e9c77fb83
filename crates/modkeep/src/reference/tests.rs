//! The pages hold what they promise, and the help of every command is as a person reviewed it.

use super::{cli_page, configuration_page, errors_page, metrics_page};
use codes::Code;
use config::OPTIONS;

#[test]
fn every_option_and_every_code_has_its_place() {
    let page = configuration_page();
    assert!(
        OPTIONS
            .iter()
            .all(|option| page.contains(&format!("\n### {}\n", option.key))
                && page.contains(&option.doc))
    );
    let page = errors_page();
    assert!(
        Code::ALL
            .iter()
            .all(|code| page.contains(&format!("\n| {code} | ")))
    );
}

#[test]
fn every_metric_has_a_type_and_a_meaning() {
    let page = metrics_page();
    for name in [
        "`modkeep_http_requests_total`",
        "`modkeep_http_first_byte_seconds_bucket`, `modkeep_http_first_byte_seconds_sum`, \
         `modkeep_http_first_byte_seconds_count`",
        "`modkeep_lookups_total`",
        "`modkeep_upstream_calls_total`",
        "`modkeep_upstream_breaker`",
        "`modkeep_upstream_hedges_total`",
        "`modkeep_flights`",
        "`modkeep_build_info`",
        "`process_cpu_seconds_total`",
    ] {
        assert!(
            page.contains(&format!("\n| {name} | ")),
            "{name} is not on\n{page}"
        );
    }
    assert!(
        page.lines()
            .filter(|line| line.starts_with("| `"))
            .all(|line| line.matches(" | ").count() >= 3 && !line.contains(" |  | |"))
    );
}

/// What a metric counts has to be clear where it is read alone, and both formats escape quotes
/// differently.
#[test]
fn no_meaning_leans_on_the_row_above() {
    let page = metrics_page();
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let meaning = line.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        for leaning in [
            "Bytes of them",
            "Those that",
            "Of these",
            "that log",
            "\"",
            "\\",
        ] {
            assert!(!meaning.contains(leaning), "{line}");
        }
    }
}

#[test]
fn every_command_shows_an_example() {
    let page = cli_page();
    for command in [
        "modkeep serve",
        "modkeep run -- go build ./...",
        "modkeep store export /backup/modules",
        "modkeep config show --origin",
        "modkeep zip hash v1.0.0.zip",
        "modkeep mod buildlist",
        "modkeep explain MK2003",
    ] {
        assert!(page.contains(command), "{command} is not on\n{page}");
    }
    assert!(
        page.lines().all(|line| line.len() <= 100),
        "a help line is wider than a terminal"
    );
}

/// The reviewed text of the first help page that a person sees.
#[test]
fn the_first_help_page_is_as_reviewed() {
    let help = crate::cli::command()
        .term_width(100)
        .render_help()
        .to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    assert_eq!(
        format!("{}\n", help.join("\n").trim_end()),
        include_str!("help.txt")
    );
}
