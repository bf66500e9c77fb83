//! `.info` against `cmd/go`'s own types, `encoding/json` and `time`: we read what Go reads, and
//! refuse what it refuses.

use gomod::info::VersionInfo;
use std::fs;
use testkit::{
    go::Go,
    oracle::{Oracle, Seed},
};

/// How many inputs are compared.
const INPUTS: usize = 200_000;

#[rustfmt::skip]
const KEYS: &[&str] = &[
    "Version", "Version", "Version", "Time", "Time", "Time", "version", "TIME", "Ver\u{17f}ion", "VERSION",
    "T\\u0069me", "Origin", "Origin", "ORIGIN", "Name", "", "Versi\u{f6}n", "\\ud800", "Ver\\u017fion", "Short", "T\u{131}me",
];
#[rustfmt::skip]
const VALUES: &[&str] = &[
    "\"v1.2.3\"", "\"v1.2.3\"", "\"v1.2.3\"", "\"v2.0.0+incompatible\"", "\"v1.2.\\u0033\"", "null", "1", "true", "{}", "[]",
    "{\"VCS\":\"git\",\"Version\":\"v9.9.9\"}", "-0.5e+7", "01", "\"\\ud83d\\ude00\"", "\"\\ud800\"", "\"\\x\"", "[[],{\"\":[1]}]",
];
#[rustfmt::skip]
const TIMES: &[&str] = &[
    "2024-02-29T23:59:59Z", "2024-02-29T23:59:59.5Z", "2024-02-29T23:59:59.123456789+07:00",
    "2023-02-29T00:00:00Z", "2024-01-01T00:00:00-23:59", "2024-01-01T00:00:00+24:00", "2024-01-01 00:00:00Z",
    "2024-01-01t00:00:00z", "2024-01-01T00:00:60Z", "2024-01-01T1:00:00Z", "2024-01-01T00:00:00,5Z",
    "2024-01-01T00:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999999Z", "2024-01-01T00:00:00.Z",
    "2024-01-01T00:00:00+00:60", "2024-01-01T00:00:00+25:00", "2024-01-01T00:00:00+00:61", "2024-01-01T24:00:00Z",
    "0000-02-29T00:00:00Z", "\\u0032024-01-01T00:00:00Z", "2024-1-01T00:00:00Z", "2024-01-01T00:00:0Z", "2024-00-01T00:00:00Z",
];
const ORIGIN_KEYS: &[&str] = &[
    "VCS",
    "URL",
    "Subdir",
    "Hash",
    "TagPrefix",
    "TagSum",
    "Ref",
    "RepoSum",
    "tag\u{17f}um",
    "HA\\u017fH",
    "Reposum",
    "Other",
    "vc\u{17f}",
];

/// Real ones, and what broke readers before.
const COLLECTED: &[&str] = &[
    r#"{"Version":"v1.2.3","Time":"2024-02-29T23:59:59Z"}"#,
    r#"{"Version":"v1.2.3","Time":"2023-11-07T17:41:03Z","Origin":{"VCS":"git","URL":"https://example.com/m","Hash":"5c4b5c1a","Ref":"refs/tags/v1.2.3"}}"#,
    r#"{"Version":"v1.2.3","Time":"2023-11-07T17:41:03Z","Origin":{"VCS":"git","URL":"https://example.com/m","Subdir":"x","TagPrefix":"x/","TagSum":"t1:47DEQpj8","RepoSum":null}}"#,
    "\n{\n\t\"Version\": \"v1.2.3\",\r\n\t\"Time\": \"2024-02-29T23:59:59Z\"\n}\n",
    r#"{"Version":"v1.2.3","Origin":"git"}"#,
    r#"{"Version":"v1.2.3","Origin":[]}"#,
    r#"{"Version":"v1.2.3","Origin":7}"#,
    r#"{"Version":"v1.2.3","Origin":{"VCS":7}}"#,
    r#"{"Version":"v1.2.3","Origin":{"URL":{}}}"#,
    r#"{"Version":"v1.2.3","Origin":{"hash":[1]},"Origin":null}"#,
    r#"{"Version":"v1.2.3","VERSION":2}"#,
    r#"{"Version":["v1.2.3"]}"#,
    r#"{"Name":1,"Short":[],"Version":"v1.2.3"}"#,
    "\u{feff}{\"Version\":\"v1.2.3\"}",
    "null",
    "[]",
    "",
    r#"{"Version":"v1.2.3"}{}"#,
    r#"{"Version":"v1.2.3",}"#,
    r"{'Version':'v1.2.3'}",
];

