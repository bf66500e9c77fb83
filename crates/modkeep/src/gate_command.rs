//! `modkeep gate`: may this checkout's dependencies, or a change of them, pass?
//!
//! The judging is the gate crate's; here are the files it judges ([`checkout`]), the policy
//! that it judges them by ([`governing_policy`]), the site
//! that knows about modules ([`site`]), what that knows ([`facts`]), what it all comes to
//! ([`outcome`]), and the report. Only the policy, the checkout and the site decide; nothing is
//! installed, built or run but `git`, and `go env` for the release that is installed.

mod explain;
mod facts;
mod governing_policy;
mod imports;
mod module;
mod outcome;
mod packages;
mod request;
mod review_change;
mod site;
mod vulnerable;

use crate::{
    cli, failure::Failure, file_limit, logging, output, preparation::ServerPreparation, wiring,
};
use checkout::{BaseState, Checkout, git};
use codes::Code;
use config::{Environment as _, Process};
use finding::{FindingRule, GateStep, UnreadableInput, printable};
use gate::{
    policy::{GatePolicy, StepMode},
    report::GateReport,
    sbom,
    verdict::GateVerdict,
    vex::{self, VexAdvisory},
};
use governing_policy::{BaseRevisions, GoverningPolicy};
use jiff::{Timestamp, tz::TimeZone};
use module::{ExtraOutputs, ModuleInspector};
use outcome::GateOutcome;
use request::GateRequest;
use site::GateSite;
use std::{fs, path::Path, process::ExitCode};
use vulndb::ReachabilityReport;

/// `error`: the report says what is wrong; a server of our own has nothing to add.
const LOG_DEFAULT: &str = "error";

/// What is judged, by what, against what.
struct GateCase {
    policy: GatePolicy,
    checkout: Checkout,
    base: Option<BaseState>,
    reachability: Option<ReachabilityReport>,
}

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let request = GateRequest::read(matches)?;
    let rules = rules();
    let revisions = BaseRevisions::find(
        &request.directory,
        request.base.as_deref(),
        request.policy_from.as_deref(),
    )?;
    let GoverningPolicy {
        policy,
        findings,
        note,
    } = match GoverningPolicy::find(&request, &revisions, &rules)? {
        Ok(governing) => governing,
        Err(unreadable) => return untold(&request, &GatePolicy::default(), unreadable),
    };
    if request.explain {
        output::text(&explain::text(&policy, &rules));
        return Ok(ExitCode::SUCCESS);
    }
    let preparation = cli::prepared(matches)?;
    let _log = logging::start(&preparation.settings, LOG_DEFAULT)?;
    file_limit::raise();
    let reachability = match request.reachability()?.transpose() {
        Ok(reachability) => reachability,
        Err(unreadable) => return untold(&request, &policy, unreadable),
    };
    // Without a revision there is no change to judge.
    let policy = if revisions.is_empty() {
        policy.without(GateStep::Change)
    } else {
        policy
    };
    let scope = policy.scope();
    let scope = scope.map_err(|why| Failure::new(Code::BadInputFile, why))?;
    let checkout = Checkout::find(&request.directory, &scope);
    let base = match revisions.base.map(|base| base.within(&scope)).transpose() {
        Ok(base) => base,
        Err(unreadable) => return untold(&request, &policy, unreadable),
    };
    let case = GateCase {
        policy,
        checkout: checkout.map_err(|error| unusable(&request.directory, &error))?,
        base,
        reachability,
    };
    let mut outcome = wiring::run(examine(&case, &request, &preparation))??;
    outcome.findings.extend(findings);
    outcome.notes.extend(note);
    finish(&request, &case.policy, outcome)
}

/// Every rule that there is.
pub(crate) fn rules() -> Vec<&'static FindingRule> {
    gate::rules::all()
}

/// Asks the site whatever the case needs.
async fn examine(
    case: &GateCase,
    request: &GateRequest,
    preparation: &ServerPreparation,
) -> Result<GateOutcome, Failure> {
    let settings = &preparation.settings;
    let needs_data = case.policy.steps.of(GateStep::Vulnerable) != StepMode::Off;
    let renewed = if needs_data && request.server.is_none() {
        vulnerable::renew(settings).await
    } else {
        None
    };
    let site = GateSite::open(preparation, request.server.as_deref()).await?;
    let installed = Process.go_env("GOVERSION");
    let chosen = case.policy.vulnerable.go.as_deref();
    let look = ModuleInspector {
        site: &site,
        policy: &case.policy,
        wanted: ExtraOutputs {
            licences: request.sbom.is_some() || case.base.is_some(),
            go: chosen.or(installed.as_deref()),
            reachability: case.reachability.as_ref(),
        },
        now: Timestamp::now(),
    };
    let mut outcome = GateOutcome::of(look, &case.checkout, case.base.as_ref()).await;
    outcome.notes.extend(renewed);
    output::doing("");
    site.close().await?;
    Ok(outcome)
}

