//! Reachability: what `govulncheck -json` found out about calls.
//!
//! Only the source code of a project tells whether a vulnerable function is called. The stock
//! client finds that out; its output is a stream of JSON values, each with one field that names its
//! kind. One vulnerability comes several times: first as required, then as imported, then with one
//! trace for each function that is called; the most counts.
//!
//! What such a report does not talk about is **not known**, which is not the same as not called: it
//! may be of another time, another version of a module, another database, or have looked at modules
//! only. Its first value must name the protocol that is known here, and one that is cut within a value is refused.

mod message;

use crate::entry::OsvTime;
use crate::limits::{MAX_FRAMES, MAX_REPORT, MAX_REPORTED};
use crate::version;
use message::{ReportedFinding, ScanConfig, ScanMessage};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a run of `govulncheck` found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachabilityReport {
    level: ScanLevel,
    /// When the database that it looked into was last changed.
    database: Option<OsvTime>,
    /// By vulnerability, then by module and version.
    found: BTreeMap<String, BTreeMap<UsedModule, VulnerabilityReach>>,
}

/// How closely a run looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScanLevel {
    /// At the modules that are required.
    Module,
    /// At the packages that are imported.
    Package,
    /// At the functions that are called.
    Symbol,
}

/// How near a vulnerability comes to being used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase", tag = "reach")]
pub enum VulnerabilityReach {
    /// The module is required, none of the packages that have it is imported.
    Required,
    /// A package that has it is imported, nothing that has it is called.
    Imported {
        /// The package.
        package: String,
    },
    /// Something that has it is called.
    Called {
        /// From what is called to where the call begins.
        trace: Vec<CallFrame>,
    },
}

/// A function on the way to what is vulnerable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CallFrame {
    /// The module.
    pub module: String,
    /// The package.
    pub package: String,
    /// The function, with the type in front if it is a method.
    pub function: String,
    /// The file, from the root of the module, where the next function is called; for the first
    /// frame, where the function is.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: u32,
}

/// Why a report is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReachabilityError {
    /// Larger than [`MAX_REPORT`].
    #[error("report larger than {MAX_REPORT} bytes")]
    TooLarge,
    /// More findings than [`MAX_REPORTED`].
    #[error("report with more than {MAX_REPORTED} findings")]
    TooMany,
    /// Not what `govulncheck -json` prints.
    #[error("{line}:{column}: {problem}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// It does not begin with the protocol that it is in.
    #[error("not the output of `govulncheck -json`: its first value has to be the configuration")]
    NoConfiguration,
    /// Two runs in one: what one of them says does not hold for the other.
    #[error("two reports in one; give each its own file")]
    TwoReports,
    /// Another protocol than version 1.
    #[error("protocol {0:?} of govulncheck is not known here")]
    Protocol(String),
}

/// A module's version; of a Go release, which has two spellings, the semantic one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct UsedModule {
    module: String,
    version: String,
}

// === impl ReachabilityReport ===

impl ReachabilityReport {
    /// Reads what `govulncheck -json` printed.
    pub fn parse(report: &[u8]) -> Result<Self, ReachabilityError> {
        if report.len() > MAX_REPORT {
            return Err(ReachabilityError::TooLarge);
        }
        let messages = serde_json::Deserializer::from_slice(report).into_iter::<ScanMessage>();
        let mut reachability: Option<Self> = None;
        let mut count = 0_usize;
        for message in messages {
            let message = message.map_err(|error| ReachabilityError::malformed(&error))?;
            if let Some(config) = message.config {
                let first = reachability.replace(Self::new(&config)?);
                if first.is_some() {
                    return Err(ReachabilityError::TwoReports);
                }
            }
            let reachability = reachability
                .as_mut()
                .ok_or(ReachabilityError::NoConfiguration)?;
            if let Some(finding) = message.finding {
                count += 1;
                if count > MAX_REPORTED {
                    return Err(ReachabilityError::TooMany);
                }
                reachability.add(finding);
            }
        }
        reachability.ok_or(ReachabilityError::NoConfiguration)
    }

    /// How closely it looked.
    pub const fn level(&self) -> ScanLevel {
        self.level
    }

    /// Whether it can have seen what became known at some time. If it does not say how old its
    /// database was, it cannot.
    pub fn has_seen(&self, time: OsvTime) -> bool {
        self.database.is_some_and(|database| time <= database)
    }

    /// How near a vulnerability of a module's version comes to being used, whichever of its names it
    /// was reported under. None is not known.
    pub fn of<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
        module: &str,
        version: &str,
    ) -> Option<&VulnerabilityReach> {
        let used = UsedModule::new(module, version);
        let found = names.into_iter().filter_map(|name| self.found.get(name));
        found.filter_map(|modules| modules.get(&used)).max()
    }

    fn new(config: &ScanConfig) -> Result<Self, ReachabilityError> {
        if config.protocol_version.starts_with("v1.") {
            Ok(Self {
                level: config.scan_level.unwrap_or(ScanLevel::Symbol),
                database: config.db_last_modified,
                found: BTreeMap::new(),
            })
        } else {
            Err(ReachabilityError::Protocol(config.protocol_version.clone()))
        }
    }

    fn add(&mut self, finding: ReportedFinding) {
        let Some(first) = finding.trace.first() else {
            return;
        };
        let used = UsedModule::new(&first.module, &first.version);
        let reach = match (&*first.package, &*first.function) {
            ("", _) => VulnerabilityReach::Required,
            (package, "") => VulnerabilityReach::Imported {
                package: package.to_owned(),
            },
            _ => VulnerabilityReach::Called {
                trace: shortened(finding.trace.into_iter().map(CallFrame::from).collect()),
            },
        };
        let modules = self.found.entry(finding.osv).or_default();
        let nearest = modules.entry(used).or_insert(VulnerabilityReach::Required);
        if is_nearer(&reach, nearest) {
            *nearest = reach;
        }
    }
}

/// Whether one is nearer than the other; of two traces, the shorter is easier to follow.
fn is_nearer(one: &VulnerabilityReach, other: &VulnerabilityReach) -> bool {
    match (one, other) {
        (
            VulnerabilityReach::Called { trace: one },
            VulnerabilityReach::Called { trace: other },
        ) => (one.len(), one) < (other.len(), other),
        _ => one > other,
    }
}

/// The ends of a trace say most.
fn shortened(mut trace: Vec<CallFrame>) -> Vec<CallFrame> {
    let surplus = trace.len().saturating_sub(MAX_FRAMES);
    if surplus > 0 {
        let begin = MAX_FRAMES / 2;
        trace.drain(begin..begin + surplus);
    }
    trace
}

// === impl UsedModule ===

impl UsedModule {
    fn new(module: &str, version: &str) -> Self {
        let semantic = version::semantic(module, version);
        Self {
            module: module.to_owned(),
            version: semantic.unwrap_or_else(|_| version.to_owned()),
        }
    }
}

// === impl ReachabilityError ===

impl ReachabilityError {
    fn malformed(error: &serde_json::Error) -> Self {
        Self::Malformed {
            line: error.line(),
            column: error.column(),
            problem: crate::entry::problem(error),
        }
    }
}
