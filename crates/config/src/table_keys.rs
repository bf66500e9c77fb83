//! Keys of tables in the file: their order, and those that nobody knows.

use crate::{error::ConfigError, position::SourceText};
use std::borrow::Cow;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Keys and values in the order of the file.
pub(crate) fn in_order(
    table: DeTable<'_>,
) -> impl Iterator<Item = (Spanned<Cow<'_, str>>, Spanned<DeValue<'_>>)> {
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries.into_iter()
}

/// An error about a key that is none of those that are known there; `of` says which table it is in.
pub(crate) fn refuse_unknown<'k>(
    key: &Spanned<Cow<'_, str>>,
    of: &str,
    known: impl Iterator<Item = &'k str>,
    source: SourceText<'_>,
) -> ConfigError {
    let (start, key) = (key.span().start, key.get_ref());
    let (line, column) = source.position(start);
    let place = format!("it is at line {line}, column {column}");
    match finding::nearest(key, known) {
        Some(known) => source.refuse(
            start,
            format!("unknown key {key:?}{of}; did you mean {known:?}?"),
            format!("rename it to {known}, or remove it; {place}"),
        ),
        None => source.refuse(
            start,
            format!("unknown key {key:?}{of}"),
            format!("remove it; `modkeep config schema` has every key; {place}"),
        ),
    }
}
