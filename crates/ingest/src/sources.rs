//! Sources: who is asked about a module or a checksum database.
//!
//! There are two lists: the public one, and the one for private modules. What is private is asked of the
//! second alone, and of nobody where there is none (law L7).

use codes::Code;
use gomod::ModulePath;
use protocol::{PrivacyRules, Refusal};
use std::sync::Arc;
use upstream::{BreakerView, Upstreams};

/// Both lists of sources; cheap to clone.
#[derive(Debug, Clone)]
pub struct ModuleSources {
    public: Upstreams,
    private: Option<Upstreams>,
    privacy: Arc<PrivacyRules>,
}

// === impl ModuleSources ===

impl ModuleSources {
    /// Both lists, and what tells which of them is asked.
    pub fn new(public: Upstreams, private: Option<Upstreams>, privacy: Arc<PrivacyRules>) -> Self {
        Self {
            public,
            private,
            privacy,
        }
    }

    /// Who is asked about what is public.
    pub fn public(&self) -> &Upstreams {
        &self.public
    }

    /// Who is asked about a module.
    ///
    /// # Errors
    /// It is private, and there is no source for private modules.
    pub fn of_module(&self, module: &ModulePath) -> Result<&Upstreams, Refusal> {
        if self.privacy.is_private(module) {
            self.private("no source for private modules is set")
        } else {
            Ok(&self.public)
        }
    }

    /// Who is asked about a checksum database. One whose name is private is asked of nobody else, but
    /// by its own URL if it has one.
    ///
    /// # Errors
    /// Its name is private, and there is no source for private names.
    pub fn of_database(&self, name: &str) -> Result<&Upstreams, Refusal> {
        if self.privacy.is_private_name(name) && !self.public.asks_directly(name) {
            self.private("no source for private names is set")
        } else {
            Ok(&self.public)
        }
    }

    /// The state of every breaker.
    pub fn breakers(&self) -> Vec<BreakerView> {
        let all = std::iter::once(&self.public).chain(&self.private);
        all.flat_map(Upstreams::breakers).collect()
    }

    fn private(&self, why_none: &str) -> Result<&Upstreams, Refusal> {
        let private = self.private.as_ref();
        private.ok_or_else(|| Refusal::new(Code::PrivateName, why_none))
    }
}
