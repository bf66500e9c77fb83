//! Which of a list of files go into a module's zip.
//!
//! The rules are those of golang.org/x/mod/zip's `CheckFiles`, in its order, because the first one
//! that applies decides between left out and refused: a badly named file in a vendored package is
//! left out, a vendored file in a badly written path is refused.

use super::collide::{PathCollision, ZipPath, find_collisions};
use super::limits::{MAX_GO_MOD, MAX_LICENSE, MAX_ZIP_FILE};
use super::names;
use super::problem::{ShownName, ZipProblem, ZipProblems};
use super::source::{FileKind, SourceFile};
use super::vendor::VendorRule;
use std::collections::HashSet;
use std::fmt;
use std::io::Read;

/// What becomes of each file of a list; all numbers are places in that list.
#[derive(Debug, Default)]
pub struct FileSelection {
    /// What goes into the zip, in the order of the list.
    pub included: Vec<usize>,
    /// What is left out without being wrong.
    pub omitted: Vec<(usize, FileOmission)>,
    /// What makes a zip impossible.
    pub refused: Vec<(usize, ZipProblem)>,
    /// The files together are too large.
    pub too_large: bool,
}

/// Why a file is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileOmission {
    /// In the directory of a version-control system.
    VersionControl,
    /// In a vendored package.
    Vendored,
    /// In a directory that has a go.mod of its own.
    OtherModule,
    /// Written by `hg archive`; the `go` command drops it whatever wrote it.
    HgArchival,
    /// A symbolic link.
    Symlink,
    /// Not a plain file.
    NotRegular,
}

/// The directories below the root that are modules of their own, each with its final slash,
/// sorted, none inside another.
struct OtherModules<'a>(Vec<&'a [u8]>);

/// Decides about each file of a list. Opens none but the go.mod, whose go line the rules depend
/// on; one that cannot be read is as one without a go line.
pub fn select<F: SourceFile>(files: &[F]) -> FileSelection {
    let rule = vendor_rule(files);
    let modules = OtherModules::of(files);
    let mut selection = FileSelection::default();
    let mut places = Vec::new();
    let mut left = MAX_ZIP_FILE;
    for (number, file) in files.iter().enumerate() {
        if let Some(omission) = omission_by_path(file.path(), rule, &modules) {
            match omission {
                Ok(omission) => selection.omitted.push((number, omission)),
                Err(problem) => selection.refused.push((number, problem)),
            }
            continue;
        }
        places.push(u32::try_from(number).unwrap_or(u32::MAX));
        selection.add_by_kind(number, file, &mut left);
    }
    selection.add_collisions(files, places);
    selection
}

/// The rule of the go.mod in the root, if that is a plain file.
fn vendor_rule<F: SourceFile>(files: &[F]) -> VendorRule {
    let go_mods = files
        .iter()
        .filter(|file| file.path() == b"go.mod" && file.kind() == FileKind::Regular);
    // Of several, which is an error anyway, Go reads the last.
    go_mods.last().map_or(VendorRule::Before124, |file| {
        let mut content = Vec::new();
        let read = file
            .open()
            .and_then(|reader| reader.take(MAX_GO_MOD + 1).read_to_end(&mut content));
        match read {
            Ok(_) => VendorRule::of_go_mod(&content),
            Err(_) => VendorRule::Before124,
        }
    })
}

/// What a path alone decides: left out, or refused, or nothing.
fn omission_by_path(
    path: &[u8],
    rule: VendorRule,
    modules: &OtherModules<'_>,
) -> Option<Result<FileOmission, ZipProblem>> {
    if !names::is_clean(path) || path.starts_with(b"/") {
        return Some(Err(ZipProblem::NotClean(ShownName::new(path))));
    }
    if rule.is_vendored(path) {
        return Some(Ok(FileOmission::Vendored));
    }
    if modules.contain(path) {
        return Some(Ok(FileOmission::OtherModule));
    }
    if path == b".hg_archival.txt" {
        return Some(Ok(FileOmission::HgArchival));
    }
    if let Err(reason) = names::check_file_path(path) {
        let name = ShownName::new(path);
        return Some(Err(ZipProblem::Name { name, reason }));
    }
    if path.eq_ignore_ascii_case(b"go.mod") && path != b"go.mod" {
        return Some(Err(ZipProblem::GoModCase(ShownName::new(path))));
    }
    None
}

