//! Proxy: what one proxy says of a path, file by file.

use super::declaration::ModuleDeclaration;
use super::evidence::{ChecksumRecord, ProtocolFile, ProxySays, SourceReply};
use super::fetch::{SourceClient, SourceQuestion};
use super::reach::AllowedAddresses;
use crate::probe::{ProbeNetwork, ProbeTarget};
use bytes::Bytes;
use futures_util::future::join;
use gomod::info::VersionInfo;
use gomod::path::ModulePath;
use gomod::semver;
use gomod::version::{Version, check_agreement};
use http::Method;
use std::cmp::Ordering;
use url::Url;

/// Longest text that is read: a list of many thousand versions.
const LONGEST_TEXT: usize = 4 << 20;

/// Largest zip that is compared; most modules are far smaller, and two are kept in memory.
const LONGEST_ZIP: usize = 32 << 20;

/// Lines of a list that are looked at.
const MOST_VERSIONS: usize = 100_000;

/// One source, and who asks it.
pub(super) struct ProxyClient<'a, N> {
    pub(super) asker: &'a SourceClient<'a, N>,
    pub(super) target: &'a ProbeTarget,
}

// === impl ProxyClient ===

impl<N: ProbeNetwork> ProxyClient<'_, N> {
    /// Everything about the old path.
    pub(super) async fn says(&self, module: &ModulePath, wanted: Option<&Version>) -> ProxySays {
        let (newest, mut files) = self.newest(module).await;
        let mut says = ProxySays {
            source: self.target.source.clone(),
            version: wanted.or(newest.as_ref()).cloned(),
            files: Vec::new(),
            declared: None,
            newest: None,
        };
        if let Some(version) = &says.version {
            let (go_mod, rest) =
                join(self.go_mod(module, version), self.rest(module, version)).await;
            files.push((ProtocolFile::Mod, go_mod.0));
            files.extend(rest);
            says.declared = go_mod.1;
        }
        says.newest = match &newest {
            Some(newest) if says.version.as_ref() != Some(newest) => {
                self.go_mod(module, newest).await.1
            }
            _ => says.declared.clone(),
        };
        says.files = files;
        says
    }

    /// The go.mod at a candidate's path: of the wanted version, else of the newest; and whether
    /// `.info` and `.zip` are there.
    pub(super) async fn look(
        &self,
        module: &ModulePath,
        wanted: Option<&Version>,
    ) -> Result<(ModuleDeclaration, SourceReply), SourceReply> {
        let wanted = wanted.filter(|wanted| check_agreement(module, wanted).is_ok());
        if let Some(version) = wanted
            && let (SourceReply::Has, Some(declared)) = self.go_mod(module, version).await
        {
            return Ok((declared, self.rest_in_one(module, version).await));
        }
        let (newest, files) = self.newest(module).await;
        let Some(version) = newest else {
            let mut said = files.into_iter().map(|(_, says)| says);
            let worst =
                said.find(|says| matches!(says, SourceReply::Fails(_) | SourceReply::Refuses(_)));
            return Err(worst.unwrap_or(SourceReply::Absent(404)));
        };
        match self.go_mod(module, &version).await {
            (_, Some(declared)) => Ok((declared, self.rest_in_one(module, &version).await)),
            (says, None) => Err(says),
        }
    }

    /// A zip, if it is there and not too large.
    pub(super) async fn zip(&self, module: &ModulePath, version: &Version) -> Option<Bytes> {
        let path = artifact(module, version, "zip");
        let (says, body) = self.ask(Method::GET, &path, LONGEST_ZIP).await;
        (says == SourceReply::Has).then_some(body)
    }

    /// Whether this source passes a checksum database on.
    pub(super) async fn passes_on(&self, database: &str) -> bool {
        let path = format!("sumdb/{database}/supported");
        self.ask(Method::GET, &path, LONGEST_TEXT).await.0 == SourceReply::Has
    }

    /// What a checksum database below this base says of a version.
    pub(super) async fn record(
        &self,
        base: &str,
        module: &ModulePath,
        version: &Version,
    ) -> ChecksumRecord {
        let path = format!("{base}lookup/{}@{}", module.escaped(), version.escaped());
        let (says, body) = self.ask(Method::GET, &path, LONGEST_TEXT).await;
        let line = format!("{module} {version} h1:");
        let text = String::from_utf8_lossy(&body);
        match says {
            SourceReply::Has if text.lines().any(|known| known.starts_with(&line)) => {
                ChecksumRecord::Known
            }
            SourceReply::Has => {
                ChecksumRecord::Unknown("its answer is no record of the version".to_owned())
            }
            SourceReply::Absent(_) => ChecksumRecord::Absent,
            SourceReply::Refuses(_) | SourceReply::Fails(_) => {
                ChecksumRecord::Unknown(says.words())
            }
        }
    }

    /// The newest version by `@v/list`, else by `@latest`.
    async fn newest(
        &self,
        module: &ModulePath,
    ) -> (Option<Version>, Vec<(ProtocolFile, SourceReply)>) {
        let escaped = module.escaped();
        let (list, latest) = (format!("{escaped}/@v/list"), format!("{escaped}/@latest"));
        let ((list_says, list), (latest_says, latest)) = join(
            self.ask(Method::GET, &list, LONGEST_TEXT),
            self.ask(Method::GET, &latest, LONGEST_TEXT),
        )
        .await;
        let info = VersionInfo::parse(&latest).ok();
        let latest_says = match latest_says {
            SourceReply::Has if info.is_none() => {
                SourceReply::Fails("no information about a version".to_owned())
            }
            says => says,
        };
        let latest = info.map(|info| info.version);
        let newest = newest_of(&list).or(latest);
        (
            newest,
            vec![
                (ProtocolFile::List, list_says),
                (ProtocolFile::Latest, latest_says),
            ],
        )
    }

    async fn go_mod(
        &self,
        module: &ModulePath,
        version: &Version,
    ) -> (SourceReply, Option<ModuleDeclaration>) {
        let path = artifact(module, version, "mod");
        let (says, body) = self.ask(Method::GET, &path, LONGEST_TEXT).await;
        if says != SourceReply::Has {
            return (says, None);
        }
        match ModuleDeclaration::read(version, &body) {
            Some(declared) => (says, Some(declared)),
            None => (SourceReply::Fails("no go.mod".to_owned()), None),
        }
    }

    async fn rest(
        &self,
        module: &ModulePath,
        version: &Version,
    ) -> [(ProtocolFile, SourceReply); 2] {
        let (info, zip) = (
            artifact(module, version, "info"),
            artifact(module, version, "zip"),
        );
        let ((info, _), (zip, _)) = join(
            self.ask(Method::GET, &info, LONGEST_TEXT),
            self.ask(Method::HEAD, &zip, LONGEST_TEXT),
        )
        .await;
        [(ProtocolFile::Info, info), (ProtocolFile::Zip, zip)]
    }

    async fn rest_in_one(&self, module: &ModulePath, version: &Version) -> SourceReply {
        let [(_, info), (_, zip)] = self.rest(module, version).await;
        if zip == SourceReply::Has { info } else { zip }
    }

    /// One file. A web page is none: it is the login or the error of whatever stands between.
    async fn ask(&self, method: Method, path: &str, longest: usize) -> (SourceReply, Bytes) {
        let Some(url) = self.url(path) else {
            return (
                SourceReply::Fails("its URL cannot be used".to_owned()),
                Bytes::new(),
            );
        };
        let question = SourceQuestion {
            url,
            method,
            authorization: self.target.authorization.clone(),
            allowed: AllowedAddresses::Own,
            longest,
        };
        match self.asker.ask(question).await.end {
            Err(why) => (SourceReply::Fails(why), Bytes::new()),
            Ok(answer) => {
                let says = match SourceReply::of_status(answer.status.as_u16()) {
                    SourceReply::Has if !answer.is_whole => {
                        SourceReply::Fails("its answer is cut or too long".to_owned())
                    }
                    SourceReply::Has if answer.body.trim_ascii_start().starts_with(b"<") => {
                        SourceReply::Fails("a web page".to_owned())
                    }
                    says => says,
                };
                (says, answer.body)
            }
        }
    }

    fn url(&self, path: &str) -> Option<Url> {
        let scheme = if self.target.is_https {
            "https"
        } else {
            "http"
        };
        let authority = self.target.authority();
        Url::parse(&format!(
            "{scheme}://{authority}{}/{path}",
            self.target.base
        ))
        .ok()
    }
}

