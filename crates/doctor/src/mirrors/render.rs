//! A choice of mirrors for people: a table, the best, the lines, and what does not help.

use super::{MirrorAnswer, MirrorAttempt, MirrorChoice};
use crate::report::{ColourMode, ReportPage, ascii};

/// Characters of a reason in the table, at most; all of it is in the JSON.
const REASON: usize = 90;

/// Columns of the name of a proxy, at most.
const NAME: usize = 44;

/// Prints a choice.
pub fn render(choice: &MirrorChoice, colour: ColourMode) -> String {
    let mut page = ReportPage::new(colour);
    let title = match &choice.failing {
        Some(failing) if failing.is_of_go => format!(
            "{} is one of Go's own hosts: go asks them where nobody sets GOPROXY, and some networks reach none of them, whatever a browser reaches",
            failing.host
        ),
        Some(failing) => format!(
            "{} is a public proxy; others serve the same modules",
            failing.host
        ),
        None => "Public proxies, and this site's own".to_owned(),
    };
    page.line(&page.bold(&ascii(&title)));
    let asked = match choice.unasked.as_str() {
        "" => question_text(choice),
        why => format!("nobody: {why}"),
    };
    page.labelled("asked", &ascii(&asked));
    for tried in &choice.tried {
        page.line(&ascii(&row(tried)));
    }
    if let Some(best) = &choice.best {
        page.labelled("best", &ascii(&best.summary()));
    }
    for fix in &choice.fixes {
        page.fix(fix);
    }
    for note in &choice.notes {
        page.labelled("note", &ascii(note));
    }
    page.line("");
    page.text()
}

fn question_text(choice: &MirrorChoice) -> String {
    let subject = choice.question.subject();
    let who = "from here, all at the same time";
    match choice.question.stand_in {
        Some(stand_in) => format!("for {subject}, {who}; {}", stand_in.words()),
        None => format!("for {subject}, {who}"),
    }
}

fn row(tried: &MirrorAttempt) -> String {
    let mut name = tried.mirror.summary();
    if tried.mirror.is_own {
        name.push_str(" (own)");
    }
    let latency = match tried.latency {
        Some(latency) => format!("{:.0} ms", latency.as_secs_f64() * 1000.0),
        None => "-".to_owned(),
    };
    let module = match &tried.module {
        MirrorAnswer::Yes => "has the module".to_owned(),
        MirrorAnswer::No => "has not the module".to_owned(),
        MirrorAnswer::Unknown(why) => cut(why),
    };
    let database = match (&tried.database, tried.latency) {
        (_, None) => String::new(),
        (MirrorAnswer::Yes, _) => "; passes the checksum database on".to_owned(),
        (MirrorAnswer::No, _) => "; does not pass the checksum database on".to_owned(),
        (MirrorAnswer::Unknown(why), _) => format!("; checksum database unknown: {}", cut(why)),
    };
    format!("    {name:NAME$} {latency:>8}  {module}{database}")
}

fn cut(why: &str) -> String {
    let mut text: String = why.chars().take(REASON).collect();
    if why.chars().nth(REASON).is_some() {
        text.push_str("...");
    }
    text
}
