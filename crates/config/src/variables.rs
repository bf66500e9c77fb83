//! Variables that begin with `MODKEEP_`: each is known, or refused with the nearest name.
//!
//! A misspelt key of the file is refused, and a misspelt variable does the same harm: with
//! `MODKEEP_PRIVAT=…` private names go out. What a container platform sets by itself is let pass:
//! Kubernetes describes a service named `modkeep` to every container in variables such as
//! `MODKEEP_PORT_3000_TCP_ADDR`, and nobody chose those.

use super::{
    error::ConfigError,
    option::{OPTIONS, variable},
};
use std::borrow::Cow;

/// What is behind `MODKEEP_` in variables that are no options, in the letters of options.
const OTHERS: &[&str] = &[
    "config",
    "server",
    "mirrors",
    // Of `modkeep auth`: a secret, which has no place in a file or in a list of processes.
    "token",
    // Of the tests: the point at which the process ends itself.
    "crash-point",
];

/// An error for each name that is not known.
pub(super) fn unknown(names: &[String]) -> Vec<ConfigError> {
    let ours = names
        .iter()
        .filter_map(|name| Some((name, name.strip_prefix("MODKEEP_")?)));
    let is_known = |name: &str| known().any(|known| variable(&known) == name);
    let unknown = ours.filter(|(name, _)| !is_known(name) && !is_of_service(name));
    unknown.map(|(name, word)| refused(name, word)).collect()
}

/// Names by flag, and by key with `__` for each dot.
fn known() -> impl Iterator<Item = Cow<'static, str>> {
    let flags = OPTIONS.iter().map(|option| option.flag.as_str());
    let keys = OPTIONS.iter().map(|option| option.key.replace('.', "--"));
    let flags = flags.chain(OTHERS.iter().copied()).map(Cow::Borrowed);
    flags.chain(keys.map(Cow::Owned))
}

fn refused(name: &str, word: &str) -> ConfigError {
    let place = format!("environment {name}");
    let known: Vec<Cow<'_, str>> = known().collect();
    let known = known.iter().map(AsRef::as_ref);
    match finding::nearest(word, known).map(variable) {
        Some(near) => ConfigError::of_place(
            place,
            format!("no such variable; did you mean {near}?"),
            format!("rename it to {near}, or unset it"),
        ),
        None => ConfigError::of_place(
            place,
            "no such variable",
            "unset it; `modkeep config schema` names every variable",
        ),
    }
}

/// Whether a name is one that Kubernetes makes of a service whose name begins with `modkeep`:
/// `…_SERVICE_HOST`, `…_SERVICE_PORT` with the port's name behind it, `…_PORT`, and
/// `…_PORT_<number>_<protocol>` with `_PROTO`, `_PORT` or `_ADDR` behind it ("Accessing the Service" in
/// its documentation).
fn is_of_service(name: &str) -> bool {
    if name.ends_with("_SERVICE_HOST") || name.ends_with("_PORT") {
        return true;
    }
    if name.contains("_SERVICE_PORT_") {
        return true;
    }
    let Some((_, port)) = name.split_once("_PORT_") else {
        return false;
    };
    let mut parts = port.split('_');
    let is_number = parts
        .next()
        .is_some_and(|number| number.parse::<u16>().is_ok());
    let is_protocol = matches!(parts.next(), Some("TCP" | "UDP" | "SCTP"));
    let is_known = matches!(parts.next(), None | Some("PROTO" | "PORT" | "ADDR"));
    is_number && is_protocol && is_known && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::unknown;

    fn refused(name: &str) -> Vec<String> {
        let errors = unknown(&[name.to_owned()]);
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_unknown_variable_is_refused_with_the_nearest_name() {
        for (name, near) in [
            ("MODKEEP_PRIVAT", "MODKEEP_PRIVATE"),
            ("MODKEEP_LISTN", "MODKEEP_LISTEN"),
            ("MODKEEP_UPSTREAMS", "MODKEEP_UPSTREAM"),
            ("MODKEEP_CONFG", "MODKEEP_CONFIG"),
            ("MODKEEP_VERIFY__MOD", "MODKEEP_VERIFY__MODE"),
            ("MODKEEP_OWN_SUMDB__WITNES", "MODKEEP_OWN_SUMDB__WITNESSES"),
        ] {
            let expected = format!("environment {name}: no such variable; did you mean {near}?");
            assert_eq!(refused(name), [expected]);
        }
        assert_eq!(
            refused("MODKEEP_ZZZZZZZZZZZZ"),
            ["environment MODKEEP_ZZZZZZZZZZZZ: no such variable"]
        );
    }

    #[test]
    fn what_is_known_or_not_ours_or_of_the_platform_passes() {
        for name in [
            "MODKEEP_PRIVATE",
            "MODKEEP_PRIVATE__MODULES",
            "MODKEEP_LIMITS__MAX_CONNECTIONS",
            "MODKEEP_SERVER",
            "modkeep_privat",
            "GOPRIVATE",
            "MODKEEP_SERVICE_HOST",
            "MODKEEP_SERVICE_PORT",
            "MODKEEP_SERVICE_PORT_HTTP",
            "MODKEEP_PORT",
            "MODKEEP_PORT_3000_TCP",
            "MODKEEP_PORT_3000_TCP_PROTO",
            "MODKEEP_PORT_3000_TCP_PORT",
            "MODKEEP_PORT_3000_TCP_ADDR",
            "MODKEEP_GOPROXY_PORT_80_UDP_ADDR",
        ] {
            assert_eq!(refused(name), Vec::<String>::new(), "{name}");
        }
        for name in [
            "MODKEEP_PORT_3000",
            "MODKEEP_PORT_X_TCP",
            "MODKEEP_PORT_1_TCP_ADDR_X",
        ] {
            assert_eq!(refused(name).len(), 1, "{name}");
        }
    }
}
