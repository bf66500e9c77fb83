//! Mirrors: public proxies and this site's own modkeep, asked from here at the same time.
//!
//! Done where a public proxy is not reached, and where somebody gives a list. Each is asked twice: for
//! the module, and whether it passes the checksum database on. They are reached as sources of a server
//! are, so through `HTTPS_PROXY` where that is set, and all of them have the same few seconds.
//!
//! Nobody is asked with `--mirrors off`, or where GOPROXY=off says that nothing may be fetched here and
//! no list is given.

use super::{client::GoClient, machine};
use crate::{failure::Failure, named_server, output, wiring};
use bytes::Bytes;
use codes::Code;
use config::{Environment as _, Process};
use doctor::{
    Diagnosis,
    mirrors::{
        DATABASE, DEFAULT_MIRRORS, FailingHost, MOST_MIRRORS, MirrorAnswer, MirrorAttempt,
        MirrorChoice, MirrorQuestion, PublicMirror, failing, private_guess, question,
    },
};
use futures_util::future::join_all;
use gomod::{
    goproxy::{ProxyList, ProxyListEntry, ProxyUrl},
    modfile::{self, ParseMode},
};
use std::{path::Path, time::Duration};
use tokio::time::{Instant, timeout_at};
use upstream::{Outcome, UpstreamOptions, Upstreams};
use url::Url;

/// How long all of them have. Go's own proxy takes less than a second where it is reached.
const LIMIT: Duration = Duration::from_secs(5);

/// Whose list is given, and what is in it.
#[derive(Debug, Clone)]
pub(super) struct MirrorList {
    mirrors: Vec<PublicMirror>,
    /// Whether somebody chose them, and not the default did.
    is_chosen: bool,
    /// Whether the list was given for this very call.
    pub(super) is_asked_for: bool,
}

// === impl MirrorList ===

impl MirrorList {
    /// `--mirrors` and `--server`, with their variables.
    pub(super) fn of(matches: &clap::ArgMatches) -> Result<Self, Failure> {
        let flag = |name: &str| matches.get_one::<String>(name).cloned();
        let is_asked_for = flag("mirrors").is_some();
        let list = flag("mirrors").or_else(|| Process.variable("MODKEEP_MIRRORS"));
        let mut given = Self {
            is_chosen: list.is_some(),
            is_asked_for,
            mirrors: mirrors(list.as_deref().unwrap_or(DEFAULT_MIRRORS))?,
        };
        let own = named_server::url(matches);
        if let Some(own) = own.filter(|_| !given.is_off()) {
            let url = parsed(&own).ok_or_else(|| {
                Failure::new(
                    Code::BadConfiguration,
                    "--server: it is no http or https URL",
                )
            })?;
            given.mirrors.retain(|mirror| mirror.url != url);
            given.mirrors.insert(0, PublicMirror { url, is_own: true });
        }
        Ok(given)
    }

    fn is_off(&self) -> bool {
        self.mirrors.is_empty()
    }

    fn urls(&self) -> Vec<&str> {
        self.mirrors
            .iter()
            .map(|mirror| mirror.url.reveal())
            .collect()
    }
}

fn parsed(url: &str) -> Option<ProxyUrl> {
    let url = ProxyUrl::parse(url).ok()?;
    let is_http = ["http://", "https://"]
        .iter()
        .any(|scheme| url.reveal().starts_with(scheme));
    is_http.then_some(url)
}

/// The list, or nobody for `off`.
fn mirrors(list: &str) -> Result<Vec<PublicMirror>, Failure> {
    if list.trim() == "off" {
        return Ok(Vec::new());
    }
    let refused = || {
        let facts =
            "--mirrors: it is a list of http and https URLs with commas between them, or off";
        Failure::new(Code::BadConfiguration, facts)
    };
    let list = ProxyList::parse(list).map_err(|_| refused())?;
    let mut mirrors: Vec<PublicMirror> = Vec::new();
    for (entry, _) in list.entries().iter().take(MOST_MIRRORS) {
        let ProxyListEntry::Proxy(url) = entry else {
            return Err(refused());
        };
        let url = parsed(url.reveal()).ok_or_else(refused)?;
        if mirrors.iter().all(|mirror| mirror.url != url) {
            mirrors.push(PublicMirror { url, is_own: false });
        }
    }
    Ok(mirrors)
}

/// Asks, if a diagnosis is about a public proxy that is not reached.
pub(super) fn of_diagnosis(
    diagnosis: &Diagnosis,
    given: &MirrorList,
) -> Result<Option<MirrorChoice>, Failure> {
    match failing(diagnosis, &given.urls()) {
        Some(failing) => choose(Some(failing), given),
        None => Ok(None),
    }
}

/// Asks, if a source of this machine is a public proxy that is not reached, or a list is given.
pub(super) fn of_machine(
    source: Option<(&str, &str)>,
    given: &MirrorList,
) -> Result<Option<MirrorChoice>, Failure> {
    let failing =
        source.and_then(|(source, module)| FailingHost::of_source(source, module, &given.urls()));
    if failing.is_none() && !given.is_asked_for {
        return Ok(None);
    }
    choose(failing, given)
}

