//! `modkeep env`: what a client has to set, in the form its shell reads.
//!
//! What decides about a client is known in two places: at the server (where it is reached, which
//! modules no public database may be asked about, whether it fetches private ones) and at the client
//! (what it has set for itself). The server's word goes first. A line whose value nobody knows is left
//! out: `GOPRIVATE=` would take away what protects somebody's private names.

mod egress;
mod known;

pub(crate) use known::configured;

use crate::{cli, failure::Failure, named_server, output};
use codes::Code;
use config::{Environment, Process};
use server::{ClientSettings, ListenAddress, shell_quoted};
use std::process::ExitCode;

/// What go uses where nothing is set.
const DEFAULT_SUMDB: &str = "sum.golang.org";
const DEFAULT_AUTH: &str = "netrc";

/// What becomes of a variable that has a value.
type Lines = Vec<(&'static str, String)>;

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let settings = cli::settings(matches)?;
    let server = named_server::url(matches);
    let (reached, known) = match &server {
        Some(url) => (checked("--server", url)?, known::asked(url, &settings)?),
        None => (reachable(&settings.listen), configured(&settings)?),
    };
    let url = match matches.get_one::<String>("url") {
        Some(url) => checked("--url", url)?,
        None => known.goproxy.clone().unwrap_or(reached),
    };
    if matches.get_flag("egress") {
        output::text(&egress::page(&settings, &url));
        return Ok(ExitCode::SUCCESS);
    }
    let format = matches
        .get_one::<String>("format")
        .map_or("shell", String::as_str);
    output::text(&render(format, &lines(&url, &known, &Process)));
    Ok(ExitCode::SUCCESS)
}

fn checked(option: &str, url: &str) -> Result<String, Failure> {
    let parsed = url::Url::parse(url)
        .ok()
        .filter(|parsed| matches!(parsed.scheme(), "http" | "https"));
    match parsed {
        Some(_) => Ok(url.trim_end_matches('/').to_owned()),
        None => Err(Failure::new(
            Code::BadConfiguration,
            format!("{option}: it is no http or https URL"),
        )),
    }
}

/// The first address over which `go` reaches it. A server on all addresses is reached on the loopback
/// one from here.
fn reachable(listen: &[ListenAddress]) -> String {
    let address = listen.iter().find_map(ListenAddress::tcp);
    let address = address.map_or_else(|| "127.0.0.1:3000".to_owned(), |it| it.to_string());
    let address = address
        .replace("0.0.0.0:", "127.0.0.1:")
        .replace("[::]:", "[::1]:");
    format!("http://{address}")
}

/// The server's word, else what is in effect for this user, unless that is nothing.
fn lines(url: &str, known: &ClientSettings, environment: &dyn Environment) -> Lines {
    let effective = |name: &str| {
        let set = environment.go_setting(name);
        set.or_else(|| environment.go_env(name))
    };
    let of = |said: &Option<String>, name| said.clone().or_else(|| effective(name));
    let or = |value: Option<String>, default: &str| value.or_else(|| Some(default.to_owned()));
    let all = [
        ("GOPROXY", Some(url.to_owned())),
        ("GOSUMDB", or(of(&known.gosumdb, "GOSUMDB"), DEFAULT_SUMDB)),
        ("GOPRIVATE", effective("GOPRIVATE")),
        ("GONOPROXY", of(&known.gonoproxy, "GONOPROXY")),
        ("GONOSUMDB", of(&known.gonosumdb, "GONOSUMDB")),
        ("GOAUTH", or(effective("GOAUTH"), DEFAULT_AUTH)),
    ];
    let has_value = |(name, value): (_, Option<String>)| Some((name, value?));
    all.into_iter().filter_map(has_value).collect()
}

