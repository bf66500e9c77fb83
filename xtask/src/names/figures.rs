//! The figures of all crates together, the table that shows them, and the ratchet that holds them.

use super::{circles::CrateModules, words};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One type that the figures were made of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TypeName {
    pub(crate) name: String,
    pub(crate) crate_name: String,
    pub(crate) file: String,
    pub(crate) line: usize,
}

/// The struct whose methods lie in the most blocks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WidestStruct {
    pub(crate) name: String,
    pub(crate) crate_name: String,
    pub(crate) blocks: usize,
    pub(crate) methods: usize,
    pub(crate) fields: usize,
}

/// What was measured.
#[derive(Debug, Default)]
pub(crate) struct NameFigures {
    pub(crate) types: Vec<TypeName>,
    pub(crate) widest: WidestStruct,
    /// Crate and files, one entry a circle.
    pub(crate) circles: Vec<(String, Vec<String>)>,
    pub(crate) lines: usize,
}

/// The numbers that may not get worse. Shares are per mille of all types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ratchet {
    one_word: usize,
    not_unique: usize,
    participles: usize,
    method_blocks: usize,
    fields: usize,
    files_in_circles: usize,
}

impl NameFigures {
    /// Adds the modules of a crate.
    pub(crate) fn add(&mut self, crate_name: &str, modules: &CrateModules, lines: usize) {
        let mut methods: BTreeMap<&str, WidestStruct> = BTreeMap::new();
        for (file, source) in modules.all() {
            self.types
                .extend(source.types.iter().map(|declared| TypeName {
                    name: declared.name.clone(),
                    crate_name: crate_name.to_owned(),
                    file: file.to_owned(),
                    line: declared.line,
                }));
            for block in &source.blocks {
                let of = methods.entry(&block.of).or_default();
                of.blocks += 1;
                of.methods += block.methods;
            }
        }
        for (_, source) in modules.all() {
            for declared in &source.types {
                if let Some(of) = methods.get_mut(&*declared.name) {
                    of.fields = of.fields.max(declared.fields);
                }
            }
        }
        for (name, of) in methods {
            if (of.blocks, of.methods) > (self.widest.blocks, self.widest.methods) {
                self.widest = WidestStruct {
                    name: name.to_owned(),
                    crate_name: crate_name.to_owned(),
                    ..of
                };
            }
        }
        let circles = modules.circles().into_iter();
        self.circles
            .extend(circles.map(|files| (crate_name.to_owned(), files)));
        self.lines += lines;
    }

    /// Types whose name is one word.
    pub(crate) fn one_word(&self) -> Vec<&TypeName> {
        let types = self.types.iter();
        types.filter(|of| words::is_one_word(&of.name)).collect()
    }

    /// Types whose last word is a participle.
    pub(crate) fn participles(&self) -> Vec<&TypeName> {
        let types = self.types.iter();
        types.filter(|of| words::is_participle(&of.name)).collect()
    }

    /// Types that share their name with another one of the workspace.
    pub(crate) fn not_unique(&self) -> Vec<&TypeName> {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for of in &self.types {
            *count.entry(&of.name).or_default() += 1;
        }
        let types = self.types.iter();
        types.filter(|of| count.get(&*of.name) > Some(&1)).collect()
    }

    fn per_mille(&self, part: usize) -> usize {
        (part * 1000).div_ceil(self.types.len().max(1))
    }

    fn files_in_circles(&self) -> usize {
        self.circles.iter().map(|(_, files)| files.len()).sum()
    }

    /// The numbers as they are.
    pub(crate) fn ratchet(&self) -> Ratchet {
        Ratchet {
            one_word: self.per_mille(self.one_word().len()),
            not_unique: self.per_mille(self.not_unique().len()),
            participles: self.participles().len(),
            method_blocks: self.widest.blocks,
            fields: self.widest.fields,
            files_in_circles: self.files_in_circles(),
        }
    }

    /// Rows of name and value, as the decision page has them.
    pub(crate) fn rows(&self) -> Vec<(&'static str, String)> {
        let share = |part: usize| {
            let share = self.per_mille(part);
            format!("{part} ({}.{} %)", share / 10, share % 10)
        };
        let widest = &self.widest;
        let largest = self.circles.iter().map(|(_, files)| files.len()).max();
        vec![
            ("type names", self.types.len().to_string()),
            ("of one word", share(self.one_word().len())),
            ("not unique", share(self.not_unique().len())),
            ("participles", self.participles().len().to_string()),
            (
                "struct with the most method blocks",
                format!(
                    "{}::{}: {} blocks, {} methods, {} fields",
                    widest.crate_name, widest.name, widest.blocks, widest.methods, widest.fields
                ),
            ),
            (
                "files in import circles",
                format!(
                    "{} in {} circles, the largest of {}",
                    self.files_in_circles(),
                    self.circles.len(),
                    largest.unwrap_or_default()
                ),
            ),
            ("product lines", self.lines.to_string()),
        ]
    }
}

impl Ratchet {
    /// What got worse than it was held at: one line each.
    pub(crate) fn worse(&self, now: &Self) -> Vec<String> {
        let pairs = [
            (
                "type names of one word, per mille",
                self.one_word,
                now.one_word,
            ),
            (
                "type names not unique, per mille",
                self.not_unique,
                now.not_unique,
            ),
            ("participles", self.participles, now.participles),
            (
                "method blocks of one struct",
                self.method_blocks,
                now.method_blocks,
            ),
            ("fields of that struct", self.fields, now.fields),
            (
                "files in import circles",
                self.files_in_circles,
                now.files_in_circles,
            ),
        ];
        let worse = pairs.into_iter().filter(|(_, held, now)| now > held);
        worse
            .map(|(what, held, now)| format!("{what}: {now}, held at {held}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::NameFigures;
    use crate::names::{circles::CrateModules, source::read};

    fn figures(text: &str) -> NameFigures {
        let mut modules = CrateModules::default();
        modules.add(&[], "lib.rs", read(text).unwrap());
        let mut figures = NameFigures::default();
        figures.add("one", &modules, 10);
        figures.add("two", &modules, 10);
        figures
    }

    #[test]
    fn a_name_in_two_crates_is_not_unique() {
        let figures = figures("struct Kept; struct BlobId;");
        assert_eq!(figures.not_unique().len(), 4);
        assert_eq!(figures.one_word().len(), 2);
        assert_eq!(figures.participles().len(), 2);
    }

    #[test]
    fn the_widest_struct_is_found() {
        let figures = figures("struct A { x: u8 } impl A { fn a() {} } impl A { fn b() {} }");
        let widest = &figures.widest;
        assert_eq!((widest.blocks, widest.methods, widest.fields), (2, 2, 1));
    }

    #[test]
    fn the_ratchet_only_gives_way_downwards() {
        let before = figures("struct Kept;").ratchet();
        let after = figures("struct KeptBlob;").ratchet();
        assert_eq!(before.worse(&after), Vec::<String>::new());
        assert_eq!(after.worse(&before).len(), 2);
    }
}
