//! `modkeep explain CODE`: what a code means, for whoever found one in a log.

use crate::{exit_status::PROBLEM, output};
use codes::Code;
use std::process::ExitCode;

pub(crate) fn main(matches: &clap::ArgMatches) -> ExitCode {
    let text = matches.get_one::<String>("code").map_or("", String::as_str);
    if let Some(code) = find(text) {
        output::line(&explained(code));
        return ExitCode::SUCCESS;
    }
    output::error("no such code; docs/errors.md lists them all");
    ExitCode::from(PROBLEM)
}

/// The first code in a text: a whole pasted error will do.
pub(crate) fn find(text: &str) -> Option<Code> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .find_map(Code::parse)
}

pub(crate) fn explained(code: Code) -> String {
    let entry = code.entry();
    let status = entry
        .status
        .map_or_else(String::new, |status| format!(" (HTTP {status})"));
    format!(
        "{code}: {}{status}\nwhy: {}\nnext: {}",
        entry.title, entry.cause, entry.remedy
    )
}

#[cfg(test)]
mod tests {
    use super::{explained, find};
    use codes::Code;

    #[test]
    fn a_code_is_found_in_a_pasted_error() {
        let pasted = "go: example.com/x@v1.0.0: reading http://127.0.0.1:3000/x: 503 Service Unavailable\n\tserver response: modkeep MK2003: no source";
        assert_eq!(find(pasted), Some(Code::UpstreamUnreachable));
        assert_eq!(
            (find("mk1001"), find("1001"), find("nothing")),
            (
                Some(Code::MalformedRequest),
                Some(Code::MalformedRequest),
                None
            )
        );
    }

    #[test]
    fn the_explanation_has_what_why_and_what_to_do() {
        assert_eq!(
            explained(Code::DiskFull),
            "MK3002: the disk is full (HTTP 503)\n\
             why: There is no room to keep what would have to be fetched; kept artifacts are still served.\n\
             next: Free space under --data, then run again."
        );
    }
}
