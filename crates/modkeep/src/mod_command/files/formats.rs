//! The forms that the list of files is printed in.

use super::ModuleFileList;
use finding::{printable_json, printable_lines};
use std::{collections::BTreeMap, fmt::Write as _};

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Every file with all that is known of it.
    Json,
    /// Calls of `go_deps.module`, for a MODULE.bazel.
    Bazel,
    /// Calls of `go_repository`, for a macro that a WORKSPACE loads.
    BazelWorkspace,
    /// A `gomod2nix.toml`.
    Nix,
}

/// A module, its version and its hash, and what it is replaced by.
struct Row<'a> {
    path: &'a str,
    version: &'a str,
    hash: &'a str,
    replaced: Option<&'a str>,
}

// === impl Format ===

impl Format {
    pub(super) fn named(name: &str) -> Self {
        match name {
            "bazel" => Self::Bazel,
            "bazel-workspace" => Self::BazelWorkspace,
            "nix" => Self::Nix,
            _ => Self::Json,
        }
    }

    pub(super) fn text(self, files: &[ModuleFileList]) -> String {
        match self {
            Self::Json => json(files),
            Self::Bazel => bazel(files),
            Self::BazelWorkspace => workspace(files),
            Self::Nix => nix(files),
        }
    }
}

fn json(files: &[ModuleFileList]) -> String {
    // Strings and numbers always have a form in JSON.
    let text = serde_json::to_string_pretty(files).unwrap_or_default();
    format!("{}\n", printable_json(&text))
}

/// Tags of gazelle's extension `go_deps`, which has none for a module that is replaced by another.
fn bazel(files: &[ModuleFileList]) -> String {
    let mut text = String::new();
    for row in rows(files, |file| Some(&file.h1)).values() {
        if let Some(replaced) = row.replaced {
            let _ = writeln!(
                text,
                "# {} is replaced by {replaced}@{}: say it with go_deps.from_file, which reads go.mod.",
                row.path, row.version
            );
            continue;
        }
        call(&mut text, "go_deps.module", 0, |argument| {
            argument("path", row.path);
            argument("sum", row.hash);
            argument("version", row.version);
        });
    }
    printable_lines(&text)
}

/// A macro of gazelle's `go_repository`.
fn workspace(files: &[ModuleFileList]) -> String {
    let mut text = String::from(
        "load(\"@bazel_gazelle//:deps.bzl\", \"go_repository\")\n\ndef go_dependencies():\n",
    );
    let rows = rows(files, |file| Some(&file.h1));
    if rows.is_empty() {
        text.push_str("    pass\n");
    }
    for row in rows.values() {
        call(&mut text, "go_repository", 4, |argument| {
            argument("name", &repository_name(row.path));
            argument("importpath", row.path);
            if let Some(replaced) = row.replaced {
                argument("replace", replaced);
            }
            argument("sum", row.hash);
            argument("version", row.version);
        });
    }
    printable_lines(&text)
}

fn nix(files: &[ModuleFileList]) -> String {
    let mut text = String::from("schema = 3\n\n[mod]\n");
    // Writing to a string cannot fail.
    for row in rows(files, |file| file.nar.as_deref()).values() {
        let _ = writeln!(text, "  [mod.{}]", quoted(row.path));
        let _ = writeln!(text, "    version = {}", quoted(row.version));
        let _ = writeln!(text, "    hash = {}", quoted(row.hash));
        if let Some(replaced) = row.replaced {
            let _ = writeln!(text, "    replaced = {}", quoted(replaced));
        }
    }
    printable_lines(&text)
}