// === impl FileSelection ===

impl FileSelection {
    /// Fails if no zip can be made of the list.
    ///
    /// # Errors
    ///
    /// All refusals, and the size of all files together.
    pub fn check(&self) -> Result<(), ZipProblems> {
        let mut problems = ZipProblems::default();
        if self.too_large {
            problems.add(ZipProblem::TotalSize);
        }
        for (_, problem) in &self.refused {
            problems.add(problem.clone());
        }
        problems.into_result()
    }

    /// What kind and size decide.
    fn add_by_kind<F: SourceFile>(&mut self, number: usize, file: &F, left: &mut u64) {
        match file.kind() {
            FileKind::Regular => {}
            FileKind::Symlink => return self.omitted.push((number, FileOmission::Symlink)),
            FileKind::Directory | FileKind::Irregular => {
                return self.omitted.push((number, FileOmission::NotRegular));
            }
        }
        let size = file.size();
        match left.checked_sub(size) {
            Some(rest) => *left = rest,
            None => self.too_large = true,
        }
        let shown = || ShownName::new(file.path());
        match file.path() {
            b"go.mod" if size > MAX_GO_MOD => {
                self.refused.push((number, ZipProblem::GoModSize(shown())));
            }
            b"LICENSE" if size > MAX_LICENSE => {
                self.refused
                    .push((number, ZipProblem::LicenseSize(shown())));
            }
            _ => self.included.push(number),
        }
    }

    /// Refuses the later of two that collide; links and directories count, too.
    fn add_collisions<F: SourceFile>(&mut self, files: &[F], mut places: Vec<u32>) {
        let file = |number: u32| files.get(number as usize);
        let place = |number: u32| {
            let file = file(number)?;
            Some(ZipPath {
                path: std::str::from_utf8(file.path()).ok()?,
                is_directory: file.kind() == FileKind::Directory,
            })
        };
        let mut collided = Vec::new();
        find_collisions(&mut places, place, |collision, first, second| {
            let shown = |number| ShownName::new(file(number).map_or(b"", SourceFile::path));
            let problem = match collision {
                PathCollision::Case => ZipProblem::CaseCollision {
                    first: shown(first),
                    second: shown(second),
                },
                PathCollision::FileAndDirectory => ZipProblem::FileAndDirectory(shown(second)),
                PathCollision::Duplicate => ZipProblem::Duplicate(shown(second)),
            };
            collided.push((second as usize, problem));
        });
        if collided.is_empty() {
            return;
        }
        let numbers: HashSet<usize> = collided.iter().map(|&(number, _)| number).collect();
        let hit = |number: usize| numbers.contains(&number);
        self.included.retain(|&number| !hit(number));
        self.omitted.retain(|&(number, _)| !hit(number));
        self.refused.retain(|&(number, _)| !hit(number));
        self.refused.append(&mut collided);
    }
}

// === impl FileOmission ===

impl fmt::Display for FileOmission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VersionControl => "directory of a version-control system",
            Self::Vendored => "file in a vendored package",
            Self::OtherModule => "file of another module",
            Self::HgArchival => "written by hg archive",
            Self::Symlink => "symbolic link",
            Self::NotRegular => "not a regular file",
        })
    }
}

// === impl OtherModules ===

impl<'a> OtherModules<'a> {
    /// Finds the directories that have a plain file `go.mod`, in any case.
    fn of<F: SourceFile>(files: &'a [F]) -> Self {
        let mut directories: Vec<&[u8]> = files
            .iter()
            .filter(|file| names::is_go_mod(file.path()) && file.kind() == FileKind::Regular)
            .filter_map(|file| {
                let path = file.path();
                let directory = path.get(..path.len() - b"go.mod".len())?;
                (!directory.is_empty()).then_some(directory)
            })
            .collect();
        directories.sort_unstable();
        directories.dedup_by(|later, kept| later.starts_with(kept));
        Self(directories)
    }

    /// Whether a path is in one of them. As none is inside another, only the last that is not
    /// behind the path can hold it.
    fn contain(&self, path: &[u8]) -> bool {
        let behind = self.0.partition_point(|directory| *directory <= path);
        let candidate = behind.checked_sub(1).and_then(|at| self.0.get(at));
        candidate.is_some_and(|directory| path.starts_with(directory))
    }
}
