//! Source: either layout, from a zip or a directory, and nothing that is half there.

use crate::support::{entry, file, real_zip, write_files, zip};
use serde_json::json;
use vulndb::{DatabaseSource, FeedFile, SourceError, SourceOrigin, SourceProblem, unpack};

fn read(files: Vec<FeedFile>) -> Result<DatabaseSource, SourceError> {
    DatabaseSource::from_files("test", SourceOrigin::Public, files)
}

fn indexed() -> Vec<FeedFile> {
    let entry = entry("GO-1", "example.com/a", &[("introduced", "0")]);
    let listed = json!([{"id": "GO-1", "modified": entry["modified"]}]);
    let file = |name: &str, value: &serde_json::Value| FeedFile {
        name: name.to_owned(),
        bytes: value.to_string().into_bytes(),
    };
    vec![
        file(
            "index/db.json",
            &json!({"modified": "2026-06-01T00:00:00Z"}),
        ),
        file("index/vulns.json", &listed),
        file("index/modules.json", &json!([])),
        file("ID/GO-1.json", &entry),
    ]
}

#[test]
fn the_real_database_reads_whole() {
    let Some(zip) = real_zip() else { return };
    let from_zip = DatabaseSource::from_zip("go", SourceOrigin::Public, &zip).unwrap();
    assert_eq!(from_zip.len(), 4_291);
    assert_eq!(
        from_zip.modified().unwrap().to_string(),
        "2026-08-21T20:38:00Z"
    );
    let directory = tempfile::tempdir().unwrap();
    write_files(directory.path(), &unpack(&zip).unwrap());
    let read =
        DatabaseSource::from_directory("go", SourceOrigin::Public, directory.path()).unwrap();
    assert_eq!(read.len(), from_zip.len());
    assert_eq!(read.modified(), from_zip.modified());
}

#[test]
fn a_flat_source_is_as_old_as_its_newest_entry() {
    let mut older = entry("GO-1", "example.com/a", &[("introduced", "0")]);
    older["modified"] = json!("2020-01-01T00:00:00Z");
    let newer = entry("GO-2", "example.com/a", &[("introduced", "0")]);
    let source = read(vec![file(&older), file(&newer)]).unwrap();
    assert_eq!(
        source.modified().unwrap().to_string(),
        "2026-05-20T16:03:47Z"
    );
}

#[test]
fn an_indexed_source_is_as_old_as_it_says() {
    let source = read(indexed()).unwrap();
    assert_eq!(
        source.modified().unwrap().to_string(),
        "2026-06-01T00:00:00Z"
    );
    assert_eq!(source.len(), 1);
}

#[test]
fn half_a_copy_is_noticed() {
    let mut missing = indexed();
    missing.pop();
    assert!(matches!(
        read(missing).unwrap_err().problem,
        SourceProblem::Missing(_)
    ));
    let mut unlisted = indexed();
    unlisted[1].bytes = b"[]".to_vec();
    assert_eq!(read(unlisted).unwrap_err().problem, SourceProblem::Unlisted);
    let mut without_list = indexed();
    without_list.remove(1);
    assert_eq!(
        read(without_list).unwrap_err().problem,
        SourceProblem::Unlisted
    );
    let mut older = indexed();
    older[1].bytes = br#"[{"id":"GO-1","modified":"2020-01-01T00:00:00Z"}]"#.to_vec();
    assert!(matches!(
        read(older).unwrap_err().problem,
        SourceProblem::Missing(_)
    ));
}

#[test]
fn what_belongs_to_no_layout_is_refused() {
    let good = entry("GO-1", "example.com/a", &[("introduced", "0")]);
    let named = |name: &str| FeedFile {
        name: name.to_owned(),
        ..file(&good)
    };
    let problem = |name: &str| read(vec![named(name)]).unwrap_err().problem;
    assert!(matches!(problem("GO-2.json"), SourceProblem::Misnamed(_)));
    for stray in ["README.md", "osv/GO-1.json", "GO-1"] {
        assert_eq!(problem(stray), SourceProblem::Stray, "{stray}");
    }
    assert_eq!(read(Vec::new()).unwrap_err().problem, SourceProblem::Empty);
}

#[test]
fn an_empty_directory_of_ones_own_is_fine() {
    let directory = tempfile::tempdir().unwrap();
    let own =
        DatabaseSource::from_directory("own", SourceOrigin::Private, directory.path()).unwrap();
    assert!(own.is_empty());
    let public = DatabaseSource::from_directory("osv", SourceOrigin::Public, directory.path());
    assert_eq!(public.unwrap_err().problem, SourceProblem::Empty);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("GO-1.json");
    let made = std::process::Command::new("mkfifo").arg(pipe).status();
    assert!(made.unwrap().success());
    let read = DatabaseSource::from_directory("own", SourceOrigin::Private, directory.path());
    assert_eq!(read.unwrap_err().problem, SourceProblem::Stray);
}

#[test]
fn what_is_hidden_in_a_directory_is_left_aside() {
    let directory = tempfile::tempdir().unwrap();
    let one = entry("GO-1", "example.com/a", &[("introduced", "0")]);
    let hidden = [".gitignore", ".git/config", ".git/refs/heads/main"].map(|name| FeedFile {
        name: name.to_owned(),
        bytes: b"no entry".to_vec(),
    });
    write_files(directory.path(), &hidden);
    write_files(directory.path(), &[file(&one)]);
    let read = DatabaseSource::from_directory("own", SourceOrigin::Private, directory.path());
    assert_eq!(read.unwrap().len(), 1);
}

#[test]
fn a_refusal_names_the_file_and_the_place() {
    let bytes = b"{\n \"id\": \"GO-1\",\n \"modified\": 5\n}".to_vec();
    let name = "GO-1.json".to_owned();
    let error = read(vec![FeedFile { name, bytes }]).unwrap_err();
    assert!(
        error.to_string().starts_with("GO-1.json: 3:14: "),
        "{error}"
    );
}

#[test]
fn an_ecosystem_zip_of_osv_reads() {
    let one = entry(
        "GHSA-aaaa-bbbb-cccc",
        "example.com/a",
        &[("introduced", "0")],
    );
    let file = file(&one);
    let zip = zip([(&*file.name, &*file.bytes)]);
    assert_eq!(
        DatabaseSource::from_zip("osv", SourceOrigin::Public, &zip)
            .unwrap()
            .len(),
        1
    );
}
