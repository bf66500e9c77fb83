//! `/livez` and `/readyz`: for load balancers, so without error bodies of the protocol.

/// `/livez`.
pub(super) mod live {
    use crate::pages::{PageResponse, request::PageRequest};

    /// Whether the process is alive.
    #[utoipa::path(get, path = "/livez", responses(
        (status = 200, description = "It is.", content_type = "text/plain", body = String),
    ))]
    pub(in crate::pages) async fn get(request: PageRequest) -> PageResponse {
        request.plain("alive\n")
    }
}

/// `/readyz`.
pub(super) mod ready {
    use crate::{
        pages::{PageResponse, request::PageRequest},
        respond,
        surface::Surface,
    };
    use axum::extract::State;
    use http::StatusCode;
    use proxy::Readiness;
    use std::{
        fmt::Write as _,
        sync::{Arc, atomic::Ordering},
    };

    /// Whether requests should be sent here.
    ///
    /// The first line is `ready` or `not ready`; a line `degraded: …` follows for each thing that does
    /// not work at the moment, which is still ready.
    #[utoipa::path(get, path = "/readyz", responses(
        (status = 200, description = "They should.", content_type = "text/plain", body = String),
        (status = 503, description = "They should not: it is about to stop.", content_type = "text/plain", body = String),
    ))]
    pub(in crate::pages) async fn get(
        request: PageRequest,
        State(surface): State<Arc<Surface>>,
    ) -> PageResponse {
        let draining = surface.draining.load(Ordering::Relaxed);
        let (status, text) = rendered(&surface.proxy.readiness(), draining);
        let mut response = respond::plain(&request.form(), text);
        *response.status_mut() = status;
        (response, None).into()
    }

    fn rendered(readiness: &Readiness, draining: bool) -> (StatusCode, String) {
        let mut text = String::new();
        let ready = readiness.ready && !draining;
        text.push_str(if ready { "ready\n" } else { "not ready\n" });
        if draining {
            text.push_str("draining: this process is about to stop\n");
        }
        for line in &readiness.degraded {
            let _ = writeln!(text, "degraded: {line}");
        }
        let status = if ready {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        (status, text)
    }

    #[cfg(test)]
    mod tests {
        use super::rendered;
        use http::StatusCode;
        use proxy::Readiness;

        #[test]
        fn degraded_is_still_ready_and_draining_is_not() {
            let readiness = Readiness {
                ready: true,
                degraded: vec!["no upstream answers".to_owned()],
            };
            assert_eq!(
                rendered(&readiness, false),
                (
                    StatusCode::OK,
                    "ready\ndegraded: no upstream answers\n".to_owned()
                )
            );
            assert_eq!(
                rendered(&readiness, true).0,
                StatusCode::SERVICE_UNAVAILABLE
            );
            let not_ready = Readiness {
                ready: false,
                degraded: Vec::new(),
            };
            assert_eq!(
                rendered(&not_ready, false),
                (StatusCode::SERVICE_UNAVAILABLE, "not ready\n".to_owned())
            );
        }
    }
}
