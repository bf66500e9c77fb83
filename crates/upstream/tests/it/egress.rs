//! The way out: corporate proxies.

use std::net::SocketAddr;

use codes::Code;
use tokio::{
    io::{AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use upstream::{Egress, UpstreamOptions};
use url::Url;

use crate::kit::{Fake, PATH, Script, found, options, read_head, text, unavailable, upstreams};

/// A proxy that lets everything through to one address, whatever name was asked for.
struct CorporateProxy {
    url: Url,
    heads: std::sync::Arc<parking_lot::Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

// === impl CorporateProxy ===

impl CorporateProxy {
    async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let heads = std::sync::Arc::new(parking_lot::Mutex::new(Vec::new()));
        let seen = std::sync::Arc::clone(&heads);
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(pass(client, target, std::sync::Arc::clone(&seen)));
            }
        });
        Self { url, heads, task }
    }

    fn options(&self, bypass: &str) -> UpstreamOptions {
        let egress = Egress::Through {
            proxy: self.url.clone(),
            bypass: bypass.to_owned(),
        };
        UpstreamOptions {
            egress,
            ..options()
        }
    }
}

impl Drop for CorporateProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(
    mut client: TcpStream,
    target: SocketAddr,
    heads: std::sync::Arc<parking_lot::Mutex<Vec<String>>>,
) -> Option<()> {
    let head = read_head(&mut client).await?;
    heads.lock().push(head.clone());
    let mut server = TcpStream::connect(target).await.ok()?;
    if head.starts_with("CONNECT ") {
        client
            .write_all(b"HTTP/1.1 200 Connected\r\n\r\n")
            .await
            .ok()?;
    } else {
        server.write_all(head.as_bytes()).await.ok()?;
    }
    copy_bidirectional(&mut client, &mut server)
        .await
        .ok()
        .map(drop)
}

#[tokio::test]
async fn http_goes_through_the_proxy_in_absolute_form() {
    let fake = Fake::always(Script::ok("module m\n")).await;
    let proxy = CorporateProxy::start(fake.address).await;
    let upstreams = upstreams("http://modules.invalid", &proxy.options(""));
    assert_eq!(
        text(found(upstreams.walk(PATH).next().await)).await,
        "module m\n"
    );
    let line = format!("GET http://modules.invalid/{PATH} HTTP/1.1\r\n");
    assert!(
        proxy.heads.lock()[0].starts_with(&line),
        "{:?}",
        proxy.heads.lock()
    );
}

#[tokio::test]
async fn https_goes_through_a_tunnel_that_sees_only_the_host() {
    let fake = Fake::always(Script::ok("no TLS here")).await;
    let proxy = CorporateProxy::start(fake.address).await;
    let upstreams = upstreams("https://modules.invalid", &proxy.options(""));
    let outage = unavailable(upstreams.walk(PATH).next().await);
    assert_eq!(outage.code, Code::UpstreamUnreachable, "{outage:?}");
    let heads = proxy.heads.lock();
    assert!(
        heads[0].starts_with("CONNECT modules.invalid:443 HTTP/1.1\r\n")
            && !heads[0].contains("@v"),
        "{heads:?}"
    );
}

#[tokio::test]
async fn the_password_of_the_proxy_is_sent_to_the_proxy_only() {
    let fake = Fake::always(Script::ok("module m\n")).await;
    let proxy = CorporateProxy::start(fake.address).await;
    let mut options = proxy.options("");
    if let Egress::Through { proxy, .. } = &mut options.egress {
        proxy.set_username("user").unwrap();
        proxy.set_password(Some("secret")).unwrap();
    }
    assert!(!format!("{options:?}").contains("secret"));
    found(
        upstreams("http://modules.invalid", &options)
            .walk(PATH)
            .next()
            .await,
    );
    // RFC 7617: base64 of `user:secret`.
    assert!(
        proxy.heads.lock()[0].contains("Basic dXNlcjpzZWNyZXQ="),
        "{:?}",
        proxy.heads.lock()
    );
}

#[tokio::test]
async fn hosts_that_bypass_the_proxy_are_reached_straight() {
    let fake = Fake::always(Script::ok("module m\n")).await;
    let proxy = CorporateProxy::start(fake.address).await;
    found(
        upstreams(&fake.url(), &proxy.options("127.0.0.1"))
            .walk(PATH)
            .next()
            .await,
    );
    assert_eq!(proxy.heads.lock().len(), 0);
    found(
        upstreams(&fake.url(), &proxy.options(""))
            .walk(PATH)
            .next()
            .await,
    );
    assert_eq!(proxy.heads.lock().len(), 1);
}

#[tokio::test]
async fn a_host_bypasses_the_proxy_at_the_port_that_is_named() {
    let fake = Fake::always(Script::ok("module m\n")).await;
    let proxy = CorporateProxy::start(fake.address).await;
    let port = fake.address.port();
    for (bypass, through) in [
        (format!("10.0.0.1, 127.0.0.1:{port}"), 0),
        (format!("127.0.0.1:{}", port ^ 1), 1),
    ] {
        let upstreams = upstreams(&fake.url(), &proxy.options(&bypass));
        found(upstreams.walk(PATH).next().await);
        assert_eq!(proxy.heads.lock().len(), through, "{bypass}");
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_an_outage_and_never_absence() {
    for status in [403, 404, 407, 502] {
        let refusing = Fake::always(Script::raw(format!(
            "HTTP/1.1 {status} No\r\nconnection: close\r\n\r\n"
        )))
        .await;
        let egress = Egress::Through {
            proxy: Url::parse(&refusing.url()).unwrap(),
            bypass: String::new(),
        };
        let options = UpstreamOptions {
            egress,
            ..options()
        };
        let outage = unavailable(
            upstreams("https://modules.invalid", &options)
                .walk(PATH)
                .next()
                .await,
        );
        assert_eq!(
            outage.code,
            Code::UpstreamUnreachable,
            "{status}: {outage:?}"
        );
    }
}

/// Whether requests use the environment's proxy is decided by a process's environment, which must
/// not be changed while others read it: so this test runs once more, as a child with its own.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the test runs itself as a child, with another environment"
)]
async fn the_proxy_of_the_environment_is_used_except_for_this_host() {
    if std::env::var("MODKEEP_TEST_CHILD").is_ok() {
        return with_the_proxy_of_the_environment().await;
    }
    let fake = Fake::always(Script::ok("through the proxy\n")).await;
    let proxy = CorporateProxy::start(fake.address).await;
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child
        .args([
            "--exact",
            "egress::the_proxy_of_the_environment_is_used_except_for_this_host",
        ])
        .env("MODKEEP_TEST_CHILD", "1")
        .env("HTTP_PROXY", proxy.url.as_str())
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env_remove("http_proxy")
        .env_remove("REQUEST_METHOD");
    let output = tokio::task::spawn_blocking(move || child.output())
        .await
        .unwrap()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert_eq!((proxy.heads.lock().len(), fake.count()), (1, 1));
}

async fn with_the_proxy_of_the_environment() {
    let here = Fake::always(Script::ok("straight\n")).await;
    let options = UpstreamOptions::default();
    assert_eq!(
        text(found(
            upstreams(&here.url(), &options).walk(PATH).next().await
        ))
        .await,
        "straight\n"
    );
    let there = upstreams("http://modules.invalid", &options);
    assert_eq!(
        text(found(there.walk(PATH).next().await)).await,
        "through the proxy\n"
    );
}
