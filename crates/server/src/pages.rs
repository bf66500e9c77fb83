//! The pages of the server itself: `/`, `/livez`, `/readyz`.

use crate::Readiness;
use http::StatusCode;
use std::fmt::Write as _;

/// What this is, for a person with a browser. `authority` is what the person typed.
pub(crate) fn home(authority: Option<&str>) -> String {
    let authority = authority
        .filter(|text| is_authority(text))
        .unwrap_or("127.0.0.1:3000");
    format!(
        "modkeep {}: a Go module proxy\n\
         \n\
         Use it:\n\
         \x20   export GOPROXY=http://{authority}\n\
         or for good:\n\
         \x20   go env -w GOPROXY=http://{authority}\n\
         Everything a client may want to set: modkeep env\n\
         \n\
         /MODULE/@v/list  /MODULE/@v/VERSION.{{info,mod,zip}}  /MODULE/@latest\n\
         /sumdb/NAME/...  /cached-only/...  /index  /-/journal/...  /-/status  /livez  /readyz  /metrics\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// Host names and addresses with a port; the header comes from a stranger and is echoed.
fn is_authority(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte))
}

/// The status and text of `/readyz`: for load balancers, so no error body of the protocol.
pub(crate) fn ready(readiness: &Readiness, draining: bool) -> (StatusCode, String) {
    let mut text = String::new();
    let ready = readiness.ready && !draining;
    text.push_str(if ready { "ready\n" } else { "not ready\n" });
    if draining {
        text.push_str("draining: this process is about to stop\n");
    }
    for line in &readiness.degraded {
        let _ = writeln!(text, "degraded: {line}");
    }
    (
        if ready {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        },
        text,
    )
}

#[cfg(test)]
mod tests {
    use super::{home, ready};
    use crate::Readiness;
    use http::StatusCode;

    #[test]
    fn only_a_plain_authority_is_echoed() {
        assert!(home(Some("[::1]:8080")).contains("GOPROXY=http://[::1]:8080\n"));
        for hostile in ["a b", "a\nb", "$(x)", "", "é"] {
            assert!(
                home(Some(hostile)).contains("GOPROXY=http://127.0.0.1:3000\n"),
                "{hostile}"
            );
        }
    }

    #[test]
    fn degraded_is_still_ready_and_draining_is_not() {
        let readiness = Readiness {
            ready: true,
            degraded: vec!["no upstream answers".to_owned()],
        };
        assert_eq!(
            ready(&readiness, false),
            (
                StatusCode::OK,
                "ready\ndegraded: no upstream answers\n".to_owned()
            )
        );
        assert_eq!(ready(&readiness, true).0, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            ready(&Readiness::default(), false),
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n".to_owned())
        );
    }
}
