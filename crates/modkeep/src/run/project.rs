//! Project: what the command's own go.sum and go.mod say will be asked for.
//!
//! `go` looks for go.work and go.mod in the working directory and above it; so do we, and read the
//! go.sum beside each. Nothing here can fail: a file that is missing, too large or no such file
//! costs the command foresight, and the log a line at debug.
//!
//! What matches `GONOPROXY` or `GOPRIVATE` the command would never ask us for, so it is left out:
//! a private name must not reach an upstream because we read ahead (law L7). What matches `GONOSUMDB`
//! is not told to another server: whether it asks a checksum database, its own settings say.

use config::{Environment as _, Process};
use gomod::{gowork, pattern::ModulePatterns};
use prefetch::{Plan, plan::LARGEST_LIST};
use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

/// What is known of the project that the command works on.
#[derive(Debug, Default)]
pub(super) struct CommandProject {
    private: ModulePatterns,
    /// What another server is not told of either: it may ask a checksum database.
    no_sumdb: ModulePatterns,
    go_mod: Option<Vec<u8>>,
    go_sum: Option<Vec<u8>>,
}

/// The most modules of a workspace whose go.sum is read.
const MODULES: usize = 100;

// === impl CommandProject ===

impl CommandProject {
    /// The project of the working directory.
    pub(super) fn here() -> Self {
        let private = ModulePatterns::parse(&bypass().unwrap_or_default());
        let no_sumdb = ModulePatterns::parse(&unlogged().unwrap_or_default());
        // A glob that Go cannot read hides nothing, though somebody meant it to.
        let malformed = [&private, &no_sumdb].map(ModulePatterns::malformed);
        if malformed.iter().any(|globs| !globs.is_empty()) {
            return Self::default();
        }
        Self {
            private,
            no_sumdb,
            ..Self::found()
        }
    }

    fn found() -> Self {
        let Ok(directory) = std::env::current_dir() else {
            return Self::default();
        };
        let workspace = match Process.go_setting("GOWORK").as_deref() {
            Some("off") => None,
            None | Some("auto") => above(&directory, "go.work"),
            Some(path) => Some(PathBuf::from(path)),
        };
        match workspace {
            Some(file) => Self::of_workspace(&file),
            None => above(&directory, "go.mod")
                .map(|file| Self::of_module(&file))
                .unwrap_or_default(),
        }
    }

    /// The plan that follows from it, if there is one.
    pub(super) fn plan(&self) -> Option<Plan> {
        let plan = Plan::of_project(self.go_mod.as_deref(), self.go_sum.as_deref());
        match plan {
            Ok(mut plan) => {
                plan.retain(|path| !self.private.matches(path));
                Some(plan).filter(|plan| !plan.is_empty())
            }
            Err(error) => {
                tracing::debug!(%error, "the project's go.sum is not used");
                None
            }
        }
    }

    /// The list to hand to another server.
    pub(super) fn list(self) -> Option<Vec<u8>> {
        // The lines of a go.mod cannot be left out one by one.
        let keeps_nothing = self.private.is_empty() && self.no_sumdb.is_empty();
        let go_mod = self.go_mod.filter(|_| keeps_nothing);
        let Some(go_sum) = self.go_sum else {
            return go_mod;
        };
        let is_public = |line: &&[u8]| {
            let path = line.split(u8::is_ascii_whitespace).next();
            let path = path.and_then(|path| str::from_utf8(path).ok());
            path.is_some_and(|path| !self.private.matches(path) && !self.no_sumdb.matches(path))
        };
        let lines = go_sum.split_inclusive(|byte| *byte == b'\n');
        let mut list = go_mod.unwrap_or_default();
        if !list.ends_with(b"\n") && !list.is_empty() {
            list.push(b'\n');
        }
        list.extend(lines.filter(is_public).flatten());
        Some(list)
    }

    fn of_module(go_mod: &Path) -> Self {
        Self {
            go_mod: read(go_mod),
            go_sum: read(&go_mod.with_file_name("go.sum")),
            ..Self::default()
        }
    }

