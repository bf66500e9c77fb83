//! A comparison for people: the conclusion first, then who says what, then the repair.

use super::{ComparisonRow, HashComparison, HashSource, HashedFile, SourceAgreement};
use crate::report::{ColourMode, ReportPage, ascii};
use mismatch::MismatchCause;

/// Prints a comparison.
pub fn render(comparison: &HashComparison, colour: ColourMode) -> String {
    let mut page = ReportPage::new(colour);
    let title = page.bold(comparison.title.as_str());
    let id = serde_json::to_value(comparison.verdict).unwrap_or_default();
    let id = id.as_str().unwrap_or_default();
    let confidence = serde_json::to_value(comparison.confidence).unwrap_or_default();
    let confidence = confidence.as_str().unwrap_or_default();
    page.line(&format!(
        "{}@{}: {title}  [{id}, {confidence}]",
        comparison.module, comparison.version
    ));
    page.labelled("why", &ascii(&comparison.why));
    if let Some(served) = &comparison.served {
        page.labelled("sent by", &ascii(served));
    }
    page.labelled("next", comparison.next);
    for file in HashedFile::ALL {
        let rows = comparison.rows.iter().filter(|row| row.file == file);
        for (index, row) in rows.enumerate() {
            page.labelled(
                if index == 0 { file.name() } else { "" },
                &ascii(&row_text(row)),
            );
        }
    }
    for case in &comparison.cases {
        let conclusion = &case.conclusion;
        // A wrong line is explained with somebody's right bytes at hand: not theirs is the fault.
        let who = match conclusion.cause {
            MismatchCause::ClientGoSum => "go.sum",
            _ => &case.copy.source,
        };
        page.labelled(
            "bytes",
            &format!("{who}: {}. {}", conclusion.title, conclusion.why),
        );
    }
    for fix in &comparison.fixes {
        page.fix(fix);
    }
    page.text()
}

fn row_text(row: &ComparisonRow) -> String {
    let mark = match row.standing {
        SourceAgreement::Right => "right ",
        SourceAgreement::Wrong => "WRONG ",
        SourceAgreement::Recovered => "again ",
        SourceAgreement::Open => "open  ",
        SourceAgreement::Silent => "silent",
    };
    let hash = row.hash.as_deref().unwrap_or_default();
    let said = match (hash, row.note.as_str()) {
        ("", note) => note.to_owned(),
        (hash, "") => hash.to_owned(),
        (hash, note) => format!("{hash} ({note})"),
    };
    // What a database is said to have is proven; what it does not tell is not.
    let proven = match (&row.voice, &row.hash) {
        (HashSource::Database { .. }, Some(_)) => ", proven",
        _ => "",
    };
    format!("{mark} {}{proven}: {said}", row.voice.describe())
}
