//! `modkeep gate`.

use super::{options, path};
use clap::{Arg, ArgAction, Command, ValueHint, builder::PossibleValuesParser};

const FORMATS: [&str; 6] = ["text", "json", "sarif", "github", "gitlab", "junit"];

const EXAMPLES: &str = "Examples:
  modkeep gate
  modkeep gate --base origin/main
  modkeep gate --server https://modules.example.com --report sarif=gate.sarif
  modkeep gate --step vulnerable=warn --sbom bom.json
  modkeep gate --explain

Exit codes: 0 passed; of the first step that blocks (before 2, whatever else could not be read):
  10 lock, 11 minimal, 12 vulnerable, 13 fresh, 14 allowed, 15 change
2 could not tell: unreadable input, nothing to judge, wrong usage";

pub(super) fn gate() -> Command {
    let directory = path("directory", "DIR", "The checkout").default_value(".");
    let policy = path(
        "policy",
        "FILE",
        "The policy [default: modkeep-gate.toml in the checkout, if there is one]",
    )
    .long("policy");
    let server = Arg::new("server")
        .long("server")
        .value_name("URL")
        .value_hint(ValueHint::Url)
        .help("A modkeep to ask, instead of the data directory [env: MODKEEP_SERVER]");
    let base = Arg::new("base")
        .long("base")
        .value_name("REV")
        .help("Judge only what has changed since this revision of git, and summarise the change");
    let policy_from = Arg::new("policy-from")
        .long("policy-from")
        .value_name("REV")
        .help("Take the policy from this revision of git [default: the newest commit of --base]");
    let step = Arg::new("step")
        .long("step")
        .value_name("STEP=MODE")
        .action(ArgAction::Append)
        .help("Another mode for a step than the policy's: off, warn or block");
    let format = Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(PossibleValuesParser::new(FORMATS))
        .default_value("text")
        .help("Form of the report");
    let report = Arg::new("report")
        .long("report")
        .value_name("FORMAT=FILE")
        .action(ArgAction::Append)
        .help("Write the report to a file as well, in this form; may be given again");
    let govulncheck = path(
        "govulncheck",
        "FILE",
        "What `govulncheck -json` printed: says which vulnerable code is called",
    )
    .long("govulncheck");
    let sbom = path(
        "sbom",
        "FILE",
        "Write the bill of materials as CycloneDX 1.6",
    )
    .long("sbom");
    let vex = path(
        "vex",
        "FILE",
        "Write what is known of vulnerabilities, waivers among it, as OpenVEX 0.2.0",
    )
    .long("vex");
    let vex_author = Arg::new("vex-author")
        .long("vex-author")
        .value_name("WHO")
        .requires("vex")
        .help("Who says it [default: the maintainers of the module]");
    let explain = Arg::new("explain")
        .long("explain")
        .action(ArgAction::SetTrue)
        .help("Print what each rule looks for and what it does under the policy, and end");
    options::add(
        Command::new("gate")
            .about("Judge a checkout's dependencies, or what a change does to them")
            .args([
                directory,
                policy,
                server,
                base,
                policy_from,
                step,
                format,
                report,
                govulncheck,
                sbom,
                vex,
                vex_author,
                explain,
            ]),
    )
    .after_help(EXAMPLES)
}
