//! Metrics as those who scrape and read them have them: Prometheus, its own checker, a person with curl.

use crate::site::{BINARY, Site, module, url};
use std::{collections::BTreeSet, process::Command, time::Duration};
use testkit::{
    client,
    port::Port,
    process::{self, Output},
    server::{Modkeep, Setup},
    skip,
    upstream::{FakeUpstream, Fault, Kind},
};

/// What Prometheus 2.42 asks with.
const PROMETHEUS: &str = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                          text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

/// Whether Prometheus and its checker are here; both are in one package.
pub(crate) fn has_prometheus() -> bool {
    let is_here = Command::new("promtool").arg("--version").output().is_ok();
    if !is_here {
        skip::because("promtool is missing; `apt-get install prometheus` brings it");
    }
    is_here
}

/// Runs `promtool` in a directory.
pub(crate) fn promtool(directory: &std::path::Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("promtool");
    command.args(arguments).current_dir(directory);
    process::run(&mut command, Duration::from_mins(2))
}

/// The classic text of a server's metrics.
pub(crate) fn classic(server: &Modkeep) -> String {
    let answer = server.request("GET", "/metrics", &[("accept", "text/plain")]);
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    answer.text()
}

/// Whether two small whole numbers are one.
fn is(value: f64, expected: f64) -> bool {
    (value - expected).abs() < 0.5
}

/// Names and labels of all samples.
fn series(page: &str) -> BTreeSet<String> {
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    let names = samples.filter_map(|line| line.rsplit_once(' '));
    names.map(|(name, _)| name.to_owned()).collect()
}

/// A server that has met most of what can happen.
fn used(site: &Site) {
    for path in [
        &*url("a", "zip"),
        &url("a", "zip"),
        &url("a", "info"),
        &url("cold", "zip"),
        "/example.com/a/@v/list",
        "/example.com/a/@latest",
        "/example.com/a/@v/main.info",
        "/example.com/none/@v/list",
        "/sumdb/sum.example.com/supported",
        "/sumdb/sum.example.com/lookup/example.com/a@v1.0.0",
        "/-/proof/example.com/a/@v/v1.0.0.zip",
        "/-/cases",
        "/-/status",
        "/-/journal/checkpoint",
        "/-/vuln/index/db.json",
        "/index",
        "/",
        "/livez",
        "/readyz",
        "/nodot/@v/list",
        "/example.com/a/@v/v1.0.0.0.mod",
        "/%zz",
        "/metrics",
    ] {
        site.server.get(path);
    }
    site.server.request("HEAD", &url("a", "mod"), &[]);
    site.server.request("POST", &url("a", "zip"), &[]);
    let part = [("range", "bytes=0-1")];
    site.server.request("GET", &url("a", "zip"), &part);
    let etag = site.server.get(&url("a", "zip"));
    let known = [("if-none-match", etag.header("etag").unwrap())];
    let unchanged = site.server.request("GET", &url("a", "zip"), &known);
    assert_eq!(unchanged.status, 304);
    let sums = b"example.com/a v1.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    client::post(site.server.address(), "/-/sums", sums).unwrap();
    site.upstream.refuse();
    site.server.get(&url("later", "zip"));
    site.server.get("/example.com/later/@v/list");
    site.upstream.accept();
    site.upstream.always(Kind::Mod, Fault::status(500));
    site.server.get(&url("later", "mod"));
}

#[test]
fn whatever_can_be_counted_is_there_before_it_happens() {
    let site = Site::with(&[module("a", 10), module("cold", 200_000)]);
    let before = series(&classic(&site.server));
    for known in [
        "modkeep_alarms_total{severity=\"p0\",kind=\"database-forked\"}",
        "modkeep_alarms_total{severity=\"p1\",kind=\"checksum-mismatch\"}",
        "modkeep_verifications_total{outcome=\"mismatch\"}",
        "modkeep_http_refusals_total{code=\"MK2001\"}",
        "modkeep_http_requests_total{kind=\"zip\",outcome=\"cut\",source=\"upstream\"}",
        "modkeep_http_requests_total{kind=\"list\",outcome=\"2xx\",source=\"stale\"}",
        "modkeep_store_failures_total",
    ] {
        assert!(before.contains(known), "{known} is not in {before:#?}");
    }
    used(&site);
    let after = series(&classic(&site.server));
    let new: Vec<&String> = after.difference(&before).collect();
    assert!(new.is_empty(), "{new:#?}");
}

