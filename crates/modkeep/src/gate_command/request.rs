//! Request: what the person asked for, checked before anything is begun.

use super::unusable;
use crate::{failure::Failure, named_server};
use checkout::plain_file;
use clap::ArgMatches;
use codes::Code;
use config::{Environment as _, Process};
use finding::{FindingPlace, FindingRule, GateStep, UnreadableInput};
use gate::{
    policy::{self, GatePolicy, StepMode},
    report::ReportFormat,
};
use std::{
    io::{self, IsTerminal as _},
    path::PathBuf,
};
use vulndb::ReachabilityReport;

/// What the person asked for.
#[derive(Debug)]
pub(super) struct GateRequest {
    /// The checkout.
    pub(super) directory: PathBuf,
    /// A server to ask.
    pub(super) server: Option<String>,
    /// The revision to compare with.
    pub(super) base: Option<String>,
    /// The form of what is printed.
    pub(super) format: ReportFormat,
    /// Reports that are written to files.
    pub(super) reports: Vec<(ReportFormat, PathBuf)>,
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
    steps: Vec<(GateStep, StepMode)>,
}

// === impl GateRequest ===

impl GateRequest {
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
    pub(super) fn reachability(
        &self,
    ) -> Result<Option<Result<ReachabilityReport, UnreadableInput>>, Failure> {
        let Some(file) = &self.govulncheck else {
            return Ok(None);
        };
        let report = plain_file::read(file).map_err(|error| unusable(file, &error))?;
        let read = ReachabilityReport::parse(&report);
        Ok(Some(read.map_err(|error| {
            let place = FindingPlace::file(file.display().to_string());
            UnreadableInput::new(place, error.to_string())
        })))
    }

    /// Whether it was said where the policy is to be taken from.
    pub(super) fn names_policy_revision(&self) -> bool {
        self.policy_from.is_some()
    }

    /// Reads a policy, with the modes of steps that were given.
    pub(super) fn parse(
        &self,
        source: &[u8],
        rules: &[&FindingRule],
    ) -> Result<GatePolicy, UnreadableInput> {
        let policy = GatePolicy::parse(&self.policy_name, source, rules)?;
        let steps = self.steps.iter();
        let steps = steps.fold(policy.steps.clone(), |steps, &(step, mode)| {
            steps.with(step, mode)
        });
        Ok(GatePolicy { steps, ..policy })
    }
}

fn wrong(why: String) -> Failure {
    Failure::new(Code::BadConfiguration, why)
}

/// Colours belong on a terminal, unless <https://no-color.org> is followed.
fn colours() -> bool {
    io::stdout().is_terminal() && Process.variable("NO_COLOR").is_none()
}

fn step(text: &str) -> Result<(GateStep, StepMode), String> {
    let problem = || {
        let steps = GateStep::ALL.map(GateStep::name).join(", ");
        format!("--step {text}: STEP=MODE is expected, of {steps} and off, warn, block")
    };
    let (step, mode) = text.split_once('=').ok_or_else(problem)?;
    let step = GateStep::ALL.into_iter().find(|known| known.name() == step);
    let mode = match mode {
        "off" => Some(StepMode::Off),
        "warn" => Some(StepMode::Warn),
        "block" => Some(StepMode::Block),
        _ => None,
    };
    step.zip(mode).ok_or_else(problem)
}

fn report(text: &str) -> Result<(ReportFormat, PathBuf), String> {
    let (name, file) = text
        .split_once('=')
        .ok_or_else(|| format!("--report {text}: FORMAT=FILE is expected"))?;
    Ok((format(name, false)?, PathBuf::from(file)))
}

fn format(name: &str, colours: bool) -> Result<ReportFormat, String> {
    match name {
        "text" => Ok(ReportFormat::Text(colours)),
        "json" => Ok(ReportFormat::Json),
        "sarif" => Ok(ReportFormat::Sarif),
        "github" => Ok(ReportFormat::Github),
        "gitlab" => Ok(ReportFormat::Gitlab),
        "junit" => Ok(ReportFormat::Junit),
        name => Err(format!("there is no form of report named {name}")),
    }
}
