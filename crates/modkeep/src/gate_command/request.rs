//! Request: what the person asked for, checked before anything is begun.

use super::unusable;
use crate::{
    config::{Environment as _, Process},
    failure::Failure,
    named_server, plain_file,
};
use clap::ArgMatches;
use codes::Code;
use finding::{Place, Rule, Step, Unreadable};
use gate::{
    policy::{self, Mode, Policy},
    report::Format,
};
use std::{
    io::{self, IsTerminal as _},
    path::PathBuf,
};
use vulndb::Reachability;

/// What the person asked for.
#[derive(Debug)]
pub(super) struct Request {
    /// The checkout.
    pub(super) directory: PathBuf,
    /// A server to ask.
    pub(super) server: Option<String>,
    /// The revision to compare with.
    pub(super) base: Option<String>,
    /// The form of what is printed.
    pub(super) format: Format,
    /// Reports that are written to files.
    pub(super) reports: Vec<(Format, PathBuf)>,
    /// What `govulncheck -json` printed.
    pub(super) govulncheck: Option<PathBuf>,
    /// Where the bill of materials goes to.
    pub(super) sbom: Option<PathBuf>,
    /// Where the account of vulnerabilities goes to.
    pub(super) vex: Option<PathBuf>,
    /// Who gives it.
    pub(super) vex_author: Option<String>,
    /// Whether only the rules are wanted.
    pub(super) explain: bool,
    /// The policy's name in findings.
    pub(super) policy_name: String,
    /// The policy, where one was named.
    pub(super) policy_file: Option<PathBuf>,
    /// The revision whose policy counts, where that is not the one to compare with.
    pub(super) policy_from: Option<String>,
    steps: Vec<(Step, Mode)>,
}

// === impl Request ===

impl Request {
    pub(super) fn read(matches: &ArgMatches) -> Result<Self, Failure> {
        let text = |name: &str| matches.get_one::<String>(name).cloned();
        let path = |name: &str| matches.get_one::<PathBuf>(name).cloned();
        let many = |name: &str| {
            let given = matches.get_many::<String>(name).into_iter().flatten();
            given.cloned().collect::<Vec<_>>()
        };
        let directory = path("directory").unwrap_or_else(|| PathBuf::from("."));
        let policy_file = path("policy");
        let policy_name = match &policy_file {
            Some(file) => file.display().to_string(),
            None => policy::FILE.to_owned(),
        };
        let steps = many("step").iter().map(|text| step(text)).collect();
        let reports = many("report").iter().map(|text| report(text)).collect();
        Ok(Self {
            server: named_server::url(matches),
            base: text("base"),
            policy_from: text("policy-from"),
            format: format(text("format").as_deref().unwrap_or("text"), colours())
                .map_err(wrong)?,
            reports: Result::map_err(reports, wrong)?,
            govulncheck: path("govulncheck"),
            sbom: path("sbom"),
            vex: path("vex"),
            vex_author: text("vex-author"),
            explain: matches.get_flag("explain"),
            policy_name,
            policy_file,
            steps: Result::map_err(steps, wrong)?,
            directory,
        })
    }

    /// What is known about calls; the report is read before anything is asked.
    pub(super) fn reachability(&self) -> Result<Option<Result<Reachability, Unreadable>>, Failure> {
        let Some(file) = &self.govulncheck else {
            return Ok(None);
        };
        let report = plain_file::read(file).map_err(|error| unusable(file, &error))?;
        let read = Reachability::parse(&report);
        Ok(Some(read.map_err(|error| {
            let place = Place::file(file.display().to_string());
            Unreadable::new(place, error.to_string())
        })))
    }

    /// Whether it was said where the policy is to be taken from.
    pub(super) fn names_policy_revision(&self) -> bool {
        self.policy_from.is_some()
    }

    /// Reads a policy, with the modes of steps that were given.
    pub(super) fn parse(&self, source: &[u8], rules: &[&Rule]) -> Result<Policy, Unreadable> {
        let policy = Policy::parse(&self.policy_name, source, rules)?;
        let steps = self.steps.iter();
        let steps = steps.fold(policy.steps.clone(), |steps, &(step, mode)| {
            steps.with(step, mode)
        });
        Ok(Policy { steps, ..policy })
    }
}

fn wrong(why: String) -> Failure {
    Failure::new(Code::BadConfiguration, why)
}

/// Colours belong on a terminal, unless <https://no-color.org> is followed.
fn colours() -> bool {
    io::stdout().is_terminal() && Process.variable("NO_COLOR").is_none()
}

fn step(text: &str) -> Result<(Step, Mode), String> {
    let problem = || {
        let steps = Step::ALL.map(Step::name).join(", ");
        format!("--step {text}: STEP=MODE is expected, of {steps} and off, warn, block")
    };
    let (step, mode) = text.split_once('=').ok_or_else(problem)?;
    let step = Step::ALL.into_iter().find(|known| known.name() == step);
    let mode = match mode {
        "off" => Some(Mode::Off),
        "warn" => Some(Mode::Warn),
        "block" => Some(Mode::Block),
        _ => None,
    };
    step.zip(mode).ok_or_else(problem)
}

fn report(text: &str) -> Result<(Format, PathBuf), String> {
    let (name, file) = text
        .split_once('=')
        .ok_or_else(|| format!("--report {text}: FORMAT=FILE is expected"))?;
    Ok((format(name, false)?, PathBuf::from(file)))
}

fn format(name: &str, colours: bool) -> Result<Format, String> {
    match name {
        "text" => Ok(Format::Text(colours)),
        "json" => Ok(Format::Json),
        "sarif" => Ok(Format::Sarif),
        "github" => Ok(Format::Github),
        "gitlab" => Ok(Format::Gitlab),
        "junit" => Ok(Format::Junit),
        name => Err(format!("there is no form of report named {name}")),
    }
}
