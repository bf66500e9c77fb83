//! Plain: a verdict whose words nobody obeys.
//!
//! Every text in it may quote the checkout: paths, names of modules and packages, versions, parts of
//! files, even a waiver's reason. All of them are made printable here, for all forms alike.

use crate::verdict::{Judged, Verdict, Waived};
use finding::{Finding, Place, Related, Unreadable, printable};

/// The same verdict in printable words.
pub(super) fn verdict(verdict: &Verdict) -> Verdict {
    let Verdict {
        steps,
        findings,
        waived,
        unreadable,
    } = verdict;
    Verdict {
        steps: steps.clone(),
        findings: findings.iter().map(judged).collect(),
        waived: waived.iter().map(excused).collect(),
        unreadable: unreadable.iter().map(unread).collect(),
    }
}

fn judged(judged: &Judged) -> Judged {
    Judged {
        finding: finding(&judged.finding),
        mode: judged.mode,
    }
}

fn excused(waived: &Waived) -> Waived {
    Waived {
        finding: finding(&waived.finding),
        owner: printable(&waived.owner),
        reason: printable(&waived.reason),
        until: printable(&waived.until),
        status: waived.status,
    }
}

fn finding(finding: &Finding) -> Finding {
    let related = |related: &Related| Related {
        place: place(&related.place),
        message: printable(&related.message),
    };
    Finding {
        rule: finding.rule,
        place: place(&finding.place),
        subject: printable(&finding.subject),
        message: printable(&finding.message),
        advice: finding.advice.as_deref().map(printable),
        related: finding.related.iter().map(related).collect(),
    }
}

fn unread(unreadable: &Unreadable) -> Unreadable {
    Unreadable {
        place: place(&unreadable.place),
        problem: printable(&unreadable.problem),
    }
}

fn place(place: &Place) -> Place {
    Place {
        file: printable(&place.file),
        span: place.span,
    }
}
