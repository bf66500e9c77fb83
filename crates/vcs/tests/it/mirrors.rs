//! Mirrors on the disk: what a killed process leaves, and how large they may be.

use crate::{
    equal_to_go::given,
    writer::{FileChange, RepositoryWriter, git},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use tokio::time::Instant;
use vcs::{ModuleRepository, Repositories, RepositoryAccess, RepositoryOptions, VcsError, VcsKind};

/// Rounds of kill -9 in each run; `DIRECT_KILLS` in the environment asks for more.
const ROUNDS: u64 = 5;

/// Names the directory in which a process of this test works, and is killed.
const WORKPLACE: &str = "DIRECT_WORKPLACE";

const MODULE: &str = "example.com/r.git";

fn options(directory: &Path) -> RepositoryOptions {
    let path = std::env::var_os("PATH").unwrap();
    let mut options = RepositoryOptions::new(directory.join("mirrors"), path);
    "file".clone_into(&mut options.protocols);
    options
}

/// A module with a large file that does not compress, in some commits of which each has a tag.
fn write_repository(directory: &Path, seed: u64, commits: u32, bytes: usize) -> String {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut writer = RepositoryWriter::default();
    let mut last = None;
    for at in 0..commits {
        let large: Vec<u8> = (0..bytes).map(|_| rng.u8(..)).collect();
        let changes = [
            FileChange::write("go.mod", format!("module {MODULE}\n")),
            FileChange::write("a.go", format!("package a // {at}\n")),
            FileChange::write(&format!("large-{at}.bin"), large),
        ];
        let commit = writer.commit("main", last, &changes);
        writer.tag(&format!("v1.{at}.0"), commit, true);
        last = Some(commit);
    }
    writer.write(directory);
    format!("file://{}", directory.display())
}

async fn h1(
    repositories: &Repositories,
    url: &str,
    version: &str,
    scratch: &Path,
) -> Result<String, VcsError> {
    let access = RepositoryAccess::default();
    let code = repositories.repository(VcsKind::Git, url, access)?;
    let module = ModuleRepository::new(&MODULE.parse().unwrap(), MODULE, "", code)?;
    let zip = module.zip(&version.parse().unwrap(), scratch).await?;
    Ok(zip.h1.to_string())
}

fn mirrors(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory.join("mirrors")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "git"))
        .collect()
}

/// Processes that were told of a directory.
fn children_in(directory: &Path) -> usize {
    let text = directory.display().to_string();
    let is_told = |entry: &fs::DirEntry| {
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let has = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(&text);
        has(&command) || String::from_utf8_lossy(&environment).contains(&format!("HOME={text}"))
    };
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes.filter(is_told).count()
}

/// What the killed process does: takes versions one after the other. Does nothing where it is not one.
#[tokio::test]
async fn a_process_that_is_there_to_be_killed() {
    let Some(directory) = std::env::var_os(WORKPLACE).map(PathBuf::from) else {
        return;
    };
    let url = fs::read_to_string(directory.join("url")).unwrap();
    let repositories = Repositories::new(options(&directory));
    for version in ["v1.3.0", "v1.0.0", "v1.1.0", "v1.2.0"] {
        let zip = h1(&repositories, &url, version, &directory).await;
        zip.unwrap();
    }
    // The history too.
    let access = RepositoryAccess::default();
    let code = repositories.repository(VcsKind::Git, &url, access).unwrap();
    let latest = code.latest().await.unwrap();
    code.tags_before(&latest, "").await.unwrap();
}

#[tokio::test]
async fn kill_9_during_a_clone_leaves_nothing_running_and_nothing_torn() {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("source");
    let url = write_repository(&source, 1, 4, 400_000);
    let clean = directory.path().join("clean");
    let mut expected = Vec::new();
    for version in ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"] {
        let repositories = Repositories::new(options(&clean));
        let zip = h1(&repositories, &url, version, directory.path()).await;
        expected.push((version, zip.unwrap()));
    }
    let rounds = given("DIRECT_KILLS").unwrap_or(ROUNDS);
    let mut rng = fastrand::Rng::with_seed(7);
    let (mut killed, mut ended) = (0, 0);
    let mut place = directory.path().join("0");
    for round in 0..rounds {
        // Some rounds go on with what the one before left.
        if round % 3 == 0 {
            place = directory.path().join(round.to_string());
            fs::create_dir_all(&place).unwrap();
            fs::write(place.join("url"), &url).unwrap();
        }
        if kill_after(&place, Duration::from_millis(rng.u64(5..400))) {
            killed += 1;
        } else {
            ended += 1;
        }
        nothing_runs(&place);
        if round % 3 == 2 || round + 1 == rounds {
            assert_whole(&place, &url, &expected).await;
        }
    }
    println!("{rounds} rounds of kill -9 during clones: {killed} killed, {ended} had ended before");
    assert!(killed > 0);
}

