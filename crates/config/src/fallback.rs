//! Defaults that are found out at start: the settings of go, and conventions of the platform.

use super::{
    Environment,
    sourced::{SourcedText, ValueOrigin},
    sumdb,
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What finds the default of an option out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DefaultFinder {
    Upstream,
    Database,
    Private,
    SumdbExceptions,
    DataDirectory,
    Credentials,
}

// === impl DefaultFinder ===

impl DefaultFinder {
    /// `upstream` is where the list of upstreams came from.
    pub(crate) fn find(
        self,
        environment: &dyn Environment,
        upstream: Option<&SourcedText>,
    ) -> Option<SourcedText> {
        match self {
            Self::Upstream => Some(self::upstream(environment)),
            Self::Database => of_go(environment, "GOSUMDB", upstream)
                .or_else(|| Some(SourcedText::new(sumdb::DEFAULT, ValueOrigin::Default))),
            Self::Private => of_go_or_private(environment, "GONOPROXY", upstream),
            Self::SumdbExceptions => of_go_or_private(environment, "GONOSUMDB", upstream),
            Self::DataDirectory => data(environment),
            Self::Credentials => credentials(environment),
        }
    }

    /// What takes the place of a wrong value, so that the rest can be judged.
    pub(crate) fn built_in(self) -> Option<&'static str> {
        match self {
            Self::Upstream => Some(BUILT_IN),
            Self::Database => Some(sumdb::DEFAULT),
            Self::DataDirectory => Some("."),
            Self::Private | Self::SumdbExceptions | Self::Credentials => None,
        }
    }
}

/// Used where neither the environment nor a go command says anything.
const BUILT_IN: &str = "https://goproxy.cn,direct";

/// `GOPROXY`, else what `go env GOPROXY` says, else a built-in list.
fn upstream(environment: &dyn Environment) -> SourcedText {
    let variable = || {
        environment
            .variable("GOPROXY")
            .map(|text| SourcedText::new(text, ValueOrigin::Variable("GOPROXY".to_owned())))
    };
    let go_env = || {
        environment
            .go_env("GOPROXY")
            .map(|text| SourcedText::new(text, ValueOrigin::GoEnv("GOPROXY".to_owned())))
    };
    variable()
        .or_else(go_env)
        .unwrap_or_else(|| SourcedText::new(BUILT_IN, ValueOrigin::Default))
}

/// A setting of go's: its variable, else its files, else what `go env` says where the upstream list
/// came from there too. Whoever names the upstreams configures a server, and no go command is run for it.
fn of_go(
    environment: &dyn Environment,
    name: &'static str,
    upstream: Option<&SourcedText>,
) -> Option<SourcedText> {
    written(environment, name).or_else(|| asked(environment, name, upstream))
}

/// The same of `GONOPROXY` or `GONOSUMDB`, whose default is `GOPRIVATE`. `go env` fills that in.
fn of_go_or_private(
    environment: &dyn Environment,
    name: &'static str,
    upstream: Option<&SourcedText>,
) -> Option<SourcedText> {
    written(environment, name)
        .or_else(|| written(environment, "GOPRIVATE"))
        .or_else(|| asked(environment, name, upstream))
}

/// A setting that stands in the environment or in go's files.
fn written(environment: &dyn Environment, name: &'static str) -> Option<SourcedText> {
    let variable = environment.variable(name);
    let variable =
        variable.map(|text| SourcedText::new(text, ValueOrigin::Variable(name.to_owned())));
    let file = || {
        let text = environment.go_file(name)?;
        Some(SourcedText::new(text, ValueOrigin::GoEnv(name.to_owned())))
    };
    variable.or_else(file)
}

fn asked(
    environment: &dyn Environment,
    name: &'static str,
    upstream: Option<&SourcedText>,
) -> Option<SourcedText> {
    let asks_go = upstream.is_some_and(|upstream| matches!(upstream.origin, ValueOrigin::GoEnv(_)));
    let text = asks_go.then(|| environment.go_env(name)).flatten()?;
    Some(SourcedText::new(text, ValueOrigin::GoEnv(name.to_owned())))
}

/// `modkeep` in the platform's directory for application data.
fn data(environment: &dyn Environment) -> Option<SourcedText> {
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
    base.map(|base| {
        SourcedText::new(
            base.join("modkeep").display().to_string(),
            ValueOrigin::Platform,
        )
    })
}

/// `modkeep.netrc` in the directory where a service manager leaves the secrets of a unit
/// (`LoadCredential=` of systemd.exec(5)).
fn credentials(environment: &dyn Environment) -> Option<SourcedText> {
    let directory = environment.variable("CREDENTIALS_DIRECTORY")?;
    let file = PathBuf::from(directory).join("modkeep.netrc");
    file.exists()
        .then(|| SourcedText::new(file.display().to_string(), ValueOrigin::Platform))
}
