//! One repository: what its server says, and the mirror of what was needed of it.

use super::{
    command::GitProgram,
    failure,
    refs::{NamedRef, RefTable, is_hash_prefix},
};
use crate::{
    child::ChildOutput,
    credential::HostCredential,
    discovery::NetworkGate,
    error::VcsError,
    mirrors::place_of_new,
    repository::{CodeRepository, Commit},
};
use async_trait::async_trait;
use parking_lot::Mutex;
use std::{
    collections::HashSet,
    ffi::{OsStr, OsString},
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Mutex as AsyncMutex, time::Instant};
use url::Url;

/// A repository at an address.
pub(crate) struct GitRepository {
    program: Arc<GitProgram>,
    url: String,
    directory: PathBuf,
    network: Option<Arc<dyn NetworkGate>>,
    refs: Mutex<Option<(Instant, Arc<RefTable>)>>,
    /// Held while the mirror is changed.
    mirror: AsyncMutex<MirrorState>,
    /// Held while the server is asked for its names.
    asking: AsyncMutex<()>,
    /// Commits of which it is known that all of them is in the mirror.
    whole: Mutex<HashSet<String>>,
}

#[derive(Debug, Default)]
struct MirrorState {
    /// The names whose whole history is there.
    complete: Option<Arc<RefTable>>,
}

/// How old the names of a server may be for a question about what exists. Those who ask together share one
/// answer; a tag that was just pushed is seen.
const FRESH: Duration = Duration::from_secs(2);

/// How old they may be where they have what was asked for: a tag that exists is not expected to move.
const KNOWN: Duration = Duration::from_mins(1);

/// Room for the names of a server: some 200,000 tags.
const LISTING_LIMIT: u64 = 64 << 20;

/// Room for what other calls print.
const OUTPUT_LIMIT: u64 = 1 << 20;

/// The port of ssh, where the address has none.
const SSH_PORT: u16 = 22;

/// Commits that are remembered to be whole. Beyond it all are forgotten: each costs a call of git.
const WHOLE: usize = 10_000;

/// Digits of a hash in a pseudo-version.
const SHORT: usize = 12;

/// Nothing in a tree may rewrite or hide files when it is exported: the hash would depend on it.
const ATTRIBUTES: &str = "* -export-subst -export-ignore\n";

// === impl GitRepository ===

impl GitRepository {
    pub(crate) fn new(
        program: Arc<GitProgram>,
        url: &str,
        directory: PathBuf,
        network: Option<Arc<dyn NetworkGate>>,
    ) -> Self {
        Self {
            network,
            program,
            url: url.to_owned(),
            directory,
            refs: Mutex::new(None),
            mirror: AsyncMutex::default(),
            asking: AsyncMutex::default(),
            whole: Mutex::default(),
        }
    }

    /// A setting that tells git where the host of this repository is, if that was judged; and what shows who asks.
    async fn way(&self) -> Result<(Option<String>, Option<HostCredential>), VcsError> {
        let Some(network) = &self.network else {
            return Ok((None, None));
        };
        let forbidden = || VcsError::Forbidden(format!("address {:?}: it has no host", self.url));
        let url = Url::parse(&self.url).map_err(|_| forbidden())?;
        let host = url.host_str().ok_or_else(forbidden)?;
        let port = url.port_or_known_default().unwrap_or(SSH_PORT);
        let credential = network.credential(&url);
        let addresses = network.addresses(host, port).await?;
        if addresses.is_empty() {
            return Ok((None, credential));
        }
        let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let addresses = addresses.join(",");
        let pin = format!("http.curloptResolve={host}:{port}:{addresses}");
        Ok((Some(pin), credential))
    }

    /// Runs a call of git that talks to the server, and succeeds.
    async fn talk<S: AsRef<OsStr>>(
        &self,
        mirror: Option<&Path>,
        arguments: impl IntoIterator<Item = S>,
        limit: u64,
    ) -> Result<ChildOutput, VcsError> {
        let (pin, credential) = self.way().await?;
        let pin = pin
            .iter()
            .flat_map(|pin| [OsStr::new("-c"), OsStr::new(pin)]);
        let pin: Vec<OsString> = pin.map(OsStr::to_owned).collect();
        let arguments = arguments.into_iter().map(|of| of.as_ref().to_owned());
        let mut call = self.program.call(mirror, pin.into_iter().chain(arguments));
        if let Some(credential) = credential
            && let Ok(url) = Url::parse(&self.url)
        {
            let variables = credential.for_git(&url);
            let variables = variables.iter();
            call = call.environment(variables.map(|(name, value)| (*name, value.as_str())));
        }
        let done = call.run(self.program.limits(), limit).await?;
        if done.status.success() {
            return Ok(done);
        }
        Err(failure::of_errors(&done.errors))
    }

