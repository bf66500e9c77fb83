//! Pasted: the two hashes that a message of `go` names, and who may have sent the bytes.
//!
//! `go` prints what it downloaded and what that was held against. Both are evidence from where it
//! failed, which nobody can ask for again: a proxy asked today may send something else. So both take
//! part in the comparison.
//!
//! Only whole hashes count. What stands between the words of the message is passed over, up to a
//! bound, since logs put their own prefixes there.

use super::{HashSource, HashStatement, HashedFile, StatementContent};
use crate::text::PlainMessage;
use gomod::{
    goproxy::{ProxyList, ProxyListEntry, ProxyUrl},
    path::ModulePath,
    sumhash::H1,
    version::{Version, check_agreement},
};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// What a message says of two hashes that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashClaim {
    /// The module.
    pub module: ModulePath,
    /// Its version.
    pub version: Version,
    /// Of which of its files.
    pub file: HashedFile,
    /// The hash of what was downloaded.
    downloaded: H1,
    /// Who has another hash: `go.sum`, `go.work.sum`, or the name of a database.
    recorder: String,
    /// That hash.
    recorded: H1,
}

/// Most claims of one text. Whoever has more has one reason for all of them.
const MOST_CLAIMS: usize = 8;

/// Most places of a text that are looked at for one question.
const MOST_PLACES: usize = 256;

/// Most sources that a text can name.
const MOST_SOURCES: usize = 4;

const HASHES: &str = r"checksum mismatch\b.{0,200}?downloaded:\s*(?P<downloaded>h1:[0-9A-Za-z+/]{43}=).{0,200}?(?P<recorder>[0-9A-Za-z][^\s:]{0,200}):\s*(?P<recorded>h1:[0-9A-Za-z+/]{43}=)";

/// go.sum against a download, and every release up to 1.15 against the database.
static OF_GO_SUM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let subject =
        r#"verifying (?P<module>[^\s:@"'(),;]+)@(?P<version>[^\s:/,;"'()]+)(?P<mod>/go\.mod)?:\s+"#;
    Regex::new(&format!("(?s){subject}{HASHES}")).ok()
});

/// A download against the database.
static OF_DATABASE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let subject = r#"(?P<module>[^\s:@"'(),;]+)@(?P<version>[^\s:/,;"'()]+):\s+verifying (?:module|(?P<mod>go\.mod)):\s+"#;
    Regex::new(&format!("(?s){subject}{HASHES}")).ok()
});

