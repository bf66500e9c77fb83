//! `.info` and `@latest`: a version and when it was made, as JSON.
//!
//! `{"Version":"v1.2.3","Time":"2024-02-29T23:59:59Z"}`; proxies and `go` itself add `Origin`,
//! which nothing vouches for, and unknown keys may come (Go Modules Reference, "GOPROXY
//! protocol"). What is read is what `go` reads, which decodes it with `encoding/json` into
//! `modfetch.RevInfo`: keys in any case, the last of several, `null` for nothing said, and an error
//! where one of its members has another type. Taking more would keep a version that no client can
//! use, and taking less would refuse one that works straight at its source. The time is kept as it
//! was written, because an answer must not change on its way.
//!
//! Stricter than Go in one thing: the version must be one. Refused before it is parsed: anything
//! longer than [`MAX_INFO_SIZE`].

mod json;
mod rev_info;
mod time;

use crate::{
    pseudo::PseudoVersion,
    version::{Version, VersionError},
};
use rev_info::RevInfo;

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
    /// It is no JSON, or nested deeper than `go` reads.
    #[error("info is not JSON that go can read")]
    NotJson,
    /// A value is of another type than `go` expects there.
    #[error("info has a value of another type than go expects in {0}")]
    WrongType(&'static str),
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
    /// Reads an `.info` as `go` does. `Origin` and unknown keys are not kept.
    pub fn parse(json: &[u8]) -> Result<Self, InfoError> {
        if json.len() > MAX_INFO_SIZE {
            return Err(InfoError::TooLarge);
        }
        let RevInfo { version, time } = RevInfo::read(json)?;
        if version.is_empty() {
            return Err(InfoError::NoVersion);
        }
        let version = Version::parse(&version).map_err(InfoError::InvalidVersion)?;
        Ok(Self { version, time })
    }

    /// Whether version and time vouch for each other: a pseudo-version has the time in its name.
    pub fn time_is_in_version(&self) -> bool {
        let named = PseudoVersion::parse(self.version.as_str());
        let named = named.ok().and_then(|pseudo| pseudo.time().ok());
        let said = self.time.as_deref().and_then(time::utc_digits);
        named.is_some_and(|named| Some(named.digits()) == said.as_deref())
    }

    /// Writes an `.info` with these two members and no others, as a proxy makes it that has to make
    /// one of its own.
    pub fn to_json(&self) -> String {
        // Neither has a character that JSON would escape.
        let version = &self.version;
        match &self.time {
            Some(time) => format!(r#"{{"Version":"{version}","Time":"{time}"}}"#),
            None => format!(r#"{{"Version":"{version}"}}"#),
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
        for text in ["", "<html>", r#"{"Version":"v1.2.3"} x"#] {
            assert_eq!(parse(text), Err(InfoError::NotJson), "{text}");
        }
        assert_eq!(parse("[]"), Err(InfoError::WrongType("the document")));
        for text in ["{}", "null", r#"{"Version":null}"#, r#"{"Name":"v1.2.3"}"#] {
            assert_eq!(parse(text), Err(InfoError::NoVersion), "{text}");
        }
        assert_eq!(
            parse(r#"{"Version":1}"#),
            Err(InfoError::WrongType("Version"))
        );
        assert_eq!(
            parse(r#"{"Version":"v1.2.3","ORIGIN":{"tag\u017fum":[]}}"#),
            Err(InfoError::WrongType("Origin"))
        );
        assert!(matches!(
            parse(r#"{"Version":"v1"}"#),
            Err(InfoError::InvalidVersion(_))
        ));
        for time in [
            "1",
            "\"\"",
            "\"yesterday\"",
            "{}",
            "\"\\u00302024-01-01T00:00:00Z\"",
        ] {
            let json = format!(r#"{{"Version":"v1.2.3","Time":{time}}}"#);
            assert_eq!(parse(&json), Err(InfoError::InvalidTime), "{time}");
        }
        let padded = format!("{{\"Version\":\"v1.2.3\"}}{}", " ".repeat(MAX_INFO_SIZE));
        assert_eq!(parse(&padded), Err(InfoError::TooLarge));
    }

    #[test]
    fn the_last_of_several_counts() {
        let json = r#"{"Version":"v1.0.0","Ver\u017fion":"v1.2.3","VERSION":null,"Time":"2024-01-01T00:00:00Z","time":null}"#;
        let expected = ("v1.2.3".to_owned(), Some("2024-01-01T00:00:00Z".to_owned()));
        assert_eq!(parse(json), Ok(expected));
    }

    #[test]
    fn a_pseudo_version_vouches_for_its_time() {
        let says = |version: &str, time: &str| {
            let json = format!(r#"{{"Version":"{version}","Time":"{time}"}}"#);
            VersionInfo::parse(json.as_bytes()).is_ok_and(|info| info.time_is_in_version())
        };
        let pseudo = "v1.2.4-0.20240229235959-abcdefabcdef";
        assert!(says(pseudo, "2024-02-29T23:59:59Z"));
        assert!(!says(pseudo, "2024-02-29T23:59:58Z"));
        assert!(!says("v1.2.3", "2024-02-29T23:59:59Z"));
    }
}