/// A row for each path that imports can have; of a replacement, for each that it stands in for.
fn rows<'a>(
    files: &'a [ModuleFileList],
    hash: impl Fn(&'a ModuleFileList) -> Option<&'a str>,
) -> BTreeMap<&'a str, Row<'a>> {
    let mut rows = BTreeMap::new();
    for file in files.iter().filter(|file| file.kind == "zip") {
        let Some(hash) = hash(file) else {
            continue;
        };
        let row = |path| Row {
            path,
            version: &file.version,
            hash,
            replaced: (path != file.module).then_some(&*file.module),
        };
        if file.replaces.is_empty() {
            rows.insert(&*file.module, row(&*file.module));
        }
        for path in &file.replaces {
            rows.insert(path, row(path));
        }
    }
    rows
}

/// A call with an argument a line.
fn call(
    text: &mut String,
    name: &str,
    indent: usize,
    arguments: impl FnOnce(&mut dyn FnMut(&str, &str)),
) {
    let blank = " ".repeat(indent);
    let _ = writeln!(text, "{blank}{name}(");
    arguments(&mut |key, value| {
        let _ = writeln!(text, "{blank}    {key} = {},", quoted(value));
    });
    let _ = writeln!(text, "{blank})");
}

/// A string of Starlark and of TOML. Paths and versions have no character that either would read
/// otherwise; what is none is spelled out.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.escape_default())
}

/// The name by which gazelle calls the repository of a module.
fn repository_name(path: &str) -> String {
    let path = path.to_lowercase();
    let (host, rest) = path.split_once('/').unwrap_or((&path, ""));
    let mut parts: Vec<&str> = host.rsplit('.').collect();
    parts.extend(rest.split('/').filter(|part| !part.is_empty()));
    parts.join("_").replace(['-', '.'], "_")
}

#[cfg(test)]
mod tests {
    use super::{Format, ModuleFileList, repository_name};

    fn zip(module: &str, replaces: &[&str]) -> ModuleFileList {
        ModuleFileList {
            module: module.to_owned(),
            version: "v1.2.3".to_owned(),
            kind: "zip",
            path: format!("{module}/@v/v1.2.3.zip"),
            url: None,
            size: 7,
            h1: "h1:aaa=".to_owned(),
            sha256: "00".to_owned(),
            replaces: replaces.iter().map(|&path| path.to_owned()).collect(),
            nar: Some("sha256-bbb=".to_owned()),
        }
    }

    #[test]
    fn gazelle_and_gomod2nix_are_told_what_stands_in_for_what() {
        let files = [
            zip("example.com/fork", &["example.com/a"]),
            zip("example.com/b", &[]),
        ];
        let bazel = Format::Bazel.text(&files);
        let module = "# example.com/a is replaced by example.com/fork@v1.2.3: say it with go_deps.from_file, which reads go.mod.\ngo_deps.module(\n    path = \"example.com/b\",\n    sum = \"h1:aaa=\",\n    version = \"v1.2.3\",\n)\n";
        assert_eq!(bazel, module);
        let workspace = Format::BazelWorkspace.text(&files);
        let replaced =
            "        importpath = \"example.com/a\",\n        replace = \"example.com/fork\",\n";
        assert!(workspace.contains(replaced), "{workspace}");
        assert!(
            workspace.contains("        name = \"com_example_b\",\n"),
            "{workspace}"
        );
        let nix = "schema = 3\n\n[mod]\n  [mod.\"example.com/a\"]\n    version = \"v1.2.3\"\n    hash = \"sha256-bbb=\"\n    replaced = \"example.com/fork\"\n  [mod.\"example.com/b\"]\n    version = \"v1.2.3\"\n    hash = \"sha256-bbb=\"\n";
        assert_eq!(Format::Nix.text(&files), nix);
    }

    #[test]
    fn a_repository_is_named_as_gazelle_names_it() {
        for (path, name) in [
            ("github.com/BurntSushi/toml", "com_github_burntsushi_toml"),
            ("gopkg.in/yaml.v3", "in_gopkg_yaml_v3"),
            ("golang.org/x/go-tools", "org_golang_x_go_tools"),
        ] {
            assert_eq!(repository_name(path), name);
        }
    }
}