/// Where something that decides cannot be read, nobody can tell.
fn untold(
    request: &GateRequest,
    policy: &GatePolicy,
    unreadable: UnreadableInput,
) -> Result<ExitCode, Failure> {
    let outcome = GateOutcome {
        unreadable: vec![unreadable],
        ..GateOutcome::default()
    };
    finish(request, policy, outcome)
}

fn finish(
    request: &GateRequest,
    policy: &GatePolicy,
    outcome: GateOutcome,
) -> Result<ExitCode, Failure> {
    let GateOutcome {
        findings,
        unreadable,
        notes,
        bills,
        advisories,
        change,
    } = outcome;
    let mut notes = notes;
    let unreadable = unreadable.into_iter().map(coded).collect();
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let verdict = GateVerdict::of(policy, &request.policy_name, findings, unreadable, today);
    if let Some(file) = &request.vex {
        notes.push(vex(request, file, &verdict, &advisories)?);
    }
    let directory = request.directory.display().to_string();
    let report = GateReport {
        version: env!("CARGO_PKG_VERSION"),
        directory: &directory,
        prefix: &git::prefix(&request.directory),
        rules: &rules(),
        verdict: &verdict,
        facts: &notes,
        change: change.as_deref(),
    };
    for (format, file) in &request.reports {
        write(file, &report.render(*format))?;
    }
    if let Some(file) = &request.sbom {
        let made = made_at()?;
        let version = env!("CARGO_PKG_VERSION");
        write(
            file,
            &sbom::cyclonedx(&bills, &name_of(&request.directory), version, made),
        )?;
    }
    output::text(&report.render(request.format));
    Ok(ExitCode::from(verdict.exit_code()))
}

/// Writes the account of vulnerabilities; what a reader should know of it.
fn vex(
    request: &GateRequest,
    file: &Path,
    verdict: &GateVerdict,
    advisories: &[VexAdvisory],
) -> Result<String, Failure> {
    let name = printable(&file.display().to_string());
    let Some(first) = advisories.first() else {
        return Ok(format!(
            "{name} was not written: there is no vulnerability to speak of"
        ));
    };
    let maintainers = format!("the maintainers of {}", first.product);
    let author = request.vex_author.as_deref().unwrap_or(&maintainers);
    let version = env!("CARGO_PKG_VERSION");
    match vex::openvex(verdict, advisories, author, version, Timestamp::now()) {
        Some(document) => {
            write(file, &document)?;
            Ok(format!("{name} says what is known of vulnerabilities"))
        }
        None => Ok(format!(
            "{name} was not written: there is no vulnerability to speak of"
        )),
    }
}

/// With the code that `modkeep explain` knows more about, like every refusal.
fn coded(unreadable: UnreadableInput) -> UnreadableInput {
    UnreadableInput {
        problem: format!("{} [{}]", unreadable.problem, Code::BadInputFile),
        ..unreadable
    }
}

/// When a document says that it was made: now, or where documents must be the same again, when
/// `SOURCE_DATE_EPOCH` says (<https://reproducible-builds.org/specs/source-date-epoch/>).
fn made_at() -> Result<Timestamp, Failure> {
    const EPOCH: &str = "SOURCE_DATE_EPOCH";
    let Some(text) = Process.variable(EPOCH) else {
        return Ok(Timestamp::now());
    };
    let seconds = text.parse().ok();
    let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let wrong = || format!("{EPOCH}: {} is no number of seconds", printable(&text));
    time.ok_or_else(|| Failure::new(Code::BadConfiguration, wrong()))
}

/// The name of a directory, even where it was given as `.`.
fn name_of(directory: &Path) -> String {
    let real = directory.canonicalize().ok();
    let name = real.as_deref().and_then(Path::file_name);
    name.map_or_else(
        || directory.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    fs::write(file, text).map_err(|error| unusable(file, &error))
}

fn unusable(path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::new(
        Code::BadInputFile,
        format!("{}: {error}", printable(&path.display().to_string())),
    )
}
