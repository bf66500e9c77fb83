//! The files in which `go` keeps settings: the user's, that `go env -w` writes, and go.env of the
//! distribution. A variable of the environment that is empty counts as unset, and these decide.
//!
//! They are read here and not asked of a go command: a server needs none, and none is started for it.

use super::Environment;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Some distributions turn the checksum database off. They speak for their go command, and not for
/// whoever runs a server beside it and names its upstreams.
const NOT_OF_A_DISTRIBUTION: &str = "GOSUMDB";

/// Settings by name. The user's file beats the distribution's, also with an empty value.
#[derive(Debug, Default)]
pub(crate) struct GoFiles {
    settings: BTreeMap<String, String>,
}

// === impl GoFiles ===

impl GoFiles {
    pub(crate) fn read(environment: &dyn Environment) -> Self {
        let user = user_file(environment).map(|file| read(&file));
        let mut files = Self::parse(&user.unwrap_or_default());
        if let Some(root) = root(environment, &files) {
            let distribution = Self::parse(&read(&root.join("go.env")));
            let settings = distribution.settings.into_iter();
            for (name, value) in settings.filter(|(name, _)| name != NOT_OF_A_DISTRIBUTION) {
                files.settings.entry(name).or_insert(value);
            }
        }
        files
    }

    /// The value of a setting, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let value = self.settings.get(name)?;
        (!value.is_empty()).then_some(value.as_str())
    }

    /// Lines of `NAME=value`; others are comments. The last one of a name counts.
    fn parse(text: &str) -> Self {
        let lines = text.split('\n').filter_map(|line| {
            let (name, value) = line.split_once('=')?;
            let is_name = name.starts_with(|first: char| first.is_ascii_uppercase());
            is_name.then(|| (name.to_owned(), value.to_owned()))
        });
        Self {
            settings: lines.collect(),
        }
    }
}

/// A file that cannot be read says nothing, as to `go`.
fn read(file: &Path) -> String {
    let bytes = fs::read(file).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `GOENV`, which may be `off`, else `go/env` in the user's directory of configuration.
fn user_file(environment: &dyn Environment) -> Option<PathBuf> {
    match environment.variable("GOENV") {
        Some(off) if off == "off" => None,
        Some(file) => Some(file.into()),
        None => user_directory(environment).map(|directory| directory.join("go/env")),
    }
}

/// Go's `os.UserConfigDir`.
fn user_directory(environment: &dyn Environment) -> Option<PathBuf> {
    let directory = |name: &str| environment.variable(name).map(PathBuf::from);
    if cfg!(windows) {
        return directory("AppData");
    }
    if cfg!(target_os = "macos") {
        return directory("HOME").map(|home| home.join("Library/Application Support"));
    }
    match directory("XDG_CONFIG_HOME") {
        Some(given) => Some(given).filter(|given| given.is_absolute()),
        None => directory("HOME").map(|home| home.join(".config")),
    }
}

/// `GOROOT`, else the distribution of the go command that would be found.
fn root(environment: &dyn Environment, user: &GoFiles) -> Option<PathBuf> {
    let named = user.get("GOROOT").map(str::to_owned);
    if let Some(named) = named.or_else(|| environment.variable("GOROOT")) {
        return Some(named.into());
    }
    let program = format!("go{}", std::env::consts::EXE_SUFFIX);
    let path = environment.variable("PATH")?;
    let mut programs = std::env::split_paths(&path).map(|directory| directory.join(&program));
    let found = programs.find(|program| program.is_file())?;
    // A link in the path leads into the distribution: GOROOT/bin/go.
    let found = found.canonicalize().ok()?;
    Some(found.parent()?.parent()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::GoFiles;
    use crate::Environment;
    use std::{collections::BTreeMap, fs};

    struct Variables(BTreeMap<&'static str, String>);

    impl Environment for Variables {
        fn variable(&self, name: &str) -> Option<String> {
            self.0.get(name).cloned().filter(|value| !value.is_empty())
        }

        fn names(&self) -> Vec<String> {
            self.0.keys().map(|name| (*name).to_owned()).collect()
        }

        fn go_file(&self, _name: &str) -> Option<String> {
            None
        }

        fn go_env(&self, _name: &str) -> Option<String> {
            None
        }
    }

    #[test]
    fn lines_that_are_no_settings_are_ignored() {
        let files = GoFiles::parse("# GOPROXY=a\n\nGOPRIVATE=x,y=z\nlower=1\nGOSUMDB\nGOFLAGS=\n");
        assert_eq!(files.get("GOPRIVATE"), Some("x,y=z"));
        assert_eq!(files.settings.len(), 2);
        assert_eq!(files.get("GOFLAGS"), None);
    }

    #[test]
    fn the_users_file_beats_the_distributions_also_with_nothing() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("root");
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join("go.env"), "GOSUMDB=off\nGOPRIVATE=a\nGOPROXY=b\n").unwrap();
        let user = home.path().join("env");
        fs::write(&user, "GOPRIVATE=\nGOSUMDB=sum.example.com\n").unwrap();
        let at = |goenv: &str| {
            GoFiles::read(&Variables(BTreeMap::from([
                ("GOROOT", root.display().to_string()),
                ("GOENV", goenv.to_owned()),
            ])))
        };
        let both = at(&user.display().to_string());
        assert_eq!(both.get("GOSUMDB"), Some("sum.example.com"));
        assert_eq!(both.get("GOPRIVATE"), None);
        assert_eq!(both.get("GOPROXY"), Some("b"));
        assert_eq!(at("off").get("GOPRIVATE"), Some("a"));
        assert_eq!(at("off").get("GOSUMDB"), None);
    }
}
