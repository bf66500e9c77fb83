//! Publication: `PUT MODULE/@v/VERSION.zip`, from the question who may to the answer.
//!
//! Who may is asked before ([`crate::publish_permission`]): a body of somebody else is not taken. The body goes to
//! the service as it comes, within the budget of posted bodies: a seat for each, and memory for what is on its
//! way, whatever its size. A client may be slow, but not slower than a bad line: it has [`PATIENCE`] for each
//! piece, and as much for all of them as [`SLOWEST`] needs.

use crate::{
    budget::{Allowance, posted::NoRoom},
    watchdog::ConnectionWatchdog,
};
use bytes::Bytes;
use codes::Code;
use gomod::Artifact;
use http::{HeaderMap, header};
use http_body::Body;
use http_body_util::BodyExt as _;
use protocol::Refusal;
use proxy::Proxy;
use publish::{PublishedVersion, PublisherName, VersionUpload};
use serde::Serialize;
use std::{error::Error, pin::pin, time::Duration};
use tokio::time::{Instant, timeout_at};

/// When to try again where there is no room: most uploads take less.
const SOON: Duration = Duration::from_secs(5);

/// How long a client may take for the next piece of its body.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes a second that a body must come with on the whole: 128 kbit/s.
const SLOWEST: u64 = 16 << 10;

/// Memory that an upload needs, as a posted list of this size is charged for it: two steps of the spool.
const CHARGE: usize = 64 << 10;

/// What is still read of a body that is refused, so that its sender comes to read why.
const DISCARDED: u64 = 4 << 20;

/// What is answered to whoever published.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct PublicationReply<'p> {
    module: &'p str,
    version: &'p str,
    outcome: &'static str,
    h1: &'p str,
    go_mod_h1: &'p str,
    size: u64,
    database: Option<&'p str>,
}

/// Why nothing was published.
#[derive(Debug)]
pub(crate) struct UploadRefusal {
    pub(crate) refusal: Refusal,
    /// Whether the body was not read to its end, so that the connection cannot go on.
    pub(crate) is_unread: bool,
}

/// Takes the zip of a version; gives what became of it, or why nothing did, and whether the body was left unread.
pub(crate) async fn take<B>(
    proxy: &Proxy,
    publisher: PublisherName,
    (allowance, watchdog): (&Allowance, &ConnectionWatchdog),
    headers: &HeaderMap,
    artifact: &Artifact,
    body: B,
) -> Result<PublishedVersion, UploadRefusal>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut body = pin!(body);
    watchdog.awaits_body(true);
    let received = receive(proxy, publisher, (allowance, headers), artifact, &mut body).await;
    if received.is_err() {
        discard(headers, &mut body).await;
    }
    watchdog.awaits_body(false);
    let upload = received.map_err(|refusal| UploadRefusal {
        refusal,
        is_unread: true,
    })?;
    upload.finish().await.map_err(|refusal| UploadRefusal {
        refusal,
        is_unread: false,
    })
}

async fn receive<B>(
    proxy: &Proxy,
    publisher: PublisherName,
    (allowance, headers): (&Allowance, &HeaderMap),
    artifact: &Artifact,
    body: &mut std::pin::Pin<&mut B>,
) -> Result<VersionUpload, Refusal>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let announced = announced(headers)?;
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

/// Does not take what somebody sends who may not publish, and lets it come to read why.
pub(crate) async fn decline<B>(watchdog: &ConnectionWatchdog, headers: &HeaderMap, body: B)
where
    B: Body<Data = Bytes> + Send,
{
    watchdog.awaits_body(true);
    discard(headers, &mut pin!(body)).await;
    watchdog.awaits_body(false);
}

/// Reads on for a while what nobody wants: who is cut off while sending never reads the answer.
async fn discard<B>(headers: &HeaderMap, body: &mut std::pin::Pin<&mut B>)
where
    B: Body<Data = Bytes> + Send,
{
    if headers.contains_key(header::EXPECT) {
        // Who asks first whether to send has sent nothing; to read would tell it to.
        return;
    }
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
    let Some(length) = headers.get(header::CONTENT_LENGTH) else {
        return Ok(None);
    };
    let length = length.to_str().ok().and_then(|text| text.parse().ok());
    let wrong = || broken("its length is no number");
    length.map(Some).ok_or_else(wrong)
}

// === impl PublicationReply ===

impl<'p> PublicationReply<'p> {
    /// What is answered about a version, as JSON.
    pub(crate) fn json(published: &'p PublishedVersion) -> String {
        let reply = Self {
            module: published.module.as_str(),
            version: published.version.as_str(),
            outcome: if published.is_new {
                "published"
            } else {
                "unchanged"
            },
            h1: &published.h1,
            go_mod_h1: &published.go_mod_h1,
            size: published.size,
            database: published.database.as_deref(),
        };
        // Strings and a number can always be written.
        let text = serde_json::to_string(&reply).unwrap_or_default();
        text + "\n"
    }
}

fn broken(facts: &str) -> Refusal {
    Refusal::new(Code::UploadBroken, facts)
}

fn busy(why: NoRoom) -> Refusal {
    Refusal::new(Code::TooManyAtOnce, why.to_string()).with_retry_after(SOON)
}
