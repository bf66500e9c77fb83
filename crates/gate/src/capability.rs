//! Capability: what the code of a module can do (network, files, processes), judged by its text.
//!
//! Whoever takes over a module needs some way out of it: a process, the network, memory that the
//! compiler does not guard, code that runs before `main`. A version that has one of these for the
//! first time deserves a look. It is seen syntactically, by imports, declarations and directives in
//! the files that a program can be built from; nothing is type-checked, and what a module does
//! through another is seen at that one. Lines inside raw strings count as what they look like:
//! rather one look too many.
//!
//! Binaries are looked for in every file, test data included, because that is where they are hidden.

use gomod::{
    ModulePath, Version,
    zip::{ZipError, pick_files},
};
use project::source;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fmt,
    io::{Read, Seek},
};

/// The largest file that is looked into, in bytes.
const LARGEST: u64 = 64 << 20;

/// What code can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Capability {
    /// Calls C, or is compiled with it (`import "C"`).
    Cgo,
    /// Reads and writes memory past the type system (`import "unsafe"`).
    Unsafe,
    /// Starts processes (`os/exec`).
    Exec,
    /// Speaks over the network (`net` and below it).
    Network,
    /// Loads code at run time (`plugin`).
    Plugin,
    /// Runs before `main` (`func init`).
    Init,
    /// Reaches into packages past their exports (`//go:linkname`).
    Linkname,
    /// Is written in assembly.
    Assembly,
    /// Brings machine code along.
    Binary,
}

// === impl Capability ===

impl Capability {
    /// Its word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cgo => "cgo",
            Self::Unsafe => "unsafe",
            Self::Exec => "exec",
            Self::Network => "network",
            Self::Plugin => "plugin",
            Self::Init => "init",
            Self::Linkname => "linkname",
            Self::Assembly => "assembly",
            Self::Binary => "binary",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What was found, each with the first file that shows it.
pub type CapabilityPlaces = BTreeMap<Capability, String>;

/// What the code in a module's zip can do.
///
/// # Errors
///
/// When the zip is none, or a file in it is damaged.
pub fn of_zip<R: Read + Seek>(
    zip: R,
    module: &ModulePath,
    version: &Version,
) -> Result<CapabilityPlaces, ZipError> {
    let mut found = CapabilityPlaces::new();
    pick_files(
        zip,
        module,
        version,
        |file| file.size <= LARGEST,
        |path, content| look(path, content, &mut found),
    )?;
    Ok(found)
}

/// Looks at one file.
fn look(path: &str, content: &[u8], found: &mut CapabilityPlaces) {
    let mut add = |capability| {
        let first = found.entry(capability).or_insert_with(|| path.to_owned());
        if path < first.as_str() {
            path.clone_into(first);
        }
    };
    if is_machine_code(path, content) {
        add(Capability::Binary);
    }
    if !is_built(path) {
        return;
    }
    match extension(path) {
        "go" => of_source(content).for_each(add),
        "s" | "S" => add(Capability::Assembly),
        _ => {}
    }
}

/// Whether a program can be built from a file in this place.
fn is_built(path: &str) -> bool {
    let mut elements = path.split('/').rev();
    let name = elements.next().unwrap_or_default();
    let hidden = |element: &str| element.starts_with(['.', '_']);
    let foreign = |element: &str| matches!(element, "testdata" | "vendor") || hidden(element);
    !hidden(name) && !source::is_test(name) && !elements.any(foreign)
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn of_source(content: &[u8]) -> impl Iterator<Item = Capability> {
    // A file that does not begin as Go does is compiled into nothing.
    let header = source::parse(content).ok();
    let imports = header.map(|header| header.imports).unwrap_or_default();
    let imported: Vec<Capability> = imports
        .iter()
        .filter_map(|import| of_import(&import.path))
        .collect();
    let lines = content.split(|&byte| byte == b'\n');
    imported.into_iter().chain(lines.filter_map(of_line))
}

fn of_import(path: &str) -> Option<Capability> {
    match path {
        "C" => Some(Capability::Cgo),
        "unsafe" => Some(Capability::Unsafe),
        "os/exec" => Some(Capability::Exec),
        "plugin" => Some(Capability::Plugin),
        // These only read and write addresses.
        "net/url" | "net/netip" | "net/mail" | "net/textproto" => None,
        path if path == "net" || path.starts_with("net/") => Some(Capability::Network),
        _ => None,
    }
}

fn of_line(line: &[u8]) -> Option<Capability> {
    if line.starts_with(b"func init()") {
        Some(Capability::Init)
    } else if line.starts_with(b"//go:linkname ") {
        Some(Capability::Linkname)
    } else {
        None
    }
}

/// Whether a file is an executable, an object or an archive of objects, by its first bytes.
fn is_machine_code(path: &str, content: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 8] = [
        b"\x7fELF",
        b"\xfe\xed\xfa\xce",
        b"\xfe\xed\xfa\xcf",
        b"\xce\xfa\xed\xfe",
        b"\xcf\xfa\xed\xfe",
        b"\xca\xfe\xba\xbe",
        b"\0asm",
        b"!<arch>\n",
    ];
    extension(path) == "syso"
        || BEGINNINGS.iter().any(|begin| content.starts_with(begin))
        || is_portable_executable(content)
}

/// `MZ`, and the mark of the new header where the old one says it is (PE format).
fn is_portable_executable(content: &[u8]) -> bool {
    let at = content.get(0x3c..0x40).and_then(|at| at.try_into().ok());
    let at = at.map(|at| u32::from_le_bytes(at) as usize);
    let mark = at.and_then(|at| content.get(at..at.checked_add(4)?));
    content.starts_with(b"MZ") && mark == Some(b"PE\0\0")
}

#[cfg(test)]
mod tests {
    use super::{Capability, CapabilityPlaces, look};

