//! Zips that are made: which files go in, and the hash of what comes out.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::zip_inputs::{MODULE, VERSION};
use gomod::zip::{FileKind, FileSelection, SourceFile, create_zip, dir, select};
use gomod::{ModulePath, Version};
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Cursor, Read};
use std::path::Path;
use testkit::oracle::{Answer, Oracle, Seed};

/// Lists of files.
const LISTS: usize = 20_000;
/// Directories on disk; each costs both sides some milliseconds.
const TREES: usize = 600;

/// A file of a list, which may lie about its size.
#[derive(Clone)]
struct Given {
    path: Vec<u8>,
    kind: FileKind,
    size: u64,
    content: Vec<u8>,
}

impl SourceFile for Given {
    fn path(&self) -> &[u8] {
        &self.path
    }
    fn kind(&self) -> FileKind {
        self.kind
    }
    fn size(&self) -> u64 {
        self.size
    }
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.content.as_slice()))
    }
}

const GO_MODS: [&str; 17] = [
    "module m\n",
    "module m\n\ngo 1.23\n",
    "module m\n\ngo 1.24\n",
    "module m\n\ngo 1.24.3\n",
    "module m\n\ngo 1.24rc2\n",
    "module m\n\ngo 1.25 // why\n",
    "module m\ngo v1.26-custom\n",
    "module m\ngo 1.3\n",
    "module m\ngo 1.24.0rc1\n",
    "module m\ngo 1.24\ngo 1.24\n",
    "module m\ngo 1.24\nunknown x\n",
    "module m\ngo 1.24\nrequire x\n",
    "module m\ngo 1.24\n(\n",
    "go 1.24\n",
    "module m\ngo (\n\t1.24\n)\n",
    "module m\ntoolchain go1.24\n",
    "module m\nreplace x => ../y\ngo 2\ngo 1.024\n",
];

const SECOND_GO_MODS: [&str; 3] = ["sub/go.mod", "pkg/GO.MOD", "a/b/go.mod"];

const PATHS: [&str; 34] = [
    "a.go",
    "A.go",
    "LICENSE",
    "license",
    "go.sum",
    "GO.MOD",
    "Go.mod",
    "vendor/modules.txt",
    "vendor/a.go",
    "vendor/x/y.go",
    "vendor/x/y/z.go",
    "pkg/vendor/vendor.go",
    "pkg/vendor/foo/foo.go",
    "pkg/sub/vendor/a.go",
    "p/vendor/a/b.go",
    "sub/a.go",
    "sub/deeper/a.go",
    "pkg/a.go",
    "a/b/c.go",
    "a/b",
    "a/bc/d.go",
    "Pkg/b.go",
    ".hg_archival.txt",
    "x/.hg_archival.txt",
    ".git/config",
    ".gitignore",
    "testdata/é.txt",
    "testdata/É.txt",
    "con.go",
    "a b.txt",
    "x\\y",
    "/abs",
    "../up",
    "un//clean",
];

fn size_of(seed: &mut Seed, content: &[u8]) -> u64 {
    let length = content.len() as u64;
    match seed.below(60) {
        0 => 500 << 20,
        1 => (16 << 20) + 1,
        2 => length.saturating_sub(1),
        3 => length + 1,
        _ => length,
    }
}

fn given(seed: &mut Seed, path: &[u8], content: &[u8]) -> Given {
    let kind = match seed.below(20) {
        0 => FileKind::Symlink,
        1 => FileKind::Directory,
        2 => FileKind::Irregular,
        _ => FileKind::Regular,
    };
    Given {
        path: path.to_vec(),
        kind,
        size: size_of(seed, content),
        content: content.to_vec(),
    }
}

fn list(seed: &mut Seed) -> Vec<Given> {
    let mut files = Vec::new();
    if seed.chance(0.8) {
        let content = seed.pick(&GO_MODS).as_bytes();
        files.push(given(seed, b"go.mod", content));
    }
    if seed.chance(0.3) {
        let path = seed.pick(&SECOND_GO_MODS).as_bytes();
        files.push(given(seed, path, b"module n\n"));
    }
    for _ in 0..seed.below(7) {
        let path = match seed.below(12) {
            0 => super::names::path(seed),
            1 => {
                let path = *seed.pick(&PATHS);
                seed.mutate(path.as_bytes())
            }
            _ => seed.pick(&PATHS[..28]).as_bytes().to_vec(),
        };
        let content = super::zip_inputs::content(seed);
        files.push(given(seed, &path, &content[..content.len().min(400)]));
    }
    let length = files.len();
    for at in 0..length {
        files.swap(at, seed.below(length));
    }
    files
}

