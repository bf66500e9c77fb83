//! `.info` and `@latest`: a version and when it was made, as JSON.
//!
//! `{"Version":"v1.2.3","Time":"2024-02-29T23:59:59Z"}`; proxies and `go` itself add `Origin`,
//! which nothing vouches for, and unknown keys may come (Go Modules Reference, "GOPROXY
//! protocol"). Keys are taken in any case, as Go's decoder takes them. Stricter than Go where Go
//! would let nonsense through: no version twice, no version that is not canonical, no time that is
//! not RFC 3339. Whatever is accepted, Go reads the same. The time is kept as it was written,
//! because an answer must not change on its way.
//!
//! Refused: anything longer than [`MAX_INFO_SIZE`], before it is parsed.

mod members;
mod time;

use crate::version::{Version, VersionError};
use members::{Member, Members};
use serde_json::Value;

/// The longest `.info` that is read, in bytes. Real ones are below 1 KiB, with `Origin` below 2;
/// a thousand times that is somebody's error page or attack.
pub const MAX_INFO_SIZE: usize = 1 << 20;

/// What an `.info` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionInfo {
    /// The version; the answer to a query such as a branch name is the version it stands for.
    pub version: Version,
    /// When it was made, in RFC 3339, as it was written. Old proxies leave it out.
    pub time: Option<String>,
}

/// Why an `.info` is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InfoError {
    /// It is longer than anything that deserves the name.
    #[error("info is larger than {MAX_INFO_SIZE} bytes")]
    TooLarge,
    /// It is no JSON object.
    #[error("info is not a JSON object")]
    NotAnObject,
    /// The version or the time is there twice, so that readers could disagree.
    #[error("info has a repeated key")]
    Repeated,
    /// It says no version.
    #[error("info lacks a version")]
    NoVersion,
    /// What it calls a version is none.
    #[error("info has an invalid version")]
    InvalidVersion(#[source] VersionError),
    /// What it calls a time is none.
    #[error("info has an invalid time")]
    InvalidTime,
}

// === impl VersionInfo ===

impl VersionInfo {
    /// Reads an `.info`. `Origin` and unknown keys are ignored.
    pub fn parse(json: &[u8]) -> Result<Self, InfoError> {
        if json.len() > MAX_INFO_SIZE {
            return Err(InfoError::TooLarge);
        }
        let Members { version, time } =
            serde_json::from_slice(json).map_err(|_| InfoError::NotAnObject)?;
        let version = match version {
            Member::Once(Value::String(text)) => {
                Version::parse(&text).map_err(InfoError::InvalidVersion)?
            }
            Member::Once(_) | Member::Absent => return Err(InfoError::NoVersion),
            Member::Repeated => return Err(InfoError::Repeated),
        };
        let time = match time {
            Member::Once(Value::Null) | Member::Absent => None,
            Member::Once(Value::String(text)) if time::is_rfc3339(&text) => Some(text),
            Member::Once(_) => return Err(InfoError::InvalidTime),
            Member::Repeated => return Err(InfoError::Repeated),
        };
        Ok(Self { version, time })
    }

    /// Writes an `.info` with these two members and no others, as a proxy makes it that has to make
    /// one of its own.
    pub fn to_json(&self) -> String {
        let version = Value::from(self.version.as_str());
        match &self.time {
            Some(time) => format!(
                r#"{{"Version":{version},"Time":{}}}"#,
                Value::from(time.as_str())
            ),
            None => format!(r#"{{"Version":{version}}}"#),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{InfoError, MAX_INFO_SIZE, VersionInfo};

    fn parse(json: &str) -> Result<(String, Option<String>), InfoError> {
        let info = VersionInfo::parse(json.as_bytes())?;
        Ok((info.version.to_string(), info.time))
    }

    #[test]
    fn version_and_time_are_kept_as_written() {
        let json = r#"{"Version":"v1.2.3","Time":"2024-02-29T23:59:59.5+01:00","Origin":{"VCS":"git"},"x":1}"#;
        let expected = (
            "v1.2.3".to_owned(),
            Some("2024-02-29T23:59:59.5+01:00".to_owned()),
        );
        assert_eq!(parse(json), Ok(expected));
        assert_eq!(
            parse(r#"{"version":"v1.2.3"}"#),
            Ok(("v1.2.3".to_owned(), None))
        );
        assert_eq!(
            parse(r#"{"Version":"v1.2.3","Time":null}"#),
            Ok(("v1.2.3".to_owned(), None))
        );
    }

    #[test]
    fn what_is_written_can_be_read() {
        for json in [
            r#"{"Version":"v1.2.3"}"#,
            r#"{"Version":"v1.2.3","Time":"2024-01-01T00:00:00Z"}"#,
        ] {
            let written = VersionInfo::parse(json.as_bytes()).map(|info| info.to_json());
            assert_eq!(written.as_deref(), Ok(json));
        }
    }

    #[test]
    fn each_refusal_names_its_reason() {
        assert_eq!(parse(""), Err(InfoError::NotAnObject));
        assert_eq!(parse("[]"), Err(InfoError::NotAnObject));
        assert_eq!(parse("<html>"), Err(InfoError::NotAnObject));
        assert_eq!(
            parse(r#"{"Version":"v1.2.3"} x"#),
            Err(InfoError::NotAnObject)
        );
        assert_eq!(parse("{}"), Err(InfoError::NoVersion));
        assert_eq!(
            parse(r#"{"Version":"v1.0.0","Ver\u017fion":"v2.0.0"}"#),
            Err(InfoError::Repeated)
        );
        assert_eq!(parse(r#"{"Version":1}"#), Err(InfoError::NoVersion));
        assert!(matches!(
            parse(r#"{"Version":"v1"}"#),
            Err(InfoError::InvalidVersion(_))
        ));
        for time in [
            "1",
            "\"\"",
            "\"yesterday\"",
            "\"2023-02-29T00:00:00Z\"",
            "{}",
        ] {
            let json = format!(r#"{{"Version":"v1.2.3","Time":{time}}}"#);
            assert_eq!(parse(&json), Err(InfoError::InvalidTime), "{time}");
        }
        let padded = format!("{{\"Version\":\"v1.2.3\"}}{}", " ".repeat(MAX_INFO_SIZE));
        assert_eq!(parse(&padded), Err(InfoError::TooLarge));
    }
}
