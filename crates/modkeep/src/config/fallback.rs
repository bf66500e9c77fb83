//! Defaults that are found out: the upstream list and the data directory.

use super::{
    Environment,
    resolve::{Origin, Sourced},
};
use std::path::PathBuf;

/// Used where neither the environment nor a go command says anything.
pub(super) const BUILT_IN: &str = "https://goproxy.cn,direct";

/// `GOPROXY`, else what `go env GOPROXY` says, else a built-in list.
pub(super) fn upstream(environment: &dyn Environment) -> Sourced {
    let variable = || {
        environment
            .variable("GOPROXY")
            .map(|text| Sourced::new(text, Origin::Variable("GOPROXY".to_owned())))
    };
    let go_env = || {
        environment
            .go_env("GOPROXY")
            .map(|text| Sourced::new(text, Origin::GoEnv("GOPROXY")))
    };
    variable()
        .or_else(go_env)
        .unwrap_or_else(|| Sourced::new(BUILT_IN, Origin::Default))
}

/// A setting of go's: its variable, else its files, else what `go env` says where the upstream list
/// came from there too. Whoever names the upstreams configures a server, and no go command is run for it.
pub(super) fn of_go(
    environment: &dyn Environment,
    name: &'static str,
    upstream: Option<&Sourced>,
) -> Option<Sourced> {
    written(environment, name).or_else(|| asked(environment, name, upstream))
}

/// The same of `GONOPROXY` or `GONOSUMDB`, whose default is `GOPRIVATE`. `go env` fills that in.
pub(super) fn of_go_or_private(
    environment: &dyn Environment,
    name: &'static str,
    upstream: Option<&Sourced>,
) -> Option<Sourced> {
    written(environment, name)
        .or_else(|| written(environment, "GOPRIVATE"))
        .or_else(|| asked(environment, name, upstream))
}

/// A setting that stands in the environment or in go's files.
fn written(environment: &dyn Environment, name: &'static str) -> Option<Sourced> {
    let variable = environment.variable(name);
    let variable = variable.map(|text| Sourced::new(text, Origin::Variable(name.to_owned())));
    let file = || {
        let text = environment.go_file(name)?;
        Some(Sourced::new(text, Origin::GoEnv(name)))
    };
    variable.or_else(file)
}

fn asked(
    environment: &dyn Environment,
    name: &'static str,
    upstream: Option<&Sourced>,
) -> Option<Sourced> {
    let asks_go = upstream.is_some_and(|upstream| matches!(upstream.origin, Origin::GoEnv(_)));
    let text = asks_go.then(|| environment.go_env(name)).flatten()?;
    Some(Sourced::new(text, Origin::GoEnv(name)))
}

/// `modkeep` in the platform's directory for application data.
pub(super) fn data(environment: &dyn Environment) -> Option<Sourced> {
    let base = |name: &str| {
        environment
            .variable(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let base = if cfg!(windows) {
        base("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        base("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        // The XDG base directory specification: a relative path there is to be ignored.
        base("XDG_DATA_HOME").or_else(|| base("HOME").map(|home| home.join(".local/share")))
    };
    base.map(|base| Sourced::new(base.join("modkeep").display().to_string(), Origin::Platform))
}

/// `modkeep.netrc` in the directory where a service manager leaves the secrets of a unit
/// (`LoadCredential=` of systemd.exec(5)).
pub(super) fn credentials(environment: &dyn Environment) -> Option<Sourced> {
    let directory = environment.variable("CREDENTIALS_DIRECTORY")?;
    let file = PathBuf::from(directory).join("modkeep.netrc");
    file.exists()
        .then(|| Sourced::new(file.display().to_string(), Origin::Platform))
}