#[test]
fn what_an_operator_asks_first_has_a_number() {
    let site = Site::with(&[module("a", 10)]);
    used(&site);
    let page = classic(&site.server);
    let value = |name: &str| {
        let line = page.lines().find_map(|line| line.strip_prefix(name));
        let value = line.unwrap_or_else(|| panic!("{name} is not in\n{page}"));
        value.trim().parse::<f64>().unwrap()
    };
    let version = env!("CARGO_PKG_VERSION");
    let build = value(&format!("modkeep_build_info{{version=\"{version}\"}}"));
    assert!(is(build, 1.0), "{build}");
    let resident = value("process_resident_memory_bytes");
    assert!((1e6..1e10).contains(&resident), "{resident}");
    assert!(value("process_cpu_seconds_total") >= 0.0);
    let (open, most) = (value("process_open_fds"), value("process_max_fds"));
    assert!(open > 5.0 && open < most, "{open} of {most}");
    let now = jiff::Timestamp::now().as_duration().as_secs_f64();
    let lived = now - value("process_start_time_seconds");
    assert!((-2.0..600.0).contains(&lived), "started {lived} s ago");
    let (room, whole) = (
        value("modkeep_data_free_bytes"),
        value("modkeep_data_size_bytes"),
    );
    assert!(room > 0.0 && room <= whole, "{room} of {whole}");
    for zero in [
        "modkeep_unproven_captures",
        "modkeep_unproven_oldest_timestamp_seconds",
        "modkeep_cases_open",
        "modkeep_verification_halted",
        "modkeep_advisories_timestamp_seconds",
        "modkeep_sumdb_head_timestamp_seconds",
    ] {
        assert!(is(value(zero), 0.0), "{zero}");
    }
    let source = site.upstream.url();
    let of_class = |name: &str, class: &str| {
        value(&format!(
            "{name}{{upstream=\"{source}\",class=\"{class}\"}}"
        ))
    };
    assert!(of_class("modkeep_upstream_download_seconds_count", "zip") >= 1.0);
    assert!(of_class("modkeep_upstream_received_bytes_total", "zip") > 100.0);
    let calls = |outcome: &str| {
        let labels = format!("upstream=\"{source}\",class=\"versions\",outcome=\"{outcome}\"");
        value(&format!("modkeep_upstream_calls_total{{{labels}}}"))
    };
    assert!(calls("found") >= 1.0 && calls("absent") >= 1.0);
    assert!(value("modkeep_http_refusals_total{code=\"MK1004\"}") >= 1.0);
}

