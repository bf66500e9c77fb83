//! What a server knows of its clients' settings: computed from its configuration, or asked of it.

use crate::{
    failure::{Failure, with_causes},
    wiring,
};
use checksumdb::Scope;
use codes::Code;
use config::Settings;
use server::ClientSettings;
use store::own;
use upstream::{Endpoint, SourceUrl};

/// The page is a handful of lines; patterns of a company are some kilobytes at most.
const LONGEST: usize = 64 << 10;

/// What clients of a server with this configuration set.
///
/// # Errors
/// The key of its own checksum database cannot be read.
pub(crate) fn configured(settings: &Settings) -> Result<ClientSettings, Failure> {
    let mut known = ClientSettings {
        goproxy: settings.public_url.clone(),
        ..ClientSettings::default()
    };
    if let Some(database) = database_of_all(settings)? {
        // It has a record of every module that this server has, so nothing goes past either.
        known.gosumdb = Some(database);
        known.gonosumdb = Some("none".to_owned());
        known.gonoproxy = Some("none".to_owned());
        return Ok(known);
    }
    let verify = &settings.proxy.verify;
    if !verify.no_sumdb.is_empty() {
        known.gonosumdb = Some(verify.no_sumdb.to_string());
    }
    if !verify.private.is_empty() {
        // Without a source of its own for them, this server refuses private modules.
        let is_served = settings.private_upstream.is_some();
        let past = if is_served {
            "none".to_owned()
        } else {
            verify.private.to_string()
        };
        known.gonoproxy = Some(past);
    }
    Ok(known)
}

/// The key of this site's own database, if that has records of public modules too.
fn database_of_all(settings: &Settings) -> Result<Option<String>, Failure> {
    let (Some(active), Scope::All) = (&settings.own.active, settings.own.scope) else {
        return Ok(None);
    };
    let databases = own::list(&settings.store.data)?;
    let active = databases.iter().find(|own| own.key.name() == active);
    Ok(active.map(|own| own.key.to_string()))
}

/// What the server at this URL says.
pub(super) fn asked(url: &str, settings: &Settings) -> Result<ClientSettings, Failure> {
    let unasked = |why: String| {
        let facts = format!("--server: {why}");
        Failure::new(Code::ServerNotAsked, facts)
    };
    let parsed = SourceUrl::parse(url).map_err(|error| unasked(error.to_string()))?;
    let endpoint = Endpoint::try_new(parsed.reveal(), &settings.upstreams);
    let endpoint = endpoint.map_err(|error| unasked(with_causes(&error)))?;
    let reply = wiring::run(async move { endpoint.get("-/client", LONGEST).await })?;
    let reply = reply.map_err(|error| unasked(error.to_string()))?;
    if reply.status != 200 {
        let why = format!("{parsed} answered {} to /-/client", reply.status);
        return Err(unasked(why));
    }
    let read = serde_json::from_slice(&reply.body);
    read.map_err(|_| {
        unasked(format!(
            "{parsed} is no modkeep: /-/client is not what one says"
        ))
    })
}
