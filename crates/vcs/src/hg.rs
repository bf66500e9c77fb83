//! hg: a mirror without a working copy, whose history is whole, since Mercurial has no other.
//!
//! Names (bookmarks, tags, branches) are read from the mirror, as `go` reads them from its own, and looked up here:
//! a revision that a client sends never becomes an expression of hg's query language, in which `go` would evaluate
//! it. For the same reason the numbers that revisions have in one copy are no names here.
//!
//! No extensions, hooks, aliases, subrepositories or clone bundles (files that a server has fetched from elsewhere);
//! the only settings are ours ([`HgProgram`]).

mod failure;
mod names;
mod program;

use crate::{
    child::{ChildCommand, ChildOutput},
    discovery::NetworkGate,
    error::VcsError,
    mirrors::{place_of_new, remove, sweep},
    programs::ProgramSettings,
    repository::{CodeRepository, Commit},
};
use async_trait::async_trait;
use names::NameTable;
use parking_lot::Mutex;
use program::HgProgram;
use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Mutex as AsyncMutex, time::Instant};

/// A repository at an address.
pub(crate) struct HgRepository {
    program: HgProgram,
    url: String,
    directory: PathBuf,
    network: Option<Arc<dyn NetworkGate>>,
    /// The names of the mirror, and when its server was asked.
    names: Mutex<Option<(Instant, Arc<NameTable>)>>,
    /// Held while the mirror is changed.
    mirror: AsyncMutex<()>,
}

/// How old the names may be for a question about what exists: those who ask together share one answer.
const FRESH: Duration = Duration::from_secs(2);

/// How old they may be where they have what was asked for: a tag that exists is not expected to move.
const KNOWN: Duration = Duration::from_mins(1);

/// Room for the names of a repository.
const LISTING_LIMIT: u64 = 64 << 20;

/// Room for what other calls print.
const OUTPUT_LIMIT: u64 = 1 << 20;

/// Digits of a hash in a pseudo-version.
const SHORT: usize = 12;

/// What a changeset is told as: its hash and its time with the offset of its zone.
const CHANGESET: &str = "{node} {date|hgdate}\n";

// === impl HgRepository ===

impl HgRepository {
    pub(crate) fn new(
        settings: Arc<ProgramSettings>,
        url: &str,
        directory: PathBuf,
        network: Option<Arc<dyn NetworkGate>>,
    ) -> Self {
        Self {
            program: HgProgram::new(settings),
            url: url.to_owned(),
            directory,
            network,
            names: Mutex::default(),
            mirror: AsyncMutex::default(),
        }
    }

    /// Runs a call that asks the mirror.
    async fn hg(&self, arguments: &[&str], limit: u64) -> Result<ChildOutput, VcsError> {
        let call = self.local_call(arguments);
        call.run(self.program.limits(), limit).await
    }

    fn local_call(&self, arguments: &[&str]) -> ChildCommand {
        let call = self.program.call().arguments(arguments);
        call.directory(&self.directory)
    }

    /// As [`HgRepository::hg`], for one that has to succeed.
    async fn printed(&self, arguments: &[&str], limit: u64) -> Result<String, VcsError> {
        let done = self.hg(arguments, limit).await?;
        if !done.status.success() {
            return Err(failure::of_errors(&done.errors));
        }
        Ok(String::from_utf8_lossy(&done.output).into_owned())
    }