static LIST: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\bGOPROXY["']?(?:=|: | )["']?(?P<list>[^\s"'`;&<>]+)"#).ok());

static URL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"https?://[^\s"'<>]{1,1000}"#).ok());

/// The claims of a text, each once, in their order.
pub fn claims(text: &str) -> Vec<HashClaim> {
    let plain = PlainMessage::new(text);
    let text = plain.text();
    let mut found: Vec<(usize, HashClaim)> = Vec::new();
    for regex in [&OF_GO_SUM, &OF_DATABASE] {
        let places = regex.iter().flat_map(|regex| regex.captures_iter(text));
        for captures in places.take(MOST_PLACES) {
            let start = captures.get_match().start();
            let claim = HashClaim::of(&captures);
            found.extend(claim.map(|claim| (start, claim)));
        }
    }
    found.sort_by_key(|(start, _)| *start);
    let mut claims: Vec<HashClaim> = Vec::new();
    for (_, claim) in found {
        if claims.len() < MOST_CLAIMS && !claims.contains(&claim) {
            claims.push(claim);
        }
    }
    claims
}

/// Who may have sent a module's bytes, as far as a text says so: the sources of a GOPROXY in it, and
/// URLs of the module's own files. Without secrets.
pub fn sources(text: &str, module: &ModulePath) -> Vec<String> {
    let plain = PlainMessage::new(text);
    let text = plain.text();
    let mut named: Vec<String> = Vec::new();
    let below = format!("/{}/@v/", module.escaped());
    for url in URL
        .iter()
        .flat_map(|regex| regex.find_iter(text))
        .take(MOST_PLACES)
    {
        let base = url.as_str().split_once(&below).map(|(base, _)| base);
        let source = base.and_then(|base| ProxyUrl::parse(base).ok());
        named.extend(source.map(|source| source.to_string()));
    }
    let lists = LIST.iter().flat_map(|regex| regex.captures_iter(text));
    for captures in lists.take(MOST_PLACES) {
        let list = captures.name("list").map(|list| list.as_str());
        let list = list.and_then(|list| ProxyList::parse(list).ok());
        for (entry, _) in list.iter().flat_map(ProxyList::entries) {
            named.extend(matches!(entry, ProxyListEntry::Proxy(_)).then(|| entry.to_string()));
        }
    }
    let mut sources: Vec<String> = Vec::new();
    for source in named {
        if sources.len() < MOST_SOURCES && !sources.contains(&source) {
            sources.push(source);
        }
    }
    sources
}

// === impl HashClaim ===

impl HashClaim {
    fn of(captures: &Captures<'_>) -> Option<Self> {
        let part = |name| captures.name(name).map(|part| part.as_str());
        let module = ModulePath::parse(part("module")?).ok()?;
        let version = Version::parse(part("version")?).ok()?;
        check_agreement(&module, &version).ok()?;
        Some(Self {
            module,
            version,
            file: match part("mod") {
                Some(_) => HashedFile::GoMod,
                None => HashedFile::Zip,
            },
            downloaded: part("downloaded")?.parse().ok()?,
            recorder: part("recorder")?.to_owned(),
            recorded: part("recorded")?.parse().ok()?,
        })
    }

    /// Both hashes, as two voices of a comparison.
    pub fn statements(&self) -> [HashStatement; 2] {
        let statement = |voice, hash: &H1| HashStatement {
            file: self.file,
            voice,
            said: StatementContent::Hash(hash.to_string()),
        };
        let recorder = self.recorder.clone();
        let recorder = match recorder.as_str() {
            "go.sum" | "go.work.sum" => HashSource::PastedGoSum { file: recorder },
            _ => HashSource::PastedDatabase { name: recorder },
        };
        [
            statement(HashSource::PastedDownload, &self.downloaded),
            statement(recorder, &self.recorded),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::{HashClaim, claims, sources};
    use crate::compare::{HashSource, HashedFile};
    use gomod::path::ModulePath;
    use proptest::prelude::*;

    const ONE: &str = "h1:nbWI/w6DYT9gXDQi59Mht//PLPPFv/Hc3fHms4eVUK0=";
    const TWO: &str = "h1:3s86PZkI1ApJh6HFIzC1gXby/mIyZqfE5zxSvtoBSsM=";

    fn only(text: &str) -> HashClaim {
        let claims = claims(text);
        assert_eq!(claims.len(), 1, "{text}: {claims:?}");
        claims[0].clone()
    }

    #[test]
    fn both_hashes_are_read_whoever_has_the_other() {
        for (head, recorder, file) in [
            (
                "verifying example.com/m@v1.0.0: ",
                "go.sum",
                HashedFile::Zip,
            ),
            (
                "go: verifying example.com/m@v1.0.0/go.mod: ",
                "go.work.sum",
                HashedFile::GoMod,
            ),
            (
                "go: example.com/m@v1.0.0: verifying module: ",
                "sum.example.com/2026",
                HashedFile::Zip,
            ),
            (
                "example.com/m@v1.0.0: verifying go.mod: ",
                "sum.golang.org",
                HashedFile::GoMod,
            ),
        ] {
            let text =
                format!("{head}checksum mismatch\n\tdownloaded: {ONE}\n\t{recorder}:     {TWO}\n");
            let claim = only(&text);
            assert_eq!((claim.module.as_str(), claim.file), ("example.com/m", file));
            assert_eq!(claim.downloaded.to_string(), ONE);
            assert_eq!(claim.recorded.to_string(), TWO);
            assert_eq!(claim.recorder, recorder);
            let is_go_sum = recorder.starts_with("go.");
            let [_, other] = claim.statements();
            assert_eq!(
                matches!(other.voice, HashSource::PastedGoSum { .. }),
                is_go_sum
            );
        }
    }

    #[test]
    fn prefixes_of_logs_are_passed_over() {
        let text = format!(
            "1.000 verifying example.com/m@v1.0.0: checksum mismatch\n1.010 \tdownloaded: {ONE}\n1.020 \tgo.sum:     {TWO}\n1.030 \n"
        );
        only(&text);
        for prefix in [
            "build\tUNKNOWN STEP\t2026-01-02T03:04:05.1234567Z ",
            "Step #3: ",
            "Jan  2 03:04:05 host ci[12]: ",
        ] {
            let lines = text.lines().filter_map(|line| line.get(6..));
            let lines: Vec<String> = lines.map(|line| format!("{prefix}{line}")).collect();
            only(&lines.join("\n"));
        }
    }

    #[test]
    fn what_is_no_whole_hash_or_no_version_is_no_claim() {
        for text in [
            "verifying example.com/m@v1.0.0: checksum mismatch".to_owned(),
            format!(
                "verifying example.com/m@v1.0.0: checksum mismatch downloaded: h1:x go.sum: {TWO}"
            ),
            format!(
                "verifying example.com/m@v2.0.0: checksum mismatch downloaded: {ONE} go.sum: {TWO}"
            ),
            format!(
                "verifying example.com/m@latest: checksum mismatch downloaded: {ONE} go.sum: {TWO}"
            ),
        ] {
            assert_eq!(claims(&text), [], "{text}");
        }
    }

    #[test]
    fn sources_are_those_that_the_text_names_for_this_module() {
        let module = ModulePath::parse("github.com/Me/m").unwrap();
        let text = "ENV GOPROXY=https://me:secret@goproxy.example.com/token,direct\n\
            go: reading https://other.example.com/github.com/!me/m/@v/v1.0.0.zip: 502\n\
            go: reading https://third.example.com/github.com/you/m/@v/v1.0.0.zip: 502";
        let named = sources(text, &module);
        assert_eq!(named.len(), 2, "{named:?}");
        assert_eq!(named[0], "https://other.example.com");
        assert!(named[1].contains("@goproxy.example.com"), "{named:?}");
        assert!(
            !named[1].contains("secret") && !named[1].contains("token"),
            "{named:?}"
        );
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(text in "(?s)(verifying |checksum mismatch|downloaded: |go.sum: |h1:|a.b/c@v1.0.0: |GOPROXY=|.){0,60}") {
            claims(&text);
            sources(&text, &ModulePath::parse("example.com/m").unwrap());
        }
    }
}
