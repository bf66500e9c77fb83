//! `modkeep auth`: a GOAUTH command.
//!
//! `go` starts it for each answer 4xx, so this path reads no configuration file, starts no runtime and looks nothing up unless a
//! token has to be had; see the room `goauth`.

use crate::{failure::Failure, output};
use access::Secret;
use clap::ArgMatches;
use codes::Code;
use config::{Environment as _, Process};
use goauth::{AuthOptions, AuthSession, CiSource, ClientSource, GoQuestion, GoServer};
use jiff::Timestamp;
use oidc::IssuerUrl;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};
use upstream::UpstreamOptions;
use url::Url;

pub(crate) fn main(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let session = AuthSession::new(options(matches)?);
    let told = match matches.get_one::<String>("url").map(String::as_str) {
        Some("login") => return login(&session),
        url => session.answer(
            &GoQuestion::read(url, std::io::stdin().lock()),
            Timestamp::now(),
        ),
    };
    let told = told.map_err(|error| Failure::of(Code::NoLogin, &error))?;
    output::bytes(told.reveal().as_bytes());
    Ok(ExitCode::SUCCESS)
}

fn login(session: &AuthSession) -> Result<ExitCode, Failure> {
    if !output::is_watched() {
        let why = "logging in needs a person at a terminal; in CI give --token-file, --ci-variable or --client-secret-file";
        return Err(Failure::new(Code::NoLogin, why));
    }
    let show = |prompt: &goauth::LoginPrompt| {
        output::error(&format!("Open {} and enter {}", prompt.url, prompt.code));
    };
    let done = session.login(show, Timestamp::now());
    done.map_err(|error| Failure::of(Code::NoLogin, &error))?;
    output::error("logged in");
    Ok(ExitCode::SUCCESS)
}

fn options(matches: &ArgMatches) -> Result<AuthOptions, Failure> {
    let given = |name: &str| matches.get_one::<String>(name).cloned();
    let path = |name: &str| given(name).map(PathBuf::from);
    let variable = |name: &str| Process.variable(name);
    let servers = matches.get_many::<String>("server").into_iter().flatten();
    let servers: Vec<String> = match servers.cloned().collect::<Vec<_>>() {
        none if none.is_empty() => variable("MODKEEP_SERVER").into_iter().collect(),
        servers => servers,
    };
    if servers.is_empty() {
        return Err(unusable(
            "--server is missing: https://HOST of the server that asks who calls",
        ));
    }
    let servers = servers.iter().map(|text| GoServer::parse(text));
    let servers: Result<Vec<GoServer>, _> = servers.collect();
    let ci_token = match given("ci-variable") {
        None => None,
        Some(name) => {
            let missing = || unusable(&format!("--ci-variable {name}: the variable is not set"));
            Some(Secret::new(variable(&name).ok_or_else(missing)?))
        }
    };
    Ok(AuthOptions {
        servers: servers.map_err(|error| unusable(&error.to_string()))?,
        token: variable("MODKEEP_TOKEN").map(Secret::new),
        token_file: path("token-file"),
        netrc: netrc(path("netrc")),
        ci_token,
        ci: ci(),
        client: client(matches)?,
        audience: given("audience").unwrap_or_default(),
        directory: path("cache").or_else(cache_directory).ok_or_else(|| {
            unusable("neither XDG_CACHE_HOME nor HOME is set; give --cache DIR for what is kept of logins")
        })?,
        reach: UpstreamOptions {
            ca: path("ca"),
            ..UpstreamOptions::default()
        },
    })
}

/// A job at GitHub, and what is made after it, is told where it gets a token.
fn ci() -> Option<CiSource> {
    let url = Process.variable("ACTIONS_ID_TOKEN_REQUEST_URL")?;
    let token = Process.variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?;
    Some(CiSource {
        url: Url::parse(&url).ok()?,
        token: Secret::new(token),
    })
}

fn client(matches: &ArgMatches) -> Result<Option<ClientSource>, Failure> {
    let given = |name: &str| matches.get_one::<String>(name).cloned();
    let (Some(issuer), Some(id)) = (given("issuer"), given("client-id")) else {
        return Ok(None);
    };
    let issuer = IssuerUrl::parse(&issuer).map_err(|error| unusable(&error.to_string()))?;
    Ok(Some(ClientSource {
        issuer,
        id,
        secret_file: given("client-secret-file").map(PathBuf::from),
        scopes: given("scopes").unwrap_or_default(),
    }))
}

/// The file that go reads.
fn netrc(given: Option<PathBuf>) -> Option<PathBuf> {
    let name = if cfg!(windows) { "_netrc" } else { ".netrc" };
    let variable = || Process.variable("NETRC").map(PathBuf::from);
    let home = || Some(home()?.join(name));
    given.or_else(variable).or_else(home)
}

fn cache_directory() -> Option<PathBuf> {
    let below = |directory: &Path| directory.join("modkeep").join("auth");
    if let Some(directory) = Process.variable("XDG_CACHE_HOME") {
        return Some(below(Path::new(&directory)));
    }
    let named = if cfg!(windows) {
        Process.variable("LOCALAPPDATA").map(PathBuf::from)
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Caches"))
    } else {
        home().map(|home| home.join(".cache"))
    };
    named.as_deref().map(below)
}

fn home() -> Option<PathBuf> {
    let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    Process.variable(name).map(PathBuf::from)
}

fn unusable(why: &str) -> Failure {
    Failure::new(Code::BadConfiguration, why)
}