fn question(files: &[Given]) -> Vec<Vec<u8>> {
    let mut question = vec![MODULE.into(), VERSION.into()];
    for file in files {
        let kind = match file.kind {
            FileKind::Regular => "regular",
            FileKind::Directory => "directory",
            FileKind::Symlink => "symlink",
            FileKind::Irregular => "irregular",
        };
        question.push(file.path.clone());
        question.push(kind.into());
        question.push(file.size.to_string().into_bytes());
        question.push(file.content.clone());
    }
    question
}

fn module() -> (ModulePath, Version) {
    let module = ModulePath::parse(MODULE).unwrap();
    (module, Version::parse(VERSION).unwrap())
}

/// The hash of the zip made, or nothing. The zip must pass the check, with the same hash.
fn created(files: &[impl SourceFile]) -> Vec<u8> {
    let (module, version) = module();
    let mut zip = Vec::new();
    let Ok(created) = create_zip(&mut zip, &module, &version, files) else {
        return Vec::new();
    };
    assert_eq!(created.size, zip.len() as u64);
    let checked = gomod::zip::check_zip(Cursor::new(&zip), &module, &version).unwrap();
    assert_eq!(checked.h1(), created.h1);
    let mut again = Vec::new();
    create_zip(&mut again, &module, &version, files).unwrap();
    assert_eq!(zip, again, "the same files make the same bytes");
    created.h1.to_string().into_bytes()
}

/// A path's fate as Go tells it, which knows each path once: what is said of it first counts.
fn fates(files: &[Given], selection: &FileSelection) -> BTreeSet<Vec<u8>> {
    let mut fates = BTreeSet::new();
    let mut told = BTreeSet::new();
    for (number, file) in files.iter().enumerate() {
        let omitted = selection.omitted.iter().any(|&(other, _)| other == number);
        let refused = selection.refused.iter().any(|(other, _)| *other == number);
        let mark = match (omitted, refused) {
            (false, false) => '+',
            (true, _) => '-',
            (_, true) => '!',
        };
        if mark == '+' || told.insert(&file.path) {
            fates.insert([&[mark as u8], &file.path[..]].concat());
        }
    }
    if selection.too_large {
        fates.insert(b"size".to_vec());
    }
    fates
}

/// Whether all that is refused are paths that were left out when they were listed before.
fn left_out_then_listed_again(files: &[Given], selection: &FileSelection) -> bool {
    let left_out = |path: &[u8], before: usize| {
        let mut omitted = selection.omitted.iter();
        omitted.any(|&(number, _)| number < before && files[number].path == path)
    };
    let mut refused = selection.refused.iter();
    refused.all(|&(number, _)| left_out(&files[number].path, number))
}

