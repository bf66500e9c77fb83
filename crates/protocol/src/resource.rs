//! Resource: what a client may ask of the service, already parsed and validated.

use gomod::{Artifact, ArtifactKind, ModulePath};

/// One thing of the module protocol.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Resource {
    /// `MODULE/@v/list`: the versions of a module.
    List(ModulePath),
    /// `MODULE/@latest`: the version that `latest` means where the list has none.
    Latest(ModulePath),
    /// `MODULE/@v/QUERY.info` with a query that is no canonical version: branch, commit, prefix.
    Query {
        /// The module asked about.
        module: ModulePath,
        /// The version query, unescaped, not canonical.
        query: String,
    },
    /// `MODULE/@v/VERSION.{info,mod,zip}`.
    Artifact(Artifact),
    /// `-/proof/MODULE/@v/VERSION.{mod,zip}`: why an artifact is trusted.
    Proof(Artifact),
    /// `-/cases` and `-/cases/NUMBER`: what was found out about wrong bytes.
    Cases(Option<u64>),
    /// `sumdb/NAME/PATH`, where NAME may contain slashes.
    Sumdb {
        /// The database's name: `host[/path]`.
        name: String,
        /// `supported`, `latest`, `lookup/...` or `tile/...`.
        path: String,
    },
}

/// Whether answering may ask a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetching {
    /// What is not kept is fetched.
    Allowed,
    /// The head of the answer is enough (HEAD): a zip that is not kept is not transferred for it. Of a
    /// source it is asked whether it has it, and how large it is. What is small is fetched as always.
    Head,
    /// Only what is kept is answered (`/cached-only/`, `Disable-Module-Fetch: true`).
    Never,
}

// === impl Fetching ===

impl Fetching {
    /// What this means for a resource: only of a zip is there anything to be spared.
    #[must_use]
    pub fn of(self, resource: &Resource) -> Self {
        match (self, resource) {
            (Self::Head, Resource::Artifact(artifact)) if artifact.kind == ArtifactKind::Zip => {
                Self::Head
            }
            (Self::Head, _) => Self::Allowed,
            (fetching, _) => fetching,
        }
    }
}

// === impl Resource ===

impl Resource {
    /// The module this is about, if any.
    pub fn module(&self) -> Option<&ModulePath> {
        match self {
            Self::List(module) | Self::Latest(module) | Self::Query { module, .. } => Some(module),
            Self::Artifact(artifact) | Self::Proof(artifact) => Some(&artifact.module),
            Self::Cases(_) | Self::Sumdb { .. } => None,
        }
    }

    /// A short name of the kind, for metrics and logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::List(_) => "list",
            Self::Latest(_) => "latest",
            Self::Query { .. } => "query",
            Self::Artifact(artifact) => artifact.kind.extension(),
            Self::Proof(_) => "proof",
            Self::Cases(_) => "cases",
            Self::Sumdb { .. } => "sumdb",
        }
    }
}
