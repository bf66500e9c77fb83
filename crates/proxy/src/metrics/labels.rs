//! Labels of the metrics. Their values come from closed sets, or are names of the operator's sources.

use prometheus_client::encoding::EncodeLabelSet;

/// What was asked and where the answer was found.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Lookup {
    /// `list`, `latest`, `query`, `info`, `mod`, `zip`, `sumdb`.
    pub(crate) kind: &'static str,
    /// `memory`, `store`, `stale`, `computed`, `upstream`, `absent`, `refused`.
    pub(crate) found: &'static str,
}

/// An answer of a source to one class of requests.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct SourceAnswer {
    /// The source's name, without credentials.
    pub(crate) upstream: String,
    /// `metadata`, `versions`, `zip`, `sumdb`.
    pub(crate) class: &'static str,
    /// How it went.
    pub(crate) outcome: &'static str,
}

/// Something small that was done at a source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Call {
    /// The source's name, without credentials.
    pub(crate) upstream: String,
    /// How it went.
    pub(crate) outcome: &'static str,
}

/// One class of requests to a source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct SourceClass {
    /// The source's name, without credentials.
    pub(crate) upstream: String,
    /// `metadata`, `versions`, `zip`, `sumdb`.
    pub(crate) class: &'static str,
}

/// A breaker's new state.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Transition {
    /// The source's name, without credentials.
    pub(crate) upstream: String,
    /// `metadata`, `versions`, `zip`, `sumdb`.
    pub(crate) class: &'static str,
    /// `closed`, `half_open`, `open`, `forced_open`, `forced_closed`.
    pub(crate) state: &'static str,
}

/// Bytes from a source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Source {
    /// The source's name, without credentials.
    pub(crate) upstream: String,
}
