//! Observer: calls to sources, counted.

use crate::metrics::{Metrics, Source, answer, call, class_of, transition};
use std::time::Duration;
use upstream::{
    BodyEnd, BreakerState, Observer, ReplyClass, RequestClass, RequestKind, SourceName,
};

impl Observer for Metrics {
    fn answered(
        &self,
        source: &SourceName,
        class: RequestClass,
        reply: ReplyClass,
        elapsed: Duration,
    ) {
        let labels = answer(source.as_str(), class, reply.label());
        self.upstream_calls.get_or_create(&labels).inc();
        let upstream = source.to_string();
        self.upstream_wait
            .get_or_create(&Source { upstream })
            .observe(elapsed.as_secs_f64());
    }

    fn finished(
        &self,
        source: &SourceName,
        class: RequestClass,
        end: BodyEnd,
        bytes: u64,
        elapsed: Duration,
    ) {
        let labels = class_of(source.as_str(), class);
        self.upstream_received.get_or_create(&labels).inc_by(bytes);
        match end {
            BodyEnd::Whole => {
                let downloads = &self.upstream_download;
                downloads
                    .get_or_create(&labels)
                    .observe(elapsed.as_secs_f64());
            }
            BodyEnd::Broken => {
                let labels = answer(source.as_str(), class, end.label());
                self.upstream_calls.get_or_create(&labels).inc();
            }
            BodyEnd::None | BodyEnd::Abandoned => {}
        }
    }

    fn breaker_changed(&self, source: &SourceName, class: RequestClass, state: BreakerState) {
        let name = source.as_str();
        self.upstream_transitions
            .get_or_create(&transition(name, class, state))
            .inc();
        self.upstream_breaker
            .get_or_create(&class_of(name, class))
            .set(state.number());
    }

    fn spared(&self, source: &SourceName, class: RequestClass) {
        self.upstream_spared
            .get_or_create(&class_of(source.as_str(), class))
            .inc();
    }

    fn rested(&self, source: &SourceName, _kind: RequestKind) {
        let upstream = source.to_string();
        self.upstream_rests
            .get_or_create(&Source { upstream })
            .inc();
    }

    fn hedged(&self, source: &SourceName, _kind: RequestKind, won: bool) {
        let outcome = if won { "won" } else { "sent" };
        self.upstream_hedges
            .get_or_create(&call(source.as_str(), outcome))
            .inc();
    }

    fn retried(&self, source: &SourceName, _kind: RequestKind) {
        let upstream = source.to_string();
        self.upstream_retries
            .get_or_create(&Source { upstream })
            .inc();
    }

    fn budget_spent(&self, source: &SourceName, _kind: RequestKind) {
        let upstream = source.to_string();
        self.upstream_budget
            .get_or_create(&Source { upstream })
            .inc();
    }

    fn probed(&self, source: &SourceName, _class: RequestClass, well: bool) {
        let outcome = if well { "well" } else { "unwell" };
        self.upstream_probes
            .get_or_create(&call(source.as_str(), outcome))
            .inc();
    }

    fn questioned(&self, source: &SourceName, _class: RequestClass, lives: bool) {
        let outcome = if lives { "lives" } else { "silent" };
        self.upstream_probes
            .get_or_create(&call(source.as_str(), outcome))
            .inc();
    }
}
