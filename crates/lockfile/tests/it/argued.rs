//! Why some changes to a lock are not found.

const LABEL: &str = "a label for people: other fields decide what is installed";
const HASH: &str =
    "same host and same hash: the bytes are held fast, wherever on the host they lie";
const GROUP: &str =
    "who leaves a group out (--omit=dev) leaves out more or less; what is installed has its hash";
const OWN: &str = "the tool reads it from package.json, not from the lock";
const INSIDE: &str = "it lies inside an archive, whose hash holds it fast";
const FOLDER: &str = "a folder of the checkout: what it needs and is called stands in its own package.json, which is reviewed";
const PATCH: &str =
    "pnpm compares the hash with the file of the patch, whose path package.json gives";
const OLD_HALF: &str = "npm before 7 installs what the old half lists, which is compared; why it is listed decides nothing";

const ADDRESSED: &str =
    "of git, folders and archives: the address, the commit and the hash hold what is installed";
const OTHERS: &[&str] = &[
    "git",
    "git-ssh",
    "archive",
    "folders",
    "bundling",
    "odd-names",
    "outside-link",
    "workspaces",
    "catalogs",
];

/// Formats (how they begin), what a class has in it (or begins with, behind `^`), the shapes in which it
/// may be missed (none: all), and why nothing is said of it.
pub(crate) type Argument = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
);

pub(crate) const ARGUED: &[Argument] = &[
    ("npm", "/engines/", &[], LABEL),
    ("npm", "/funding/", &[], LABEL),
    ("npm", "/license ", &[], LABEL),
    ("npm", "/from ", &[], LABEL),
    ("npm", "^name ", &[], LABEL),
    ("npm", "^version ", &[], LABEL),
    ("npm", "^requires ", &[], LABEL),
    ("npm", "packages/ROOT/name ", &[], LABEL),
    ("npm", "packages/ROOT/version ", &[], LABEL),
    (
        "npm",
        "packages/*/name ",
        &["archive", "git", "git-ssh"],
        ADDRESSED,
    ),
    ("npm", "packages/*/version ", OTHERS, ADDRESSED),
    ("npm", "/resolved gone", &[], HASH),
    ("npm", "/resolved path", &[], HASH),
    ("npm", "/dev other", &[], GROUP),
    ("npm", "/devOptional other", &[], GROUP),
    ("npm", "/optional other", &[], GROUP),
    ("npm", "/peer other", &[], GROUP),
    ("npm", "packages/ROOT/peerDependencies", &[], OWN),
    ("npm", "/workspaces more", &[], OWN),
    ("npm", "packages/ROOT/bundleDependencies more", &[], OWN),
    (
        "npm",
        "/inBundle other",
        &["bundling"],
        "where a hash is given, the flag only says what the project packs itself",
    ),
    ("npm", "/link other", &["outside-link"], FOLDER),
    ("npm", "dependencies/*/dependencies/*", &["bundled"], INSIDE),
    (
        "npm 1",
        "dependencies/*/requires/*",
        &["outside-link", "folders", "workspaces", "bundling"],
        FOLDER,
    ),
    ("npm 2", "/requires/*", &[], OLD_HALF),
    ("pnpm", "/engines ", &[], LABEL),
    (
        "pnpm",
        "/libc gone",
        &[],
        "older releases of the same format do not write it: the archive is tried where it does not fit",
    ),
    (
        "pnpm",
        "packages/*/bundledDependencies name",
        &["bundling"],
        FOLDER,
    ),
    ("pnpm", "packages/*/dev other", &[], GROUP),
    ("pnpm", "/optional other", &[], GROUP),
    (
        "pnpm",
        "/transitivePeerDependencies name",
        &[],
        "what it lists stands again in the keys, which are compared",
    ),
    ("pnpm", "packages/*/name ", OTHERS, ADDRESSED),
    (
        "pnpm 9",
        "packages/*/version ",
        &["git", "git-ssh", "archive", "runtime"],
        ADDRESSED,
    ),
    ("pnpm", "packages/*/version ", OTHERS, ADDRESSED),
    (
        "pnpm",
        "packages/*/patched ",
        &[],
        "the key says again that it is patched",
    ),
    ("pnpm", "patchedDependencies/*/hash ", &[], PATCH),
    ("pnpm 9", "patchedDependencies/* other", &[], PATCH),
    ("pnpm", "patchedDependencies/*/path gone", &[], PATCH),
    (
        "pnpm 9",
        "importers/*/devDependencies name",
        &["runtime"],
        "without the runtime that package.json names, pnpm adds it again",
    ),
    (
        "pnpm 9",
        "^catalogs/",
        &[],
        "who uses the catalog says again what is locked, which is compared",
    ),
    (
        "pnpm",
        "^settings/",
        &[],
        "pnpm compares it with its own settings and installs anew where they differ",
    ),
    ("yarn 1", "*/resolved gone", &[], HASH),
    ("yarn 1", "*/resolved path", &[], HASH),
    ("yarn 1", "*/uid ", &[], LABEL),
    ("yarn 1", "*/version version", OTHERS, ADDRESSED),
    ("yarn berry", "*/languageName ", &[], LABEL),
    ("yarn berry", "*/linkType ", OTHERS, FOLDER),
    ("yarn berry", "*/peerDependenciesMeta", &["peers"], FOLDER),
    ("yarn berry", "*/version ", &[], ADDRESSED),
    (
        "yarn berry",
        "^__metadata/version ",
        &[],
        "another release of yarn packs other archives; `yarn install --immutable` refuses the lock",
    ),
];
