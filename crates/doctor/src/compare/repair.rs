//! The repair: exact commands, or none.
//!
//! * A line of go.sum is removed if the log proves that it is wrong and a proxy has the right bytes;
//!   what comes in its place is what `go` itself verifies with the log, never what a proxy sends.
//! * Of the module cache the files of this version are removed, not all of it.
//! * A proxy that sends wrong bytes is left out of the list, if another one has the right ones.
//!
//! * After a wrong download each proxy can be asked for its copy.
//!
//! While no proxy has right bytes nothing is proposed: every command that lets the build go on would
//! build with what somebody slipped in. What a shell would not take for one harmless word is not put
//! into a command.

use super::decide::BlameDecision;
use super::table::MessageReport;
use super::{
    ComparisonVerdict, HashSource, HashStatement, HashedFile, SourceAgreement, StatementTable,
};
use crate::cause::RemedyKind;
use crate::fix::Fix;
use gomod::goproxy::{ProxyFallback, ProxyListEntry};
use std::collections::BTreeSet;

pub(super) fn repair(table: &StatementTable, decision: &BlameDecision) -> Vec<Fix> {
    if matches!(
        decision.verdict,
        ComparisonVerdict::AllProxies | ComparisonVerdict::Agreed
    ) {
        return Vec::new();
    }
    let standings = decision.standings.iter().copied();
    let judged: Vec<(&HashStatement, SourceAgreement)> =
        table.statements.iter().zip(standings).collect();
    let mut fixes = Vec::new();
    fixes.extend(proxy_list(table, &judged));
    fixes.extend(lines(&judged));
    fixes.extend(cached(table, &judged));
    if matches!(
        decision.verdict,
        ComparisonVerdict::Download | ComparisonVerdict::DownloadAndGoSum
    ) {
        fixes.push(ask(table));
    } else if !fixes.is_empty() && decision.verdict != ComparisonVerdict::Untold {
        fixes.push(fetch(table));
    }
    fixes
}

/// Has each proxy send its copy now.
fn ask(table: &StatementTable) -> Fix {
    Fix {
        kind: RemedyKind::Command,
        text: format!("modkeep doctor --sums {}@{}", table.module, table.version),
        cost: "each proxy of GOPROXY is asked for its copy, which is downloaded and looked at; nothing is changed",
    }
}

/// Lets `go` fetch and verify what was removed.
fn fetch(table: &StatementTable) -> Fix {
    Fix {
        kind: RemedyKind::Command,
        text: format!("go mod download {}@{}", table.module, table.version),
        cost: "nothing: it fetches the version, and checks it as your settings say",
    }
}

/// The lines of go.sum that the log refutes, the last first, so that numbers stay right.
fn lines(judged: &[(&HashStatement, SourceAgreement)]) -> Vec<Fix> {
    let mut lines: Vec<(&str, usize)> = judged
        .iter()
        .filter(|(statement, standing)| {
            *standing == SourceAgreement::Wrong && is_served_right(judged, statement.file)
        })
        .filter_map(|(statement, _)| match &statement.voice {
            HashSource::GoSum { file, line } => Some((file.as_str(), *line)),
            _ => None,
        })
        .collect();
    lines.sort_unstable_by(|one, two| two.cmp(one));
    let remove = |(file, line): (&str, usize)| {
        Some(Fix {
            kind: RemedyKind::GoSum,
            text: format!("sed -i.orig {line}d {}", word(file)?),
            cost: "the line is gone (a copy of the file stays); first ask who added it",
        })
    };
    lines.into_iter().filter_map(remove).collect()
}

/// Whether a proxy sends the right bytes of a file, or sent them where a message comes from.
fn is_served_right(judged: &[(&HashStatement, SourceAgreement)], file: HashedFile) -> bool {
    judged.iter().any(|(statement, standing)| {
        let is_proxy = matches!(
            statement.voice,
            HashSource::Proxy { .. } | HashSource::PastedDownload
        );
        let is_right = matches!(
            standing,
            SourceAgreement::Right | SourceAgreement::Recovered
        );
        statement.file == file && is_proxy && is_right
    })
}