    /// Makes the mirror if there is none, and ends what a killed child began.
    async fn make(&self) -> Result<(), VcsError> {
        let failed = |error| VcsError::local("making a mirror", &error);
        if self.directory.join(".hg/store/journal").exists() {
            sweep(&self.directory).map_err(failed)?;
            let recovered = self.hg(&["recover", "-q"], OUTPUT_LIMIT).await?;
            if !recovered.status.success() {
                tracing::warn!(url = self.url, "a half-written mirror is made anew");
                remove(&self.directory).map_err(failed)?;
            }
        }
        if self.directory.join(".hg/store").is_dir() {
            return Ok(());
        }
        let made = place_of_new(&self.directory).map_err(failed)?;
        let name = made.to_string_lossy();
        let call = self.program.call().arguments(["init", "--", &name]);
        let done = call.run(self.program.limits(), OUTPUT_LIMIT).await?;
        if !done.status.success() {
            return Err(VcsError::Local(format!("hg init: {}", done.errors.trim())));
        }
        remove(&self.directory).map_err(failed)?;
        fs::rename(&made, &self.directory).map_err(failed)
    }

    /// The names, at most `age` old; the server is asked where they are older.
    async fn names(&self, age: Duration) -> Result<Arc<NameTable>, VcsError> {
        let known = || {
            let names = self.names.lock();
            let (at, table) = names.as_ref()?;
            (at.elapsed() <= age && self.directory.is_dir()).then(|| Arc::clone(table))
        };
        if let Some(table) = known() {
            return Ok(table);
        }
        let _one_at_a_time = self.mirror.lock().await;
        if let Some(table) = known() {
            return Ok(table);
        }
        let asked = Instant::now();
        self.make().await?;
        self.pull().await?;
        let table = Arc::new(self.read_names().await?);
        *self.names.lock() = Some((asked, Arc::clone(&table)));
        Ok(table)
    }

    async fn pull(&self) -> Result<(), VcsError> {
        let way = self.program.way(&self.url, self.network.as_ref()).await?;
        let pull = self.local_call(&["pull", "-q", "-f", "--", &self.url]);
        let transfer = async {
            let pull = way.lead(pull);
            let done = pull.run(self.program.limits(), OUTPUT_LIMIT).await?;
            if done.status.success() {
                return Ok(());
            }
            Err(failure::of_errors(&done.errors))
        };
        let mirrors = self.program.mirrors();
        mirrors.grow(&self.directory, &self.url, transfer).await
    }

    async fn read_names(&self) -> Result<NameTable, VcsError> {
        let list = |what: &'static [&'static str]| self.printed(what, LISTING_LIMIT);
        Ok(NameTable::parse(
            &list(&["bookmarks", "-T", "{bookmark}\t{node}\n"]).await?,
            &list(&["tags", "-T", "{tag}\t{node}\n"]).await?,
            &list(&["branches", "-c", "-T", "{branch}\t{node}\n"]).await?,
        ))
    }

    /// The one changeset whose hash begins so, if the mirror has it.
    async fn changeset(&self, prefix: &str) -> Result<Option<(String, i64)>, VcsError> {
        if !self.directory.is_dir() {
            return Ok(None);
        }
        let revision = format!("id({prefix})");
        let arguments = ["log", "-l1", "-r", &revision, "-T", CHANGESET];
        let done = self.hg(&arguments, OUTPUT_LIMIT).await?;
        let text = String::from_utf8_lossy(&done.output);
        if !done.status.success() || text.trim().is_empty() {
            return Ok(None);
        }
        let mut words = text.split_whitespace();
        let (hash, time) = (
            words.next(),
            words.next().and_then(|word| word.parse().ok()),
        );
        match (hash, time) {
            (Some(hash), Some(time)) => Ok(Some((hash.to_owned(), time))),
            _ => Err(VcsError::Content(format!(
                "hg: a changeset without a time: {text:?}"
            ))),
        }
    }

    fn described(
        names: &NameTable,
        (hash, time): (String, i64),
        reference: Option<String>,
    ) -> Commit {
        Commit {
            short: hash.get(..SHORT).unwrap_or(&hash).to_owned(),
            tags: names.tags_of(&hash),
            hash,
            time,
            nanoseconds: 0,
            reference,
        }
    }

    /// The changeset that a name of the table has.
    async fn named(&self, names: &NameTable, name: &str) -> Result<Option<Commit>, VcsError> {
        let Some(node) = names.find(name) else {
            return Ok(None);
        };
        let found = self.changeset(node).await?;
        Ok(found.map(|found| Self::described(names, found, Some(name.to_owned()))))
    }
}