/// Starts a process that works in a directory and kills it; whether it was still at work.
fn kill_after(place: &Path, moment: Duration) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "mirrors::a_process_that_is_there_to_be_killed"])
        .env(WORKPLACE, place)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while start.elapsed() < moment {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "it failed on what was left: {status}");
            return false;
        }
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    true
}

/// Waits until the children of a killed process are gone.
fn nothing_runs(place: &Path) {
    let start = Instant::now();
    while children_in(&place.join("mirrors")) > 0 {
        assert!(start.elapsed() < Duration::from_secs(10), "children run on");
        std::thread::yield_now();
    }
}

async fn assert_whole(place: &Path, url: &str, expected: &[(&str, String)]) {
    let repositories = Repositories::new(options(place));
    for (version, h1_of_clean) in expected {
        let zip = h1(&repositories, url, version, place).await.unwrap();
        assert_eq!(&zip, h1_of_clean, "{version}");
    }
    for mirror in mirrors(place) {
        git(&mirror, &["fsck", "--full", "--strict", "--no-dangling"]);
        let left = git(&mirror, &["count-objects", "-v"]);
        assert!(left.contains("garbage: 0"), "{left}");
    }
    let scratch = fs::read_dir(place.join("mirrors/scratch")).unwrap();
    assert_eq!(scratch.count(), 0);
}

#[tokio::test]
async fn a_repository_that_outgrows_its_share_is_cut_and_what_came_is_removed() {
    let directory = tempfile::tempdir().unwrap();
    let url = write_repository(&directory.path().join("source"), 2, 1, 3 << 20);
    let mut small = options(directory.path());
    small.size = 2 << 20;
    let repositories = Repositories::new(small);
    let refused = h1(&repositories, &url, "v1.0.0", directory.path()).await;
    let Err(error @ VcsError::MirrorTooLarge { .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(
        error.code().map(|code| code.to_string()).as_deref(),
        Some("MK2014")
    );
    // The mirror may stay, without anything of it.
    for mirror in mirrors(directory.path()) {
        let counted = git(&mirror, &["count-objects", "-v"]);
        for none in ["count: 0", "in-pack: 0", "size-pack: 0", "garbage: 0"] {
            assert!(counted.contains(none), "{counted}");
        }
    }
}

#[tokio::test]
async fn mirrors_that_were_not_used_for_longest_give_way_to_new_ones() {
    let directory = tempfile::tempdir().unwrap();
    let mut small = options(directory.path());
    small.size = 2_500_000;
    let repositories = Repositories::new(small.clone());
    let urls: Vec<String> = (0..4)
        .map(|seed| write_repository(&directory.path().join(format!("s{seed}")), seed, 1, 700_000))
        .collect();
    let scratch = directory.path();
    let mut hashes = Vec::new();
    for url in &urls[..3] {
        hashes.push(h1(&repositories, url, "v1.0.0", scratch).await.unwrap());
        repositories.shrink().await;
    }
    assert_eq!(mirrors(scratch).len(), 3);
    // The first one is used once more, and the second one is held by somebody.
    let access = RepositoryAccess::default;
    repositories
        .repository(VcsKind::Git, &urls[0], access())
        .unwrap();
    let held = repositories
        .repository(VcsKind::Git, &urls[1], access())
        .unwrap();
    h1(&repositories, &urls[3], "v1.0.0", scratch)
        .await
        .unwrap();
    repositories.shrink().await;
    assert_eq!(mirrors(scratch).len(), 3);
    assert!(
        held.file(&held.latest().await.unwrap(), "go.mod", 100)
            .await
            .unwrap()
            .is_some()
    );
    drop(held);
    // What was removed is fetched again; a new process counts what is there.
    let again = Repositories::new(small);
    for (url, h1_before) in urls.iter().zip(&hashes) {
        assert_eq!(
            &h1(&again, url, "v1.0.0", scratch).await.unwrap(),
            h1_before
        );
        again.shrink().await;
    }
    assert!(mirrors(scratch).len() <= 3);
}
