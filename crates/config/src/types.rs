//! Types of options that are more than numbers, texts and paths.

use crate::{
    config_value::OptionValue,
    kind::OptionKind,
    sourced::SourcedText,
    upstream_entry::UpstreamEntry,
    value::{self, one_of},
};
use server::ListenAddress;
use std::{fmt, path::PathBuf, time::Duration};
use store::BucketLocation;
use url::Url;

/// A text that may hold a secret: it has no `Display`, and its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

/// Texts with commas between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommaList(String);

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteSize(pub u64);

/// A time, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurationOrOff(pub Option<Duration>);

/// A filter of the log that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(pub String);

/// A text with URLs in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlText(SecretText);

/// Texts with URLs in them and commas between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlListText(SecretText);

/// Where modules come from: a list in the grammar of GOPROXY, and the tables that it was made of, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceList {
    list: SecretText,
    /// One a source, where the file has tables.
    pub entries: Vec<UpstreamEntry>,
}

/// What has to be proven before it is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyMode {
    /// Everything.
    Required,
    /// Everything, as long as the database can be asked.
    Available,
    /// Toolchains only.
    Off,
}

/// For which modules callers have to say who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthRequirement {
    /// None.
    Off,
    /// Private ones, and those that a rule names.
    Private,
    /// All.
    All,
}

/// What is kept of the verified database's log beside what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MirrorExtent {
    /// Nothing.
    Off,
    /// Every tile.
    Tiles,
}

/// What a checksum database of this site's own has records of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordScope {
    /// Private modules.
    Private,
    /// All modules.
    All,
}

/// What is fetched before a client asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrefetchMode {
    /// Nothing.
    Off,
    /// go.mod and .info files.
    Mod,
    /// Zips too.
    On,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

// === impl SecretText ===

impl SecretText {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text, for whoever uses it; it must not be shown.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

// === impl CommaList ===

impl CommaList {
    /// The whole list.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// === impl UrlText ===

impl UrlText {
    /// The text, for whoever uses it; it must not be shown.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

// === impl UrlListText ===

impl UrlListText {
    /// The text, for whoever uses it; it must not be shown.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

// === impl SourceList ===

impl SourceList {
    /// The list in the grammar of GOPROXY, for whoever uses it; it must not be shown.
    pub fn reveal(&self) -> &str {
        self.list.reveal()
    }
}

impl OptionValue for SourceList {
    fn kind() -> OptionKind {
        OptionKind::Sources
    }

    fn parse(text: &str) -> Result<Self, String> {
        Ok(Self {
            list: SecretText::new(text),
            entries: Vec::new(),
        })
    }

    fn of(sourced: &SourcedText) -> Result<Self, String> {
        Ok(Self {
            list: SecretText::new(&sourced.text),
            entries: sourced.entries.clone(),
        })
    }
}

/// A type whose values are read by a function of [`value`], or made of any text.
macro_rules! option_value {
    ($type:ty, $kind:expr, $parse:expr) => {
        impl OptionValue for $type {
            fn kind() -> OptionKind {
                $kind
            }

            fn parse(text: &str) -> Result<Self, String> {
                let parse: fn(&str) -> Result<Self, String> = $parse;
                parse(text)
            }
        }
    };
}

option_value!(bool, OptionKind::Switch, value::switch);
option_value!(usize, OptionKind::Count, value::count);
option_value!(Duration, OptionKind::Duration, value::duration);
option_value!(DurationOrOff, OptionKind::DurationOrOff, |text| {
    value::duration_or_off(text).map(Self)
});
option_value!(ByteSize, OptionKind::Bytes, |text| value::bytes(text)
    .map(Self));
option_value!(ListenAddress, OptionKind::Address, value::address);
option_value!(Vec<ListenAddress>, OptionKind::Addresses, value::addresses);
option_value!(BucketLocation, OptionKind::Bucket, value::bucket);
option_value!(Url, OptionKind::PublicUrl, value::public_url);
option_value!(PathBuf, OptionKind::Path, |text| Ok(Self::from(text)));
option_value!(String, OptionKind::Text, |text| Ok(text.to_owned()));
option_value!(CommaList, OptionKind::List, |text| Ok(Self(
    text.to_owned()
)));
option_value!(LogFilter, OptionKind::LogFilter, |text| Ok(Self(
    text.to_owned()
)));
option_value!(UrlText, OptionKind::Urls, |text| Ok(Self(SecretText::new(
    text
))));
option_value!(UrlListText, OptionKind::UrlList, |text| {
    Ok(Self(SecretText::new(text)))
});

/// An enum whose values are words.
macro_rules! choice {
    ($type:ident { $($word:literal => $variant:ident),+ }) => {
        impl OptionValue for $type {
            fn kind() -> OptionKind {
                OptionKind::Choice(vec![$($word.to_owned()),+])
            }

            fn parse(text: &str) -> Result<Self, String> {
                one_of(text, &[$(($word, Self::$variant)),+])
            }
        }
    };
}

choice!(VerifyMode { "required" => Required, "available" => Available, "off" => Off });
choice!(AuthRequirement { "off" => Off, "private" => Private, "all" => All });
choice!(MirrorExtent { "off" => Off, "tiles" => Tiles });
choice!(RecordScope { "private" => Private, "all" => All });
choice!(PrefetchMode { "off" => Off, "mod" => Mod, "on" => On });
choice!(LogFormat { "text" => Text, "json" => Json });

#[cfg(test)]
mod tests {
    use super::{SourceList, UrlText};
    use crate::config_value::OptionValue as _;

    #[test]
    fn what_may_be_a_secret_cannot_be_printed() {
        let text = "https://user:topsecret@a.example.com/topsecret";
        let list = SourceList::parse(text).unwrap();
        let url = UrlText::parse(text).unwrap();
        assert!(!format!("{list:?} {url:?}").contains("topsecret"));
        assert_eq!((list.reveal(), url.reveal()), (text, text));
    }
}