/// What Go holds only of the whole: depth.
fn nested() -> Vec<Vec<u8>> {
    let depths = [9_998, 9_999, 10_000, 10_001, 20_000];
    let list = |depth| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"Version":"v1.2.3","x":{open}{close}}}"#).into_bytes()
    };
    let objects = |depth| {
        let (open, close) = (r#"{"x":"#.repeat(depth), "}".repeat(depth));
        format!(r#"{{"Version":"v1.2.3","Origin":{open}null{close}}}"#).into_bytes()
    };
    depths
        .map(list)
        .into_iter()
        .chain(depths.map(objects))
        .collect()
}

fn origin(seed: &mut Seed) -> String {
    let mut members = Vec::new();
    for _ in 0..seed.below(4) {
        let (key, value) = (seed.pick::<&str>(ORIGIN_KEYS), seed.pick::<&str>(VALUES));
        let value = if seed.chance(0.7) { "\"x\"" } else { value };
        members.push(format!("\"{key}\":{value}"));
    }
    format!("{{{}}}", members.join(","))
}

fn info(seed: &mut Seed) -> Vec<u8> {
    if seed.chance(0.2) {
        let json = *seed.pick::<&str>(COLLECTED);
        return seed.mutate(json.as_bytes());
    }
    let mut members = Vec::new();
    for _ in 0..=seed.below(4) {
        let key = seed.pick::<&str>(KEYS);
        let value = if key.starts_with(['T', 't']) && seed.chance(0.9) {
            format!("\"{}\"", seed.pick::<&str>(TIMES))
        } else if key.starts_with(['O']) && seed.chance(0.8) {
            origin(seed)
        } else {
            (*seed.pick::<&str>(VALUES)).to_owned()
        };
        members.push(format!("\"{key}\":{value}"));
    }
    let json = format!("{{{}}}", members.join(","));
    if seed.chance(0.3) {
        seed.mutate(json.as_bytes())
    } else {
        json.into_bytes()
    }
}

/// An `.info` and what we make of it, for the oracle to judge; none where only we know whether the
/// version is one.
fn question(json: Vec<u8>) -> Option<Vec<Vec<u8>>> {
    use gomod::info::InfoError::{InvalidVersion, NoVersion};
    match VersionInfo::parse(&json) {
        Ok(found) => {
            let version = found.version.to_string().into_bytes();
            let time = found.time.unwrap_or_default().into_bytes();
            Some(vec![json, version, time])
        }
        Err(NoVersion | InvalidVersion(_)) => None,
        Err(_) => Some(vec![json]),
    }
}

#[test]
fn what_go_reads_is_read_the_same_and_nothing_else() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(901);
    let collected = COLLECTED.iter().map(|json| json.as_bytes().to_vec());
    let mut questions: Vec<_> = collected.chain(nested()).filter_map(question).collect();
    while questions.len() < INPUTS {
        questions.extend(question(info(&mut seed)));
    }
    let read = questions.iter().filter(|asked| asked.len() > 1).count();
    println!("{} infos compared, {read} of them read", questions.len());
    oracle.compare("info.same", &questions, |_| Ok(Vec::new()));
}

#[test]
fn the_types_that_are_asked_are_those_of_cmd_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let output = Go::new("off").run(&["env", "GOROOT"], &std::env::temp_dir());
    let root = output.stdout.trim().as_bytes().to_vec();
    let answer = oracle.ask("info.copy", &[vec![root]]);
    assert_eq!(answer, [Ok(Vec::new())]);
}

/// Versions that the real `go` is shown of each verdict, each with an `.info` of its own.
const SHOWN: usize = 200;

#[test]
fn the_go_command_takes_what_is_read_and_fails_on_the_rest() {
    if Oracle::start_or_skip().is_none() {
        return;
    }
    let proxy = tempfile::tempdir().unwrap();
    let directory = proxy.path().join("example.com/m/@v");
    fs::create_dir_all(&directory).unwrap();
    let mut seed = Seed::new(902);
    let collected = COLLECTED.iter().map(|json| json.as_bytes().to_vec());
    let mut inputs: Vec<_> = collected.chain(nested()).collect();
    let (mut shown, mut ours) = ([0, 0], Vec::new());
    while shown.iter().any(|count| *count < SHOWN) {
        let version = format!("v1.0.{}", 1000 + ours.len());
        let json = inputs.pop().unwrap_or_else(|| info(&mut seed));
        let json = of_version(&json, &version);
        let is_read = VersionInfo::parse(&json).is_ok_and(|info| info.version.as_str() == version);
        let count = &mut shown[usize::from(is_read)];
        if *count < SHOWN {
            *count += 1;
            fs::write(directory.join(format!("{version}.info")), &json).unwrap();
            ours.push((is_read, version, json));
        }
    }
    let format = "{{if .Error}}refused{{else}}read{{end}}";
    let named = ours
        .iter()
        .map(|(_, version, _)| format!("example.com/m@{version}"));
    let arguments = ["list", "-m", "-e", "-f", format].map(str::to_owned);
    let arguments: Vec<_> = arguments.into_iter().chain(named).collect();
    let go = Go::new(&format!("file://{}", proxy.path().display()));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let theirs = go.run(&arguments, proxy.path()).stdout;
    assert_eq!(theirs.lines().count(), ours.len());
    for (theirs, (is_read, _, json)) in theirs.lines().zip(&ours) {
        let ours = if *is_read { "read" } else { "refused" };
        assert_eq!(theirs, ours, "{}", json.escape_ascii());
    }
    println!(
        "{} infos shown to go: {SHOWN} read, {SHOWN} refused",
        ours.len()
    );
}

/// The same `.info`, about another version.
fn of_version(json: &[u8], version: &str) -> Vec<u8> {
    let mut replaced = Vec::new();
    let mut rest = json;
    while let Some((byte, behind)) = rest.split_first() {
        if let Some(behind) = rest.strip_prefix(b"v1.2.3") {
            replaced.extend(version.bytes());
            rest = behind;
        } else {
            replaced.push(*byte);
            rest = behind;
        }
    }
    replaced
}
