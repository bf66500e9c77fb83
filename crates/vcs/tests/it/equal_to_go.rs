//! Straight beside through: what `go` itself makes of a repository, and what is made of it here.
//!
//! `go` runs with `GOPROXY=direct` and a git that finds the repositories on this disk. Every module path that a
//! repository may have is asked for every name that it has: versions, go.mod, hash of the zip and time have to be
//! equal, and what `go` refuses has to be an absence here.

use crate::sample::SampleRepository;
use serde_json::Value;
use std::{collections::BTreeMap, path::Path, sync::Arc};
use testkit::go::Go;
use vcs::{
    CodeRepository, ModuleRepository, Repositories, RepositoryAccess, RepositoryOptions, VcsKind,
};

/// Seeds that a run takes; `DIRECT_REPOSITORIES` in the environment asks for more, and `DIRECT_FIRST` says with
/// which one they begin.
const SEEDS: u64 = 3;

/// How many names `go` is asked for by one command.
const BATCH: usize = 60;

/// What became of one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum QueryOutcome {
    Found {
        version: String,
        time: String,
        go_mod: String,
        h1: String,
    },
    Absent,
}

fn go(repositories: &Path) -> Go {
    let go = Go::new("direct");
    let config = go.home().join("gitconfig");
    let text = format!(
        "[url \"file://{}/\"]\n\tinsteadOf = https://example.com/\n[safe]\n\tdirectory = *\n",
        repositories.display()
    );
    std::fs::write(&config, text).unwrap();
    go.env("GIT_CONFIG_GLOBAL", &config.display().to_string())
}

/// Asks `go` for each `module@query`.
pub(crate) fn ask_go(
    go: &Go,
    questions: &[(String, String)],
) -> BTreeMap<(String, String), QueryOutcome> {
    let mut told = BTreeMap::new();
    for batch in questions.chunks(BATCH) {
        let names: Vec<String> = batch
            .iter()
            .map(|(module, query)| format!("{module}@{query}"))
            .collect();
        let mut arguments = vec!["mod", "download", "-json"];
        arguments.extend(names.iter().map(String::as_str));
        let output = go.run(&arguments, go.home());
        let objects = serde_json::Deserializer::from_str(&output.stdout).into_iter::<Value>();
        let mut answers = 0;
        for object in objects {
            let object = object.unwrap();
            let text = |key: &str| object[key].as_str().unwrap_or_default().to_owned();
            let query = object["Query"]
                .as_str()
                .or(object["Version"].as_str())
                .unwrap()
                .to_owned();
            let answer = if object["Error"].is_string() {
                QueryOutcome::Absent
            } else {
                let info = std::fs::read(text("Info")).unwrap();
                let info: Value = serde_json::from_slice(&info).unwrap();
                QueryOutcome::Found {
                    version: text("Version"),
                    time: info["Time"].as_str().unwrap().to_owned(),
                    go_mod: std::fs::read_to_string(text("GoMod")).unwrap(),
                    h1: text("Sum"),
                }
            };
            answers += 1;
            told.insert((text("Path"), query), answer);
        }
        assert_eq!(answers, batch.len(), "{}", output.stderr);
    }
    told
}

/// The same of the repository, whose module path is `root`.
pub(crate) async fn ask_us(
    code: Arc<dyn CodeRepository>,
    root: &str,
    module: &str,
    query: &str,
    scratch: &Path,
) -> Result<QueryOutcome, String> {
    let path = module.parse().unwrap();
    let module = match ModuleRepository::new(&path, root, "", code) {
        Err(error) if error.is_absence() => return Ok(QueryOutcome::Absent),
        module => module.map_err(|error| error.to_string())?,
    };
    let info = match query {
        "latest" => module.latest().await,
        query => module.info(query).await,
    };
    let info = match info {
        Err(error) if error.is_absence() => return Ok(QueryOutcome::Absent),
        info => info.map_err(|error| error.to_string())?,
    };
    let info: Value = serde_json::from_str(&info).unwrap();
    let version = info["Version"].as_str().unwrap().to_owned();
    let parsed = version.parse().unwrap();
    // A version that Go's rules give to a commit may be one that they refuse when it is asked for.
    let go_mod = match module.go_mod(&parsed).await {
        Err(error) if error.is_absence() => return Ok(QueryOutcome::Absent),
        go_mod => go_mod.map_err(|error| error.to_string())?,
    };
    let zip = module.zip(&parsed, scratch).await;
    let zip = zip.map_err(|error| error.to_string())?;
    Ok(QueryOutcome::Found {
        version,
        time: info["Time"].as_str().unwrap().to_owned(),
        go_mod: String::from_utf8(go_mod).unwrap(),
        h1: zip.h1.to_string(),
    })
}

