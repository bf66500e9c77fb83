//! go.work: the modules that are built together, and go.work.sum, whose hashes decide for all of them.
//!
//! Each module of a workspace is judged by its own files. What a workspace adds is here: the lines of
//! go.work.sum, hashes in which it and the modules' own files disagree, and what go.work replaces. The
//! versions that a workspace selects need no look of their own: of each module it is the highest of
//! those that its members select.

use crate::{
    allowed,
    inventory::join,
    places,
    rules::GO_MOD_FORMAT,
    sum_file::{SumFile, no_conflict},
};
use finding::{Finding, FindingPlace, UnreadableInput};
use gomod::{
    gowork::{self, WorkFile},
    modfile::{self, ModFile, ModuleVersion, ReplaceDirective},
};

/// The two files of a workspace.
#[derive(Debug, Clone)]
pub struct GoWork {
    /// Its directory in the checkout; empty for the root.
    pub directory: String,
    /// Name of the go.work in the checkout.
    pub name: String,
    /// go.work.
    pub file: WorkFile,
    /// Whether it is formatted as go does.
    pub is_formatted: bool,
    /// go.work.sum; empty where there is none.
    pub sums: SumFile,
}

/// A module of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceMember {
    /// Its directory in the checkout; empty for the root.
    pub directory: String,
    /// The line that names it.
    pub line: modfile::DirectivePlace,
}

// === impl GoWork ===

impl GoWork {
    /// Reads the files of the workspace at `directory` of the checkout (empty for its root).
    ///
    /// # Errors
    /// Where one of them is damaged.
    pub fn read(directory: &str, go_work: &[u8], sums: &[u8]) -> Result<Self, UnreadableInput> {
        let name = join(directory, "go.work");
        no_conflict(&name, go_work)?;
        let file = gowork::parse(go_work).map_err(|errors| {
            let first = errors.iter().next();
            let place = first.map_or_else(
                || FindingPlace::file(&*name),
                |error| FindingPlace::at(&*name, places::span(error.span)),
            );
            let problem = first.map_or_else(String::new, |error| error.fault.to_string());
            UnreadableInput::new(place, problem)
        })?;
        Ok(Self {
            directory: directory.to_owned(),
            is_formatted: gowork::format(go_work).is_ok_and(|formatted| formatted == go_work),
            sums: SumFile::read(join(directory, "go.work.sum"), sums)?,
            name,
            file,
        })
    }

    /// Its modules; what lies outside of the checkout cannot be judged.
    pub fn members(&self) -> Vec<Result<WorkspaceMember, UnreadableInput>> {
        let lines = self.file.r#use.iter();
        let member = lines.map(|line| {
            let directory = below(&self.directory, &line.path).ok_or_else(|| {
                let problem = format!("{} is outside of the checkout", line.path);
                UnreadableInput::new(self.place(line.place), problem)
            })?;
            Ok(WorkspaceMember {
                directory,
                line: line.place,
            })
        });
        member.collect()
    }

    /// A line of go.work.
    pub fn place(&self, line: modfile::DirectivePlace) -> FindingPlace {
        FindingPlace::at(&*self.name, places::span(line.span))
    }

    /// What can be said from the two files and the hashes of its modules.
    pub fn check_files<'a>(&self, members: impl IntoIterator<Item = &'a SumFile>) -> Vec<Finding> {
        let mut findings = self.sums.check();
        for member in members {
            findings.extend(self.sums.conflicts_with(member));
        }
        if !self.is_formatted {
            let message = "go.work is not what `go work edit -fmt` writes";
            let place = FindingPlace::file(&*self.name);
            findings.push(Finding::new(&GO_MOD_FORMAT, place, "", message));
        }
        findings
    }

    /// What it replaces.
    pub fn check_directives(&self) -> Vec<Finding> {
        allowed::replaced(&self.name, &self.file.replace)
    }

    /// The go.mod of a member as the workspace builds it: what go.work replaces is replaced. A version
    /// of another member that is required has to be there all the same: go asks for it too.
    pub fn applied_to(&self, directory: &str, go_mod: &ModFile) -> ModFile {
        let mut go_mod = go_mod.clone();
        let lines = self.file.replace.iter();
        // The workspace wins over the module.
        go_mod.replace.retain(|own| {
            let mut lines = lines.clone();
            !lines.any(|line| line.old.path == own.old.path)
        });
        go_mod.replace.extend(lines.map(|line| ReplaceDirective {
            new: self.replacement_from_root(directory, &line.new),
            ..line.clone()
        }));
        go_mod
    }

    /// A replacement by a directory, seen from another one than that of go.work.
    fn replacement_from_root(&self, directory: &str, new: &ModuleVersion) -> ModuleVersion {
        let target = new
            .version
            .is_empty()
            .then(|| below(&self.directory, &new.path));
        match target.flatten() {
            Some(target) => ModuleVersion::new(from(directory, &target), ""),
            None => new.clone(),
        }
    }
}

