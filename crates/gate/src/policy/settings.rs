//! Settings of the policy, one table for each step.

use project::configurations::PORTS;
use serde::{Deserialize, Deserializer, de::Error as _};

/// `[lock]`: lock files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct LockPolicy {
    /// Hosts that package lock files and registries may name; empty: none that is foreign to the rest
    /// of a lock.
    pub hosts: Vec<String>,
}

/// `[paths]`: what of the checkout is judged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct PathPolicy {
    /// Files and directories that are not judged, in the grammar of [`crate::scope::CheckoutScope`].
    pub exclude: Vec<String>,
}

/// `[minimal]`: budgets. Nothing is limited unless it is written down.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct MinimalPolicy {
    /// Most modules in the build list, the main module not counted.
    pub modules: Option<usize>,
    /// Most direct requirements.
    pub direct: Option<usize>,
    /// Longest shortest chain of requirements to a module of the build list.
    pub depth: Option<usize>,
    /// Whether it is looked at what each direct requirement is for, and what it brings in alone. That
    /// reads every package of the build list.
    pub usage: bool,
    /// Most modules that a direct requirement may bring in alone; needs `usage`.
    pub modules_alone: Option<usize>,
    /// Most bytes of zips that a direct requirement may bring in alone; needs `usage`.
    pub bytes_alone: Option<u64>,
}

/// `[vulnerable]`: known vulnerabilities.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct VulnerabilityPolicy {
    /// Days after which the vulnerability data is too old to say that there are none.
    pub data_days: u32,
    /// The release of Go that builds, such as `go1.26.8`; else the one installed where the gate runs,
    /// or a newer one that go.mod asks for.
    pub go: Option<String>,
    /// Values of GOOS that are built for, or `all`; else that of the machine where the gate runs. What
    /// has a vulnerability in builds for other systems only stops nothing.
    #[serde(deserialize_with = "systems")]
    pub systems: Vec<String>,
}

/// The word for every system.
pub const ALL_SYSTEMS: &str = "all";

/// Names of systems. One that is mistaken would make vulnerabilities milder.
fn systems<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    let is_known = |name: &str| PORTS.iter().any(|(system, _)| *system == name);
    let is_all = names.len() == 1 && names.iter().all(|name| name == ALL_SYSTEMS);
    match names.iter().find(|name| !is_known(name)) {
        Some(name) if !is_all => {
            let problem = format!("{name:?} is no GOOS, and no list of \"{ALL_SYSTEMS}\" alone");
            Err(D::Error::custom(problem))
        }
        _ => Ok(names),
    }
}

/// `[fresh]`: age of what is used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct AgePolicy {
    /// Days that a version must have been known before it may be used.
    pub days: u32,
    /// Modules that may be younger, in the grammar of GOPRIVATE.
    pub except: String,
}

/// `[allowed]`: what may be used at all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct AllowPolicy {
    /// Modules that may be used, in the grammar of GOPRIVATE; empty: all.
    pub modules: String,
    /// Modules that may not, in the same grammar; they lose to nothing.
    pub denied: String,
    /// Licences.
    pub licences: LicencePolicy,
}

/// `[allowed.licences]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct LicencePolicy {
    /// SPDX identifiers that may be used; empty: all, and then an unknown licence is none either.
    pub allowed: Vec<String>,
    /// SPDX identifiers that may not.
    pub denied: Vec<String>,
}

// === impl VulnerabilityPolicy ===

impl Default for VulnerabilityPolicy {
    fn default() -> Self {
        Self {
            data_days: 30,
            go: None,
            systems: Vec::new(),
        }
    }
}

// === impl AgePolicy ===

impl Default for AgePolicy {
    fn default() -> Self {
        Self {
            days: 3,
            except: String::new(),
        }
    }
}
