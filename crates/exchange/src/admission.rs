//! Admission: on which grounds an artifact from a bundle may be captured.
//!
//! The bundle claims, this side decides. A claim to be proven needs the proof; a claim to be private
//! counts where this side's own patterns say so, because otherwise a tampered public module would
//! only have to call itself private.

use bundle::BundleArtifact;
use checksumdb::logged_version;
use codes::Code;
use gomod::{Artifact, ArtifactKind, pattern::ModulePatterns};
use protocol::{Evidence, is_toolchain};
use tlog::{note::VerifierKey, record::LogRecord};

/// What this side believes.
#[derive(Debug, Clone, Default)]
pub struct Admission {
    /// Keys of the checksum databases that are believed.
    pub keys: Vec<VerifierKey>,
    /// Modules that no public database is asked about, in the grammar of GOPRIVATE.
    pub private: ModulePatterns,
    /// Whether artifacts are admitted that nothing proves. They are marked, and proven before they
    /// are served where that is required.
    pub allow_unproven: bool,
}

/// A record that a proof in the bundle proves by itself.
#[derive(Debug, Clone)]
pub(crate) struct Witness {
    pub(crate) database: String,
    pub(crate) record: LogRecord,
    /// The proof, as it came.
    pub(crate) file: String,
}

/// Why an artifact may be captured.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ground<'w> {
    /// A record vouches for it.
    Witness(&'w Witness),
    /// Nobody does; it says this of itself.
    Claim(&'static Evidence),
}

/// Why it may not.
pub(crate) type Objection = (Code, String);

// === impl Admission ===

impl Admission {
    pub(crate) fn key(&self, database: &str) -> Option<&VerifierKey> {
        self.keys.iter().find(|key| key.name() == database)
    }

    /// The database whose proof an artifact claims, if it is believed here.
    pub(crate) fn claimed(&self, item: &BundleArtifact) -> Option<String> {
        let claim = claim(item);
        let database = claim.database().filter(|name| self.key(name).is_some());
        database.map(str::to_owned)
    }

    /// The ground for an artifact, whose version has these witnesses.
    pub(crate) fn ground<'w>(
        &self,
        artifact: &Artifact,
        item: &BundleArtifact,
        witnesses: &'w [Witness],
    ) -> Result<Ground<'w>, Objection> {
        if artifact.kind == ArtifactKind::Info {
            return Ok(Ground::Claim(&Evidence::FirstSeen));
        }
        if let Some(database) = self.claimed(item) {
            let witness = witnesses
                .iter()
                .find(|witness| witness.database == database);
            return match witness {
                Some(witness) if claim(item) == witness.evidence() => Ok(Ground::Witness(witness)),
                Some(witness) => {
                    let what = format!(
                        "it claims {:?}, and its proof is {:?}",
                        item.evidence,
                        witness.evidence().to_string()
                    );
                    Err((Code::BadBundle, what))
                }
                None => {
                    let what = format!("it claims to be proven by {database}, without a proof");
                    Err((Code::BadBundle, what))
                }
            };
        }
        if self.private.matches(artifact.module.as_str()) && !is_toolchain(&artifact.module) {
            return Ok(Ground::Claim(&Evidence::Private));
        }
        if self.allow_unproven {
            return Ok(Ground::Claim(&Evidence::Unproven));
        }
        let what = match claim(item).database() {
            Some(database) => format!("the key of {database} is not known here"),
            None => format!("it was captured as {:?}", item.evidence),
        };
        Err((Code::BundleUnproven, what))
    }
}

/// What whoever wrote the bundle claims. A text that is no evidence here claims nothing, so it is
/// admitted as little as an artifact without proof.
fn claim(item: &BundleArtifact) -> Evidence {
    item.evidence.parse().unwrap_or_default()
}

// === impl Witness ===

impl Witness {
    pub(crate) fn evidence(&self) -> Evidence {
        Evidence::checksum_database(&self.database, self.record.id)
    }

    /// Whether its record has this hash of an artifact.
    pub(crate) fn vouches(&self, artifact: &Artifact, h1: &str) -> Result<(), Objection> {
        let version = logged_version(artifact);
        let mut hashes = self.record.hashes(artifact.module.as_str(), &version);
        if hashes.any(|hash| hash == h1) {
            return Ok(());
        }
        let what = format!(
            "its hash is {h1}, which record {} of {} does not have",
            self.record.id, self.database
        );
        Err((Code::ChecksumMismatch, what))
    }
}

// === impl Ground ===

impl Ground<'_> {
    /// What the capture says of itself.
    pub(crate) fn evidence(&self) -> Evidence {
        match self {
            Self::Witness(witness) => witness.evidence(),
            Self::Claim(claim) => (*claim).clone(),
        }
    }
}