fn choose(
    failing: Option<FailingHost>,
    given: &MirrorList,
) -> Result<Option<MirrorChoice>, Failure> {
    let client = GoClient::read();
    let environment = client.as_ref().map(|client| &client.environment);
    let wanted = failing.as_ref().and_then(|failing| failing.module.clone());
    let Some(question) = question(environment, wanted) else {
        return Ok(None);
    };
    let is_off = environment.is_some_and(|environment| environment.value("GOPROXY") == "off");
    if given.is_off() {
        return Ok(Some(MirrorChoice::unasked(
            failing,
            question,
            &[],
            "--mirrors is off",
        )));
    }
    if is_off && !given.is_chosen {
        let why = "GOPROXY=off here says that nothing may be fetched; --mirrors with a list asks all the same";
        return Ok(Some(MirrorChoice::unasked(
            failing,
            question,
            &given.mirrors,
            why,
        )));
    }
    output::doing("asking mirrors");
    let mirrors = with_failing(given, failing.as_ref());
    let asked = mirrors
        .iter()
        .map(|mirror| one(mirror, &question, client.as_ref()));
    let tried = wiring::run(join_all(asked))?;
    output::doing("");
    let guess = client.as_ref().and_then(guess);
    Ok(Some(MirrorChoice::of(
        failing,
        question,
        tried,
        environment,
        guess,
    )))
}

/// The mirrors, and where nobody chose them the proxy that failed too: it may be reached from here.
fn with_failing(given: &MirrorList, failing: Option<&FailingHost>) -> Vec<PublicMirror> {
    let mut mirrors = given.mirrors.clone();
    let url = failing
        .and_then(FailingHost::proxy)
        .filter(|_| !given.is_chosen);
    if let Some(url) = url.filter(|url| mirrors.iter().all(|mirror| mirror.url != *url)) {
        mirrors.push(PublicMirror { url, is_own: false });
    }
    mirrors
}

/// What looks private in the checkout here.
fn guess(client: &GoClient) -> Option<String> {
    let text = machine::small(Path::new(client.environment.value("GOMOD")))?;
    let file = modfile::parse(text.as_bytes(), ParseMode::Lax).ok()?;
    let main = file.module.as_ref().map(|module| module.path.as_str());
    let required = file.require.iter().map(|line| line.module.path.as_str());
    private_guess(&client.environment, main, required)
}

async fn one(
    mirror: &PublicMirror,
    question: &MirrorQuestion,
    client: Option<&GoClient>,
) -> MirrorAttempt {
    let deadline = Instant::now() + LIMIT;
    let mut tried = MirrorAttempt {
        mirror: mirror.clone(),
        latency: None,
        module: MirrorAnswer::Unknown(String::new()),
        database: MirrorAnswer::Unknown(String::new()),
    };
    let source = match source(mirror, client) {
        Ok(source) => source,
        Err(why) => {
            tried.module = MirrorAnswer::Unknown(why);
            return tried;
        }
    };
    let supported = format!("sumdb/{DATABASE}/supported");
    let path = question.path();
    let (module, database) = tokio::join!(
        MirrorFetch::of(&source, &path, deadline),
        MirrorFetch::of(&source, &supported, deadline),
    );
    tried.latency = module.answered.or(database.answered);
    tried.database = database.answer(|_| true);
    tried.module = module.answer(|body| question.is_answered_by(body));
    tried
}

/// A mirror as the only source, asked plainly. Only one's own gets the credentials of a netrc.
fn source(mirror: &PublicMirror, client: Option<&GoClient>) -> Result<Upstreams, String> {
    let own = client.filter(|_| mirror.is_own);
    let url = own.and_then(|client| client.with_credentials(&mirror.url));
    let url = url.or_else(|| Url::parse(mirror.url.reveal()).ok());
    let url = url.ok_or("its URL cannot be used")?;
    let text = url.as_str().replace(',', "%2C").replace('|', "%7C");
    let list = ProxyList::parse(&text).map_err(|error| error.to_string())?;
    let options = UpstreamOptions {
        connect: LIMIT,
        breaker: false,
        hedge: false,
        ..UpstreamOptions::default()
    };
    Upstreams::new(&list, &options).map_err(|error| error.to_string())
}

/// What came of one request.
struct MirrorFetch {
    /// How long the answer took, whatever it says; none if there was none.
    answered: Option<Duration>,
    outcome: Result<Bytes, MirrorAnswer>,
}

// === impl MirrorFetch ===

impl MirrorFetch {
    async fn of(source: &Upstreams, path: &str, deadline: Instant) -> Self {
        let begin = Instant::now();
        let asked = async {
            match source.walk(path).next().await {
                Outcome::Found(download) => {
                    let body = download.whole().await;
                    (
                        true,
                        body.map_err(|error| MirrorAnswer::Unknown(error.to_string())),
                    )
                }
                Outcome::Absent(_) => (true, Err(MirrorAnswer::No)),
                Outcome::Unavailable(outage) => (
                    outage.status.is_some(),
                    Err(MirrorAnswer::Unknown(outage.summary)),
                ),
            }
        };
        match timeout_at(deadline, asked).await {
            Ok((is_answered, outcome)) => Self {
                answered: is_answered.then(|| begin.elapsed()),
                outcome,
            },
            Err(_) => Self {
                answered: None,
                outcome: Err(MirrorAnswer::Unknown("no answer in time".to_owned())),
            },
        }
    }

    fn answer(self, is_right: impl FnOnce(&[u8]) -> bool) -> MirrorAnswer {
        match self.outcome {
            Ok(body) if is_right(&body) => MirrorAnswer::Yes,
            Ok(_) => {
                MirrorAnswer::Unknown("it answers with something else than a proxy does".to_owned())
            }
            Err(seen) => seen,
        }
    }
}
