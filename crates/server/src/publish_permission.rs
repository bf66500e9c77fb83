//! Publish permission: the port through which it is asked who may publish a module.
//!
//! The answer is a name, which stands in the journal for ever, or a refusal that tells the caller what to do.
//! It is asked before a byte of the body is read. [`OperatorsPublish`] is the answer where nobody is known by
//! name: operators may, and nobody else.

use crate::guard::Entrance;
use codes::Code;
use gomod::ModulePath;
use http::HeaderMap;
use protocol::Refusal;
use publish::PublisherName;
use std::net::IpAddr;

/// Who asks to publish.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublishRequest<'r> {
    /// Where the connection came in.
    pub(crate) entrance: Entrance,
    /// Who is connected, or for whom a trusted proxy asks.
    pub(crate) address: IpAddr,
    /// What the request says of itself, credentials among it.
    pub(crate) headers: &'r HeaderMap,
    /// Whether an operator asks.
    pub(crate) is_operator: bool,
}

/// Who may publish.
pub(crate) trait PublishPermission: Send + Sync {
    /// The name under which somebody publishes a module, if they may.
    fn may_publish(
        &self,
        asker: &PublishRequest<'_>,
        module: &ModulePath,
    ) -> Result<PublisherName, Refusal>;
}

/// Operators may, and nobody else.
#[derive(Debug, Default)]
pub(crate) struct OperatorsPublish;

// === impl PublishPermission ===

impl PublishPermission for OperatorsPublish {
    fn may_publish(
        &self,
        asker: &PublishRequest<'_>,
        _module: &ModulePath,
    ) -> Result<PublisherName, Refusal> {
        if !asker.is_operator {
            let facts = "the request comes from elsewhere";
            return Err(Refusal::new(Code::MayNotPublish, facts));
        }
        let way = match asker.entrance {
            Entrance::Admin => " by --admin-listen",
            Entrance::Public => "",
        };
        let name = format!("operator at {}{way}", asker.address);
        Ok(PublisherName::new(&name))
    }
}