    /// The names of the server, at most `age` old.
    async fn refs(&self, age: Duration) -> Result<Arc<RefTable>, VcsError> {
        let known = || {
            let refs = self.refs.lock();
            let (at, table) = refs.as_ref()?;
            (at.elapsed() <= age).then(|| Arc::clone(table))
        };
        if let Some(table) = known() {
            return Ok(table);
        }
        let _one_at_a_time = self.asking.lock().await;
        if let Some(table) = known() {
            return Ok(table);
        }
        let asked = Instant::now();
        let arguments = ["ls-remote", "-q", "--end-of-options", self.url.as_str()];
        let listing = self.talk(None, arguments, LISTING_LIMIT).await?;
        let table = Arc::new(RefTable::parse(&String::from_utf8_lossy(&listing.output)));
        *self.refs.lock() = Some((asked, Arc::clone(&table)));
        Ok(table)
    }

    /// What a revision names: as the server said a while ago if it is there, else as it says now.
    async fn named(&self, revision: &str) -> Result<Option<NamedRef>, VcsError> {
        let tag = format!("refs/tags/{revision}");
        let known = self.refs.lock().clone();
        if let Some((at, table)) = known
            && at.elapsed() <= KNOWN
            && let Some(found) = table.find(revision)
            && found.name == tag
        {
            return Ok(Some(found));
        }
        Ok(self.refs(FRESH).await?.find(revision))
    }

