//! Vulnerable: what is known about the versions whose code a build can contain, and about Go itself.
//!
//! What a hit means is decided in [`vulndb`]; here it gets its line, and not knowing gets a rule.
//! Exceptions are those of the policy, like all others.

use crate::{
    go_lock::GoLock,
    places::{self, Places},
    rules::DATA_MISSING,
};
use finding::{Finding, Place};
use gomod::mvs::compare_versions;
use jiff::civil::Date;
use vulndb::{Examined, Matter, Reachability};

/// What is known.
#[derive(Debug)]
pub struct Known {
    /// About the modules; the reason where nobody could say.
    pub examined: Result<Examined, String>,
    /// About calls, where `govulncheck` was run.
    pub reachability: Option<Reachability>,
}

/// Looks at what is known. `days` is how old the data may be.
pub fn check(
    known: &Known,
    lock: &GoLock,
    places: &Places,
    days: u32,
    today: Date,
) -> Vec<Finding> {
    let examined = match &known.examined {
        Ok(examined) => examined,
        Err(why) => {
            let message = format!("nobody could say what is vulnerable: {why}");
            let place = Place::file(&*lock.go_mod_name);
            return vec![Finding::new(&DATA_MISSING, place, "", message)];
        }
    };
    let place = |module: &str| match module {
        "stdlib" | "toolchain" => go_line(lock).unwrap_or_else(|| places.main()),
        module => places.module(module),
    };
    let matter = Matter {
        examined,
        reachability: known.reachability.as_ref(),
        policy_file: &lock.go_mod_name,
        place: &place,
        days: Some(days),
        today,
    };
    vulndb::judge(&matter)
}

/// The release of Go that a build uses, such as `go1.22.3`: what go.mod asks for, or `installed`
/// where that is newer. None where neither is known.
pub fn release(lock: &GoLock, installed: Option<&str>) -> Option<String> {
    let plain = |name: &str| name.strip_prefix("go").map(str::to_owned);
    let line = lock.go_mod.go.as_ref().map(|line| line.version.clone());
    let toolchain = lock.go_mod.toolchain.as_ref();
    let toolchain = toolchain.and_then(|line| plain(&line.name));
    // A vendor's release has words behind its version.
    let installed = installed.and_then(|text| plain(text.split(' ').next()?));
    let newest = [line, toolchain, installed]
        .into_iter()
        .flatten()
        .max_by(|one, other| compare_versions("go", one, other));
    newest.map(|version| format!("go{version}"))
}

/// The line that decides about the release.
fn go_line(lock: &GoLock) -> Option<Place> {
    let toolchain = lock.go_mod.toolchain.as_ref().map(|line| line.place.span);
    let go = lock.go_mod.go.as_ref().map(|line| line.place.span);
    let span = toolchain.or(go)?;
    Some(Place::at(&*lock.go_mod_name, places::span(span)))
}

#[cfg(test)]
mod tests {
    use super::release;
    use crate::go_lock::GoLock;

    #[test]
    fn the_newest_of_what_is_asked_for_and_what_is_there_builds() {
        let of = |lines: &str, installed| {
            let go_mod = format!("module m\n\n{lines}\n");
            release(
                &GoLock::read("", go_mod.as_bytes(), b"").unwrap(),
                installed,
            )
        };
        assert_eq!(of("go 1.21", Some("go1.26.8")).unwrap(), "go1.26.8");
        assert_eq!(of("go 1.27.1", Some("go1.26.8")).unwrap(), "go1.27.1");
        let both = "go 1.21\n\ntoolchain go1.26.10";
        assert_eq!(
            of(both, Some("go1.26.9 X:nocoverageredesign")).unwrap(),
            "go1.26.10"
        );
        assert_eq!(of("go 1.21.3", None).unwrap(), "go1.21.3");
        assert_eq!(of("", None), None);
    }
}
