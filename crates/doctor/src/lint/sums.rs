//! What is verified: GOSUMDB, the database's state, and flags that change files or weaken checks.

use super::{Belief, Lint, about};
use crate::cause::RemedyKind;
use crate::environment::GoEnvironment;

pub(super) static OFF: Belief = Belief {
    id: "env/sumdb-off",
    title: "nothing is verified by a checksum database",
    believed: "GOSUMDB=off is fine in a network that is trusted.",
    truth: "A new version is then whatever the first server sends, and toolchains cannot be downloaded at all, for they are always verified.",
};

pub(super) static STATE: Belief = Belief {
    id: "env/sumdb-state",
    title: "the remembered state of the checksum database cannot be read",
    believed: "Verification begins anew each time.",
    truth: "go remembers the newest head of each database below GOPATH/pkg/sumdb; one that is torn, or signed under another name, makes every check fail.",
};

pub(super) static MODULE_FLAGS: Belief = Belief {
    id: "env/flags-mod-mod",
    title: "every command may change go.mod",
    believed: "-mod=mod in GOFLAGS only avoids error messages.",
    truth: "Builds then add and upgrade requirements by themselves, in CI too, and nobody reviews them.",
};

pub(super) static INSECURE_FLAG: Belief = Belief {
    id: "env/flags-insecure",
    title: "GOFLAGS has a flag that go no longer knows",
    believed: "-insecure in GOFLAGS lets go use servers without TLS.",
    truth: "go get has had no such flag since 1.17; commands that do not know it refuse to start or ignore it.",
};

pub(super) fn lint(environment: &GoEnvironment) -> Vec<Lint> {
    let mut lints = Vec::new();
    if environment.value("GOSUMDB") == "off" {
        let cost = "verification is on again; name private modules in GONOSUMDB, or use a database of your own";
        lints.push(about(&OFF, environment, "GOSUMDB").unset(cost));
    }
    lints.extend(state(environment));
    lints.extend(flag(environment, &MODULE_FLAGS, |flag| flag == "mod=mod"));
    lints.extend(flag(environment, &INSECURE_FLAG, |flag| flag == "insecure"));
    lints
}

/// The head that is remembered of the database in use.
fn state(environment: &GoEnvironment) -> Option<Lint> {
    let setting = environment.value("GOSUMDB");
    let name = setting.split([' ', '+']).next()?;
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
    belief: &'static Belief,
    is_meant: impl Fn(&str) -> bool,
) -> Option<Lint> {
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
