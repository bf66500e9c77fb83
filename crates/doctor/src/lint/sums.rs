//! What is verified: GOSUMDB, the database's state, and flags that change files or weaken checks.

use super::{LintCase, LintRule, about, intended_pattern};
use crate::cause::RemedyKind;
use crate::environment::{GoEnvironment, GoSettingOrigin, database_name};
use crate::mirrors::{host_of, is_public_host};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gomod::goproxy::{ProxyList, ProxyListEntry, ProxyUrl};
use gomod::pattern::ModulePatterns;

pub(super) static OFF: LintRule = LintRule {
    id: "env/sumdb-off",
    title: "nothing is verified by a checksum database",
    believed: "GOSUMDB=off is fine in a network that is trusted.",
    truth: "A new version is then whatever the first server sends, and toolchains cannot be downloaded at all, for they are always verified.",
};

pub(super) static NOTHING: LintRule = LintRule {
    id: "env/nothing-proves",
    title: "modules come over http, and no database proves them",
    believed: "Inside the company nobody changes what is fetched.",
    truth: "Plain http can be changed by whoever is on the way, and with GOSUMDB=off nothing notices: the first bytes that arrive are what go.sum records. Either one alone would be noticed.",
};

pub(super) static MIRROR: LintRule = LintRule {
    id: "env/sumdb-mirror",
    title: "GOSUMDB names a proxy, not a database",
    believed: "GOSUMDB has to name the mirror too.",
    truth: "GOSUMDB is a database's name or key, and go knows sum.golang.org and sum.golang.google.cn. A proxy in GOPROXY that passes the database on is used by itself, with nothing set; with this value every check fails.",
};

pub(super) static UNREADABLE: LintRule = LintRule {
    id: "env/sumdb-unreadable",
    title: "GOSUMDB is not a setting that go can read",
    believed: "The name of a database of one's own is enough.",
    truth: "It is off, NAME+HASH+KEY, or a name that go knows (sum.golang.org, sum.golang.google.cn), and behind it, if needed, a URL. With anything else every check fails: malformed verifier id.",
};

pub(super) static STATE: LintRule = LintRule {
    id: "env/sumdb-state",
    title: "the remembered state of the checksum database cannot be read",
    believed: "Verification begins anew each time.",
    truth: "go remembers the newest head of each database below GOPATH/pkg/sumdb; one that is torn, or signed under another name, makes every check fail.",
};

pub(super) static MODULE_FLAGS: LintRule = LintRule {
    id: "env/flags-mod-mod",
    title: "every command may change go.mod",
    believed: "-mod=mod in GOFLAGS only avoids error messages.",
    truth: "Builds then add and upgrade requirements by themselves, in CI too, and nobody reviews them.",
};

pub(super) static INSECURE_FLAG: LintRule = LintRule {
    id: "env/flags-insecure",
    title: "GOFLAGS has a flag that go no longer knows",
    believed: "-insecure in GOFLAGS lets go use servers without TLS.",
    truth: "go get has had no such flag since 1.17; commands that do not know it refuse to start or ignore it.",
};

pub(super) fn lint(environment: &GoEnvironment) -> Vec<LintCase> {
    let mut lints = Vec::new();
    lints.extend(nothing(environment));
    lints.extend(setting(environment));
    // What is worse has the same setting and its way out.
    if environment.value("GOSUMDB") == "off" && lints.is_empty() {
        let cost = "verification is on again; name private modules in GONOSUMDB, or use a database of your own";
        lints.push(on_again(
            about(&OFF, environment, "GOSUMDB"),
            environment,
            cost,
        ));
    }
    lints.extend(state(environment));
    lints.extend(flag(environment, &MODULE_FLAGS, |flag| flag == "mod=mod"));
    lints.extend(flag(environment, &INSECURE_FLAG, |flag| flag == "insecure"));
    lints
}

/// GOSUMDB=off behind plain http, with the way out of it.
fn nothing(environment: &GoEnvironment) -> Option<LintCase> {
    let sources = ProxyList::parse(environment.value("GOPROXY")).ok()?;
    let is_plain = |entry: &ProxyListEntry| match entry {
        ProxyListEntry::Proxy(url) => url.reveal().starts_with("http://") && !is_here(url),
        ProxyListEntry::Direct | ProxyListEntry::Off => false,
    };
    let is_plain = sources.entries().iter().any(|(entry, _)| is_plain(entry));
    if !is_plain || environment.value("GOSUMDB") != "off" {
        return None;
    }
    let mut lint = about(&NOTHING, environment, "GOSUMDB");
    // What is fetched insecurely is what is private; no pattern that would leave out all modules.
    let insecure = environment.value("GOINSECURE");
    let private = intended_pattern(insecure).unwrap_or_else(|| insecure.to_owned());
    let is_all = ModulePatterns::parse(&private).matches("example.com/a");
    if !private.is_empty() && !is_all && environment.value("GONOSUMDB").is_empty() {
        let cost = "first: the names of these modules then stay away from the database, and only they are left unproven";
        lint = lint.set_other("GONOSUMDB", &private, cost);
    }
    let cost = "all other modules are proven again, and http can change nothing unnoticed; first name private ones in GONOSUMDB";
    lint = on_again(lint, environment, cost);
    if !insecure.is_empty() {
        let command = match environment.get("GOINSECURE").map(|setting| setting.origin) {
            Some(GoSettingOrigin::Environment) => "unset GOINSECURE",
            _ => "go env -u GOINSECURE",
        };
        let cost = "GOINSECURE does nothing for a proxy; what is fetched directly needs TLS again";
        lint = lint.fix(RemedyKind::Environment, command.to_owned(), cost);
    }
    let command = "modkeep serve --tls-cert FILE --tls-key FILE".to_owned();
    let cost = "on the proxy's side; then write https:// in GOPROXY";
    Some(lint.fix(RemedyKind::Line, command, cost))
}

