//! Which proxy is the best here, and the lines that would use it.

use super::known::{DATABASE, host_of, is_in_domain_of_go, place_of};
use super::{FailingHost, MirrorAnswer, MirrorAttempt, MirrorQuestion, PublicMirror};
use crate::cause::RemedyKind;
use crate::environment::{GoEnvironment, GoSetting, GoSettingOrigin, database_name};
use crate::fix::Fix;
use serde::Serialize;
use std::cmp::Reverse;
use std::time::Duration;

/// What was asked, what was answered, and what follows.
#[derive(Debug, Clone, Serialize)]
pub struct MirrorChoice {
    /// The public host that is not reached; none if the question is asked for its own sake.
    pub failing: Option<FailingHost>,
    /// What was asked for.
    pub question: MirrorQuestion,
    /// Who answered what, the best first.
    pub tried: Vec<MirrorAttempt>,
    /// Why nobody was asked; empty if somebody was.
    pub unasked: String,
    /// The best; none if nobody can be offered.
    pub best: Option<PublicMirror>,
    /// What comes of it, in sentences.
    pub notes: Vec<String>,
    /// The lines that use the best one, in their order. None of them is carried out by itself.
    pub fixes: Vec<Fix>,
}

const PUBLIC_COST: &str = "whoever runs it sees the name of every module that is fetched through it; set GOPRIVATE first for private ones";
const OWN_COST: &str = "nothing is told to anybody new: it is this site's own";
const PRIVATE_COST: &str = "first: what these patterns match is asked of no proxy and no database, but of its own host; read them before, they are a guess from go.mod";
const DATABASE_COST: &str = "the same database with the same key, at Go's second address for it: needed because this proxy does not pass it on";

/// What people try instead, and why it does not help.
const NO_CURES: [&str; 2] = [
    "GOPROXY=\"\" is no cure: for go an empty value is its default list again, and with it the same host. GOPROXY=direct asks every code host, golang.org among them.",
    "GOSUMDB=off is no cure: it takes away the proof that a mirror's bytes are right, and brings no module nearer.",
];

// === impl MirrorChoice ===

impl MirrorChoice {
    /// Ranks what was tried and says what follows. `guess` are patterns of what looks private here.
    pub fn of(
        failing: Option<FailingHost>,
        question: MirrorQuestion,
        mut tried: Vec<MirrorAttempt>,
        environment: Option<&GoEnvironment>,
        guess: Option<String>,
    ) -> Self {
        let mut others = tried.iter().map(|tried| &tried.mirror);
        let untried = others.find(|mirror| !is_failing(failing.as_ref(), mirror));
        let untried = untried.and_then(line_untried);
        tried.sort_by_key(rank);
        let is_failing = |tried: &&MirrorAttempt| is_failing(failing.as_ref(), &tried.mirror);
        let mut failed = tried.iter().filter(is_failing);
        let answers_here = failed.find(|tried| tried.is_usable());
        let best = tried
            .iter()
            .find(|tried| tried.is_usable() && !is_failing(tried))
            .cloned();
        let mut notes = Vec::new();
        if let Some(tried) = answers_here {
            notes.push(format!(
                "From here {} does answer now: where it failed the network is another, or it was away for a while. Run modkeep doctor there.",
                tried.mirror.summary()
            ));
        }
        notes.extend(nobody(&tried, best.as_ref(), &question));
        let is_lacking = tried.iter().any(|tried| tried.module == MirrorAnswer::No);
        notes.extend(untried.filter(|_| failing.is_some() && best.is_none() && !is_lacking));
        let fixes = match &best {
            Some(best) => lines(best, environment, guess),
            None => Vec::new(),
        };
        if let Some(best) = &best {
            notes.extend(remarks(best, environment));
        }
        notes.extend(NO_CURES.map(str::to_owned));
        Self {
            best: best.map(|best| best.mirror),
            unasked: String::new(),
            failing,
            question,
            tried,
            notes,
            fixes,
        }
    }

    /// Whether somebody was asked, and nobody can be used.
    pub fn is_helpless(&self) -> bool {
        self.unasked.is_empty() && !self.tried.iter().any(MirrorAttempt::is_usable)
    }

    /// Where nobody is asked, and why.
    pub fn unasked(
        failing: Option<FailingHost>,
        question: MirrorQuestion,
        mirrors: &[PublicMirror],
        why: &str,
    ) -> Self {
        let mut others = mirrors.iter();
        let untried = others.find(|mirror| !is_failing(failing.as_ref(), mirror));
        let mut notes = vec![
            "A mirror that is reached where it failed would help; which one is reached there is not known here.".to_owned(),
        ];
        notes.extend(untried.and_then(line_untried).filter(|_| failing.is_some()));
        notes.extend(NO_CURES.map(str::to_owned));
        Self {
            failing,
            question,
            tried: Vec::new(),
            unasked: why.to_owned(),
            best: None,
            notes,
            fixes: Vec::new(),
        }
    }
}

