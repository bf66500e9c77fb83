//! Publication: `PUT MODULE/@v/VERSION.zip`, from the question who may to the answer.
//!
//! Who may is asked through a port, [`PublishPermission`], before a byte of the body is read. The body goes to
//! the service as it comes, within the budget of posted bodies: a seat for each, and memory for what is on its
//! way, whatever its size. A client may be slow, but not slower than a bad line: it has [`PATIENCE`] for each
//! piece, and as much for all of them as [`SLOWEST`] needs.

use crate::{
    budget::posted::NoRoom,
    connection::Peer,
    guard::Entrance,
    handler::SOON,
    respond::{self, PreparedResponse, ResponseContext},
    surface::text,
};
use bytes::Bytes;
use codes::Code;
use gomod::{Artifact, ModulePath};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body::Body;
use http_body_util::BodyExt as _;
use protocol::Refusal;
use proxy::Proxy;
use publish::{PublishedVersion, PublisherName, VersionUpload};
use serde::Serialize;
use std::{error::Error, net::IpAddr, pin::pin, time::Duration};
use tokio::time::{Instant, timeout_at};

/// How long a client may take for the next piece of its body.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes a second that a body must come with on the whole: 128 kbit/s.
const SLOWEST: u64 = 16 << 10;

/// Memory that an upload needs, as a posted list of this size is charged for it: two steps of the spool.
const CHARGE: usize = 64 << 10;

/// What is still read of a body that is refused, so that its sender comes to read why.
const DISCARDED: u64 = 4 << 20;

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

/// What is answered to whoever published.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct PublicationReply<'p> {
    module: &'p str,
    version: &'p str,
    outcome: &'static str,
    h1: &'p str,
    go_mod_h1: &'p str,
    size: u64,
    database: Option<&'p str>,
}

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

/// Takes the zip of a version and answers what became of it.
pub(crate) async fn put<B>(
    proxy: &Proxy,
    permission: &dyn PublishPermission,
    form: &ResponseContext<'_>,
    (peer, asker): (&Peer, PublishRequest<'_>),
    artifact: &Artifact,
    body: B,
) -> PreparedResponse
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut body = pin!(body);
    peer.watchdog.awaits_body(true);
    let received = receive(proxy, permission, (peer, asker), artifact, &mut body).await;
    let upload = match received {
        Ok(upload) => upload,
        Err(refusal) => {
            discard(&mut body).await;
            peer.watchdog.awaits_body(false);
            return respond::closing(respond::refusal(form, &refusal));
        }
    };
    peer.watchdog.awaits_body(false);
    match upload.finish().await {
        Ok(published) => reply(form, &published),
        Err(refusal) => respond::refusal(form, &refusal),
    }
}

async fn receive<B>(
    proxy: &Proxy,
    permission: &dyn PublishPermission,
    (peer, asker): (&Peer, PublishRequest<'_>),
    artifact: &Artifact,
    body: &mut std::pin::Pin<&mut B>,
) -> Result<VersionUpload, Refusal>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let publisher = permission.may_publish(&asker, &artifact.module)?;
    let announced = announced(asker.headers)?;
    let allowance = &peer.allowance;
    let mut room = allowance
        .posted
        .admit(allowance.account.shares())
        .map_err(busy)?;
    room.grow(CHARGE).map_err(busy)?;
    let mut upload = proxy.publish(artifact, publisher, announced).await?;
    let began = Instant::now();
    loop {
        let patience = began + PATIENCE * 2 + Duration::from_secs(upload.received() / SLOWEST);
        let deadline = patience.min(Instant::now() + PATIENCE);
        match next(body, deadline).await? {
            Some(bytes) => upload.append(bytes).await?,
            None => return Ok(upload),
        }
    }
}

/// The next bytes of a body; none at its end.
async fn next<B>(
    body: &mut std::pin::Pin<&mut B>,
    deadline: Instant,
) -> Result<Option<Bytes>, Refusal>
where
    B: Body<Data = Bytes> + Send,
{
    let frame = timeout_at(deadline, body.frame()).await;
    let Some(frame) = frame.map_err(|_| broken("it came too slowly"))? else {
        return Ok(None);
    };
    let frame = frame.map_err(|_| broken("the connection ended in the middle of it"))?;
    Ok(Some(frame.into_data().unwrap_or_default()))
}

/// Reads on for a while what nobody wants: who is cut off while sending never reads the answer.
async fn discard<B>(body: &mut std::pin::Pin<&mut B>)
where
    B: Body<Data = Bytes> + Send,
{
    let (deadline, mut left) = (Instant::now() + PATIENCE / 6, DISCARDED);
    while let Ok(Some(Ok(frame))) = timeout_at(deadline, body.frame()).await {
        let length = frame.data_ref().map_or(0, Bytes::len) as u64;
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// The length that the body is said to have.
fn announced(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    let Some(length) = text(headers, header::CONTENT_LENGTH.as_str()) else {
        return Ok(None);
    };
    let length = length
        .parse()
        .map_err(|_| broken("its length is no number"));
    length.map(Some)
}

fn reply(form: &ResponseContext<'_>, published: &PublishedVersion) -> PreparedResponse {
    let (status, outcome) = if published.is_new {
        (StatusCode::CREATED, "published")
    } else {
        (StatusCode::OK, "unchanged")
    };
    let reply = PublicationReply {
        module: published.module.as_str(),
        version: published.version.as_str(),
        outcome,
        h1: &published.h1,
        go_mod_h1: &published.go_mod_h1,
        size: published.size,
        database: published.database.as_deref(),
    };
    // Strings and a number can always be written.
    let text = serde_json::to_string(&reply).unwrap_or_default();
    let json = HeaderValue::from_static("application/json");
    let mut response = respond::text(form, json, text + "\n");
    *response.status_mut() = status;
    (response, None)
}

fn broken(facts: &str) -> Refusal {
    Refusal::new(Code::UploadBroken, facts)
}

fn busy(why: NoRoom) -> Refusal {
    Refusal::new(Code::TooManyAtOnce, why.to_string()).with_retry_after(SOON)
}