    async fn git<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
        limit: u64,
    ) -> Result<ChildOutput, VcsError> {
        let call = self.program.call(Some(&self.directory), arguments);
        call.run(self.program.limits(), limit).await
    }

    /// The commit of this hash or beginning of one, if the mirror has it.
    async fn local(&self, revision: &str) -> Result<Option<(String, i64)>, VcsError> {
        if !self.directory.is_dir() {
            return Ok(None);
        }
        let commit = format!("{revision}^{{commit}}");
        let format = "--format=%H %ct";
        let arguments = [
            "log",
            "-n1",
            "--no-decorate",
            format,
            "--end-of-options",
            commit.as_str(),
            "--",
        ];
        let shown = self.git(arguments, OUTPUT_LIMIT).await?;
        if !shown.status.success() {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&shown.output);
        let parsed = text.trim().split_once(' ');
        let parsed = parsed.and_then(|(hash, time)| Some((hash.to_owned(), time.parse().ok()?)));
        match parsed {
            Some((hash, time)) => Ok(self.is_whole(&hash).await?.then_some((hash, time))),
            None => Err(VcsError::Content(format!(
                "git: a commit without a time: {text:?}"
            ))),
        }
    }

    /// Whether all of a commit is there. A transfer that broke off, or a server that sent half, may leave a commit
    /// without its files; but git names what came only after it has seen that nothing is missing.
    async fn is_whole(&self, hash: &str) -> Result<bool, VcsError> {
        if self.whole.lock().contains(hash) {
            return Ok(true);
        }
        let arguments = ["for-each-ref", "--count=1", "--contains", hash];
        let named = self.git(arguments, OUTPUT_LIMIT).await?;
        let is_whole = named.status.success() && !named.output.is_empty();
        if is_whole {
            let mut whole = self.whole.lock();
            if whole.len() >= WHOLE {
                whole.clear();
            }
            whole.insert(hash.to_owned());
        }
        Ok(is_whole)
    }

    /// Makes the mirror if there is none.
    async fn make(&self, state: &mut MirrorState) -> Result<(), VcsError> {
        if self.directory.is_dir() {
            return Ok(());
        }
        state.complete = None;
        self.whole.lock().clear();
        let failed = |error| VcsError::local("making a mirror", &error);
        let made = place_of_new(&self.directory).map_err(failed)?;
        let arguments = ["init", "-q", "--bare", "--template="].map(OsStr::new);
        let arguments = arguments.into_iter().chain([made.as_os_str()]);
        let call = self.program.call(None, arguments);
        let done = call.run(self.program.limits(), OUTPUT_LIMIT).await?;
        if !done.status.success() {
            return Err(VcsError::Local(format!("git init: {}", done.errors.trim())));
        }
        fs::create_dir_all(made.join("info")).map_err(failed)?;
        fs::write(made.join("info/attributes"), ATTRIBUTES).map_err(failed)?;
        fs::rename(&made, &self.directory).map_err(failed)
    }

    /// Runs a call of git that transfers something into the mirror.
    async fn transfer(&self, arguments: &[&str]) -> Result<(), VcsError> {
        let mirror = self.directory.as_path();
        let transfer = self.talk(Some(mirror), arguments, OUTPUT_LIMIT);
        let mirrors = self.program.mirrors();
        mirrors.grow(mirror, &self.url, transfer).await.map(drop)
    }

    /// Fetches one commit without its history: by the name that it has, since not every server gives out others.
    /// What a name meant stays in the mirror when it means something else later.
    async fn fetch_one(&self, name: &str, hash: &str) -> Result<(), VcsError> {
        let target = if name.starts_with("refs/tags/") {
            format!("+{name}:{name}")
        } else {
            format!("+{name}:refs/modkeep/{hash}")
        };
        let arguments = [
            "fetch",
            "-q",
            "-f",
            "--depth=1",
            "--no-tags",
            "--end-of-options",
            self.url.as_str(),
            target.as_str(),
        ];
        self.transfer(&arguments).await
    }

    /// Brings all branches and tags with their history, unless they are there.
    async fn fetch_all(&self) -> Result<(), VcsError> {
        let refs = self.refs(FRESH).await?;
        let mut state = self.mirror.lock().await;
        if state.complete.as_ref() == Some(&refs) {
            return Ok(());
        }
        self.make(&mut state).await?;
        let is_shallow = self.directory.join("shallow").is_file();
        let depth: &[&str] = if is_shallow { &["--unshallow"] } else { &[] };
        let arguments = ["fetch", "-q", "-f", "--no-tags"].iter().chain(depth);
        let names = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
        let arguments = arguments
            .copied()
            .chain(["--end-of-options", self.url.as_str()])
            .chain(names);
        self.transfer(&arguments.collect::<Vec<_>>()).await?;
        state.complete = Some(refs);
        Ok(())
    }

    /// The commit that a ref names, fetched if it is not there. `None` where the ref names another one by now.
    async fn commit_of(&self, named: &NamedRef) -> Result<Option<(String, i64)>, VcsError> {
        if let Some(commit) = self.local(&named.hash).await? {
            return Ok(Some(commit));
        }
        let mut state = self.mirror.lock().await;
        // Somebody else may have fetched it meanwhile.
        if let Some(commit) = self.local(&named.hash).await? {
            return Ok(Some(commit));
        }
        self.make(&mut state).await?;
        match self.fetch_one(&named.name, &named.hash).await {
            // Not every server can give out a commit without its history.
            Err(VcsError::Unreachable(_)) => {
                drop(state);
                self.fetch_all().await?;
            }
            fetched => fetched?,
        }
        self.local(&named.hash).await
    }

    /// A commit that no ref names.
    async fn unnamed(&self, revision: &str) -> Result<Option<(String, i64)>, VcsError> {
        if !is_hash_prefix(revision) {
            return Ok(None);
        }
        if let Some(commit) = self.local(revision).await? {
            return Ok(Some(commit));
        }
        if matches!(revision.len(), 40 | 64) {
            let mut state = self.mirror.lock().await;
            self.make(&mut state).await?;
            // A server that does not give out commits by their hash says so in many ways.
            if self.fetch_one(revision, revision).await.is_ok() {
                return self.local(revision).await;
            }
        }
        self.fetch_all().await?;
        self.local(revision).await
    }

    async fn described(
        &self,
        (hash, time): (String, i64),
        reference: Option<String>,
    ) -> Result<Commit, VcsError> {
        let refs = self.refs(KNOWN).await?;
        Ok(Commit {
            short: hash.get(..SHORT).unwrap_or(&hash).to_owned(),
            tags: refs.tags_of(&hash),
            hash,
            time,
            nanoseconds: 0,
            reference,
        })
    }

    /// Whether a tag's commit is an ancestor, as far as the mirror knows.
    async fn is_ancestor(&self, tag: &str, commit: &Commit) -> Result<bool, VcsError> {
        let tag = format!("refs/tags/{tag}");
        let arguments = [
            "merge-base",
            "--is-ancestor",
            tag.as_str(),
            commit.hash.as_str(),
        ];
        let compared = self.git(arguments, OUTPUT_LIMIT).await?;
        Ok(compared.status.success())
    }
}

