//! The journal's log from outside: a stranger with the public key, HTTP and the rules of
//! transparency logs, and nothing else of the product.

use std::process::Command;
use std::time::Duration;

use testkit::process;
use testkit::upstream::Kind;
use tlog::checkpoint::TreeHead;
use tlog::follow::{self, ConsistencyCheck, LogFollower};
use tlog::note::VerifierKey;
use tlog::resource::LogResource;

use crate::site::{BINARY, Site, assert_refusal, module, path};

/// More than a full tile of entries, three a module.
const MODULES: usize = 90;

/// Where the log is served.
const PREFIX: &str = "/-/journal";

/// Answers after which a checkpoint that does not grow counts as one that never will: a new one is
/// signed every second, and these take far longer.
const PATIENCE: usize = 200_000;

struct Stranger {
    key: VerifierKey,
    last: TreeHead,
    follower: LogFollower,
    entries: Vec<String>,
}

impl Stranger {
    fn new(site: &Site) -> Self {
        Self {
            key: key(site),
            last: TreeHead::empty(),
            follower: LogFollower::default(),
            entries: Vec::new(),
        }
    }

    /// Reads on until the log has so many entries, and checks all there is to check.
    #[track_caller]
    fn follow(&mut self, site: &Site, entries: usize) {
        let head = self.newest(site, entries);
        let question = ConsistencyCheck::try_new(self.last, head).unwrap();
        let tiles = question.tiles().iter();
        let tiles = tiles.map(|tile| file(site, LogResource::Tile(*tile)).into());
        let tiles = tiles.collect();
        question.check(tiles).unwrap();
        for bundle in self.follower.bundles(head.size) {
            let bytes = file(site, LogResource::Entries(bundle));
            let tile = file(site, LogResource::Tile(bundle.tile().unwrap()));
            bundle.check(&bytes, &tile).unwrap();
            for (number, entry) in self.follower.take(bundle, &bytes).unwrap() {
                assert_eq!(number, self.entries.len() as u64);
                self.entries
                    .push(String::from_utf8(entry.to_vec()).unwrap());
            }
        }
        self.follower.agrees(head).unwrap();
        self.last = head;
    }

    #[track_caller]
    fn newest(&self, site: &Site, entries: usize) -> TreeHead {
        let mut heads = (0..PATIENCE).map(|_| {
            let note = file(site, LogResource::Checkpoint);
            let head = follow::open(&note, &self.key).unwrap().head;
            assert!(head.size >= self.last.size, "a log never shrinks");
            head
        });
        let grown = heads.find(|head| head.size >= entries as u64);
        grown.expect("the checkpoint reaches what was captured")
    }
}

fn key(site: &Site) -> VerifierKey {
    let answer = site.server.get(&format!("{PREFIX}/key"));
    assert!(answer.is_whole(), "{answer:?}");
    answer.text().trim_end().parse().unwrap()
}

#[track_caller]
fn file(site: &Site, resource: LogResource) -> Vec<u8> {
    let answer = site.server.get(&format!("{PREFIX}/{resource}"));
    assert!(answer.is_whole(), "{resource}: {answer:?}");
    answer.body
}

/// A site that has kept all three artifacts of each of some modules.
fn kept(count: usize) -> Site {
    let names: Vec<_> = (0..count).map(|number| format!("m{number}")).collect();
    let modules: Vec<_> = names.iter().map(|name| module(name, 200)).collect();
    let site = Site::with(&modules);
    for name in &names {
        site.keep(&format!("example.com/{name}"), "v1.0.0");
    }
    site
}

#[test]
fn every_capture_is_an_entry_that_a_stranger_can_check() {
    let mut site = kept(MODULES);
    let mut stranger = Stranger::new(&site);
    stranger.follow(&site, MODULES * 3);
    let mut captured = Vec::new();
    for (number, entry) in stranger.entries.iter().enumerate() {
        let entry: serde_json::Value = serde_json::from_str(entry).unwrap();
        assert_eq!(entry["sequence"], number as u64 + 1);
        assert!(
            entry["at"].is_string() && entry["source"].is_string(),
            "{entry}"
        );
        if entry["kind"] == "captured" {
            captured.push(entry["path"].as_str().unwrap().to_owned());
        }
    }
    for number in 0..MODULES {
        for kind in ["info", "mod", "zip"] {
            let path = path(&format!("m{number}"), kind);
            assert!(captured.contains(&path), "{path} is not in the log");
        }
    }
    // What was signed stays the beginning of the log, whatever happens to the process.
    site.server.kill();
    site.server.start();
    assert_eq!(key(&site), stranger.key);
    stranger.follow(&site, stranger.entries.len());
    let late = module("late", 200);
    site.upstream.change(|corpus| corpus.add(&late));
    site.keep("example.com/late", "v1.0.0");
    stranger.follow(&site, stranger.entries.len() + 3);
}

#[test]
fn a_rebuilt_catalog_is_the_same_log() {
    let mut site = kept(4);
    let mut stranger = Stranger::new(&site);
    stranger.follow(&site, 12);
    assert!(site.server.stop().success());
    std::fs::remove_file(site.server.data().join("catalog.db")).unwrap();
    let mut command = Command::new(BINARY);
    command
        .args(["store", "rebuild", "--data"])
        .arg(site.server.data());
    process::run(&mut command, Duration::from_mins(1)).assert_ok();
    site.server.start();
    assert_eq!(key(&site), stranger.key);
    stranger.follow(&site, stranger.entries.len());
}

#[test]
fn an_empty_log_has_a_checkpoint_and_nothing_else() {
    let site = kept(0);
    Stranger::new(&site).follow(&site, 0);
    for path in ["tile/0/000", "tile/0/000.p/1", "tile/entries/000.p/1"] {
        let answer = site.server.get(&format!("{PREFIX}/{path}"));
        assert_refusal(&answer, 404, "MK1007");
    }
    for path in ["tile/0/0", "tile/8/0/000", "tile/entries/000.p/256"] {
        let answer = site.server.get(&format!("{PREFIX}/{path}"));
        assert_refusal(&answer, 400, "MK1001");
    }
    assert_eq!(site.upstream.count(Kind::Zip), 0);
    site.upstream.assert_untouched();
}
