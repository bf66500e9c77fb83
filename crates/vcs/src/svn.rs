//! svn: no mirror, since its client has none. Each question goes to the server, at a revision that never changes.
//!
//! For Go's rules it has no tags: directories named so are no names of revisions. `go` lists them as versions and
//! cannot fetch one of them, so none are listed here. What is left are pseudo-versions, with the number of the
//! revision where others have a hash.
//!
//! A tree comes by `svn export`, with the options of `go`: line ends as they are, no keywords, no externals (which
//! would lead to other servers). A link in it is refused: `go` reads the file that it points to and finds another
//! size than the server told.

mod date;
mod failure;
mod program;
mod tree;

use crate::{
    child::ChildOutput,
    discovery::NetworkGate,
    error::VcsError,
    programs::ProgramSettings,
    repository::{CodeRepository, Commit},
};
use async_trait::async_trait;
use program::SvnProgram;
use std::{fmt, path::Path, sync::Arc};

/// A repository, or a directory of one, at an address.
pub(crate) struct SvnRepository {
    program: SvnProgram,
    url: String,
    network: Option<Arc<dyn NetworkGate>>,
}

/// Room for what a call prints: one entry of a log may have a long text.
const OUTPUT_LIMIT: u64 = 4 << 20;

/// The most digits that a revision has; pseudo-versions have exactly so many.
const DIGITS: usize = 12;

// === impl SvnRepository ===

impl SvnRepository {
    pub(crate) fn new(
        settings: Arc<ProgramSettings>,
        url: &str,
        network: Option<Arc<dyn NetworkGate>>,
    ) -> Self {
        Self {
            program: SvnProgram::new(settings),
            url: url.trim_end_matches('/').to_owned(),
            network,
        }
    }

    /// Runs a call that asks the server.
    async fn svn(&self, arguments: &[&str], limit: u64) -> Result<ChildOutput, VcsError> {
        let way = self.program.way(&self.url, self.network.as_ref()).await?;
        let call = self.program.call(way.as_ref())?.arguments(arguments);
        call.run(self.program.limits(), limit).await
    }

    /// The last change of the repository at or before a revision.
    async fn changed_at(&self, revision: &str) -> Result<Commit, VcsError> {
        let place = format!("{}@{revision}", self.url);
        let arguments = ["log", "-l1", "--xml", "--", &place];
        let done = self.svn(&arguments, OUTPUT_LIMIT).await?;
        if !done.status.success() {
            return Err(match failure::of_errors(&done.errors) {
                VcsError::Absent(_) => VcsError::Absent(format!("unknown revision {revision}")),
                other => other,
            });
        }
        let text = String::from_utf8_lossy(&done.output);
        read_entry(&text).ok_or_else(|| VcsError::Absent(format!("unknown revision {revision}")))
    }
}

/// The first entry of `svn log --xml`. Texts of people are escaped in it, so an element is one of svn's.
fn read_entry(log: &str) -> Option<Commit> {
    let entry = log.split_once("<logentry")?.1;
    let number = between(entry, "revision=\"", "\"")?;
    let number: u64 = number.parse().ok()?;
    let date = between(entry, "<date>", "</date>")?;
    let (seconds, nanoseconds) = date::read(date)?;
    Some(Commit {
        hash: number.to_string(),
        short: format!("{number:012}"),
        time: seconds,
        nanoseconds,
        reference: None,
        tags: Vec::new(),
    })
}

fn between<'a>(text: &'a str, before: &str, behind: &str) -> Option<&'a str> {
    let text = text.split_once(before)?.1;
    text.split_once(behind).map(|(found, _)| found)
}

impl fmt::Debug for SvnRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SvnRepository({})", self.url)
    }
}

#[async_trait]
impl CodeRepository for SvnRepository {
    async fn tags(&self, _prefix: &str) -> Result<Vec<String>, VcsError> {
        Ok(Vec::new())
    }

    async fn stat(&self, revision: &str) -> Result<Commit, VcsError> {
        let is_number = (1..=DIGITS).contains(&revision.len())
            && revision.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number && revision != "HEAD" {
            return Err(VcsError::Absent(format!("unknown revision {revision}")));
        }
        self.changed_at(revision).await
    }

    async fn latest(&self) -> Result<Commit, VcsError> {
        self.changed_at("HEAD").await
    }

    async fn file(
        &self,
        commit: &Commit,
        path: &str,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, VcsError> {
        let place = format!("{}/{path}@{}", self.url, commit.hash);
        let shown = self.svn(&["cat", "--", &place], limit).await?;
        if shown.status.success() {
            return Ok(Some(shown.output.to_vec()));
        }
        match failure::of_errors(&shown.errors) {
            VcsError::Absent(_) => Ok(None),
            other => Err(other),
        }
    }

    async fn tags_before(&self, _commit: &Commit, _prefix: &str) -> Result<Vec<String>, VcsError> {
        Ok(Vec::new())
    }

    async fn descends_from(&self, _commit: &Commit, _tag: &str) -> Result<bool, VcsError> {
        Ok(false)
    }

    async fn archive(&self, commit: &Commit, directory: &str, to: &Path) -> Result<(), VcsError> {
        let mirrors = self.program.mirrors();
        let failed = |error| VcsError::local("exporting a tree", &error);
        let scratch = tempfile::tempdir_in(mirrors.scratch()).map_err(failed)?;
        let tree = scratch.path().join("tree");
        let below = if directory.is_empty() {
            String::new()
        } else {
            format!("/{directory}")
        };
        let place = format!("{}{below}@{}", self.url, commit.hash);
        let name = tree.to_string_lossy();
        let mut arguments = vec!["export", "-q", "--native-eol", "LF", "--ignore-externals"];
        arguments.extend(["--ignore-keywords", "-r", &commit.hash, "--", &place, &name]);
        let export = async {
            let done = self.svn(&arguments, OUTPUT_LIMIT).await?;
            if done.status.success() {
                return Ok(());
            }
            Err(failure::of_errors(&done.errors))
        };
        mirrors.bounded(scratch.path(), &self.url, export).await?;
        let (directory, to) = (directory.to_owned(), to.to_owned());
        let written = tokio::task::spawn_blocking(move || tree::write(&tree, &directory, &to));
        let written = written.await;
        written.map_err(|_| VcsError::Local("the task that reads a tree is gone".to_owned()))?
    }

    fn system(&self) -> &'static str {
        "svn"
    }

    fn url(&self) -> &str {
        &self.url
    }
}

#[cfg(test)]
mod tests {
    use super::read_entry;

    #[test]
    fn a_revision_is_its_number_and_its_time_to_the_microsecond() {
        let log = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<log>\n<logentry\n   revision=\"37\">\n\
                   <author>a&lt;date&gt;</author>\n<date>2023-11-14T22:13:20.123456Z</date>\n\
                   <msg>&lt;date&gt;1999-01-01T00:00:00Z&lt;/date&gt;</msg>\n</logentry>\n</log>\n";
        let commit = read_entry(log).unwrap();
        assert_eq!(
            (commit.hash.as_str(), commit.short.as_str()),
            ("37", "000000000037")
        );
        assert_eq!(
            (commit.time, commit.nanoseconds),
            (1_700_000_000, 123_456_000)
        );
        assert_eq!(read_entry("<?xml version=\"1.0\"?>\n<log>\n</log>\n"), None);
    }
}
