//! `modkeep mod buildlist --files`: every file that go reads to build a module, named and hashed.
//!
//! The go.mod files are those of the module graph. The zips are those that `go mod download` fetches:
//! of the modules that go.mod requires, and of others whose files go.sum lists; of all modules where
//! the go.mod is older than Go 1.17, which does not list all that is needed. Each is fetched, so that
//! its hashes are those of bytes that were seen, and held against go.sum; one that differs from it is an
//! error, because whoever builds by this list would build something else.

mod formats;

use crate::{
    cli,
    exit_status::PROBLEM,
    failure::Failure,
    module_checkout::{ModuleCheckout, fetch},
    output, wiring,
};
use formats::Format;
use futures_util::{StreamExt as _, stream};
use gomod::{
    Artifact, ArtifactKind, ModulePath, Version,
    goproxy::{ProxyList, ProxyListEntry},
    gosum::{self, GoSum, HashSubject},
    modfile::{self, ModuleVersion},
    mvs::{LoadOptions, ModuleSelection, UpdatePolicy, compare_versions, is_pseudo_module},
    sumhash::{h1_of_go_mod, h1_of_zip},
    zip::{limits::MAX_ZIP_FILE, nar::nar_sha256},
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    io::{self, Seek as _, SeekFrom, Write as _},
    process::ExitCode,
};
use upstream::SourceName;

/// Files that are fetched at a time.
const AT_A_TIME: usize = 8;

/// The release from which on a go.mod lists every module that is needed.
const LISTS_ALL: &str = "1.17";

/// A file that go reads.
#[derive(Debug, Serialize)]
struct ModuleFileList {
    module: String,
    version: String,
    kind: &'static str,
    /// Below whatever serves modules.
    path: String,
    /// Where it was had from; nothing if that cannot be told without telling what may be secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    size: u64,
    h1: String,
    sha256: String,
    /// The modules that it stands in for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    replaces: Vec<String>,
    /// The hash of the unpacked files, for Nix.
    #[serde(skip)]
    nar: Option<String>,
}

/// What is wanted of each file.
struct WantedFiles<'a> {
    checkout: &'a ModuleCheckout,
    sums: &'a GoSum,
    /// By what is fetched: the paths that it stands in for.
    replaces: BTreeMap<ModuleVersion, Vec<String>>,
    base: Option<String>,
    /// Addresses of upstreams.
    hosts: BTreeSet<String>,
    with_nar: bool,
}

