//! Licence: which licence a file is, by words that only that licence has.
//!
//! Texts are compared without case, punctuation and line breaks, because copies differ in these and
//! in nothing that matters. A licence is recognised by phrases, and only if none is there that
//! belongs to another: a file that mixes two is both or neither, never the more convenient one. An
//! `SPDX-License-Identifier:` line is believed where nothing else is there. What is not recognised
//! is said to be so; nobody guesses a lawyer's answer.

mod marks;

use crate::allowed::ModuleLicences;
use gomod::{
    ModulePath, Version,
    zip::{ZipError, pick_files},
};
use marks::MARKS;
use serde::Serialize;
use std::io::{Read, Seek};

/// The largest licence file that is looked at, in bytes. All licences together stay below it.
pub const MAX_BYTES: usize = 256 << 10;

/// A licence and the file that says so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RecognisedLicence {
    /// SPDX identifier.
    pub id: String,
    /// The file in the module.
    pub file: String,
}

/// Whether a file at the root of a module may hold its licence, by its name.
pub fn is_licence_file(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let stem = name.split(['.', '-', '_']).next().unwrap_or_default();
    let is_code = std::path::Path::new(&name)
        .extension()
        .is_some_and(|extension| extension == "go");
    !is_code
        && !name.contains('/')
        && matches!(stem, "license" | "licence" | "copying" | "unlicense")
}

/// The licences of a module, by the files in its zip's root.
///
/// # Errors
///
/// When the zip is none, or a licence file in it is damaged.
pub fn of_zip<R: Read + Seek>(
    zip: R,
    module: &ModulePath,
    version: &Version,
) -> Result<ModuleLicences, ZipError> {
    let (mut licences, mut unrecognised) = (Vec::new(), Vec::new());
    let limit = MAX_BYTES as u64;
    pick_files(
        zip,
        module,
        version,
        |file| file.size <= limit && is_licence_file(file.path),
        |path, text| match recognise(path, text) {
            found if found.is_empty() => unrecognised.push(path.to_owned()),
            found => licences.extend(found),
        },
    )?;
    Ok(if licences.is_empty() {
        ModuleLicences::Unrecognised(unrecognised)
    } else {
        ModuleLicences::Licences(licences)
    })
}

/// The licences of a file.
pub fn recognise(file: &str, text: &[u8]) -> Vec<RecognisedLicence> {
    let text = text.get(..MAX_BYTES).unwrap_or(text);
    let text = String::from_utf8_lossy(text);
    let words = words(&text);
    let has = |phrase: &&str| words.contains(*phrase);
    let marked = MARKS
        .iter()
        .filter(|mark| mark.all.iter().all(has) && !mark.none.iter().any(has));
    let mut found: Vec<RecognisedLicence> = marked.map(|mark| licence(mark.id, file)).collect();
    if found.is_empty() {
        found.extend(spdx_identifier(&text).map(|id| licence(id, file)));
    }
    found
}

fn licence(id: &str, file: &str) -> RecognisedLicence {
    RecognisedLicence {
        id: id.to_owned(),
        file: file.to_owned(),
    }
}

/// The words of a text in lower case, one space between any two and around all.
fn words(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        if !word.is_empty() {
            words.push(' ');
            words.extend(word.chars().flat_map(char::to_lowercase));
        }
    }
    words.push(' ');
    words
}

/// What an SPDX line says, if it is one identifier.
fn spdx_identifier(text: &str) -> Option<&str> {
    let line = text
        .lines()
        .find_map(|line| line.split_once("SPDX-License-Identifier:"));
    let id = line?.1.trim();
    let is_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    (!id.is_empty() && id.len() <= 64 && id.chars().all(is_id)).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::{is_licence_file, recognise};

    fn ids(text: &str) -> Vec<String> {
        let found = recognise("LICENSE", text.as_bytes());
        found.into_iter().map(|licence| licence.id).collect()
    }

    const BSD: &str = "Redistribution and use in source and binary forms, with or without\n\
        modification, are permitted:\n * Redistributions in binary form must reproduce the above\n\
        copyright notice.\n";

    #[test]
    fn line_breaks_case_and_punctuation_do_not_matter() {
        let mit = "PERMISSION is hereby\n// granted, free of charge, to any person   obtaining a\n\
            copy ... The above copyright notice and this permission notice shall be included";
        assert_eq!(ids(mit), ["MIT"]);
    }

    #[test]
    fn a_clause_more_is_another_licence() {
        assert_eq!(ids(BSD), ["BSD-2-Clause"]);
        let three = format!(
            "{BSD} * Neither the name may be used to endorse or promote products derived from this software"
        );
        assert_eq!(ids(&three), ["BSD-3-Clause"]);
        let four = format!("{three} 3. All advertising materials mentioning features");
        assert_eq!(ids(&four), ["BSD-4-Clause"]);
    }

    #[test]
    fn an_identifier_is_believed_where_there_is_no_text() {
        assert_eq!(
            ids("// SPDX-License-Identifier: BlueOak-1.0.0\n"),
            ["BlueOak-1.0.0"]
        );
        assert_eq!(ids("SPDX-License-Identifier: a or b"), [""; 0]);
        assert_eq!(ids("all rights reserved"), [""; 0]);
    }

    #[test]
    fn notices_that_stand_in_for_a_text_are_known() {
        let apache = "Licensed under the Apache License, Version 2.0 (the \"License\"); you may not use this \
            file except in compliance with the License.";
        assert_eq!(ids(apache), ["Apache-2.0"]);
        let waived = "To the extent possible under law, the author has waived all copyright and related rights.";
        assert_eq!(ids(waived), ["CC0-1.0"]);
        let names = format!(
            "{BSD} The names of its contributors may not be used to endorse or promote products derived from this software"
        );
        assert_eq!(ids(&names), ["BSD-3-Clause"]);
    }

    #[test]
    fn licence_files_are_known_by_their_names() {
        for name in [
            "LICENSE",
            "licence.md",
            "COPYING.LESSER",
            "LICENSE-MIT",
            "UNLICENSE",
        ] {
            assert!(is_licence_file(name), "{name}");
        }
        for name in ["license.go", "licenses/x", "README.md", "sublicense"] {
            assert!(!is_licence_file(name), "{name}");
        }
    }
}
