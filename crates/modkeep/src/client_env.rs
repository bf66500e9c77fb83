//! `modkeep env`: what a client has to set, in the form its shell reads.
//!
//! `GOPROXY` is ours; the others are printed as they are in effect for this user, because they
//! decide what goes past a proxy and whether its answers are checked.

use crate::{
    cli,
    config::{Environment, Process},
    failure::Failure,
    output,
};
use codes::Code;
use std::process::ExitCode;

/// What go uses where nothing is set.
const DEFAULT_SUMDB: &str = "sum.golang.org";
const DEFAULT_AUTH: &str = "netrc";

type Lines = Vec<(&'static str, String)>;

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let resolved = cli::given(matches)?;
    let url = match matches.get_one::<String>("url") {
        Some(url) => checked(url)?,
        None => format!("http://{}", reachable(resolved.text("listen"))),
    };
    let format = matches
        .get_one::<String>("format")
        .map_or("shell", String::as_str);
    output::text(&render(format, &lines(&url, &Process)));
    Ok(ExitCode::SUCCESS)
}

fn checked(url: &str) -> Result<String, Failure> {
    let parsed = url::Url::parse(url)
        .ok()
        .filter(|parsed| matches!(parsed.scheme(), "http" | "https"));
    match parsed {
        Some(_) => Ok(url.trim_end_matches('/').to_owned()),
        None => Err(Failure::new(
            Code::BadConfiguration,
            "--url: it is no http or https URL",
        )),
    }
}

/// A server on all addresses is reached on the loopback one from here.
fn reachable(listen: &str) -> String {
    listen
        .replace("0.0.0.0:", "127.0.0.1:")
        .replace("[::]:", "[::1]:")
}

fn lines(url: &str, environment: &dyn Environment) -> Lines {
    let effective = |name: &str, default: &str| {
        environment
            .go_setting(name)
            .or_else(|| environment.go_env(name))
            .unwrap_or_else(|| default.to_owned())
    };
    let private = effective("GOPRIVATE", "");
    vec![
        ("GOPROXY", url.to_owned()),
        ("GOSUMDB", effective("GOSUMDB", DEFAULT_SUMDB)),
        ("GOPRIVATE", private.clone()),
        ("GONOPROXY", effective("GONOPROXY", &private)),
        ("GONOSUMDB", effective("GONOSUMDB", &private)),
        ("GOAUTH", effective("GOAUTH", DEFAULT_AUTH)),
    ]
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
        "go-env-w" => format!("go env -w {}\n", quoted(&format!("{name}={value}"))),
        _ => format!("export {name}={}\n", quoted(value)),
    };
    lines.iter().map(line).collect()
}

/// Quoted for a POSIX shell, where it needs to be.
fn quoted(value: &str) -> String {
    let plain = value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/,@%+=".contains(&byte));
    if plain {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, reachable, render};

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
        assert_eq!(reachable("0.0.0.0:3000"), "127.0.0.1:3000");
        assert_eq!(reachable("[::]:3000"), "[::1]:3000");
        assert_eq!(reachable("10.0.0.1:80"), "10.0.0.1:80");
    }
}
