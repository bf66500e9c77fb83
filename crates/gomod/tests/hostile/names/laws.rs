//! Laws that hold for every input. Shared with the fuzz targets, which include this file.

use gomod::{
    Artifact, ModulePath, Version,
    goproxy::{ProxyFallback, ProxyList, ProxyListEntry},
    info::VersionInfo,
    pattern::ModulePatterns,
    pseudo::{self, PseudoTimestamp, PseudoVersion},
    query::Query,
    semver,
};

/// What is accepted escaped is written back the same, and a path is its prefix and its suffix.
pub(crate) fn paths(text: &str) {
    if let Ok(path) = ModulePath::unescape(text) {
        assert_eq!(path.escaped(), text);
    }
    if let Ok(path) = ModulePath::parse(text) {
        assert_eq!(path.as_str(), text);
        assert_eq!(ModulePath::unescape(&path.escaped()).as_ref(), Ok(&path));
        assert_eq!(format!("{}{}", path.prefix(), path.path_major()), text);
        // Every module path is an import path, every import path a file path.
        assert_eq!(gomod::path::check_import_path(text), Ok(()));
    }
    if gomod::path::check_import_path(text).is_ok() {
        assert_eq!(gomod::path::check_file_path(text), Ok(()));
    }
    if let Ok(artifact) = Artifact::from_escaped_path(text) {
        assert_eq!(artifact.escaped_path(), text);
    }
}

/// Versions come back; canonical forms are canonical; the parts make the whole.
pub(crate) fn versions(text: &str) {
    if let Ok(version) = Version::unescape(text) {
        assert_eq!(version.escaped(), text);
    }
    if let Ok(version) = Version::parse(text) {
        assert_eq!(Version::unescape(&version.escaped()).as_ref(), Ok(&version));
        assert!(version.is_prerelease() || !version.is_pseudo());
    }
    if let Some(canonical) = gomod::version::canonical(text) {
        assert_eq!(
            Version::parse(&canonical).map(|v| v.to_string()),
            Ok(canonical.clone())
        );
        assert!(semver::compare(text, &canonical).is_eq());
    }
    if let Ok(pseudo) = PseudoVersion::parse(text) {
        rebuilt(text, &pseudo);
    }
}

/// A pseudo-version whose parts all make sense is built from them again.
fn rebuilt(text: &str, parts: &PseudoVersion<'_>) {
    if let (Ok(base), Ok(time)) = (parts.base(), parts.time()) {
        let major = semver::major(text).unwrap_or_default();
        assert_eq!(
            pseudo::build(major, base.as_deref(), &time, parts.revision()),
            text
        );
        assert_eq!(PseudoTimestamp::parse(time.digits()), Some(time));
    }
}

/// The order is total: antisymmetric, transitive, and equal only for equal texts.
pub(crate) fn order(texts: [&str; 3]) {
    let [a, b, c] = texts;
    for (left, right) in [(a, b), (b, c), (a, c)] {
        assert_eq!(
            semver::compare_total(left, right),
            semver::compare_total(right, left).reverse()
        );
        assert_eq!(semver::compare_total(left, right).is_eq(), left == right);
    }
    let mut sorted = texts;
    semver::sort(&mut sorted);
    assert!(semver::compare_total(sorted[0], sorted[2]).is_le());
}

/// A list comes back; what is shown is a list too, and holds nothing of user, password, query.
pub(crate) fn proxies(text: &str) {
    let Ok(list) = ProxyList::parse(text) else {
        return;
    };
    assert_eq!(ProxyList::parse(&list.reveal()).as_ref(), Ok(&list));
    let shown = list.to_string();
    let again = ProxyList::parse(&shown).map(|list| list.to_string());
    assert_eq!(again.as_ref(), Ok(&shown));
    assert!(matches!(
        list.entries().last(),
        Some((_, ProxyFallback::OnNotFound))
    ));
    for (entry, _) in list.entries() {
        let ProxyListEntry::Proxy(url) = entry else {
            continue;
        };
        let hidden = url.to_string();
        let debugged = format!("{entry:?}");
        if let Some((before, _)) = hidden.split_once('@').filter(|_| url.has_credentials()) {
            assert!(before.ends_with("//redacted"), "{hidden}");
        }
        let behind = hidden
            .split_once(['?', '#'])
            .map_or("", |(_, behind)| behind);
        let parts: Vec<&str> = behind.split('#').collect();
        assert!(
            parts.iter().all(|part| ["", "redacted"].contains(part)),
            "{hidden}"
        );
        assert!(debugged.contains(&hidden), "{debugged}");
    }
}

/// What is shown of a list with a secret in a place for secrets does not hold the secret.
pub(crate) fn secrets(noise: &str) {
    const SECRET: &str = "s3cr3t";
    let noise: String = noise.chars().filter(|c| !"/?#,|".contains(*c)).collect();
    for url in [
        format!("https://{noise}{SECRET}@example.com/x"),
        format!("https://user:{SECRET}{noise}@example.com/x"),
        format!("https://user:{noise}@{SECRET}@example.com/x"),
        format!("http://example.com/?{noise}={SECRET}"),
        format!("example.com/?{SECRET}{noise}#{SECRET}"),
    ] {
        let said = match ProxyList::parse(&url) {
            Ok(list) => format!("{list} {list:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!said.contains(SECRET), "{url}: {said}");
    }
}

/// A pattern matches or it does not; a path without metacharacters matches itself and what is
/// below it.
pub(crate) fn patterns(globs: &str, path: &str) {
    let patterns = ModulePatterns::parse(globs);
    assert_eq!(patterns.to_string(), globs);
    let _ = patterns.matches(path);
    if ModulePath::parse(path).is_ok() {
        let own = ModulePatterns::parse(path);
        assert!(own.matches(path) && own.matches(&format!("{path}/more")));
        assert!(!own.matches(&format!("{path}more")));
    }
}

/// A query comes back, and a proxy is asked for it by the name under which it would be read.
pub(crate) fn queries(text: &str) {
    if let Ok(query) = Query::parse(text) {
        assert_eq!(query.to_string(), text);
        if let Ok(name) = query.info_name() {
            assert_eq!(Query::from_info_name(&name).as_ref(), Ok(&query));
        }
    }
    if let Ok(query) = Query::from_info_name(text) {
        assert!(!matches!(
            query,
            Query::Latest | Query::Upgrade | Query::Patch | Query::None
        ));
        assert_eq!(query.info_name().as_deref(), Ok(text));
    }
}

/// Whatever is read of an info can be written and read again.
pub(crate) fn infos(json: &[u8]) {
    if let Ok(info) = VersionInfo::parse(json) {
        let _confirmed = info.time_is_in_version();
        assert_eq!(VersionInfo::parse(info.to_json().as_bytes()), Ok(info));
    }
}
