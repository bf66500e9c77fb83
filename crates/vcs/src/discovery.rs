//! Finding the repository of a module path: by the path alone, or by asking its page.

use crate::{credential::HostCredential, error::VcsError, policy::VcsKind};
use ::discovery::{DiscoveryPage, GoImportTag, ImportMatchError, known_repository, match_import};
use async_trait::async_trait;
use bytes::Bytes;
use std::{fs::File, net::IpAddr};
use url::Url;

/// What a module path is found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportSource {
    /// A repository of this system.
    Repository(VcsKind),
    /// A module proxy, which a page names with `mod`.
    Proxy,
}

/// Where a module path is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRoot {
    /// The part of the path that is the root.
    pub root: String,
    /// What is there.
    pub source: ImportSource,
    /// Its address.
    pub url: String,
    /// The address that was named for it, where its host says that it has moved.
    pub moved_from: Option<String>,
    /// The directory below its root that stands for `root`; mostly empty.
    pub subdirectory: String,
}

/// A page that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaPage {
    /// Where it was in the end, after redirects.
    pub url: String,
    /// Its status.
    pub status: u16,
    /// Its body, bounded by whoever fetched it.
    pub body: Bytes,
}

/// The way to hosts that a module path, or a page, names: strangers choose them. Deadlines, redirects and which
/// addresses may be reached are its business.
#[async_trait]
pub trait NetworkGate: Send + Sync {
    /// Fetches a page of any status, following redirects.
    ///
    /// # Errors
    /// Nobody answered, or nobody may be asked.
    async fn page(&self, url: &str) -> Result<MetaPage, VcsError>;

    /// The addresses of a host that may be reached; a program that connects to it is told these, so that what the
    /// name means a moment later does not matter.
    ///
    /// # Errors
    /// [`VcsError::Forbidden`] where none may be reached.
    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<IpAddr>, VcsError>;

    /// What the host of an address is shown, by its name and port alone; nothing for most.
    fn credential(&self, url: &Url) -> Option<HostCredential>;

    /// Fetches a file of a module proxy into `to`, at most `limit` bytes, showing nothing: its status, and its
    /// length where that is 200.
    ///
    /// # Errors
    /// Nobody answered, nobody may be asked, or it is longer.
    async fn download(&self, url: &str, to: File, limit: u64) -> Result<(u16, u64), VcsError>;
}

/// What git asks for first (gitprotocol-http).
const REFS: &str = "/info/refs?service=git-upload-pack";

/// The repository of a module path.
///
/// # Errors
/// [`VcsError::Absent`] where there is none.
pub(crate) async fn find_root(path: &str, pages: &dyn NetworkGate) -> Result<ImportRoot, VcsError> {
    match known_repository(path) {
        Err(why) => return Err(VcsError::Absent(why)),
        Ok(Some(known)) => {
            return Ok(ImportRoot {
                url: format!("https://{}", known.place),
                root: known.root,
                source: ImportSource::Repository(VcsKind::named(known.vcs).unwrap_or(VcsKind::Git)),
                subdirectory: String::new(),
                moved_from: None,
            });
        }
        Ok(None) => {}
    }
    let host = path.split('/').next().unwrap_or_default();
    if !path.contains('/') || !host.contains('.') {
        let why = format!("{path}: a module path without a host and a slash has no page to ask");
        return Err(VcsError::Absent(why));
    }
    let tag = ask(path, path, pages).await?;
    if tag.prefix != path && ask(&tag.prefix, path, pages).await? != tag {
        let why = format!(
            "the pages of {path} and {} name different repositories",
            tag.prefix
        );
        return Err(VcsError::Content(why));
    }
    of_tag(tag)
}

/// Where a repository of an http address is: the address itself, or where its host leads.
///
/// # Errors
/// [`VcsError::Absent`] where the host says that there is none.
pub(crate) async fn find_address(
    root: &ImportRoot,
    network: &dyn NetworkGate,
) -> Result<String, VcsError> {
    if root.source != ImportSource::Repository(VcsKind::Git) || !root.url.starts_with("http") {
        return Ok(root.url.clone());
    }
    let page = network.page(&format!("{}{REFS}", root.url)).await?;
    let said = format!("{} (status {})", root.url, page.status);
    match page.status {
        200 => {
            let found = page.url.strip_suffix(REFS);
            Ok(found.unwrap_or(&root.url).to_owned())
        }
        404 | 410 => Err(VcsError::Absent(format!(
            "there is no repository at {said}"
        ))),
        // Hosts that hide what may not be read say this of what does not exist, too.
        401 => Err(VcsError::Unauthenticated(format!(
            "no access to the repository at {said}"
        ))),
        403 => Err(VcsError::Refused(format!(
            "no access to the repository at {said}"
        ))),
        _ => Err(VcsError::Unreachable(said)),
    }
}

/// The tag in the page of `place` that is about `path`. A page of any status is read, as by `go`.
async fn ask(place: &str, path: &str, pages: &dyn NetworkGate) -> Result<GoImportTag, VcsError> {
    let page = pages.page(&format!("https://{place}?go-get=1")).await?;
    let read = DiscoveryPage::read(&page.body);
    if let Ok(tag) = match_import(&read.imports, path) {
        return Ok(tag.clone());
    }
    let why = match match_import(&read.imports, path) {
        Err(error @ ImportMatchError::NoMatch { .. }) => {
            format!("{error}: the module may have moved there")
        }
        Err(error) => error.to_string(),
        Ok(_) => String::new(),
    };
    let said = format!(
        "unrecognized import path {path:?}: {why} (status {})",
        page.status
    );
    Err(match page.status {
        200..=299 | 404 | 410 => VcsError::Absent(said),
        401 => VcsError::Unauthenticated(said),
        403 => VcsError::Refused(said),
        _ => VcsError::Unreachable(said),
    })
}

fn of_tag(tag: GoImportTag) -> Result<ImportRoot, VcsError> {
    let source = match VcsKind::named(&tag.vcs) {
        Some(system) => ImportSource::Repository(system),
        None if tag.vcs == "mod" => ImportSource::Proxy,
        None => {
            return Err(VcsError::Forbidden(format!(
                "the page of {} names a {:?} source, which is not known here",
                tag.prefix, tag.vcs
            )));
        }
    };
    if source == ImportSource::Proxy && !tag.root.starts_with("https://") {
        let why = format!("{}: a module proxy is asked by https alone", tag.root);
        return Err(VcsError::Forbidden(why));
    }
    Ok(ImportRoot {
        root: tag.prefix,
        source,
        url: tag.root,
        subdirectory: tag.subdirectory,
        moved_from: None,
    })
}
