//! What is kept from public servers: GOPRIVATE and its two halves, GOINSECURE, GOVCS.

use super::{LintCase, LintRule, about, intended_pattern};
use crate::environment::{GoEnvironment, GoSettingOrigin};
use crate::mirrors::is_public;
use gomod::goproxy::{ProxyList, ProxyListEntry, ProxyUrl};
use gomod::pattern::ModulePatterns;

pub(super) static BYPASS: LintRule = LintRule {
    id: "env/private-bypasses-proxy",
    title: "private modules go past your own proxy",
    believed: "GOPRIVATE only leaves out the public checksum database.",
    truth: "GOPRIVATE is also the default of GONOPROXY: these modules are fetched from their code hosts directly, without the proxy's cache and rules.",
};

pub(super) static EVERYTHING: LintRule = LintRule {
    id: "env/matches-everything",
    title: "the pattern matches every module",
    believed: "A star is only a convenience inside the company.",
    truth: "Every public module matches as well: none is verified by the checksum database any more, or none comes through the proxy.",
};

pub(super) static MALFORMED: LintRule = LintRule {
    id: "env/malformed-pattern",
    title: "a pattern is malformed, and ignored",
    believed: "The modules behind it are private.",
    truth: "go ignores a pattern that it cannot read, without a word: the names behind it go to public servers.",
};

pub(super) static PUBLIC_HOST: LintRule = LintRule {
    id: "env/matches-public-host",
    title: "the pattern matches everybody's modules of a public code host",
    believed: "It names only the company's own modules.",
    truth: "All modules of the host match, strangers' too: they are fetched past the proxy, and nothing verifies them. Name the organisation behind the host.",
};

pub(super) static DEAD: LintRule = LintRule {
    id: "env/dead-pattern",
    title: "a pattern can match no module",
    believed: "A pattern is a URL, or the words are separated by something else than a comma.",
    truth: "A pattern is the beginning of a module path, such as git.example.com/team: no https://, user, port or space, and a comma between two. Any other matches nothing, without a word: the names go to public servers.",
};

pub(super) static INSECURE: LintRule = LintRule {
    id: "env/insecure",
    title: "modules may be fetched without TLS",
    believed: "GOINSECURE is needed for a private authority.",
    truth: "It lets go fetch directly over http and accept any certificate for the modules it matches; it does nothing for proxies. A private authority belongs among the system's roots.",
};

pub(super) static ANY_VCS: LintRule = LintRule {
    id: "env/any-vcs",
    title: "any version control system may run for public modules",
    believed: "GOVCS=*:all only makes fetching work.",
    truth: "Each system's client runs on what an unknown server sends; go allows git and hg for public modules because those are looked after best.",
};

/// The variables with patterns, and whether verification hangs on them.
const LISTS: [&str; 4] = ["GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE"];

/// Modules of people who have nothing to do with each other: what matches all of them, matches
/// everything.
const STRANGERS: [&str; 3] = ["example.com/a", "b.example.org/c/d", "example.net/e"];

/// Modules of two strangers at each of the public code hosts.
const PUBLIC_HOSTS: [[&str; 2]; 4] = [
    ["github.com/gin-gonic/gin", "github.com/pkg/errors"],
    ["gitlab.com/a/b", "gitlab.com/c/d"],
    ["gitee.com/a/b", "gitee.com/c/d"],
    ["golang.org/x/text", "golang.org/x/net"],
];

pub(super) fn lint(environment: &GoEnvironment) -> Vec<LintCase> {
    let mut lints = Vec::new();
    lints.extend(bypass(environment));
    for name in LISTS {
        lints.extend(list(environment, name));
    }
    let insecure = environment.value("GOINSECURE");
    if !insecure.is_empty() {
        lints.push(
            about(&INSECURE, environment, "GOINSECURE")
                .unset("these modules are fetched over TLS again"),
        );
    }
    lints.extend(any_vcs(environment));
    lints
}

fn bypass(environment: &GoEnvironment) -> Option<LintCase> {
    let is_set = |name: &str| {
        environment
            .get(name)
            .is_some_and(|setting| setting.origin != GoSettingOrigin::Default)
    };
    let list = ProxyList::parse(environment.value("GOPROXY")).ok()?;
    let mut proxies = list.entries().iter().filter_map(|(entry, _)| match entry {
        ProxyListEntry::Proxy(url) => Some(url),
        ProxyListEntry::Direct | ProxyListEntry::Off => None,
    });
    // A public proxy cannot have them, and must not hear of them.
    let is_own = |url: &ProxyUrl| !is_public(url);
    let has_proxy = proxies.clone().next().is_some() && proxies.all(is_own);
    // A list in which nothing matches sends nothing past the proxy; that is told by itself.
    let is_dead = intended_pattern(environment.value("GOPRIVATE")).is_some();
    let is_split = is_set("GOPRIVATE") && !is_set("GONOPROXY");
    let applies = is_split && is_set("GOPROXY") && has_proxy && !is_dead;
    applies.then(|| {
        let cost = "private modules are asked of the proxy, which has to be able to read them";
        about(&BYPASS, environment, "GOPRIVATE").set_other("GONOPROXY", "none", cost)
    })
}

fn list(environment: &GoEnvironment, name: &str) -> Option<LintCase> {
    let setting = environment.get(name)?;
    if setting.origin == GoSettingOrigin::Default {
        return None;
    }
    let patterns = ModulePatterns::parse(&setting.value);
    if STRANGERS.iter().all(|path| patterns.matches(path)) {
        let cost = "public modules go through the proxy and are verified again; name the private prefixes instead";
        return Some(about(&EVERYTHING, environment, name).unset(cost));
    }
    let is_whole_host = |strangers: &[&str; 2]| strangers.iter().all(|path| patterns.matches(path));
    if PUBLIC_HOSTS.iter().any(is_whole_host) {
        let cost = "public modules of the host are verified again; name your organisation behind the host instead";
        return Some(about(&PUBLIC_HOST, environment, name).unset(cost));
    }
    if let Some(meant) = intended_pattern(&setting.value) {
        let lint = about(&DEAD, environment, name);
        return Some(if meant.is_empty() {
            lint.unset("nothing: it matched no module")
        } else {
            lint.set(
                &meant,
                "these modules are private from now on, as was meant",
            )
        });
    }
    if patterns.malformed().is_empty() {
        return None;
    }
    let good = setting.value.split(',').filter(|item| {
        !patterns
            .malformed()
            .iter()
            .any(|bad| bad == item.trim_end_matches('/'))
    });
    let value = good.collect::<Vec<_>>().join(",");
    let cost = "without the malformed pattern; write it anew as you meant it";
    Some(about(&MALFORMED, environment, name).set(&value, cost))
}

fn any_vcs(environment: &GoEnvironment) -> Option<LintCase> {
    let rules = environment.value("GOVCS").split(',').map(str::trim);
    let is_wide = rules
        .filter_map(|rule| rule.split_once(':'))
        .any(|(pattern, systems)| matches!(pattern, "*" | "public") && systems == "all");
    is_wide.then(|| {
        about(&ANY_VCS, environment, "GOVCS").unset("public modules come from git and hg only")
    })
}