pub(super) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let mut checkout = ModuleCheckout::open(matches)?;
    let format = matches.get_one::<String>("format");
    let format = Format::named(format.map_or("json", String::as_str));
    let base = matches.get_one::<String>("base-url").cloned();
    let settings = cli::settings(matches)?;
    let hosts = addresses(&settings.upstream);
    let listed = wiring::run(list(&mut checkout, format == Format::Nix, base, hosts))?;
    match listed {
        Ok(files) => output::text(&format.text(&files)),
        Err(problem) => {
            output::error(&problem);
            return Ok(ExitCode::from(PROBLEM));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Every file, in the order of modules, the go.mod before the zip.
async fn list(
    checkout: &mut ModuleCheckout,
    with_nar: bool,
    base: Option<String>,
    hosts: BTreeSet<String>,
) -> Result<Vec<ModuleFileList>, String> {
    let file = checkout.file.clone();
    let options = LoadOptions {
        updates: UpdatePolicy::Refuse,
        unpruned: false,
    };
    let selection = checkout.select(&file, options).await?;
    let sums = sums(checkout)?;
    let zips = zips(checkout, &selection, &sums);
    let read = selection.read().map(|module| fetched(&selection, module));
    let mods: BTreeSet<ModuleVersion> = read.flatten().chain(zips.iter().cloned()).collect();
    let wanted = WantedFiles {
        checkout,
        sums: &sums,
        replaces: replaces(&selection),
        base: base.map(|base| base.trim_end_matches('/').to_owned()),
        hosts,
        with_nar,
    };
    let mods = mods.iter().map(|module| (module, ArtifactKind::Mod));
    let all = mods.chain(zips.iter().map(|module| (module, ArtifactKind::Zip)));
    let fetching = all.map(|(module, kind)| wanted.file(module, kind));
    let fetching: Vec<_> = fetching.collect();
    let mut fetching = stream::iter(fetching).buffer_unordered(AT_A_TIME);
    let mut files = Vec::new();
    while let Some(file) = fetching.next().await {
        files.push(file?);
    }
    files.sort_by(|one, other| {
        let key = |file: &ModuleFileList| (file.module.clone(), file.version.clone(), file.kind);
        key(one).cmp(&key(other))
    });
    Ok(files)
}

/// The addresses of proxies. One that equals the name of its source has neither path nor password.
fn addresses(list: &ProxyList) -> BTreeSet<String> {
    let proxies = list.entries().iter().filter_map(|(entry, _)| match entry {
        ProxyListEntry::Proxy(url) => Some(url.reveal().trim_end_matches('/').to_owned()),
        ProxyListEntry::Direct | ProxyListEntry::Off => None,
    });
    proxies.collect()
}

/// The go.sum beside the go.mod; none is an empty one.
fn sums(checkout: &ModuleCheckout) -> Result<GoSum, String> {
    let source = match std::fs::read(checkout.root.join("go.sum")) {
        Ok(source) => source,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(format!("go.sum: {error}")),
    };
    gosum::parse(&source).map_err(|error| format!("go.sum: {error}"))
}

/// The module versions whose zips go needs.
fn zips(
    checkout: &ModuleCheckout,
    selection: &ModuleSelection,
    sums: &GoSum,
) -> BTreeSet<ModuleVersion> {
    let file = &checkout.file;
    let go = file.go.as_ref().map_or("1.16", |line| &line.version);
    let lists_all = compare_versions("go", go, LISTS_ALL).is_ge();
    let required: BTreeSet<&str> = file.require.iter().map(|line| &*line.module.path).collect();
    let list = selection.build_list().into_iter().skip(1);
    let needed = list.filter(|selected| {
        let actual = selected.replacement.unwrap_or(selected.module);
        let mut known = sums.hashes(&actual.path, &actual.version, HashSubject::Zip);
        !lists_all || required.contains(&*selected.module.path) || known.next().is_some()
    });
    let fetched = needed.filter_map(|selected| fetched(selection, selected.module));
    fetched.collect()
}

/// What go fetches for a module version: itself or what replaces it; nothing for directories.
fn fetched(selection: &ModuleSelection, module: &ModuleVersion) -> Option<ModuleVersion> {
    if module.version.is_empty() || is_pseudo_module(&module.path) {
        return None;
    }
    let actual = selection.replacement(module).unwrap_or(module);
    (!actual.version.is_empty()).then(|| actual.clone())
}

/// By what is fetched: the paths of the build list that it stands in for.
fn replaces(selection: &ModuleSelection) -> BTreeMap<ModuleVersion, Vec<String>> {
    let mut replaces: BTreeMap<ModuleVersion, Vec<String>> = BTreeMap::new();
    for selected in selection.build_list() {
        if let Some(actual) = selected.replacement {
            let paths = replaces.entry(actual.clone()).or_default();
            paths.push(selected.module.path.clone());
        }
    }
    replaces
}

// === impl WantedFiles ===

impl WantedFiles<'_> {
    async fn file(
        &self,
        module: &ModuleVersion,
        kind: ArtifactKind,
    ) -> Result<ModuleFileList, String> {
        let file = self.fetched(module, kind).await;
        file.map_err(|why| format!("{module}: {why}"))
    }

    async fn fetched(
        &self,
        module: &ModuleVersion,
        kind: ArtifactKind,
    ) -> Result<ModuleFileList, String> {
        let artifact = Artifact {
            module: ModulePath::parse(&module.path).map_err(|error| error.to_string())?,
            version: Version::parse(&module.version).map_err(|error| error.to_string())?,
            kind,
        };
        let path = artifact.escaped_path();
        let is_zip = kind == ArtifactKind::Zip;
        let limit = if is_zip {
            MAX_ZIP_FILE
        } else {
            u64::try_from(modfile::MAX_BYTES).unwrap_or(u64::MAX)
        };
        let mut download = fetch(&path, limit, &self.checkout.upstreams).await?;
        let url = self.url(&download.source, &path);
        let mut spool = tempfile::tempfile().map_err(|error| error.to_string())?;
        let (mut digest, mut size) = (Sha256::new(), 0_u64);
        while let Some(chunk) = download.chunk().await.map_err(|error| error.to_string())? {
            digest.update(&chunk);
            size += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            spool.write_all(&chunk).map_err(|error| error.to_string())?;
        }
        let (subject, h1) = if is_zip {
            let h1 = h1_of_zip(&spool).map_err(|error| error.to_string())?;
            (HashSubject::Zip, h1.to_string())
        } else {
            let content = whole(&mut spool).map_err(|error| error.to_string())?;
            (HashSubject::GoMod, h1_of_go_mod(&content).to_string())
        };
        self.is_known(module, subject, &h1)?;
        let nar = is_zip && self.with_nar;
        Ok(ModuleFileList {
            module: module.path.clone(),
            version: module.version.clone(),
            kind: if is_zip { "zip" } else { "mod" },
            path,
            url,
            size,
            h1,
            sha256: hex(&digest.finalize()),
            replaces: self.replaces.get(module).cloned().unwrap_or_default(),
            nar: if nar {
                Some(nar_of(&spool, module)?)
            } else {
                None
            },
        })
    }

    /// Where a file is served: below the address that was given, else at the source that it came from,
    /// if its address is no more than the name of a host.
    fn url(&self, source: &SourceName, path: &str) -> Option<String> {
        if let Some(base) = &self.base {
            return Some(format!("{base}/{path}"));
        }
        let name = source.as_str();
        self.hosts.contains(name).then(|| format!("{name}/{path}"))
    }

    /// Whether it is the file that go.sum knows, if it knows one.
    fn is_known(
        &self,
        module: &ModuleVersion,
        subject: HashSubject,
        h1: &str,
    ) -> Result<(), String> {
        let known = self.sums.hashes(&module.path, &module.version, subject);
        let known: Vec<&str> = known.collect();
        if known.is_empty() || known.contains(&h1) {
            return Ok(());
        }
        Err(format!("it has {h1}, which is not what go.sum has"))
    }
}

fn whole(spool: &mut std::fs::File) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    spool.seek(SeekFrom::Start(0))?;
    io::Read::read_to_end(spool, &mut content)?;
    Ok(content)
}

/// The hash of a zip's files, as Nix writes it.
fn nar_of(zip: &std::fs::File, module: &ModuleVersion) -> Result<String, String> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let mut spool = tempfile::tempfile().map_err(|error| error.to_string())?;
    let hash = nar_sha256(zip, &format!("{module}/"), &mut spool);
    let hash = hash.map_err(|error| error.to_string())?;
    Ok(format!("sha256-{}", STANDARD.encode(hash)))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
