//! Observer: calls to sources, counted.

use crate::metrics::{Call, Metrics, Source};
use std::time::Duration;
use upstream::{BodyEnd, Observer, ReplyClass, RequestKind, SourceName};

impl Observer for Metrics {
    fn answered(
        &self,
        source: &SourceName,
        _kind: RequestKind,
        class: ReplyClass,
        elapsed: Duration,
    ) {
        let upstream = source.to_string();
        self.upstream_calls
            .get_or_create(&Call {
                upstream: upstream.clone(),
                outcome: class.label(),
            })
            .inc();
        self.upstream_wait
            .get_or_create(&Source { upstream })
            .observe(elapsed.as_secs_f64());
    }

    fn finished(&self, source: &SourceName, _kind: RequestKind, end: BodyEnd, bytes: u64) {
        let upstream = source.to_string();
        if end == BodyEnd::Broken {
            self.upstream_calls
                .get_or_create(&Call {
                    upstream: upstream.clone(),
                    outcome: end.label(),
                })
                .inc();
        }
        self.upstream_received
            .get_or_create(&Source { upstream })
            .inc_by(bytes);
    }
}
