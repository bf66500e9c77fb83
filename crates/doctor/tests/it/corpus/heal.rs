//! Heal: a fix is worth what happens when it is applied.

use crate::corpus::Case;
use crate::corpus::scene::Played;
use doctor::Diagnosis;
use doctor::cause::RemedyKind;
use std::fs;
use std::process::Command;

/// What no fix may contain.
const FORBIDDEN: [&str; 5] = [
    "GONOSUMCHECK",
    "GOINSECURE",
    "-insecure",
    "GOSUMDB=off",
    "=*",
];

/// What is wrong with the fixes of a diagnosis, if anything.
pub(crate) fn wrong_fix(diagnosis: &Diagnosis, case: &Case, played: &Played) -> Option<String> {
    let fixes = diagnosis.reasons.iter().flat_map(|reason| &reason.fixes);
    for fix in fixes.clone() {
        if FORBIDDEN.iter().any(|word| fix.text.contains(word)) {
            return Some(format!("turns verification off: {}", fix.text));
        }
        if fix.text.contains('{') && !fix.text.contains("%{") {
            return Some(format!("was not filled in: {}", fix.text));
        }
    }
    if !case.heals {
        return None;
    }
    let fix = diagnosis.top()?.fixes.first();
    let Some(fix) = fix else {
        return Some("has no fix".to_owned());
    };
    apply(fix.kind, &fix.text, played);
    let again = played.again();
    (!again.ok()).then(|| format!("was not healed by {}\n{again}", fix.text))
}

fn apply(kind: RemedyKind, text: &str, played: &Played) {
    let directory = played.project.path();
    if kind == RemedyKind::Replace {
        let file = directory.join("go.mod");
        let go_mod = fs::read_to_string(&file).unwrap();
        fs::write(file, format!("{go_mod}\n{text}\n")).unwrap();
        played.go.run(&["mod", "tidy"], directory).assert_ok();
    } else {
        let mut command = Command::new("sh");
        played.go.prepare(&mut command);
        let output = command.args(["-c", text]).current_dir(directory).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{text}: {output:?}");
    }
}
