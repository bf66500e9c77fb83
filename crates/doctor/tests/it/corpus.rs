//! The corpus: the real `go` is made to fail in as many ways as can be arranged on one machine, and
//! each time the doctor has to name the cause from what `go` printed.
//!
//! A case that names a fix of the healing kind is healed: the fix is applied where the failure was,
//! and the same command must then succeed. The reports are golden files, compared where `go` is the
//! release that the patterns were taken from.
mod cases;
pub(crate) mod disguise;
mod golden;
mod heal;
pub(crate) mod record;
mod scene;

use doctor::{classify, report};
use scene::Played;

/// A way to fail, and what has to be said of it.
struct Case {
    /// A name for the golden file.
    name: &'static str,
    /// The cause; where the machine decides between several, each of them.
    causes: &'static [&'static str],
    /// Whether the first fix has to make the same command succeed.
    heals: bool,
    /// The first and the last go 1.N that fails so.
    releases: (u32, u32),
    play: fn() -> Played,
}

// === impl Case ===

impl Case {
    /// It is so since this go 1.N.
    fn from(mut self, release: u32) -> Self {
        self.releases.0 = self.releases.0.max(release);
        self
    }

    /// It was so up to this go 1.N.
    fn up_to(mut self, release: u32) -> Self {
        self.releases.1 = release;
        self
    }

    fn is_of(&self, release: u32) -> bool {
        (self.releases.0..=self.releases.1).contains(&release)
    }
}

/// The fewest cases.
const CASES: usize = 60;

#[test]
fn the_cause_of_every_failure_is_named() {
    let release = scene::release();
    let cases: Vec<Case> = cases::all()
        .into_iter()
        .filter(|case| case.is_of(release))
        .collect();
    let mut wrong = Vec::new();
    for case in &cases {
        wrong.extend(problem(case));
    }
    println!(
        "corpus: {} failures of the real go, {} named rightly, plain and in every disguise",
        cases.len(),
        cases.len() - wrong.len()
    );
    assert!(cases.len() >= CASES, "only {} cases", cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The first cause that the doctor names.
fn top_of(text: &str) -> String {
    let top = classify(text).top().map(|reason| reason.what.id());
    top.unwrap_or_else(|| "unknown".to_owned())
}

/// What the doctor got wrong, with everything that is needed to see why.
fn problem(case: &Case) -> Option<String> {
    let played = (case.play)();
    let text = played.text();
    if played.output.ok() {
        return Some(format!("{}: go did not fail\n{text}", case.name));
    }
    let diagnosis = classify(&text);
    let printed = report(&diagnosis, doctor::ColourMode::Never);
    let top = top_of(&text);
    if !case.causes.contains(&top.as_str()) {
        return Some(format!(
            "{}: wanted {:?}\n{text}\n{printed}",
            case.name, case.causes
        ));
    }
    if let Some(wrong) = heal::wrong_fix(&diagnosis, case, &played) {
        return Some(format!("{}: {wrong}\n{text}\n{printed}", case.name));
    }
    for (name, decorate) in disguise::DECORATORS {
        let disguised = decorate(&text);
        let found = top_of(&disguised);
        if found != top {
            return Some(format!("{}: {found} under {name}\n{disguised}", case.name));
        }
    }
    golden::compare(case, &played, &printed);
    None
}
