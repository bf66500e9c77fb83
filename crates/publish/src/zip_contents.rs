//! Zip contents: whether an uploaded zip is this module at this version, and what follows from it.
//!
//! The rules are those of every zip that arrives (`gomod::zip`), and some that only an author can be held to:
//! a go.mod that `go` reads, that names the module, and none where the version is `+incompatible`.

use codes::Code;
use gomod::{
    Artifact,
    modfile::{self, ParseMode},
    sumhash,
    zip::check_zip,
};
use inspection::PositionedFile;
use protocol::Refusal;
use std::fs::File;

/// What a zip is, and the go.mod of its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleZipContents {
    /// Go's hash of the zip.
    pub h1: String,
    /// The go.mod in it, or the one that `go` makes up.
    pub go_mod: Vec<u8>,
    /// Go's hash of that.
    pub go_mod_h1: String,
    /// The files with their sizes, in the order of the zip.
    pub files: Vec<(String, u64)>,
}

// === impl ModuleZipContents ===

impl ModuleZipContents {
    /// Reads a zip. Blocks: inflates all of it.
    ///
    /// # Errors
    /// It is not this module at this version.
    pub fn read(artifact: &Artifact, file: &File, size: u64) -> Result<Self, Refusal> {
        let content = PositionedFile::new(file, size);
        let checked = check_zip(content, &artifact.module, &artifact.version);
        let checked = checked.map_err(|problem| refuse(&problem.to_string()))?;
        let go_mod = match checked.go_mod() {
            Some(go_mod) => {
                check_go_mod(artifact, go_mod)?;
                go_mod.to_vec()
            }
            // What `go` makes up for a module without one.
            None => format!("module {}\n", artifact.module).into_bytes(),
        };
        let files = checked.files();
        Ok(Self {
            files: files
                .map(|file| (file.path.to_owned(), file.size))
                .collect(),
            h1: checked.h1().to_string(),
            go_mod_h1: sumhash::h1_of_go_mod(&go_mod).to_string(),
            go_mod,
        })
    }
}

fn check_go_mod(artifact: &Artifact, go_mod: &[u8]) -> Result<(), Refusal> {
    if artifact.version.is_incompatible() {
        return Err(refuse(
            "it has a go.mod, so its version cannot be +incompatible",
        ));
    }
    let parsed = modfile::parse(go_mod, ParseMode::Lax);
    let parsed = parsed.map_err(|error| refuse(&format!("its go.mod: {error}")))?;
    let named = parsed.module.map(|module| module.path);
    if named.as_deref() == Some(artifact.module.as_str()) {
        return Ok(());
    }
    let named = named.as_deref().unwrap_or("no module");
    Err(refuse(&format!(
        "its go.mod names {named}, not {}",
        artifact.module
    )))
}

fn refuse(why: &str) -> Refusal {
    Refusal::new(Code::BadPublication, why)
}
