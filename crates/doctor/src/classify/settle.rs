//! Contradictions: of reasons that exclude each other one stays.
//!
//! Two patterns may fit one failure, and only one of their causes is the reader's. A list of both would
//! leave the choice to whoever asked. So where two exclude each other, the table here says which one
//! goes, unless it is the surer one.
//!
//! And a command that failed because something is missing prints the next command to run. If that one
//! stands in the text too and failed, its failure is what is asked about.

use super::ReasonGroup;
use crate::diagnosis::{ReasonConfidence, ReasonKind};

/// Of each pair the second goes where the first is.
const PAIRS: &[(&str, &str)] = &[
    ("workspace/vendor-inconsistent", "graph/vendor-inconsistent"),
    ("workspace/vendor-inconsistent", "graph/vendor-mode"),
    ("workspace/vendor-inconsistent", "graph/stale-go-mod"),
    ("graph/vendor-mode", "graph/stale-go-mod"),
    ("workspace/not-allowed", "local/bad-setting"),
    ("workspace/not-allowed", "graph/vendor-mode"),
    ("workspace/not-listed", "graph/no-go-mod"),
    ("workspace/not-listed", "package/not-required"),
    ("toolchain/too-old", "toolchain/invalid"),
    ("toolchain/too-old", "graph/go-mod-syntax"),
    ("toolchain/too-old", "version/bad-go-mod"),
    ("toolchain/too-old", "path/malformed"),
    ("toolchain/too-old", "package/not-required"),
    ("toolchain/too-old", "local/modules-off"),
    ("toolchain/invalid", "graph/go-mod-syntax"),
    ("package/not-in-std", "path/malformed"),
    ("graph/replacement-missing", "package/not-in-module"),
    ("graph/no-go-mod", "package/not-required"),
    ("install/version-needed", "graph/no-go-mod"),
    ("graph/vendor-mode", "package/not-required"),
    ("local/modules-off", "graph/no-go-mod"),
    ("sum/not-in-database", "sum/database-unreachable"),
    ("sum/not-in-database", "http/404"),
    ("version/unknown-revision", "http/404"),
    ("private/asked-of-proxy", "http/404"),
    ("private/asked-of-proxy", "vcs/auth"),
    ("private/asked-of-proxy", "vcs/no-repository"),
    ("private/asked-of-proxy", "vcs/failed"),
    ("vcs/auth", "vcs/no-repository"),
    ("vcs/ssh-key", "vcs/no-repository"),
    ("vcs/host-key", "vcs/no-repository"),
    ("proxy/not-a-proxy", "graph/go-mod-syntax"),
    ("proxy/not-a-proxy", "version/bad-go-mod"),
    ("path/moved", "version/bad-go-mod"),
    ("path/case", "version/bad-go-mod"),
    ("path/major-suffix", "version/bad-go-mod"),
    ("local/no-c-compiler", "local/no-program"),
];

/// Causes whose message says which command to run next.
const ASKING: [&str; 4] = [
    "package/not-required",
    "sum/missing",
    "graph/stale-go-mod",
    "sum/stale",
];

/// Families of causes that such a command fails with.
const ANSWERING: [&str; 9] = [
    "network",
    "dns",
    "tls",
    "http",
    "proxy",
    "private",
    "vcs",
    "discovery",
    "toolchain",
];

/// Leaves out what the rest excludes.
pub(super) fn settled(mut groups: Vec<ReasonGroup>) -> Vec<ReasonGroup> {
    let present: Vec<(&str, ReasonConfidence, usize)> = groups
        .iter()
        .filter_map(|group| Some((id(group)?, group.confidence, group.stretch.start)))
        .collect();
    let is_excluded = |group: &ReasonGroup| {
        let Some(own) = id(group) else {
            return false;
        };
        let excludes = |&(other, confidence, at): &(&str, ReasonConfidence, usize)| {
            let is_answered = ASKING.contains(&own) && answers(other) && at > group.stretch.end;
            let is_told = own == "vcs/failed" && other != own && answers(other);
            is_answered
                || is_told
                || confidence <= group.confidence && PAIRS.contains(&(other, own))
        };
        present.iter().any(excludes)
    };
    groups.retain(|group| !is_excluded(group));
    groups
}

fn id(group: &ReasonGroup) -> Option<&'static str> {
    match group.what {
        ReasonKind::Cause(cause) => Some(cause.id),
        ReasonKind::Code(_) => None,
    }
}

fn answers(id: &str) -> bool {
    let family = id.split('/').next().unwrap_or_default();
    ANSWERING.contains(&family)
}

#[cfg(test)]
mod tests {
    use super::{ASKING, PAIRS};
    use crate::cause::find;

    #[test]
    fn the_causes_are_in_the_table_and_no_pair_goes_in_a_circle() {
        for id in ASKING {
            assert!(find(id).is_some(), "{id}");
        }
        for (stays, goes) in PAIRS {
            assert!(
                find(stays).is_some() && find(goes).is_some(),
                "{stays} {goes}"
            );
            assert!(!PAIRS.contains(&(goes, stays)), "{stays} {goes}");
        }
    }
}
