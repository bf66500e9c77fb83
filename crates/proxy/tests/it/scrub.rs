//! Rot is found, healed where somebody has the bytes, and put aside where nobody has.

mod damage;
mod requests;
mod unhealable;

use crate::site::{Site, go_mod, info, zip};
use std::{
    fs,
    future::{Future, poll_fn},
    path::Path,
    task::Poll,
};
use store::Decision;
use testkit::{
    fixture::{Corpus, Module},
    upstream::FakeUpstream,
};

const A: &str = "example.com/a";
const B: &str = "example.com/b";
const V1: &str = "v1.0.0";

fn module(path: &str) -> Module {
    Module::new(path, V1).noise(path.len() as u64, 300_000)
}

fn upstream() -> FakeUpstream {
    FakeUpstream::start(Corpus::new().with(&module(A)).with(&module(B)))
}

fn path(module: &str, kind: &str) -> String {
    format!("{module}/@v/{V1}.{kind}")
}

/// A site that keeps everything of both modules; the upstream forgets that it was asked.
async fn kept(upstream: &FakeUpstream) -> Site {
    let site = Site::over(upstream).await;
    for name in [A, B] {
        site.bytes(info(name, V1)).await;
        site.bytes(go_mod(name, V1)).await;
        site.bytes(zip(name, V1)).await;
    }
    site.proxy.settled().await;
    upstream.forget();
    site
}

/// Turns a bit under an unchanged time: nothing but the bytes tells.
fn rot(file: &Path) {
    let modified = fs::metadata(file).unwrap().modified().unwrap();
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    replace(file, &bytes);
    let file = fs::File::options().append(true).open(file).unwrap();
    file.set_modified(modified).unwrap();
}

fn replace(file: &Path, bytes: &[u8]) {
    fs::remove_file(file).unwrap();
    fs::write(file, bytes).unwrap();
}

/// Runs a future for a number of polls and drops it, as if the process had ended there.
async fn killed_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut polled = 0;
    poll_fn(move |cx| {
        polled += 1;
        if polled > polls {
            return Poll::Ready(None);
        }
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

async fn decisions(site: &Site) -> Vec<Decision> {
    let entries = site.store.journal(0, 10_000).await.unwrap();
    entries.into_iter().map(|entry| entry.decision).collect()
}

/// The details of events of a kind.
async fn events(site: &Site, kind: &str) -> Vec<String> {
    let events = decisions(site).await.into_iter();
    let details = events.filter_map(|decision| match decision {
        Decision::Event { event, detail, .. } if event == kind => Some(detail),
        _ => None,
    });
    details.collect()
}