/// Whether a proxy is the one that failed. The database of Go is not reached where its proxy is not,
/// and is passed on by it.
fn is_failing(failing: Option<&FailingHost>, mirror: &PublicMirror) -> bool {
    let place = place_of(mirror.url.reveal());
    failing.is_some_and(|failing| {
        place == failing.host || failing.is_of_go && is_in_domain_of_go(host_of(place))
    })
}

/// The line that would use a mirror which nobody has tried where it failed.
fn line_untried(mirror: &PublicMirror) -> Option<String> {
    let url = mirror.open()?;
    let url = url.trim_end_matches('/');
    Some(format!(
        "Untried: where it failed, go env -w GOPROXY={url},direct uses this one, if it is reached from there. Whoever runs it sees the names of modules: set GOPRIVATE first for private ones."
    ))
}

/// The order: who has the module, one's own before others, who passes the database on, who is fast.
fn rank(
    tried: &MirrorAttempt,
) -> (
    Reverse<bool>,
    Reverse<bool>,
    Reverse<bool>,
    Duration,
    String,
) {
    (
        Reverse(tried.is_usable()),
        Reverse(tried.mirror.is_own),
        Reverse(tried.database == MirrorAnswer::Yes),
        tried.latency.unwrap_or(Duration::MAX),
        tried.mirror.summary(),
    )
}

/// Why nobody is offered.
fn nobody(
    tried: &[MirrorAttempt],
    best: Option<&MirrorAttempt>,
    question: &MirrorQuestion,
) -> Option<String> {
    if best.is_some() || tried.iter().any(MirrorAttempt::is_usable) {
        return None;
    }
    let answered = tried.iter().filter(|tried| tried.latency.is_some()).count();
    let lacking = tried
        .iter()
        .filter(|tried| tried.module == MirrorAnswer::No)
        .count();
    Some(if answered == 0 {
        "None of them is reached from here, so nothing is proven about any of them: this machine has no way out, or all of them are blocked. Check network and HTTPS_PROXY, or set GOPROXY to a proxy inside.".to_owned()
    } else if lacking > 0 {
        format!(
            "No mirror that answers has {}: it does not exist, or it is private. Another proxy does not bring it.",
            question.subject()
        )
    } else {
        "Whoever answers refuses, fails, or answers with something else than a proxy does, such as a login page. Nothing is proven about any of them.".to_owned()
    })
}

/// The lines that use a proxy, the first to be run first.
fn lines(
    best: &MirrorAttempt,
    environment: Option<&GoEnvironment>,
    guess: Option<String>,
) -> Vec<Fix> {
    let set = |name: &str, value: &str, cost| Fix {
        kind: RemedyKind::Environment,
        text: format!("go env -w {name}={value}"),
        cost,
    };
    let mut fixes = Vec::new();
    let is_own = best.mirror.is_own;
    if let Some(guess) = guess.filter(|_| !is_own) {
        fixes.push(set("GOPRIVATE", &guess, PRIVATE_COST));
    }
    if let Some(url) = best.mirror.open() {
        let cost = if is_own { OWN_COST } else { PUBLIC_COST };
        fixes.push(set(
            "GOPROXY",
            &format!("{},direct", url.trim_end_matches('/')),
            cost,
        ));
    }
    let setting = environment.map_or(DATABASE, |environment| environment.value("GOSUMDB"));
    let is_default = setting.is_empty() || database_name(setting) == Some(DATABASE);
    if best.database != MirrorAnswer::Yes && is_default && setting != "sum.golang.google.cn" {
        fixes.push(set("GOSUMDB", "sum.golang.google.cn", DATABASE_COST));
    }
    fixes
}

/// What to know before the lines are run.
fn remarks(best: &MirrorAttempt, environment: Option<&GoEnvironment>) -> Vec<String> {
    let mut remarks = Vec::new();
    let Some(environment) = environment else {
        return remarks;
    };
    let set_in_environment = |name: &str| {
        let setting = environment.get(name);
        setting.is_some_and(|setting| setting.origin == GoSettingOrigin::Environment)
    };
    if set_in_environment("GOPROXY") {
        remarks.push("GOPROXY is a variable of the environment here, which go env -w does not change: unset it where it is set.".to_owned());
    }
    let private = environment.value("GOPRIVATE");
    if !private.is_empty() && !best.mirror.is_own {
        remarks.push(format!(
            "GOPRIVATE is set: the mirror hears nothing of what it matches ({}).",
            environment
                .get("GOPRIVATE")
                .map(GoSetting::redacted)
                .unwrap_or_default()
        ));
    }
    remarks
}
