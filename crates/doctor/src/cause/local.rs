//! Causes on this machine: directories, disks, settings.

use super::{Cause, decisive, run, telling};

pub(super) static NO_CACHE: Cause = Cause {
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

pub(super) static PERMISSION: Cause = Cause {
    id: "local/permission",
    title: "this user may not write there",
    why: "The cache belongs to somebody else: often it was filled by root, in an image or with sudo.",
    next: "Give the directory to this user, or point GOMODCACHE and GOCACHE elsewhere.",
    common: false,
    patterns: &[
        decisive("could not create module cache: {...}permission denied"),
        decisive("mkdir {file}: permission denied"),
        decisive("open {file}: permission denied"),
        telling("could not create module cache: {...}"),
        telling("failed to initialize build cache at {file}: {...}"),
    ],
    remedies: &[run("ls -ld {file}", "nothing: it shows whose it is")],
};

pub(super) static READ_ONLY: Cause = Cause {
    id: "local/read-only",
    title: "the file system is read-only",
    why: "A volume is mounted without write access, or the disk failed and was remounted.",
    next: "Mount it writable, or point GOMODCACHE and GOCACHE elsewhere.",
    common: false,
    patterns: &[decisive("{file}: read-only file system")],
    remedies: &[],
};

pub(super) static FULL: Cause = Cause {
    id: "local/disk-full",
    title: "the disk is full",
    why: "There is no room for the caches or the temporary files.",
    next: "Make room; the module cache can be filled again from a proxy.",
    common: false,
    patterns: &[
        decisive("{file}: no space left on device"),
        decisive("{file}: disk quota exceeded"),
    ],
    remedies: &[run("df -h", "nothing: it shows which disk is full")],
};

pub(super) static BAD_SETTING: Cause = Cause {
    id: "local/bad-setting",
    title: "a setting of go cannot be read",
    why: "GOFLAGS, the file of go env -w or a variable has a value that go does not accept.",
    next: "go env -changed lists what is set; the environment goes before the file.",
    common: false,
    patterns: &[
        decisive("parsing $GOFLAGS: {...}"),
        decisive("invalid value \"{word}\" for flag -mod: {...}"),
        decisive("-mod may only be set to readonly, vendor, or mod"),
        decisive("-mod may only be set to readonly or vendor when in workspace mode"),
        decisive("unknown go command variable {variable}"),
        decisive("GOAUTH encountered errors for {url}"),
        decisive("invalid GOAUTH {...}"),
    ],
    remedies: &[run("go env -changed", "nothing: it lists what is set")],
};

pub(super) static UNKNOWN_COMMAND: Cause = Cause {
    id: "local/unknown-command",
    title: "go has no such command or flag",
    why: "A typing error, or a command of another release.",
    next: "go help lists the commands of this release.",
    common: false,
    patterns: &[
        decisive("go {word}: unknown command Run 'go help' for usage."),
        decisive("go mod {word}: unknown command Run 'go help mod' for usage."),
        decisive("flag provided but not defined: {word}"),
        decisive("'go get' is no longer supported outside a module."),
    ],
    remedies: &[],
};