/// The damaged files in the module cache.
fn cached(table: &StatementTable, judged: &[(&HashStatement, SourceAgreement)]) -> Option<Fix> {
    let wrong = judged.iter().filter(|(statement, standing)| {
        *standing == SourceAgreement::Wrong && statement.voice.is_cache()
    });
    let files: BTreeSet<HashedFile> = wrong.map(|(statement, _)| statement.file).collect();
    let is_changed =
        table.report == Some(MessageReport::ChangedFiles) && table.cache.unpacked.is_some();
    if files.is_empty() && !is_changed {
        return None;
    }
    let mut endings = Vec::new();
    for file in files {
        endings.extend_from_slice(match file {
            HashedFile::Zip => &["zip", "ziphash"][..],
            HashedFile::GoMod => &["mod"][..],
        });
    }
    let download = &table.cache.download;
    let names = endings
        .iter()
        .map(|ending| word(&format!("{download}.{ending}")));
    let mut names = names.collect::<Option<Vec<String>>>()?;
    let mut text = String::new();
    if let Some(unpacked) = &table.cache.unpacked {
        let unpacked = word(unpacked)?;
        text = format!("chmod -R u+w {unpacked} && ");
        names.push(unpacked);
    }
    text.push_str("rm -rf ");
    text.push_str(&names.join(" "));
    Some(Fix {
        kind: RemedyKind::Command,
        text,
        cost: "this version is fetched again, nothing else of the module cache",
    })
}

/// The list without those that send wrong bytes, if somebody with right ones is left.
fn proxy_list(table: &StatementTable, judged: &[(&HashStatement, SourceAgreement)]) -> Option<Fix> {
    let named = |wanted: SourceAgreement| -> BTreeSet<&str> {
        let meant = judged.iter().filter(|(_, standing)| *standing == wanted);
        let names = meant.filter_map(|(statement, _)| match &statement.voice {
            HashSource::Proxy { name } => Some(name.as_str()),
            _ => None,
        });
        names.collect()
    };
    let (wrong, mut right) = (named(SourceAgreement::Wrong), named(SourceAgreement::Right));
    right.extend(named(SourceAgreement::Recovered));
    if wrong.is_empty() || right.is_subset(&wrong) {
        return None;
    }
    let mut list = String::new();
    for (entry, fallback) in table.proxies.as_ref()?.entries() {
        let name = entry.to_string();
        if wrong.contains(name.as_str()) {
            continue;
        }
        // What is shown without its secrets is no URL that could be set.
        if matches!(entry, ProxyListEntry::Proxy(url) if url.reveal() != name) {
            return None;
        }
        list.push_str(&name);
        list.push(match fallback {
            ProxyFallback::OnNotFound => ',',
            ProxyFallback::OnAnyError => '|',
        });
    }
    let list = word(list.trim_end_matches([',', '|']))?;
    Some(Fix {
        kind: RemedyKind::Environment,
        text: format!("export GOPROXY={list}"),
        cost: "for this shell only; the proxy that is left out is asked for nothing any more",
    })
}

/// A text as one word of a shell; none if it holds what even quotation marks do not tame.
fn word(text: &str) -> Option<String> {
    let is_printable = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~/:@%+=,-".contains(&byte);
    if !text.bytes().all(is_printable) || text.contains('\'') || text.starts_with(['-', '~']) {
        return None;
    }
    let is_bare = !text.is_empty() && text.bytes().all(is_plain);
    Some(if is_bare {
        text.to_owned()
    } else {
        format!("'{text}'")
    })
}

#[cfg(test)]
mod tests {
    use super::word;
    use std::process::Command;

    /// What a shell makes of a word.
    #[expect(clippy::disallowed_methods, reason = "the real shell is the oracle")]
    fn shell(word: &str) -> String {
        let script = format!("printf '%s|' {word}");
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn a_shell_reads_every_word_as_it_was_or_it_is_none() {
        for text in [
            "go.sum",
            "/home/me/mod cache/example.com/!m@v1.0.0",
            "https://a.example.com|https://b.example.com,direct",
            "$(reboot)",
            "`reboot`",
            "a;b&&c>d*?[x]{y}",
            "back\\slash",
            "\"quoted\"",
            "#hash",
            "a$HOME",
        ] {
            let word = word(text).unwrap();
            assert_eq!(shell(&word), format!("{text}|"), "{word}");
        }
        for hostile in ["it's", "-rf", "~root", "a\nb", "a\u{1b}[31m", "\u{e9}"] {
            assert_eq!(word(hostile), None, "{hostile}");
        }
    }
}
