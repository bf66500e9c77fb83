//! Pasted errors: whatever somebody pastes is classified, and no fix weakens verification.
#![no_main]

use doctor::{ColourMode, cause::RemedyKind, classify, fix_action::FixAction, report};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let diagnosis = classify(text);
    let _ = report(&diagnosis, ColourMode::Never);
    for reason in &diagnosis.reasons {
        for fix in &reason.fixes {
            let is_setting = fix.kind == RemedyKind::Environment;
            let is_off = fix.text.contains(" GOSUMDB=off");
            assert!(!(is_setting && is_off), "{}", fix.text);
            if let Some(action) = FixAction::of(fix) {
                let weakens = |word: &String| {
                    word.starts_with("GONOSUMDB=") || word.starts_with("GOSUMDB=off")
                };
                assert!(
                    !action.arguments.iter().any(weakens),
                    "{}",
                    action.command()
                );
            }
        }
    }
});