/// With the database on again. Where modules look private and nothing keeps their names from it, a
/// person has to name them first, so it is no command that is carried out.
fn on_again(lint: LintCase, environment: &GoEnvironment, cost: &'static str) -> LintCase {
    let is_set = |name: &str| !environment.value(name).is_empty();
    if !is_set("GOINSECURE") || is_set("GONOSUMDB") {
        return lint.unset(cost);
    }
    let command = match lint.origin {
        GoSettingOrigin::Environment => "unset GOSUMDB",
        _ => "go env -u GOSUMDB",
    };
    lint.fix(RemedyKind::Line, command.to_owned(), cost)
}

/// Whether a URL leads to this machine: nobody is on the way.
fn is_here(url: &ProxyUrl) -> bool {
    let host = host_of(url.reveal());
    host == "localhost" || host.starts_with("127.") || host == "[::1]"
}

/// What GOSUMDB holds, if it is nothing that go can read.
fn setting(environment: &GoEnvironment) -> Option<LintCase> {
    let setting = environment.get("GOSUMDB")?;
    let fields: Vec<&str> = setting.value.split_whitespace().collect();
    let name = *fields.first()?;
    let is_known = name == KNOWN || ALONE.contains(&name) && fields.len() == 1;
    let is_readable = (is_known || is_key(name)) && fields.len() <= 2;
    if is_readable || setting.origin == GoSettingOrigin::Default {
        return None;
    }
    // In the place of the name, or behind the plus where the key belongs.
    let (front, behind) = name.split_once('+').unwrap_or((name, ""));
    let is_url = |text: &str| text.contains("://");
    let is_proxy = is_url(front)
        || is_url(behind)
        || is_public_host(host_of(front))
        || is_source(environment, front);
    Some(if is_proxy {
        let cost = "go's own database is used again, through the proxies that pass it on; behind a network that does not reach it: GOSUMDB=sum.golang.google.cn";
        about(&MIRROR, environment, "GOSUMDB").unset(cost)
    } else {
        let command = "modkeep env".to_owned();
        let lint = about(&UNREADABLE, environment, "GOSUMDB");
        let cost = "where the database runs: it prints the whole line with the key";
        let unset = match setting.origin {
            GoSettingOrigin::Environment => "unset GOSUMDB",
            _ => "go env -u GOSUMDB",
        };
        // A person has to know which database was meant: the public one hears the names of modules.
        lint.fix(RemedyKind::Line, command, cost).fix(
            RemedyKind::Line,
            unset.to_owned(),
            "only if the public database is meant: it is told the names of all modules that GONOSUMDB does not name",
        )
    })
}

/// Whether a host is one of the GOPROXY list.
fn is_source(environment: &GoEnvironment, host: &str) -> bool {
    let Ok(list) = ProxyList::parse(environment.value("GOPROXY")) else {
        return false;
    };
    let mut entries = list.entries().iter();
    entries.any(
        |(entry, _)| matches!(entry, ProxyListEntry::Proxy(url) if host_of(url.reveal()) == host_of(host)),
    )
}

/// The database that go knows by name.
const KNOWN: &str = "sum.golang.org";

/// What go reads if nothing stands behind it: the second is another address of the same database.
const ALONE: [&str; 2] = ["off", "sum.golang.google.cn"];

/// Whether a word has the form of a verifier's key: `NAME+HASH+KEY`, with an Ed25519 key.
fn is_key(word: &str) -> bool {
    let mut parts = word.splitn(3, '+');
    let (name, hash, key) = (parts.next(), parts.next(), parts.next());
    let is_hash = |hash: &str| hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let key = key.and_then(|key| STANDARD.decode(key).ok());
    name.is_some_and(|name| !name.is_empty())
        && hash.is_some_and(is_hash)
        && key.is_some_and(|key| key.len() == 33 && key.first() == Some(&1))
}

/// The head that is remembered of the database in use.
fn state(environment: &GoEnvironment) -> Option<LintCase> {
    let setting = environment.value("GOSUMDB");
    let name = database_name(setting)?;
    let (_, head) = environment.heads.iter().find(|(known, _)| known == name)?;
    // A fresh state is an empty file.
    let is_sound = head.is_empty()
        || head
            .lines()
            .any(|line| line.starts_with(&format!("\u{2014} {name} ")));
    (!is_sound).then(|| {
        let directory = format!("$(go env GOPATH)/pkg/sumdb/{name}");
        about(&STATE, environment, "GOSUMDB").fix(
            RemedyKind::Command,
            format!("mv \"{directory}\" \"{directory}.kept\""),
            "what is remembered is put aside, not deleted: if the database is at fault, it is evidence",
        )
    })
}

fn flag(
    environment: &GoEnvironment,
    belief: &'static LintRule,
    is_meant: impl Fn(&str) -> bool,
) -> Option<LintCase> {
    let value = environment.value("GOFLAGS");
    let is_meant = |word: &&str| is_meant(word.trim_start_matches('-'));
    value.split_whitespace().find(|word| is_meant(word))?;
    let rest: Vec<&str> = value
        .split_whitespace()
        .filter(|word| !is_meant(word))
        .collect();
    let lint = about(belief, environment, "GOFLAGS");
    Some(if rest.is_empty() {
        lint.unset("pass the flag to the command that needs it")
    } else {
        lint.set(
            &rest.join(" "),
            "pass the flag to the command that needs it",
        )
    })
}
