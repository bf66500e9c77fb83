//! Known absences: what is known not to exist, and what may be said about it during an outage.
//!
//! Three answers are never mixed: known, known absent, unknown because no source can be asked
//! (law L3). Two facts make that hard:
//!
//! * For an import path, `go` asks every prefix that could be a module, all at once, and fails as a
//!   whole if a prefix *longer* than the real module answers anything but 404 or 410. So a dead
//!   upstream would break `go get` of packages in modules that are kept here.
//! * A version that did not exist a minute ago may exist now. An old absence must not hide it.
//!
//! Hence two clocks and one proof. A statement of absence is believed without asking again for
//! seconds. While no source can be asked it is believed for days, but only of a path of which
//! nothing was ever kept or listed, and only as far as it went: that a version, a query or `@latest`
//! was unknown says nothing about other versions, that the *list* was unknown says that the path
//! is no module. And a path of which nothing was ever asked is answered from evidence: if a kept
//! zip of a shorter path holds files below that directory, then the directory belongs to that
//! module; were it a module of its own, Go would have left it out of the zip.

use crate::{
    answer_ages::AnswerAges,
    answer_memory::{AnswerMemory, AnswerSubject, RememberedAnswer},
};
use codes::Code;
use gomod::{Artifact, ArtifactKind, ModulePath, Version};
use inspection::{PositionedFile, ZipWorkers};
use protocol::{Clock, Refusal};
use std::sync::Arc;
use store::{CachedAnswerClass, Key, Store};
use upstream::{Absence, Outage};

/// How many kept versions of a shorter path are looked into for a directory, newest first.
const WITNESSES: usize = 4;

/// What is known not to exist.
pub struct KnownAbsences {
    pub(crate) answers: Arc<AnswerMemory>,
    pub(crate) store: Store,
    pub(crate) workers: ZipWorkers,
    pub(crate) ages: AnswerAges,
    pub(crate) clock: Clock,
}

// === impl KnownAbsences ===

impl KnownAbsences {
    /// A source's recent statement that an artifact does not exist, in its own words.
    pub async fn recall(&self, artifact: &Artifact) -> Option<Refusal> {
        let stated = absence_of(artifact.escaped_path());
        let remembered = self.answers.find(&stated).await.ok()??;
        let age = self.clock.age(remembered.fetched_at);
        (age <= self.ages.absence_max_age).then(|| remembered.absence())
    }

    /// Remembers a statement of absence; gives it as a refusal.
    pub(crate) async fn remember(&self, artifact: &Artifact, absence: Absence) -> Refusal {
        let remembered = RememberedAnswer::of_absence(&absence, self.clock.now());
        self.write(artifact.escaped_path(), &artifact.module, &remembered)
            .await;
        remembered.absence()
    }

    /// Remembers what a source's "does not exist" means beyond the answer itself: a module path
    /// without a list is no module, anything else is absent by itself.
    pub async fn remember_absent(
        &self,
        subject: &AnswerSubject,
        module: &ModulePath,
        answer: &RememberedAnswer,
    ) {
        let path = if subject.class == CachedAnswerClass::List {
            module.escaped()
        } else {
            subject.path.clone()
        };
        self.write(path, module, answer).await;
    }

    /// What an outage means for a request for `path` of this module.
    pub async fn outage(&self, module: &ModulePath, path: &str, outage: Outage) -> Refusal {
        if self.is_known_module(module).await {
            return Refusal::from(outage);
        }
        for stated in [path.to_owned(), module.escaped()] {
            if let Some(absence) = self.old_absence(stated).await {
                return absence;
            }
        }
        match self.module_that_holds(module).await {
            Some((owner, version)) => {
                let facts = format!(
                    "{module} belongs to {owner} {version}, which is kept here, and is no module"
                );
                Refusal::new(Code::Absent, facts)
            }
            None => Refusal::from(outage),
        }
    }

    async fn old_absence(&self, path: String) -> Option<Refusal> {
        let remembered = self.answers.find(&absence_of(path)).await.ok()??;
        let age = self.clock.age(remembered.fetched_at);
        (age <= self.ages.absence_stale).then(|| remembered.absence())
    }

    /// Whether anything says that this path is a module: something kept, or a source's list.
    async fn is_known_module(&self, module: &ModulePath) -> bool {
        let kept = self.store.kept_versions(module).await;
        if kept.is_ok_and(|versions| !versions.is_empty()) {
            return true;
        }
        let list = AnswerSubject {
            class: CachedAnswerClass::List,
            path: module.list_path(),
            module: None,
        };
        // Some proxies give an empty list for any path: that says nothing.
        let listed = |list: &RememberedAnswer| list.is_known() && !list.text().trim().is_empty();
        matches!(self.answers.find(&list).await, Ok(Some(list)) if listed(&list))
    }

    /// The kept module, and the version of it, whose zip holds `path` as a directory.
    async fn module_that_holds(&self, path: &ModulePath) -> Option<(ModulePath, Version)> {
        let mut prefix = path.as_str();
        while let Some((shorter, _)) = prefix.rsplit_once('/') {
            prefix = shorter;
            let Ok(owner) = ModulePath::parse(prefix) else {
                continue;
            };
            let Some(directory) = path.as_str().strip_prefix(prefix) else {
                continue;
            };
            let mut versions = self.versions_with_zip(&owner).await;
            versions.sort_unstable_by(|left, right| right.cmp(left));
            for version in versions.into_iter().take(WITNESSES) {
                if self
                    .zip_holds(&owner, &version, directory.trim_start_matches('/'))
                    .await
                {
                    return Some((owner, version));
                }
            }
        }
        None
    }

    async fn versions_with_zip(&self, module: &ModulePath) -> Vec<Version> {
        let kept = self.store.kept_versions(module).await.unwrap_or_default();
        kept.into_iter()
            .filter(|kept| kept.kinds.zip)
            .map(|kept| kept.version)
            .collect()
    }

    async fn zip_holds(&self, module: &ModulePath, version: &Version, directory: &str) -> bool {
        let key = Key::Artifact(Artifact {
            module: module.clone(),
            version: version.clone(),
            kind: ArtifactKind::Zip,
        });
        let Ok(Some(record)) = self.store.find(&key).await else {
            return false;
        };
        let Ok(blob) = self.store.open_blob(&record).await else {
            return false;
        };
        let (module, version, prefix) = (module.clone(), version.clone(), format!("{directory}/"));
        let Ok(file) = blob.file().await else {
            return false;
        };
        let look = move || {
            let zip = PositionedFile::new(&file, blob.size());
            let names = gomod::zip::list_zip(zip, &module, &version).ok()?;
            Some(names.files().any(|path| path.starts_with(&prefix)))
        };
        self.workers.run(look).await.flatten().unwrap_or(false)
    }

    async fn write(&self, path: String, module: &ModulePath, absence: &RememberedAnswer) {
        let subject = AnswerSubject {
            module: Some(module.clone()),
            ..absence_of(path)
        };
        self.answers.write(&subject, absence).await;
    }
}

fn absence_of(path: String) -> AnswerSubject {
    AnswerSubject {
        class: CachedAnswerClass::Absence,
        path,
        module: None,
    }
}
