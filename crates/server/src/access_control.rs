//! Access control: what a request has to prove before it is answered.
//!
//! ```text
//! resource ─▶ guarded? ──no──▶ answered; credentials are not even looked at
//!                └──yes──▶ who calls ─▶ may it? ─▶ answered, for this caller alone
//! ```
//!
//! All of it is decided by names, before anything is looked up: a private module that is kept, one that is not and
//! one that never was are refused in the same words after the same work, and nothing learns of the request. A warm public answer costs
//! no more than the question whether it is guarded.
//!
//! Nobody is redirected: `go` would repeat its headers to another host.

use crate::{
    guard::Entrance,
    respond::{self, PreparedResponse, ResponseContext},
};
use access::{
    AccessAction, AccessPolicy, AccessVerdict, AuthenticationFailure, Authenticator, Identity,
};
use codes::Code;
use gomod::{ModulePath, modfile::without_escapes};
use http::{HeaderMap, header};
use jiff::Timestamp;
use parking_lot::RwLock;
use protocol::{Refusal, Resource};
use proxy::Proxy;
use std::{sync::Arc, time::Duration};

/// When to ask again where an issuer was not reached.
const ISSUER_PAUSE: Duration = Duration::from_secs(5);

/// What requests have to prove. Open by default: everybody is answered everything.
#[derive(Default)]
pub struct AccessControl {
    policy: RwLock<Arc<AccessPolicy>>,
    authenticator: Option<Arc<Authenticator>>,
}

/// What a request is about, as the rules see it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum GuardedSubject {
    /// A module, or the text in the place of one.
    Module(String),
    /// The server as a whole: any known caller will do.
    Server,
}

/// Who asks, as far as that is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestCaller {
    identity: Option<Arc<Identity>>,
    failure: Option<AuthenticationFailure>,
}

// === impl AccessControl ===

impl AccessControl {
    /// These rules, and who tells callers.
    pub fn new(policy: AccessPolicy, authenticator: Arc<Authenticator>) -> Self {
        Self {
            policy: RwLock::new(Arc::new(policy)),
            authenticator: Some(authenticator),
        }
    }

    /// Other rules from the next request on.
    pub fn set_policy(&self, policy: AccessPolicy) {
        *self.policy.write() = Arc::new(policy);
    }

    pub(crate) fn policy(&self) -> Arc<AccessPolicy> {
        Arc::clone(&self.policy.read())
    }

    /// What callers have to be known for in a resource; `None` where everybody is answered. The lookup of a module
    /// in a checksum database is about the module; what else a database of a private name has is for
    /// every known caller.
    pub(crate) fn guarded(&self, proxy: &Proxy, resource: &Resource) -> Option<GuardedSubject> {
        let policy = self.policy.read();
        if policy.is_open() {
            return None;
        }
        if let Some(name) = subject(resource)
            && policy.guards(&name, is_private(proxy, &name))
        {
            return Some(GuardedSubject::Module(name));
        }
        (policy.guards_everything() || proxy.is_private(resource)).then_some(GuardedSubject::Server)
    }

    /// Whether a path of the module protocol, as it came, may be about what is guarded. It is asked before anything
    /// is looked up, so what is no path of a module is taken for guarded.
    pub(crate) fn may_guard(&self, proxy: &Proxy, path: &str) -> bool {
        let policy = self.policy.read();
        if policy.is_open() {
            return false;
        }
        let module = path.split("/@").next().unwrap_or_default();
        match ModulePath::unescape(module) {
            Ok(module) => policy.guards(module.as_str(), is_private(proxy, module.as_str())),
            Err(_) => true,
        }
    }

    /// Whether callers have to be known for a module.
    pub(crate) fn guards_module(&self, proxy: &Proxy, module: &str) -> bool {
        let policy = self.policy.read();
        !policy.is_open() && policy.guards(module, is_private(proxy, module))
    }