#[test]
fn the_format_is_the_one_that_is_asked_for() {
    let site = Site::with(&[module("a", 10)]);
    let open = site
        .server
        .request("GET", "/metrics", &[("accept", PROMETHEUS)]);
    assert_eq!(
        open.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    assert!(open.text().ends_with("# EOF\n"));
    assert!(open.text().contains("\n# TYPE modkeep_alarms counter\n"));
    let text = classic(&site.server);
    assert!(text.contains("\n# TYPE modkeep_alarms_total counter\n"));
    assert!(!text.contains("# EOF") && !text.contains("# UNIT"));
    let names = |page: &str| series(page);
    assert_eq!(names(&open.text()), names(&text));
}

#[test]
fn promtool_finds_nothing_to_say() {
    if !has_prometheus() {
        return;
    }
    let site = Site::with(&[module("a", 10)]);
    used(&site);
    let directory = tempfile::tempdir().unwrap();
    // As a person would: `curl -s .../metrics | promtool check metrics`.
    std::fs::write(
        directory.path().join("metrics"),
        site.server.get("/metrics").body,
    )
    .unwrap();
    let mut command = Command::new("sh");
    command
        .args(["-c", "promtool check metrics < metrics"])
        .current_dir(directory.path());
    let output = process::run(&mut command, Duration::from_mins(1));
    output.assert_ok();
    assert_eq!((&*output.stdout, &*output.stderr), ("", ""));
}

#[test]
fn whatever_is_asked_has_a_state_and_nothing_else_has() {
    let public = FakeUpstream::start(testkit::fixture::Corpus::new());
    let private = FakeUpstream::start(testkit::fixture::Corpus::new());
    let server = Setup::new(BINARY, &format!("{},direct", public.url()))
        .option("--private", "corp.example.com")
        .option("--private-upstream", &private.url())
        .start();
    let status: serde_json::Value = serde_json::from_slice(&server.get("/-/status").body).unwrap();
    let breakers = status["breakers"].as_array().unwrap();
    let of_status = breakers
        .iter()
        .map(|breaker| breaker["upstream"].as_str().unwrap());
    let of_status: BTreeSet<&str> = of_status.collect();
    let (public, private) = (public.url(), private.url());
    assert_eq!(of_status, BTreeSet::from([&*public, &*private, "direct"]));
    let page = classic(&server);
    let labels = page
        .lines()
        .filter_map(|line| line.split_once("upstream=\""));
    let of_metrics: BTreeSet<&str> = labels
        .filter_map(|(_, rest)| rest.split('"').next())
        .collect();
    assert_eq!(of_metrics, of_status);
    assert!(!server.get("/readyz").text().contains("direct"));
}

/// Every number that is documented is scraped, and the other way round.
#[test]
fn the_page_of_metrics_has_the_names_that_are_scraped() {
    let site = Site::with(&[module("a", 10)]);
    used(&site);
    let page = classic(&site.server);
    let base = |name: &str| name.split('{').next().unwrap_or_default().to_owned();
    let scraped: BTreeSet<String> = series(&page).iter().map(|name| base(name)).collect();
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    let rows = docs.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row.split(" | ").next());
    let names = cells.flat_map(|cell| cell.split('`').filter(|part| part.contains('_')));
    let documented: BTreeSet<String> = names.map(str::to_owned).collect();
    assert_eq!(documented, scraped);
}

/// A Prometheus that scrapes a server and applies the recommended rules to it.
#[test]
fn prometheus_reads_every_number_and_has_no_alert() {
    if !has_prometheus() {
        return;
    }
    let upstream = FakeUpstream::start(testkit::fixture::Corpus::new());
    let server = Setup::new(BINARY, &upstream.url()).start();
    let directory = tempfile::tempdir().unwrap();
    let port = Port::reserve();
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/alerts.yml");
    let config = format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: ['{rules}']\nscrape_configs:\n\
         - job_name: modkeep\n  static_configs: [{{targets: ['{}']}}]\n",
        server.address()
    );
    std::fs::write(directory.path().join("prometheus.yml"), config).unwrap();
    let mut prometheus = Command::new("prometheus")
        .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
        .arg(format!("--web.listen-address={}", port.address()))
        .current_dir(directory.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let ask = |path: &str| {
        let answer = client::get(port.address(), path).ok()?;
        serde_json::from_slice::<serde_json::Value>(&answer.body).ok()
    };
    let number = |query: &str| {
        let found = ask(&format!("/api/v1/query?query={query}"))?;
        let value = found["data"]["result"].get(0)?["value"][1].as_str()?;
        value.parse::<f64>().ok()
    };
    crate::site::wait_until(|| {
        number("up").is_some_and(|up| is(up, 1.0))
            && number("count_over_time(modkeep_store_writable[1m])") > Some(2.0)
    });
    let samples = number("scrape_samples_scraped").unwrap();
    let rules = ask("/api/v1/rules").unwrap();
    prometheus.kill().unwrap();
    prometheus.wait().unwrap();
    let page = series(&classic(&server)).len();
    assert_eq!(samples.to_string(), page.to_string(), "samples");
    let rules = rules["data"]["groups"][0]["rules"].as_array().unwrap();
    assert!(rules.len() > 10);
    // That the disk of this machine is full is true, and not the server's fault.
    for rule in rules
        .iter()
        .filter(|rule| rule["name"] != "ModkeepDiskAlmostFull")
    {
        assert_eq!(
            (&rule["health"], &rule["state"]),
            (&"ok".into(), &"inactive".into()),
            "{rule}"
        );
    }
}
