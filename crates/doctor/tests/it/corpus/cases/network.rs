//! Names, connections, TLS.

use super::case;
use crate::corpus::Case;
use crate::corpus::scene::{Played, Scene};
use crate::tls::{Certificate, TlsServer};
use testkit::port::Port;
use testkit::upstream::{Fault, Kind};

const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
const BAD_REQUEST: &str = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
const TO_HTTP: &str =
    "HTTP/1.1 302 Found\r\nLocation: http://localhost:1/x\r\nContent-Length: 0\r\n\r\n";
const GOOD: Certificate = Certificate {
    name: "localhost",
    expired: false,
};

fn tls(certificate: Certificate, answer: &'static str, trusted: bool) -> Played {
    let server = TlsServer::start(certificate, answer);
    let mut scene = Scene::new().env("GOPROXY", &server.url());
    if trusted {
        scene = scene.env("SSL_CERT_FILE", &server.authority());
    }
    scene.get("example.com/a@v1.0.0").keeping(server)
}

/// Between here and the module proxy stands an HTTP proxy that answers so.
fn through(answer: &'static str) -> Played {
    let server = TlsServer::start_plain(answer);
    let proxy = server.url().replace("https://", "http://");
    let scene = Scene::new().env("GOPROXY", "https://proxy.example.com");
    scene
        .env("HTTPS_PROXY", &proxy)
        .get("example.com/a@v1.0.0")
        .keeping(server)
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("closed_port", &["network/refused"], || {
            let port = Port::reserve();
            let url = format!("http://{}", port.address());
            Scene::new()
                .env("GOPROXY", &url)
                .get("example.com/a@v1.0.0")
                .keeping(port)
        }),
        case(
            "dead_name",
            &[
                "dns/no-such-host",
                "dns/server-failure",
                "dns/resolver-unreachable",
                "network/timeout",
            ],
            || {
                Scene::new()
                    .env("GOPROXY", "https://nowhere.invalid")
                    .get("example.com/a@v1.0.0")
            },
        ),
        case("silent_tls", &["network/timeout"], || {
            let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("https://{}", silent.local_addr().unwrap());
            let scene = Scene::new().env("GOPROXY", &url);
            scene.get("example.com/a@v1.0.0").keeping(silent)
        }),
        case("http_proxy_wants_credentials", &["http/407"], || {
            through("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        }),
        case("http_proxy_forbids", &["network/http-proxy"], || {
            through("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        }),
        case("http_proxy_fails", &["network/http-proxy"], || {
            through("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        }),
        case("http_proxy_of_no_host", &["network/http-proxy"], || {
            let scene = Scene::new().env("GOPROXY", "https://proxy.example.com");
            scene
                .env("HTTPS_PROXY", "http://nowhere.invalid:3128")
                .get("example.com/a@v1.0.0")
        }),
        case("dead_http_proxy", &["network/http-proxy"], || {
            let port = Port::reserve();
            let proxy = format!("http://{}", port.address());
            let scene = Scene::new().env("GOPROXY", "https://proxy.example.com");
            scene
                .env("HTTPS_PROXY", &proxy)
                .get("example.com/a@v1.0.0")
                .keeping(port)
        }),
        case("reset", &["network/reset"], || {
            Scene::new()
                .fault(Kind::Mod, Fault::Reset)
                .get("example.com/a@v1.0.0")
        }),
        case("cut_header", &["network/reset"], || {
            Scene::new()
                .fault(Kind::Mod, Fault::CutHeader)
                .get("example.com/a@v1.0.0")
        }),
        case("https_to_a_plain_port", &["tls/plain-port"], || {
            let server = TlsServer::start_plain(BAD_REQUEST);
            let scene = Scene::new().env("GOPROXY", &server.url());
            scene.get("example.com/a@v1.0.0").keeping(server)
        }),
        case("untrusted_authority", &["tls/unknown-authority"], || {
            tls(GOOD, NOT_FOUND, false)
        }),
        case("wrong_name", &["tls/wrong-name"], || {
            let other = Certificate {
                name: "other.example.com",
                ..GOOD
            };
            tls(other, NOT_FOUND, true)
        }),
        case("expired_certificate", &["tls/expired"], || {
            let expired = Certificate {
                expired: true,
                ..GOOD
            };
            tls(expired, NOT_FOUND, true)
        }),
        case("404_over_tls", &["http/404"], || tls(GOOD, NOT_FOUND, true)),
        case("redirect_to_http", &["proxy/insecure-redirect"], || {
            tls(GOOD, TO_HTTP, true)
        }),
    ]
}
