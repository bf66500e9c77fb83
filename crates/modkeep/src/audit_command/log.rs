//! Log: the files of a log somewhere else, in either of their two forms.

use super::entries;
use bytes::Bytes;
use std::fmt;
use tlog::{
    checkpoint::TreeHead,
    entries::EntryBundle,
    follow,
    note::{MAX_NOTE, Note, VerifierKey},
    record::LogRecord,
    resource::LogResource,
    tile::Tile,
};
use upstream::{Endpoint, Reply, UpstreamOptions};
use url::Url;

/// The longest file: 256 entries of the longest kind, with their lengths.
const LONGEST: usize = 256 * (tlog::entries::MAX_ENTRY + 2);

/// Which names files have, and what is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogForm {
    /// A Go checksum database.
    Database,
    /// C2SP tlog-tiles.
    Tiles,
}

/// A log somewhere else.
pub(super) struct RemoteLog {
    endpoint: Endpoint,
    form: LogForm,
    key: VerifierKey,
    /// The key of the log that this one goes on after, where that is the one that is known.
    ended: Option<VerifierKey>,
}

/// How an audit ends early.
#[derive(Debug)]
pub(super) enum AuditError {
    /// The log is not what it should be.
    Wrong(String),
    /// Nobody knows.
    Unreachable(String),
}

// === impl AuditError ===

impl AuditError {
    pub(super) fn wrong(error: impl fmt::Display) -> Self {
        Self::Wrong(error.to_string())
    }

    /// What is looked at could be foreseen, so nothing is shown by looking.
    pub(super) fn no_random_numbers() -> Self {
        Self::Unreachable("the system gives no random numbers".to_owned())
    }

    fn unreachable(error: impl fmt::Display) -> Self {
        Self::Unreachable(error.to_string())
    }
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Wrong(why) | Self::Unreachable(why)) = self;
        f.write_str(why)
    }
}

impl std::error::Error for AuditError {}

// === impl RemoteLog ===

impl RemoteLog {
    /// Finds the log at a URL: a database that a proxy there mirrors, else a log of tiles, else a
    /// database itself.
    pub(super) async fn find(
        endpoint: Endpoint,
        url: &Url,
        key: Option<VerifierKey>,
        options: &UpstreamOptions,
    ) -> Result<Self, AuditError> {
        if let Some(key) = &key {
            let path = format!("sumdb/{}", key.name());
            if get(&endpoint, &format!("{path}/supported")).await?.status == 200 {
                let mut below = url.clone();
                below.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
                let endpoint = Endpoint::try_new(&below, options);
                return Ok(Self {
                    endpoint: endpoint.map_err(AuditError::unreachable)?,
                    form: LogForm::Database,
                    key: key.clone(),
                    ended: None,
                });
            }
        }
        let form = match get(&endpoint, "checkpoint").await?.status {
            200 => LogForm::Tiles,
            _ => LogForm::Database,
        };
        let key = match key {
            Some(key) => key,
            None => offered_key(&endpoint).await?,
        };
        let mut log = Self {
            endpoint,
            form,
            key,
            ended: None,
        };
        if form == LogForm::Tiles {
            log.go_on_after_an_end().await?;
        }
        Ok(log)
    }

    /// Where the log has another name by now and the same secret, the same site speaks: the known log has
    /// ended, and what its journal says of that is looked at.
    async fn go_on_after_an_end(&mut self) -> Result<(), AuditError> {
        let note = self.file("checkpoint").await?;
        if self.read_head(&note).is_ok() {
            return Ok(());
        }
        let reply = get(&self.endpoint, "key").await?;
        let text = std::str::from_utf8(&reply.body).unwrap_or_default();
        let offered = text.trim_end().parse().ok().filter(|_| reply.status == 200);
        let offered: Option<VerifierKey> = offered;
        let Some(offered) = offered.filter(|offered| is_of_one_secret(offered, &self.key)) else {
            return Ok(());
        };
        self.ended = Some(std::mem::replace(&mut self.key, offered));
        Ok(())
    }

    /// The key of the log that this one goes on after.
    pub(super) fn ended(&self) -> Option<&VerifierKey> {
        self.ended.as_ref()
    }

    /// A head that was seen before, of this log or of the one that ended.
    pub(super) fn read_remembered(&self, note: &[u8]) -> Result<TreeHead, AuditError> {
        let present = self.read_head(note);
        match (&present, &self.ended) {
            (Err(_), Some(ended)) => {
                let checkpoint = follow::open(note, ended).map_err(AuditError::wrong)?;
                Ok(checkpoint.head)
            }
            _ => present,
        }
    }

    pub(super) fn key(&self) -> &VerifierKey {
        &self.key
    }

    pub(super) fn form(&self) -> LogForm {
        self.form
    }

    /// The newest head, and the note that signs it.
    pub(super) async fn head(&self) -> Result<(TreeHead, Bytes), AuditError> {
        let path = match self.form {
            LogForm::Database => "latest",
            LogForm::Tiles => "checkpoint",
        };
        let note = self.file(path).await?;
        Ok((self.read_head(&note)?, note))
    }

    /// Reads a head that this log's key has signed.
    pub(super) fn read_head(&self, note: &[u8]) -> Result<TreeHead, AuditError> {
        if note.len() > MAX_NOTE {
            return Err(AuditError::Wrong("the head is too long".to_owned()));
        }
        match self.form {
            LogForm::Database => {
                let note = Note::open(note, std::slice::from_ref(&self.key));
                let note = note.map_err(AuditError::wrong)?;
                TreeHead::parse(&note.text).map_err(AuditError::wrong)
            }
            LogForm::Tiles => {
                let checkpoint = follow::open(note, &self.key).map_err(AuditError::wrong)?;
                Ok(checkpoint.head)
            }
        }
    }

