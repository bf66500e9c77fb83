//! Advice: what may be done, of what was verified.
//!
//! The go.mod at the new path decides. Where it still declares the old one, importers need not
//! change, and a `replace` is right; where it declares the new one, imports are rewritten. Either is
//! advised only if a proxy has go.mod and zip, the checksum database does not deny it, and, where the
//! old files are at hand, they are the same. Everything else is listed with what is against it.

use super::candidate::PathCandidate;
use super::contents::ContentComparison;
use super::evidence::{
    CandidateFiles, CheckedCandidate, ChecksumRecord, MoveEvidence, SourceReply,
};
use gomod::modfile::{self, ParseMode};
use gomod::version::check_agreement;
use serde::Serialize;

/// What may be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum MoveAdvice {
    /// Nothing: a proxy goes on serving the version under the old path.
    Keep {
        /// The proxy.
        source: String,
        /// The version.
        version: String,
        /// What it costs.
        cost: &'static str,
    },
    /// A `replace` line for the main module's go.mod: what is at the new path still declares the old.
    Replace {
        /// The line.
        line: String,
        /// What it costs.
        cost: &'static str,
    },
    /// Imports of the old path become imports of the new one.
    Import {
        /// The old path.
        old: String,
        /// The new path.
        new: String,
        /// The command that gets the new module.
        command: String,
        /// What it costs.
        cost: &'static str,
    },
    /// Nobody has the version, and nothing verified takes its place.
    Nobody {
        /// Who was asked.
        asked: Vec<String>,
    },
    /// It is open, because these could not be asked or would not say.
    Open {
        /// Who, and what was in the way.
        silent: Vec<String>,
    },
}

/// A candidate that is not advised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnverifiedCandidate {
    /// The candidate.
    pub candidate: PathCandidate,
    /// What is against it, or what is not known.
    pub why: String,
}

const COST_OF_KEEPING: &str = "nothing now, but no new version comes under this path";
const COST_OF_REPLACING: &str =
    "counts in the main module only: whoever requires your module needs the line too";
const COST_OF_IMPORTING: &str = "every import of the old path in your own source; a dependency that imports it must be changed by its author";

/// What may be done, the best first, and the candidates that may not be used.
pub(super) fn advise(
    evidence: &MoveEvidence,
    checked: &[CheckedCandidate],
) -> (Vec<MoveAdvice>, Vec<UnverifiedCandidate>) {
    let mut advice = Vec::new();
    let mut unverified = Vec::new();
    advice.extend(keep(evidence));
    for checked in checked {
        match verified(evidence, checked) {
            Ok(verified) => advice.push(verified),
            Err(why) => unverified.push(UnverifiedCandidate {
                candidate: checked.candidate.clone(),
                why,
            }),
        }
    }
    if advice.is_empty() {
        advice.push(without_any(evidence));
    }
    (advice, unverified)
}

fn keep(evidence: &MoveEvidence) -> Option<MoveAdvice> {
    let proxy = evidence.serving().next()?;
    Some(MoveAdvice::Keep {
        source: proxy.source.clone(),
        version: proxy.version.as_ref()?.to_string(),
        cost: COST_OF_KEEPING,
    })
}

/// The advice that a candidate is good for, or what is against it.
fn verified(evidence: &MoveEvidence, checked: &CheckedCandidate) -> Result<MoveAdvice, String> {
    let unknown = || "nothing was found there".to_owned();
    let found = checked
        .found
        .as_ref()
        .ok_or_else(|| checked.why_not.clone().unwrap_or_else(unknown))?;
    check_found(found)?;
    let (old, new) = (&evidence.module, &checked.candidate.path);
    let version = &found.declared.version;
    check_agreement(new, version).map_err(|_| format!("{version} is no version of that path"))?;
    if found.declared.is_of(new) {
        return Ok(MoveAdvice::Import {
            old: old.to_string(),
            new: new.to_string(),
            command: format!("go get {new}@{version}"),
            cost: COST_OF_IMPORTING,
        });
    }
    if !found.declared.is_of(old) {
        return Err(format!(
            "its go.mod declares another path: {}",
            printable(&found.declared.path)
        ));
    }
    let line = format!("replace {old} => {new} {version}");
    if !is_line_of_go_mod(&line) {
        return Err("no go.mod can have these names".to_owned());
    }
    Ok(MoveAdvice::Replace {
        line,
        cost: COST_OF_REPLACING,
    })
}

