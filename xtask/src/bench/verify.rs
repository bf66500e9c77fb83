//! Bodies are hashed: before and after every load, and after every download.

use anyhow::{Result, ensure};
use std::{collections::BTreeSet, fs, path::Path};
use testkit::client::Answer;

use super::{
    corpus::{Corpus, Expected},
    server::Server,
};

/// Asks for a path and refuses anything but the corpus' own bytes.
pub(crate) fn fetch(server: &Server, corpus: &Corpus, path: &str) -> Result<()> {
    check(&server.get(path)?, corpus, path, server.contender.name())
}

/// Refuses an answer that is not whole, or not the corpus' own bytes. The lines of a list may
/// come in any order (the protocol leaves it open, and some servers sort).
pub(crate) fn check(answer: &Answer, corpus: &Corpus, path: &str, who: &str) -> Result<()> {
    ensure!(
        answer.status == 200,
        "{who}: {path}: status {}: {}",
        answer.status,
        answer.text()
    );
    ensure!(answer.complete, "{who}: {path}: torn");
    if path.ends_with("/list") {
        let kept = fs::read(corpus.files.join(path.trim_start_matches('/')))?;
        ensure!(
            lines(&answer.body) == lines(&kept),
            "{who}: {path}: another list"
        );
        return Ok(());
    }
    let right = Expected::of(&answer.body) == corpus.expected(path)?;
    ensure!(right, "{who}: {path}: other bytes");
    Ok(())
}

fn lines(list: &[u8]) -> BTreeSet<&[u8]> {
    let lines = list.split(|&byte| byte == b'\n');
    lines.filter(|line| !line.is_empty()).collect()
}

/// Compares every artifact in a client's module cache with the corpus, and says how many there
/// are.
pub(crate) fn module_cache(cache: &Path, corpus: &Corpus, who: &str) -> Result<usize> {
    let fetched = Corpus {
        files: cache.join("cache/download"),
        project: corpus.project.clone(),
    };
    let mut count = 0;
    for path in fetched.paths()? {
        // The client writes its lists itself.
        if !path.ends_with("/list") {
            let right = fetched.expected(&path)? == corpus.expected(&path)?;
            ensure!(right, "{who}: {path}: other bytes");
            count += 1;
        }
    }
    Ok(count)
}