    /// The bytes of hash tiles, in order, not believed yet.
    pub(super) async fn tiles(&self, tiles: &[Tile]) -> Result<Vec<Bytes>, AuditError> {
        let mut all = Vec::with_capacity(tiles.len());
        for tile in tiles {
            let path = |tile: Tile| match self.form {
                LogForm::Database => tile.to_string(),
                LogForm::Tiles => LogResource::Tile(tile).to_string(),
            };
            let bytes = self.narrow(&path(*tile), &path(tile.full())).await?;
            if bytes.len() < tile.size() {
                return Err(AuditError::Wrong(format!(
                    "{tile} has {} bytes",
                    bytes.len()
                )));
            }
            all.push(bytes.slice(..tile.size()));
        }
        Ok(all)
    }

    /// The entries of a bundle, not believed yet.
    pub(super) async fn entries(&self, bundle: EntryBundle) -> Result<Vec<Vec<u8>>, AuditError> {
        let wide = EntryBundle::try_new(bundle.index(), tlog::entries::WIDTH).unwrap_or(bundle);
        let path = |bundle: EntryBundle| match (self.form, bundle.tile()) {
            (LogForm::Database, Some(tile)) => {
                let path = tile.to_string();
                path.replacen(&format!("tile/{}/0/", tile.height()), "tile/8/data/", 1)
            }
            _ => LogResource::Entries(bundle).to_string(),
        };
        let bytes = self.narrow(&path(bundle), &path(wide)).await?;
        let count = bundle.width() as usize;
        let entries: Vec<Vec<u8>> = match self.form {
            LogForm::Database => records(&bytes),
            LogForm::Tiles => {
                let whole = bundle.read(&bytes).or_else(|_| wide.read(&bytes));
                let whole = whole.map_err(AuditError::wrong)?;
                whole.into_iter().map(<[u8]>::to_vec).collect()
            }
        };
        if entries.len() < count {
            let why = format!("{} has {} entries", path(bundle), entries.len());
            return Err(AuditError::Wrong(why));
        }
        Ok(entries.into_iter().take(count).collect())
    }

    /// Whether a lookup answers with a record.
    pub(super) async fn look_up(&self, number: u64, entry: &[u8]) -> Result<(), AuditError> {
        let escaped = entries::version(entry).and_then(|version| {
            let (module, version) = version.split_once('@')?;
            let module = gomod::ModulePath::parse(module).ok()?;
            let version = gomod::Version::parse(version).ok()?;
            Some(format!("{}@{}", module.escaped(), version.escaped()))
        });
        // Names that `go` would not ask for are none of its business.
        let Some(escaped) = escaped else {
            return Ok(());
        };
        let answer = self.file(&format!("lookup/{escaped}")).await?;
        let (record, note) = LogRecord::parse(&answer).map_err(AuditError::wrong)?;
        self.read_head(note)?;
        if (record.id, record.text.as_bytes()) == (number, entry) {
            return Ok(());
        }
        let why = format!("the lookup of {escaped} answers with record {}", record.id);
        Err(AuditError::Wrong(why))
    }

    /// A file, or the wider form of it that has come since.
    async fn narrow(&self, path: &str, wide: &str) -> Result<Bytes, AuditError> {
        let reply = get(&self.endpoint, path).await?;
        if path != wide && matches!(reply.status, 404 | 410) {
            return self.file(wide).await;
        }
        whole(path, reply)
    }

    async fn file(&self, path: &str) -> Result<Bytes, AuditError> {
        whole(path, get(&self.endpoint, path).await?)
    }
}

/// Whether two keys have the same public bytes under different names.
fn is_of_one_secret(one: &VerifierKey, other: &VerifierKey) -> bool {
    let public = |key: &VerifierKey| {
        let text = key.to_string();
        text.rsplit_once('+').map(|(_, public)| public.to_owned())
    };
    public(one) == public(other)
}

/// What a log says of its own key, where it has a file of it as the journal has. Whoever believes
/// that believes the server.
async fn offered_key(endpoint: &Endpoint) -> Result<VerifierKey, AuditError> {
    let reply = get(endpoint, "key").await?;
    let text = std::str::from_utf8(&reply.body).unwrap_or_default();
    let key = text.trim_end().parse().ok().filter(|_| reply.status == 200);
    let key: VerifierKey = key.ok_or_else(|| {
        AuditError::Unreachable("its key is not known: give it with --key".to_owned())
    })?;
    crate::output::line(&format!(
        "its key, by its own word; keep it and give it with --key: {key}"
    ));
    Ok(key)
}

async fn get(endpoint: &Endpoint, path: &str) -> Result<Reply, AuditError> {
    let reply = endpoint.get(path, LONGEST).await;
    reply.map_err(AuditError::unreachable)
}

/// A file that a log must have. One that it does not have is a problem; an outage is none.
fn whole(path: &str, reply: Reply) -> Result<Bytes, AuditError> {
    match reply.status {
        200 => Ok(reply.body),
        404 | 410 => Err(AuditError::Wrong(format!("it has no {path}"))),
        status => Err(AuditError::Unreachable(format!(
            "{path}: it answered {status}"
        ))),
    }
}

/// The texts of records, each of which has an empty line behind it.
fn records(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    while let Some(at) = bytes.windows(2).position(|two| two == b"\n\n") {
        let (record, rest) = bytes.split_at(at + 1);
        records.push(record.to_vec());
        bytes = rest.get(1..).unwrap_or_default();
    }
    records
}
