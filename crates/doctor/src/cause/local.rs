//! Causes on this machine: directories, disks, settings.

use super::{FailureCause, RemedyKind, decisive, remedy, run, symptom, telling};
use crate::parts::MessageParts;

pub(super) static NO_CACHE: FailureCause = FailureCause {
    id: "local/no-cache",
    title: "go does not know where its caches are",
    why: "Neither HOME nor the variable is set, as in bare containers and services.",
    next: "Set HOME, or GOMODCACHE and GOCACHE, to directories that this user may write.",
    common: false,
    patterns: &[
        decisive("module cache not found: neither GOMODCACHE nor GOPATH is set"),
        decisive("build cache is required, but could not be located"),
        decisive("build cache is disabled by GOCACHE=off, but required"),
    ],
    remedies: &[],
};

pub(super) static PERMISSION: FailureCause = FailureCause {
    id: "local/permission",
    title: "this user may not write there",
    why: "The cache belongs to somebody else: often it was filled by root, in an image or with sudo.",
    next: "Give the directory to this user, or point GOMODCACHE and GOCACHE elsewhere.",
    common: false,
    patterns: &[
        decisive("could not create module cache: {...}permission denied"),
        decisive("could not create module cache: {...}Access is denied"),
        decisive("failed to initialize build cache at {file}: {...}permission denied"),
        decisive("failed to initialize build cache at {file}: {...}Access is denied"),
        telling("mkdir {file}: permission denied"),
        telling("mkdir {file}: not a directory"),
        telling("open {file}: permission denied"),
        telling("unlinkat {file}: permission denied"),
        telling("mkdir {file}: Access is denied."),
        telling("open {file}: Access is denied."),
        telling("rename {...}: Access is denied."),
        telling("could not create module cache: {...}"),
        telling("failed to initialize build cache at {file}: {...}"),
    ],
    remedies: &[run("ls -ld {file}", "nothing: it shows whose it is")],
};

pub(super) static READ_ONLY: FailureCause = FailureCause {
    id: "local/read-only",
    title: "the file system is read-only",
    why: "A volume is mounted without write access, or the disk failed and was remounted.",
    next: "Mount it writable, or point GOMODCACHE and GOCACHE elsewhere.",
    common: false,
    patterns: &[
        decisive("{file}: read-only file system"),
        decisive("{file}: Read-only file system"),
        decisive("{file}: The media is write protected."),
    ],
    remedies: &[],
};

pub(super) static FULL: FailureCause = FailureCause {
    id: "local/disk-full",
    title: "the disk is full",
    why: "There is no room for the caches or the temporary files.",
    next: "Make room; the module cache can be filled again from a proxy.",
    common: false,
    patterns: &[
        decisive("{file}: no space left on device"),
        decisive("{file}: disk quota exceeded"),
        decisive("{file}: There is not enough space on the disk."),
    ],
    remedies: &[run("df -h", "nothing: it shows which disk is full")],
};

pub(super) static NO_LOCKS: FailureCause = FailureCause {
    id: "local/no-locks",
    title: "the file system cannot lock files",
    why: "go locks go.mod and its caches while it works. Memory cards, some network and container volumes and Android's shared storage cannot.",
    next: "Move the project (or GOMODCACHE and GOCACHE, whichever the message names) to a directory of a file system that can, such as the home directory.",
    common: false,
    patterns: &[
        decisive("RLock {file}: Function not implemented"),
        telling("RLock {file}: {...}"),
        decisive("Lock {file}: Function not implemented"),
        decisive("Lock {file}: function not implemented"),
        decisive("Lock {file}: no locks available"),
        decisive("Lock {file}: operation not supported"),
        decisive("Lock {file}: not supported"),
        decisive("Lock {file}: invalid argument"),
        decisive("Lock {file}: Incorrect function."),
    ],
    remedies: &[run(
        "go env GOMODCACHE GOCACHE",
        "nothing: it prints where the caches are",
    )],
};

pub(super) static MODULES_OFF: FailureCause = FailureCause {
    id: "local/modules-off",
    title: "modules are turned off",
    why: "GO111MODULE is off, so go works as before it had modules: with GOPATH, without go.mod and without versions. Old guides say to set it.",
    next: "Take the setting away, in the shell and in go env; since go 1.16 modules are always on without it.",
    common: true,
    patterns: &[
        decisive("modules disabled by GO111MODULE=off"),
        decisive("cannot be used with GO111MODULE=off"),
        decisive("cannot use path@version syntax in GOPATH mode"),
        telling("in module-aware mode"),
        telling("go list -m: not using modules"),
        // Settings that were pasted along.
        symptom("GO111MODULE=off"),
        symptom("GO111MODULE=\"off\""),
        symptom("GO111MODULE='off'"),
        telling("can only use path@version syntax with 'go get'"),
        telling(
            "cannot find package \"{package}\" in any of: {...} (from $GOROOT) {...} (from $GOPATH)",
        ),
        telling("cannot find package \"{package}\" in: {file}/src/"),
        telling("package {package}: cannot download, $GOPATH not set"),
    ],
    remedies: &[
        remedy(
            RemedyKind::Environment,
            "go env -u GO111MODULE",
            "modules are on again; a variable of the environment goes first: unset GO111MODULE there too",
        ),
        run("go env GO111MODULE", "nothing: it prints the setting"),
    ],
};

