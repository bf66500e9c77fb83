//! Lazy: whether a client loads no module graph. Pure.
//!
//! With a pruning main module and a complete go.sum, `go build` and its like read no go.mod of a
//! dependency before they need its packages: they ask for a zip, then for the go.mod beside it, in
//! the order of imports, and for every `.info` at the end. Nothing of a graph can be foreseen for
//! such a client, but of each module the rest when it asks for the zip.

/// Zips of modules whose go.mod was not asked for before the client is believed to be lazy.
const ZIPS: u32 = 2;

/// The most go.mod files that are held against it: whoever loads a graph and then needs some zips
/// more than it foresaw, as `go mod tidy` does, is not lazy; but another client may have begun to
/// work at the same address.
const MODS: u32 = 512;

/// What one client did.
#[derive(Debug, Default)]
pub(super) struct Lazy {
    /// Zips before their go.mod.
    zips: u32,
    /// go.mod files before their zip.
    mods: u32,
}

// === impl Lazy ===

impl Lazy {
    /// The client asked for a zip, its go.mod having been asked for before or not.
    pub(super) fn asked_zip(&mut self, go_mod_asked: bool) {
        self.zips += u32::from(!go_mod_asked);
    }

    /// The client asked for a go.mod, its zip having been asked for before or not.
    pub(super) fn asked_mod(&mut self, zip_asked: bool) {
        self.mods = MODS.min(self.mods + u32::from(!zip_asked));
    }

    pub(super) fn is_certain(&self) -> bool {
        self.zips >= ZIPS && self.zips > self.mods
    }
}
