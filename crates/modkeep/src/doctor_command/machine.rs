//! This machine and the checkout in the working directory: the settings of `go`, and every source
//! that it would ask for a module that the checkout requires.
//!
//! Only files that `go` reads are read, and only names that `go` would send are sent.

use super::{OutputMode, colour, fixes::mend, mirrors, print_json, untold};
use crate::{exit_status::PROBLEM, failure::Failure, output, wiring};
use codes::Code;
use doctor::{
    GoEnvironment, LintCase,
    environment::{ClientReadings, credentials, database_name},
    lint,
    mirrors::MirrorChoice,
    probe::{
        ClientConfig, ProbeTarget, ProbeVerdict, SourceProbe, SystemNetwork, plan, probe, render,
        verdict,
    },
    report_lints,
};
use gomod::{
    modfile::{self, ParseMode},
    path::ModulePath,
    version::Version,
};
use serde::Serialize;
use std::{fs, path::Path, process::ExitCode, sync::Arc};

/// Larger files are none of those that are looked for.
const LONGEST: u64 = 16 << 20;

/// Requirements of the checkout that are tried, to find one that is not private.
const REQUIREMENTS: usize = 1000;

/// What was found.
#[derive(Debug, Serialize)]
struct MachineFindings {
    lints: Vec<LintCase>,
    module: Option<String>,
    sources: Vec<SourceProbe>,
    verdict: Option<ProbeVerdict>,
    /// The variable of the HTTP proxy that `go` uses for a source, and the probe does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_without: Option<&'static str>,
    /// Which public proxies are reached, if one that is asked here is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    mirrors: Option<MirrorChoice>,
}

pub(super) fn look(way: OutputMode<'_>) -> Result<ExitCode, Failure> {
    let Some(env_json) = config::go(&["env", "-json"]) else {
        output::error("go cannot be run, so its settings cannot be looked at");
        return Ok(untold());
    };
    let files = SettingFiles::read(&env_json);
    let environment = GoEnvironment::read(&files.readings(&env_json))
        .map_err(|error| Failure::of(Code::BadInputFile, &error))?;
    let mut found = MachineFindings {
        lints: lint(&environment),
        module: None,
        sources: Vec::new(),
        verdict: None,
        asked_without: None,
        mirrors: None,
    };
    if let Some((module, targets)) = files.targets(&environment) {
        found.sources = ask(&targets)?;
        let mut proxies = targets
            .iter()
            .filter_map(|target| target.http_proxy(&environment));
        found.asked_without = proxies.next();
        found.verdict = Some(verdict(&found.sources));
        found.module = Some(module);
    }
    let unreached = found.verdict.as_ref().and_then(ProbeVerdict::unreached);
    let unreached = unreached.zip(found.module.as_deref());
    found.mirrors = mirrors::of_machine(unreached, way.mirrors)?;
    print(&found, way.as_json);
    let is_helpless = found
        .mirrors
        .as_ref()
        .is_some_and(MirrorChoice::is_helpless);
    let is_broken = is_helpless
        || matches!(
            found.verdict,
            Some(ProbeVerdict::Broken { .. } | ProbeVerdict::Unproven { .. })
        );
    let offered = found.lints.iter().map(|lint| lint.fixes.as_slice());
    if let Some(done) = mend(offered, way.mending, way.data)? {
        return Ok(done);
    }
    let is_well = found.lints.is_empty() && !is_broken;
    Ok(if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(PROBLEM)
    })
}

fn ask(targets: &[ProbeTarget]) -> Result<Vec<SourceProbe>, Failure> {
    wiring::run(probe(targets, &SystemNetwork, &tls()?))
}

/// What the certificates of sources are checked with.
pub(super) fn tls() -> Result<Arc<ClientConfig>, Failure> {
    let mut tls =
        upstream::client_config(None).map_err(|error| Failure::of(error.code(), &error))?;
    // The doctor looks at single requests, and speaks the protocol that shows them best.
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(tls))
}

/// The settings of `go` here, and the text of the netrc; `None` if `go` cannot be run.
pub(super) fn settings() -> Result<Option<(GoEnvironment, String)>, Failure> {
    let Some(env_json) = config::go(&["env", "-json"]) else {
        return Ok(None);
    };
    let files = SettingFiles::read(&env_json);
    let environment = GoEnvironment::read(&files.readings(&env_json))
        .map_err(|error| Failure::of(Code::BadInputFile, &error))?;
    Ok(Some((environment, files.netrc.unwrap_or_default())))
}

