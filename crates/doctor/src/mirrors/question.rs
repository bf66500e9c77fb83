//! For which module mirrors are asked.
//!
//! The one that failed, so that the answer is about the trouble. But a private name tells strangers
//! something: if the settings here keep it private, or nothing is known of the settings, or the name
//! looks like one of a company's network, a module that everybody knows is asked for instead.

use super::known::INSIDE;
use crate::environment::GoEnvironment;
use crate::lint::intended_pattern;
use gomod::info::VersionInfo;
use gomod::path::ModulePath;
use gomod::pattern::ModulePatterns;
use gomod::version::Version;
use serde::{Serialize, Serializer};

/// What mirrors are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MirrorQuestion {
    /// The module.
    #[serde(serialize_with = "path")]
    pub module: ModulePath,
    /// The version; none if any will do.
    #[serde(serialize_with = "version")]
    pub version: Option<Version>,
    /// Why it is not the module of the message.
    pub stand_in: Option<StandIn>,
}

/// Why another module is asked for than the one that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StandIn {
    /// No module is named.
    Unnamed,
    /// Settings keep it private, or its host is of a company's network.
    Private,
    /// It is not known what is private here.
    UnknownSettings,
}

/// What every public proxy has.
const WELL_KNOWN: (&str, &str) = ("golang.org/x/text", "v0.14.0");

/// The settings that keep a name away from public servers.
const SETTINGS: [&str; 3] = ["GOPRIVATE", "GONOPROXY", "GONOSUMDB"];

/// Code hosts of everybody, where a path tells nothing of who may read it.
const CODE_HOSTS: [&str; 11] = [
    "github.com",
    "gitlab.com",
    "bitbucket.org",
    "gitee.com",
    "gopkg.in",
    "golang.org",
    "google.golang.org",
    "go.uber.org",
    "k8s.io",
    "sigs.k8s.io",
    "codeberg.org",
];

/// What mirrors are asked for. `environment` is none where the settings of `go` cannot be read.
pub fn question(
    environment: Option<&GoEnvironment>,
    wanted: Option<(ModulePath, Option<Version>)>,
) -> Option<MirrorQuestion> {
    let stand_in = match (&wanted, environment) {
        (None, _) => Some(StandIn::Unnamed),
        (Some(_), None) => Some(StandIn::UnknownSettings),
        (Some((module, _)), Some(environment)) => {
            is_private(environment, module).then_some(StandIn::Private)
        }
    };
    let (module, version) = match (stand_in, wanted) {
        (None, Some((module, version))) => (module, version),
        _ => (
            ModulePath::parse(WELL_KNOWN.0).ok()?,
            Some(Version::parse(WELL_KNOWN.1).ok()?),
        ),
    };
    Some(MirrorQuestion {
        module,
        version,
        stand_in,
    })
}

fn is_private(environment: &GoEnvironment, module: &ModulePath) -> bool {
    let names = |setting: &&str| {
        let value = environment.value(setting);
        // A pattern that go cannot use says all the same what should stay here.
        let meant = intended_pattern(value).unwrap_or_default();
        [value, &meant]
            .into_iter()
            .any(|list| ModulePatterns::parse(list).matches(module.as_str()))
    };
    SETTINGS.iter().any(names) || is_inside(host(module))
}

fn host(module: &ModulePath) -> &str {
    module.as_str().split('/').next().unwrap_or_default()
}

fn is_inside(host: &str) -> bool {
    let mut endings = INSIDE.iter().chain([&".localhost"]);
    !host.contains('.') || endings.any(|ending| host.ends_with(ending))
}

/// The patterns that would keep private what looks so in a checkout, for a machine that has none: the
/// host of the main module, if it is no code host of everybody, and hosts of a company's network.
pub fn private_guess<'m>(
    environment: &GoEnvironment,
    main: Option<&'m str>,
    required: impl IntoIterator<Item = &'m str>,
) -> Option<String> {
    if SETTINGS
        .iter()
        .any(|setting| !environment.value(setting).is_empty())
    {
        return None;
    }
    let host = |path: &'m str| path.split('/').next().unwrap_or_default();
    let is_host = |host: &&str| host.contains('.') && ModulePath::parse(host).is_ok();
    let own = main.map(host).filter(|host| !CODE_HOSTS.contains(host));
    let inside = required
        .into_iter()
        .map(host)
        .filter(|host| is_inside(host));
    let mut hosts: Vec<&str> = own.into_iter().chain(inside).filter(is_host).collect();
    hosts.sort_unstable();
    hosts.dedup();
    (!hosts.is_empty()).then(|| hosts.join(","))
}

fn path<S: Serializer>(module: &ModulePath, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(module.as_str())
}

#[expect(
    clippy::ref_option,
    reason = "serde hands over a reference to the field"
)]
fn version<S: Serializer>(version: &Option<Version>, serializer: S) -> Result<S::Ok, S::Error> {
    match version {
        Some(version) => serializer.serialize_some(version.as_str()),
        None => serializer.serialize_none(),
    }
}

// === impl MirrorQuestion ===

impl MirrorQuestion {
    /// `MODULE` or `MODULE@VERSION`.
    pub fn subject(&self) -> String {
        match &self.version {
            Some(version) => format!("{}@{}", self.module.as_str(), version.as_str()),
            None => self.module.as_str().to_owned(),
        }
    }

    /// The file of the protocol that is asked for, escaped.
    pub fn path(&self) -> String {
        match &self.version {
            Some(version) => format!("{}/@v/{}.info", self.module.escaped(), version.escaped()),
            None => self.module.list_path(),
        }
    }

    /// Whether a body is what was asked for: information about the version, or a list of versions.
    pub fn is_answered_by(&self, body: &[u8]) -> bool {
        if let Some(version) = &self.version {
            return VersionInfo::parse(body)
                .is_ok_and(|info| info.version.as_str() == version.as_str());
        }
        let is_version = |line: &[u8]| {
            std::str::from_utf8(line).is_ok_and(|line| Version::parse(line.trim()).is_ok())
        };
        let mut lines = body.split(|byte| *byte == b'\n');
        lines.all(|line| line.trim_ascii().is_empty() || is_version(line))
    }
}

// === impl StandIn ===

impl StandIn {
    /// Why, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unnamed => "the message names no module",
            Self::Private => {
                "the module of the message is private here, and mirrors are not told its name"
            }
            Self::UnknownSettings => {
                "go cannot be asked what is private here, so mirrors are not told the name of the message's module"
            }
        }
    }
}