    /// Who asks. Nobody is asked for a request without credentials.
    pub(crate) async fn caller(&self, headers: &HeaderMap) -> RequestCaller {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(authenticator), Some(value)) = (&self.authenticator, values.next()) else {
            return RequestCaller::default();
        };
        let told = if values.next().is_some() {
            Err(authenticator.malformed("Authorization stands there twice"))
        } else {
            let now = Timestamp::now();
            authenticator.authenticate(value.as_bytes(), now).await
        };
        match told {
            Ok(identity) => RequestCaller {
                identity: Some(identity),
                failure: None,
            },
            Err(failure) => RequestCaller {
                identity: None,
                failure: Some(failure),
            },
        }
    }

    /// Why a caller may not do this, if it may not. Whoever comes in at the entrance of operators may.
    pub(crate) fn refusal(
        &self,
        caller: &RequestCaller,
        entrance: Entrance,
        action: AccessAction,
        subject: &GuardedSubject,
    ) -> Option<CallerRefusal> {
        if entrance == Entrance::Admin {
            return None;
        }
        if let Some(failure) = &caller.failure {
            return Some(CallerRefusal::Unproven(failure.clone()));
        }
        let identity = caller.identity.as_deref();
        let verdict = match subject {
            GuardedSubject::Module(name) => self.policy().judge(identity, action, name),
            GuardedSubject::Server if identity.is_some() => AccessVerdict::Allowed,
            GuardedSubject::Server => AccessVerdict::Unidentified,
        };
        match verdict {
            AccessVerdict::Allowed => None,
            AccessVerdict::Unidentified => Some(CallerRefusal::Unidentified),
            AccessVerdict::Hidden => Some(CallerRefusal::Hidden),
            AccessVerdict::Forbidden => Some(CallerRefusal::Forbidden(action)),
        }
    }

    /// Whether a caller may see a module.
    pub(crate) fn may_read(&self, caller: &RequestCaller, module: &str) -> bool {
        let identity = caller.identity.as_deref();
        let verdict = self.policy().judge(identity, AccessAction::Read, module);
        verdict == AccessVerdict::Allowed
    }
}

// === impl RequestCaller ===

impl RequestCaller {
    /// Whether it administers the server.
    pub(crate) fn administers(&self, policy: &AccessPolicy) -> bool {
        let identity = self.identity.as_deref();
        identity.is_some_and(|identity| policy.administers_site(identity))
    }

    /// Whether it is known.
    pub(crate) fn is_known(&self) -> bool {
        self.identity.is_some()
    }

    /// Who it is, if it is known.
    pub(crate) fn identity(&self) -> Option<&Identity> {
        self.identity.as_deref()
    }

    /// What was wrong with its credentials.
    pub(crate) fn failure(&self) -> Option<&AuthenticationFailure> {
        self.failure.as_ref()
    }

    /// Has the access line say who it was.
    pub(crate) fn named(&self, (mut response, origin): PreparedResponse) -> PreparedResponse {
        if let Some(identity) = &self.identity {
            response
                .extensions_mut()
                .insert(KnownCaller(Arc::clone(identity)));
        }
        (response, origin)
    }
}

/// Who was answered, for the access line.
#[derive(Clone)]
pub(crate) struct KnownCaller(pub(crate) Arc<Identity>);

/// Why a caller is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CallerRefusal {
    /// It sent no credentials.
    Unidentified,
    /// Those that it sent prove nothing.
    Unproven(AuthenticationFailure),
    /// It may not know whether there is such a thing.
    Hidden,
    /// It may not do this.
    Forbidden(AccessAction),
}

// === impl CallerRefusal ===