impl fmt::Debug for GitRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GitRepository({})", self.url)
    }
}

#[async_trait]
impl CodeRepository for GitRepository {
    async fn tags(&self, prefix: &str) -> Result<Vec<String>, VcsError> {
        Ok(self.refs(FRESH).await?.tags(prefix))
    }

    async fn stat(&self, revision: &str) -> Result<Commit, VcsError> {
        let unknown = || VcsError::Absent(format!("unknown revision {revision}"));
        if revision.is_empty() || revision.starts_with('-') {
            return Err(unknown());
        }
        if let Some(named) = self.named(revision).await? {
            if let Some(commit) = self.commit_of(&named).await? {
                return self.described(commit, Some(named.name)).await;
            }
            // It was moved between the two questions.
            *self.refs.lock() = None;
            let named = self.named(revision).await?.ok_or_else(unknown)?;
            let commit = self.commit_of(&named).await?.ok_or_else(unknown)?;
            return self.described(commit, Some(named.name)).await;
        }
        let commit = self.unnamed(revision).await?.ok_or_else(unknown)?;
        self.described(commit, None).await
    }

    async fn latest(&self) -> Result<Commit, VcsError> {
        match self.stat("HEAD").await {
            Err(VcsError::Absent(_)) => Err(VcsError::Absent("no commits".to_owned())),
            commit => commit,
        }
    }

    async fn file(
        &self,
        commit: &Commit,
        path: &str,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, VcsError> {
        let name = format!("{}:{path}", commit.hash);
        let shown = self.git(["cat-file", "blob", name.as_str()], limit).await?;
        Ok(shown.status.success().then(|| shown.output.to_vec()))
    }

    async fn tags_before(&self, commit: &Commit, prefix: &str) -> Result<Vec<String>, VcsError> {
        // Only versions count; without any, the history need not be fetched.
        if self
            .refs(KNOWN)
            .await?
            .tags(&format!("{prefix}v"))
            .is_empty()
        {
            return Ok(Vec::new());
        }
        self.fetch_all().await?;
        let merged = format!("--merged={}", commit.hash);
        let arguments = [
            "for-each-ref",
            "--format=%(refname)",
            merged.as_str(),
            "refs/tags",
        ];
        let listed = self.git(arguments, LISTING_LIMIT).await?;
        if !listed.status.success() {
            return Err(failure::of_errors(&listed.errors));
        }
        let text = String::from_utf8_lossy(&listed.output);
        let tags = text
            .lines()
            .filter_map(|line| line.strip_prefix("refs/tags/"));
        let tags = tags.filter(|tag| tag.starts_with(prefix));
        Ok(tags.map(str::to_owned).collect())
    }

    async fn descends_from(&self, commit: &Commit, tag: &str) -> Result<bool, VcsError> {
        if self.is_ancestor(tag, commit).await? {
            return Ok(true);
        }
        self.fetch_all().await?;
        self.is_ancestor(tag, commit).await
    }

    async fn archive(&self, commit: &Commit, directory: &str, to: &Path) -> Result<(), VcsError> {
        let output = format!("--output={}", to.display());
        let settings = ["-c", "core.autocrlf=input", "-c", "core.eol=lf"];
        let what = [
            "archive",
            "--format=tar",
            output.as_str(),
            commit.hash.as_str(),
        ];
        let below: &[&str] = if directory.is_empty() {
            &[]
        } else {
            &["--", directory]
        };
        let arguments = settings.iter().chain(&what).chain(below);
        let done = self.git(arguments, OUTPUT_LIMIT).await?;
        if done.status.success() {
            return Ok(());
        }
        Err(VcsError::Content(format!(
            "git archive: {}",
            done.errors.lines().next().unwrap_or_default()
        )))
    }

    fn system(&self) -> &'static str {
        "git"
    }

    fn url(&self) -> &str {
        &self.url
    }
}