    fn of(files: &[(&str, &[u8])]) -> Vec<Capability> {
        let mut found = CapabilityPlaces::new();
        for (path, content) in files {
            look(path, content, &mut found);
        }
        found.into_keys().collect()
    }

    #[test]
    fn each_way_out_of_a_module_is_seen() {
        let cases: [(&str, &[u8], Capability); 9] = [
            ("a.go", b"package a\n\nimport \"C\"\n", Capability::Cgo),
            (
                "a.go",
                b"package a\nimport (\n\tu \"unsafe\"\n)\n",
                Capability::Unsafe,
            ),
            ("a.go", b"package a\nimport \"os/exec\"\n", Capability::Exec),
            (
                "x/a.go",
                b"package a\nimport \"net/http\"\n",
                Capability::Network,
            ),
            (
                "a.go",
                b"package a\nimport \"plugin\"\n",
                Capability::Plugin,
            ),
            ("a.go", b"package a\n\nfunc init() {\n}\n", Capability::Init),
            (
                "a.go",
                b"package a\n\n//go:linkname now time.now\n",
                Capability::Linkname,
            ),
            ("a_amd64.s", b"TEXT x(SB), $0\n", Capability::Assembly),
            ("testdata/good.xz", b"\x7fELF\x02\x01", Capability::Binary),
        ];
        for (path, content, capability) in cases {
            assert_eq!(of(&[(path, content)]), [capability], "{path}");
        }
    }

    #[test]
    fn what_no_program_is_built_from_shows_nothing() {
        let source = b"package a\nimport \"os/exec\"\n" as &[u8];
        for path in [
            "a_test.go",
            "testdata/a.go",
            "_x/a.go",
            ".hidden.go",
            "a.go.txt",
            "vendor/x/a.go",
        ] {
            assert_eq!(of(&[(path, source)]), [], "{path}");
        }
        let harmless =
            b"package a\n// import \"unsafe\"\nimport \"net/url\"\nconst s = \"func init()\"\n";
        assert_eq!(of(&[("a.go", harmless)]), []);
        assert_eq!(of(&[("README", b"MZ is how it begins")]), []);
    }
}
