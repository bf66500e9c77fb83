//! `modkeep gate`: may this checkout's dependencies, or a change of them, pass?
//!
//! The judging is the gate crate's; here are the files it judges ([`checkout`]), the site that knows
//! about modules ([`site`]), what that knows ([`facts`]), and the report. Only the policy, the
//! checkout and the site decide; nothing is installed, built or run.

mod base;
mod checkout;
mod explain;
mod facts;
mod module;
mod request;
mod since;
mod site;

use crate::{cli, failure::Failure, file_limit, logging, output, wiring};
use base::Base;
use checkout::Checkout;
use codes::Code;
use facts::Wanted;
use finding::{Finding, Rule, Step, Unreadable};
use gate::{
    policy::{Mode, Policy},
    report::Report,
    sbom,
    verdict::Verdict,
};
use jiff::{Timestamp, tz::TimeZone};
use module::{Files, Look, Looked};
use request::Request;
use since::Since;
use site::Site;
use std::{fs, path::Path, process::ExitCode};

/// `error`: the report says what is wrong; a server of our own has nothing to add.
const LOG_DEFAULT: &str = "error";

/// Everything that was found out.
#[derive(Default)]
struct Outcome {
    findings: Vec<Finding>,
    unreadable: Vec<Unreadable>,
    notes: Vec<String>,
    bills: Vec<String>,
    change: Option<String>,
}

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let request = Request::read(matches)?;
    let rules = rules();
    let policy = match request.policy(&rules)? {
        // Without a base there is no change to judge.
        Ok(policy) if request.base.is_none() => Policy {
            steps: policy.steps.clone().with(Step::Change, Mode::Off),
            ..policy
        },
        Ok(policy) => policy,
        Err(unreadable) => {
            let outcome = Outcome {
                unreadable: vec![unreadable],
                ..Outcome::default()
            };
            return finish(&request, &Policy::default(), &rules, outcome);
        }
    };
    if request.explain {
        output::text(&explain::text(&policy, &rules));
        return Ok(ExitCode::SUCCESS);
    }
    let settings = cli::settings(&cli::given(matches)?)?;
    let _log = logging::start(&settings, LOG_DEFAULT)?;
    file_limit::raise();
    let checkout = Checkout::find(&request.directory, |_| false);
    let checkout = checkout.map_err(|error| unusable(&request.directory, &error))?;
    let base = request.base.as_deref();
    let base = base.map(|revision| Base::find(&request.directory, revision));
    let base = base.transpose()?;
    let outcome = wiring::runtime()?.block_on(async {
        let site = Site::open(&settings, request.server.as_deref()).await?;
        let outcome = look(&site, &checkout, base.as_ref(), &policy, &request).await;
        output::doing("");
        site.close().await?;
        Ok::<_, Failure>(outcome)
    })?;
    finish(&request, &policy, &rules, outcome)
}

/// Every rule that there is.
pub(crate) fn rules() -> Vec<&'static Rule> {
    [gate::rules::ALL, gate::change::RULES].concat()
}

async fn look(
    site: &Site,
    checkout: &Checkout,
    base: Option<&Base>,
    policy: &Policy,
    request: &Request,
) -> Outcome {
    let look = Look {
        site,
        policy,
        wanted: Wanted {
            licences: request.sbom.is_some() || base.is_some(),
        },
        now: Timestamp::now(),
    };
    let mut outcome = Outcome::default();
    outcome.notes.extend(base.map(|base| base.note.clone()));
    for directory in &checkout.modules {
        if let Err(unreadable) = module(look, checkout, base, directory, &mut outcome).await {
            outcome.unreadable.push(unreadable);
        }
    }
    if checkout.modules.is_empty() {
        outcome.notes.push("there is no go.mod here".to_owned());
    }
    outcome
}

/// Adds what there is to say about the module in a directory.
async fn module(
    look: Look<'_>,
    checkout: &Checkout,
    base: Option<&Base>,
    directory: &str,
    outcome: &mut Outcome,
) -> Result<(), Unreadable> {
    let Some(files) = Files::read(directory, |name| checkout.read(name))? else {
        return Ok(());
    };
    let root = checkout.path(directory);
    let looked = Looked::at(look, &files, &root).await?;
    outcome.notes.extend(looked.notes.iter().cloned());
    outcome.bills.push(looked.bill());
    let Some(base) = base else {
        outcome.findings.extend(looked.findings(look));
        return Ok(());
    };
    let before = Files::read(directory, |name| base.read(name))?;
    let since = Since::of(look, &looked, before.as_ref(), &root, &base.name).await?;
    outcome.findings.extend(since.findings);
    outcome
        .change
        .get_or_insert_default()
        .push_str(&since.summary);
    Ok(())
}

fn finish(
    request: &Request,
    policy: &Policy,
    rules: &[&'static Rule],
    outcome: Outcome,
) -> Result<ExitCode, Failure> {
    let Outcome {
        findings,
        unreadable,
        notes,
        bills,
        change,
    } = outcome;
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let verdict = Verdict::of(policy, &request.policy_name, findings, unreadable, today);
    let directory = request.directory.display().to_string();
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        directory: &directory,
        rules,
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
    Failure::new(Code::BadInputFile, format!("{}: {error}", path.display()))
}

// === impl Looked ===

impl Looked {
    /// The bill of materials.
    fn bill(&self) -> String {
        let licences = self.licences();
        sbom::cyclonedx(
            &self.selection,
            &self.built(),
            &licences,
            env!("CARGO_PKG_VERSION"),
        )
    }
}
