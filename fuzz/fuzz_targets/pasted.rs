//! Pasted errors: whatever somebody pastes is classified, and no fix weakens verification.
#![no_main]

use doctor::{Colour, cause::RemedyKind, classify, mend::Action, report};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let diagnosis = classify(text);
    let _ = report(&diagnosis, Colour::Never);
    for reason in &diagnosis.reasons {
        for fix in &reason.fixes {
            let is_setting = fix.kind == RemedyKind::Environment;
            let is_off = fix.text.contains(" GOSUMDB=off");
            assert!(!(is_setting && is_off), "{}", fix.text);
            if let Some(action) = Action::of(fix) {
                let weakens = |word: &String| {
                    word.starts_with("GONOSUMDB=") || word.starts_with("GOSUMDB=off")
                };
                assert!(!action.arguments.iter().any(weakens), "{}", action.command());
            }
        }
    }
});
