//! Documents: the Markdown pages of the repository, taken apart as far as tests ask about them.
//!
//! What a page claims is tested like code: commands are parsed, configurations are checked, links
//! lead somewhere. A claim about something that is not there yet stands behind a mark,
//! `<!-- verify: WHAT -->` on a line of its own, which covers what follows up to the next blank line.
//! Only what our pages use of Markdown is read: fences and tables at the beginning of a line.

mod shell;

pub use shell::commands;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A page.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its path in the repository, with `/`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A fenced block of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What stands behind the fence.
    pub language: String,
    /// What is between the fences.
    pub body: String,
    /// The line of the opening fence, from 1.
    pub line: usize,
    /// Whether it stands behind a mark.
    pub is_marked: bool,
}

/// A line of a page that is not in a fenced block.
#[derive(Debug, Clone, Copy)]
struct Prose<'a> {
    number: usize,
    text: &'a str,
    is_marked: bool,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap().to_owned()
}

// === impl Document ===

impl Document {
    /// A page of the repository.
    pub fn read(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: fs::read_to_string(root().join(name)).unwrap(),
        }
    }

    /// Every page of the repository that is for people: at the root, and below `docs`.
    pub fn all() -> Vec<Self> {
        let mut names = Vec::new();
        let mut open = vec![String::new(), "docs/".to_owned()];
        while let Some(below) = open.pop() {
            for entry in fs::read_dir(root().join(&below)).unwrap() {
                let entry = entry.unwrap();
                let name = format!("{below}{}", entry.file_name().to_str().unwrap());
                if entry.path().is_dir() && !below.is_empty() {
                    open.push(format!("{name}/"));
                } else if entry
                    .path()
                    .extension()
                    .is_some_and(|ending| ending == "md")
                {
                    names.push(name);
                }
            }
        }
        names.sort();
        names.iter().map(|name| Self::read(name)).collect()
    }

    /// Its fenced blocks.
    pub fn blocks(&self) -> Vec<Block> {
        let (blocks, _) = self.parts();
        blocks
    }

    /// Where its links lead, with their lines; those behind a mark are left out.
    pub fn links(&self) -> Vec<(usize, String)> {
        let (_, prose) = self.parts();
        let open = prose.into_iter().filter(|line| !line.is_marked);
        let each = open.flat_map(|line| {
            let text = without_code(line.text);
            let parts: Vec<String> = text.split("](").skip(1).map(str::to_owned).collect();
            parts.into_iter().filter_map(move |part| {
                let (target, _) = part.split_once(')')?;
                Some((line.number, target.to_owned()))
            })
        });
        each.collect()
    }

    /// Spans of code in its prose, with their lines; those behind a mark are left out.
    pub fn spans(&self) -> Vec<(usize, String)> {
        let (_, prose) = self.parts();
        let open = prose.into_iter().filter(|line| !line.is_marked);
        open.flat_map(|line| {
            let spans = code(line.text);
            spans.into_iter().map(move |span| (line.number, span))
        })
        .collect()
    }

    /// Its tables: rows of cells, the head among them.
    pub fn tables(&self) -> Vec<Vec<Vec<String>>> {
        let (_, prose) = self.parts();
        let mut tables: Vec<Vec<Vec<String>>> = Vec::new();
        let mut last = 0;
        for line in prose.iter().filter(|line| line.text.starts_with('|')) {
            if line.number != last + 1 || tables.is_empty() {
                tables.push(Vec::new());
            }
            last = line.number;
            if let Some(table) = tables.last_mut() {
                table.push(cells(line.text));
            }
        }
        tables
    }

    /// The names under which its headings can be linked to.
    pub fn anchors(&self) -> Vec<String> {
        let (_, prose) = self.parts();
        let headings = prose.iter().filter_map(|line| line.text.strip_prefix('#'));
        headings
            .map(|heading| anchor(heading.trim_start_matches('#').trim()))
            .collect()
    }

    fn parts(&self) -> (Vec<Block>, Vec<Prose<'_>>) {
        let (mut blocks, mut prose) = (Vec::new(), Vec::new());
        let mut is_marked = false;
        let mut lines = self.text.lines().enumerate();
        while let Some((number, text)) = lines.next() {
            if let Some(language) = text.strip_prefix("```") {
                let body = lines.by_ref().map(|(_, line)| line);
                let body: Vec<&str> = body.take_while(|line| *line != "```").collect();
                blocks.push(Block {
                    language: language.to_owned(),
                    body: body.join("\n"),
                    line: number + 1,
                    is_marked,
                });
                continue;
            }
            is_marked = match text.trim() {
                "" => false,
                text => is_marked || text.starts_with("<!-- verify:"),
            };
            prose.push(Prose {
                number: number + 1,
                text,
                is_marked,
            });
        }
        (blocks, prose)
    }
}

/// The spans of code of a line.
pub fn code(line: &str) -> Vec<String> {
    let parts = line.split('`').enumerate();
    parts
        .filter(|(number, _)| number % 2 == 1)
        .map(|(_, span)| span.to_owned())
        .collect()
}

fn without_code(line: &str) -> String {
    let parts = line.split('`').enumerate();
    parts
        .filter(|(number, _)| number % 2 == 0)
        .map(|(_, text)| text)
        .collect()
}

/// The cells of a row; `\|` is no border.
fn cells(row: &str) -> Vec<String> {
    const PIPE: &str = "\u{0}";
    let row = row.replace("\\|", PIPE);
    let inner = row.trim().trim_start_matches('|').trim_end_matches('|');
    let cells = inner.split('|');
    cells.map(|cell| cell.trim().replace(PIPE, "|")).collect()
}

/// As code hosts name a heading: lower case, spaces as hyphens, no punctuation.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    let lower: String = kept.flat_map(char::to_lowercase).collect();
    lower.replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::Document;

    #[test]
    fn a_page_is_taken_apart() {
        let text = "# A `b` page, twice\n\n[x](y.md) and `[no](link)`\n\n<!-- verify: z -->\n[later](z.md)\n```sh\nz\n```\n\n| a | `b\\|c` |\n|---|---|\n\n```\nplain\n```\n";
        let page = Document {
            name: "page.md".to_owned(),
            text: text.to_owned(),
        };
        assert_eq!(page.links(), [(3, "y.md".to_owned())]);
        assert_eq!(page.anchors(), ["a-b-page-twice"]);
        assert_eq!(page.tables(), [[["a", "`b|c`"], ["---", "---"]]]);
        let blocks = page.blocks();
        let told: Vec<_> = blocks
            .iter()
            .map(|block| (&*block.language, &*block.body, block.line, block.is_marked))
            .collect();
        assert_eq!(told, [("sh", "z", 7, true), ("", "plain", 14, false)]);
    }
}
