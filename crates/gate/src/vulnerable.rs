//! Vulnerable: what is known about the versions whose code a build can contain, and about Go itself.
//!
//! What a hit means is decided in [`vulndb`]; here it gets its line, the packages that a build has are
//! held against those that it is about, and not knowing gets a rule. Exceptions are those of the policy,
//! like all others.

use crate::{
    go_lock::GoLock,
    places::{self, RequirementPlaces},
    rules::DATA_MISSING,
};
use finding::{Finding, FindingPlace};
use gomod::{modfile::ModFile, mvs::compare_versions};
use jiff::civil::Date;
use project::uses::{PackageUse, ProjectUses};
use vulndb::{
    BuildExamination, ExaminationInput, ImportReach, ReachabilityReport, VulnerabilityHit,
};

/// The pretended module of the go command. It concerns whoever builds, whatever is imported.
const TOOLCHAIN: &str = "toolchain";

/// What is known.
#[derive(Debug)]
pub struct VulnerabilityFacts {
    /// About the modules; the reason where nobody could say.
    pub examined: Result<BuildExamination, String>,
    /// About calls, where `govulncheck` was run.
    pub reachability: Option<ReachabilityReport>,
    /// The packages of a build, where somebody looked; the reason where they could not be had.
    pub imports: Option<Result<ProjectUses, String>>,
}

/// Looks at what is known. `days` is how old the data may be.
pub fn check(
    known: &VulnerabilityFacts,
    lock: &GoLock,
    places: &RequirementPlaces,
    days: u32,
    today: Date,
) -> Vec<Finding> {
    let examined = match &known.examined {
        Ok(examined) => examined,
        Err(why) => {
            let message = format!("nobody could say what is vulnerable: {why}");
            let place = FindingPlace::file(&*lock.go_mod_name);
            return vec![Finding::new(&DATA_MISSING, place, "", message)];
        }
    };
    let place = |module: &str| match module {
        "stdlib" | TOOLCHAIN => go_line(lock).unwrap_or_else(|| places.main()),
        module => places.module(module),
    };
    let matter = ExaminationInput {
        examined,
        reachability: known.reachability.as_ref(),
        imported: &|hit| known.imported(hit),
        raise: &|hit, version| raise(hit, version, &lock.go_mod),
        policy_file: &lock.go_mod_name,
        place: &place,
        days: Some(days),
        today,
    };
    vulndb::judge(&matter)
}

// === impl VulnerabilityFacts ===

impl VulnerabilityFacts {
    /// How a build comes to what has a vulnerability.
    pub fn imported(&self, hit: &VulnerabilityHit) -> ImportReach {
        if hit.module == TOOLCHAIN {
            return ImportReach::Unasked;
        }
        let uses = match &self.imports {
            None => return ImportReach::Unasked,
            Some(Ok(uses)) => uses,
            Some(Err(why)) => return ImportReach::Unknown { why: why.clone() },
        };
        let wanted: Vec<&str> = hit.imports.iter().map(|import| &*import.path).collect();
        match uses.find(&hit.module, &wanted) {
            PackageUse::Built { package } => ImportReach::By { package },
            PackageUse::Beside { package, by } => ImportReach::Beside { package, by },
            PackageUse::Nowhere => ImportReach::Nowhere,
            PackageUse::Unknown { why } => ImportReach::Unknown { why },
        }
    }
}

/// The command that raises a module. What stands in for another is raised where it is named.
fn raise(hit: &VulnerabilityHit, version: &str, go_mod: &ModFile) -> String {
    let VulnerabilityHit { module, .. } = hit;
    let replaces = go_mod
        .replace
        .iter()
        .find(|line| (&line.new.path, &line.new.version) == (module, &hit.version));
    match replaces {
        None => format!("go get {module}@{version}"),
        Some(line) => {
            let at = match &*line.old.version {
                "" => String::new(),
                old => format!("@{old}"),
            };
            let old = &line.old.path;
            format!("go mod edit -replace {old}{at}={module}@{version}")
        }
    }
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
fn go_line(lock: &GoLock) -> Option<FindingPlace> {
    let toolchain = lock.go_mod.toolchain.as_ref().map(|line| line.place.span);
    let go = lock.go_mod.go.as_ref().map(|line| line.place.span);
    let span = toolchain.or(go)?;
    Some(FindingPlace::at(&*lock.go_mod_name, places::span(span)))
}

#[cfg(test)]
mod tests {
    use super::{VulnerabilityFacts, check, release};
    use crate::{go_lock::GoLock, places::RequirementPlaces};
    use finding::Finding;
    use jiff::civil::date;
    use vulndb::{DatabaseSource, SourceOrigin, VulnerabilityDatabase};

    /// What is found of a vulnerability of example.com/a, fixed in 1.2.0, where a build uses v1.0.0.
    fn found(go_mod: &str) -> Finding {
        let entry = r#"{"id": "GO-1", "modified": "2026-05-20T16:03:47Z", "affected": [{
            "package": {"name": "example.com/a", "ecosystem": "Go"}, "ranges": [{"type": "SEMVER",
            "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]}]}]}"#;
        let file = vulndb::FeedFile {
            name: "GO-1.json".to_owned(),
            bytes: entry.as_bytes().to_vec(),
        };
        let source = DatabaseSource::from_files("go", SourceOrigin::Public, vec![file]).unwrap();
        let database = VulnerabilityDatabase::merge(vec![source]).unwrap();
        let known = VulnerabilityFacts {
            examined: Ok(database.examine([("example.com/a", "v1.0.0")]).unwrap()),
            reachability: None,
            imports: None,
        };
        let lock = GoLock::read("", go_mod.as_bytes(), b"").unwrap();
        let places = RequirementPlaces::of("go.mod", &lock.go_mod, []);
        check(&known, &lock, &places, 30, date(2026, 5, 25)).remove(0)
    }

    #[test]
    fn what_stands_in_for_another_is_raised_where_it_is_named() {
        let required = "module m\n\nrequire example.com/a v1.0.0\n";
        let next = found(required).next().to_owned();
        assert_eq!(next, "Run `go get example.com/a@v1.2.0`.");
        let replaced = "module m\n\nrequire example.com/b v1.5.0\n\nreplace example.com/b v1.5.0 => example.com/a v1.0.0\n";
        let next = found(replaced).next().to_owned();
        let command = "go mod edit -replace example.com/b@v1.5.0=example.com/a@v1.2.0";
        assert_eq!(next, format!("Run `{command}`."));
    }

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
