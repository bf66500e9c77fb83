//! Imports of directories: whatever lies in them, nothing panics, every file is accounted for, nothing
//! is kept that is not there, and a second import keeps nothing new.
#![no_main]

#[path = "../harness/content.rs"]
mod content;
#[path = "../harness/input.rs"]
mod input;
#[path = "../harness/scratch.rs"]
mod scratch;

use content::{MODULES, VERSIONS, artifact};
use input::Input;
use libfuzzer_sys::fuzz_target;
use scratch::{Scratch, directory};
use std::{
    cell::RefCell,
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt as _, fs::symlink},
    path::Path,
};
use store::{
    Store,
    maintenance::{ImportOptions, ImportReport, import},
};

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::new());
}

/// Most files of a tree.
const FILES: usize = 12;

/// Lays one file, link or directory; tells whether there is something new that is no directory.
fn plant(input: &mut Input<'_>, root: &Path, directories: &mut u64) -> bool {
    let (module, version) = (input.pick(&MODULES), input.pick(&VERSIONS));
    let kind = input.pick(&[
        "info", "mod", "zip", "ziphash", "lock", "list", "tile", "raw",
    ]);
    let (path, bytes) = match kind {
        "info" | "mod" | "zip" => {
            let bytes = artifact(input, kind, module, version);
            (format!("{module}/@v/{version}.{kind}"), bytes)
        }
        "tile" => {
            let level = input.pick(&["0/000", "0/x001/000", "1/000.p/7", "data/000", "0/x9"]);
            let bytes = input.stretch().repeat(1 + usize::from(input.byte() % 33));
            (format!("sumdb/sum.example.com/tile/8/{level}"), bytes)
        }
        "raw" => (String::new(), input.stretch().to_vec()),
        helper => (
            format!("{module}/@v/{version}.{helper}"),
            input.stretch().to_vec(),
        ),
    };
    let mut path = root.join(path);
    if kind == "raw" {
        path.push(format!("{module}/@v"));
        let name: Vec<u8> = input
            .take(10)
            .iter()
            .map(|&byte| if b"/\0".contains(&byte) { b'_' } else { byte })
            .collect();
        path.push(OsStr::from_bytes(&name));
    }
    let Some(parent) = path.parent() else {
        return false;
    };
    let is_new = fs::create_dir_all(parent).is_ok() && fs::symlink_metadata(&path).is_err();
    is_new
        && match input.byte() % 16 {
            0 => symlink(input.pick(&["/dev/zero", "..", "x", "/etc/passwd"]), &path).is_ok(),
            1 => {
                // Nothing to keep; with the name of a file it is refused, and so accounted for.
                *directories += u64::from(fs::create_dir(&path).is_ok());
                false
            }
            _ => fs::write(&path, bytes).is_ok(),
        }
}

fn imported(scratch: &Scratch, store: &Store, root: &Path) -> ImportReport {
    let options = ImportOptions {
        source: "import".to_owned(),
        evidence: protocol::Evidence::Unclaimed,
    };
    let import = import(store, root, options, ingest::import_checker());
    scratch
        .runtime
        .block_on(import)
        .expect("what lies in a tree is no failure of the store")
}

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let tree = directory();
    let root = match input.byte() & 1 {
        0 => tree.path().to_owned(),
        _ => tree.path().join("cache/download"),
    };
    fs::create_dir_all(&root).expect("a directory can be made");
    let (mut planted, mut directories) = (0, 0);
    for _ in 0..FILES {
        if !input.is_empty() && plant(&mut input, &root, &mut directories) {
            planted += 1;
        }
    }
    SCRATCH.with_borrow_mut(|scratch| {
        let store = scratch.store();
        let first = imported(scratch, &store, tree.path());
        let known = first.captured + first.unchanged + first.skipped;
        let known = known + first.conflicts.count + first.refused.count;
        assert!(
            (planted..=planted + directories).contains(&known),
            "each file is accounted for: {planted} files, {directories} directories, {first:?}"
        );
        let second = imported(scratch, &store, tree.path());
        assert_eq!(second.captured, 0, "{first:?} {second:?}");
        assert_eq!(
            second.unchanged,
            first.unchanged + first.captured,
            "{first:?} {second:?}"
        );
        assert_eq!(
            second.refused.count, first.refused.count,
            "{first:?} {second:?}"
        );
    });
});