pub(super) static GOPATH_GO_MOD: FailureCause = FailureCause {
    id: "local/go-mod-in-gopath",
    title: "there is a go.mod in the directory of GOPATH itself",
    why: "GOPATH is where go keeps what it downloads, so it is no module: often GOPATH was set to the project's directory.",
    next: "Set GOPATH to another directory than the project's, or leave it unset; do not keep a go.mod there.",
    common: false,
    patterns: &[decisive("$GOPATH/go.mod exists but should not")],
    remedies: &[run("go env GOPATH", "nothing: it prints the directory")],
};

pub(super) static NO_COMPILER: FailureCause = FailureCause {
    id: "local/no-c-compiler",
    title: "a C compiler is missing",
    why: "A package on the way uses cgo, and the compiler that go would call is not installed or not in the PATH. This is no matter of modules.",
    next: "Install a C compiler (a package such as gcc or build-essential; on a Mac xcode-select --install), or build without cgo if the package can do without.",
    common: false,
    patterns: &[
        decisive("C compiler \"{program}\" not found"),
        decisive("exec: \"{program}\": executable file not found in {...}").when(is_compiler),
        telling("cgo: exec {program}: {...}"),
        telling("C source files not allowed when not using cgo"),
    ],
    remedies: &[run(
        "CGO_ENABLED=0 go build ./...",
        "packages that need C are left out or replaced by Go; some then do not build",
    )],
};

pub(super) static NO_PROGRAM: FailureCause = FailureCause {
    id: "local/no-program",
    title: "a program that was to be run is not installed",
    why: "go generate, a test or a build script calls it, and the PATH has none of that name. Programs of go install are in GOBIN or GOPATH/bin.",
    next: "Install it, and see that its directory is in the PATH.",
    common: false,
    patterns: &[
        decisive("running \"{program}\": exec: \"{program2}\": executable file not found in {...}")
            .when(is_program),
        telling("exec: \"{program}\": executable file not found in {...}").when(is_program),
        telling("exec: \"{program}\": cannot run executable found relative to current directory"),
        telling("{program}: command not found").when(is_program),
    ],
    remedies: &[run(
        "go env GOBIN GOPATH",
        "nothing: it prints where installed commands are",
    )],
};

pub(super) static BAD_SETTING: FailureCause = FailureCause {
    id: "local/bad-setting",
    title: "a setting of go cannot be read",
    why: "GOFLAGS, the file of go env -w or a variable has a value that go does not accept.",
    next: "go env -changed lists what is set; the environment goes before the file.",
    common: false,
    patterns: &[
        decisive("parsing $GOFLAGS: {...}"),
        decisive("invalid value \"{word}\" for flag -mod: {...}"),
        decisive("-mod may only be set to readonly, vendor, or mod"),
        decisive("unknown environment setting GO111MODULE={word}"),
        decisive("-mod={word} not supported (can be {...})"),
        decisive("unknown go command variable {variable}"),
        decisive("GOAUTH encountered errors for {url}"),
        decisive("invalid GOAUTH {...}"),
    ],
    remedies: &[run("go env -changed", "nothing: it lists what is set")],
};

pub(super) static UNKNOWN_COMMAND: FailureCause = FailureCause {
    id: "local/unknown-command",
    title: "go has no such command or flag",
    why: "A typing error, or a command of another release.",
    next: "go help lists the commands of this release.",
    common: false,
    patterns: &[
        decisive("go {word}: unknown command Run 'go help' for usage."),
        decisive("go mod: unknown command Run 'go help mod' for usage."),
        decisive("go mod {word}: unknown command Run 'go help mod' for usage."),
        telling("flag provided but not defined: {word}"),
    ],
    remedies: &[],
};

/// Whether the program compiles C.
fn is_compiler(parts: &MessageParts) -> bool {
    const COMPILERS: [&str; 10] = [
        "gcc",
        "cc",
        "clang",
        "g++",
        "c++",
        "clang++",
        "gfortran",
        "cl",
        "tcc",
        "pkg-config",
    ];
    let program = program(parts);
    let last = program.rsplit('-').next().unwrap_or_default();
    COMPILERS.contains(&program) || program.contains('-') && COMPILERS.contains(&last)
}

/// Whether the program fetches repositories.
pub(super) fn is_version_control(parts: &MessageParts) -> bool {
    ["git", "hg", "svn", "bzr", "fossil"].contains(&program(parts))
}

fn is_program(parts: &MessageParts) -> bool {
    !is_compiler(parts) && !is_version_control(parts)
}

/// The name of the program, without directories and the ending of Windows.
fn program(parts: &MessageParts) -> &str {
    let program = parts.get("program").unwrap_or_default();
    let name = program.rsplit(['/', '\\']).next().unwrap_or_default();
    name.strip_suffix(".exe").unwrap_or(name)
}
