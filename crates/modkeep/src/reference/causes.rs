//! A page for each cause and each belief that `modkeep doctor` knows, and the list of them.

use super::GENERATED;
use doctor::{
    CAUSES, FailureCause, LINTS,
    cause::{CauseRemedy, GO_VERSION},
    lint::LintRule,
};
use std::fmt::Write as _;

/// `docs/causes/`: names below `docs/` and pages.
pub fn cause_pages() -> Vec<(String, String)> {
    let causes = CAUSES
        .iter()
        .map(|cause| (name(cause.id), cause_page(cause)));
    let beliefs = LINTS
        .iter()
        .map(|belief| (name(belief.id), belief_page(belief)));
    let list = ("causes/README.md".to_owned(), list());
    std::iter::once(list).chain(causes).chain(beliefs).collect()
}

fn name(id: &str) -> String {
    format!("causes/{}", file(id))
}

fn file(id: &str) -> String {
    format!("{}.md", id.replace('/', "-"))
}

fn list() -> String {
    let mut page = format!(
        "{GENERATED}# Causes and beliefs\n\n\
         What `modkeep doctor` finds in messages of `go`, and in its settings, by the ids that it prints; `modkeep doctor ID`\n\
         prints the words of a cause's page. An id never changes its meaning. Patterns are those of go 1.13 to {GO_VERSION}.\n"
    );
    let mut family = "";
    // Writing to a string cannot fail.
    for cause in CAUSES {
        if cause.family() != family {
            family = cause.family();
            let _ = writeln!(page, "\n## {family}\n\n| Id | What |\n|---|---|");
        }
        let (id, title) = (cause.id, cell(cause.title));
        let _ = writeln!(page, "| [`{id}`]({}) | {title} |", file(id));
    }
    page.push_str("\n## Settings\n\n| Id | What is wrong | People believe |\n|---|---|---|\n");
    for belief in LINTS {
        let (id, title, believed) = (belief.id, cell(belief.title), cell(belief.believed));
        let _ = writeln!(page, "| [`{id}`]({}) | {title} | {believed} |", file(id));
    }
    page
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn cause_page(cause: &FailureCause) -> String {
    let mut page = format!(
        "{GENERATED}# {}\n\nWhat it means: {}.\n\n## Why\n\n{}\n\n## What to do\n\n{}\n",
        cause.id, cause.title, cause.why, cause.next
    );
    if !cause.remedies.is_empty() {
        page.push_str("\n| Fix | Kind | Cost |\n|---|---|---|\n");
    }
    for CauseRemedy {
        kind,
        template,
        cost,
        ..
    } in cause.remedies
    {
        let _ = writeln!(
            page,
            "| `{}` | {} | {} |",
            cell(template),
            kind.name(),
            cell(cost)
        );
    }
    page.push_str(
        "\n## Messages\n\n`{name}` stands for a part that is taken out, `{...}` for anything.\n\n```text\n",
    );
    for pattern in cause.patterns {
        let _ = writeln!(page, "{}", pattern.template);
    }
    page.push_str("```\n");
    page
}

fn belief_page(belief: &LintRule) -> String {
    format!(
        "{GENERATED}# {}\n\nFound where {}.\n\n## What people believe\n\n{}\n\n## What is so\n\n{}\n\n\
         ## What to do\n\n`modkeep doctor` prints the exact command, which depends on where the value comes from:\n\
         `go env -w` changes nothing while a variable of the environment is set.\n",
        belief.id, belief.title, belief.believed, belief.truth
    )
}