/// The directory that a path leads to from another one; nothing if that is outside of the checkout.
fn below(directory: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':') {
        return None;
    }
    let mut parts: Vec<&str> = directory
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The path from one directory of the checkout to another, as `replace` wants it.
fn from(directory: &str, target: &str) -> String {
    let up = directory.split('/').filter(|part| !part.is_empty()).count();
    let up = if up == 0 {
        "./".to_owned()
    } else {
        "../".repeat(up)
    };
    let path = format!("{up}{target}");
    path.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{GoWork, below, from};
    use gomod::modfile::{self, ParseMode};

    const GO_WORK: &str =
        "go 1.26\n\nuse (\n\t./a\n\t./b/c\n)\n\nreplace example.com/x => ./vendored/x\n";

    fn work(sums: &str) -> GoWork {
        GoWork::read("w", GO_WORK.as_bytes(), sums.as_bytes()).unwrap()
    }

    #[test]
    fn members_are_directories_of_the_checkout() {
        let members = work("").members();
        let directories: Vec<_> = members
            .iter()
            .map(|one| &*one.as_ref().unwrap().directory)
            .collect();
        assert_eq!(directories, ["w/a", "w/b/c"]);
        let outside = GO_WORK.replace("./a", "../../a");
        let outside = GoWork::read("w", outside.as_bytes(), b"").unwrap();
        let refused = outside.members().remove(0).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "w/go.work:4:2: ../../a is outside of the checkout"
        );
    }

    #[test]
    fn what_the_workspace_replaces_wins_over_the_module() {
        let go_mod = b"module example.com/c\n\nrequire example.com/x v1.0.0\n\nreplace (\n\texample.com/x => ../other\n\texample.com/y => ../y\n)\n";
        let go_mod = modfile::parse(go_mod, ParseMode::Strict).unwrap();
        let applied = work("").applied_to("w/b/c", &go_mod);
        let replaced: Vec<_> = applied
            .replace
            .iter()
            .map(|line| (line.old.path.as_str(), line.new.path.as_str()))
            .collect();
        let expected = [
            ("example.com/y", "../y"),
            ("example.com/x", "../../../w/vendored/x"),
        ];
        assert_eq!(replaced, expected);
    }

    #[test]
    fn a_merge_that_nobody_finished_is_unreadable() {
        let sums = "example.com/x v1.0.0 h1:a=\n<<<<<<< HEAD\n=======\n>>>>>>> theirs\n";
        let refused = GoWork::read("", GO_WORK.as_bytes(), sums.as_bytes()).unwrap_err();
        assert!(
            refused.to_string().starts_with("go.work.sum:2:1: a merge"),
            "{refused}"
        );
    }

    #[test]
    fn a_hash_in_which_workspace_and_module_disagree_is_found() {
        let hash = |last: char| format!("example.com/x v1.0.0 h1:{}{last}=\n", "A".repeat(42));
        let module = super::SumFile::read("a/go.sum".to_owned(), hash('A').as_bytes()).unwrap();
        let found = work(&hash('E')).check_files([&module]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].rule.id, "lock/sum-conflict");
        assert_eq!(found[0].place.to_string(), "w/go.work.sum:1:1");
        assert_eq!(found[0].related[0].place.to_string(), "a/go.sum:1:1");
        assert_eq!(work(&hash('A')).check_files([&module]), []);
    }

    #[test]
    fn paths_lead_from_directory_to_directory() {
        assert_eq!(below("a/b", "../c").as_deref(), Some("a/c"));
        assert_eq!(below("", ".").as_deref(), Some(""));
        assert_eq!(below("a", "../.."), None);
        assert_eq!(below("a", "C:\\x"), None);
        assert_eq!(from("", "a"), "./a");
        assert_eq!(from("a/b", ""), "../..");
    }
}
