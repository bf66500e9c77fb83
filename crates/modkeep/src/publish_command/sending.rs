//! Sending: one request with the zip as its body, and what the answer means.

use super::{
    credentials::{self, NetrcAnswer},
    zip_source::ModuleFile,
};
use crate::{
    exit_status::{PROBLEM, UNUSABLE},
    failure::Failure,
    output,
    zip_command::unusable,
};
use codes::Code;
use config::{Environment as _, Process, Settings};
use finding::printable_lines;
use gomod::Artifact;
use publish::ModuleZipContents;
use serde_json::Value;
use std::{
    fs,
    io::Seek as _,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};
use upstream::{Endpoint, Reply, SourceUrl, UpstreamOptions};
use url::Url;

/// How long the server may take beyond the time that the bytes need: it reads and compares all of them.
const PATIENCE: Duration = Duration::from_mins(10);

/// The slowest line over which an upload makes sense, in bytes a second; the server's own bound.
const SLOWEST: u64 = 16 << 10;

/// The longest answer: a refusal has seven lines.
const ANSWER: usize = 64 << 10;

/// The longest token.
const TOKEN_LIMIT: u64 = 64 << 10;

/// A server that takes versions.
pub(super) struct PublishServer {
    endpoint: Endpoint,
    /// Why nobody is named, for whoever is asked who they are.
    hint: Option<String>,
}

// === impl PublishServer ===

impl PublishServer {
    /// Prepares to send; asks nobody yet.
    pub(super) fn open(
        url: &str,
        settings: &Settings,
        matches: &clap::ArgMatches,
    ) -> Result<Self, Failure> {
        let wrong = |why: String| Failure::new(Code::BadConfiguration, format!("--to: {why}"));
        let parsed = SourceUrl::parse(url).map_err(|error| wrong(error.to_string()))?;
        let unusable = |error: upstream::BuildError| Failure::of(error.code(), &error);
        let options = UpstreamOptions {
            credentials: None,
            ..settings.upstreams.clone()
        };
        let endpoint = Endpoint::try_new(parsed.reveal(), &options).map_err(unusable)?;
        if !endpoint.is_guarded() {
            let why = "plain http would let anybody on the way change what is published; use https";
            return Err(wrong(why.to_owned()));
        }
        if let Some(path) = matches.get_one::<PathBuf>("token-file") {
            let token = token(path)?;
            let endpoint = endpoint.with_token(&token).map_err(unusable)?;
            return Ok(Self {
                endpoint,
                hint: None,
            });
        }
        if !parsed.reveal().username().is_empty() {
            return Ok(Self {
                endpoint,
                hint: None,
            });
        }
        let host = host_of(parsed.reveal());
        let Some(file) = credentials::file(|name| Process.variable(name)) else {
            return Ok(Self {
                endpoint,
                hint: Some("there is no netrc file".to_owned()),
            });
        };
        Ok(match credentials::look_up(&file, &host) {
            NetrcAnswer::Login(login) => Self {
                endpoint: endpoint
                    .with_basic(&login.user, &login.password)
                    .map_err(unusable)?,
                hint: None,
            },
            NetrcAnswer::OtherPort => Self {
                endpoint,
                hint: Some(format!(
                    "{} has an entry of this host with another port, or with none; write: machine {host}",
                    file.display()
                )),
            },
            NetrcAnswer::Nothing => Self {
                endpoint,
                hint: Some(format!("{} has no entry: machine {host}", file.display())),
            },
        })
    }

    /// Sends the zip.
    pub(super) async fn send(
        &self,
        artifact: &Artifact,
        file: &ModuleFile,
    ) -> Result<Reply, Failure> {
        let mut body = file.file.try_clone().map_err(|error| failed(&error))?;
        body.rewind().map_err(|error| failed(&error))?;
        let size = file.size;
        let progress = move |sent: u64| {
            output::doing(&format!(
                "sent {} of {}",
                output::size(sent),
                output::size(size)
            ));
        };
        let patience = PATIENCE + Duration::from_secs(size / SLOWEST);
        let path = artifact.escaped_path();
        let sent = self
            .endpoint
            .put(&path, (body, size), progress, patience, ANSWER);
        let reply = sent.await;
        output::doing("");
        let reply = reply.map_err(|error| Failure::new(Code::ServerNotAsked, error.to_string()))?;
        if reply.status == 401 {
            let mut facts = format!("{} answered 401", self.endpoint.name());
            if let Some(hint) = &self.hint {
                facts = format!("{facts}; {hint}");
            } else {
                facts += "; it does not take these credentials";
            }
            return Err(Failure::new(Code::NoCredentials, facts));
        }
        Ok(reply)
    }
}

fn failed(error: &std::io::Error) -> Failure {
    Failure::new(Code::BadInputFile, format!("the zip: {error}"))
}

fn token(path: &Path) -> Result<String, Failure> {
    let size = fs::metadata(path)
        .map_err(|error| unusable(path, &error))?
        .len();
    if size > TOKEN_LIMIT {
        return Err(unusable(path, &"it is longer than any token"));
    }
    let text = fs::read_to_string(path).map_err(|error| unusable(path, &error))?;
    let token = text.trim();
    let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    if is_token {
        Ok(token.to_owned())
    } else {
        Err(unusable(path, &"it has no token, or more than one word"))
    }
}

/// The host, with its port where the URL has one, as go looks it up.
fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Prints what became of it.
pub(super) fn tell(
    artifact: &Artifact,
    contents: &ModuleZipContents,
    reply: &Reply,
    as_json: bool,
) -> Result<ExitCode, Failure> {
    let text = String::from_utf8_lossy(&reply.body);
    let (module, version) = (&artifact.module, &artifact.version);
    if !matches!(reply.status, 200 | 201) {
        if text.starts_with("modkeep MK") {
            output::error(printable_lines(&text).trim_end());
            return Ok(exit_of(reply.status));
        }
        let line = text.lines().next().unwrap_or_default();
        let facts = format!("it answered {}: {}", reply.status, printable_lines(line));
        return Err(Failure::new(Code::UploadRefused, facts));
    }
    let document: Option<Value> = serde_json::from_slice(&reply.body).ok();
    let h1 = document
        .as_ref()
        .and_then(|document| document["h1"].as_str());
    // Whatever stands between may answer 200 to anything.
    let Some(document) = document.as_ref().filter(|_| h1 == Some(&contents.h1)) else {
        let facts = "its answer is not that of a modkeep that has this zip now";
        return Err(Failure::new(Code::UploadRefused, facts));
    };
    if as_json {
        output::line(text.trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    let outcome = if reply.status == 201 {
        "published"
    } else {
        "it was published before, with the same content"
    };
    output::line(&format!("{module}@{version}: {outcome}"));
    output::line(&format!("zip    {}", contents.h1));
    output::line(&format!("go.mod {}", contents.go_mod_h1));
    if let Some(database) = document["database"].as_str() {
        output::line(&format!("its record is in {database}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// The exit code of a refusal by the server.
fn exit_of(status: u16) -> ExitCode {
    ExitCode::from(if status >= 500 { UNUSABLE } else { PROBLEM })
}
