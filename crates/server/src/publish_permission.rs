//! Publish permission: who may publish a module, and under which name.
//!
//! The answer is a name, which stands in the journal for ever, or a refusal that tells the caller what to do. It
//! is asked before a byte of the body is read. An operator who asks from the server's own place may, unless a
//! rule says how publishers of the module have to prove who they are (`publish-by`); others need a right of
//! their own ([`access::AccessPolicy`]). To administer is no right to publish.

use crate::{
    access_control::{AccessControl, CallerRefusal, GuardedSubject, RequestCaller},
    guard::Entrance,
};
use access::{AccessAction, AccessVerdict};
use gomod::ModulePath;
use protocol::Resource;
use proxy::Proxy;
use publish::PublisherName;
use std::net::IpAddr;

/// From where somebody asks to publish.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublisherPlace {
    /// Where the connection came in.
    pub(crate) entrance: Entrance,
    /// Who is connected, or for whom a trusted proxy asks.
    pub(crate) address: IpAddr,
    /// Whether that is the place of operators.
    pub(crate) is_operators: bool,
}

// === impl AccessControl ===

impl AccessControl {
    /// The name under which a caller publishes a module, if it may.
    pub(crate) fn publisher(
        &self,
        proxy: &Proxy,
        caller: &RequestCaller,
        place: PublisherPlace,
        module: &ModulePath,
    ) -> Result<PublisherName, CallerRefusal> {
        if let Some(failure) = caller.failure() {
            return Err(CallerRefusal::Unproven(failure.clone()));
        }
        let (policy, action) = (self.policy(), AccessAction::Publish);
        let verdict = policy.judge(caller.identity(), action, module.as_str());
        if let (AccessVerdict::Allowed, Some(identity)) = (verdict, caller.identity()) {
            return Ok(PublisherName::new(&format!(
                "{} ({})",
                identity.name, identity.kind
            )));
        }
        if place.is_operators && !policy.restricts_publishers(module.as_str()) {
            let way = match place.entrance {
                Entrance::Admin => " by --admin-listen",
                Entrance::Public => "",
            };
            return Ok(PublisherName::new(&format!(
                "operator at {}{way}",
                place.address
            )));
        }
        let list = Resource::List(module.clone());
        let is_hidden = verdict == AccessVerdict::Hidden
            && matches!(self.guarded(proxy, &list), Some(GuardedSubject::Module(_)));
        Err(match verdict {
            AccessVerdict::Unidentified => CallerRefusal::Unidentified,
            _ if is_hidden => CallerRefusal::Hidden,
            _ => CallerRefusal::Forbidden(action),
        })
    }
}
