//! The pages hold what they promise, and the help of every command is as a person reviewed it.

use super::{cli_page, configuration_page, errors_page, metrics_page};
use crate::config::OPTIONS;
use codes::Code;

#[test]
fn every_option_and_every_code_has_its_place() {
    let page = configuration_page();
    assert!(OPTIONS.iter().all(
        |option| page.contains(&format!("\n## {}\n", option.name)) && page.contains(option.doc)
    ));
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
        "modkeep_http_requests",
        "modkeep_http_first_byte_seconds",
        "modkeep_lookups",
        "modkeep_upstream_calls",
        "modkeep_upstream_breaker",
        "modkeep_upstream_hedges",
        "modkeep_flights",
    ] {
        assert!(
            page.contains(&format!("| `{name}` | ")),
            "{name} is not on\n{page}"
        );
    }
    assert!(
        page.lines()
            .filter(|line| line.starts_with("| `"))
            .all(|line| line.matches(" | ").count() >= 3 && !line.contains(" |  | |"))
    );
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
