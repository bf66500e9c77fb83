//! `/`: what this is and how to use it, for a person with a browser.

use super::{PageResponse, client, request::PageRequest};
use crate::{ClientSettings, shell_quoted, surface::Surface};
use axum::extract::State;
use std::{fmt::Write as _, sync::Arc};

/// What this is and how to use it.
#[utoipa::path(get, path = "/", responses(
    (status = 200, description = "A text for people.", content_type = "text/plain", body = String),
))]
pub(super) async fn get(request: PageRequest, State(surface): State<Arc<Surface>>) -> PageResponse {
    let peer = request.peer();
    let proxy = peer.via.unwrap_or(peer.address);
    let is_https = peer.tls.is_some() || surface.proxies.is_https(proxy, request.headers());
    let client = client::shown_to(&request, &surface);
    request.plain(rendered(is_https, request.authority(), &client))
}

/// The page. `authority` is what the person typed.
fn rendered(is_https: bool, authority: Option<&str>, client: &ClientSettings) -> String {
    let scheme = if is_https { "https" } else { "http" };
    let authority = authority
        .filter(|text| is_authority(text))
        .unwrap_or("127.0.0.1:3000");
    let client = ClientSettings {
        goproxy: Some(
            client
                .goproxy
                .clone()
                .unwrap_or_else(|| format!("{scheme}://{authority}")),
        ),
        ..client.clone()
    };
    let (mut now, mut for_good) = (String::new(), String::from("    go env -w"));
    for (name, value) in client.lines() {
        let _ = writeln!(now, "    export {name}={}", shell_quoted(value));
        let _ = write!(for_good, " {}", shell_quoted(&format!("{name}={value}")));
    }
    format!(
        "modkeep {}: a Go module proxy\n\
         \n\
         Use it:\n\
         {now}\
         or for good:\n\
         {for_good}\n\
         The same with what is set on a machine: modkeep env --server {}\n\
         \n\
         /MODULE/@v/list  /MODULE/@v/VERSION.{{info,mod,zip}}  /MODULE/@latest\n\
         /sumdb/NAME/...  /cached-only/...  /index  /-/client  /-/journal/...  /-/status  /livez  /readyz  /metrics\n",
        env!("CARGO_PKG_VERSION"),
        client.goproxy.as_deref().unwrap_or_default(),
    )
}

/// Host names and addresses with a port; the header comes from a stranger and is echoed.
fn is_authority(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::rendered;
    use crate::ClientSettings;

    #[test]
    fn only_a_plain_authority_is_echoed() {
        let home = |authority| rendered(false, authority, &ClientSettings::default());
        assert!(home(Some("[::1]:8080")).contains("GOPROXY='http://[::1]:8080'\n"));
        for hostile in ["a b", "a\nb", "$(x)", "", "é"] {
            assert!(
                home(Some(hostile)).contains("GOPROXY=http://127.0.0.1:3000\n"),
                "{hostile}"
            );
        }
    }

    #[test]
    fn what_clients_need_is_printed_as_they_set_it() {
        let client = ClientSettings {
            goproxy: Some("https://goproxy.example.com/go".to_owned()),
            gonoproxy: Some("none".to_owned()),
            gonosumdb: Some("*.corp.example.com".to_owned()),
            ..ClientSettings::default()
        };
        let page = rendered(true, Some("10.0.0.1:3000"), &client);
        for line in [
            "    export GOPROXY=https://goproxy.example.com/go\n",
            "    export GONOSUMDB='*.corp.example.com'\n",
            "    go env -w GOPROXY=https://goproxy.example.com/go GONOPROXY=none 'GONOSUMDB=*.corp.example.com'\n",
        ] {
            assert!(page.contains(line), "{line}{page}");
        }
    }
}
