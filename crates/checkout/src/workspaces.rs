//! Workspaces: the go.work files of one state of a checkout, and the modules that they name.

use crate::directory::CheckoutFiles;
use finding::UnreadableInput;
use gate::{
    go_work::{GoWork, WorkspaceMember},
    inventory::join,
};

/// A workspace whose files could be read.
#[derive(Debug, Clone)]
pub struct GoWorkspace {
    /// Its files.
    pub work: GoWork,
    /// Directories of its modules.
    members: Vec<String>,
}

// === impl GoWorkspace ===

impl GoWorkspace {
    /// All workspaces; `refused` is given what could not be read of them.
    pub fn read_all(
        files: &dyn CheckoutFiles,
        mut refused: impl FnMut(UnreadableInput),
    ) -> Vec<Self> {
        let inventory = files.inventory();
        let mut all = Vec::new();
        for directory in &inventory.workspaces {
            match read(files, directory) {
                Ok(Some(work)) => {
                    let members = members(files, &work, &mut refused);
                    all.push(Self { work, members });
                }
                Ok(None) => {}
                Err(unreadable) => refused(unreadable),
            }
        }
        all
    }

    /// Directories of its modules.
    pub fn directories(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(String::as_str)
    }
}

/// The workspace that a module is built in: go takes the go.work that is nearest above it.
pub fn of_module<'w>(all: &'w [GoWorkspace], directory: &str) -> Option<&'w GoWorkspace> {
    let own = all
        .iter()
        .filter(|workspace| workspace.directories().any(|member| member == directory));
    own.max_by_key(|workspace| workspace.work.directory.len())
}

fn read(files: &dyn CheckoutFiles, directory: &str) -> Result<Option<GoWork>, UnreadableInput> {
    let Some(go_work) = files.read(&join(directory, "go.work"))? else {
        return Ok(None);
    };
    let sums = files.read(&join(directory, "go.work.sum"))?;
    GoWork::read(directory, &go_work, &sums.unwrap_or_default()).map(Some)
}

fn members(
    files: &dyn CheckoutFiles,
    work: &GoWork,
    refused: &mut impl FnMut(UnreadableInput),
) -> Vec<String> {
    let mut members = Vec::new();
    for member in work.members() {
        match member.and_then(|member| with_go_mod(files, work, member)) {
            Ok(directory) => members.push(directory),
            Err(unreadable) => refused(unreadable),
        }
    }
    members
}

/// The directory of a member that is a module.
fn with_go_mod(
    files: &dyn CheckoutFiles,
    work: &GoWork,
    member: WorkspaceMember,
) -> Result<String, UnreadableInput> {
    let name = join(&member.directory, "go.mod");
    if files.read(&name)?.is_some() {
        return Ok(member.directory);
    }
    let problem = format!("there is no {name}");
    Err(UnreadableInput::new(work.place(member.line), problem))
}
