//! This machine: the release of go, the cache, and names that nobody reads.

use super::{LintCase, LintRule, about};
use crate::cause::RemedyKind;
use crate::environment::{GoEnvironment, GoSettingOrigin};
use gomod::mvs::compare_go;
use strsim::osa_distance;

pub(super) static TOOLCHAIN: LintRule = LintRule {
    id: "env/toolchain-local",
    title: "this module wants a newer go, and go may not fetch one",
    believed: "The go line is only a hint.",
    truth: "It is a lower bound since 1.21; with GOTOOLCHAIN=local an older go refuses the module.",
};

pub(super) static READ_ONLY: LintRule = LintRule {
    id: "env/read-only-cache",
    title: "the module cache cannot be written",
    believed: "Reading a shared cache is enough.",
    truth: "go locks and extends the cache even for what is in it; a cache that belongs to somebody else fails on the first new module.",
};

pub(super) static MISSPELT: LintRule = LintRule {
    id: "env/misspelt",
    title: "go reads no variable of this name",
    believed: "The setting holds.",
    truth: "go ignores variables that it does not know, without a word.",
};

pub(super) static MODULES_OFF: LintRule = LintRule {
    id: "env/modules-off",
    title: "modules are turned off",
    believed: "GO111MODULE=off avoids trouble with modules.",
    truth: "go then works as before it had modules, with GOPATH alone: go.mod, versions and go install PATH@VERSION are refused, and nothing is verified.",
};

/// Variables of other programs, and of the runtime, that begin as those of `go` do.
const OTHERS: [&str; 13] = [
    "GOCOVERDIR",
    "GODEBUG",
    "GOGC",
    "GOLANG_VERSION",
    "GOMAXPROCS",
    "GOMEMLIMIT",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOPACKAGE",
    "GOPACKAGESDRIVER",
    "GOROOT_FINAL",
    "GOTRACEBACK",
    "GOLINE",
    "GOFILE",
];

/// Names that were never read, or no longer are, with what people mean by them.
const MISTAKEN: [(&str, &str); 6] = [
    ("GONOSUMCHECK", "GONOSUMDB"),
    ("GONOSUM", "GONOSUMDB"),
    ("GOSUM", "GOSUMDB"),
    ("GOPROXIES", "GOPROXY"),
    ("GO_PROXY", "GOPROXY"),
    ("GONOVERIFY", "GONOSUMDB"),
];

/// How many letters a name may be away from the one that was meant.
const NEAR: usize = 2;

pub(super) fn lint(environment: &GoEnvironment) -> Vec<LintCase> {
    let mut lints = Vec::new();
    lints.extend(toolchain(environment));
    lints.extend(modules_off(environment));
    if environment.cache_is_writable == Some(false) {
        let lint = about(&READ_ONLY, environment, "GOMODCACHE");
        let text = "ls -ld \"$(go env GOMODCACHE)\"".to_owned();
        let cost = "nothing: it shows whose it is; give it to this user, or set GOMODCACHE to a directory of yours";
        lints.push(lint.fix(RemedyKind::Command, text, cost));
    }
    lints.extend(
        environment
            .names()
            .filter_map(|(name, origin)| misspelt(environment, name, origin)),
    );
    lints
}

fn toolchain(environment: &GoEnvironment) -> Option<LintCase> {
    let wanted = environment.go_line.as_deref()?;
    let running = environment.value("GOVERSION").strip_prefix("go")?;
    let running = running.split([' ', '-']).next()?;
    let is_stuck =
        environment.value("GOTOOLCHAIN") == "local" && compare_go(wanted, running).is_gt();
    is_stuck.then(|| {
        let cost = "go fetches and verifies the toolchain that the module asks for";
        about(&TOOLCHAIN, environment, "GOTOOLCHAIN").set("auto", cost)
    })
}

fn modules_off(environment: &GoEnvironment) -> Option<LintCase> {
    let is_off = environment.value("GO111MODULE") == "off";
    let cost = "go.mod and go.sum count again";
    is_off.then(|| about(&MODULES_OFF, environment, "GO111MODULE").unset(cost))
}

fn misspelt(environment: &GoEnvironment, name: &str, origin: GoSettingOrigin) -> Option<LintCase> {
    if environment.is_known(name) || OTHERS.contains(&name) || !name.starts_with("GO") {
        return None;
    }
    let mistaken = MISTAKEN.iter().find(|(wrong, _)| *wrong == name);
    let near = near(environment, name);
    let meant = mistaken.map(|(_, right)| *right).or(near)?;
    let lint = LintCase {
        origin,
        value: format!("probably {meant} is meant"),
        ..about(&MISSPELT, environment, name)
    };
    Some(match (mistaken, origin) {
        (None, GoSettingOrigin::Environment) => lint.fix(
            RemedyKind::Environment,
            format!("export {meant}=\"${name}\"; unset {name}"),
            "the value then counts, so look at it first",
        ),
        // What was meant by these has another form.
        _ => lint.unset("nothing: it had no effect"),
    })
}

/// The setting whose name is nearest.
fn near<'e>(environment: &'e GoEnvironment, name: &str) -> Option<&'e str> {
    // Long names of other programs are not worth the comparison.
    if name.len() > 24 {
        return None;
    }
    let known = environment
        .known()
        .filter(|known| known.starts_with("GO") && known.len() > 5);
    known
        .map(|known| (osa_distance(known, name), known))
        .filter(|(distance, _)| *distance <= NEAR)
        .min()
        .map(|(_, known)| known)
}
