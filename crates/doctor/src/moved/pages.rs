//! Pages: what the module's own host says, and that of its repository, if it is elsewhere.
//!
//! The page of the whole path is what `go` reads. The page of its first three elements is that of the
//! repository on the large hosts, and answers where a directory in it has none. The repository that
//! a page names is a stranger's word, so it is asked with what is allowed behind a redirect.

use super::evidence::{PageSays, SourceReply};
use super::fetch::{SourceClient, SourceQuestion};
use super::reach::{AddressReach, AllowedAddresses};
use crate::probe::ProbeNetwork;
use discovery::DiscoveryPage;
use futures_util::future::join_all;
use gomod::path::ModulePath;
use http::Method;
use url::Url;

/// Longest page that is read. Those of large hosts have some hundred KiB.
const LONGEST_PAGE: usize = 1 << 20;

/// The pages of the module's own host, and that of its repository, if it is elsewhere.
pub(super) async fn pages<N: ProbeNetwork>(
    asker: &SourceClient<'_, N>,
    module: &ModulePath,
    allowed: AllowedAddresses,
) -> Vec<PageSays> {
    let replies = covered(module).into_iter().map(|covers| async move {
        let url = format!("https://{covers}?go-get=1");
        page(asker, covers, &url, allowed).await
    });
    let replies: Vec<(PageSays, Option<AddressReach>)> = join_all(replies).await;
    let reach = replies.iter().find_map(|(_, reach)| *reach);
    let mut pages: Vec<PageSays> = replies.into_iter().map(|(page, _)| page).collect();
    if let Some((prefix, root)) = repository(&pages, module) {
        let allowed = allowed.behind(reach.unwrap_or(AddressReach::Public));
        let (repository, _) = page(asker, prefix, &root, allowed).await;
        pages.push(repository);
    }
    pages
}

/// The parts of the path whose pages are asked for: without its major version, and what on the large
/// hosts is the repository.
fn covered(module: &ModulePath) -> Vec<String> {
    let whole = if module.path_major().starts_with('/') {
        module.prefix()
    } else {
        module.as_str()
    };
    let mut covered = vec![whole.to_owned()];
    if let Some((end, _)) = whole.match_indices('/').nth(2) {
        covered.extend(whole.get(..end).map(str::to_owned));
    }
    covered
}

/// The repository that a page names, with the prefix it is of, unless its page was asked for already.
fn repository(pages: &[PageSays], module: &ModulePath) -> Option<(String, String)> {
    let is_of_us = |prefix: &str| {
        let behind = module.as_str().strip_prefix(prefix);
        behind.is_some_and(|behind| behind.is_empty() || behind.starts_with('/'))
    };
    let mut imports = pages.iter().flat_map(|page| &page.page.imports);
    let import = imports.find(|import| is_of_us(&import.prefix) && import.vcs != "mod")?;
    let address = import.root.strip_prefix("https://")?;
    let address = address.strip_suffix(".git").unwrap_or(address);
    let is_asked = pages.iter().any(|page| page.covers == address);
    (!is_asked).then(|| (import.prefix.clone(), import.root.clone()))
}

async fn page<N: ProbeNetwork>(
    asker: &SourceClient<'_, N>,
    covers: String,
    url: &str,
    allowed: AllowedAddresses,
) -> (PageSays, Option<AddressReach>) {
    let mut says = PageSays {
        covers,
        url: url.to_owned(),
        hops: Vec::new(),
        end: SourceReply::Fails("it is no URL".to_owned()),
        page: DiscoveryPage::default(),
    };
    let Ok(url) = Url::parse(url) else {
        return (says, None);
    };
    let question = SourceQuestion {
        url,
        method: Method::GET,
        authorization: None,
        allowed,
        longest: LONGEST_PAGE,
    };
    let reply = asker.ask(question).await;
    says.hops = reply.hops;
    says.end = match reply.end {
        Ok(answer) => {
            // As `go` has it: a page counts whatever its status.
            says.page = DiscoveryPage::read(&answer.body);
            SourceReply::of_status(answer.status.as_u16())
        }
        Err(why) => SourceReply::Fails(why),
    };
    (says, reply.reach)
}

#[cfg(test)]
mod tests {
    use super::covered;
    use gomod::path::ModulePath;

    #[test]
    fn pages_are_those_of_the_module_and_of_its_repository() {
        for (module, expected) in [
            ("example.com", &["example.com"][..]),
            ("example.com/lib/v2", &["example.com/lib"]),
            ("gopkg.in/yaml.v3", &["gopkg.in/yaml.v3"]),
            ("code.example.com/me/lib", &["code.example.com/me/lib"]),
            (
                "code.example.com/me/lib/sub/v2",
                &["code.example.com/me/lib/sub", "code.example.com/me/lib"],
            ),
        ] {
            assert_eq!(covered(&ModulePath::parse(module).unwrap()), expected);
        }
    }
}