fn code_of(repositories: &Repositories, sample: &SampleRepository) -> Arc<dyn CodeRepository> {
    let url = format!("file://{}", sample.directory.display());
    let access = RepositoryAccess::default();
    repositories.repository(VcsKind::Git, &url, access).unwrap()
}

/// A number in the environment.
pub(crate) fn given(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test]
async fn what_go_makes_of_a_repository_is_made_of_it_here() {
    let (first, seeds) = (
        given("DIRECT_FIRST").unwrap_or(0),
        given("DIRECT_REPOSITORIES").unwrap_or(SEEDS),
    );
    let directory = tempfile::tempdir().unwrap();
    let repositories = directory.path().join("repositories");
    let scratch = directory.path().join("scratch");
    std::fs::create_dir_all(&repositories).unwrap();
    std::fs::create_dir_all(&scratch).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let mut options = RepositoryOptions::new(directory.path().join("mirrors"), path);
    "file".clone_into(&mut options.protocols);
    let ours = Repositories::new(options);
    let go = go(&repositories);
    let (mut equal, mut found, mut accepted, mut wrong) = (0, 0, 0, Vec::new());
    for seed in first..first + seeds {
        let sample = SampleRepository::make(seed, &repositories);
        let modules = sample.modules.iter();
        let questions: Vec<(String, String)> = modules
            .flat_map(|module| {
                sample
                    .queries
                    .iter()
                    .map(move |query| (module.clone(), query.clone()))
            })
            .collect();
        let told = ask_go(&go, &questions);
        for ((module, query), theirs) in told {
            let code = code_of(&ours, &sample);
            let ours = ask_us(code, &sample.root, &module, &query, &scratch).await;
            if ours.as_ref() == Ok(&theirs) {
                equal += 1;
                found += usize::from(theirs != QueryOutcome::Absent);
            } else if is_accepted(&go, &module, &theirs, &ours) {
                accepted += 1;
            } else {
                wrong.push(format!(
                    "{module}@{query}\n  go:   {theirs:?}\n  here: {ours:?}"
                ));
            }
        }
        for module in &sample.modules {
            compare_lists(&go, &ours, &sample, module, &mut wrong).await;
        }
    }
    println!(
        "{seeds} repositories, {equal} questions with equal answers, {found} of them with a zip; \
         {accepted} with another pseudo-version of the same commit that go accepts"
    );
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
    assert!(found > 0);
}

/// Whether what was answered here is another pseudo-version of the same commit, and is as it is for `go` when that is
/// asked for it. What `go` calls a commit by depends on how much of its history it happens to have: without it, a tag
/// of the commit itself that is no version counts before a higher one of an ancestor.
fn is_accepted(
    go: &Go,
    module: &str,
    theirs: &QueryOutcome,
    ours: &Result<QueryOutcome, String>,
) -> bool {
    let (QueryOutcome::Found { version: other, .. }, Ok(QueryOutcome::Found { version, .. })) =
        (theirs, ours)
    else {
        return false;
    };
    let commit = |version: &str| {
        let pseudo = gomod::pseudo::PseudoVersion::parse(version.trim_end_matches("+incompatible"));
        pseudo.map(|pseudo| pseudo.revision().to_owned()).ok()
    };
    let question = (module.to_owned(), version.clone());
    commit(version).is_some()
        && commit(version) == commit(other)
        && ask_go(go, std::slice::from_ref(&question)).get(&question) == ours.as_ref().ok()
}

async fn compare_lists(
    go: &Go,
    repositories: &Repositories,
    sample: &SampleRepository,
    module: &str,
    wrong: &mut Vec<String>,
) {
    let listed = go.versions(module);
    let code = code_of(repositories, sample);
    let path = module.parse().unwrap();
    let ours = match ModuleRepository::new(&path, &sample.root, "", code) {
        Ok(module) => module.versions().await.unwrap(),
        Err(_) => Vec::new(),
    };
    let theirs: Vec<String> = listed
        .stdout
        .split_whitespace()
        .skip(1)
        .map(str::to_owned)
        .collect();
    // `go` leaves out of the list what is retracted.
    let ours_kept: Vec<&String> = ours
        .iter()
        .filter(|version| theirs.contains(version) || *version != "v1.1.0")
        .collect();
    if listed.ok() && ours_kept != theirs.iter().collect::<Vec<_>>() {
        wrong.push(format!(
            "{module} list\n  go:   {theirs:?}\n  here: {ours:?}"
        ));
    }
}
