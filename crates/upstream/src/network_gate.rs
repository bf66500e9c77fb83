//! The way to hosts that a module path names: guarded, since strangers choose them.
//!
//! A source is where an operator said; a repository is wherever a path, or a page, says it is. So its pages come
//! over https alone, by our own loop of redirects, and from addresses of the public internet or permitted ones;
//! and `git` is told the very addresses that were judged, whatever the name means a moment later. Behind a proxy
//! of the company it is the proxy that looks names up, so only what a URL tells is judged there.
//!
//! Credentials are shown for private modules alone, to the host that the file names, with the first question: a forge
//! may hide what it does not refuse, so waiting for a 401 would not do. A page of somebody else may name a repository
//! of ours, so for public modules none are shown; and a redirect to another host gets none.

use crate::{
    BuildError, SourceName, UpstreamOptions, client,
    credentials::CredentialsFile,
    egress::Way,
    failure::cause_of,
    inside::AllowedNets,
    lookup::{JudgedLookup, Lookup},
    redirect::Trail,
};
use async_trait::async_trait;
use bytes::BytesMut;
use http::{HeaderValue, header};
use reqwest::{Client, Response, dns::Resolve as _};
use std::{fs::File, net::IpAddr, time::Duration};
use tokio::{io::AsyncWriteExt as _, time::timeout};
use url::{Host, Url};
use vcs::{HostCredential, MetaPage, NetworkGate, VcsError};

/// The way to hosts that paths name.
pub(crate) struct GuardedNetwork {
    client: Client,
    lookup: JudgedLookup,
    allowed: AllowedNets,
    way: Way,
    credentials: CredentialsFile,
    patience: Duration,
    stall: Duration,
}

/// What is shown on a walk over redirects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CredentialUse {
    /// Nothing.
    None,
    /// What the file has for the host that is asked first.
    FirstHost,
}

/// What is read of a page: its head has what counts.
const PAGE_LIMIT: usize = 256 << 10;

// === impl GuardedNetwork ===

impl GuardedNetwork {
    pub(crate) fn try_new(
        tls: &rustls::ClientConfig,
        options: &UpstreamOptions,
        allowed: AllowedNets,
        is_private: bool,
    ) -> Result<Self, BuildError> {
        let name = SourceName::word("direct");
        let credentials = match options.credentials.as_deref().filter(|_| is_private) {
            Some(path) => CredentialsFile::read(path)?,
            None => CredentialsFile::default(),
        };
        let lookup = JudgedLookup::new(Lookup::new(), allowed.clone());
        // No host in particular: which hops a proxy takes is asked of each.
        let nowhere = Url::parse("https://direct.invalid").map_err(|error| BuildError::Url {
            entry: "direct".to_owned(),
            why: error.to_string(),
        })?;
        let way = Way::of(&options.egress, &nowhere);
        let builder = client::builder(tls, options).dns_resolver(lookup.clone());
        Ok(Self {
            client: client::build(&name, way.lead(builder)?)?,
            lookup,
            allowed,
            way,
            credentials,
            patience: options.header,
            stall: options.stall,
        })
    }

    /// The answer where redirects end, and where that is.
    async fn follow(&self, url: &str, shown: CredentialUse) -> Result<(Response, Url), VcsError> {
        let no_url = |_| VcsError::Content(format!("{url} is no URL"));
        let first = Url::parse(url).map_err(no_url)?;
        let credential = match shown {
            CredentialUse::None => None,
            CredentialUse::FirstHost => self.credential(&first),
        };
        let mut trail = Trail::new(first.clone());
        loop {
            let hop = trail.current().clone();
            if hop.scheme() != "https" {
                let why = format!("{hop} is not asked: without TLS anybody could answer");
                return Err(VcsError::Forbidden(why));
            }
            if !self.allowed.permit_host(&hop) {
                return Err(inside(hop.host_str().unwrap_or_default()));
            }
            // The second version of git's protocol has short first answers.
            let mut request = self
                .client
                .get(hop.clone())
                .header("git-protocol", "version=2");
            if let Some(credential) = &credential
                && hop.origin() == first.origin()
            {
                let value = credential.authorization();
                request = request.header(header::AUTHORIZATION, sensitive(&value)?);
            }
            let answered = request.send().await;
            let answer = answered.map_err(|error| unreachable(&hop, &error))?;
            if !answer.status().is_redirection() {
                return Ok((answer, hop));
            }
            let location = answer.headers().get(header::LOCATION);
            let location = location.map_or(&b""[..], |location| location.as_bytes());
            let followed = trail.follow(location);
            followed.map_err(|error| VcsError::Content(format!("{hop}: {error}")))?;
        }
    }
}