fn check_found(found: &CandidateFiles) -> Result<(), String> {
    if found.rest != SourceReply::Has {
        return Err(format!(
            "{} has its go.mod, but of the rest: {}",
            found.source,
            found.rest.words()
        ));
    }
    if found.record == ChecksumRecord::Absent {
        return Err(found.record.words());
    }
    match found.contents {
        ContentComparison::Differ(_) => Err(found.contents.words()),
        ContentComparison::Same | ContentComparison::Unknown(_) => Ok(()),
    }
}

/// What is left to say where nothing can be advised.
fn without_any(evidence: &MoveEvidence) -> MoveAdvice {
    if evidence.is_absent_everywhere() {
        let asked = evidence.proxies.iter().map(|proxy| proxy.source.clone());
        return MoveAdvice::Nobody {
            asked: asked.collect(),
        };
    }
    let silent = evidence.proxies.iter().flat_map(|proxy| {
        let silent = proxy
            .files
            .iter()
            .filter(|(_, says)| matches!(says, SourceReply::Fails(_) | SourceReply::Refuses(_)));
        silent.map(|(file, says)| format!("{} {}: {}", proxy.source, file.name(), says.words()))
    });
    MoveAdvice::Open {
        silent: silent.collect(),
    }
}

/// Whether go would read the line in a go.mod.
fn is_line_of_go_mod(line: &str) -> bool {
    let file = format!("module example.com/main\n\n{line}\n");
    modfile::parse(file.as_bytes(), ParseMode::Strict).is_ok()
}

