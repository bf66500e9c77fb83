//! Names of files: letters, folding, paths.

use gomod::{unicode, zip::names};
use testkit::oracle::{Oracle, Seed};

/// Inputs to each area.
const INPUTS: usize = 20_000;

/// Every character, a page of 256 to an input.
fn all_characters() -> Vec<Vec<Vec<u8>>> {
    let pages = (0..=0x10_ffff_u32).collect::<Vec<u32>>();
    pages
        .chunks(256)
        .map(|page| {
            let text: String = page.iter().copied().filter_map(char::from_u32).collect();
            vec![text.into_bytes()]
        })
        .collect()
}

#[test]
fn letters_and_folding_are_those_of_go_for_every_character() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let edition = oracle.ask("zip.edition", &[vec![]]).remove(0).unwrap();
    assert_eq!(
        edition,
        [unicode::EDITION.as_bytes()],
        "another edition of Unicode: run oracle/tables anew"
    );
    let pages = all_characters();
    oracle.compare("zip.letters", &pages, |input| {
        let text = std::str::from_utf8(&input[0]).unwrap().chars();
        let kept: String = text.filter(|&letter| unicode::is_letter(letter)).collect();
        Ok(vec![kept.into_bytes()])
    });
    oracle.compare("zip.folds", &pages, |input| {
        let text = std::str::from_utf8(&input[0]).unwrap().chars();
        let folded: String = text.map(unicode::fold).collect();
        Ok(vec![folded.into_bytes()])
    });
}

/// Elements that stand near a border of the rules.
pub(super) const ELEMENTS: [&str; 44] = [
    "a",
    "A",
    "go.mod",
    "GO.MOD",
    "go.Mod",
    "LICENSE",
    "License",
    "vendor",
    "Vendor",
    "con",
    "CON.txt",
    "conx",
    "com1",
    "COM0",
    "lpt9.a.b",
    "nul",
    "aux.",
    ".",
    "..",
    "...",
    "",
    ".git",
    ".hg_archival.txt",
    "modules.txt",
    "a b",
    "a~1",
    "é",
    "É",
    "ſ",
    "S",
    "K",
    "\u{212a}",
    "日本",
    "٣",
    "a\\b",
    "a:b",
    "a\0",
    "a\n",
    "x.go",
    "X.go",
    "ß",
    "µ",
    "{}",
    "_go.mod",
];

/// A path of one to five such elements, now and then damaged.
pub(super) fn path(seed: &mut Seed) -> Vec<u8> {
    let count = 1 + seed.below(4);
    let elements: Vec<&str> = (0..count).map(|_| *seed.pick(&ELEMENTS)).collect();
    let path = elements.join("/").into_bytes();
    if seed.chance(0.3) {
        seed.mutate(&path)
    } else {
        path
    }
}

#[test]
fn file_paths_are_allowed_as_go_allows_them() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(21);
    let inputs: Vec<Vec<Vec<u8>>> = (0..INPUTS).map(|_| vec![path(&mut seed)]).collect();
    oracle.compare(
        "zip.filepath",
        &inputs,
        |input| match names::check_file_path(&input[0]) {
            Ok(_) => Ok(vec![]),
            Err(error) => Err(error.to_string()),
        },
    );
    oracle.compare("zip.clean", &inputs, |input| {
        if names::is_clean(&input[0]) {
            Ok(vec![])
        } else {
            Err("not clean".to_owned())
        }
    });
}
