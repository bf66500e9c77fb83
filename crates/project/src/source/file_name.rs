//! What the name of a Go file says: whether it counts, whether it is a test, where it is built.

use super::constraint::BuildConstraint;

/// Every GOOS that Go knows or knew; a file name may end in each.
pub const KNOWN_SYSTEMS: [&str; 18] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];

/// Every GOARCH that Go knows or knew.
pub const KNOWN_ARCHITECTURES: [&str; 24] = [
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "arm64",
    "arm64be",
    "armbe",
    "loong64",
    "mips",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "mipsle",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

/// Whether a file of this name can be part of a package: `.go`, not hidden, not put aside with `_`.
pub fn is_considered(name: &str) -> bool {
    let is_go = name.len() > 3 && name.as_bytes().ends_with(b".go");
    is_go && !name.starts_with(['_', '.'])
}

/// Whether a file of this name is part of a package's tests.
pub fn is_test(name: &str) -> bool {
    name.ends_with("_test.go")
}

/// The build constraint that a file name implies: `x_GOOS.go`, `x_GOARCH.go`, `x_GOOS_GOARCH.go`,
/// each also with `_test`. The part before the first underscore says nothing, so that `linux.go` is
/// built everywhere.
pub fn implied(name: &str) -> Option<BuildConstraint> {
    let stem = name.split('.').next()?;
    let (_, suffixes) = stem.split_once('_')?;
    let suffixes = suffixes
        .strip_suffix("test")
        .map_or(suffixes, |rest| match rest {
            "" => "",
            _ => rest.strip_suffix('_').unwrap_or(suffixes),
        });
    let mut words = suffixes.rsplit('_');
    let last = words.next()?;
    let before = words.next().filter(|word| KNOWN_SYSTEMS.contains(word));
    let tag = |word: &str| BuildConstraint::Tag(word.to_owned());
    let is_architecture = KNOWN_ARCHITECTURES.contains(&last);
    match before {
        Some(system) if is_architecture => Some(BuildConstraint::All(vec![tag(system), tag(last)])),
        _ if is_architecture || KNOWN_SYSTEMS.contains(&last) => Some(tag(last)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{implied, is_considered};
    use crate::source::BuildConstraint;

    #[test]
    fn suffixes_imply_where_a_file_is_built() {
        let tag = |name: &str| BuildConstraint::Tag(name.to_owned());
        let both = |one, other| Some(BuildConstraint::All(vec![tag(one), tag(other)]));
        let cases = [
            ("linux.go", None),
            ("x_linux.go", Some(tag("linux"))),
            ("x_linux_test.go", Some(tag("linux"))),
            ("x_amd64.go", Some(tag("amd64"))),
            ("x_windows_arm64.go", both("windows", "arm64")),
            ("x_amd64_windows.go", Some(tag("windows"))),
            ("x_linux.pb.go", Some(tag("linux"))),
            ("linux_test.go", None),
            ("x_latest.go", None),
            ("x_unix.go", None),
        ];
        for (name, expected) in cases {
            assert_eq!(implied(name), expected, "{name}");
        }
        assert!(is_considered("x.go") && !is_considered("_x.go") && !is_considered(".go"));
    }
}