/// What a go.mod holds, without anything that a terminal would obey.
fn printable(text: &str) -> String {
    let shown = text.chars().take(200);
    shown
        .map(|character| {
            if character.is_ascii_graphic() {
                character
            } else {
                '?'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{
        CandidateFiles, CandidateSign, CheckedCandidate, ChecksumRecord, ContentComparison,
        ModuleDeclaration, MoveEvidence, PathCandidate, ProtocolFile, ProxySays, SourceReply,
    };
    use super::{MoveAdvice, advise};
    use gomod::path::ModulePath;
    use gomod::version::Version;

    const OLD: &str = "old.example.com/lib";
    const NEW: &str = "new.example.com/lib";

    fn declared(path: &str) -> ModuleDeclaration {
        ModuleDeclaration {
            version: Version::parse("v1.0.0").unwrap(),
            path: path.to_owned(),
            deprecated: None,
        }
    }

    fn evidence(says: &SourceReply) -> MoveEvidence {
        let files = [
            ProtocolFile::List,
            ProtocolFile::Latest,
            ProtocolFile::Info,
            ProtocolFile::Mod,
            ProtocolFile::Zip,
        ];
        let version = Some(Version::parse("v1.0.0").unwrap());
        let has = *says == SourceReply::Has;
        MoveEvidence {
            module: ModulePath::parse(OLD).unwrap(),
            version: version.clone(),
            is_private: false,
            proxies: vec![ProxySays {
                source: "https://proxy.example.com".to_owned(),
                version,
                files: files.map(|file| (file, says.clone())).to_vec(),
                declared: has.then(|| declared(OLD)),
                newest: None,
            }],
            pages: Vec::new(),
        }
    }

    fn checked(path: &str) -> CheckedCandidate {
        CheckedCandidate {
            candidate: PathCandidate {
                path: ModulePath::parse(NEW).unwrap(),
                signs: vec![CandidateSign::Redirected],
            },
            found: Some(CandidateFiles {
                source: "https://proxy.example.com".to_owned(),
                declared: declared(path),
                rest: SourceReply::Has,
                record: ChecksumRecord::Known,
                contents: ContentComparison::Unknown("the old one is not at hand"),
            }),
            why_not: None,
        }
    }

    fn with(change: impl FnOnce(&mut CandidateFiles)) -> CheckedCandidate {
        let mut checked = checked(OLD);
        change(checked.found.as_mut().unwrap());
        checked
    }

    #[test]
    fn where_the_old_path_is_declared_a_replace_is_right() {
        let (advice, unverified) = advise(&evidence(&SourceReply::Absent(404)), &[checked(OLD)]);
        let line = format!("replace {OLD} => {NEW} v1.0.0");
        assert!(matches!(&*advice, [MoveAdvice::Replace { line: found, .. }] if *found == line));
        assert!(unverified.is_empty());
    }

    #[test]
    fn where_the_new_path_is_declared_imports_are_rewritten() {
        let (advice, _) = advise(&evidence(&SourceReply::Absent(410)), &[checked(NEW)]);
        let get = format!("go get {NEW}@v1.0.0");
        assert!(matches!(&*advice, [MoveAdvice::Import { command, .. }] if *command == get));
    }

    #[test]
    fn what_a_proxy_still_serves_can_be_kept() {
        let (advice, _) = advise(&evidence(&SourceReply::Has), &[checked(NEW)]);
        assert!(matches!(
            &*advice,
            [MoveAdvice::Keep { .. }, MoveAdvice::Import { .. }]
        ));
        // But not if its go.mod declares another path: go would refuse it.
        let mut refused = evidence(&SourceReply::Has);
        refused.proxies[0].declared = Some(declared(NEW));
        let (advice, _) = advise(&refused, &[]);
        assert!(matches!(&*advice, [MoveAdvice::Open { .. }]), "{advice:?}");
    }

    #[test]
    fn nothing_is_advised_that_was_not_verified() {
        let absent = evidence(&SourceReply::Absent(404));
        for (checked, expected) in [
            (checked("third.example.com/lib"), "declares another path"),
            (checked("a\u{1b}[31m"), "declares another path: a?[31m"),
            (
                with(|found| found.rest = SourceReply::Absent(404)),
                "of the rest",
            ),
            (
                with(|found| found.record = ChecksumRecord::Absent),
                "no record",
            ),
            (
                with(|found| found.contents = ContentComparison::Differ(vec!["a.go".to_owned()])),
                "a.go",
            ),
            (
                with(|found| found.declared.version = Version::parse("v2.0.0").unwrap()),
                "no version of that path",
            ),
            (
                CheckedCandidate {
                    found: None,
                    ..checked(NEW)
                },
                "nothing was found",
            ),
        ] {
            let (advice, unverified) = advise(&absent, &[checked]);
            assert!(
                matches!(&*advice, [MoveAdvice::Nobody { .. }]),
                "{advice:?}"
            );
            assert!(unverified[0].why.contains(expected), "{unverified:?}");
        }
    }

    #[test]
    fn an_outage_is_never_taken_for_an_absence() {
        for says in [
            SourceReply::Fails("status 503".to_owned()),
            SourceReply::Refuses(403),
        ] {
            let (advice, _) = advise(&evidence(&says), &[]);
            assert!(
                matches!(&*advice, [MoveAdvice::Open { silent }] if !silent.is_empty()),
                "{advice:?}"
            );
        }
        let mut mixed = evidence(&SourceReply::Absent(404));
        mixed
            .proxies
            .extend(evidence(&SourceReply::Fails("no answer in time".to_owned())).proxies);
        assert!(matches!(&*advise(&mixed, &[]).0, [MoveAdvice::Open { .. }]));
        let mut unasked = evidence(&SourceReply::Has);
        unasked.proxies.clear();
        assert!(matches!(
            &*advise(&unasked, &[]).0,
            [MoveAdvice::Open { .. }]
        ));
    }
}