/// A value of a header that nothing prints.
fn sensitive(value: &str) -> Result<HeaderValue, VcsError> {
    let value = HeaderValue::from_str(value);
    let mut value =
        value.map_err(|_| VcsError::Local("a credential is no value of a header".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

#[async_trait]
impl NetworkGate for GuardedNetwork {
    async fn page(&self, url: &str) -> Result<MetaPage, VcsError> {
        let page = async {
            let (answer, hop) = self.follow(url, CredentialUse::FirstHost).await?;
            read(answer, hop).await
        };
        let answered = timeout(self.patience, page).await;
        answered.unwrap_or(Err(VcsError::Timeout(self.patience)))
    }

    fn credential(&self, url: &Url) -> Option<HostCredential> {
        let is_https = url.scheme() == "https";
        let found = self.credentials.of_url(url).filter(|_| is_https)?;
        Some(found.for_host())
    }

    async fn download(&self, url: &str, to: File, limit: u64) -> Result<(u16, u64), VcsError> {
        let follow = self.follow(url, CredentialUse::None);
        let followed = timeout(self.patience, follow).await;
        let (mut answer, hop) = followed.unwrap_or(Err(VcsError::Timeout(self.patience)))?;
        let status = answer.status().as_u16();
        let mut size = 0;
        if status != 200 {
            return Ok((status, size));
        }
        let failed = |error| VcsError::Local(format!("writing what came: {error}"));
        let mut to = tokio::fs::File::from_std(to);
        loop {
            let piece = timeout(self.stall, answer.chunk()).await;
            let piece = piece.map_err(|_| VcsError::Timeout(self.stall))?;
            let Some(piece) = piece.map_err(|error| unreachable(&hop, &error))? else {
                break;
            };
            size += piece.len() as u64;
            if size > limit {
                return Err(VcsError::TooLarge(format!(
                    "{hop}: more than {limit} bytes"
                )));
            }
            to.write_all(&piece).await.map_err(failed)?;
        }
        to.flush().await.map_err(failed)?;
        Ok((status, size))
    }

    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<IpAddr>, VcsError> {
        let no_url = |_| VcsError::Content(format!("{host:?} is no host"));
        let url = Url::parse(&format!("https://{host}:{port}")).map_err(no_url)?;
        if !self.allowed.permit_host(&url) {
            return Err(inside(host));
        }
        match url.host() {
            Some(Host::Ipv4(address)) => return Ok(vec![address.into()]),
            Some(Host::Ipv6(address)) => return Ok(vec![address.into()]),
            _ if self.way.is_proxied(&url) => return Ok(Vec::new()),
            _ => {}
        }
        let name = host.parse();
        let name = name.map_err(|_| VcsError::Content(format!("{host:?} is no host")))?;
        let looked = timeout(self.patience, self.lookup.resolve(name)).await;
        match looked {
            Ok(Ok(addresses)) => Ok(addresses.map(|address| address.ip()).collect()),
            Ok(Err(error)) if JudgedLookup::is_inside(error.as_ref()) => Err(inside(host)),
            Ok(Err(error)) => Err(VcsError::Unreachable(format!("{host}: {error}"))),
            Err(_) => Err(VcsError::Timeout(self.patience)),
        }
    }
}

fn inside(host: &str) -> VcsError {
    VcsError::Forbidden(format!(
        "{host} lies inside this network, which --allow-net could permit"
    ))
}

fn unreachable(url: &Url, error: &reqwest::Error) -> VcsError {
    let host = url.host_str().unwrap_or_default();
    if crate::failure::is_inside(error) {
        return inside(host);
    }
    VcsError::Unreachable(format!("{host}: {}", cause_of(error)))
}

async fn read(mut answer: Response, url: Url) -> Result<MetaPage, VcsError> {
    let mut body = BytesMut::new();
    while body.len() < PAGE_LIMIT {
        let piece = answer.chunk().await;
        match piece.map_err(|error| unreachable(&url, &error))? {
            Some(piece) => body.extend_from_slice(&piece),
            None => break,
        }
    }
    body.truncate(PAGE_LIMIT);
    Ok(MetaPage {
        url: url.to_string(),
        status: answer.status().as_u16(),
        body: body.freeze(),
    })
}