impl fmt::Debug for HgRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HgRepository({})", self.url)
    }
}

#[async_trait]
impl CodeRepository for HgRepository {
    async fn tags(&self, prefix: &str) -> Result<Vec<String>, VcsError> {
        Ok(self.names(FRESH).await?.tags(prefix))
    }

    async fn stat(&self, revision: &str) -> Result<Commit, VcsError> {
        let unknown = || VcsError::Absent(format!("unknown revision {revision}"));
        if revision.is_empty() || revision.starts_with('-') {
            return Err(unknown());
        }
        let known = self.names(KNOWN).await?;
        if known.has_tag(revision)
            && let Some(commit) = self.named(&known, revision).await?
        {
            return Ok(commit);
        }
        let names = self.names(FRESH).await?;
        if let Some(commit) = self.named(&names, revision).await? {
            return Ok(commit);
        }
        if !names::is_hash_prefix(revision) {
            return Err(unknown());
        }
        let found = self.changeset(revision).await?.ok_or_else(unknown)?;
        Ok(Self::described(&names, found, None))
    }

    async fn latest(&self) -> Result<Commit, VcsError> {
        let names = self.names(FRESH).await?;
        let none = || VcsError::Absent("no commits".to_owned());
        let tip = names.tip().ok_or_else(none)?;
        let found = self.changeset(tip).await?.ok_or_else(none)?;
        Ok(Self::described(&names, found, Some("tip".to_owned())))
    }

    async fn file(
        &self,
        commit: &Commit,
        path: &str,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, VcsError> {
        let path = format!("path:{path}");
        let arguments = ["cat", "-r", &commit.hash, "--", &path];
        let shown = self.hg(&arguments, limit).await?;
        Ok(shown.status.success().then(|| shown.output.to_vec()))
    }

    async fn tags_before(&self, commit: &Commit, prefix: &str) -> Result<Vec<String>, VcsError> {
        let names = self.names(KNOWN).await?;
        let revisions = format!("ancestors({}) and tag()", commit.hash);
        let arguments = ["log", "-r", &revisions, "-T", "{node}\n"];
        let listed = self.printed(&arguments, LISTING_LIMIT).await?;
        let tags = listed.lines().flat_map(|node| names.tags_of(node));
        Ok(tags.filter(|tag| tag.starts_with(prefix)).collect())
    }

    async fn descends_from(&self, commit: &Commit, tag: &str) -> Result<bool, VcsError> {
        let names = self.names(KNOWN).await?;
        let Some(node) = names.tagged(tag) else {
            return Ok(false);
        };
        let revisions = format!("ancestors({}) and id({node})", commit.hash);
        let arguments = ["log", "-r", &revisions, "-T", "{node}"];
        Ok(!self.printed(&arguments, OUTPUT_LIMIT).await?.is_empty())
    }

    async fn archive(&self, commit: &Commit, directory: &str, to: &Path) -> Result<(), VcsError> {
        let (below, to) = (format!("path:{directory}"), to.to_string_lossy());
        let mut arguments = vec!["archive", "-q", "-t", "tar", "--no-decode", "-r"];
        arguments.extend([commit.hash.as_str(), "--prefix", "."]);
        if !directory.is_empty() {
            arguments.extend(["-I", &below]);
        }
        arguments.extend(["--", &to]);
        let done = self.hg(&arguments, OUTPUT_LIMIT).await?;
        if done.status.success() {
            return Ok(());
        }
        Err(match failure::of_errors(&done.errors) {
            large @ VcsError::TooLarge(_) => large,
            other => VcsError::Content(format!("hg archive: {other}")),
        })
    }

    fn system(&self) -> &'static str {
        "hg"
    }

    fn url(&self) -> &str {
        &self.url
    }
}
