//! `docs/causes.md`: every cause and every belief that `modkeep doctor` knows.

use super::GENERATED;
use doctor::{
    CAUSES, Cause, LINTS,
    cause::{GO_VERSION, Remedy},
};
use std::fmt::Write as _;

/// `docs/causes.md`.
pub fn causes_page() -> String {
    let mut page = format!(
        "{GENERATED}# Causes\n\n\
         What `modkeep doctor` finds in messages of `go`, by the ids that it prints; `modkeep doctor ID` prints a section of\n\
         this page. An id never changes its meaning. Patterns are those of go {GO_VERSION}; `{{name}}` stands for a part that is\n\
         taken out, `{{...}}` for anything.\n"
    );
    let mut family = "";
    for cause in CAUSES {
        if cause.family() != family {
            family = cause.family();
            let _ = write!(page, "\n## {family}\n");
        }
        section(&mut page, cause);
    }
    page.push_str("\n# Beliefs\n\nWhat `modkeep doctor` finds in the settings of `go`.\n\n| Id | What is wrong | People believe | In fact |\n|---|---|---|---|\n");
    for belief in LINTS {
        let cells =
            [belief.title, belief.believed, belief.truth].map(|text| text.replace('|', "\\|"));
        let _ = writeln!(page, "| `{}` | {} |", belief.id, cells.join(" | "));
    }
    page
}

fn section(page: &mut String, cause: &Cause) {
    let _ = write!(
        page,
        "\n### {}\n\n* What: {}.\n* Why: {}\n* Next: {}\n",
        cause.id, cause.title, cause.why, cause.next
    );
    for Remedy {
        kind,
        template,
        cost,
    } in cause.remedies
    {
        let _ = writeln!(page, "* Fix ({}): `{template}`; cost: {cost}.", kind.name());
    }
    page.push_str("\n```text\n");
    for pattern in cause.patterns {
        let _ = writeln!(page, "{}", pattern.template);
    }
    page.push_str("```\n");
}