fn artifact(module: &ModulePath, version: &Version, kind: &str) -> String {
    format!("{}/@v/{}.{kind}", module.escaped(), version.escaped())
}

/// The newest version of a list: a release, if there is one.
fn newest_of(list: &[u8]) -> Option<Version> {
    let text = String::from_utf8_lossy(list);
    let lines = text.lines().take(MOST_VERSIONS);
    let versions = lines.filter_map(|line| Version::parse(line.trim()).ok());
    versions.max_by(compare)
}

fn compare(one: &Version, other: &Version) -> Ordering {
    let is_release = |version: &Version| !version.is_prerelease();
    let by_kind = is_release(one).cmp(&is_release(other));
    by_kind.then_with(|| semver::compare(one.as_str(), other.as_str()))
}

#[cfg(test)]
mod tests {
    use super::newest_of;
    use gomod::version::Version;

    #[test]
    fn the_newest_version_is_a_release_if_there_is_one() {
        for (list, expected) in [
            ("v1.2.0\nv1.10.0\nv2.0.0-beta\nnonsense\n", Some("v1.10.0")),
            ("v1.0.0-alpha\nv1.0.0-beta\n", Some("v1.0.0-beta")),
            ("<html>\n\n", None),
            ("", None),
        ] {
            let newest = newest_of(list.as_bytes());
            assert_eq!(newest.as_ref().map(Version::as_str), expected);
        }
    }
}