    /// The lines of every go.sum of the workspace, one after the other: that is a go.sum too.
    fn of_workspace(go_work: &Path) -> Self {
        let parsed = read(go_work).and_then(|bytes| gowork::parse(&bytes).ok());
        let used = parsed.map(|work| work.r#use).unwrap_or_default();
        let root = go_work.parent().unwrap_or(Path::new(""));
        let members = used.iter().take(MODULES);
        let mut lists = vec![read(&go_work.with_file_name("go.work.sum"))];
        lists.extend(members.map(|member| read(&root.join(&member.path).join("go.sum"))));
        let mut go_sum = Vec::new();
        for list in lists.into_iter().flatten() {
            go_sum.extend_from_slice(&list);
            go_sum.push(b'\n');
        }
        Self {
            go_sum: Some(go_sum).filter(|go_sum| !go_sum.is_empty()),
            ..Self::default()
        }
    }
}

/// The patterns of what the command keeps from every proxy, if there are any.
pub(super) fn bypass() -> Option<String> {
    go_or_private("GONOPROXY").filter(|patterns| patterns != "none")
}

/// The patterns of what the command asks no public checksum database about.
pub(super) fn unlogged() -> Option<String> {
    go_or_private("GONOSUMDB").filter(|patterns| patterns != "none")
}

/// A setting whose default is `GOPRIVATE`. A go command knows what our reading of its files missed.
fn go_or_private(name: &str) -> Option<String> {
    Process
        .go_setting(name)
        .or_else(|| Process.go_setting("GOPRIVATE"))
        .or_else(|| Process.go_env(name))
}

fn above(directory: &Path, name: &str) -> Option<PathBuf> {
    let mut files = directory.ancestors().map(|ancestor| ancestor.join(name));
    files.find(|file| file.is_file())
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let bound = u64::try_from(LARGEST_LIST).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let opened = File::open(path);
    let received = opened.and_then(|file| file.take(bound + 1).read_to_end(&mut bytes));
    match received {
        Ok(length) if length <= LARGEST_LIST => Some(bytes),
        Ok(_) => {
            tracing::debug!(file = %path.display(), "too large to be read ahead from");
            None
        }
        Err(error) => {
            tracing::debug!(file = %path.display(), %error, "not read ahead from");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CommandProject;
    use gomod::pattern::ModulePatterns;
    use std::fs;
    use tempfile::tempdir;

    const LINE: &str = "example.com/a v1.0.0/go.mod h1:A=\n";

    #[test]
    fn a_bad_or_missing_go_sum_costs_foresight_only() {
        let root = tempdir().unwrap();
        let go_mod = root.path().join("go.mod");
        fs::write(&go_mod, "module example.com/m\n").unwrap();
        assert!(CommandProject::of_module(&go_mod).plan().is_none());
        fs::write(root.path().join("go.sum"), "no go.sum\n<html>\n").unwrap();
        assert!(CommandProject::of_module(&go_mod).plan().is_none());
        fs::write(root.path().join("go.sum"), LINE).unwrap();
        assert!(CommandProject::of_module(&go_mod).plan().is_some());
    }

    #[test]
    fn what_the_command_keeps_from_proxies_is_left_out() {
        let project = CommandProject {
            private: ModulePatterns::parse("example.com/private"),
            go_sum: Some(format!("{LINE}example.com/private/x v1.0.0/go.mod h1:B=\n").into()),
            ..CommandProject::default()
        };
        let plan = format!("{:?}", project.plan());
        assert!(
            plan.contains("example.com/a") && !plan.contains("private"),
            "{plan}"
        );
        assert_eq!(project.list().unwrap(), LINE.as_bytes());
        let unlogged = CommandProject {
            no_sumdb: ModulePatterns::parse("example.com/private"),
            go_sum: Some(format!("{LINE}example.com/private/x v1.0.0/go.mod h1:B=\n").into()),
            ..CommandProject::default()
        };
        let plan = format!("{:?}", unlogged.plan());
        assert!(plan.contains("example.com/private/x"), "{plan}");
        assert_eq!(unlogged.list().unwrap(), LINE.as_bytes());
        let go_mod_alone = CommandProject {
            private: ModulePatterns::parse("example.com/private"),
            go_mod: Some(b"module example.com/m\n".to_vec()),
            ..CommandProject::default()
        };
        assert_eq!(go_mod_alone.list(), None);
    }

    #[test]
    fn a_workspace_has_the_lines_of_all_its_modules() {
        let root = tempdir().unwrap();
        fs::write(
            root.path().join("go.work"),
            "go 1.21\nuse ./one\nuse ./two\n",
        )
        .unwrap();
        for name in ["one", "two"] {
            fs::create_dir(root.path().join(name)).unwrap();
            let line = format!("example.com/{name} v1.0.0/go.mod h1:A=\n");
            fs::write(root.path().join(name).join("go.sum"), line).unwrap();
        }
        let project = CommandProject::of_workspace(&root.path().join("go.work"));
        let list = String::from_utf8(project.list().unwrap()).unwrap();
        assert!(list.contains("example.com/one ") && list.contains("example.com/two "));
    }
}
