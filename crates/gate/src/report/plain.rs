//! Plain text: a verdict in which no control character or workflow command is left.
//!
//! Every text in it may quote the checkout: paths, names of modules and packages, versions, parts of
//! files, even a waiver's reason. All of them are made printable here, for all forms alike; and places
//! become paths from where the reader of the form begins.

use crate::verdict::{FindingVerdict, GateVerdict, WaivedFinding};
use finding::{Finding, FindingPlace, RelatedPlace, UnreadableInput, printable};

/// The same verdict in printable words, with a prefix before the path of each place.
pub(super) fn verdict(verdict: &GateVerdict, prefix: &str) -> GateVerdict {
    let words = PlainWriter { prefix };
    GateVerdict {
        steps: verdict.steps.clone(),
        findings: verdict
            .findings
            .iter()
            .map(|one| words.plain_finding(one))
            .collect(),
        waived: verdict
            .waived
            .iter()
            .map(|one| words.plain_waived(one))
            .collect(),
        unreadable: verdict
            .unreadable
            .iter()
            .map(|one| words.unreadable(one))
            .collect(),
    }
}

/// How words and places are written.
struct PlainWriter<'a> {
    prefix: &'a str,
}

// === impl PlainWriter ===

impl PlainWriter<'_> {
    fn plain_finding(&self, judged: &FindingVerdict) -> FindingVerdict {
        FindingVerdict {
            finding: self.finding(&judged.finding),
            mode: judged.mode,
        }
    }

    fn plain_waived(&self, waived: &WaivedFinding) -> WaivedFinding {
        WaivedFinding {
            finding: self.finding(&waived.finding),
            owner: printable(&waived.owner),
            reason: printable(&waived.reason),
            until: printable(&waived.until),
            status: waived.status,
        }
    }

    fn finding(&self, finding: &Finding) -> Finding {
        let related = |related: &RelatedPlace| RelatedPlace {
            place: self.place(&related.place),
            message: printable(&related.message),
        };
        Finding {
            rule: finding.rule,
            place: self.place(&finding.place),
            subject: printable(&finding.subject),
            message: printable(&finding.message),
            advice: finding.advice.as_deref().map(printable),
            related: finding.related.iter().map(related).collect(),
        }
    }

    fn unreadable(&self, unreadable: &UnreadableInput) -> UnreadableInput {
        UnreadableInput {
            place: self.place(&unreadable.place),
            problem: printable(&unreadable.problem),
        }
    }

    fn place(&self, place: &FindingPlace) -> FindingPlace {
        FindingPlace {
            file: printable(&format!("{}{}", self.prefix, place.file)),
            span: place.span,
        }
    }
}