#[test]
fn the_same_files_of_a_list_make_a_zip_of_the_same_hash() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(41);
    let (mut made, mut collisions, mut twice, mut different) = (0, 0, 0, 0);
    let lists: Vec<Vec<Given>> = (0..LISTS).map(|_| list(&mut seed)).collect();
    let questions: Vec<_> = lists.iter().map(|list| question(list)).collect();
    for (list, go) in lists.iter().zip(oracle.ask("zip.create", &questions)) {
        let mut go = go.unwrap();
        let go_hash = go.pop().unwrap();
        let go: BTreeSet<Vec<u8>> = go.into_iter().collect();
        let selection = select(list);
        let ours = fates(list, &selection);
        let our_hash = created(list);
        made += usize::from(!our_hash.is_empty());
        // Which of two colliding files is at fault is told apart: Go's answer depends on what it
        // happened to see before. That there is a collision must be the same.
        let collided = selection.refused.iter().any(|(_, problem)| {
            use gomod::zip::ZipProblem::{CaseCollision, Duplicate, FileAndDirectory};
            matches!(
                problem,
                CaseCollision { .. } | Duplicate(_) | FileAndDirectory(_)
            )
        });
        collisions += usize::from(collided);
        let refused = |fates: &BTreeSet<Vec<u8>>| fates.iter().any(|fate| fate[0] == b'!');
        let same = if collided { refused(&go) } else { go == ours };
        // A path that is listed twice and left out the first time: Go passes over the second time
        // without a word, and without the file. We refuse the list.
        if collided && !refused(&go) && left_out_then_listed_again(list, &selection) {
            twice += 1;
            continue;
        }
        if !same || our_hash != go_hash {
            different += 1;
            if different <= 5 {
                for file in list {
                    println!("{} {:?} {}", file.path.escape_ascii(), file.kind, file.size);
                }
                for (name, fates, hash) in [("go", &go, &go_hash), ("ours", &ours, &our_hash)] {
                    let fates: Vec<_> = fates
                        .iter()
                        .map(|fate| fate.escape_ascii().to_string())
                        .collect();
                    println!("  {name} {fates:?} {}", hash.escape_ascii());
                }
            }
        }
    }
    println!(
        "oracle zip.create: {LISTS} lists ({made} made a zip; {collisions} with collisions, of which \
         only the refusal is compared; {twice} refused by us only, for a path listed twice), \
         {different} differences"
    );
    assert_eq!(different, 0);
    assert!(made > LISTS / 10 && collisions > LISTS / 100);
}

#[test]
fn the_hash_of_a_go_mod_is_that_of_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(42);
    let inputs: Vec<Vec<Vec<u8>>> = (0..LISTS)
        .map(|_| {
            let content = seed.pick(&GO_MODS).as_bytes();
            vec![seed.mutate(content)]
        })
        .collect();
    oracle.compare("zip.hashmod", &inputs, |input| {
        let h1 = gomod::sumhash::h1_of_go_mod(&input[0]);
        Ok(vec![h1.to_string().into_bytes()])
    });
}

/// Puts some of the paths below a directory; what does not fit there is left away.
fn plant(seed: &mut Seed, root: &Path) {
    for _ in 0..3 + seed.below(10) {
        let path = match seed.below(4) {
            0 => *seed.pick(&[
                "go.mod",
                "sub/go.mod",
                "pkg/go.mod/x",
                "a/GO.MOD",
                "vendor/x/go.mod",
            ]),
            1 => *seed.pick(&[
                ".git/x",
                "a/.svn/x",
                ".hg/x",
                ".git",
                "vendor/.git/a/b",
                "sub/.bzr/y",
            ]),
            _ => *seed.pick(&PATHS[..31]),
        };
        let file = root.join(path);
        let parent = file.parent().unwrap_or(root);
        if file.exists() || fs::create_dir_all(parent).is_err() {
            continue;
        }
        let content = if path == "go.mod" {
            seed.pick(&GO_MODS).as_bytes().to_vec()
        } else {
            super::zip_inputs::content(seed)
        };
        match seed.below(20) {
            0 => drop(fs::create_dir_all(&file)),
            #[cfg(unix)]
            1 | 2 => drop(std::os::unix::fs::symlink(
                *seed.pick(&["go.mod", "../x", "a"]),
                &file,
            )),
            _ => drop(fs::write(&file, content)),
        }
    }
}

/// Our answer for a directory.
fn of_directory(directory: &[u8]) -> Answer {
    let directory = std::str::from_utf8(directory).unwrap();
    let found = dir::list_files(Path::new(directory)).map_err(|error| error.to_string())?;
    match created(&found.files) {
        hash if hash.is_empty() => Err("refused".to_owned()),
        hash => Ok(vec![hash]),
    }
}

#[test]
fn the_same_directory_makes_a_zip_of_the_same_hash() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(43);
    let temporary = tempfile::tempdir().unwrap();
    let target = format!("{MODULE}@{VERSION}");
    let inputs: Vec<Vec<Vec<u8>>> = (0..TREES)
        .map(|number| {
            let root = temporary.path().join(number.to_string());
            fs::create_dir(&root).unwrap();
            plant(&mut seed, &root);
            vec![target.clone().into(), root.to_str().unwrap().into()]
        })
        .collect();
    oracle.compare("zip.createdir", &inputs, |input| of_directory(&input[1]));
}
