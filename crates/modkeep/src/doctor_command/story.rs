//! Records of failed requests, asked of the servers that this client uses.
//!
//! Those are the http and https proxies of its GOPROXY list, and the server of the data directory.
//! An id is no secret and names no module, so whoever is in the list may see it.

use super::{client::GoClient, colour, print_json, untold};
use crate::{explain, failure::Failure, output, running_instance, wiring};
use doctor::request_record::{self, LARGEST, RequestRecord, ServerReply};
use futures_util::future::join_all;
use std::{collections::BTreeMap, path::Path, process::ExitCode, time::Duration};
use tokio::time::{Instant, timeout_at};
use upstream::{Endpoint, UpstreamOptions};
use url::Url;

/// How long all servers have to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// What a proxy's URL can end in that is no part of the server's own paths.
const CACHED_ONLY: &str = "/cached-only";

/// `doctor ID`.
pub(super) fn main(id: &str, as_json: bool, data: &Path) -> Result<ExitCode, Failure> {
    let heard = ask(&[id], data)?;
    let story = heard.iter().find_map(|heard| heard.story.as_ref());
    if as_json {
        print_json(&heard);
    } else {
        output::text(&request_record::render(&heard, colour()));
        let code = story.and_then(|story| explain::find(story.code.as_deref()?));
        if let Some(code) = code {
            output::line(&explain::explained(code));
        }
        if heard.is_empty() {
            output::error("no server is known here: GOPROXY names none, and none serves --data");
        }
    }
    Ok(if story.is_some() {
        ExitCode::SUCCESS
    } else {
        untold()
    })
}

/// What servers say of the ids that a text names.
pub(super) fn of_text(text: &str, data: &Path) -> Result<Vec<ServerReply>, Failure> {
    let ids = request_record::named_in(text);
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    ask(&ids, data)
}

fn ask(ids: &[&str], data: &Path) -> Result<Vec<ServerReply>, Failure> {
    let client = GoClient::read();
    wiring::run(async {
        let deadline = Instant::now() + LIMIT;
        let servers = servers(client.as_ref(), data).await;
        let questions = ids.iter().flat_map(|id| {
            let servers = servers.iter();
            servers.map(move |(name, url)| one(id, name, url, deadline))
        });
        join_all(questions).await
    })
}

/// The servers, by the name under which each is shown.
async fn servers(client: Option<&GoClient>, data: &Path) -> BTreeMap<String, Url> {
    let mut servers = BTreeMap::new();
    for (client, proxy) in client.iter().flat_map(|client| {
        let proxies = client.proxies().into_iter();
        proxies.map(move |proxy| (*client, proxy))
    }) {
        let url = client.with_credentials(&proxy);
        let Some(mut url) = url.filter(|url| matches!(url.scheme(), "http" | "https")) else {
            continue;
        };
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix(CACHED_ONLY).unwrap_or(path).to_owned();
        url.set_path(&path);
        let name = client.name_of(&proxy);
        servers.insert(name.trim_end_matches('/').to_owned(), url);
    }
    if let Some(url) = running_instance::reachable(data).await
        && let Ok(parsed) = Url::parse(&url)
    {
        servers.entry(url).or_insert(parsed);
    }
    servers
}

async fn one(id: &str, server: &str, url: &Url, deadline: Instant) -> ServerReply {
    let told = match timeout_at(deadline, fetch_record(id, url)).await {
        Ok(told) => told,
        Err(_) => Err("it did not answer in time".to_owned()),
    };
    let (story, silence) = match told {
        Ok(story) => (Some(story), String::new()),
        Err(why) => (None, why),
    };
    ServerReply {
        request: id.to_owned(),
        server: server.to_owned(),
        story,
        silence,
    }
}

async fn fetch_record(id: &str, url: &Url) -> Result<RequestRecord, String> {
    let options = UpstreamOptions::default();
    let endpoint = Endpoint::try_new(url, &options).map_err(|error| error.to_string())?;
    let reply = endpoint.get(&format!("-/requests/{id}"), LARGEST).await;
    let reply = reply.map_err(|error| error.to_string())?;
    match reply.status {
        200 => {
            RequestRecord::read(id, &reply.body).ok_or_else(|| "it tells no story of it".to_owned())
        }
        404 | 410 => Err("it does not know this request".to_owned()),
        status => Err(format!("it answered {status}")),
    }
}
