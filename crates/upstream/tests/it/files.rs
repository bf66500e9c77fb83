//! Directory trees as sources.

use std::{fs, path::Path};

use codes::Code;
use upstream::{Outcome, Upstreams};

use crate::kit::{absent, found, options, text, unavailable, upstreams};

const VERSIONS: &str = "example.com/!m/@v";

fn tree() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let versions = root.path().join("base dir").join(VERSIONS);
    fs::create_dir_all(&versions).unwrap();
    fs::write(versions.join("list"), "v1.0.0\n").unwrap();
    fs::write(
        versions.join("v1.0.0+incompatible.mod"),
        "module example.com/M\n",
    )
    .unwrap();
    fs::write(root.path().join("outside"), "outside").unwrap();
    root
}

fn source(root: &Path) -> Upstreams {
    let url = url::Url::from_file_path(root.join("base dir")).unwrap();
    upstreams(url.as_str(), &options())
}

async fn ask(root: &Path, path: &str) -> Outcome {
    source(root).walk(path).next().await
}

#[tokio::test]
async fn files_are_found_by_their_names() {
    let root = tree();
    let download = found(ask(root.path(), &format!("{VERSIONS}/list")).await);
    assert_eq!(download.length, Some(7));
    assert_eq!(text(download).await, "v1.0.0\n");
    let name = "v1.0.0+incompatible.mod";
    let download = found(ask(root.path(), &format!("{VERSIONS}/{name}")).await);
    assert_eq!(text(download).await, "module example.com/M\n");
    absent(
        ask(
            root.path(),
            &format!("{VERSIONS}/v1.0.0%2Bincompatible.mod"),
        )
        .await,
    );
}

#[tokio::test]
async fn a_missing_file_is_absent() {
    let root = tree();
    let long = format!("{}/@v/list", "x".repeat(300));
    for path in [
        "example.com/none/@v/list",
        "example.com/!m/@v/list/@v/list",
        long.as_str(),
    ] {
        let absence = absent(ask(root.path(), path).await);
        assert_eq!(absence.status, 404);
        assert_eq!(absence.text, format!("not found: {path}: no such file"));
        assert!(!absence.text.contains(root.path().to_str().unwrap()));
    }
}

#[tokio::test]
async fn a_tree_that_is_not_there_is_an_outage() {
    let root = tree();
    fs::remove_dir_all(root.path().join("base dir")).unwrap();
    let outage = unavailable(ask(root.path(), &format!("{VERSIONS}/list")).await);
    assert_eq!(outage.code, Code::UpstreamUnreachable);
}

#[tokio::test]
async fn nothing_outside_the_tree_is_reached() {
    let root = tree();
    for path in ["%2e%2e/outside", "..%2foutside"] {
        absent(ask(root.path(), path).await);
    }
    for path in ["../outside", "x/../../outside", "/outside"] {
        assert_eq!(
            unavailable(ask(root.path(), path).await).code,
            Code::MalformedRequest,
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_is_no_file_is_wrong_content() {
    let root = tree();
    let outage = unavailable(ask(root.path(), VERSIONS).await);
    assert_eq!(outage.code, Code::UpstreamBadContent, "{outage:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_forbidden_file_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let root = tree();
    let file = root.path().join("base dir").join(VERSIONS).join("list");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&file).is_ok() {
        println!("skipped: this user may read everything");
        return;
    }
    let outage = unavailable(ask(root.path(), &format!("{VERSIONS}/list")).await);
    assert_eq!(
        (outage.code, outage.status),
        (Code::UpstreamRefused, Some(403))
    );
}

#[tokio::test]
async fn a_large_file_comes_in_pieces_of_bounded_size() {
    let root = tree();
    let body = b"0123456789abcdef".repeat(1 << 17);
    fs::write(
        root.path()
            .join("base dir")
            .join(VERSIONS)
            .join("v1.0.0.zip"),
        &body,
    )
    .unwrap();
    let mut download = found(ask(root.path(), &format!("{VERSIONS}/v1.0.0.zip")).await);
    let mut received = Vec::new();
    while let Some(piece) = download.chunk().await.unwrap() {
        assert!(piece.len() <= 256 << 10, "{}", piece.len());
        received.extend_from_slice(&piece);
    }
    assert!(received == body);
}

#[tokio::test]
async fn a_file_that_changes_its_length_while_it_is_read_is_not_whole() {
    let root = tree();
    let file = root
        .path()
        .join("base dir")
        .join(VERSIONS)
        .join("v1.0.0.zip");
    for length in [(1 << 20) - 1, (1 << 20) + 1] {
        fs::write(&file, vec![0; 1 << 20]).unwrap();
        let download = found(ask(root.path(), &format!("{VERSIONS}/v1.0.0.zip")).await);
        fs::File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_len(length)
            .unwrap();
        let error = download.whole().await.unwrap_err();
        assert!(
            matches!(error, upstream::BodyError::Length { .. }),
            "{length}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_file_above_the_limit_is_wrong_content() {
    let root = tree();
    let outcome = source(root.path())
        .walk(&format!("{VERSIONS}/list"))
        .with_limit(6)
        .next()
        .await;
    assert_eq!(unavailable(outcome).code, Code::UpstreamBadContent);
}