fn render(format: &str, lines: &Lines) -> String {
    if format == "json" {
        let object: serde_json::Map<_, _> = lines
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone().into()))
            .collect();
        return format!("{:#}\n", serde_json::Value::Object(object));
    }
    let line = |(name, value): &(&str, String)| match format {
        "powershell" => format!("$env:{name} = '{}'\n", value.replace('\'', "''")),
        "go-env-w" => format!("go env -w {}\n", shell_quoted(&format!("{name}={value}"))),
        _ => format!("export {name}={}\n", shell_quoted(value)),
    };
    lines.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::{Lines, lines, reachable, render};
    use config::Environment;
    use server::{ClientSettings, ListenAddress};

    fn example() -> Lines {
        vec![
            ("GOPROXY", "http://127.0.0.1:3000".to_owned()),
            ("GOPRIVATE", "*.example.com,it's".to_owned()),
        ]
    }

    #[test]
    fn each_shell_gets_its_own_quoting() {
        for (format, wanted) in [
            (
                "shell",
                "export GOPROXY=http://127.0.0.1:3000\nexport GOPRIVATE='*.example.com,it'\\''s'\n",
            ),
            (
                "powershell",
                "$env:GOPROXY = 'http://127.0.0.1:3000'\n$env:GOPRIVATE = '*.example.com,it''s'\n",
            ),
            (
                "go-env-w",
                "go env -w GOPROXY=http://127.0.0.1:3000\ngo env -w 'GOPRIVATE=*.example.com,it'\\''s'\n",
            ),
            (
                "json",
                "{\n  \"GOPRIVATE\": \"*.example.com,it's\",\n  \"GOPROXY\": \"http://127.0.0.1:3000\"\n}\n",
            ),
        ] {
            assert_eq!(render(format, &example()), wanted, "{format}");
        }
    }

    #[test]
    fn a_server_on_all_addresses_is_reached_on_one() {
        for (listen, reached) in [
            ("0.0.0.0:3000", "http://127.0.0.1:3000"),
            ("[::]:3000", "http://[::1]:3000"),
            ("10.0.0.1:80", "http://10.0.0.1:80"),
        ] {
            let unix = ListenAddress::parse("unix:/run/m.sock").unwrap();
            let listen = [unix, ListenAddress::parse(listen).unwrap()];
            assert_eq!(reachable(&listen), reached);
        }
    }

    /// Somebody whose settings of go are these.
    struct User(&'static [(&'static str, &'static str)]);

    impl Environment for User {
        fn variable(&self, name: &str) -> Option<String> {
            let mut set = self.0.iter();
            set.find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        }

        fn names(&self) -> Vec<String> {
            Vec::new()
        }

        fn go_file(&self, _name: &str) -> Option<String> {
            None
        }

        fn go_env(&self, _name: &str) -> Option<String> {
            None
        }
    }

    #[test]
    fn what_nobody_knows_has_no_line_and_the_server_goes_first() {
        let names = |known: &ClientSettings, user: &User| -> Vec<String> {
            let lines = lines("http://a.example.com", known, user);
            let written = lines.iter().map(|(name, value)| format!("{name}={value}"));
            written.collect()
        };
        let nothing = ClientSettings::default();
        let (proxy, sumdb, auth) = (
            "GOPROXY=http://a.example.com",
            "GOSUMDB=sum.golang.org",
            "GOAUTH=netrc",
        );
        assert_eq!(names(&nothing, &User(&[])), [proxy, sumdb, auth]);
        let known = ClientSettings {
            gonoproxy: Some("none".to_owned()),
            gonosumdb: Some("*.corp.example.com".to_owned()),
            ..ClientSettings::default()
        };
        let user = User(&[("GOPRIVATE", "mine.example.com"), ("GONOPROXY", "x")]);
        assert_eq!(
            names(&known, &user),
            [
                proxy,
                sumdb,
                "GOPRIVATE=mine.example.com",
                "GONOPROXY=none",
                "GONOSUMDB=*.corp.example.com",
                auth
            ]
        );
        assert_eq!(
            names(&nothing, &user),
            [
                proxy,
                sumdb,
                "GOPRIVATE=mine.example.com",
                "GONOPROXY=x",
                auth
            ]
        );
    }
}
