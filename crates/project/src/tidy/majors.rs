//! Modules that are in the build list in several major versions.
//!
//! `example.com/x` and `example.com/x/v2` are different modules to Go, as are `gopkg.in/x.v2` and
//! `gopkg.in/x.v3`; what is before the major version tells that they are one thing.

use gomod::path::split_path_version;
use serde::Serialize;
use std::collections::BTreeMap;

/// A module with more than one major version in the build list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MajorVersions {
    /// What its paths have in common.
    pub module: String,
    /// Its paths, sorted.
    pub paths: Vec<String>,
}

/// Finds them.
pub fn two_majors(build_list: &[String]) -> Vec<MajorVersions> {
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for path in build_list {
        let (prefix, _) = split_path_version(path).unwrap_or((path, ""));
        groups.entry(prefix).or_default().push(path.clone());
    }
    let several = groups.into_iter().filter(|(_, paths)| paths.len() > 1);
    several
        .map(|(prefix, mut paths)| {
            paths.sort();
            MajorVersions {
                module: prefix.to_owned(),
                paths,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{MajorVersions, two_majors};

    #[test]
    fn major_versions_of_one_module_are_found_in_both_forms() {
        let list = [
            "example.com/a",
            "example.com/a/v3",
            "example.com/ab/v2",
            "example.com/b/v2/c",
            "gopkg.in/yaml.v2",
            "gopkg.in/yaml.v3",
        ];
        let majors = |module: &str, paths: &[&str]| MajorVersions {
            module: module.to_owned(),
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        };
        assert_eq!(
            two_majors(&list.map(str::to_owned)),
            [
                majors("example.com/a", &list[..2]),
                majors("gopkg.in/yaml", &list[4..])
            ]
        );
    }
}