impl CallerRefusal {
    /// The response, which no shared cache may keep.
    pub(crate) fn response(&self, form: &ResponseContext<'_>) -> PreparedResponse {
        let prepared = match self {
            Self::Unidentified => {
                let refusal =
                    Refusal::new(Code::CredentialsNeeded, "no Authorization header was sent");
                respond::challenged(form, &refusal, None)
            }
            Self::Unproven(failure) if failure.is_passing() => {
                let refusal = Refusal::new(Code::IssuerNotAsked, failure.detail.clone());
                respond::refusal(form, &refusal.with_retry_after(ISSUER_PAUSE))
            }
            Self::Unproven(failure) => {
                let facts = format!("{} ({})", failure.detail, failure.reason);
                let refusal = Refusal::new(Code::CredentialsRefused, facts);
                respond::challenged(form, &refusal, Some(failure))
            }
            Self::Hidden => {
                let facts = "it is not here, or not for this caller";
                respond::refusal(form, &Refusal::new(Code::Absent, facts))
            }
            Self::Forbidden(action) => {
                let facts = format!("it may not {action} this module");
                respond::refusal(form, &Refusal::new(Code::NotPermitted, facts))
            }
        };
        respond::for_this_caller(prepared)
    }
}

/// The module that a resource is about: that of its path, or of a lookup in a checksum database. What stands
/// in the place of a module and is none is taken as it is.
fn subject(resource: &Resource) -> Option<String> {
    if let Some(module) = resource.module() {
        return Some(module.as_str().to_owned());
    }
    let Resource::Sumdb { path, .. } = resource else {
        return None;
    };
    let name = path.strip_prefix("lookup/")?.split('@').next()?;
    let module = ModulePath::unescape(name);
    Some(module.map_or_else(|_| name.to_owned(), |module| module.as_str().to_owned()))
}

/// Whether a module, or a text in the place of one, is private.
fn is_private(proxy: &Proxy, name: &str) -> bool {
    match ModulePath::parse(name) {
        Ok(module) => proxy.is_private(&Resource::List(module)),
        Err(_) => proxy.is_private_text(name),
    }
}

/// Everything in a posted list that could be a module path, in whatever form the list has: a go.mod may have names
/// in strings with escapes, and end a word without a space. Better a name too many than one that is not seen.
pub(crate) fn names_in(list: &[u8]) -> Vec<String> {
    let escaped = list.contains(&b'\\').then(|| without_escapes(list));
    let texts = [Some(list), escaped.as_deref()];
    let mut names = Vec::new();
    for text in texts.into_iter().flatten() {
        let words = text.split(|byte| !is_of_a_path(*byte));
        let words = words.filter_map(|word| str::from_utf8(word).ok());
        let parts = words.flat_map(|word| word.split("//"));
        names.extend(parts.filter(|part| part.contains('.')).map(str::to_owned));
    }
    names
}

/// The characters of module paths (golang.org/x/mod, `module.CheckPath`) and their separator.
fn is_of_a_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::{names_in, subject};
    use gomod::ModulePath;
    use protocol::Resource;

    #[test]
    fn a_lookup_is_about_its_module_in_any_spelling() {
        let lookup = |path: &str| {
            subject(&Resource::Sumdb {
                name: "sum.example.org".to_owned(),
                path: path.to_owned(),
            })
        };
        assert_eq!(
            lookup("lookup/corp.example/!pay@v1.0.0"),
            Some("corp.example/Pay".to_owned())
        );
        assert_eq!(
            lookup("lookup/corp.example/x"),
            Some("corp.example/x".to_owned())
        );
        assert_eq!(lookup("lookup/Corp@v1"), Some("Corp".to_owned()));
        assert_eq!(lookup("latest"), None);
        let module = ModulePath::parse("corp.example/x").unwrap();
        assert_eq!(
            subject(&Resource::Latest(module)),
            Some("corp.example/x".to_owned())
        );
    }

    #[test]
    fn names_are_found_in_lists_of_every_form() {
        let list = b"corp.example/a v1.0.0 h1:x=\nrequire (\n\t\"corp.example/b\" v1\n)\n{\"m\":\"x\"}\ncorp.example/c@v1.0.0";
        let found = names_in(list);
        for name in ["corp.example/a", "corp.example/b", "corp.example/c"] {
            assert!(
                found.iter().any(|found| found == name),
                "{name} in {found:?}"
            );
        }
    }
}
