//! `modkeep gate`: may this checkout's dependencies, or a change of them, pass?
//!
//! The judging is the gate crate's; here are the files it judges ([`checkout`], [`base`]), the policy
//! that it judges them by ([`governing`]), the site
//! that knows about modules ([`site`]), what that knows ([`facts`]), what it all comes to
//! ([`outcome`]), and the report. Only the policy, the checkout and the site decide; nothing is
//! installed, built or run but `git`, and `go env` for the release that is installed.

mod base;
mod checkout;
mod explain;
mod facts;
mod git;
mod governing;
mod imports;
mod locks;
mod module;
mod outcome;
mod request;
mod since;
mod site;
mod vulnerable;

use crate::{
    cli,
    config::{Environment as _, Process, Settings},
    failure::Failure,
    file_limit, logging, output, wiring,
};
use base::Base;
use checkout::Checkout;
use codes::Code;
use finding::{Rule, Step, Unreadable, printable};
use gate::{
    policy::{Mode, Policy},
    report::Report,
    verdict::Verdict,
    vex::{self, Advisory},
};
use governing::{Governing, Revisions};
use jiff::{Timestamp, tz::TimeZone};
use lockfile::Kind;
use module::{Look, Wanted};
use outcome::Outcome;
use request::Request;
use site::Site;
use std::{fs, path::Path, process::ExitCode};
use vulndb::Reachability;

/// `error`: the report says what is wrong; a server of our own has nothing to add.
const LOG_DEFAULT: &str = "error";

/// What is judged, by what, against what.
struct Case {
    policy: Policy,
    checkout: Checkout,
    base: Option<Base>,
    reachability: Option<Reachability>,
}

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let request = Request::read(matches)?;
    let rules = rules();
    let revisions = Revisions::find(
        &request.directory,
        request.base.as_deref(),
        request.policy_from.as_deref(),
    )?;
    let Governing {
        policy,
        findings,
        note,
    } = match Governing::find(&request, &revisions, &rules)? {
        Ok(governing) => governing,
        Err(unreadable) => return untold(&request, &Policy::default(), unreadable),
    };
    if request.explain {
        output::text(&explain::text(&policy, &rules));
        return Ok(ExitCode::SUCCESS);
    }
    let settings = cli::settings(&cli::given(matches)?)?;
    let _log = logging::start(&settings, LOG_DEFAULT)?;
    file_limit::raise();
    let reachability = match request.reachability()?.transpose() {
        Ok(reachability) => reachability,
        Err(unreadable) => return untold(&request, &policy, unreadable),
    };
    // Without a revision there is no change to judge.
    let policy = if revisions.is_empty() {
        policy.without(Step::Change)
    } else {
        policy
    };
    let is_lock = |name: &str| Kind::of_file_name(name).is_some();
    let checkout = Checkout::find(&request.directory, is_lock);
    let case = Case {
        policy,
        checkout: checkout.map_err(|error| unusable(&request.directory, &error))?,
        base: revisions.base,
        reachability,
    };
    let mut outcome = wiring::run(examine(&case, &request, &settings))??;
    outcome.findings.extend(findings);
    outcome.notes.extend(note);
    finish(&request, &case.policy, outcome)
}

/// Every rule that there is.
pub(crate) fn rules() -> Vec<&'static Rule> {
    gate::rules::all()
}

/// Asks the site whatever the case needs.
async fn examine(case: &Case, request: &Request, settings: &Settings) -> Result<Outcome, Failure> {
    let needs_data = case.policy.steps.of(Step::Vulnerable) != Mode::Off;
    let renewed = if needs_data && request.server.is_none() {
        vulnerable::renew(settings).await
    } else {
        None
    };
    let site = Site::open(settings, request.server.as_deref()).await?;
    let installed = Process.go_env("GOVERSION");
    let chosen = case.policy.vulnerable.go.as_deref();
    let look = Look {
        site: &site,
        policy: &case.policy,
        wanted: Wanted {
            licences: request.sbom.is_some() || case.base.is_some(),
            go: chosen.or(installed.as_deref()),
            reachability: case.reachability.as_ref(),
        },
        now: Timestamp::now(),
    };
    let mut outcome = Outcome::of(look, &case.checkout, case.base.as_ref()).await;
    outcome.notes.extend(renewed);
    output::doing("");
    site.close().await?;
    Ok(outcome)
}

/// Where something that decides cannot be read, nobody can tell.
fn untold(request: &Request, policy: &Policy, unreadable: Unreadable) -> Result<ExitCode, Failure> {
    let outcome = Outcome {
        unreadable: vec![unreadable],
        ..Outcome::default()
    };
    finish(request, policy, outcome)
}

fn finish(request: &Request, policy: &Policy, outcome: Outcome) -> Result<ExitCode, Failure> {
    let Outcome {
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
    let verdict = Verdict::of(policy, &request.policy_name, findings, unreadable, today);
    if let Some(file) = &request.vex {
        notes.push(vex(request, file, &verdict, &advisories)?);
    }
    let directory = request.directory.display().to_string();
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        directory: &directory,
        rules: &rules(),
        verdict: &verdict,
        facts: &notes,
        change: change.as_deref(),
    };
    for (format, file) in &request.reports {
        write(file, &report.render(*format))?;
    }
    if let Some(file) = &request.sbom {
        // One document for each module of the checkout; nearly always it is one.
        for (number, bill) in bills.iter().enumerate() {
            write(&numbered(file, number), bill)?;
        }
    }
    output::text(&report.render(request.format));
    Ok(ExitCode::from(verdict.exit_code()))
}

/// Writes the account of vulnerabilities; what a reader should know of it.
fn vex(
    request: &Request,
    file: &Path,
    verdict: &Verdict,
    advisories: &[Advisory],
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
fn coded(unreadable: Unreadable) -> Unreadable {
    Unreadable {
        problem: format!("{} [{}]", unreadable.problem, Code::BadInputFile),
        ..unreadable
    }
}

fn numbered(file: &Path, number: usize) -> std::path::PathBuf {
    match number {
        0 => file.to_owned(),
        number => file.with_extension(format!("{number}.json")),
    }
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