fn print(found: &MachineFindings, as_json: bool) {
    if as_json {
        print_json(found);
        return;
    }
    output::text(&report_lints(&found.lints, colour()));
    match &found.module {
        Some(module) => {
            output::line(&format!("Sources of {module}:"));
            output::text(&render(&found.sources));
            if let Some(variable) = found.asked_without {
                output::line(&format!(
                    "go asks through {variable}, and this did not: what is seen here is not what go sees."
                ));
            }
        }
        None => output::line(
            "No go.mod here requires a module that a proxy is asked for, so no source was asked.",
        ),
    }
    if let Some(choice) = &found.mirrors {
        output::line("");
        output::text(&doctor::mirrors::render(choice, colour()));
    }
}

/// The files that `go` reads.
#[derive(Debug, Default)]
pub(super) struct SettingFiles {
    process: Vec<(String, String)>,
    settings: Option<String>,
    pub(super) netrc: Option<String>,
    go_mod: Option<String>,
    cache_is_writable: Option<bool>,
    heads: Vec<(String, String)>,
}

// === impl SettingFiles ===

impl SettingFiles {
    pub(super) fn read(env_json: &str) -> Self {
        let values: serde_json::Value = serde_json::from_str(env_json).unwrap_or_default();
        let value = |name: &str| {
            values
                .get(name)
                .and_then(|value| value.as_str())
                .unwrap_or_default()
        };
        let process = config::variables();
        let variable = |name: &str| {
            process
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
        };
        let netrc = match variable("NETRC") {
            Some(file) => small(Path::new(file)),
            None => variable("HOME").and_then(|home| small(&Path::new(home).join(".netrc"))),
        };
        let database = database_name(value("GOSUMDB")).unwrap_or_default();
        let head = small(
            &Path::new(value("GOPATH"))
                .join("pkg/sumdb")
                .join(database)
                .join("latest"),
        );
        Self {
            settings: small(Path::new(value("GOENV"))),
            netrc,
            go_mod: small(Path::new(value("GOMOD"))),
            cache_is_writable: is_writable(Path::new(value("GOMODCACHE"))),
            heads: head
                .map(|head| (database.to_owned(), head))
                .into_iter()
                .collect(),
            process,
        }
    }

    pub(super) fn readings<'r>(&'r self, env_json: &'r str) -> ClientReadings<'r> {
        ClientReadings {
            env_json,
            process: self.process.clone(),
            file: self.settings.as_deref(),
            netrc: self.netrc.as_deref(),
            go_mod: self.go_mod.as_deref().map(str::as_bytes),
            cache_is_writable: self.cache_is_writable,
            heads: self.heads.clone(),
        }
    }

    /// The first requirement of the checkout that proxies are asked for, and those proxies.
    fn targets(&self, environment: &GoEnvironment) -> Option<(String, Vec<ProbeTarget>)> {
        let file = modfile::parse(self.go_mod.as_deref()?.as_bytes(), ParseMode::Lax).ok()?;
        file.require.iter().take(REQUIREMENTS).find_map(|line| {
            let path = ModulePath::parse(&line.module.path).ok()?;
            let version = Version::parse(&line.module.version).ok()?;
            let targets = plan(environment, &path, Some(&version));
            let module = format!("{}@{}", path.as_str(), version.as_str());
            (!targets.is_empty()).then(|| (module, self.with_credentials(targets)))
        })
    }

    fn with_credentials(&self, targets: Vec<ProbeTarget>) -> Vec<ProbeTarget> {
        let netrc = self.netrc.as_deref().unwrap_or_default();
        let known = |target: ProbeTarget| match credentials(netrc, &target.authority()) {
            Some((user, password)) => target.with_credentials(user, password),
            None => target,
        };
        targets.into_iter().map(known).collect()
    }
}

/// A file that is as small as those that are looked for.
pub(super) fn small(path: &Path) -> Option<String> {
    let is_small = fs::metadata(path).is_ok_and(|data| data.is_file() && data.len() <= LONGEST);
    is_small.then(|| fs::read_to_string(path).ok()).flatten()
}

/// Whether a file can be made in a directory; unknown if there is no such directory.
fn is_writable(directory: &Path) -> Option<bool> {
    directory
        .is_dir()
        .then(|| tempfile::tempfile_in(directory).is_ok())
}
