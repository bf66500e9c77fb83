//! The checksum database: the grammar of GOSUMDB, and what modes can be had with it.
//!
//! `off`, `NAME`, `NAME+KEY`, or one of the latter two with a URL behind it (`go help
//! environment`). Of a bare name the key must be known, and only the public database's is. Without
//! a URL the database is reached through the upstreams that mirror it, else at `https://NAME`, as
//! `go` reaches it.

use super::ResolvedConfig;
use checksumdb::Mode;
use tlog::note::VerifierKey;
use upstream::{DatabaseRoute, SourceUrl};

/// The public database's key, as it is built into `go`.
const PUBLIC: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

/// Go's other name for the public database, for networks that do not reach it under its own: the
/// same log and key, at this address.
const ALIAS: &str = "sum.golang.google.cn";

/// What go uses where nothing is set.
pub(crate) const DEFAULT: &str = "sum.golang.org";

/// A database and the way to it.
#[derive(Debug, Clone)]
pub struct Database {
    /// Its name.
    pub name: String,
    /// None where only the name is known: it can be mirrored, but not verified.
    pub key: Option<VerifierKey>,
    /// How it is reached.
    pub route: DatabaseRoute,
}

/// The key of the configured database, if it has one.
///
/// # Errors
/// The database cannot be read.
pub fn key(resolved: &ResolvedConfig) -> Result<Option<VerifierKey>, String> {
    let database = parse(resolved.options.sumdb.database.reveal())?;
    Ok(database.and_then(|database| database.key))
}

/// A key as people write it: its text, or the name of the public database.
pub fn known_key(text: &str) -> Result<VerifierKey, String> {
    if text == DEFAULT {
        return public();
    }
    text.parse().map_err(|error| format!("{error}"))
}

/// Reads `--sumdb`; `None` for `off`.
pub fn parse(spec: &str) -> Result<Option<Database>, String> {
    let fields: Vec<&str> = spec.split_ascii_whitespace().collect();
    let (name, url) = match fields.as_slice() {
        ["off"] => return Ok(None),
        [ALIAS] => (DEFAULT, Some(format!("https://{ALIAS}"))),
        [name] => (*name, None),
        [name, url] => (*name, Some((*url).to_owned())),
        _ => return Err("it must be off, NAME, NAME+KEY, or one of those and a URL".to_owned()),
    };
    let key = match (name, name.contains('+')) {
        (DEFAULT, _) => Some(public()?),
        (_, true) => Some(
            name.parse::<VerifierKey>()
                .map_err(|error| error.to_string())?,
        ),
        (_, false) => None,
    };
    if key.is_none() && (name.contains(['@', '?', '#']) || name.contains("://")) {
        // A URL in the place of the name; what is refused is repeated below, and this must not be.
        return Err("a name comes first, NAME or NAME+KEY, and then a URL".to_owned());
    }
    let name = key.as_ref().map_or(name, |key| key.name()).to_owned();
    let route = match url {
        Some(url) => DatabaseRoute::Only(http(&url)?),
        None => DatabaseRoute::Fallback(http(&format!("https://{name}"))?),
    };
    Ok(Some(Database { name, key, route }))
}

/// The text is not repeated where it is refused: it may hold a password.
fn http(url: &str) -> Result<SourceUrl, String> {
    SourceUrl::parse(url).map_err(|error| format!("the URL of the database: {error}"))
}

fn public() -> Result<VerifierKey, String> {
    PUBLIC.parse().map_err(|error| format!("{error}"))
}

/// What is verified and with which key, from `--verify` and `--sumdb` together. `asked` tells whether
/// the mode was chosen by somebody, or is the default.
pub(crate) fn verified(
    mode: Mode,
    asked: bool,
    database: Option<&Database>,
) -> Result<(Mode, VerifierKey), String> {
    match database {
        Some(Database { key: Some(key), .. }) => Ok((mode, key.clone())),
        _ if mode == Mode::Off || (!asked && database.is_none()) => Ok((Mode::Off, public()?)),
        Some(Database { name, .. }) => Err(format!(
            "--sumdb {name}: its key is needed to verify with it: NAME+KEY"
        )),
        None => Err("nothing can be verified with --sumdb off".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Database, Mode, parse, verified};
    use upstream::DatabaseRoute;

    const KEY: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

    fn database(spec: &str) -> Database {
        parse(spec).unwrap().unwrap()
    }

    #[test]
    fn the_public_database_needs_no_more_than_its_name() {
        assert_eq!(database("sum.golang.org").key, database(KEY).key);
        assert!(database("sum.golang.org").key.is_some());
        let at_url = database("sum.golang.org https://sums.example.com/x");
        assert!(at_url.key.is_some());
        assert!(
            matches!(at_url.route, DatabaseRoute::Only(url) if url.reveal().as_str() == "https://sums.example.com/x")
        );
        let route = database("sum.example.com/2026 http://localhost:1").route;
        assert!(matches!(route, DatabaseRoute::Only(_)));
        let fallback = database("sum.golang.org").route;
        assert!(
            matches!(fallback, DatabaseRoute::Fallback(url) if url.reveal().as_str() == "https://sum.golang.org/")
        );
        let alias = database("sum.golang.google.cn");
        assert_eq!(
            (alias.name.as_str(), alias.key.is_some()),
            ("sum.golang.org", true)
        );
        assert!(parse("off").unwrap().is_none());
    }

    #[test]
    fn what_is_no_database_is_refused() {
        for wrong in [
            "",
            "a b c",
            "sum.example.com ftp://b",
            "+k",
            "https://user:secret@sum.example.com",
            "sum.example.com ftp://user:secret@b/secret",
            "https://user:secret@b/secret sum.example.com",
            "https://user:secret+x@b/secret+k sum.example.com",
            "sum.golang.org+033de0ae+AAAA",
            "sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        ] {
            let refusal = parse(wrong).unwrap_err();
            assert!(!refusal.contains("secret"), "{wrong}: {refusal}");
        }
    }

    #[test]
    fn proof_cannot_be_required_where_nothing_can_prove() {
        let mode = |mode, asked, spec: &str| {
            let database = parse(spec).unwrap();
            verified(mode, asked, database.as_ref()).map(|(mode, _)| mode)
        };
        assert_eq!(
            mode(Mode::Required, false, "sum.golang.org"),
            Ok(Mode::Required)
        );
        assert_eq!(mode(Mode::Required, false, "off"), Ok(Mode::Off));
        assert!(mode(Mode::Required, true, "off").is_err());
        assert!(mode(Mode::Required, false, "sum.example.com").is_err());
        assert_eq!(mode(Mode::Off, true, "sum.example.com"), Ok(Mode::Off));
    }
}
