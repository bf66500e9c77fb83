//! What yarn 1 says of an entry.
//!
//! The address of an archive ends in its SHA-1 behind a `#`; before yarn 1.10 that was the only
//! hash. Both are kept, as yarn checks both.

use super::{YarnPattern, patterns, source};
use crate::{
    input::SourceText,
    model::{Integrity, LockedPackage, Lockfile, LockfileFormat},
    source::PackageSource,
    sri::{Sri, SriAlgorithm},
    tree::{self, MapEntry, MapFields},
};
use finding::UnreadableInput;

pub(super) fn read(input: &SourceText<'_>) -> Result<Lockfile, UnreadableInput> {
    let tree = tree::classic(input)?;
    let top = MapFields::of(input, &tree)?;
    let packages = top.entries.iter().map(|entry| package(input, entry));
    Ok(Lockfile {
        file: input.file.to_owned(),
        format: LockfileFormat::YarnClassic,
        packages: packages.collect::<Result<_, _>>()?,
        roots: Vec::new(),
        overrides: Vec::new(),
        catalogs: Vec::new(),
        patches: Vec::new(),
        cache: None,
    })
}

fn package(input: &SourceText<'_>, entry: &MapEntry<'_>) -> Result<LockedPackage, UnreadableInput> {
    let fields = MapFields::of(input, &entry.node)?;
    fields.need("version")?;
    let wanted = patterns(input, &entry.key, entry.at);
    let patterns = wanted.iter();
    let patterns =
        patterns.map(|text| YarnPattern::parse(&text.value, &LockfileFormat::YarnClassic));
    let Some(patterns) = patterns
        .collect::<Option<Vec<_>>>()
        .filter(|all| !all.is_empty())
    else {
        return Err(input.refuse(entry.at, "has an entry without a name"));
    };
    // A resolution can put another package in the place of one that is asked for by its plain name:
    // then the entry is locked for both, and only the alias says what is installed.
    let alias = patterns.iter().find(|one| one.name != one.installed_as);
    let Some(first) = alias.or(patterns.first()) else {
        return Err(input.refuse(entry.at, "has an entry without a name"));
    };
    let resolved = fields.text("resolved")?;
    let source = match (&resolved, fields.get("resolved")) {
        (Some(address), Some(node)) => source(input, node.at, &address.value)?,
        // Of a folder or repository that was not fetched only the range says so.
        _ => PackageSource::of(first.range).unwrap_or(PackageSource::Registry),
    };
    let integrity = fields.text("integrity")?;
    let mut integrity = integrity.as_ref().map(Integrity::parse).unwrap_or_default();
    if let Some(address) = resolved.as_ref().filter(|_| source.is_fetched())
        && let Some((_, hash)) = address.value.split_once('#')
    {
        integrity.add(hash, Sri::parse_hex(SriAlgorithm::Sha1, hash));
        integrity.span = integrity.span.or(Some(address.span));
    }
    let mut dependencies = fields.dependencies("dependencies", false)?;
    dependencies.extend(fields.dependencies("optionalDependencies", true)?);
    let alias = (first.installed_as != first.name).then(|| first.installed_as.to_owned());
    Ok(LockedPackage {
        alias,
        version: fields.text("version")?,
        resolved,
        integrity,
        dependencies,
        ..LockedPackage::new(first.name, source, input.span(entry.at))
    }
    .wanted_as(wanted))
}
