//! The filter of the log, read strictly.
//!
//! The library behind it takes an unknown level for the name of a module: `warning` would log what a
//! module of that name says, and mute everything else, errors too. So a filter is what we document:
//! levels, and levels of modules that exist.

use tracing_subscriber::EnvFilter;

/// What a level can be; `off` is one.
const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// What can stand before `=`, alone or with `::` and a module behind it.
const SPEAKERS: [&str; 25] = [
    "access",
    "alarm",
    "bundle",
    "checksumdb",
    "config",
    "ingest",
    "jobs",
    "modkeep",
    "oidc",
    "prefetch",
    "proxy",
    "publish",
    "repair",
    "server",
    "store",
    "tlog",
    "upstream",
    "vcs",
    "vulndb",
    "h2",
    "hyper",
    "hyper_util",
    "reqwest",
    "rustls",
    "tokio",
];

/// Reads a filter: directives with commas between them, each `LEVEL` or `WHO=LEVEL`.
///
/// # Errors
/// What is wrong with the first directive that is none.
pub fn parse(text: &str) -> Result<EnvFilter, String> {
    let mut directives = Vec::new();
    for directive in text.split(',').map(str::trim) {
        directives.push(match directive.split_once('=') {
            Some((who, level)) => format!("{}={}", speaker(who)?, known_level(level)?),
            None => known_level(directive)?.to_owned(),
        });
    }
    EnvFilter::try_new(directives.join(",")).map_err(|error| error.to_string())
}

fn known_level(text: &str) -> Result<&'static str, String> {
    let level = LEVELS.iter().find(|level| level.eq_ignore_ascii_case(text));
    level
        .copied()
        .ok_or_else(|| format!("{text:?} is no level; there are: {}", LEVELS.join(", ")))
}

fn speaker(text: &str) -> Result<&str, String> {
    let (crate_name, modules) = text.split_once("::").unwrap_or((text, ""));
    let is_path =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_:".contains(&byte);
    if SPEAKERS.contains(&crate_name) && modules.bytes().all(is_path) {
        return Ok(text);
    }
    Err(format!(
        "nothing logs as {text:?}; what does: {}",
        SPEAKERS.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::{SPEAKERS, parse};
    use std::{fs, path::Path};

    #[test]
    fn a_filter_has_levels_and_who_they_are_for() {
        for (text, filter) in [
            ("info", "info"),
            ("WARN", "warn"),
            ("off", "off"),
            ("info,access=off", "access=off,info"),
            ("warn, ingest::flight=debug", "ingest::flight=debug,warn"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), filter, "{text}");
        }
    }

    /// Whoever adds a crate that logs has to say so.
    #[test]
    fn every_crate_that_logs_can_be_named() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut seen = 0;
        for entry in fs::read_dir(crates).unwrap() {
            let path = entry.unwrap().path();
            let Ok(manifest) = fs::read_to_string(path.join("Cargo.toml")) else {
                continue;
            };
            if manifest.lines().any(|line| line.starts_with("tracing.")) {
                let name = path.file_name().unwrap().to_str().unwrap();
                assert!(SPEAKERS.contains(&name), "{name}");
                seen += 1;
            }
        }
        assert!(seen > 5, "{seen}");
    }

    #[test]
    fn what_would_mute_the_log_by_mistake_is_refused_with_what_there_is() {
        for text in [
            "warning",
            "err",
            "",
            "info,",
            "3",
            "info,debugg",
            "access=loud",
        ] {
            let why = parse(text).unwrap_err();
            assert!(
                why.contains("error, warn, info, debug, trace, off"),
                "{text}: {why}"
            );
        }
        for text in ["acess=off", "=info", "proxy[x]=info", "proxy::A=info"] {
            let why = parse(text).unwrap_err();
            assert!(why.contains("what does: access, "), "{text}: {why}");
        }
    }
}
