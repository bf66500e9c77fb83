//! A checksum database in memory, with a client of it.

use crate::{
    log::Log,
    memory::{Memory, Missing, run},
};
use tlog::{
    client::{LookupError, ProvenRecord, SumdbClient},
    note::SignerKey,
    record::LogRecord,
    tile::{HEIGHT, new_tiles},
};

/// A log with its key, and what of it is served.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) log: Log,
    pub(crate) signer: SignerKey,
    pub(crate) memory: Memory,
}

pub(crate) fn module(number: u64) -> String {
    format!("example.com/m{number}")
}

/// The two lines of a record; another `salt` is another history.
pub(crate) fn lines(number: u64, salt: &str) -> String {
    let line = format!("{} v1.0.0", module(number));
    format!("{line} h1:{salt}{number}zip=\n{line}/go.mod h1:{salt}{number}mod=\n")
}

/// What a lookup of a record is answered.
pub(crate) fn answer(log: &Log, number: u64, size: u64, signer: &SignerKey) -> String {
    let record = LogRecord {
        id: number,
        text: log.leaf(number).to_owned(),
    };
    record.to_text() + &log.signed(size, signer)
}

// === impl Database ===

impl Database {
    /// The database whose history parts from the true one at `honest` and has `size` records.
    pub(crate) fn forked(honest: u64, size: u64) -> Self {
        let mut log = Log::of(honest, |number| lines(number, ""));
        log.grow(size, |number| lines(number, "other"));
        let signer = SignerKey::from_seed("sum.example.com", [7; 32]).unwrap();
        let memory = Memory::default();
        Self {
            log,
            signer,
            memory,
        }
    }

    /// An honest database that serves all it has.
    pub(crate) fn honest(size: u64) -> Self {
        let database = Self::forked(size, size);
        database.publish(size);
        database
    }

    /// Serves the tiles of a tree of this size.
    pub(crate) fn publish(&self, size: u64) {
        for tile in new_tiles(HEIGHT, 0, size) {
            self.memory.serve(&tile, self.log.tile(tile).unwrap());
        }
    }

    pub(crate) fn client(&self) -> SumdbClient<Memory> {
        SumdbClient::new(self.signer.verifier().clone(), self.memory.clone())
    }

    pub(crate) fn signed(&self, size: u64) -> String {
        self.log.signed(size, &self.signer)
    }

    pub(crate) fn answer(&self, number: u64, size: u64) -> String {
        answer(&self.log, number, size, &self.signer)
    }

    /// Looks a record up with the head of this size.
    pub(crate) fn look_up(
        &self,
        client: &SumdbClient<Memory>,
        number: u64,
        size: u64,
    ) -> Result<ProvenRecord, LookupError<Missing>> {
        let escaped = format!("{}@v1.0.0", module(number));
        let path = format!("lookup/{escaped}");
        self.memory.serve(&path, self.answer(number, size));
        run(client.lookup(&escaped, &module(number), "v1.0.0"))
    }
}
